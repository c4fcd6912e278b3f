"""Runware's part of the catalogue against the registry and the typed tasks of the official client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from runware.types import task_map

from generation import catalogue
from generation.catalogue import Capability, Model
from generation.providers.base import Operation
from tests.catalogue.typed import Field, fields_of

TASKS = {
    Operation.TEXT_TO_IMAGE: "imageInference",
    Operation.IMAGE_TO_IMAGE: "imageInference",
    Operation.INPAINT: "imageInference",
    Operation.OUTPAINT: "imageInference",
    Operation.UPSCALE_IMAGE: "upscale",
    Operation.UPSCALE_VIDEO: "upscale",
    Operation.REMOVE_BACKGROUND: "removeBackground",
    Operation.CAPTION: "caption",
    Operation.TEXT_TO_VIDEO: "videoInference",
    Operation.IMAGE_TO_VIDEO: "videoInference",
    Operation.VIDEO_TO_VIDEO: "videoInference",
    Operation.TEXT_TO_SPEECH: "audioInference",
    Operation.SOUND_EFFECT: "audioInference",
    Operation.TEXT_TO_MUSIC: "audioInference",
}
# The client knows one more, which nothing here asks for.
LENGTHS_LEFT_OUT = {
    # 7 s is only for a clip that is continued.
    "google:3@2": {7},
    "google:3@3": {7},
}


@cache
def tasks() -> dict[str, dict[str, Field]]:
    """Return the fields of each model's task, by the model's name on the wire."""
    found = {}
    for name, kind in vars(task_map).items():
        fields = fields_of(kind, unmarked=True) if name.endswith("Params") else {}
        found.update(dict.fromkeys(fields["model"].words, fields) if "model" in fields else {})
    return found


def ours(*, retired: bool = False) -> list[tuple[Model, Capability]]:
    """Return what the catalogue says that Runware's models do."""
    return [
        (model, capability)
        for model in catalogue.models().values()
        if model.provider == "runware" and bool(model.retired) is retired
        for capability in model.capabilities.values()
    ]


def wrong(complaints: Callable[[Model, Capability, dict[str, Field]], Iterator[str]]) -> list[str]:
    """Return what is to be said against what the catalogue has."""
    return [
        f"{model.id} {capability.operation}: {complaint}"
        for model, capability in ours()
        for complaint in (complaints(model, capability, tasks()[model.id]) if model.id in tasks() else ["is gone"])
    ]


def test_what_is_retired_here_is_gone_there() -> None:
    assert ours(retired=True)
    assert not {model.id for model, _ in ours(retired=True)} & set(tasks())


def test_the_task_has_what_the_catalogue_asks_for() -> None:
    def complaints(model: Model, capability: Capability, fields: dict[str, Field]) -> Iterator[str]:
        if fields["taskType"].words != {TASKS[capability.operation]}:
            yield "is another task"
        words = {Operation.TEXT_TO_SPEECH: "speech", Operation.CAPTION: "prompt"}
        lengths = capability.durations
        sizes = capability.sizes.listed if capability.sizes is not None else ()
        in_pixels = capability.sizes is not None and not any(size.resolution for size in sizes)
        needs = {
            words.get(capability.operation, "positivePrompt"): capability.prompt is not None,
            "negativePrompt": capability.negative_prompt,
            "seed": capability.seed_most is not None,
            "numberResults": capability.outputs_most > 1,
            "duration": lengths is not None and not lengths.of_source,
            "width": in_pixels,
            "height": in_pixels,
            "resolution": any(size.resolution for size in sizes),
            "inputs": capability.references.most or capability.first_frame != "no" or capability.source,
        }
        yield from (f"there is no {name}" for name, needed in needs.items() if needed and name not in fields)
        yield from ("ratios are not known here" for size in sizes if size.ratio)

    assert wrong(complaints) == []


def test_what_the_client_requires_is_required() -> None:
    def complaints(model: Model, capability: Capability, fields: dict[str, Field]) -> Iterator[str]:
        lengths, sizes = capability.durations, capability.sizes
        in_pixels = sizes is not None and not sizes.optional and not any(size.resolution for size in sizes.listed)
        given: dict[str, Any] = {
            "model": True,
            "taskType": True,
            "taskUUID": True,
            "positivePrompt": capability.prompt is not None and capability.prompt.required,
            "speech": capability.operation is Operation.TEXT_TO_SPEECH,
            "inputs": capability.source or capability.first_frame == "must" or capability.references.least,
            "width": in_pixels,
            "height": in_pixels,
            "duration": lengths is not None and not lengths.optional and not lengths.of_source,
            **dict.fromkeys(capability.needed, True),
        }
        yield from (f"may lack {name}" for name, field in fields.items() if field.required and not given.get(name))

    assert wrong(complaints) == []


def test_words_and_lengths_are_those_of_the_client() -> None:
    def complaints(model: Model, capability: Capability, fields: dict[str, Field]) -> Iterator[str]:
        lengths = capability.durations
        for size in capability.sizes.listed if capability.sizes is not None else ():
            if size.resolution and size.resolution not in fields["resolution"].words:
                yield f"{size.resolution} is not known"
        known = fields["duration"].words - {None} if "duration" in fields else set()
        if known and lengths is not None and not lengths.of_source:
            ours, theirs = {length / 1000 for length in lengths.listed}, known - LENGTHS_LEFT_OUT.get(model.id, set())
            if ours != theirs:
                yield f"lengths are {ours}, not {theirs}"

    assert wrong(complaints) == []


def test_options_are_those_of_the_client() -> None:
    def complaints(model: Model, capability: Capability, fields: dict[str, Field]) -> Iterator[str]:
        for name, values in capability.options.items():
            head, _, inner = name.partition(".")
            if head not in fields:
                yield f"{name} is not known"
            elif inner or name == "outpaint":
                continue  # the client says no more than that it is an object
            elif fields[head].words and not set(values) <= fields[head].words:
                yield f"{name} may not be {set(values) - fields[head].words}"
            elif not fields[head].words and fields[head].kind not in (int, float, bool):
                yield f"{name} is {fields[head].kind}"

    assert wrong(complaints) == []
