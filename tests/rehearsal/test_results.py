"""What is fetched: media that pass our own gate, links that run out, and everything that can be wrong with them."""

from __future__ import annotations

import http.client
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
import pytest
import requests
from PIL import Image

from generation.media.gate import MediaRefused, admit
from generation.rehearsal import RehearsalServer, Scenario
from tests.rehearsal.calling import STILL, TURBO, clip_of, ended, look, runware, runway, task_of
from tests.rehearsal.conftest import Start, as_uri, picture

SHORT = {"ratio": "1280:720", "duration": 2}


def links(server: RehearsalServer, endpoint: str, body: dict[str, Any], fault: str = "") -> list[str]:
    """Order something at Runway and return the links to its results."""
    words = f"{body.get('promptText', '')} [[fault:{fault}]]" if fault else body.get("promptText")
    answer = runway(server, "POST", f"/v1/{endpoint}", {**body, **({"promptText": words} if words else {})})
    found: list[str] = ended(server, answer.json()["id"])["output"]
    return found


def clip_link(server: RehearsalServer, fault: str = "") -> str:
    return links(server, "image_to_video", {**TURBO, **SHORT}, fault)[0]


def kept(link: str, folder: Path) -> Path:
    """Fetch a result into a file."""
    answer = requests.get(link, timeout=30)
    answer.raise_for_status()
    path = folder / f"{abs(hash(link))}{Path(urlsplit(link).path).suffix}"
    path.write_bytes(answer.content)
    return path


@pytest.mark.parametrize(
    ("endpoint", "body", "expected"),
    [
        ("text_to_image", STILL, ("image/png", 1280, 720, 0)),
        (
            "text_to_image",
            {"model": "seedream5_pro", "promptText": "Fog.", "ratio": "2496:1664", "outputFormat": "jpeg"},
            ("image/jpeg", 2496, 1664, 0),
        ),
        ("image_to_video", {**TURBO, "duration": 2}, ("video/mp4", 1280, 720, 2000)),
        ("image_to_video", {**TURBO, "ratio": "832:1104", "duration": 3}, ("video/mp4", 832, 1104, 3000)),
        (
            "image_upscale",
            {"model": "magnific_precision_upscaler_v2", "imageUri": as_uri(picture(320, 180)), "scaleFactor": 4},
            ("image/png", 1280, 720, 0),
        ),
        (
            "sound_effect",
            {"model": "eleven_text_to_sound_v2", "promptText": "Foghorn.", "duration": 1.5},
            ("audio/mpeg", 0, 0, 1500),
        ),
        (
            "text_to_speech",
            {"model": "seed_audio", "promptText": "One more crossing.", "outputFormat": "wav"},
            ("audio/wav", 0, 0, 1170),
        ),
    ],
)
def test_results_are_what_was_asked_for(
    start: Start, tmp_path: Path, endpoint: str, body: dict[str, Any], expected: tuple[str, int, int, int]
) -> None:
    (link,) = links(start(), endpoint, body)
    found = admit(kept(link, tmp_path))
    assert (found.media_type, found.info.width, found.info.height) == expected[:3]
    assert abs(found.info.duration_ms - expected[3]) <= 80
    assert requests.head(link, timeout=10).headers["Content-Type"] == expected[0]


def test_the_seed_decides_the_picture(start: Start, tmp_path: Path) -> None:
    server = start()
    pictures = [
        kept(links(server, "text_to_image", {**STILL, "seed": seed})[0], tmp_path).read_bytes() for seed in (1, 1, 2)
    ]
    assert pictures[0] == pictures[1] != pictures[2]


def test_two_orders_never_give_the_same_clip(start: Start, tmp_path: Path) -> None:
    server = start()
    first, second = (kept(clip_link(server), tmp_path).read_bytes() for _ in range(2))
    assert first != second


def frames_of(path: Path) -> list[Any]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="gray").astype(int) for frame in film.decode(video=0)]


def test_a_clip_moves_and_is_not_black(start: Start, tmp_path: Path) -> None:
    frames = frames_of(kept(clip_link(start()), tmp_path))
    assert len(frames) == 48
    assert frames[0].mean() > 40
    assert min(np.abs(after - before).mean() for before, after in pairwise(frames)) > 0.5


def test_black_frozen_short_small_and_broken_on_demand(start: Start, tmp_path: Path) -> None:
    server = start()
    black, frozen, short, small = (
        kept(clip_link(server, fault), tmp_path) for fault in ("black", "frozen", "wrong_duration", "wrong_size")
    )
    assert max(frame.max() for frame in frames_of(black)) <= 17
    still = frames_of(frozen)
    assert max(np.abs(frame - still[0]).mean() for frame in still) < 1
    assert still[0].mean() > 40
    assert admit(short).info.duration_ms < 1000
    assert admit(small).info.width == 640
    with pytest.raises(MediaRefused):
        admit(kept(clip_link(server, "corrupt"), tmp_path))
    dark = kept(links(server, "text_to_image", STILL, "black")[0], tmp_path)
    assert Image.open(dark).convert("L").getextrema() == (0, 0)


def test_a_caption_is_words_and_a_removed_background_is_clear(start: Start, tmp_path: Path) -> None:
    server = start()
    without: dict[str, Any] = {"positivePrompt": None, "width": None, "height": None, "seed": None}
    inputs = {"image": as_uri(picture(256, 128))}
    caption = task_of(taskType="caption", model="runware:150@2", inputs=inputs, **without)
    cut_out = task_of(taskType="removeBackground", model="runware:109@1", inputs=inputs, **without)
    runware(server, caption, cut_out)
    assert "rehearsal" in look(server, caption["taskUUID"])["data"][0]["text"]
    (item,) = look(server, cut_out["taskUUID"])["data"]
    with Image.open(kept(item["imageURL"], tmp_path)) as found:
        assert found.size == (256, 128)
        assert found.getchannel("A").getextrema() == (0, 255)


def test_links_run_out_and_cannot_be_forged(start: Start) -> None:
    server = start()
    link = clip_link(server)
    assert requests.get(link, timeout=10).status_code == 200
    assert requests.get(link.replace("/0.mp4", "/1.mp4"), timeout=10).status_code == 403
    assert requests.get(link.partition("?")[0], timeout=10).status_code == 403
    expired = start(link_seconds=-1)
    assert requests.get(clip_link(expired), timeout=10).status_code == 403


def test_an_expired_link_is_fresh_after_another_look(start: Start) -> None:
    server = start()
    task_id = runway(
        server, "POST", "/v1/text_to_image", {**STILL, "promptText": "A ferry. [[fault:link_expired]]"}
    ).json()["id"]
    first, second = (ended(server, task_id)["output"][0] for _ in range(2))
    assert requests.get(first, timeout=10).status_code == 403
    assert requests.get(second, timeout=10).status_code == 200


def test_a_deleted_task_takes_its_results_along(start: Start) -> None:
    server = start()
    task_id = runway(server, "POST", "/v1/text_to_image", STILL).json()["id"]
    (link,) = ended(server, task_id)["output"]
    runway(server, "DELETE", f"/v1/tasks/{task_id}")
    assert requests.get(link, timeout=10).status_code == 404


def plainly(link: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Fetch without any help: no redirect is followed, a short body is an answer like another."""
    parts = urlsplit(link)
    line = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    line.request("GET", f"{parts.path}?{parts.query}")
    answer = line.getresponse()
    try:
        body = answer.read(4_000_000)
    except http.client.IncompleteRead as short:
        body = short.partial
    line.close()
    return answer, body


@pytest.mark.parametrize("provider", ["runway", "runware"])
@pytest.mark.parametrize(
    "fault",
    ["link_missing", "html_page", "zero_bytes", "truncated", "truncated_silently", "wrong_type", "giant",
     "giant_silently", "redirect_private", "redirect_loop", "redirect_once", "without_length", "drop_output"],
)  # fmt: skip
def test_everything_that_can_be_wrong_with_a_download(start: Start, tmp_path: Path, provider: str, fault: str) -> None:
    server = start()
    if provider == "runway":
        link = clip_link(server, fault)
    else:
        task = clip_of(positivePrompt=f"A ferry. [[fault:{fault}]]")
        runware(server, task)
        link = look(server, task["taskUUID"])["data"][0]["videoURL"]
    if fault == "drop_output":
        with pytest.raises(http.client.RemoteDisconnected):
            plainly(link)
        assert plainly(link)[0].status == 200, "the next attempt succeeds"
        return
    answer, body = plainly(link)
    length = answer.getheader("Content-Length")
    if fault == "link_missing":
        assert answer.status == 404
    elif fault == "html_page":
        assert (answer.status, answer.getheader("Content-Type")) == (200, "text/html; charset=utf-8")
    elif fault == "zero_bytes":
        assert (answer.status, length, body) == (200, "0", b"")
    elif fault == "wrong_type":
        assert (answer.getheader("Content-Type"), body[:4]) == ("image/png", b"\x89PNG")
    elif fault == "redirect_private":
        assert (answer.status, answer.getheader("Location")) == (302, "http://169.254.169.254/latest/meta-data/")
    elif fault == "redirect_loop":
        for _ in range(4):
            assert answer.status == 302
            answer, _ = plainly(str(answer.getheader("Location")))
    elif fault == "redirect_once":
        assert answer.status == 302
        assert plainly(str(answer.getheader("Location")))[0].status == 200
    elif fault.startswith("giant"):
        assert len(body) == 4_000_000
        assert (length is None) == (fault == "giant_silently")
        assert length is None or int(length) > 2**32
    else:
        assert answer.status == 200
        assert (length is None) == (fault != "truncated")
        path = tmp_path / "fetched.mp4"
        path.write_bytes(body)
        if fault == "without_length":
            admit(path)
        else:
            assert length is None or len(body) < int(length)
            with pytest.raises(MediaRefused):
                admit(path)


def test_a_fault_that_plays_once_is_over_afterwards(start: Start, tmp_path: Path) -> None:
    link = clip_link(start(), "html_page")
    assert requests.get(link, timeout=10).headers["Content-Type"].startswith("text/html")
    admit(kept(link, tmp_path))


def test_a_result_that_drips(start: Start) -> None:
    server = start(scenario=Scenario(drip_seconds=0.0))
    link = links(server, "text_to_image", {**STILL, "ratio": "720:720"}, "drip_output")[0]
    assert requests.get(link, timeout=60).content.startswith(b"\x89PNG")
