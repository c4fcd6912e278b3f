"""A folder of finished pieces, each named by everything that went into it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generation.media.partial import finished_or_nothing

# Part of every name: raise it when the same ingredients would now give another result.
EDITION = 1

_ABANDONED_AFTER = 6 * 3600


class PieceCache:
    """Pieces of films on the local disk; a piece is there whole or not at all.

    Several renders may share a folder: two that make the same piece at once both succeed, the later rename wins.

    Args:
        folder: is made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, kind: str, suffix: str, ingredients: Any) -> Path:
        """Where a piece is, or would be: named by its kind and by ``ingredients``, anything that ``json`` takes."""
        text = json.dumps([EDITION, kind, ingredients], sort_keys=True, separators=(",", ":"))
        return self.folder / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()}{suffix}"

    def ensure(self, path: Path, make: Callable[[Path], None]) -> bool:
        """Have a piece made when it is not there.

        Args:
            path: from ``path``.
            make: writes the piece to the temporary path it is given; what it raises leaves nothing behind.

        Returns:
            Whether it had to be made.
        """
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)
            return False
        with finished_or_nothing(path) as temporary:
            make(temporary)
        return True

    def prune(self, *, max_bytes: int, keep_seconds: float = 3600) -> int:
        """Remove the pieces that were used longest ago until at most ``max_bytes`` are left.

        Args:
            keep_seconds: pieces used within this time stay, because a film may be reading them.

        Returns:
            Bytes that were freed.
        """
        now = time.time()
        found = []
        for entry in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process may be pruning as well
                facts = entry.stat()
                found.append((facts.st_mtime, facts.st_size, entry))
        found.sort()
        total, freed = sum(size for _, size, _ in found), 0
        for used, size, entry in found:
            abandoned = ".part" in entry.name and now - used > _ABANDONED_AFTER
            if abandoned or (total - freed > max_bytes and now - used > keep_seconds):
                entry.unlink(missing_ok=True)
                freed += size
        return freed
