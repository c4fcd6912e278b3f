"""The trash: what was deleted waits there for 30 days, can be taken out again, and is gone after that.

Deleting is a mark on the row. Whoever lists rows says ``kept()``; whoever purges asks ``overdue()``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User

TRASH_DAYS = 30


class Trashable(models.Model):
    """A row that people may delete and take back."""

    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True


class TrashableQuerySet(models.QuerySet[Any]):
    """Rows of which some are in the trash."""

    def kept(self) -> Self:
        """Leave out what is in the trash."""
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        """Return what is in the trash, the latest first."""
        return self.exclude(deleted_at=None).order_by("-deleted_at")

    def overdue(self) -> Self:
        """Return what has been in the trash for longer than it is kept."""
        return self.filter(deleted_at__lt=timezone.now() - timedelta(days=TRASH_DAYS))


def put_in(row: Trashable, actor: User | None) -> bool:
    """Mark a row as deleted, by a member or by somebody who is none.

    Returns:
        Whether this call did it; False where it was in the trash already.
    """
    rows = type(row)._default_manager.filter(pk=row.pk, deleted_at=None)
    if not rows.update(deleted_at=timezone.now(), deleted_by=actor):
        return False
    row.refresh_from_db(fields=["deleted_at", "deleted_by"])
    return True


def take_out(row: Trashable) -> bool:
    """Take a row out of the trash; False where it was not in it."""
    rows = type(row)._default_manager.filter(pk=row.pk).exclude(deleted_at=None)
    if not rows.update(deleted_at=None, deleted_by=None):
        return False
    row.deleted_at, row.deleted_by = None, None
    return True
