"""What people can talk about. The footage lives in a room that this one does not know: it says here how to find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from projects.models import Project, Subject


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a comment is about.

    Attributes:
        label: what people call it, ``Shot 12A`` for one.
        link: the page on which it is seen.
        shot_id: the shot that it belongs to, where it belongs to one.
        people: ids of those whose work it is; they hear of comments.
    """

    label: str
    link: str
    shot_id: UUID | None = None
    people: tuple[UUID, ...] = ()


Finder = Callable[[Project, UUID], Found | None]
_finders: dict[str, Finder] = {}


def register(kind: Subject, finder: Finder) -> None:
    """Say how things of a kind are found in a project that was opened for somebody."""
    _finders[kind] = finder


def find(project: Project, kind: str, subject_id: UUID) -> Found | None:
    """Return what a comment in an opened project would be about; None when there is no such thing in it."""
    if kind == Subject.PROJECT:
        if subject_id != project.pk:
            return None
        return Found(label=project.name, link=reverse("projects:detail", args=[project.pk]))
    finder = _finders.get(kind)
    return finder(project, subject_id) if finder else None


ManyFinder = Callable[[Project, set[UUID]], dict[UUID, Found]]
_many_finders: dict[str, ManyFinder] = {}


def register_many(kind: Subject, finder: ManyFinder) -> None:
    """Say how many things of a kind are found at once, for lists."""
    _many_finders[kind] = finder


def find_many(project: Project, kind: str, ids: set[UUID]) -> dict[UUID, Found]:
    """Return those of these things that are in an opened project, by id; nothing where none was asked for."""
    finder = _many_finders.get(kind)
    return finder(project, ids) if finder and ids else {}
