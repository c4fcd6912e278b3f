"""The provider protocol: frozen records in, frozen records out, five short calls.

::

    prepare  everything slow and free: uploads, validation, the exact body that will be sent
    submit   the one call that may cost money; never repeated by itself
    poll     one look at a task
    cancel   ask the provider to stop
    fetch    bring one output to a local file

A provider that answers at once (an image in the body, a local model) returns ``outputs`` from
``submit`` and is never polled. A provider that computes on this machine declares
``Traits.computes_on_fetch``: its orders are accepted immediately and the work happens in ``fetch``,
which may be repeated freely because it is deterministic and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import UUID

Json = Mapping[str, Any]


class Operation(StrEnum):
    """What a person can wish for. The values are stored and shown in the API."""

    TEXT_TO_IMAGE = "text_to_image"
    TEXT_TO_VIDEO = "text_to_video"
    IMAGE_TO_VIDEO = "image_to_video"
    TEXT_TO_SPEECH = "text_to_speech"
    FILM = "film"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of ours that the order refers to.

    ``role`` is what the provider needs it for: ``first_frame``, ``last_frame``, ``reference``, ``clip``, ``voice``.
    """

    sha256: str
    media_type: str
    role: str


@dataclass(frozen=True, slots=True)
class Order:
    """One possible purchase, as the engine hands it to an adapter.

    ``uuid`` is ours, chosen and stored before the first call. ``parameters`` hold only what the
    catalogue allows for the model: ``duration_ms``, ``width``, ``height``, ``fps``, ``seed``, …
    ``context`` describes the shot for providers that draw it themselves (angle, setting, light,
    characters, caption); providers that only read prompts ignore it.
    """

    uuid: UUID
    operation: Operation
    model: str
    prompt: str
    parameters: Json
    inputs: tuple[InputFile, ...] = ()
    context: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """One result as the provider refers to it: a URL for remote ones, a name of its own for local ones."""

    reference: str
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """The provider took the order. ``outputs`` is set when it is already done; costs are micro-units."""

    task_id: str
    outputs: tuple[Output, ...] | None = None
    estimated_cost: int | None = None


class TaskState(StrEnum):
    """Every provider's status words, reduced to what the engine needs. Unknown words mean RUNNING."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """One look at a task. ``progress`` is 0.0 to 1.0 or None; ``cost`` is what was really charged, in micro-units."""

    state: TaskState
    progress: float | None = None
    outputs: tuple[Output, ...] = ()
    cost: int | None = None
    failure_code: str = ""
    failure_public: str = ""
    failure_internal: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What an adapter may use while it works. Made anew by the engine for each step.

    Attributes:
        key: the unsealed key, empty for providers that need none.
        work_dir: a private folder that is removed after the step.
        input_file: gives a local path for an input's sha256 (downloads it from storage when needed).
        report: takes progress from 0.0 to 1.0; cheap, call it as often as you like.
        check: raises ``errors.Stopped`` when the work should end now; call it at least once a second.
    """

    key: str
    work_dir: Path
    input_file: Callable[[str], Path]
    report: Callable[[float], None]
    check: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Traits:
    """What the engine must know about a provider before it lets it spend.

    Attributes:
        safe_to_resend: a repeat of ``submit`` with the same uuid cannot buy twice.
        computes_on_fetch: local; the work happens in ``fetch`` and may be repeated or abandoned freely.
        charges: an order can cost money.
        first_poll_after: seconds before the first look when nothing has been learned yet.
        poll_spacing: closest seconds between two looks that the provider allows.
    """

    safe_to_resend: bool
    computes_on_fetch: bool = False
    charges: bool = True
    first_poll_after: float = 5.0
    poll_spacing: float = 5.0


class Provider(Protocol):
    """What every adapter is. Instances are stateless and shared between threads."""

    name: ClassVar[str]
    traits: ClassVar[Traits]

    def prepare(self, order: Order, context: Context) -> Json:
        """Do everything slow and free and return the exact body to send, as JSON.

        Raises:
            Refused: the order can never be accepted; nothing was sent.
            NotAccepted: an upload failed; try again later.
        """
        ...

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Place the order. At most one request leaves that could buy something.

        Raises:
            NotAccepted, Refused, KeyRefused, OutcomeUnknown, AlreadyAccepted
        """
        ...

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Look once.

        Raises:
            PollFailed, TaskMissing, KeyRefused
        """
        ...

    def cancel(self, task_id: str, context: Context) -> None:
        """Ask the provider to stop; its final word still comes through ``poll``.

        Raises:
            PollFailed: could not be asked; try again.
        """
        ...

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Write one output to ``destination`` (a path in ``context.work_dir``).

        Args:
            body: the frozen body that ``prepare`` returned.

        Raises:
            OutputExpired, OutputUnusable, PollFailed, Stopped
        """
        ...
