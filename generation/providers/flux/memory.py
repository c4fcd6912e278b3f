"""How much of a model lies on the accelerator at once: all of it, one part after the other, or layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["whole", "parts", "layers", "processor"]

# What comes next when there was too little memory.
SLOWER: Mapping[Mode, Mode] = {"whole": "parts", "parts": "layers"}
# Besides the weights: what is computed between the layers for two megapixels, with a margin.
_WORKING = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to compute on: torch's name for the device, and the bytes that are free on it."""

    device: str
    free: int


def look(torch: Any) -> Machine:
    """Return the accelerator, or the processor where there is none.

    Args:
        torch: the library.
    """
    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return Machine("cuda", free)
    if torch.backends.mps.is_available():
        return Machine("mps", torch.mps.recommended_max_memory())
    return Machine("cpu", 0)


def mode_for(machine: Machine, weights: int, largest: int) -> Mode:
    """Return the fastest way that fits.

    Args:
        machine: where it is to lie.
        weights: the bytes of all parts of the model.
        largest: those of the largest part.
    """
    if machine.device == "cpu":
        return "processor"
    if weights + _WORKING <= machine.free:
        return "whole"
    return "parts" if largest + _WORKING <= machine.free else "layers"
