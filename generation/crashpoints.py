"""Named places where a process may die. Tests stop the work there; in the product ``reach`` does nothing."""

from __future__ import annotations

from collections.abc import Callable

CRASH_POINTS = (
    "request committed",
    "group part asked",
    "message taken",
    "claimed",
    "prepared",
    "sending committed",
    "answer read",
    "acceptance on disk",
    "acceptance committed",
    "looks planned",
    "looked",
    "success seen",
    "fetch claimed",
    "output fetched",
    "output verified",
    "output stored",
    "finished",
    "cancel sent",
    "sweep",
)

_on_reach: Callable[[str], None] | None = None


def reach(name: str) -> None:
    """Pass one of ``CRASH_POINTS``."""
    if _on_reach is not None:
        _on_reach(name)


def install(on_reach: Callable[[str], None] | None) -> None:
    """Have tests called at each point; None ends it."""
    global _on_reach
    _on_reach = on_reach
