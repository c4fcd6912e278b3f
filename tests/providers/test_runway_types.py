"""All that the catalogue lets a Runway model take, against the types of the official client."""

from __future__ import annotations

import collections.abc
import importlib
import types
import typing
from pathlib import Path
from typing import Any

import pytest
import typing_extensions
from runwayml._utils import PropertyInfo

from generation.catalogue import models
from generation.catalogue.model import Capability, Model
from generation.providers.base import Operation
from generation.providers.runway import RunwayProvider
from tests.providers.runway_double import at, files, order


def everything(model: Model, operation: Operation, capability: Capability, folder: Path) -> dict[str, Any]:
    """Return parameters and inputs that ask a model for all that it takes."""
    options: dict[str, Any] = {}
    for name, values in capability.options.items():
        first = next(iter(values), None)
        options[name] = first if first is not None else 1
    parameters = {
        **model.fit(operation, width=1280, height=720, duration_ms=5000 if capability.durations else None),
        "width": 1280,
        "height": 720,
        "options": options,
    }
    if capability.sizes is not None:
        size = capability.sizes.nearest(1280, 720)
        assert size is not None
        parameters |= {"width": size.width, "height": size.height} | size.parameters
    if capability.seed_most is not None:
        parameters["seed"] = capability.seed_most
    if capability.negative_prompt:
        parameters["negative_prompt"] = "rain"
    if capability.outputs_most > 1:
        parameters["outputs"] = capability.outputs_most
    if capability.voices:
        parameters["voice"] = capability.voices[0]
    roles = [role for role in ("first_frame", "last_frame") if getattr(capability, role) != "no"]
    roles += [f"reference:tag{number}" for number in range(min(capability.references.most, 3))]
    if capability.source:
        roles.append("source.mp4" if capability.source == "video" else "source")
    return {"parameters": parameters, "inputs": files(folder, *roles)}


def typed_request(path: str, model: str) -> Any:
    """Return the client's own type of the request of a model, or None when it has none."""
    module = importlib.import_module(f"runwayml.types.{path.rsplit('/', 1)[1]}_create_params")
    for each in vars(module).values():
        if typing_extensions.is_typeddict(each) and "model" in each.__annotations__:
            hints = typing_extensions.get_type_hints(each)
            if hints["model"] == typing.Literal[model]:
                return each
    return None


def faults(kind: Any, value: Any, where: str) -> list[str]:
    """Return where a value does not fit a type of the client."""
    while typing_extensions.get_origin(kind) in (typing_extensions.Required, typing_extensions.Annotated):
        kind = typing_extensions.get_args(kind)[0]
    origin: Any = typing_extensions.get_origin(kind)
    parts = typing_extensions.get_args(kind)
    if typing_extensions.is_typeddict(kind):
        return fields(kind, value, where)
    if origin is typing_extensions.Literal:
        return [] if any(value == part and type(value) is type(part) for part in parts) else [f"{where}: {value!r}"]
    if origin in (typing.Union, types.UnionType):
        return min((faults(part, value, where) for part in parts), key=len)
    if origin in (list, collections.abc.Iterable) or "Sequence" in str(kind):
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        return [fault for number, each in enumerate(value) for fault in faults(parts[0], each, f"{where}[{number}]")]
    wanted = (int, float) if kind is float else kind
    fits = isinstance(value, wanted) and (kind is bool or not isinstance(value, bool))
    return [] if fits else [f"{where}: {value!r} is no {kind}"]


def required(hint: Any) -> bool:
    origin: object = typing_extensions.get_origin(hint)
    return origin is typing_extensions.Required


def fields(kind: Any, value: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: not an object"]
    by_alias = {}
    for name, hint in typing_extensions.get_type_hints(kind, include_extras=True).items():
        inner = typing_extensions.get_args(hint)[0] if required(hint) else hint
        notes = [note for note in getattr(inner, "__metadata__", ()) if isinstance(note, PropertyInfo)]
        by_alias[next((note.alias for note in notes if note.alias), name)] = hint
    found = [f"{where}.{name}: unknown" for name in value if name not in by_alias]
    for name, hint in by_alias.items():
        if name in value:
            found += faults(hint, value[name], f"{where}.{name}")
        elif required(hint):
            found.append(f"{where}.{name}: missing")
    return found


ALL = [
    pytest.param(model, operation, id=f"{model.id}-{operation}")
    for model in models().values()
    if model.provider == "runway" and not model.retired
    for operation in model.capabilities
]


def test_the_catalogue_was_read() -> None:
    assert len(ALL) > 60


@pytest.mark.parametrize(("model", "operation"), ALL)
def test_all_that_a_model_takes_fits_the_clients_types(model: Model, operation: Operation, tmp_path: Path) -> None:
    capability = model.can(operation)
    wished = everything(model, operation, capability, tmp_path)
    prompt = "A ferry in fog" if capability.prompt is not None else ""
    wish = order(operation, model.id, prompt, wished["inputs"], **wished["parameters"])
    body = RunwayProvider().prepare(wish, at("", tmp_path))
    kind = typed_request(body["path"], model.id)
    assert kind is not None, f"the client has no {model.id} at {body['path']}"
    assert fields(kind, body["json"], model.id) == []


def test_the_comparison_sees_what_is_wrong() -> None:
    kind = typed_request("/v1/image_to_video", "gen4_turbo")
    good = {"model": "gen4_turbo", "promptImage": "x", "ratio": "1280:720", "duration": 5}
    assert fields(kind, good, "") == []
    for wrong in (
        {**good, "ratio": "16:9"},
        {**good, "negativePrompt": "x"},
        {**good, "duration": "5"},
        {**good, "promptImage": [{"uri": "x", "position": "last"}]},
        {"model": "gen4_turbo", "ratio": "1280:720"},
    ):
        assert len(fields(kind, wrong, "")) == 1
