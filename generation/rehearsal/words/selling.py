"""Words on their way: counted, sent piece by piece, and charged by what was written until the caller had enough."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generation.catalogue import models
from generation.providers.base import Operation, Usage
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked, Played
from generation.rehearsal.tasks import Accepting, Wanted
from generation.rehearsal.words import texts

_BYTES_A_TOKEN = 4
_FRAMING = 8
_PIECE = re.compile(r"\S+\s*|\s+")
# For models that nobody has published a price of, in micro-units for a million tokens.
_READ, _WRITTEN = 1_000_000, 5_000_000
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Message:
    """What was asked, whoever's words it came in.

    Attributes:
        model: the provider's name for it.
        system, prompt: the words.
        max_tokens: of the answer.
        schema: what the answer must fit, if anything.
    """

    model: str
    system: str
    prompt: str
    max_tokens: int
    schema: Mapping[str, Any] | None = None

    @property
    def tokens(self) -> int:
        """How much is read."""
        return counted(f"{self.system}{self.prompt}{json.dumps(self.schema) if self.schema else ''}") + _FRAMING


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written.

    Attributes:
        id: of the answer.
        pieces: the words, in the pieces in which they go out.
        end: ``stop``, ``length`` or ``refusal``.
        breaks: where it breaks in the middle: ``stream_cut``, ``stream_error``, ``stream_hang`` or empty.
        pause: seconds between two pieces.
    """

    id: str
    pieces: tuple[str, ...]
    end: str
    breaks: str
    pause: float

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)


def counted(text: str) -> int:
    """Return how many tokens words have here."""
    return -(-len(text.encode()) // _BYTES_A_TOKEN)


def sell(desk: Desk, number: int, account: str, message: Message, played: Played, *, id: str, asked: Asked) -> Answer:
    """Take an order in, at the most that it can cost, and write its answer.

    Args:
        desk: where.
        number: of the entry in the book of what was received.
        account: who pays.
        message: what was asked.
        played: what goes wrong.
        id: of the answer.
        asked: the request, as scenarios see it.
    """
    desk.accept(
        number,
        Accepting(
            id=id, provider=asked.provider, account=account, operation=asked.operation, model=message.model,
            body={"prompt": message.prompt}, wanted=Wanted("text", "text/plain"),
            estimate=price(message.model, message.tokens, message.max_tokens), seconds=0.0, faults=played.later,
        ),
    )  # fmt: skip
    text, end = _written(message, played.later)
    pieces = _PIECE.findall(text)
    known = models().get(message.model)
    seconds = (known.typical_seconds if known else _SECONDS) * desk.speed
    breaks = next((name for name in ("stream_cut", "stream_error", "stream_hang") if name in played.later), "")
    return Answer(id, tuple(pieces), end, breaks, seconds / max(len(pieces), 1))


def flowing(desk: Desk, message: Message, answer: Answer) -> Iterator[str]:
    """Give the pieces at the pace at which they are written; what was given is charged, however it ends."""
    given = 0
    try:
        for piece in answer.pieces[: len(answer.pieces) // 2 if answer.breaks else None]:
            if desk.stopping.wait(answer.pause):
                return
            given += len(piece.encode())
            yield piece
    finally:
        settle(desk, message, answer, -(-given // _BYTES_A_TOKEN))


def settle(desk: Desk, message: Message, answer: Answer, written: int) -> None:
    """Charge what was really written, in tokens."""
    cost = price(message.model, message.tokens, written)
    with desk.state.writing() as database:
        database.execute("UPDATE tasks SET cost = ?, ends_at = ? WHERE id = ?", (cost, time.time(), answer.id))


def price(model: str, read: int, written: int) -> int:
    """Return what tokens cost, in micro-units."""
    found = models().get(model)
    cost = found.charge(Operation.TEXT_TO_TEXT, {}, Usage(read, written)) if found else None
    return cost if cost is not None else -(-(read * _READ + written * _WRITTEN) // 1_000_000)


def _written(message: Message, faults: Mapping[str, int]) -> tuple[str, str]:
    """What is written, and why it ends."""
    if "moderation_output" in faults:
        return "", "refusal"
    if "no_output" in faults:
        return "", "stop"
    text = texts.answer_to(message.system, message.prompt, message.schema)
    if "not_data" in faults:
        return f"Of course! Here it is: {text[:40]}", "stop"
    most = message.max_tokens * _BYTES_A_TOKEN
    if "cut_off" in faults:
        most = min(most, len(text.encode()) // 2)
    if len(text.encode()) > most:
        return text.encode()[:most].decode(errors="ignore"), "length"
    return text, "stop"
