"""diffusers with tiny models, in this process: what is drawn, and what happens when memory runs out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from generation.providers.base import Operation, Order
from generation.providers.flux import folder, pipelines
from generation.providers.flux.bodies import body_of
from generation.providers.flux.memory import Machine
from generation.providers.flux.pipelines import CalledOff, Easel, Failure
from tests.flux.conftest import FILL, KONTEXT, SCHNELL, order

FAST = {"width": 256, "height": 256, "seed": 7, "options": {"steps": 2}}


def job(models: Path, wanted: Order) -> dict[str, Any]:
    """What the provider would hand to the process."""
    installed = folder.find(models, wanted.model)
    pictures = {role: str(models / f"{role}.png") for role in ("source", "mask")}
    body = body_of(wanted)
    return {
        **body,
        **{role: path for role, path in pictures.items() if role in body},
        "folder": str(installed.path),
        "pipeline": installed.pipeline,
        "runs": folder.RUNS[installed.pipeline][wanted.operation],
        "weights": installed.weights,
        "largest": installed.largest,
    }


def nobody_minds(done: int, of: int) -> None:
    """Let it go on."""


@pytest.fixture(scope="module")
def easel(models: Path) -> Easel:
    """One for all that only draw."""
    return Easel()


@pytest.mark.parametrize(
    ("model", "operation"),
    [
        (SCHNELL, Operation.TEXT_TO_IMAGE),
        (SCHNELL, Operation.IMAGE_TO_IMAGE),
        (SCHNELL, Operation.INPAINT),
        (KONTEXT, Operation.IMAGE_TO_IMAGE),
        (FILL, Operation.INPAINT),
    ],
    ids=str,
)
def test_each_kind_of_work_is_done_to_the_end_of_its_steps(
    easel: Easel, models: Path, model: str, operation: Operation
) -> None:
    steps: list[tuple[int, int]] = []
    picture = easel.draw(job(models, order(model, operation, FAST)), lambda done, of: steps.append((done, of)))
    assert picture.size == ((256, 256) if operation is Operation.TEXT_TO_IMAGE else (320, 176))
    assert steps[-1][0] == steps[-1][1] == len(steps)


def test_a_seed_is_a_picture_also_after_another_model(easel: Easel, models: Path) -> None:
    first = easel.draw(job(models, order(parameters=FAST)), nobody_minds)
    easel.draw(job(models, order(KONTEXT, Operation.IMAGE_TO_IMAGE, FAST)), nobody_minds)
    again = easel.draw(job(models, order(parameters=FAST)), nobody_minds)
    other = easel.draw(job(models, order(parameters={**FAST, "seed": 8})), nobody_minds)
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_whoever_calls_it_off_stops_it_between_two_steps(easel: Easel, models: Path) -> None:
    seen: list[int] = []

    def leave(done: int, of: int) -> None:
        seen.append(done)
        raise CalledOff

    with pytest.raises(CalledOff):
        easel.draw(job(models, order(parameters={**FAST, "options": {"steps": 8}})), leave)
    assert seen == [1]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As if there were a graphics card of 80 GB; returns the ways in which models were put on it."""
    placed: list[str] = []
    monkeypatch.setattr(pipelines, "look", lambda torch: Machine("cuda", 80 * 1024**3))
    monkeypatch.setattr(pipelines, "place", lambda pipeline, mode, device: placed.append(mode))
    return placed


def run_out(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Have the model's own call run out of memory so many times."""
    import diffusers
    import torch

    real = diffusers.FluxTransformer2DModel.forward
    left = [times]

    def forward(self: Any, *arguments: Any, **named: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real(self, *arguments, **named)

    monkeypatch.setattr(diffusers.FluxTransformer2DModel, "forward", forward)


def test_out_of_memory_it_is_drawn_once_more_the_slower_way_which_then_stays(
    models: Path, card: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    easel = Easel()
    run_out(monkeypatch, 1)
    assert easel.draw(job(models, order(parameters=FAST)), nobody_minds).size == (256, 256)
    assert card == ["whole", "parts"]
    easel.draw(job(models, order(KONTEXT, Operation.IMAGE_TO_IMAGE, FAST)), nobody_minds)
    easel.draw(job(models, order(parameters=FAST)), nobody_minds)
    assert card == ["whole", "parts", "whole", "parts"], "what did not fit is not tried again"


def test_out_of_memory_twice_says_what_to_do(models: Path, card: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run_out(monkeypatch, 2)
    with pytest.raises(Failure, match="smaller picture") as caught:
        Easel().draw(job(models, order(parameters=FAST)), nobody_minds)
    assert (caught.value.code, caught.value.final) == ("out_of_memory", True)


def test_damaged_weights_are_told_from_everything_else(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / SCHNELL, tmp_path / SCHNELL)
    part = next((tmp_path / SCHNELL / "transformer").glob("*.safetensors"))
    part.write_bytes(part.read_bytes()[:200])
    with pytest.raises(Failure, match="cannot be loaded") as caught:
        Easel().draw(job(tmp_path, order(parameters=FAST)), nobody_minds)
    assert (caught.value.code, caught.value.final) == ("model_broken", True)


def test_an_unreadable_picture_is_told(easel: Easel, models: Path, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("<html>")
    wanted = job(models, order(SCHNELL, Operation.IMAGE_TO_IMAGE, FAST)) | {"source": str(tmp_path / "no.png")}
    with pytest.raises(Failure, match="cannot be read"):
        easel.draw(wanted, nobody_minds)
