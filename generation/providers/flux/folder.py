"""Which FLUX models lie on this machine, and why one cannot be used. Looks at files only; imports no torch."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from generation.providers.base import Operation
from generation.providers.errors import Refused

# The folders that the models' makers publish, by the pipeline that their model_index.json names.
TEXT, EDIT, FILL = "FluxPipeline", "FluxKontextPipeline", "FluxFillPipeline"
PIPELINES: Mapping[str, str] = {
    "FLUX.1-schnell": TEXT,
    "FLUX.1-dev": TEXT,
    "FLUX.1-Krea-dev": TEXT,
    "FLUX.1-Kontext-dev": EDIT,
    "FLUX.1-Fill-dev": FILL,
}
# What runs an operation with the parts of each.
RUNS: Mapping[str, Mapping[Operation, str]] = {
    TEXT: {
        Operation.TEXT_TO_IMAGE: TEXT,
        Operation.IMAGE_TO_IMAGE: "FluxImg2ImgPipeline",
        Operation.INPAINT: "FluxInpaintPipeline",
    },
    EDIT: {Operation.IMAGE_TO_IMAGE: EDIT},
    FILL: {Operation.INPAINT: FILL},
}
# Without a graphics card a model of this many bytes takes a minute or so, and the real ones an hour.
MOST_WITHOUT_ACCELERATOR = 4 * 1024**3
_LIBRARIES = ("torch", "diffusers", "transformers", "accelerate")
_DEVICES = ("nvidia[0-9]*", "kfd", "dxg")


@dataclass(frozen=True, slots=True)
class Installed:
    """A model in its folder; ``weights`` are the bytes of all its parts, ``largest`` those of the largest."""

    path: Path
    pipeline: str
    weights: int
    largest: int


class NotHere(Refused):
    """A model that cannot be used on this machine; the message says what to do."""


def find(folder: Path | None, model: str) -> Installed:
    """Return a model that can be used.

    Args:
        folder: with a folder for each model; None where none was set.
        model: its name, which is its folder's.

    Raises:
        NotHere: it cannot; the message says why and what to do.
    """
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        raise NotHere(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed here. The administrator can "
            "install what local FLUX needs with “make flux”.",
            code="not_installed",
        )
    if folder is None:
        raise NotHere(
            "FLUX_MODELS_DIR is not set. The administrator can set it to the folder that the models lie in.",
            code="no_models_folder",
        )
    if not folder.is_dir():
        raise NotHere(
            "The folder that FLUX_MODELS_DIR names is not there. The administrator can correct it.",
            code="no_models_folder",
            internal=str(folder),
        )
    if model not in PIPELINES:
        raise NotHere(f"“{model[:80]}” is no model of local FLUX. Choose another one.", code="unknown_model")
    installed = _read(folder / model, model)
    if installed.weights > MOST_WITHOUT_ACCELERATOR and not has_accelerator():
        raise NotHere(
            f"{model} has {installed.weights / 1024**3:.0f} GB of weights and this machine has no graphics card for "
            "them. Choose another model, or have the work done on a machine with one.",
            code="no_accelerator",
        )
    return installed


def has_accelerator() -> bool:
    """Return whether there is anything to compute on but the processor, as far as can be seen without torch."""
    return sys.platform == "darwin" or any(any(Path("/dev").glob(pattern)) for pattern in _DEVICES)


def _read(path: Path, model: str) -> Installed:
    index = path / "model_index.json"
    try:
        described = json.loads(index.read_text("utf-8"))
        pipeline = str(described["_class_name"])
    except FileNotFoundError:
        raise NotHere(
            f"{model} is not installed: there is no {model}/{index.name} in FLUX_MODELS_DIR. The administrator can put "
            "the model there.",
            code="model_missing",
            internal=str(index),
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotHere(
            f"{model}/{index.name} in FLUX_MODELS_DIR cannot be read. The administrator can put the model there again.",
            code="model_broken",
            internal=f"{index}: {error!r}",
        ) from error
    if pipeline != PIPELINES[model]:
        raise NotHere(
            f"The folder {model} in FLUX_MODELS_DIR holds a {pipeline[:60]}, not a {PIPELINES[model]}. The "
            "administrator can put the right model there.",
            code="wrong_pipeline",
        )
    parts = [_bytes_of(path / name) for name, value in described.items() if isinstance(value, list)]
    if not sum(parts):
        raise NotHere(
            f"The folder {model} in FLUX_MODELS_DIR has no weights (*.safetensors). The administrator can put the "
            "whole model there.",
            code="model_broken",
        )
    return Installed(path, pipeline, sum(parts), max(parts))


def _bytes_of(part: Path) -> int:
    return sum(file.stat().st_size for file in part.glob("*.safetensors"))
