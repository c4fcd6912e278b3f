"""A script of very many very short shots, to see whether memory grows with their number."""

from __future__ import annotations

_PLACES = ("HARBOUR", "KITCHEN", "STATION", "ATTIC", "MARKET", "CLINIC", "ROOFTOP", "ARCHIVE", "BRIDGE", "GREENHOUSE")


def short_shots(count: int) -> str:
    """Return a Fountain script with a scene, and in it one short shot, for each."""
    lines = ["Title: Very Short", ""]
    for number in range(count):
        side, time = ("INT.", "EXT.")[number % 2], ("DAY", "NIGHT")[number // 2 % 2]
        lines += [f"{side} {_PLACES[number % len(_PLACES)]} {number + 1} - {time}", "", "A door.", ""]
    return "\n".join(lines)
