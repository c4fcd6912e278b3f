"""What people say: comments on anything, answers, and notes at a place in a take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.policies import Right
from projects import events, trash
from projects.access import OpenProject
from projects.drawings import DrawingError, read_drawing
from projects.mentions import mentioned
from projects.models import Comment, Guest, Notification, Project
from projects.notifying import notify
from projects.subjects import Found

TEXT_LIMIT = 5000
LONGEST_MS = 24 * 60 * 60 * 1000
_EXCERPT = 120


class CommentError(Exception):
    """A comment cannot be kept like that. The message says what can be done."""


@transaction.atomic
def add_comment(
    *,
    opened: OpenProject,
    kind: str,
    subject_id: UUID,
    found: Found,
    text: str,
    time_ms: int | None = None,
    drawing: Sequence[Any] = (),
    parent: Comment | None = None,
    picked: Iterable[UUID] = (),
) -> Comment:
    """Say something about something, and tell those whom it concerns.

    Args:
        opened: the project, opened to comment.
        kind: one of ``Subject``.
        subject_id: what it is about.
        found: the same, as ``subjects.find`` found it in this project.
        text: at most ``TEXT_LIMIT`` characters; may be empty beside a drawing.
        time_ms: where in the take, milliseconds.
        drawing: strokes on the frame, as ``read_drawing`` returns them.
        parent: what it answers, about the same thing; answers to answers belong to the first.
        picked: ids of people chosen from the list of names, which tells people of the same name apart.

    Raises:
        CommentError: there is nothing in it, or too much.
    """
    comment = Comment.objects.create(
        project=opened.project,
        author=opened.user,
        parent=_thread_of(parent, kind, subject_id),
        subject_kind=kind,
        subject_id=subject_id,
        shot_id=found.shot_id,
        text=_checked(text, drawing),
        time_ms=time_ms,
        drawing=list(drawing),
    )
    _mention(comment, opened.project, picked)
    _tell(comment, opened.project, found, opened.user)
    events.record(opened.project.pk, "comment_added", {**_payload(comment), **_place(found)}, actor=opened.user)
    return comment


@transaction.atomic
def add_guest_comment(
    *,
    guest: Guest,
    kind: str,
    subject_id: UUID,
    found: Found,
    text: str,
    time_ms: int | None = None,
    drawing: Sequence[Any] = (),
    parent: Comment | None = None,
) -> Comment:
    """Keep what a guest says. Whether their link lets them, and shows them that, was asked before.

    Args:
        guest: with the link and its project.
        kind, subject_id, found, text, time_ms, drawing, parent: as for ``add_comment``.

    Raises:
        CommentError: there is nothing in it, or too much.
    """
    project = guest.link.project
    comment = Comment.objects.create(
        project=project,
        guest=guest,
        parent=_thread_of(parent, kind, subject_id),
        subject_kind=kind,
        subject_id=subject_id,
        shot_id=found.shot_id,
        text=_checked(text, drawing),
        time_ms=time_ms,
        drawing=list(drawing),
    )
    people = {*found.people, *([guest.link.created_by_id] if guest.link.created_by_id else [])}
    said = f"{guest.name} (guest) on {found.label}: {_excerpt(comment)}"
    notify(project=project, people=people, kind=Notification.Kind.GUEST, text=said, link=found.link, comment=comment)
    events.record(project.pk, "comment_added", {**_payload(comment), **_place(found), "guest": guest.name})
    return comment


@transaction.atomic
def take_back_guest_comment(*, comment: Comment, guest: Guest) -> None:
    """Put what a guest wrote into the trash. Whether they still may was asked before.

    Args:
        comment: theirs.
        guest: who wrote it.
    """
    if trash.put_in(comment, None):
        events.record(comment.project_id, "comment_deleted", {**_payload(comment), "guest": guest.name})


@transaction.atomic
def edit_comment(
    *, opened: OpenProject, comment: Comment, found: Found, text: str, picked: Iterable[UUID] = ()
) -> bool:
    """Change one's own words; the comment says that it was edited. Who is named newly hears of it.

    Args:
        opened: its project, opened to comment.
        comment: one of the project's.
        found: what it is about.
        text: as for ``add_comment``.
        picked: as for ``add_comment``.

    Returns:
        Whether anything has changed.

    Raises:
        PermissionDenied: somebody else wrote it.
        CommentError: there is nothing in it, or too much.
    """
    if comment.author_id != opened.user.pk:
        raise PermissionDenied("Only who wrote a comment can change its words. Answer it instead.")
    words = _checked(text, comment.drawing)
    if words == comment.text:
        return False
    comment.text, comment.edited_at = words, timezone.now()
    comment.save(update_fields=["text", "edited_at"])
    before = set(comment.mentions.values_list("pk", flat=True))
    people = {person.pk for person in _mention(comment, opened.project, picked)} - before
    told = set(Notification.objects.filter(comment=comment).values_list("user", flat=True))
    notify(
        project=opened.project,
        people=people - told,
        kind=Notification.Kind.MENTION,
        text=f"{opened.user.shown_name} mentions you on {found.label}: {_excerpt(comment)}",
        link=found.link,
        actor=opened.user,
        comment=comment,
    )
    events.record(opened.project.pk, "comment_edited", _payload(comment), actor=opened.user)
    return True


@transaction.atomic
def delete_comment(*, opened: OpenProject, comment: Comment) -> None:
    """Put a comment into the trash; its answers go with it, and come back with it.

    Args:
        opened: its project, opened to comment.
        comment: one of the project's.

    Raises:
        PermissionDenied: somebody else wrote it, and the person does not manage the project.
    """
    _may_remove(opened, comment)
    if trash.put_in(comment, opened.user):
        events.record(opened.project.pk, "comment_deleted", _payload(comment), actor=opened.user)


@transaction.atomic
def restore_comment(*, opened: OpenProject, comment: Comment) -> None:
    """Take a comment out of the trash.

    Args:
        opened: its project, opened to comment.
        comment: one of the project's, in the trash.

    Raises:
        PermissionDenied: as for ``delete_comment``.
    """
    _may_remove(opened, comment)
    if trash.take_out(comment):
        events.record(opened.project.pk, "comment_restored", _payload(comment), actor=opened.user)


@transaction.atomic
def resolve(*, opened: OpenProject, comment: Comment) -> None:
    """Say that what a comment asked for is done.

    Args:
        opened: its project, opened to comment.
        comment: one of the project's.
    """
    rows = Comment.objects.filter(pk=comment.pk, resolved_at=None)
    if rows.update(resolved_at=timezone.now(), resolved_by=opened.user):
        events.record(opened.project.pk, "comment_resolved", _payload(comment), actor=opened.user)


@transaction.atomic
def reopen(*, opened: OpenProject, comment: Comment) -> None:
    """Say that it is not done after all."""
    if Comment.objects.filter(pk=comment.pk).exclude(resolved_at=None).update(resolved_at=None, resolved_by=None):
        events.record(opened.project.pk, "comment_reopened", _payload(comment), actor=opened.user)


def answered(opened: OpenProject, comment_id: UUID) -> Comment:
    """Return the comment that somebody answers.

    Raises:
        CommentError: it is not there, or not any more.
    """
    rows = Comment.objects.talk(opened.project).select_related("parent")
    parent: Comment | None = rows.filter(pk=comment_id).first()
    if parent is None:
        raise CommentError("That comment was deleted meanwhile. Your answer is still here: copy it.")
    return parent


def drawing_from(text: str) -> list[dict[str, Any]]:
    """Read a drawing as a browser sends it.

    Raises:
        CommentError: it is none.
    """
    try:
        return read_drawing(text)
    except DrawingError as error:
        raise CommentError(str(error)) from None


def _checked(text: str, drawing: Sequence[Any]) -> str:
    words = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words and not drawing:
        raise CommentError("Write something first, or draw on the frame.")
    if len(words) > TEXT_LIMIT:
        raise CommentError(f"A comment has at most {TEXT_LIMIT} characters; shorten it by {len(words) - TEXT_LIMIT}.")
    return words


def _thread_of(parent: Comment | None, kind: str, subject_id: UUID) -> Comment | None:
    if parent is None:
        return None
    if (parent.subject_kind, parent.subject_id) != (kind, subject_id):
        raise CommentError("That comment is about something else. Reload the page and answer it there.")
    return parent.parent or parent


def _mention(comment: Comment, project: Project, picked: Iterable[UUID]) -> list[User]:
    members = (
        list(User.objects.filter(memberships__team=project.team_id, is_active=True)) if "@" in comment.text else []
    )
    people = mentioned(comment.text, members, picked)
    comment.mentions.set(people)
    return people


def _tell(comment: Comment, project: Project, found: Found, author: User) -> None:
    """Tell each person once, for the reason that concerns them most."""
    told: set[UUID] = set()
    thread = comment.parent
    in_thread: set[UUID] = set()
    if thread is not None:
        in_thread = set(thread.replies.filter(deleted_at=None).exclude(author=None).values_list("author", flat=True))
        in_thread |= {thread.author_id} if thread.author_id else set()
    for kind, people, words in (
        (Notification.Kind.MENTION, set(comment.mentions.values_list("pk", flat=True)), "mentions you on"),
        (Notification.Kind.REPLY, in_thread, "answers on"),
        (Notification.Kind.COMMENT, set(found.people), "comments on"),
    ):
        text = f"{author.shown_name} {words} {found.label}: {_excerpt(comment)}"
        if people - told:
            notify(
                project=project,
                people=people - told,
                kind=kind,
                text=text,
                link=found.link,
                actor=author,
                comment=comment,
            )
        told |= people


def _excerpt(comment: Comment) -> str:
    words = " ".join(comment.text.split()) or "a drawing"
    return words if len(words) <= _EXCERPT else f"{words[: _EXCERPT - 1].rstrip()}…"


def _may_remove(opened: OpenProject, comment: Comment) -> None:
    if comment.author_id != opened.user.pk and not opened.allows(Right.MANAGE):
        raise PermissionDenied("Only who wrote a comment, producers and owners can delete it.")


def _place(found: Found) -> dict[str, str]:
    return {"label": found.label, "link": found.link}


def _payload(comment: Comment) -> dict[str, Any]:
    return {
        "commentId": str(comment.pk),
        "parentId": str(comment.parent_id or ""),
        "kind": comment.subject_kind,
        "subjectId": str(comment.subject_id),
        "shotId": str(comment.shot_id or ""),
    }
