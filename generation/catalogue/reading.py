"""From a catalogue file to models. What a file may say is written in the ``README.md`` beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from generation.catalogue.errors import CatalogueError
from generation.catalogue.limits import Durations, PromptRule, References, Unit, among
from generation.catalogue.model import Capability, Model
from generation.catalogue.reading_prices import allowed_values, read_price
from generation.catalogue.sizes import Size, Sizes, size_of
from generation.catalogue.tables import Table
from generation.providers.base import Operation

_FRAMES = ("no", "may", "must")
_UNITS = ("characters", "utf16")
_SOURCES = ("", "image", "video", "audio")


@dataclass(frozen=True, slots=True)
class _File:
    """What holds for all models of a file."""

    version: str
    provider: str
    label: str
    source: str
    unit: Unit
    rounds_to: int
    on_this_machine: bool
    sizes: Mapping[str, Sizes]
    voices: Mapping[str, tuple[str, ...]]
    shared: Mapping[str, dict[str, Any]]


def read(path: Path) -> list[Model]:
    """Return the models of one file, in its order.

    Raises:
        CatalogueError: the file is wrong; the message names the file, the model and the key.
    """
    try:
        table = Table(path.name, tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name}: {error}.") from error
    entries = table.items("models", dict)
    file = _file(table)
    return [_model(file, Table(f"{path.name}, model {entry.get('id', at)}", entry)) for at, entry in enumerate(entries)]


def _file(table: Table) -> _File:
    sizes, voices, shared = table.table("sizes"), table.table("voices"), table.table("shared")
    file = _File(
        version=table.take("version", str),
        provider=table.take("provider", str),
        label=table.take("label", str),
        source=table.take("source", str),
        unit=table.one_of("prompt_unit", _UNITS, "characters"),
        rounds_to=table.take("rounds_to", int, 1),
        on_this_machine=table.take("on_this_machine", bool, False),
        sizes={name: _sizes(sizes.table(name)) for name in sizes.keys},
        voices={name: voices.items(name, str) for name in voices.keys},
        shared={name: shared.table(name).rest() for name in shared.keys},
    )
    table.done()
    return file


def _model(file: _File, table: Table) -> Model:
    label = table.take("label", str)
    model = Model(
        id=table.take("id", str),
        label=label,
        provider=file.provider,
        provider_label=file.label,
        quality=table.take("quality", int, 3),
        typical_seconds=table.take("typical_seconds", float),
        retired=table.take("retired", str, ""),
        successor=table.take("successor", str, ""),
        source=table.take("source", str, file.source),
        on_this_machine=file.on_this_machine,
        price_version=file.version,
        capabilities={
            operation: _capability(file, operation, table.table(operation))
            for operation in Operation
            if operation in table
        },
    )
    table.done()
    if not model.capabilities:
        raise table.wrong("operations", f"are missing: give it a table for one of {', '.join(Operation)}")
    if not 1 <= model.quality <= 5:
        raise table.wrong("quality", f"is {model.quality}, not from 1 to 5")
    return model


def _capability(file: _File, operation: Operation, table: Table) -> Capability:
    """Read what a model takes; ``like`` names shared tables to fill it up from, of which the first named wins."""
    for name in table.items("like", str):
        if name not in file.shared:
            raise table.wrong("like", f"names {name!r}, which is not shared in this file")
        table = table.over(file.shared[name])
    seed_most = table.take("seed_most", int) if "seed_most" in table else None
    options = table.table("options")
    allowed = {name: allowed_values(options, name) for name in options.keys}
    capability = Capability(
        operation=operation,
        prompt=_prompt(file, table.table("prompt")) if "prompt" in table else None,
        negative_prompt=table.take("negative_prompt", int, 0),
        durations=_durations(table) if "durations" in table else None,
        sizes=_sizes_of(file, table) if "sizes" in table else None,
        references=_references(table.table("references")),
        first_frame=table.one_of("first_frame", _FRAMES, "no"),
        last_frame=table.one_of("last_frame", _FRAMES, "no"),
        exclusive_frames=table.take("exclusive_frames", bool, False),
        source=table.one_of("source", _SOURCES, ""),
        mask=table.take("mask", bool, False),
        seed_most=seed_most,
        outputs_most=table.take("outputs_most", int, 1),
        voices=_voices(file, table) if "voices" in table else (),
        manner=table.take("manner", bool, False),
        frame_rates=table.items("frame_rates", int),
        tokens_most=table.take("tokens_most", int, 0),
        options=allowed,
        needed=table.items("needed", str),
        price=read_price(table.table("price"), rounds_to=file.rounds_to) if "price" in table else None,
    )
    table.done()
    unknown = set(capability.needed) - set(allowed)
    if unknown:
        raise table.wrong("needed", f"names {min(unknown)!r}, which is no option")
    _check_conditions(table, capability)
    return capability


def _check_conditions(table: Table, capability: Capability) -> None:
    """Refuse a price that depends on an option, or on a value of one, that there is not."""
    price = capability.price
    for rate in (*price.rates, *price.extras) if price is not None else ():
        for name, values in rate.when.options.items() if rate.when is not None else ():
            if any(not among(value, capability.options.get(name, ())) for value in values):
                raise table.wrong("price", f"depends on {name} = {list(values)!r}, which cannot be asked for")


def _prompt(file: _File, table: Table) -> PromptRule:
    rule = PromptRule(
        most=table.take("most", int),
        least=table.take("least", int, 1),
        unit=table.one_of("unit", _UNITS, file.unit),
        required=table.take("required", bool, True),
    )
    table.done()
    return rule


def _durations(table: Table) -> Durations:
    """Read ``[5, 10]`` or ``{ least = 2, most = 10, step = 1 }``, in seconds."""
    value = table.any("durations")
    if isinstance(value, list):
        lengths = [_milliseconds(table, number) for number in value]
        if not lengths or sorted(set(lengths)) != lengths:
            raise table.wrong("durations", "are not listed from the shortest to the longest")
        return Durations(lengths[0], lengths[-1], listed=tuple(lengths))
    inner = Table(f"{table.place}, durations", value)
    durations = Durations(
        least=_milliseconds(inner, inner.any("least")),
        most=_milliseconds(inner, inner.any("most")),
        step=_milliseconds(inner, inner.any("step")) if "step" in inner else 1,
        optional=inner.take("optional", bool, False),
        of_source=inner.take("of_source", bool, False),
    )
    inner.done()
    if durations.step == 0 or durations.most < durations.least or (durations.most - durations.least) % durations.step:
        raise table.wrong("durations", "do not lead from the least to the most in whole steps")
    return durations


def _milliseconds(table: Table, number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
        raise table.wrong("durations", f"has {number!r}, not a number of seconds")
    return int(Decimal(str(number)) * 1000)


def _sizes_of(file: _File, table: Table) -> Sizes:
    """Read the name of a set, or the sizes themselves."""
    value = table.any("sizes")
    if isinstance(value, str):
        if value not in file.sizes:
            raise table.wrong("sizes", f"names {value!r}, which is no set of this file")
        return file.sizes[value]
    return _sizes(Table(f"{table.place}, sizes", value))


def _sizes(table: Table) -> Sizes:
    """Read ``ratios``, ``resolutions`` (or both, which are combined), ``pixels``, or bounds."""
    ratios, resolutions, pixels = (
        table.items("ratios", str),
        table.items("resolutions", str),
        table.items("pixels", str),
    )
    listed = [size_of(ratio, resolution) for ratio in ratios or ("",) for resolution in resolutions or ("",)]
    if pixels:
        listed = [_pixels(table, pair) for pair in pixels]
    bounds = {
        name: table.take(name, int)
        for name in ("least", "most", "multiple", "least_pixels", "most_pixels")
        if name in table
    }
    sizes = Sizes(
        listed=tuple(listed) if ratios or resolutions or pixels else (),
        optional=table.take("optional", bool, False),
        **bounds,
    )
    table.done()
    if bool(sizes.listed) is bool(bounds) or (pixels and (ratios or resolutions)):
        raise table.wrong("sizes", "are either pixels, or ratios and resolutions, or bounds")
    if 0 in bounds.values() or sizes.least > sizes.most:
        raise table.wrong("least", "and most bound nothing")
    return sizes


def _pixels(table: Table, pair: str) -> Size:
    wide, _, high = pair.partition("x")
    if not wide.isdigit() or not high.isdigit():
        raise table.wrong("pixels", f"has {pair!r}, not a size like '1280x720'")
    return Size(int(wide), int(high))


def _references(table: Table) -> References:
    references = References(
        least=table.take("least", int, 0),
        most=table.take("most", int, 0),
        tags=table.take("tags", bool, False),
    )
    table.done()
    if references.least > references.most:
        raise table.wrong("least", "is above most")
    return references


def _voices(file: _File, table: Table) -> tuple[str, ...]:
    """Read the name of a list, or the list itself."""
    value = table.any("voices")
    if isinstance(value, str):
        if value not in file.voices:
            raise table.wrong("voices", f"names {value!r}, which is no list of this file")
        return file.voices[value]
    return Table(table.place, {"voices": value}).items("voices", str)
