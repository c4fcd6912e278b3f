"""What a model cannot do, said before anything is reserved: one small check per part of an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from generation.catalogue.errors import ImpossibleRequest
from generation.catalogue.limits import PromptRule, among, choice_of, either
from generation.providers.base import InputFile, Operation

if TYPE_CHECKING:
    from generation.catalogue.model import Capability, Model

_BY_SIDE = "outpaint"
_SIDES = ("top", "right", "bottom", "left")
_KIND_NAMES = {"image": "a picture", "video": "a clip", "audio": "a sound"}


def check(
    model: Model, operation: Operation, prompt: str, parameters: Mapping[str, Any], inputs: Sequence[InputFile]
) -> None:
    """Refuse what a model cannot do. Arguments as for ``Model.check``.

    Raises:
        ImpossibleRequest: names what to change, and the values that it can.
    """
    capability = model.can(operation)
    refuse_retired(model)
    if model.missing:
        raise ImpossibleRequest(model.missing, field="model")
    label = model.label
    _prompt(label, capability, prompt, str(parameters.get("negative_prompt") or ""))
    _duration(label, capability, parameters.get("duration_ms"), parameters.get("source_ms"))
    _size(label, capability, parameters)
    _numbers(label, capability, parameters)
    _files(label, capability, inputs)
    _voice(label, capability, str(parameters.get("voice") or ""))
    _options(label, capability, parameters.get("options") or {})
    _tokens(label, capability, parameters.get("max_tokens"))


def refuse_retired(model: Model) -> None:
    """Refuse a model that was switched off.

    Raises:
        ImpossibleRequest: with its successor.
    """
    if not model.retired:
        return
    since = "is retired" if model.retired == "yes" else f"was retired on {model.retired}"
    instead = f"use {model.successor} instead" if model.successor else f"choose another model of {model.provider_label}"
    raise ImpossibleRequest(f"{model.id} {since}; {instead}.", field="model")


def _prompt(label: str, capability: Capability, prompt: str, negative: str) -> None:
    rule = capability.prompt
    if rule is None:
        if prompt:
            raise ImpossibleRequest(f"{label} takes no prompt. Leave it out.", field="prompt")
    elif prompt or rule.required:
        _length(label, rule, prompt)
    unit = rule.unit if rule is not None else "characters"
    if negative and not capability.negative_prompt:
        raise ImpossibleRequest(
            f"{label} takes no negative prompt. Leave it out, or say in the prompt what should be seen instead.",
            field="negative_prompt",
        )
    if negative:
        _most(
            label, PromptRule(capability.negative_prompt, unit=unit), negative, "The negative prompt", "negative_prompt"
        )


def _length(label: str, rule: PromptRule, prompt: str) -> None:
    if not prompt.strip():
        raise ImpossibleRequest(f"{label} needs a prompt. Write what should be seen or heard.", field="prompt")
    if rule.count(prompt) < rule.least:
        raise ImpossibleRequest(f"{label} needs a prompt of at least {rule.least} characters.", field="prompt")
    _most(label, rule, prompt, "The prompt", "prompt")


def _most(label: str, rule: PromptRule, text: str, what: str, field: str) -> None:
    length = rule.count(text)
    if length > rule.most:
        twice = " (an emoji counts as two)" if length != len(text) else ""
        raise ImpossibleRequest(
            f"{what} has {length:,} characters{twice}; {label} takes {rule.most:,}. "
            f"Shorten it by {length - rule.most:,}.",
            field=field,
        )


def _duration(label: str, capability: Capability, duration_ms: Any, source_ms: Any) -> None:
    lengths = capability.durations
    if lengths is None or lengths.of_source:
        if duration_ms is not None:
            why = "its result is as long as its source" if capability.source == "video" else "there is none to choose"
            raise ImpossibleRequest(f"{label} takes no length: {why}. Leave it out.", field="duration")
        if lengths is not None and source_ms is not None and not lengths.allows(source_ms):
            raise ImpossibleRequest(f"{label} takes clips of {lengths}, not {source_ms / 1000:g} s.", field="duration")
    elif duration_ms is None:
        if not lengths.optional:
            raise ImpossibleRequest(f"Say how long it should be: {label} makes {_clips(capability)}.", field="duration")
    elif not _whole(duration_ms) or not lengths.allows(duration_ms):
        asked = f"{duration_ms / 1000:g} s" if _whole(duration_ms) else repr(duration_ms)
        raise ImpossibleRequest(f"{label} makes {_clips(capability)}, not {asked}.", field="duration")


def _tokens(label: str, capability: Capability, wanted: Any) -> None:
    if not capability.tokens_most:
        if wanted is not None:
            raise ImpossibleRequest(f"{label} writes no words. Leave max_tokens out.", field="max_tokens")
    elif not _whole(wanted) or not 1 <= wanted <= capability.tokens_most:
        raise ImpossibleRequest(
            f"{label} writes 1 to {capability.tokens_most:,} tokens at once, not {wanted!r}.", field="max_tokens"
        )


def _clips(capability: Capability) -> str:
    return f"{'clips of ' if capability.operation.endswith('video') else ''}{capability.durations}"


def _size(label: str, capability: Capability, parameters: Mapping[str, Any]) -> None:
    asked = {name: parameters[name] for name in ("width", "height", "ratio", "resolution") if parameters.get(name)}
    sizes = capability.sizes
    if sizes is None:
        # The source decides; width and height only say what is expected of it.
        words = [str(asked[name]) for name in ("ratio", "resolution") if name in asked]
        if words:
            raise ImpossibleRequest(
                f"{label} takes no size, not {' at '.join(words)}: its source decides.", field="size"
            )
        return
    if (not asked and sizes.optional) or (asked and sizes.of(parameters) is not None):
        return
    width, height = asked.get("width"), asked.get("height")
    pair = (width, height) if _positive(width) and _positive(height) else (None, None)
    nearest = sizes.words(*pair)
    if not asked:
        raise ImpossibleRequest(f"Say how large it should be: {label} takes {nearest}.", field="size")
    wanted = " at ".join(str(asked[name]) for name in ("ratio", "resolution") if name in asked)
    raise ImpossibleRequest(f"{label} takes {nearest}, not {wanted or f'{width}x{height}'}.", field="size")


def _numbers(label: str, capability: Capability, parameters: Mapping[str, Any]) -> None:
    seed, outputs, fps = parameters.get("seed"), parameters.get("outputs"), parameters.get("fps")
    if seed is not None:
        if capability.seed_most is None:
            raise ImpossibleRequest(f"{label} takes no seed. Leave it out.", field="seed")
        if not _whole(seed) or not 0 <= seed <= capability.seed_most:
            raise ImpossibleRequest(
                f"{label} takes seeds from 0 to {capability.seed_most}, not {seed!r}.", field="seed"
            )
    if outputs is not None and (not _whole(outputs) or not 1 <= outputs <= capability.outputs_most):
        most = "one result" if capability.outputs_most == 1 else f"1 to {capability.outputs_most} results"
        raise ImpossibleRequest(f"{label} makes {most} at a time, not {outputs!r}.", field="options")
    if fps is not None and capability.frame_rates and fps not in capability.frame_rates:
        rates = choice_of(capability.frame_rates)
        raise ImpossibleRequest(f"{label} makes {rates} frames a second, not {fps!r}.", field="options")


def _files(label: str, capability: Capability, inputs: Sequence[InputFile]) -> None:
    count = Counter(file.role for file in inputs)
    _frames(label, capability, count)
    _source(label, capability, inputs, count)
    _references(label, capability, [file for file in inputs if file.role == "reference"])
    if capability.exclusive_frames and count["reference"] and count["first_frame"] + count["last_frame"]:
        raise ImpossibleRequest(
            f"{label} takes a first and last frame or references, not both. Leave one of them out.", field="references"
        )
    strange = set(count) - {"first_frame", "last_frame", "reference", "source", "mask"}
    if strange:
        raise ImpossibleRequest(f"{label} takes no {min(strange)} file.", field="source")


def _frames(label: str, capability: Capability, count: Counter[str]) -> None:
    for role, rule in (("first_frame", capability.first_frame), ("last_frame", capability.last_frame)):
        name = role.replace("_", " ")
        if count[role] and rule == "no":
            raise ImpossibleRequest(f"{label} takes no {name}. Leave it out.", field="source")
        if not count[role] and rule == "must":
            raise ImpossibleRequest(
                f"{label} needs a {name}. Give it a picture, or make a still first.", field="source"
            )
        if count[role] > 1:
            raise ImpossibleRequest(f"{label} takes one {name}, not {count[role]}.", field="source")
    if count["last_frame"] and not count["first_frame"]:
        raise ImpossibleRequest(f"{label} takes a last frame only together with a first frame.", field="source")


def _source(label: str, capability: Capability, inputs: Sequence[InputFile], count: Counter[str]) -> None:
    if capability.source:
        if count["source"] != 1:
            kind = _KIND_NAMES[capability.source]
            raise ImpossibleRequest(
                f"{label} needs {kind} to work on: exactly one, not {count['source']}.", field="source"
            )
    elif count["source"]:
        raise ImpossibleRequest(
            f"{label} makes something new and changes no file. Leave the source out.", field="source"
        )
    if count["mask"] != int(capability.mask):
        rule = "needs one mask, white where it shall paint" if capability.mask else "takes no mask"
        raise ImpossibleRequest(f"{label} {rule}; there are {count['mask']}.", field="source")
    for file in inputs:
        kind = capability.source if file.role == "source" else "image"
        if not file.media_type.startswith(f"{kind}/"):
            raise ImpossibleRequest(
                f"{label} needs {_KIND_NAMES[kind]} as {file.role.replace('_', ' ')}, not {file.media_type or 'that'}.",
                field="references" if file.role == "reference" else "source",
            )


def _references(label: str, capability: Capability, files: Sequence[InputFile]) -> None:
    rule = capability.references
    if len(files) > rule.most:
        takes = f"takes at most {rule.most}" if rule.most else "takes no"
        raise ImpossibleRequest(f"{label} {takes} reference pictures, not {len(files)}.", field="references")
    if len(files) < rule.least:
        raise ImpossibleRequest(
            f"{label} needs at least {rule.least} reference picture{'s' * (rule.least > 1)}, not {len(files)}.",
            field="references",
        )
    tags = Counter(file.tag for file in files if file.tag)
    twice = [tag for tag, times in tags.items() if times > 1]
    if rule.tags and twice:
        raise ImpossibleRequest(
            f"Two references are called @{twice[0]}. Give each a name of its own.", field="references"
        )


def _voice(label: str, capability: Capability, voice: str) -> None:
    if capability.voices and voice not in capability.voices:
        asked = f"not {voice!r}" if voice else "and none was chosen"
        raise ImpossibleRequest(f"{label} speaks as {choice_of(capability.voices)}, {asked}.", field="voice")


def _options(label: str, capability: Capability, options: Any) -> None:
    if not isinstance(options, Mapping):
        raise ImpossibleRequest(f"{label} takes its options as names with values.", field="options")
    for name, value in options.items():
        allowed = capability.options.get(name)
        if allowed is None:
            known = f"It takes {choice_of(sorted(capability.options))}." if capability.options else "It takes none."
            raise ImpossibleRequest(f"{label} has no option {name!r}. {known}", field="options")
        if name == _BY_SIDE:
            _sides(label, name, value, allowed)
        elif not among(value, allowed):
            raise ImpossibleRequest(f"{label} takes {choice_of(allowed)} as {name}, not {value!r}.", field="options")
    for name in capability.needed:
        if name not in options:
            allowed = capability.options[name]
            raise ImpossibleRequest(f"{label} needs {name}: {choice_of(allowed)}.", field="options")


def _sides(label: str, name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    sides = value if isinstance(value, Mapping) else {"": value}
    if set(sides) - set(_SIDES) or not all(among(number, allowed) for number in sides.values()):
        raise ImpossibleRequest(
            f"{label} takes {choice_of(allowed)} as {name} for each of {either(list(_SIDES))}.", field="options"
        )
    if not any(sides.values()):
        raise ImpossibleRequest(f"{label} needs to know where the picture shall grow: set {name}.", field="options")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _positive(value: Any) -> bool:
    return _whole(value) and bool(value > 0)
