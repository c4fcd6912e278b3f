"""Files that programs bring: at once or in parts, to this machine or to a bucket, always through the gate."""

from __future__ import annotations

import io
import math
import struct
import uuid
import wave
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from PIL import Image

from generation import parts, storing, uploads
from projects.models import Project
from scenes import layout
from scenes.models import Asset, Shot, Sound, Take, Upload
from scenes.services.film_cut import film_of
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.api.test_scripts import sent_file
from tests.pages.footage import add_scenes

pytestmark = pytest.mark.django_db
RAW = {"Content-Type": "application/octet-stream"}


def picture() -> bytes:
    """Return a picture of some size."""
    file = io.BytesIO()
    Image.effect_noise((160, 90), 60).convert("RGB").save(file, "PNG")
    return file.getvalue()


def tone() -> bytes:
    """Return a second of a tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sink:
        sink.setparams((1, 2, 8000, 0, "NONE", ""))
        sink.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(one / 5))) for one in range(8000)))
    return file.getvalue()


@pytest.fixture
def shot(project: Project) -> Shot:
    """A shot."""
    return add_scenes(project, 1, 1)[0]


@pytest.fixture
def carol(cast: SimpleNamespace, program_of: Callable[..., Program]) -> Program:
    """A program of Carol's."""
    return program_of(cast.carol)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make parts so small that a picture has several."""
    monkeypatch.setattr(parts, "PART_BYTES", 8000)


# --- at once ---------------------------------------------------------------------------------------------------------


def test_a_file_a_take_and_a_sound_come_in_as_forms(carol: Program, project: Project, shot: Shot) -> None:
    data = picture()
    made = sent_file(carol, "assets/upload", data, "fog.png", project=project.pk, scene=shot.scene_id)
    assert made.status_code == 201, made.content
    assert (made.json()["name"], made.json()["scene"], made.json()["size"]) == (
        "fog.png",
        str(shot.scene_id),
        Asset.objects.get().size,
    )
    # The same again is the same.
    again = sent_file(carol, "assets/upload", data, "fog.png", project=project.pk, scene=shot.scene_id)
    assert again.json()["id"] == made.json()["id"]
    take = sent_file(carol, f"shots/{shot.pk}/upload", data, "fog.png")
    assert (take.status_code, take.json()["kind"], take.json()["selected"]) == (201, "still", True)
    laid = sent_file(carol, f"films/{film_of(project).pk}/sounds", tone(), "sea.wav", track="effects", start_ms=400)
    assert laid.status_code == 201, laid.content
    sound = Sound.objects.get(pk=laid.json()["sound"])
    assert (sound.track, sound.start_ms) == ("effects", 400)
    peaks = carol.get(f"assets/{sound.asset_id}/waveform").json()
    assert max(peaks["peaks"]) > 10


def test_the_gate_and_the_door_hold(
    carol: Program, cast: SimpleNamespace, project: Project, shot: Shot, program_of: Callable[..., Program]
) -> None:
    refusal(sent_file(carol, "assets/upload", b"<html>", "a.png", project=project.pk), 422, "wrong_type")
    refusal(sent_file(carol, "assets/upload", b"", "a.png", project=project.pk), 422, "empty")
    refusal(sent_file(carol, f"shots/{shot.pk}/upload", tone(), "a.wav"), 422, "wrong_type")
    refusal(sent_file(carol, f"films/{film_of(project).pk}/sounds", picture(), "a.png"), 422, "wrong_type")
    theirs = add_scenes(Project.objects.create(team=cast.mallory.teams.get(), name="Theirs"), 1, 1)[0]
    data = picture()
    refusal(sent_file(carol, "assets/upload", data, "a.png", project=project.pk, scene=theirs.scene_id), 400, "invalid")
    refusal(sent_file(carol, "assets/upload", data, "a.png", project=project.pk, owner=1), 400, "invalid")
    refusal(sent_file(program_of(cast.dave), "assets/upload", data, "a.png", project=project.pk), 403, "not_allowed")
    mallory = program_of(cast.mallory)
    refusal(sent_file(mallory, "assets/upload", data, "a.png", project=project.pk), 404, "not_found")
    refusal(sent_file(mallory, f"shots/{shot.pk}/upload", data, "a.png"), 404, "not_found")
    refusal(sent_file(mallory, f"films/{film_of(project).pk}/sounds", tone(), "a.wav"), 404, "not_found")
    assert not Asset.objects.exists()
    assert not Take.objects.exists()


# --- in parts --------------------------------------------------------------------------------------------------------


def begun(asks: Program, project: Project, data: bytes, **more: Any) -> dict[str, Any]:
    """Announce a file."""
    made = asks.post("uploads", {"project": str(project.pk), "name": "fog.png", "size": len(data), **more})
    assert made.status_code == 201, made.content
    assert asks.get(made["Location"]).json() == made.json()
    found: dict[str, Any] = made.json()
    assert sum(found["part_sizes"]) == len(data)
    return found


def send(asks: Program, upload: dict[str, Any], data: bytes) -> list[dict[str, Any]]:
    """Send every part where its link leads, the last one first; return what is named when it is finished."""
    numbers = list(range(1, len(upload["part_sizes"]) + 1))
    links = asks.post(f"uploads/{upload['id']}/links", {"parts": numbers[::-1]})
    assert links.status_code == 200, links.content
    named = []
    for link in links.json():
        start = sum(upload["part_sizes"][: link["part"] - 1])
        piece = data[start : start + link["size"]]
        if link["with_token"]:
            answer = asks("PUT", link["url"].partition("testserver")[2], piece, **RAW)
        else:
            answer = requests.put(link["url"], data=piece, timeout=10)
        assert answer.status_code == 200, answer.content
        named.append({"part": link["part"], "etag": answer.headers["ETag"]})
    return named


def left_of(project: Project, upload: dict[str, Any]) -> list[str]:
    """Return what lies in storage of an upload on its way."""
    key = layout.incoming_key(project.pk, uuid.UUID(upload["id"]))
    try:
        names = default_storage.listdir(key.rpartition("/")[0])[1]
    except FileNotFoundError:
        return []
    return [name for name in names if name.startswith(upload["id"])]


@pytest.mark.parametrize("bucket_wanted", [False, True], ids=["here", "in a bucket"])
def test_parts_become_a_file_once_all_are_there(
    carol: Program,
    project: Project,
    shot: Shot,
    bucket_wanted: bool,
    request: Any,
    monkeypatch: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    data = picture()
    if bucket_wanted:
        request.getfixturevalue("bucket")
    else:
        monkeypatch.setattr(parts, "PART_BYTES", 8000)
    upload = begun(carol, project, data, scene=str(shot.scene_id))
    assert (len(upload["part_sizes"]) > 3) is not bucket_wanted
    path = f"uploads/{upload['id']}/finish"
    told = [{"part": part, "etag": "0" * 32} for part in range(1, len(upload["part_sizes"]) + 1)]
    refusal(carol.post(path, {"parts": told}), 409, "parts_missing")
    named = send(carol, upload, data)
    with monkeypatch.context() as patch:
        # Whoever joins them dies before anybody knows of the file: who asks again is answered all the same.
        patch.setattr(parts, "look_into_upload", die)
        with pytest.raises(KeyboardInterrupt):
            carol.post(path, {"parts": named})
    with django_capture_on_commit_callbacks(execute=True):
        done = carol.post(path, {"parts": named}, Idempotency_Key="1")
    assert done.status_code == 201, done.content
    assert (done.json()["name"], done.json()["media_type"], done.json()["width"]) == ("fog.png", "image/png", 160)
    assert not Upload.objects.exists()
    assert left_of(project, upload) == []
    refusal(carol.post(path, {"parts": named}), 404, "not_found")
    again = carol.post(path, {"parts": named}, Idempotency_Key="1")
    assert (again.status_code, again.json(), again["Idempotent-Replayed"]) == (201, done.json(), "true")


def die(*args: Any, **more: Any) -> None:
    """Die."""
    raise KeyboardInterrupt


def test_what_is_sent_again_with_its_key_is_there_once(carol: Program, project: Project, shot: Shot) -> None:
    film, data, sound = film_of(project), picture(), tone()

    def twice(path: str, content: bytes, name: str, **form: Any) -> list[Any]:
        return [sent_file(carol, path, content, name, key="k", **form) for _ in range(2)]

    for answers in (
        twice("assets/upload", data, "fog.png", project=project.pk),
        twice(f"shots/{shot.pk}/upload", data, "fog.png"),
        twice(f"films/{film.pk}/sounds", sound, "sea.wav", track="effects", start_ms=400),
    ):
        assert [one.status_code for one in answers] == [201, 201], answers[0].content
        assert answers[0].json() == answers[1].json()
        assert answers[1]["Idempotent-Replayed"] == "true"
    assert (Take.objects.count(), Sound.objects.count()) == (1, 1)
    other = sent_file(carol, f"shots/{shot.pk}/upload", picture(), "rain.png", key="k")
    refusal(other, 422, "idempotency_key_reused")
    begun = [
        carol.post("uploads", {"project": str(project.pk), "name": "a.png", "size": 9}, Idempotency_Key="k")
        for _ in range(2)
    ]
    assert begun[0].json() == begun[1].json()
    assert Upload.objects.count() == 1


def test_what_takes_long_is_done_outside_of_the_transaction_of_a_key(
    carol: Program, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths: list[int] = []
    verify = storing.verify

    def look(*args: Any) -> Any:
        depths.append(len(connection.savepoint_ids))
        return verify(*args)

    monkeypatch.setattr(uploads, "verify", look)
    outside = len(connection.savepoint_ids)
    made = sent_file(carol, "assets/upload", picture(), "fog.png", key="k", project=project.pk)
    assert made.status_code == 201
    assert depths == [outside]


def test_parts_are_refused_that_are_no_parts_of_it(
    carol: Program,
    cast: SimpleNamespace,
    project: Project,
    small_parts: None,
    program_of: Callable[..., Program],
) -> None:
    data = picture()
    upload = begun(carol, project, data)
    path = f"uploads/{upload['id']}"
    refusal(carol("PUT", f"{path}/parts/1", data[:7999], **RAW), 422, "wrong_size")
    refusal(carol("PUT", f"{path}/parts/1", data[:8001], **RAW), 422, "wrong_size")
    refusal(carol("PUT", f"{path}/parts/1", b"", **RAW), 422, "wrong_size")
    refusal(carol("PUT", f"{path}/parts/0", data[:8000], **RAW), 422, "no_such_part")
    refusal(carol("PUT", f"{path}/parts/999", data[:8000], **RAW), 422, "no_such_part")
    refusal(carol("PUT", f"{path}/parts/1", {"a": 1}), 415, "unsupported_media_type")
    refusal(carol.post(f"{path}/links", {"parts": [999]}), 422, "no_such_part")
    assert left_of(project, upload) == []
    named = send(carol, upload, data)
    # One part is sent again with other bytes: what was named before is not what lies there.
    carol("PUT", f"{path}/parts/1", b"x" * 8000, **RAW)
    refusal(carol.post(f"{path}/finish", {"parts": named}), 409, "parts_missing")
    refusal(carol.post(f"{path}/finish", {"parts": named[1:]}), 409, "parts_missing")
    refusal(carol.post(f"{path}/finish", {"parts": [*named, named[0]]}), 400, "invalid")
    # Nobody else sends, finishes or ends it.
    bob, mallory, dave = program_of(cast.bob), program_of(cast.mallory), program_of(cast.dave)
    for other in (bob, mallory):
        refusal(other.get(path), 404, "not_found")
        refusal(other("PUT", f"{path}/parts/1", b"x" * 8000, **RAW), 404, "not_found")
        refusal(other.post(f"{path}/finish", {"parts": named}), 404, "not_found")
        refusal(other.delete(path), 404, "not_found")
    body = {"project": str(project.pk), "name": "a", "size": 9}
    refusal(dave.post("uploads", body), 403, "not_allowed")
    refusal(mallory.post("uploads", body), 404, "not_found")
    refusal(carol.post("uploads", {**body, "size": uploads.MOST_BYTES + 1}), 400, "invalid")
    refusal(carol.post("uploads", {**body, "size": 0}), 400, "invalid")
    assert carol.delete(path).status_code == 204
    assert left_of(project, upload) == []


def test_what_the_gate_turns_away_leaves_nothing(carol: Program, project: Project, small_parts: None) -> None:
    data = b"MZ" + b"\0" * 20_000
    upload = begun(carol, project, data)
    named = send(carol, upload, data)
    refusal(carol.post(f"uploads/{upload['id']}/finish", {"parts": named}), 422, "wrong_type")
    assert not Upload.objects.exists()
    assert left_of(project, upload) == []
    assert not Asset.objects.exists()


def test_what_nobody_finishes_is_swept(carol: Program, project: Project, small_parts: None, time_machine: Any) -> None:
    data = picture()
    upload = begun(carol, project, data)
    send(carol, upload, data)
    assert left_of(project, upload)
    time_machine.move_to(timezone.now() + timedelta(hours=7))
    uploads.sweep_abandoned()
    assert not Upload.objects.exists()
    assert left_of(project, upload) == []
