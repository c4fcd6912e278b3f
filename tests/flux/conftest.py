"""Tiny FLUX models in a folder, and the provider that draws with them in a process of its own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generation.providers.base import Context, InputFile, Operation, Order
from generation.providers.flux import FluxProvider
from tests.flux import tiny

SCHNELL, KONTEXT, FILL = "FLUX.1-schnell", "FLUX.1-Kontext-dev", "FLUX.1-Fill-dev"
LONGEST = {"width": 512, "height": 512, "seed": 7, "options": {"steps": 40}}
KINDS = {SCHNELL: "FluxPipeline", KONTEXT: "FluxKontextPipeline", FILL: "FluxFillPipeline"}


def needs_torch() -> None:
    """Leave a test out where local FLUX is not installed; in continuous integration nothing is left out."""
    if find_spec("torch") is None and not os.environ.get("CI"):
        pytest.skip("local FLUX is not installed (make flux)")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three models, and two pictures beside them."""
    needs_torch()
    folder = tmp_path_factory.mktemp("flux")
    for name, kind in KINDS.items():
        tiny.save(folder / name, kind)
    gradient = Image.radial_gradient("L")
    gradient.convert("RGB").resize((333, 180)).save(folder / "source.png")
    gradient.point(lambda value: 255 if value < 128 else 0).resize((333, 180)).save(folder / "mask.png")
    return folder


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the process lives that all tests share which only draw."""
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="session")
def provider(models: Path, place: Path) -> FluxProvider:
    """One for all tests that only draw: its process starts once, and ends with the tests."""
    return FluxProvider(models, place)


@pytest.fixture
def own_provider(models: Path, tmp_path: Path) -> Iterator[FluxProvider]:
    """One for a test that ends its process, or waits until it ends by itself."""
    yield FluxProvider(models, tmp_path / "place", idle_seconds=2.0)
    for pid in hosts(tmp_path / "place"):
        os.kill(pid, 9)


def hosts(place: Path) -> list[int]:
    """Return the processes that compute for a place."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"generation.providers.flux.host" in words and str(place).encode() in words:
            found.append(int(folder.name))
    return found


def order(
    model: str = SCHNELL,
    operation: Operation = Operation.TEXT_TO_IMAGE,
    parameters: Mapping[str, Any] | None = None,
    *,
    roles: tuple[str, ...] = ("source", "mask"),
) -> Order:
    """An order of a small picture; its files are named like their roles."""
    given: dict[str, Any] = {"width": 256, "height": 256, "seed": 7} if parameters is None else dict(parameters)
    files = tuple(InputFile(role, "image/png", role) for role in roles if operation is not Operation.TEXT_TO_IMAGE)
    return Order(uuid.UUID(int=5), operation, model, "a ferry in the fog", given, files)


def context(
    models: Path,
    folder: Path,
    *,
    report: Callable[[float], None] = lambda share: None,
    check: Callable[[], None] = lambda: None,
) -> Context:
    """What the engine gives an adapter, without the engine."""
    return Context(
        key="",
        work_dir=folder,
        input_file=lambda sha256: models / f"{sha256}.png",
        report=report,
        check=check,
    )


def drawn(provider: FluxProvider, models: Path, folder: Path, wanted: Order, **ways: Any) -> Path:
    """Have an order prepared, placed and fetched."""
    with_ways = context(models, folder, **ways)
    body = provider.prepare(wanted, with_ways)
    submission = provider.submit(wanted.uuid, body, with_ways)
    assert submission.outputs is not None
    target = folder / f"picture-{uuid.uuid4()}"
    provider.fetch(body, submission.outputs[0], target, with_ways)
    return target
