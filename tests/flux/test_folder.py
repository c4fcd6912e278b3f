"""Which models can be used, and the words for why one cannot. Needs no torch."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from generation.providers.flux import FluxProvider, folder
from tests.flux.conftest import SCHNELL, context, order


@pytest.fixture(autouse=True)
def everything_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if torch and the others were here."""
    monkeypatch.setattr(folder, "find_spec", lambda name: object())


def model(at: Path, *, kind: str = "FluxPipeline", weights: int = 10) -> None:
    """Lay a model down by its outside."""
    (at / SCHNELL / "transformer").mkdir(parents=True)
    described = {"_class_name": kind, "transformer": ["diffusers", "FluxTransformer2DModel"]}
    (at / SCHNELL / "model_index.json").write_text(json.dumps(described))
    # A hole in the file system: as large as the real ones, and empty.
    with (at / SCHNELL / "transformer" / "part.safetensors").open("wb") as part:
        os.truncate(part.fileno(), weights)


def nothing(at: Path) -> None:
    """Lay nothing down."""


def broken(at: Path) -> None:
    """Lay down a model whose index was cut off."""
    model(at)
    (at / SCHNELL / "model_index.json").write_text('{"_class_na')


def pickled(at: Path) -> None:
    """Lay down a model that would be loaded by running code."""
    model(at)
    (at / SCHNELL / "transformer" / "part.safetensors").rename(at / SCHNELL / "transformer" / "part.bin")


@pytest.mark.parametrize(
    ("lay", "code", "words"),
    [
        (nothing, "model_missing", "FLUX.1-schnell/model_index.json"),
        (broken, "model_broken", "cannot be read"),
        (pickled, "model_broken", "no weights"),
        (lambda at: model(at, kind="StableDiffusionPipeline"), "wrong_pipeline", "a StableDiffusionPipeline"),
        (lambda at: model(at, weights=34 * 1024**3), "no_accelerator", "34 GB of weights"),
    ],
    ids=["nothing there", "cut off", "pickled", "another pipeline", "big, without a card"],
)
def test_why_a_model_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lay: Callable[[Path], None], code: str, words: str
) -> None:
    monkeypatch.setattr(folder, "has_accelerator", lambda: False)
    lay(tmp_path)
    provider = FluxProvider(tmp_path, tmp_path / "place")
    assert words in provider.why_not(SCHNELL)
    with pytest.raises(folder.NotHere) as caught:
        provider.prepare(order(), context(tmp_path, tmp_path))
    assert caught.value.code == code


def test_a_big_model_can_be_used_with_a_card_and_a_small_one_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model(tmp_path / "big", weights=34 * 1024**3)
    model(tmp_path / "small")
    monkeypatch.setattr(folder, "has_accelerator", lambda: True)
    assert FluxProvider(tmp_path / "big", tmp_path).why_not(SCHNELL) == ""
    monkeypatch.setattr(folder, "has_accelerator", lambda: False)
    assert FluxProvider(tmp_path / "small", tmp_path).why_not(SCHNELL) == ""


def test_no_folder_a_wrong_folder_and_nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "FLUX_MODELS_DIR is not set" in FluxProvider(None, tmp_path).why_not(SCHNELL)
    assert "is not there" in FluxProvider(tmp_path / "nowhere", tmp_path).why_not(SCHNELL)
    assert "no model of local FLUX" in FluxProvider(tmp_path, tmp_path).why_not("../../etc")
    monkeypatch.setattr(folder, "find_spec", lambda name: None if name == "torch" else object())
    assert "torch is not installed here" in FluxProvider(tmp_path, tmp_path).why_not(SCHNELL)
    assert "make flux" in FluxProvider(tmp_path, tmp_path).why_not(SCHNELL)
