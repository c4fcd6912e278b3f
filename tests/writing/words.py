"""A language model that says what it is told to: word for word while it streams, charged by the token."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from generation.catalogue import Capability, Model, Price, PromptRule, Rate
from generation.providers.base import Context, Json, Operation, Order, Output, Submission, Traits, Usage
from tests.engine.fakes import FakeProvider

NAME = "words"
MOST_TOKENS = 32_000
OUTPUT_RATE, INPUT_RATE = 10, 2  # micro-units a token


@dataclass(frozen=True, slots=True)
class Says:
    """An answer: its text, why it is cut, and what happens when so many words of it have come."""

    text: str
    cut: str = ""
    after: int = 0
    happens: Callable[[], Any] = lambda: None


class WordsProvider(FakeProvider):
    """Streams what ``play("answer", Says(…))`` gave it; an answer without a script is an empty one."""

    name: ClassVar[str] = NAME
    traits: ClassVar[Traits] = Traits(safe_to_resend=False, answers_with=frozenset({Operation.TEXT_TO_TEXT}))

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[Order] = []

    def prepare(self, order: Order, context: Context) -> Json:
        """Freeze a body."""
        super().prepare(order, context)
        self.orders.append(order)
        return {"prompt": order.prompt, **order.parameters}

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Say it, word by word."""
        self._count(self.books.sent, uuid)
        self._act("submit", uuid, context)
        self._count(self.books.bought, uuid)
        said: Any = self._act("answer", uuid, context) or Says("")
        words, cut = "", said.cut
        for number, word in enumerate(said.text.split(" "), 1):
            if not context.wanted():
                cut = "stopped"
                break
            context.check()
            piece = f" {word}" if words else word
            words += piece
            context.say(piece)
            if number == said.after:
                said.happens()
        usage = Usage(len(str(body).encode()) // 4, len(words.encode()) // 4)
        return Submission(f"words-{uuid}", outputs=(Output("", text=words, cut=cut),), usage=usage)


def words_model(provider: str = NAME, label: str = "Fable") -> Model:
    """Return the catalogue entry of a language model."""
    price = Price(
        source="test",
        rates=(Rate(per="output_tokens", each=1, micros=OUTPUT_RATE),),
        extras=(Rate(per="input_tokens", each=1, micros=INPUT_RATE),),
    )
    capability = Capability(Operation.TEXT_TO_TEXT, prompt=PromptRule(400_000), tokens_most=MOST_TOKENS, price=price)
    return Model(
        id=f"{provider}-large",
        label=label,
        provider=provider,
        provider_label=label,
        capabilities={Operation.TEXT_TO_TEXT: capability},
        price_version="test",
        typical_seconds=5.0,
    )


OUTLINE = {
    "title": "The Last Ferry",
    "logline": "A ferrywoman crosses once more before the bridge opens.",
    "scenes": [
        {"heading": "EXT. HARBOUR - DAWN", "happens": "Mara unties the ferry in the fog.", "minutes": 1},
        {"heading": "INT. WHEELHOUSE - DAY", "happens": "The engine coughs. Tom comes aboard.", "minutes": 1.5},
    ],
}
FOUNTAIN = """Title: The Last Ferry
Credit: Draft

EXT. HARBOUR - DAWN

Fog lies on the water. MARA, 60, unties the last ferry.

MARA
One more crossing.

INT. WHEELHOUSE - DAY

The engine coughs and catches."""


def as_json(data: Any) -> Says:
    """Return an answer that is data."""
    return Says(json.dumps(data))
