"""What was said about one thing, as a page shows it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from projects.models import Comment, Project


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment and what was answered to it, the oldest first."""

    comment: Comment
    replies: list[Comment] = field(default_factory=list)


def threads_about(project: Project, kind: str, subject_id: UUID) -> list[Thread]:
    """Return the conversation about one thing in an opened project, the oldest first. Two queries.

    Args:
        project: opened for whoever reads.
        kind: one of ``Subject``.
        subject_id: which one.
    """
    rows = Comment.objects.about(project, kind, subject_id)
    answers: dict[UUID, list[Comment]] = defaultdict(list)
    first: list[Comment] = []
    for comment in rows.select_related("author", "guest", "resolved_by").prefetch_related("mentions"):
        if comment.parent_id is None:
            first.append(comment)
        else:
            answers[comment.parent_id].append(comment)
    # Answers to what is in the trash wait there with it.
    return [Thread(comment, answers[comment.pk]) for comment in first]
