"""Results that came in the body of an answer: stored at once, because they exist nowhere else.

A worker that dies between an answer and its end leaves the result where any other finds it. What nobody needs any more
goes by itself a day after it came, which is longer than anybody tries to bring a result home.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.db import close_old_connections

from generation.models import Attempt
from generation.providers.base import Output
from generation.providers.errors import OutputUnusable
from scenes import layout, storage
from scenes.services.discarding import expect_files

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(hours=24)
TRIES = 30
# Results of one order that are brought home: twice what any model can be asked for. A server may send any number, and
# each is fetched, looked through and stored.
MOST_OUTPUTS = 20
_MARK = "kept:"


def keeper(attempt: Attempt, folder: Path, check: Callable[[], None]) -> Callable[[bytes, str], Output]:
    """Return the ``Context.keep`` of one sending.

    Args:
        attempt: whose answer it is.
        folder: private, for a copy on the way.
        check: called between two tries, to hold the lease.
    """
    kept: list[str] = []

    def keep(data: bytes, media_type: str) -> Output:
        key = layout.answer_key(attempt.job.project_id, attempt.pk, len(kept))
        # What comes after these is counted, and left there.
        if len(kept) < MOST_OUTPUTS:
            path = folder / f"answer-{len(kept)}"
            path.write_bytes(data)
            _stored(key, path, check)
            path.unlink()
        kept.append(key)
        return Output(f"{_MARK}{key}", media_type)

    return keep


def _stored(key: str, path: Path, check: Callable[[], None]) -> None:
    """Store it, whatever it takes: it is paid for, and a storage that is away for a moment comes back."""
    for left in range(TRIES - 1, -1, -1):
        try:
            expect_files([key], lasting=KEPT_FOR)
            storage.put_file(key, path)
        except Exception:  # whichever storage this is, and the database: each has errors of its own
            if not left:
                raise
            logger.exception("An answer cannot be kept as %s now", key)
            check()
            time.sleep(1)
            close_old_connections()
        else:
            return


def is_kept(attempt: Attempt, reference: str) -> bool:
    """Return whether an output lies here, as one of this attempt's own, and not at the provider.

    References are words of the provider's: one that names any other file of ours is an address like all others.
    """
    key = reference.removeprefix(_MARK)
    own, _, number = key.rpartition("-")
    return (
        reference != key
        and number.isascii()
        and number.isdecimal()
        and own == layout.incoming_key(attempt.job.project_id, attempt.pk)
    )


def bring(reference: str, destination: Path) -> None:
    """Copy a kept result to a local path.

    Raises:
        OutputUnusable: it is not there.
    """
    try:
        storage.fetch_file(reference.removeprefix(_MARK), destination)
    except Exception as error:
        raise OutputUnusable(
            "What the provider sent cannot be read from the storage now.", code="kept_missing", internal=repr(error)
        ) from error
