"""A rehearsal of one's own, fast, with keys that are well formed."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generation.rehearsal import RehearsalServer

Start = Callable[..., RehearsalServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a server; all of them end with the test."""
    running: list[RehearsalServer] = []

    def begin(folder: str = "state", **options: Any) -> RehearsalServer:
        server = RehearsalServer(tmp_path / folder, **{"speed": 0.0, **options}).start()
        running.append(server)
        return server

    yield begin
    for server in running:
        server.stop()


def picture(width: int = 320, height: int = 180, colour: str = "teal") -> bytes:
    """A small PNG."""
    sheet = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(sheet, "PNG")
    return sheet.getvalue()


def as_uri(data: bytes, media_type: str = "image/png") -> str:
    """The same as a data URI."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
