"""How a message leaves the house: by the floor for outgoing calls, which lives in a room that this one does not know.

That room registers it here. Whatever it is, it reaches public addresses only, looks at the number that a name has in
the moment of connecting, follows no redirect and keeps to a time limit for the whole call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class NotReached(Exception):
    """There was no answer; the text says why, for people."""


class NotAllowed(NotReached):
    """The address may not be reached from here; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a receiver answered.

    Attributes:
        status: of HTTP.
        body: its beginning.
        retry_after: the seconds after which it wants to be asked again, where it said so.
    """

    status: int
    body: bytes
    retry_after: float | None = None


class Wire(Protocol):
    """What sends."""

    def check(self, url: str) -> None:
        """Refuse an address that may not be reached.

        Raises:
            NotAllowed: with what is wrong in its text.
        """

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float, most: int) -> Answered:
        """Send once.

        Args:
            url: where to; asked about again in the moment of connecting.
            headers: to send beside the length.
            body: what is sent.
            seconds: how long all of it may take.
            most: bytes of the answer that are kept; the rest is not read.

        Raises:
            NotReached: no answer came; it may have arrived all the same.
        """


_wires: list[Wire] = []


def register(wire: Wire) -> None:
    """Have messages leave this way."""
    _wires[:] = [wire]


def current() -> Wire:
    """Return the way out.

    Raises:
        LookupError: nobody has registered one.
    """
    if not _wires:
        raise LookupError("Nothing was registered to send webhooks with.")
    return _wires[0]
