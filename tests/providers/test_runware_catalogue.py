"""Whatever the catalogue allows becomes a request whose every field the official client knows for that very model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints

import pytest
from runware.types import task_map

from generation import catalogue
from generation.catalogue import Capability, Model
from generation.providers.base import InputFile, Operation
from generation.providers.runware import RunwareProvider
from tests.providers.runware_double import a_file, an_order, context_for

KINDS = {"image": "image/png", "video": "video/mp4", "audio": "audio/wav"}
PAIRS = [
    (model.id, operation)
    for model in catalogue.models().values()
    if model.provider == "runware" and not model.retired
    for operation in sorted(model.capabilities)
]


def fields_of(model: str) -> dict[str, Any]:
    """Return the fields that the official client's types name for a model, with their types."""
    for each in vars(task_map).values():
        named = re.search(r"params for curated model `([^`]+)`", getattr(each, "__doc__", None) or "")
        if named and named[1] == model:
            return get_type_hints(each, include_extras=True)
    raise AssertionError(f"the official client does not know {model}")


def everything_for(model: Model, capability: Capability, folder: Path) -> tuple[dict[str, Any], tuple[InputFile, ...]]:
    """Return parameters and files that use all that a model takes."""
    parameters = model.fit(capability.operation, width=1280, height=720)
    parameters["options"] = {
        name: {"left": values[-1]} if name == "outpaint" else values[0] for name, values in capability.options.items()
    }
    if capability.seed_most is not None:
        parameters["seed"] = 7
    if capability.negative_prompt:
        parameters["negative_prompt"] = "text"
    if capability.outputs_most > 1:
        parameters["outputs"] = 2
    if capability.operation is Operation.TEXT_TO_SPEECH:
        parameters["voice"] = capability.voice_for("Mara")
    roles = ["reference"] * min(capability.references.most, 2) if not capability.exclusive_frames else []
    files = [a_file(folder, role) for role in roles]
    for role, wanted in (("first_frame", capability.first_frame), ("last_frame", capability.last_frame)):
        if wanted != "no":
            files.append(a_file(folder, role))
    if capability.source:
        files.append(a_file(folder, "source", media_type=KINDS[capability.source]))
    if capability.mask:
        files.append(a_file(folder, "mask"))
    return parameters, tuple(files)


@pytest.mark.parametrize(("model_id", "operation"), PAIRS)
def test_all_that_is_allowed_can_be_said(model_id: str, operation: Operation, tmp_path: Path) -> None:
    model = catalogue.model_named(model_id)
    capability = model.can(operation)
    parameters, files = everything_for(model, capability, tmp_path)
    prompt = "A ferry in fog" if capability.prompt is not None else ""
    order = an_order(operation, model_id, prompt, files, **parameters)
    task = RunwareProvider().prepare(order, context_for(None, tmp_path))["task"]
    known = fields_of(model_id)
    assert set(task) <= set(known)
    for name, hint in known.items():
        if get_origin(hint) is not NotRequired:
            assert name in task, f"{name} is required"
            continue
        inner = get_args(hint)[0]
        if name in task and get_origin(inner) is Literal:
            assert task[name] in get_args(inner)


def test_there_is_something_to_compare() -> None:
    assert len(PAIRS) > 80
