"""The bin of comments: who may take one back, and how it is shown."""

from __future__ import annotations

from typing import Any

from accounts.policies import Right
from projects.access import OpenProject
from projects.bins import Bin, Described, register
from projects.models import Comment, Project

_EXCERPT = 120


def _rows(project: Project) -> Any:
    return Comment.objects.filter(project=project).select_related("author", "guest")


def _describe(comment: Comment) -> Described:
    words = comment.text if len(comment.text) <= _EXCERPT else f"{comment.text[:_EXCERPT]} …"
    about = comment.get_subject_kind_display().lower()
    return Described(words or "A drawing", f"{comment.shown_author}, on a {about}")


def _may(opened: OpenProject, comment: Comment) -> bool:
    """One's own comments, and all of them for who manages the project."""
    own = comment.author_id == opened.user.pk and opened.allows(Right.COMMENT)
    return own or opened.can_manage


def _purge(comment: Comment) -> None:
    comment.delete()


def register_all() -> None:
    """Make comments known to the trash; called once, when the application is ready."""
    register(
        Bin(
            kind="comment",
            name="Comments",
            icon="message-square",
            rows=_rows,
            every=Comment.objects.all,
            describe=_describe,
            purge=_purge,
            may=_may,
        )
    )
