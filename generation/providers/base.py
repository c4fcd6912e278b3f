"""The provider protocol: frozen records in, frozen records out, five short calls.

::

    prepare  everything slow and free: uploads, validation, the exact body that will be sent
    submit   the one call that may cost money; never repeated by itself
    poll     one look at a task
    cancel   ask the provider to stop
    fetch    bring one output to a local file

A provider that answers at once (an image in the body, a text) returns ``outputs`` from ``submit`` and is never
polled. What came in the body itself exists nowhere else: the adapter hands it to ``Context.keep`` before it returns,
and the engine brings it home from there. A provider that computes on this machine declares
``Traits.computes_on_fetch``: its orders are accepted immediately and the work happens in ``fetch``,
which may be repeated freely because it is deterministic and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable
from uuid import UUID

Json = Mapping[str, Any]


class Operation(StrEnum):
    """What a person can wish for. The values are stored and shown in the API."""

    TEXT_TO_IMAGE = "text_to_image"
    IMAGE_TO_IMAGE = "image_to_image"
    INPAINT = "inpaint"
    OUTPAINT = "outpaint"
    UPSCALE_IMAGE = "upscale_image"
    REMOVE_BACKGROUND = "remove_background"
    CAPTION = "caption"
    TEXT_TO_VIDEO = "text_to_video"
    IMAGE_TO_VIDEO = "image_to_video"
    VIDEO_TO_VIDEO = "video_to_video"
    UPSCALE_VIDEO = "upscale_video"
    TEXT_TO_SPEECH = "text_to_speech"
    SOUND_EFFECT = "sound_effect"
    TEXT_TO_MUSIC = "text_to_music"
    TEXT_TO_TEXT = "text_to_text"
    FILM = "film"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of ours that the order refers to.

    Attributes:
        sha256: its content.
        media_type: as measured, not as somebody said.
        role: what the provider needs it for: ``first_frame``, ``last_frame``, ``reference``, ``source`` (the picture
            or clip that is to be changed), ``mask`` (white is repainted), ``voice``.
        tag: the name by which the prompt speaks of a reference (``@anna``), where the model takes one.
        size: bytes.
    """

    sha256: str
    media_type: str
    role: str
    tag: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """One possible purchase, as the engine hands it to an adapter.

    ``uuid`` is ours, chosen and stored before the first call. ``parameters`` hold only what the
    catalogue allows for the model: ``duration_ms``, ``width``, ``height``, ``fps``, ``seed``, …
    ``context`` describes the shot for providers that draw it themselves (angle, setting, light,
    characters, caption); providers that only read prompts ignore it.

    Of ``text_to_text`` the parameters are ``system`` (who the writer is and what it must not do), ``max_tokens`` of the
    answer and, where the answer must be data, its JSON ``schema``; ``prompt`` is the one message.
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
    """One result as the provider refers to it: a URL for remote ones, a name of its own for local ones.

    ``text`` is the result itself where it is words (a caption); nothing is fetched then. ``cut`` says why words are
    not whole: ``stopped`` by a person, or ``length``, where they had reached ``max_tokens``.
    """

    reference: str
    media_type: str = ""
    text: str = ""
    seed: int | None = None
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was charged for, in tokens; those that were read from the provider's cache count as input.

    ``media_tokens`` are those of pictures and clips that were made; ``output_tokens`` those of words and of thoughts.
    """

    input_tokens: int
    output_tokens: int
    media_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Submission:
    """The provider took the order. ``outputs`` is set when it is already done; costs are micro-units.

    ``usage`` stands in for ``cost`` where the provider tells tokens and no money: the catalogue knows their price.
    """

    task_id: str
    outputs: tuple[Output, ...] | None = None
    estimated_cost: int | None = None
    cost: int | None = None
    usage: Usage | None = None


class TaskState(StrEnum):
    """Every provider's status words, reduced to what the engine needs. Unknown words mean RUNNING."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """One look at a task. ``progress`` is 0.0 to 1.0 or None; ``cost`` is what was really charged, in micro-units.

    ``usage`` stands in for ``cost`` where the provider tells tokens and no money.
    """

    state: TaskState
    progress: float | None = None
    outputs: tuple[Output, ...] = ()
    cost: int | None = None
    usage: Usage | None = None
    failure_code: str = ""
    failure_public: str = ""
    failure_internal: str = ""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What a provider says about an account: the connection test, and evidence when an outcome is unknown.

    Attributes:
        balance: what is left, in micro-units of a dollar; None when the provider does not tell.
        balance_text: the same in the provider's own words ("1,240 credits").
        generations_today: by model, where the provider tells.
        limits: by model: ``{"concurrent": n or None, "daily": n or None}``.
        spent: what the provider has charged, by day (``YYYY-MM-DD``, UTC) and model, in micro-units.
        api_version: the protocol version that was spoken.
    """

    balance: int | None = None
    balance_text: str = ""
    generations_today: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    spent: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    api_version: str = ""


def _keep_nothing(data: bytes, media_type: str) -> Output:
    raise LookupError("This step keeps no results.")


@dataclass(frozen=True, slots=True)
class Context:
    """What an adapter may use while it works. Made anew by the engine for each step.

    Attributes:
        key: the unsealed key, empty for providers that need none. Not shown where a context is.
        base_url: where the provider is reached; empty for providers on this machine.
        own_address: a team has entered that address itself. Others are told neither it nor what lies there.
        fetch_origins: origins (``http://127.0.0.1:8123``) that results may come from although their address is
            private or their scheme is plain http.
        webhook_url: where the provider may call when something has changed; empty where nobody can reach us.
        input_url: gives an https address where a provider may fetch an input by its sha256 for some hours; empty
            where nobody can reach us.
        own_models: what the account itself says of models, by their id in the catalogue: ``name`` on the wire, and the
            prices ``input`` and ``output`` (of a million tokens) and ``image``, in micro-units or None.
        work_dir: a private folder that is removed after the step.
        input_file: gives a local path for an input's sha256 (downloads it from storage when needed).
        report: takes progress from 0.0 to 1.0; cheap, call it as often as you like.
        check: raises ``errors.Stopped`` when the work should end now; call it at least once a second.
        say: takes words as they come, each time those that are new; cheap, call it as often as you like.
        wanted: whether somebody still wants what is being written. An adapter that can stop in the middle and keep
            what there is looks at it between two words; ``check`` never ends an order that is on its way.
        keep: puts a result that came in the answer's body where every worker finds it, and returns the output that
            stands for it. Takes the bytes and their media type.
    """

    key: str = field(repr=False)
    work_dir: Path
    input_file: Callable[[str], Path]
    report: Callable[[float], None]
    check: Callable[[], None]
    base_url: str = ""
    own_address: bool = False
    fetch_origins: tuple[str, ...] = ()
    webhook_url: str = ""
    input_url: Callable[[str], str] = lambda sha256: ""
    own_models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    say: Callable[[str], None] = lambda words: None
    wanted: Callable[[], bool] = lambda: True
    keep: Callable[[bytes, str], Output] = _keep_nothing


@dataclass(frozen=True, slots=True)
class Traits:
    """What the engine must know about a provider before it lets it spend.

    Attributes:
        safe_to_resend: a repeat of ``submit`` with the same uuid cannot buy twice.
        computes_on_fetch: local; the work happens in ``fetch`` and may be repeated or abandoned freely.
        loads_model: local, by a model of somebody else's: what comes out passes the gate like all that was not made
            by our own code.
        charges: an order can cost money.
        forgets_cancelled: a task that was cancelled is not known any more, and nobody tells what it cost.
        first_poll_after: seconds before the first look when nothing has been learned yet.
        poll_spacing: closest seconds between two looks that the provider allows.
        key_setting: the environment variable that holds the installation's key; empty when no key is needed.
        url_setting: the environment variable that moves its address to a proxy or a test server.
        default_url: its address otherwise.
        max_concurrent: orders in flight at once per account, before the provider has told its own limit.
        answers_with: operations whose answer brings the result itself, so that ``submit`` lasts as long as the making
            and holds its thread meanwhile.
    """

    safe_to_resend: bool
    computes_on_fetch: bool = False
    forgets_cancelled: bool = False
    loads_model: bool = False
    charges: bool = True
    first_poll_after: float = 5.0
    poll_spacing: float = 5.0
    key_setting: str = ""
    url_setting: str = ""
    default_url: str = ""
    max_concurrent: int = 4
    answers_with: frozenset[Operation] = frozenset()


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
            Fruitless: it answered and charged, and there is nothing to use.
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
        """Write one output to ``destination`` (a path in ``context.work_dir``). Not called for what was kept.

        Args:
            body: the frozen body that ``prepare`` returned.

        Raises:
            OutputExpired, OutputUnusable, PollFailed, Stopped
        """
        ...


@runtime_checkable
class KeyedProvider(Provider, Protocol):
    """An adapter that needs a key, and so has an account that can be asked about."""

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Ask what the provider says about the account. Costs nothing.

        Args:
            context: with the key.
            since: also tell what was charged from this day (UTC) on.

        Raises:
            KeyRefused: it is wrong, or may not be used.
            PollFailed, NotAccepted: the provider could not be asked.
        """
        ...


@runtime_checkable
class Voiced(Provider, Protocol):
    """An adapter whose provider keeps voices for each account."""

    def voices(self, context: Context) -> Mapping[str, str]:
        """Return the ids of an account's voices by the names that people choose from. Costs nothing.

        Orders name a voice by either, or by whoever speaks.

        Raises:
            KeyRefused, PollFailed
        """
        ...


@runtime_checkable
class RecordKeeping(Provider, Protocol):
    """An adapter whose provider can be asked whether an order has arrived."""

    def find(self, uuid: UUID, body: Json, context: Context) -> str:
        """Return the provider's id of an order; empty when no such order has arrived. Costs nothing.

        Args:
            uuid: our id of the order.
            body: as it was sent.

        Raises:
            PollFailed, KeyRefused
        """
        ...


@runtime_checkable
class Installed(Provider, Protocol):
    """An adapter that computes with models which must lie on this machine."""

    def why_not(self, model: str) -> str:
        """Return why a model cannot be used here, in words that say what to do; empty when it can. Fast."""
        ...
