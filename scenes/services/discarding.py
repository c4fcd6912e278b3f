"""Stored files that no row stands on, or none yet: what is noted here is removed when its time has come.

A file is noted before it is put into storage, and the transaction that writes its row takes the note away. A process
may die anywhere in between: what it leaves is a note, never a file that nobody knows of.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from scenes import storage
from scenes.models import Asset, DiscardedFile

logger = logging.getLogger(__name__)

# Longer than any result takes from storage to its row. A link for an upload is good for an hour, and one that began
# in time may go on for a while.
EXPECTED_FOR = timedelta(hours=6)
REMOVING_FOR = timedelta(minutes=1)
BATCH = 500
_LOOK_SECONDS = 0.05


def note_files(keys: Iterable[str]) -> None:
    """Note, in the caller's transaction, files whose rows go; they are removed once it has committed."""
    DiscardedFile.objects.bulk_create([DiscardedFile(key=key) for key in keys if key], ignore_conflicts=True)


def expect_files(keys: Iterable[str], lasting: timedelta = EXPECTED_FOR) -> None:
    """Note files that are about to be stored: they are removed after a while if no row stands on them then.

    Waits while one of them, left over from before, is being removed: the new one must not go with it.

    Args:
        keys: theirs; not inside of a transaction that goes on to store them, because others must see the note.
        lasting: how long after.
    """
    wanted = sorted({key for key in keys if key})
    until = timezone.now() + REMOVING_FOR
    while True:
        for key in wanted:  # one by one: nobody holds one note while waiting for another
            _expect(key, lasting)
        going = DiscardedFile.objects.filter(key__in=wanted, being_removed=True)
        if not going.exists():
            return
        if timezone.now() > until:
            # Whoever was removing it has died.
            going.update(being_removed=False)
            return
        time.sleep(_LOOK_SECONDS)


def _expect(key: str, lasting: timedelta) -> None:
    expected = DiscardedFile(key=key, due_at=timezone.now() + lasting)
    DiscardedFile.objects.bulk_create(
        [expected], update_conflicts=True, unique_fields=["key"], update_fields=["due_at"]
    )


def keep_files(keys: Iterable[str]) -> None:
    """Take the notes of files away that rows stand on now; part of the transaction that writes the rows."""
    DiscardedFile.objects.filter(key__in=[key for key in keys if key]).delete()


def remove_files() -> int:
    """Remove a batch of the files whose time has come. One that a row stands on stays.

    Returns:
        How many notes were worked off.
    """
    due = list(DiscardedFile.objects.filter(due_at__lte=timezone.now()).order_by("pk")[:BATCH])
    keys = [one.key for one in due]
    used = set(Asset.objects.filter(key__in=keys).values_list("key", flat=True))
    used |= set(Asset.objects.filter(thumbnail_key__in=keys).values_list("thumbnail_key", flat=True))
    return sum(_remove(one, used=one.key in used) for one in due)


def _remove(noted: DiscardedFile, *, used: bool) -> bool:
    """Remove one file unless somebody has expected or removed it meanwhile; its note goes last."""
    mine = DiscardedFile.objects.filter(pk=noted.pk, due_at__lte=timezone.now())
    if used:
        return bool(mine.delete()[0])
    if not mine.update(being_removed=True, due_at=timezone.now() + REMOVING_FOR):
        return False
    mine = DiscardedFile.objects.filter(pk=noted.pk)
    try:
        storage.remove(noted.key)
    except Exception:
        logger.exception("A file that nothing stands on cannot be removed now: %s", noted.key)
        mine.update(being_removed=False)
        return False
    # Only now: a process that dies in between removes a file that is not there, which is no error.
    mine.delete()
    return True
