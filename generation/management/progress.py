"""A batch's progress in a terminal: bars that redraw in place, or plain lines when nobody is looking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO
from uuid import UUID

from generation.watching import BatchState, state_of

LOOK_SECONDS = 0.5
PLAIN_SECONDS = 5.0
BAR = 24
_NAMES = {"image": "stills", "video": "clips", "audio": "voices", "film": "film"}


def follow(batch_id: UUID, *, out: TextIO | None = None, stop: Callable[[], bool] = lambda: False) -> BatchState:
    """Show a batch until it has ended.

    Args:
        batch_id: which.
        out: where; standard output when None.
        stop: asked twice a second; True ends the showing, not the work.

    Returns:
        The batch as it was last seen.
    """
    out = out or sys.stdout
    live = out.isatty()
    started = time.monotonic()
    shown = ""
    shown_at = 0.0
    while True:
        state = state_of(batch_id)
        now = time.monotonic()
        line = _line(state, now - started)
        if live:
            out.write(f"\r\x1b[2K{line}")
            out.flush()
        elif line.split(" · ")[:-1] != shown.split(" · ")[:-1] and (now - shown_at >= PLAIN_SECONDS or state.ended):
            out.write(line + "\n")
            out.flush()
            shown, shown_at = line, now
        if state.ended or stop():
            if live:
                out.write("\n")
            return state
        time.sleep(LOOK_SECONDS)


def _line(state: BatchState, seconds: float) -> str:
    parts = []
    for kind, name in _NAMES.items():
        row = state.kinds[kind]
        if row.total == 0:
            continue
        if kind == "film":
            parts.append(f"{name} {row.share:4.0%}")
        else:
            parts.append(f"{name} {row.done}/{row.total}" + (f" ({row.failed} not made)" if row.failed else ""))
    whole = [state.kinds[kind].share for kind in _NAMES if state.kinds[kind].total]
    share = sum(whole) / len(whole) if whole else 1.0
    filled = round(share * BAR)
    clock = f"{int(seconds // 60)}:{int(seconds % 60):02d}"
    return f"[{'█' * filled}{'░' * (BAR - filled)}] " + " · ".join([*parts, clock])
