"""What lies in a project's trash, how it is shown, and who may take it out again.

Each kind of thing that can be deleted has a bin. The footage lives in a room that this one does not know: it registers
its bins here, as it does for comments (``subjects.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Func, IntegerField, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone

from accounts.policies import REFUSALS, Right
from projects import events
from projects.access import OpenProject
from projects.models import Project
from projects.trash import TRASH_DAYS, Trashable, put_in, take_out

SHOWN = 200  # rows of one kind on a page; the others come up as these are taken out or purged


@dataclass(frozen=True, slots=True)
class Described:
    """How a row is shown in the trash.

    Attributes:
        label: what people call it.
        detail: a line of context; may be empty.
        picture: the address of a thumbnail; empty where there is none.
    """

    label: str
    detail: str = ""
    picture: str = ""


def may_change_the_film(opened: OpenProject, row: Any) -> bool:
    """Let everybody take back what everybody may delete."""
    return opened.can_create


def _nothing_more(row: Any) -> None:
    """Do nothing beside the mark."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One kind of thing that can be deleted.

    Attributes:
        kind: a word for addresses and events, ``take`` for one.
        name: what people call them, in the plural.
        icon: of the vendored set.
        rows: an opened project's rows of this kind, in the trash or not, with what ``describe`` reads.
        every: the same of all projects, for the purge.
        describe: how a row is shown.
        purge: deletes a row for good, in the caller's transaction; files go by ``DiscardedFile``.
        may: who may delete and take back.
        gone: what else becomes of it when it goes into the trash, in the same transaction.
        back: what else becomes of it when it comes back, in the same transaction.
    """

    kind: str
    name: str
    icon: str
    rows: Callable[[Project], QuerySet[Any]]
    every: Callable[[], QuerySet[Any]]
    describe: Callable[[Any], Described]
    purge: Callable[[Any], None]
    may: Callable[[OpenProject, Any], bool] = may_change_the_film
    gone: Callable[[Any], None] = _nothing_more
    back: Callable[[Any], None] = _nothing_more


@dataclass(frozen=True, slots=True)
class Thrown:
    """One thing in the trash, as the page shows it."""

    kind: str
    id: UUID
    label: str
    detail: str
    picture: str
    deleted_at: datetime
    deleted_by: str
    days_left: int
    may_restore: bool


@dataclass(frozen=True, slots=True)
class Heap:
    """How much lies in one bin."""

    kind: str
    name: str
    icon: str
    count: int


_bins: dict[str, Bin] = {}


def register(bin: Bin) -> None:
    """Make a kind of thing known to the trash."""
    _bins[bin.kind] = bin


def every_bin() -> tuple[Bin, ...]:
    """Return the bins in the order in which the page shows them."""
    return tuple(_bins.values())


def days_left(deleted_at: datetime) -> int:
    """Return how many whole days are left until something is purged; at least 0."""
    return max(0, (deleted_at + timedelta(days=TRASH_DAYS) - timezone.now()).days)


def heaps(opened: OpenProject) -> list[Heap]:
    """Return how much lies in an opened project's trash, by kind; kinds without anything are left out."""
    counting = Func("pk", function="COUNT", output_field=IntegerField())
    counts = {
        f"count_{bin.kind}": Subquery(
            _restorable(bin, opened.project).order_by().annotate(count=counting).values("count")
        )
        for bin in _bins.values()
    }
    counted: Any = Project.objects.filter(pk=opened.project.pk).values(**counts).get()
    found = [Heap(bin.kind, bin.name, bin.icon, counted[f"count_{bin.kind}"]) for bin in _bins.values()]
    return [heap for heap in found if heap.count]


def things(opened: OpenProject, kind: str) -> list[Thrown]:
    """Return what lies in one bin of an opened project, the latest first, ``SHOWN`` at most.

    Args:
        opened: the project, opened to see. What the person may not take back is shown as well: somebody else may.
        kind: a registered kind.
    """
    rows = rows_in(opened, kind).order_by("-deleted_at")[:SHOWN]
    return [thrown(opened, kind, row) for row in rows]


def rows_in(opened: OpenProject, kind: str) -> QuerySet[Any]:
    """Return the rows in one bin of an opened project, for lists a page at a time.

    Args:
        opened: the project, opened to see.
        kind: a registered kind.

    Raises:
        Http404: there is no such kind.
    """
    if kind not in _bins:
        raise Http404("There is no such thing.")
    return _restorable(_bins[kind], opened.project).select_related("deleted_by")


def _restorable(bin: Bin, project: Project) -> QuerySet[Any]:
    # What is overdue may be half gone already; it is not offered any more.
    limit = timezone.now() - timedelta(days=TRASH_DAYS)
    return bin.rows(project).filter(deleted_at__gte=limit)


def thrown(opened: OpenProject, kind: str, row: Any) -> Thrown:
    """Return a row of ``rows_in`` as it is shown."""
    bin = _bins[kind]
    described = bin.describe(row)
    return Thrown(
        kind=bin.kind,
        id=row.pk,
        label=described.label,
        detail=described.detail,
        picture=described.picture,
        deleted_at=row.deleted_at,
        deleted_by=row.deleted_by.shown_name if row.deleted_by else "",
        days_left=days_left(row.deleted_at),
        may_restore=bin.may(opened, row),
    )


@transaction.atomic
def throw_away(*, opened: OpenProject, kind: str, row: Trashable) -> bool:
    """Put something into the trash, with all that follows, and tell everybody.

    Args:
        opened: its project.
        kind: a registered kind.
        row: one of the project's.

    Returns:
        Whether this call did it; False where it was in the trash already.

    Raises:
        PermissionDenied: the person may not.
    """
    bin = _bins[kind]
    _must_be_allowed(bin, opened, row)
    if not put_in(row, opened.user):
        return False
    bin.gone(row)
    _tell(opened, "thing_deleted", bin, row)
    return True


@transaction.atomic
def restore(*, opened: OpenProject, kind: str, row_id: UUID) -> Described:
    """Take something out of the trash, with all that follows, and tell everybody. What is out already stays so.

    Args:
        opened: its project, opened to see; the bin says who may.
        kind: a registered kind.
        row_id: the row.

    Raises:
        Http404: there is no such thing in this project, or its time is over.
        PermissionDenied: the person may not.
    """
    bin = _bins.get(kind)
    row = bin.rows(opened.project).filter(pk=row_id).first() if bin else None
    if bin is None or row is None:
        raise Http404("There is no such thing.")
    _must_be_allowed(bin, opened, row)
    if row.deleted_at is None:
        return bin.describe(row)
    if days_left(row.deleted_at) == 0 and row.deleted_at < timezone.now() - timedelta(days=TRASH_DAYS):
        raise Http404("It was in the trash for too long and is gone.")
    if take_out(row):
        bin.back(row)
        _tell(opened, "thing_restored", bin, row)
    return bin.describe(row)


def restore_all(*, opened: OpenProject, kind: str) -> int:
    """Take everything of a kind out of an opened project's trash that the person may take out.

    Args:
        opened: the project.
        kind: a registered kind.

    Returns:
        How many things came back.

    Raises:
        Http404: there is no such kind.
    """
    if kind not in _bins:
        raise Http404("There is no such thing.")
    wanted = [thing for thing in things(opened, kind) if thing.may_restore]
    for thing in wanted:
        restore(opened=opened, kind=thing.kind, row_id=thing.id)
    return len(wanted)


def _must_be_allowed(bin: Bin, opened: OpenProject, row: Any) -> None:
    if not bin.may(opened, row):
        raise PermissionDenied(REFUSALS[Right.CREATE] if not opened.can_create else REFUSALS[Right.MANAGE])


def _tell(opened: OpenProject, event_type: str, bin: Bin, row: Any) -> None:
    payload = {"kind": bin.kind, "id": str(row.pk), "label": bin.describe(row).label}
    events.record(opened.project.pk, event_type, payload, actor=opened.user)
