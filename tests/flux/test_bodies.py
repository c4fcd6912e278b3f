"""What is kept of an order: all that the picture depends on. Needs no torch."""

from __future__ import annotations

from typing import Any

import pytest

from generation.catalogue import models as catalogue
from generation.providers.base import Operation
from generation.providers.errors import Refused
from generation.providers.flux import folder
from generation.providers.flux.bodies import USUAL, USUAL_STRENGTH, body_of, fitted
from generation.providers.flux.memory import Machine, mode_for
from tests.flux.conftest import FILL, SCHNELL, order

GIB = 1024**3


def test_an_order_as_it_is_kept() -> None:
    options = {"steps": 20, "guidance": 25.0, "strength": 0.4}
    body = body_of(order(FILL, Operation.INPAINT, {"seed": 9, "options": options}))
    assert body == {
        "model": FILL, "operation": "inpaint", "prompt": "a ferry in the fog", "tokens": 512, "steps": 20,
        "guidance": 25.0, "seed": 9, "source": "source", "mask": "mask", "strength": 0.4,
    }  # fmt: skip


def test_without_a_seed_a_repeat_of_the_same_order_draws_the_same() -> None:
    wanted = order(parameters={"width": 256, "height": 256})
    assert body_of(wanted) == body_of(wanted)
    assert body_of(wanted)["seed"] == 5


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"width": 250}, "bad_width"),
        ({"height": 4096}, "bad_height"),
        ({"seed": -1}, "bad_seed"),
        ({"seed": True}, "bad_seed"),
        ({"options": {"steps": 2.5}}, "bad_steps"),
        ({"options": {"guidance": "much"}}, "bad_guidance"),
    ],
    ids=lambda value: str(value),
)
def test_what_no_model_takes_is_refused(parameters: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        body_of(order(parameters=parameters))
    assert caught.value.code == code


@pytest.mark.parametrize("roles", [(), ("source",)], ids=["no source", "no mask"])
def test_a_missing_picture_is_asked_for(roles: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="Choose one"):
        body_of(order(SCHNELL, Operation.INPAINT, {}, roles=roles))


@pytest.mark.parametrize(
    ("size", "made"),
    [((333, 180), (320, 176)), ((10, 4000), (64, 2048)), ((6000, 4000), (1760, 1168)), ((1024, 768), (1024, 768))],
    ids=str,
)
def test_the_size_of_what_is_changed(size: tuple[int, int], made: tuple[int, int]) -> None:
    assert fitted(*size) == made


def test_the_catalogue_says_what_the_adapter_does() -> None:
    here = {model.id: model for model in catalogue().values() if model.provider == "flux"}
    assert set(here) == set(folder.PIPELINES) == set(USUAL)
    for name, model in here.items():
        assert set(model.operations) == set(folder.RUNS[folder.PIPELINES[name]])
        for capability in model.capabilities.values():
            steps, guidance = USUAL[name]
            usual = {key: values[0] for key, values in capability.options.items()}
            assert usual["steps"] == steps
            assert usual.get("guidance", guidance) == guidance
            assert usual.get("strength", USUAL_STRENGTH) == USUAL_STRENGTH
            assert capability.price is not None
            assert ("dev" in name) is ("non-commercial" in model.label), "the licence is said"


@pytest.mark.parametrize(
    ("device", "free", "mode"),
    [
        ("cuda", 80, "whole"),
        ("cuda", 30, "parts"),
        ("cuda", 12, "layers"),
        ("mps", 48, "whole"),
        ("cpu", 0, "processor"),
    ],
    ids=str,
)
def test_how_much_lies_on_the_card(device: str, free: int, mode: str) -> None:
    assert mode_for(Machine(device, free * GIB), weights=34 * GIB, largest=24 * GIB) == mode
