"""Files through the API: listed, named, deleted; their bytes in ranges, to whoever may see them and to nobody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Project
from scenes.models import Asset, Scene
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def asset(project: Project) -> Asset:
    """A stored file with a thumbnail, in the folder of a scene."""
    scene = add_scenes(project, 1, 1)[0].scene
    key = f"projects/{project.pk}/scene-1/images/{uuid.uuid4().hex}.png"
    default_storage.save(key, ContentFile(CONTENT))
    default_storage.save(f"{key}.jpg", ContentFile(b"small"))
    made: Asset = Asset.objects.create(
        project=project, scene=scene, kind="image", origin="uploaded", key=key, original_name="Fog", size=len(CONTENT),
        media_type="image/png", sha256="c" * 64, thumbnail_key=f"{key}.jpg",
    )  # fmt: skip
    return made


@pytest.fixture
def dave(cast: SimpleNamespace, program_of: Callable[..., Program]) -> Program:
    """A program of Dave's, who may see everything and change nothing."""
    return program_of(cast.dave, ["read"])


def body(answer: Any) -> bytes:
    """Return the bytes of an answer, streamed or not."""

    async def whole() -> bytes:
        return b"".join([chunk async for chunk in answer.streaming_content])

    return async_to_sync(whole)() if answer.streaming else answer.content


def test_bytes_come_whole_in_ranges_and_not_again(dave: Program, asset: Asset) -> None:
    path = f"assets/{asset.pk}/file"
    whole = dave.get(path)
    assert (whole.status_code, body(whole), whole["Content-Type"]) == (200, CONTENT, "image/png")
    assert whole["X-Content-Type-Options"] == "nosniff"
    part = dave.get(path, Range="bytes=10-19")
    assert (part.status_code, body(part), part["Content-Range"]) == (206, CONTENT[10:20], f"bytes 10-19/{len(CONTENT)}")
    assert dave.get(path, If_None_Match=whole["ETag"]).status_code == 304
    assert dave.get(path, Range="bytes=10-19", If_Range='"another"').status_code == 200
    assert dave.get(path, Range="bytes=10-19", If_Range=whole["ETag"]).status_code == 206
    beyond = dave.get(path, Range="bytes=99999-")
    refusal(beyond, 416, "no_such_range")
    assert beyond["Content-Range"] == f"bytes */{len(CONTENT)}"
    saved = dave.get(f"assets/{asset.pk}/download", Accept="image/png")
    assert saved["Content-Disposition"] == 'attachment; filename="the-last-ferry-scene-1-cccccc.png"'
    body(saved)
    thumb = dave.get(f"assets/{asset.pk}/thumb")
    assert (body(thumb), thumb["Content-Type"]) == (b"small", "image/jpeg")
    head = dave("HEAD", path)
    assert (head.status_code, head["Content-Length"], head.content) == (200, str(len(CONTENT)), b"")
    refusal(dave.get(f"assets/{asset.pk}/subtitles.vtt"), 404, "not_found")


def test_subtitles_come_in_the_form_of_browsers(dave: Program, project: Project) -> None:
    key = f"projects/{project.pk}/exports/film.srt"
    default_storage.save(key, ContentFile("1\n00:00:01,500 --> 00:00:02,000\nÖne more.\n".encode()))
    row = Asset.objects.create(
        project=project, kind="export", origin="derived", key=key, media_type="application/x-subrip",
        sha256="d" * 64, size=9,
    )  # fmt: skip
    shown = dave.get(f"assets/{row.pk}/subtitles.vtt")
    assert shown["Content-Type"] == "text/vtt; charset=utf-8"
    assert "00:00:01.500 --> 00:00:02.000\nÖne more." in shown.content.decode()


def test_files_are_listed_filtered_named_and_deleted(
    dave: Program,
    cast: SimpleNamespace,
    project: Project,
    asset: Asset,
    program_of: Callable[..., Program],
    client_of: Callable[..., Client],
) -> None:
    carol, scene = program_of(cast.carol), Scene.objects.get()
    other = add_take(scene.shots.get(), "clip", recipe="x").asset
    Asset.objects.filter(pk=other.pk).update(scene=None, size=5)

    def listed(query: str) -> list[str]:
        answer = dave.get(f"assets?project={project.pk}{query}")
        assert answer.status_code == 200, answer.content
        return [row["name"] for row in answer.json()["results"]]

    clip = f"Clip 1 of {scene.shots.get().label}"
    assert listed("") == [clip, "Fog"]
    assert listed("&ordering=-size") == ["Fog", clip]
    assert listed(f"&folder={scene.pk}") == listed("&kind=image") == listed("&origin=uploaded") == ["Fog"]
    assert listed("&text=fo") == ["Fog"]
    assert listed("&folder=project") == [clip]
    refusal(dave.get(f"assets?project={project.pk}&folder=x"), 400, "invalid")
    path = f"assets/{asset.pk}"
    assert carol.patch(path, {"name": "  Plate\t3 "}).json()["name"] == "Plate 3"
    panel = client_of(cast.dave).get(reverse("scenes:asset", args=[project.pk, asset.pk]), HTTP_HX_REQUEST="true")
    assert "Plate 3" in panel.content.decode()
    assert dave.get(f"assets/{other.pk}/uses").json()[0]["label"].startswith("Clip 1")
    refusal(carol.delete(f"assets/{other.pk}"), 409, "not_possible")
    refusal(program_of(cast.dave).delete(path), 403, "not_allowed")
    assert carol.delete(path).status_code == 204
    refusal(dave.get(f"{path}/file"), 404, "not_found")
    assert listed("") == [clip]


def test_strangers_get_what_does_not_exist(
    cast: SimpleNamespace, asset: Asset, program_of: Callable[..., Program]
) -> None:
    mallory = program_of(cast.mallory)
    for name in ("", "/file", "/thumb", "/download", "/subtitles.vtt", "/uses", "/waveform"):
        theirs, nobodys = mallory.get(f"assets/{asset.pk}{name}"), mallory.get(f"assets/{uuid.uuid4()}{name}")
        assert (theirs.status_code, theirs.content) == (404, nobodys.content), name
    refusal(Program().get(f"assets/{asset.pk}/file"), 401, "not_authenticated")
    refusal(program_of(cast.carol, ["write"]).get(f"assets/{asset.pk}/file"), 403, "scope_missing")


def test_long_lists_take_no_more_questions(dave: Program, project: Project) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert dave.get(f"assets?project={project.pk}").status_code == 200
        return len(seen)

    for shot in add_scenes(project, 1, 3):
        add_take(shot, "still", recipe="x")
    asked()
    few = asked()
    for shot in add_scenes(project, 9, 3):
        add_take(shot, "still", recipe="x")
    assert asked() == few
