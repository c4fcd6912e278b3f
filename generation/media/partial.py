"""Files that exist whole or not at all."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def finished_or_nothing(destination: Path) -> Iterator[Path]:
    """Give a temporary path beside ``destination``; rename it there on success, remove it on any exception.

    The temporary name keeps the suffix, because ffmpeg chooses the container by it, and ends in ``.part`` before it,
    so that leftovers of a killed process can be told apart.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    temporary = destination.with_name(f".{destination.stem}-{uuid.uuid4().hex[:12]}.part{destination.suffix}")
    try:
        yield temporary
        temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)
