"""What people say about a project and the things in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.errors import QUOTA_ERROR, RETRY, Refusal, Refused
from accounts.rest.operations import Example, operation
from projects import commenting, pacing
from projects.access import OpenProject
from projects.api.base import ProjectResource
from projects.api.shown_comments import CommentChange, CommentIn, CommentOut, CommentQuery
from projects.models import Comment
from projects.subjects import Found, find

_ID = "0191f2a0-1111-4222-8333-444455556666"
_REFUSED = {409: ["not_possible: there is nothing in it, or what it answers has gone"]}


class CommentResource(ProjectResource):
    """An address of comments."""

    tag = "comments"

    def open_comment(self, comment_id: UUID) -> tuple[OpenProject, Comment]:
        """Open the project of a comment that is not in the trash."""
        return self.open_of(Comment.objects.with_people().kept().filter(parent__deleted_at=None), comment_id)

    def answer_comment(self, comment_id: UUID, **more: Any) -> Response:
        """Answer with a comment as it is by now."""
        return self.answer(Comment.objects.with_people().get(pk=comment_id), **more)

    def find(self, opened: OpenProject, kind: str, subject_id: UUID) -> Found:
        """Return what is talked about.

        Raises:
            Http404: there is no such thing in the project.
        """
        found = find(opened.project, kind, subject_id)
        if found is None:
            raise Http404("There is no such thing to talk about.")
        return found

    def pace(self) -> None:
        """Refuse what is more than anybody writes: it is told to others."""
        if wait := pacing.wait_for("comment", self.person.pk, most=pacing.COMMENTS):
            detail = f"One person may write {pacing.COMMENTS} comments in a minute. Come back in {wait} s."
            raise Refused(Refusal(429, "too_many_comments", detail, QUOTA_ERROR, retry_after=wait, action=RETRY))


_TOO_MANY = {429: ["too_many_comments: one person's, in a minute"]}


class Comments(CommentResource):
    """The comments of a project."""

    @operation(answer=CommentOut, query=CommentQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List what was said in a project, the oldest first: about one thing, or everything."""
        asked = self.asked
        opened = self.open(asked["project"])
        rows = Comment.objects.with_people().talk(opened.project)
        if "subject_id" in asked:
            self.find(opened, asked["subject_kind"], asked["subject_id"])
            rows = rows.filter(subject_kind=asked["subject_kind"], subject_id=asked["subject_id"])
        if "shot" in asked:
            rows = rows.filter(shot_id=asked["shot"])
        if "parent" in asked:
            rows = rows.filter(parent=asked["parent"])
        if "review_link" in asked:
            rows = rows.filter(guest__link=asked["review_link"])
        if "resolved" in asked:
            rows = rows.filter(parent=None, resolved_at__isnull=not asked["resolved"])
        return self.page(rows, asked["ordering"])

    @operation(
        answer=CommentOut,
        body=CommentIn,
        status=201,
        needs=Right.COMMENT,
        refusals=_REFUSED | _TOO_MANY,
        examples=[
            Example(
                "A note at a place in a take",
                {
                    "project": _ID,
                    "subject_kind": "take",
                    "subject_id": _ID,
                    "text": "@Carol The fog should move.",
                    "time_ms": 1200,
                    "drawing": [{"tool": "pen", "colour": "amber", "points": [[0.1, 0.2], [0.3, 0.2]]}],
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Say something about something, or answer; those whom it concerns are told.

        An answer to an answer belongs to the first comment.
        """
        said = self.sent
        opened = self.open(said["project"])
        self.pace()
        parent = commenting.answered(opened, said["parent"]) if said["parent"] else None
        kind = said.get("subject_kind") or (parent.subject_kind if parent else "")
        subject_id = said.get("subject_id") or (parent.subject_id if parent else opened.project.pk)
        made = commenting.add_comment(
            opened=opened,
            kind=kind,
            subject_id=subject_id,
            found=self.find(opened, kind, subject_id),
            text=said["text"],
            time_ms=said["time_ms"],
            drawing=said["drawing"],
            parent=parent,
            picked=said["mentions"],
        )
        return self.answer_comment(made.pk, location=reverse("api:comment", args=[made.pk]))


class OneComment(CommentResource):
    """One comment."""

    @operation(answer=CommentOut)
    def get(self, request: Request, comment_id: UUID) -> Response:
        """Read a comment."""
        return self.answer(self.open_comment(comment_id)[1])

    @operation(
        answer=CommentOut,
        body=CommentChange,
        needs=Right.COMMENT,
        refusals=_REFUSED | _TOO_MANY,
        examples=[Example("Other words", {"text": "The fog should move, slowly."})],
    )
    def patch(self, request: Request, comment_id: UUID) -> Response:
        """Change your own words; who is named newly is told."""
        opened, comment = self.open_comment(comment_id)
        self.pace()
        found = self.find(opened, comment.subject_kind, comment.subject_id)
        commenting.edit_comment(
            opened=opened, comment=comment, found=found, text=self.sent["text"], picked=self.sent["mentions"]
        )
        return self.answer_comment(comment_id)

    @operation(needs=Right.COMMENT)
    def delete(self, request: Request, comment_id: UUID) -> Response:
        """Put a comment into the trash, with its answers; your own, or any where you manage the project."""
        opened, comment = self.open_comment(comment_id)
        commenting.delete_comment(opened=opened, comment=comment)
        return self.answer(None)


class RestoreComment(CommentResource):
    """Taking a comment out of the trash."""

    @operation(answer=CommentOut, needs=Right.COMMENT)
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Take a comment out of the trash, with its answers."""
        opened, comment = self.open_of(Comment.objects.all(), comment_id)
        commenting.restore_comment(opened=opened, comment=comment)
        return self.answer_comment(comment_id)


class ResolveComment(CommentResource):
    """Saying that what a comment asks for is done."""

    @operation(answer=CommentOut, needs=Right.COMMENT)
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Say that what a comment asks for is done."""
        opened, comment = self.open_comment(comment_id)
        commenting.resolve(opened=opened, comment=comment)
        return self.answer_comment(comment_id)


class ReopenComment(CommentResource):
    """Saying that it is not done after all."""

    @operation(answer=CommentOut, needs=Right.COMMENT)
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Say that it is not done after all."""
        opened, comment = self.open_comment(comment_id)
        commenting.reopen(opened=opened, comment=comment)
        return self.answer_comment(comment_id)
