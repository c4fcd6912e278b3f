"""Footage that people bring: real pictures and films become takes, everything else is refused and changes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import User
from generation.planning import wishes_for
from projects.access import OpenProject
from scenes.models import Asset, Shot, Take
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db


def _picture() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((320, 180), 60).convert("RGB").save(file, "PNG")
    return file.getvalue()


def _film(folder: Path) -> bytes:
    path = folder / "own.webm"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libvpx", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for shade in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), shade * 10, dtype=np.uint8), format="rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def shot(opened: OpenProject) -> Shot:
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    return Shot.objects.of(opened.project)[0]


@pytest.fixture
def bring(
    cast: SimpleNamespace, opened: OpenProject, shot: Shot, client_of: Callable[[User | None], Client]
) -> Callable[..., int]:
    """Return a function that uploads as somebody and gives the status."""

    def send(data: bytes, name: str, who: str = "carol") -> int:
        address = reverse("generation:upload", args=[opened.project.pk, shot.pk])
        file = SimpleUploadedFile(name, data, content_type="image/png")
        return client_of(getattr(cast, who)).post(address, {"file": file}, headers={"HX-Request": "true"}).status_code

    return send


def test_a_picture_becomes_the_still_and_the_clip_starts_from_it(
    opened: OpenProject, shot: Shot, bring: Callable[..., int]
) -> None:
    assert bring(_picture(), "../../etc/\u202efunny\x00name.png") == 200
    shot.refresh_from_db()
    assert shot.still is not None
    asset = shot.still.asset
    assert (asset.origin, asset.media_type, asset.width) == (Asset.Origin.UPLOADED, "image/png", 320)
    assert ".." not in asset.key
    assert "\x00" not in asset.original_name
    assert "\u202e" not in asset.original_name
    wanted = [wish for wish in wishes_for(opened, shots=[shot]) if wish.shot == shot and wish.line is None]
    assert [wish.operation.value for wish in wanted] == ["image_to_video"]
    assert wanted[0].input_asset == asset


def test_a_film_becomes_the_clip(shot: Shot, bring: Callable[..., int], tmp_path: Path) -> None:
    assert bring(_film(tmp_path), "own.mp4") == 200
    shot.refresh_from_db()
    assert shot.clip is not None
    assert shot.clip.asset.media_type == "video/webm"
    assert shot.clip.asset.thumbnail_key


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        _picture()[:200],
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        bytes(range(256)) * 100,
    ],
    ids=["empty", "html", "svg", "playlist", "ffconcat", "cut short", "only a header", "noise"],
)
def test_what_is_not_a_picture_or_film_changes_nothing(bring: Callable[..., int], data: bytes) -> None:
    assert bring(data, "holiday.png") == 422
    assert not Take.objects.exists()
    assert not Asset.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("dave", 403), ("mallory", 404)])
def test_others_bring_nothing(bring: Callable[..., int], who: str, status: int) -> None:
    assert bring(_picture(), "a.png", who) == status
    assert not Take.objects.exists()
