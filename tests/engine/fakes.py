"""Providers that play every fault they are told to, and keep books of what was ordered, bought and charged.

``PaidProvider`` is like Runway: no idempotency key, so a repeat buys twice. ``KeyedProvider`` is like Runware: our id
is its id, so a repeat is recognised. ``LocalProvider`` computes on this machine, in ``fetch``.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from PIL import Image, ImageDraw, UnidentifiedImageError

from generation.catalogue import Capability, Durations, Model, Price, PromptRule
from generation.media import gate
from generation.media.probe import MediaInfo
from generation.providers.base import (
    Context,
    Json,
    Operation,
    Order,
    Output,
    Submission,
    TaskState,
    TaskStatus,
    Traits,
)
from generation.providers.errors import AlreadyAccepted, OutcomeUnknown

PRICE = 40_000
SUCCEEDED, RUNNING, FAILED, CANCELLED = (
    TaskState.SUCCEEDED,
    TaskState.RUNNING,
    TaskState.FAILED,
    TaskState.CANCELLED,
)

Act = Any
"""What a step does once: an exception is raised, a callable called with the step's arguments, else it is returned."""


@dataclass
class Books:
    """What reached a provider, by our id of the attempt."""

    sent: Counter[UUID] = field(default_factory=Counter)
    bought: Counter[UUID] = field(default_factory=Counter)
    cancelled: Counter[str] = field(default_factory=Counter)
    looks: Counter[str] = field(default_factory=Counter)
    fetches: Counter[str] = field(default_factory=Counter)
    prepared: Counter[UUID] = field(default_factory=Counter)

    @property
    def charged(self) -> int:
        """All that was charged, in micro-units."""
        return PRICE * self.bought.total()

    @property
    def bought_twice(self) -> list[UUID]:
        """The attempts that were paid for more than once."""
        return [uuid for uuid, times in self.bought.items() if times > 1]


def picture(name: str) -> bytes:
    """Return a small PNG that looks different for each name."""
    digest = hashlib.sha256(name.encode()).digest()
    image = Image.new("RGB", (48, 27), tuple(digest[:3]))
    draw = ImageDraw.Draw(image)
    for place, value in enumerate(digest):
        draw.point((place, place % 27), fill=(value, 255 - value, value))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


class FakeProvider:
    """Implements ``generation.providers.base.Provider``; each step plays what was scripted, then goes well."""

    name: ClassVar[str] = "fake"
    traits: ClassVar[Traits] = Traits(safe_to_resend=False)

    def __init__(self) -> None:
        self.books = Books()
        self._script: dict[str, deque[Act]] = defaultdict(deque)
        self._always: dict[str, Act] = {}
        self._lock = threading.Lock()

    def play(self, step: str, *acts: Act) -> None:
        """Have a step do these, one a call: ``prepare``, ``submit``, ``answer``, ``poll``, ``cancel``, ``fetch``.

        ``submit`` happens before the order is taken and ``answer`` after it.
        """
        self._script[step].extend(acts)

    def always(self, step: str, act: Act) -> None:
        """Have a step do this whenever nothing else is scripted; None ends it."""
        self._always[step] = act

    def _act(self, step: str, *arguments: Any) -> Any:
        with self._lock:
            act = self._script[step].popleft() if self._script[step] else self._always.get(step)
        if isinstance(act, BaseException):
            raise act
        return act(*arguments) if callable(act) else act

    def _count(self, counter: Counter[Any], key: Any) -> None:
        with self._lock:
            counter[key] += 1

    def prepare(self, order: Order, context: Context) -> Json:
        """Freeze a body."""
        self._count(self.books.prepared, order.uuid)
        self._act("prepare", order, context)
        return {"prompt": order.prompt, "uuid": str(order.uuid)}

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Take the order, unless told otherwise."""
        self._count(self.books.sent, uuid)
        self._act("submit", uuid, context)
        task_id = f"task-{uuid}"
        if self.traits.safe_to_resend and not self.traits.computes_on_fetch and self.books.bought[uuid]:
            raise AlreadyAccepted(task_id)
        self._count(self.books.bought, uuid)
        answer = self._act("answer", uuid, context)
        if answer is not None:
            submission: Submission = answer
            return submission
        outputs = self.outputs_of(task_id) if self.traits.computes_on_fetch else None
        return Submission(task_id=task_id, outputs=outputs)

    def outputs_of(self, task_id: str) -> tuple[Output, ...]:
        """Return what a task makes."""
        return (Output(f"{task_id}.png", "image/png"),)

    def done(self, task_id: str) -> TaskStatus:
        """Return the happy end of a task."""
        return TaskStatus(SUCCEEDED, 1.0, self.outputs_of(task_id), PRICE if self.traits.charges else 0)

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Say that it is done, unless told otherwise."""
        self._count(self.books.looks, task_id)
        status: TaskStatus | None = self._act("poll", task_id, context)
        return status if status is not None else self.done(task_id)

    def cancel(self, task_id: str, context: Context) -> None:
        """Take a cancel."""
        self._count(self.books.cancelled, task_id)
        self._act("cancel", task_id, context)

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Write a picture."""
        self._count(self.books.fetches, output.reference)
        data = self._act("fetch", output, destination, context)
        destination.write_bytes(picture(output.reference) if data is None else data)


class PaidProvider(FakeProvider):
    """Like Runway: a repeat buys twice."""

    name: ClassVar[str] = "paid"
    traits: ClassVar[Traits] = Traits(safe_to_resend=False)


class KeyedProvider(FakeProvider):
    """Like Runware: a repeat with the same id is recognised."""

    name: ClassVar[str] = "keyed"
    traits: ClassVar[Traits] = Traits(safe_to_resend=True, first_poll_after=2.0, poll_spacing=2.0)


class LocalProvider(FakeProvider):
    """Like the animatic: accepted at once, worked out when it is fetched, free."""

    name: ClassVar[str] = "local"
    traits: ClassVar[Traits] = Traits(safe_to_resend=True, computes_on_fetch=True, charges=False)


FLAVOURS = ("paid", "keyed", "local")


def lost_answer(*_: Any) -> None:
    """Lose the answer after the order was taken."""
    raise OutcomeUnknown("The connection broke while we waited for the answer.", code="read_timeout")


def models_of(provider: str) -> list[Model]:
    """Return the catalogue entries for a fake: one for stills, one for clips."""
    return [
        Model(
            id=f"{provider}-{kind}",
            label=f"{provider} {kind}",
            provider=provider,
            provider_label=provider.title(),
            capabilities={
                operation: Capability(
                    operation,
                    prompt=PromptRule(4000, required=False),
                    durations=durations,
                    first_frame="may",
                    seed_most=2**32 - 1,
                    price=Price.of(0 if provider == "local" else PRICE),
                )
            },
            price_version="test",
            typical_seconds=1.0,
        )
        for kind, operation, durations in (
            ("still", Operation.TEXT_TO_IMAGE, None),
            ("clip", Operation.IMAGE_TO_VIDEO, Durations(500, 30_000, 500)),
        )
    ]


def admit_pictures(path: Path, *, kinds: Collection[str], check: Callable[[], None]) -> gate.Admitted:
    """Do what the gate does for pictures, in this process."""
    check()
    try:
        with Image.open(path) as image:
            image.load()
            info = MediaInfo("image", "", path.stat().st_size, width=image.width, height=image.height)
    except (UnidentifiedImageError, OSError) as error:
        raise gate.MediaRefused("This file is damaged.", code="damaged") from error
    return gate.Admitted("image/png", "png", info, hashlib.sha256(path.read_bytes()).hexdigest())


def blocks_until(event: threading.Event, reached: threading.Event | None = None) -> Callable[..., None]:
    """Return an act that waits for an event, heeding ``check`` as adapters do.

    Args:
        event: ends the wait.
        reached: set when the wait begins.
    """

    def act(*arguments: Any) -> None:
        if reached is not None:
            reached.set()
        context: Context = arguments[-1]
        while not event.wait(0.02):
            context.check()

    return act
