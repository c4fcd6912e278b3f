"""diffusers itself: one model in memory, put where it fits, and the call that draws.

Only the process of ``host`` imports torch, and only when there is something to draw. Weights come from a folder and
from nowhere else, and only as safetensors, which hold numbers and no code.
"""

from __future__ import annotations

import gc
import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from generation.providers.flux.bodies import fitted
from generation.providers.flux.memory import SLOWER, Machine, Mode, look, mode_for

logger = logging.getLogger(__name__)

Step = Callable[[int, int], None]


class CalledOff(Exception):
    """Nobody wants the picture any more."""


class Failure(Exception):
    """A picture that was not drawn.

    Args:
        public: a sentence for the person who asked; says what to do next.
        code: short machine-readable reason.
        internal: detail for the log.
        final: trying again is useless.
    """

    def __init__(self, public: str, *, code: str, internal: str = "", final: bool = False) -> None:
        super().__init__(public)
        self.code = code
        self.internal = internal or public
        self.final = final


@dataclass(slots=True)
class _Loaded:
    """What is in memory; ``pipeline`` is a diffusers pipeline of the kind that ``runs`` names."""

    folder: str
    runs: str
    mode: Mode
    pipeline: Any


class Easel:
    """Draws one picture after the other; the last one's model stays in memory until another is asked for."""

    def __init__(self) -> None:
        self._loaded: _Loaded | None = None
        # By folder, once there was too little memory for a faster one.
        self._slower: dict[str, Mode] = {}

    def draw(self, job: dict[str, Any], step: Step) -> Image.Image:
        """Draw a picture.

        Args:
            job: as ``provider`` makes it.
            step: told after each step how many of how many are done; may raise ``CalledOff``.

        Raises:
            Failure: it cannot be drawn.
            and whatever ``step`` raises.
        """
        torch, diffusers = _libraries()
        try:
            return self._drawn(torch, diffusers, job, step)
        except torch.OutOfMemoryError as error:
            slower = SLOWER.get(self._mode_of(job, look(torch)))
            if slower is None:
                self._clear(torch)
                raise _too_big(error) from error
            logger.warning("Out of memory: %s is drawn again the slower way (%s)", job["model"], slower)
            self._slower[job["folder"]] = slower
        self._clear(torch)
        try:
            return self._drawn(torch, diffusers, job, step)
        except torch.OutOfMemoryError as error:
            self._clear(torch)
            raise _too_big(error) from error

    def _drawn(self, torch: Any, diffusers: Any, job: dict[str, Any], step: Step) -> Image.Image:
        pipeline = self._pipeline(torch, diffusers, job)

        def ended(_: Any, number: int, __: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
            step(number + 1, pipeline.num_timesteps)
            return kwargs

        asked: dict[str, Any] = {
            "prompt": job["prompt"],
            "num_inference_steps": job["steps"],
            "guidance_scale": job["guidance"],
            "max_sequence_length": job["tokens"],
            # Drawn on the processor, so that a seed means the same noise wherever the model lies.
            "generator": torch.Generator("cpu").manual_seed(job["seed"]),
            "callback_on_step_end": ended,
            **_pictures(job),
        }
        with torch.inference_mode():
            picture: Image.Image = pipeline(**asked).images[0]
        return picture

    def _pipeline(self, torch: Any, diffusers: Any, job: dict[str, Any]) -> Any:
        """Return the pipeline for a job, of what is in memory where that is the same model."""
        mode = self._mode_of(job, look(torch))
        loaded = self._loaded
        if loaded is not None and (loaded.folder != job["folder"] or loaded.mode != mode):
            self._clear(torch)
            loaded = None
        if loaded is None:
            pipeline = _load(torch, diffusers, job, mode)
        elif loaded.runs == job["runs"]:
            return loaded.pipeline
        else:
            pipeline = loaded.pipeline
        if type(pipeline).__name__ != job["runs"]:
            pipeline = _put_together(getattr(diffusers, job["runs"]), pipeline)
        pipeline.set_progress_bar_config(disable=True)
        place(pipeline, mode, look(torch).device)
        self._loaded = _Loaded(job["folder"], job["runs"], mode, pipeline)
        return pipeline

    def _mode_of(self, job: dict[str, Any], machine: Machine) -> Mode:
        loaded = self._loaded
        if loaded is not None and loaded.folder == job["folder"] and job["folder"] not in self._slower:
            # What is in memory already is not measured against what it has left free.
            return loaded.mode
        return self._slower.get(job["folder"]) or mode_for(machine, job["weights"], job["largest"])

    def _clear(self, torch: Any) -> None:
        """Give the memory of what is loaded back."""
        self._loaded = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def place(pipeline: Any, mode: Mode, device: str) -> None:
    """Put a pipeline where it computes.

    Args:
        pipeline: of diffusers.
        mode: how much of it lies on the accelerator at once.
        device: the accelerator's name for torch.
    """
    if mode == "whole":
        pipeline.to(device)
    elif mode == "parts":
        pipeline.enable_model_cpu_offload(device=device)
    elif mode == "layers":
        pipeline.enable_sequential_cpu_offload(device=device)
    if mode in ("parts", "layers"):
        pipeline.vae.enable_slicing()
        pipeline.vae.enable_tiling()


def _load(torch: Any, diffusers: Any, job: dict[str, Any], mode: Mode) -> Any:
    logger.info("Loading %s (%s)", job["folder"], mode)
    try:
        return getattr(diffusers, job["pipeline"]).from_pretrained(
            job["folder"],
            dtype=torch.float32 if mode == "processor" else torch.bfloat16,
            local_files_only=True,
            use_safetensors=True,
        )
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        raise Failure(
            f"The model in the folder {Path(job['folder']).name} cannot be loaded; a part of it may be missing or "
            "damaged. The administrator can put the whole model there again.",
            code="model_broken",
            internal=repr(error)[:2000],
            final=True,
        ) from error


def _put_together(kind: Any, pipeline: Any) -> Any:
    """Return the same parts as a pipeline for another kind of work; ``from_pipe`` would make them twice as large."""
    takes = inspect.signature(kind.__init__).parameters
    return kind(**{name: part for name, part in pipeline.components.items() if name in takes})


def _pictures(job: dict[str, Any]) -> dict[str, Any]:
    """Return the sizes and pictures that a pipeline takes; what is changed decides the size of the result."""
    if "source" not in job:
        return {"width": job["width"], "height": job["height"]}
    source = _opened(job["source"])
    width, height = fitted(*source.size)
    pictures: dict[str, Any] = {"image": source.resize((width, height)), "width": width, "height": height}
    if "mask" in job:
        pictures["mask_image"] = _opened(job["mask"]).convert("L").resize((width, height))
    if job["runs"] == "FluxKontextPipeline":
        # Told by words what to change, of the size that the source has.
        return {**pictures, "max_area": width * height, "_auto_resize": False}
    return {**pictures, "strength": job["strength"]}


def _opened(path: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except OSError as error:
        raise Failure(
            "The picture to work on cannot be read. Choose another one.",
            code="input_unreadable",
            internal=repr(error),
            final=True,
        ) from error


def _libraries() -> tuple[Any, Any]:
    try:
        import diffusers
        import torch
    except ImportError as error:
        raise Failure(
            "What local FLUX needs is not installed, or does not start here. The administrator can install it with "
            "“make flux”.",
            code="not_installed",
            internal=repr(error),
            final=True,
        ) from error
    return torch, diffusers


def _too_big(error: BaseException) -> Failure:
    return Failure(
        "This does not fit into the memory of the graphics card, the slow way neither. Ask for a smaller picture, or "
        "close what else uses the card.",
        code="out_of_memory",
        internal=str(error)[:2000],
        final=True,
    )
