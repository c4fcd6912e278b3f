"""A model and what it can do: the nearest that is possible, what it will cost, and whether an order fits."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from generation.catalogue import checking, presence
from generation.catalogue.errors import ImpossibleRequest
from generation.catalogue.limits import Durations, PromptRule, References, either
from generation.catalogue.prices import Ordered, Price
from generation.catalogue.sizes import Sizes
from generation.providers.base import InputFile, Operation, Usage

Frame = Literal["no", "may", "must"]
Source = Literal["", "image", "video", "audio"]
Speed = Literal["fast", "medium", "slow"]

_FAST, _MEDIUM = 15, 90
# Nobody but its maker can count a model's tokens exactly. English has about four bytes a token and scripts that were
# seldom learned two to three, so this is on the safe side; what it should miss is booked as an overrun.
_BYTES_A_TOKEN, _FRAMING_TOKENS = 2, 1000


@dataclass(frozen=True, slots=True)
class Capability:
    """What a model takes for one operation.

    Attributes:
        operation: which.
        prompt: how long the prompt may be; None when it takes none.
        negative_prompt: the longest that says what should not be seen; 0 when it takes none.
        durations: the lengths it makes; None when there are none to choose.
        sizes: the sizes it makes; None when there are none to choose, as where the source decides.
        references: how many reference pictures.
        first_frame, last_frame: whether it takes the picture that a clip begins or ends with, or must have it.
        exclusive_frames: references and frames do not go together.
        source: what kind of file is changed; empty when none is.
        mask: whether it must be told by a mask what to change.
        seed_most: the highest seed; None when it takes none.
        outputs_most: how many results one order may ask for.
        voices: the voices it has; empty when it takes any name.
        manner: whether it reads how something is said from words in brackets before it.
        frame_rates: the frames a second that can be asked for; empty when none can.
        tokens_most: the longest answer in words that can be asked for; 0 where it answers with no words.
        options: what else can be set, by the provider's own name (a dot leads into an object of the body), with the
            values allowed; the first is the provider's own choice when none is sent. ``outpaint`` takes a table with
            such a value for each side.
        needed: options that must be set.
        price: None when nobody has told us; then it cannot be ordered.
    """

    operation: Operation
    prompt: PromptRule | None = None
    negative_prompt: int = 0
    durations: Durations | None = None
    sizes: Sizes | None = None
    references: References = field(default_factory=References)
    first_frame: Frame = "no"
    last_frame: Frame = "no"
    exclusive_frames: bool = False
    source: Source = ""
    mask: bool = False
    seed_most: int | None = None
    outputs_most: int = 1
    voices: tuple[str, ...] = ()
    manner: bool = False
    frame_rates: tuple[int, ...] = ()
    tokens_most: int = 0
    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    price: Price | None = None

    def voice_for(self, name: str) -> str:
        """Return the voice of that name, or for another name always the same one of those there are."""
        if not self.voices or name in self.voices:
            return name
        return self.voices[zlib.crc32(name.encode()) % len(self.voices)]


@dataclass(frozen=True, slots=True)
class Model:
    """One model of one provider.

    Attributes:
        id: the provider's own name for it, as it goes on the wire.
        label: the name that people know.
        provider, provider_label: who has it.
        capabilities: by operation.
        quality: class from 1 (a sketch) to 5 (the best there is).
        typical_seconds: how long one output usually takes.
        retired: the day it was switched off, or ``yes`` when that is not known; empty while it can be used.
        successor: the model to use instead.
        source: where the facts come from.
        on_this_machine: its weights must lie here.
        price_version: stays on each attempt, so that a settled amount can be explained later.
    """

    id: str
    label: str
    provider: str
    provider_label: str
    capabilities: Mapping[Operation, Capability]
    quality: int = 3
    typical_seconds: float = 10.0
    retired: str = ""
    successor: str = ""
    source: str = ""
    on_this_machine: bool = False
    price_version: str = ""

    @property
    def operations(self) -> frozenset[Operation]:
        """What it does."""
        return frozenset(self.capabilities)

    @property
    def missing(self) -> str:
        """Why it cannot be used on this machine, in words; empty when it can, and for all that is elsewhere."""
        return presence.why_not(self.provider, self.id) if self.on_this_machine else ""

    @property
    def speed(self) -> Speed:
        """How long it takes, in a word."""
        if self.typical_seconds <= _FAST:
            return "fast"
        return "medium" if self.typical_seconds <= _MEDIUM else "slow"

    def can(self, operation: Operation) -> Capability:
        """Return what it takes for an operation.

        Raises:
            ImpossibleRequest: it cannot do that; the message says what it does.
        """
        try:
            return self.capabilities[operation]
        except KeyError:
            able = either(sorted(self.capabilities))
            raise ImpossibleRequest(f"{self.label} cannot do {operation}; it does {able}.", field="model") from None

    def usable_for(self, operation: Operation) -> bool:
        """Return whether it can be ordered: it does that, is not retired, has a price and lies here if it must."""
        capability = self.capabilities.get(operation)
        return capability is not None and not self.retired and capability.price is not None and not self.missing

    def fit(
        self,
        operation: Operation,
        *,
        width: int | None,
        height: int | None,
        duration_ms: int | None = None,
        fps: int | None = None,
    ) -> dict[str, Any]:
        """Return the nearest possible size, length and frame rate for a project's format, as order parameters.

        ``ratio`` and ``resolution`` are the model's own words and go on the wire where they are there; ``width`` and
        ``height`` beside them say what will come of it. What the model lets the source decide is left out.

        Args:
            operation: what is wanted.
            width, height: the project's picture; None lets the model's first size win.
            duration_ms: at least so long; None takes the shortest that there is to choose. Where the result is as long
                as its source, the length of the source, which comes back as ``source_ms``.
            fps: left out where the model does not let it be chosen.

        Raises:
            ImpossibleRequest: it cannot do that, or nothing so long.
        """
        capability = self.can(operation)
        size = capability.sizes.nearest(width, height) if capability.sizes is not None else None
        fitting: dict[str, Any] = {} if size is None else size.parameters
        lengths = capability.durations
        if lengths is not None and (duration_ms is not None or not (lengths.optional or lengths.of_source)):
            length = lengths.covering(duration_ms or lengths.least)
            if length is None:
                seconds = f"{(duration_ms or 0) / 1000:g} s"
                raise ImpossibleRequest(
                    f"{self.label} takes clips of {lengths}, not {seconds}. Cut the clip, or choose another model."
                    if lengths.of_source
                    else f"{self.label} makes at most {lengths.most / 1000:g} s, and {seconds} are wanted. "
                    "Split the shot, or choose a model for longer clips.",
                    field="duration",
                )
            fitting["source_ms" if lengths.of_source else "duration_ms"] = length
        if fps is not None and capability.frame_rates:
            fitting["fps"] = min(capability.frame_rates, key=lambda rate: abs(rate - fps))
        return fitting

    def estimate(
        self, operation: Operation, parameters: Mapping[str, Any], *, prompt: str = "", inputs: int = 0
    ) -> int:
        """Return what an order will cost at most, in micro-units of a dollar.

        Args:
            operation: what is wanted.
            parameters: of the order; ``source_ms`` and ``source_fps`` tell of the source, where it is paid for.
            prompt: where speech is paid by the character.
            inputs: how many files come with it.

        Raises:
            ImpossibleRequest: it cannot do that, or no price is known.
        """
        capability = self.can(operation)
        if capability.price is None:
            raise ImpossibleRequest(
                f"No price is known for {self.label} ({operation}), so that nothing can be set aside for it. Choose "
                "another model, or ask your administrator to add its price.",
                field="model",
            )
        return capability.price.estimate(self._ordered(capability, parameters, prompt, inputs))

    def charge(self, operation: Operation, parameters: Mapping[str, Any], usage: Usage) -> int | None:
        """Return what an order came to whose tokens are known, in micro-units; None where there is no price (any more).

        Args:
            operation: what was ordered.
            parameters: of the order.
            usage: as the provider told it.
        """
        capability = self.capabilities.get(operation)
        if capability is None or capability.price is None:
            return None
        order = self._ordered(capability, parameters, "", 0)
        return capability.price.charge(
            replace(
                order,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                media_tokens=usage.media_tokens,
            )
        )

    def _ordered(self, capability: Capability, parameters: Mapping[str, Any], prompt: str, inputs: int) -> Ordered:
        """Read what the price depends on; what an order leaves open counts as the most that it can be."""
        sizes, lengths = capability.sizes, capability.durations
        size = sizes.of(parameters) if sizes is not None else None
        width, height = parameters.get("width"), parameters.get("height")
        if size is not None:
            width, height = size.width or width, size.height or height
        pixels = width * height if width and height else size.pixels if size is not None else None
        if pixels is None and sizes is not None:
            pixels = sizes.largest
        duration_ms = parameters.get("source_ms" if lengths is not None and lengths.of_source else "duration_ms")
        if duration_ms is None and lengths is not None and not lengths.optional:
            duration_ms = lengths.most
        return Ordered(
            duration_ms=duration_ms,
            source_ms=parameters.get("source_ms"),
            pixels=pixels,
            longest_side=max(width, height) if width and height else None,
            fps=parameters.get("source_fps"),
            outputs=parameters.get("outputs") or 1,
            characters=capability.prompt.count(prompt) if capability.prompt is not None else len(prompt),
            inputs=inputs,
            words=frozenset(str(parameters[name]) for name in ("ratio", "resolution") if parameters.get(name)),
            options={name: values[0] for name, values in capability.options.items()}
            | (parameters.get("options") or {}),
            input_tokens=_tokens_at_most(prompt, parameters.get("system") or "", parameters.get("schema") or ""),
            output_tokens=parameters.get("max_tokens") or capability.tokens_most,
        )

    def check(
        self,
        operation: Operation,
        *,
        prompt: str = "",
        parameters: Mapping[str, Any] | None = None,
        inputs: Sequence[InputFile] = (),
    ) -> None:
        """Refuse what the model cannot do.

        Args:
            operation: what is wanted.
            prompt: as it will be sent.
            parameters: of the order.
            inputs: of the order.

        Raises:
            ImpossibleRequest: names what to change, and the values that it can.
        """
        checking.check(self, operation, prompt, parameters or {}, inputs)


def _tokens_at_most(*parts: Any) -> int:
    """Return how many tokens a message has at most; whoever needs it exactly would have to ask its maker."""
    size = sum(len(part.encode() if isinstance(part, str) else json.dumps(part).encode()) for part in parts)
    return -(-size // _BYTES_A_TOKEN) + _FRAMING_TOKENS
