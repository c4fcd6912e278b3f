"""Stored files: folders, pages, names, the trash; and how files come in, through us and straight to the bucket."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from generation.media import clean_copy, metadata
from projects.bins import restore, throw_away
from projects.models import Project
from scenes import files, storage
from scenes.files import Wanted
from scenes.models import Asset, Film, Render, Sound, Upload
from scenes.services import assets, elements
from scenes.services.assets import AssetError
from tests.media.conftest import run_ffmpeg
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


def url(name: str, project: Project, *more: Any) -> str:
    return reverse(name, args=[project.pk, *more])


def keep(project: Project, name: str, **more: Any) -> Asset:
    values = {
        "kind": "image", "origin": "uploaded", "media_type": "image/png", "size": 9, "sha256": "a" * 64,
        "key": f"projects/{project.pk}/images/{name}", "original_name": name,
    }  # fmt: skip
    asset: Asset = Asset.objects.create(project=project, **values | more)
    return asset


def png(**options: Any) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((64, 36), 60).convert("RGB").save(file, "PNG", **options)
    return file.getvalue()


def upload(client: Any, project: Project, data: bytes, name: str, folder: str = "") -> Any:
    return client.post(
        url("generation:asset_upload", project), {"file": SimpleUploadedFile(name, data), "folder": folder}
    )


# --- folders and pages --------------------------------------------------------------------------------------------


def test_folders_tell_how_many_and_how_large(project, opened):
    shot = add_scenes(project, 2, 1)[0]
    keep(project, "one", scene=shot.scene, size=100)
    keep(project, "two", scene=shot.scene, size=50, kind="audio")
    keep(project, "whole", size=7)
    thrown = keep(project, "thrown", size=1000)
    assets.delete_asset(opened=opened, asset=thrown)
    first, second, whole = files.folders(project)
    assert (first.count, first.size, first.kinds) == (2, 150, (("image", 1, 100), ("audio", 1, 50)))
    assert (second.count, second.size) == (0, 0)
    assert (whole.id, whole.count, whole.size) == (files.WHOLE, 1, 7)


@pytest.mark.parametrize("sort", sorted(files.SORTS))
def test_pages_follow_each_other_without_a_gap_in_every_order(project, sort):
    for number in range(150):
        keep(project, f"{number % 7}-{number}", size=number % 5, duration_ms=number % 3 or None)
    seen, after = [], ""
    while True:
        page = files.page(project, Wanted(sort=sort, after=after))
        seen += [row.asset.pk for row in page.rows]
        after = page.next
        if not after:
            break
    assert len(seen) == len(set(seen)) == 150


def test_a_mark_that_nobody_made_begins_at_the_beginning(project):
    keep(project, "one")
    for mark in ("x", "e30=", "WyJuZXciLCAieCIsICJ5Il0=", "🐍"):
        assert len(files.page(project, Wanted(after=mark)).rows) == 1
    assert files.page(project, Wanted(folder="nowhere")).rows == ()


def test_three_thousand_files_cost_no_more_questions_than_three(
    project, cast, client_of, django_assert_max_num_queries
):
    scenes = [shot.scene for shot in add_scenes(project, 10, 1)]
    Asset.objects.bulk_create(
        Asset(project=project, scene=scenes[number % 10], kind="image", origin="generated", media_type="image/png",
              size=9, sha256="b" * 64, key=f"k{number}")
        for number in range(3000)
    )  # fmt: skip
    client = client_of(cast.dave)
    with django_assert_max_num_queries(10):
        page = client.get(url("scenes:assets", project)).content.decode()
    assert page.count('class="asset"') == files.PAGE
    with django_assert_max_num_queries(10):
        client.get(url("scenes:assets", project), {"text": "x", "sort": "size"}, headers=FRAGMENT)


def test_renderings_are_called_what_people_call_them(project, cast, client_of, django_assert_max_num_queries):
    film = Film.objects.create(project=project, title="The Last Ferry")
    for number in (1, 2):
        size = {"width": 1920, "height": 1080}
        unnamed = {"kind": "export", "origin": "derived", "original_name": ""}
        picture = keep(project, f"{number}.mp4", **unnamed, **size, media_type="video/mp4")
        subtitles = keep(project, f"{number}.srt", **unnamed, media_type="application/x-subrip")
        Render.objects.create(film=film, number=number, asset=picture, subtitles=subtitles)
    named = keep(project, "For the client", kind="export", origin="derived", media_type="video/mp4")
    Render.objects.create(film=film, number=3, asset=named)
    client = client_of(cast.dave)
    with django_assert_max_num_queries(10):
        page = client.get(url("scenes:assets", project)).text
    for words in ("Rendering 1 · 1080p · ", "Rendering 2 · 1080p · ", "Subtitles of rendering 2 · ", "For the client"):
        assert words in page, words
    assert "Export " not in page
    second = Render.objects.get(number=2)
    assert "Rendering 2 · 1080p" in client.get(url("scenes:asset", project, second.asset_id), headers=FRAGMENT).text
    assert client_of(cast.mallory).get(url("scenes:asset", project, second.asset_id)).status_code == 404


def test_a_file_has_a_conversation(project, cast, client_of):
    row = keep(project, "bell.wav", kind="audio")
    talk = url("projects:comments", project, "asset", row.pk)
    assert f'hx-get="{talk}"' in client_of(cast.dave).get(url("scenes:asset", project, row.pk), headers=FRAGMENT).text
    said = client_of(cast.dave).post(talk, {"text": "Too loud."}, headers=FRAGMENT)
    assert "Too loud." in said.text
    assert "Too loud." in client_of(cast.carol).get(talk, headers=FRAGMENT).text
    assert client_of(cast.mallory).get(talk, headers=FRAGMENT).status_code == 404
    assert client_of(cast.mallory).post(talk, {"text": "Mine."}, headers=FRAGMENT).status_code == 404


def test_files_are_found_by_name_kind_and_origin(project, cast, client_of):
    keep(project, "Fog over the harbour.png")
    keep(project, "bell.wav", kind="audio", origin="generated")
    client = client_of(cast.dave)
    for query, there, away in (
        ({"text": "fog"}, "Fog over", "bell.wav"),
        ({"kind": "audio"}, "bell.wav", "Fog over"),
        ({"origin": "generated"}, "bell.wav", "Fog over"),
    ):
        page = client.get(url("scenes:assets", project), query, headers=FRAGMENT).content.decode()
        assert there in page
        assert away not in page
    assert "No file is like that" in client.get(url("scenes:assets", project), {"text": "zzz"}).content.decode()


# --- one file -----------------------------------------------------------------------------------------------------


def test_a_file_is_called_something_else_and_keeps_its_key(project, cast, client_of):
    asset = keep(project, "IMG_1.png")
    address = url("scenes:asset_rename", project, asset.pk)
    page = client_of(cast.carol).post(address, {"name": " The <b>fog</b>\u202e "}, headers=FRAGMENT)
    assert "The &lt;b&gt;fog&lt;/b&gt;" in page.content.decode()
    before = asset.key
    asset.refresh_from_db()
    assert (asset.original_name, asset.key) == ("The <b>fog</b>", before)
    refused = client_of(cast.carol).post(address, {"name": "x" * 201}, headers=FRAGMENT)
    assert refused.status_code == 422
    assert "x" * 201 in refused.content.decode()


def test_what_is_in_use_is_not_deleted_and_it_is_said_where(project, opened, cast, client_of):
    shot = add_scenes(project, 1, 1)[0]
    take = add_take(shot, "still")
    mara = elements.create_element(opened=opened, kind="character", name="MARA")
    shown = keep(project, "mara.png")
    elements.add_picture(opened=opened, element=mara, asset=shown)
    named = keep(project, "ref.png")
    shot.clip_settings = {"references": [str(named.pk)]}
    shot.save()
    heard = keep(project, "waves.wav")
    film = Film.objects.create(project=project, title="x")
    Sound.objects.create(film=film, asset=heard, track="music", start_ms=0, length_ms=500)
    for asset, words in (
        (heard, "Music of the film"),
        (take.asset, "Still 1 of shot 1A"),
        (shown, "A picture of Mara"),
        (named, "A reference of shot 1A"),
    ):
        answer = client_of(cast.carol).post(url("scenes:asset_delete", project, asset.pk), headers=FRAGMENT)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        with pytest.raises(AssetError, match=words):
            assets.delete_asset(opened=opened, asset=asset)
    assert not Asset.objects.trashed().exists()


def test_what_comes_back_brings_its_file_along(project, opened):
    film, heard = Film.objects.create(project=project, title="x"), keep(project, "waves.wav")
    sound = Sound.objects.create(film=film, asset=heard, track="music", start_ms=0, length_ms=500)
    throw_away(opened=opened, kind="sound", row=sound)
    assets.delete_asset(opened=opened, asset=heard)
    restore(opened=opened, kind="sound", row_id=sound.pk)
    assert Asset.objects.kept().filter(pk=heard.pk).exists()


def test_a_deleted_file_comes_back_by_undo(project, cast, client_of):
    asset = keep(project, "fog.png")
    carol = client_of(cast.carol)
    answer = carol.post(url("scenes:asset_delete", project, asset.pk), headers=FRAGMENT)
    undo = url("projects:trash_restore", project, "asset", asset.pk)
    assert undo in answer.headers["HX-Trigger"]
    assert "fog.png" not in carol.get(url("scenes:assets", project)).content.decode()
    carol.post(undo)
    assert "fog.png" in carol.get(url("scenes:assets", project)).content.decode()


# --- coming in ----------------------------------------------------------------------------------------------------


def test_a_bad_file_among_good_ones_stops_none_of_them(project, cast, client_of):
    shot = add_scenes(project, 1, 1)[0]
    carol = client_of(cast.carol)
    good = upload(carol, project, png(), "good.png", str(shot.scene_id))
    bad = upload(carol, project, b"<svg onload=alert(1)>", "bad.png", str(shot.scene_id))
    other = upload(carol, project, png(), "other.png")
    assert (good.status_code, bad.status_code, other.status_code) == (200, 422, 200)
    assert "JPEG, PNG or WebP" in bad.json()["said"]
    first, second = Asset.objects.order_by("created_at")
    assert (first.original_name, first.scene, second.scene) == ("good.png", shot.scene, None)
    assert first.key.startswith(f"projects/{project.pk}/scene-1/images/")


def test_a_folder_of_another_project_takes_nothing(project, cast, client_of):
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Hers")
    scene = add_scenes(hers, 1, 1)[0].scene
    for name in ("generation:asset_upload", "generation:upload_begin"):
        data = {"folder": str(scene.pk), "size": "9", "file": SimpleUploadedFile("a.png", png())}
        assert client_of(cast.carol).post(url(name, project), data).status_code == 404
    assert not Asset.objects.exists()


def test_a_file_that_was_thrown_away_and_is_brought_again_is_there_again(project, opened, cast, client_of):
    data, carol = png(), client_of(cast.carol)
    asset = Asset.objects.get(pk=upload(carol, project, data, "fog.png").json()["asset"])
    assets.delete_asset(opened=opened, asset=asset)
    assert upload(carol, project, data, "fog.png").json()["asset"] == str(asset.pk)
    assert Asset.objects.kept().filter(pk=asset.pk).exists()


def with_place(format_name: str, turned: bool) -> bytes:
    """Return a picture that says where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "SpyCam"
    exif.get_ifd(0x8825)[1] = "N"
    if turned:
        exif[0x0112] = 6
    file = io.BytesIO()
    Image.effect_noise((64, 36), 60).convert("RGB").save(file, format_name, exif=exif, comment=b"SpyCam")
    return file.getvalue()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_where_a_picture_was_taken_stays_with_who_took_it(format_name, turned, project, cast, client_of):
    data = with_place(format_name, turned)
    assert b"SpyCam" in data
    answer = upload(client_of(cast.carol), project, data, "holiday.jpg")
    asset = Asset.objects.get(pk=answer.json()["asset"])
    with storage.open_file(asset.key) as file:
        stored = file.read()
    assert b"SpyCam" not in stored
    with Image.open(io.BytesIO(stored)) as picture:
        assert not dict(picture.getexif())
        assert picture.size == ((36, 64) if turned else (64, 36)) == (asset.width, asset.height)
        if not turned:
            assert picture.tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_a_picture_without_metadata_is_kept_byte_for_byte(tmp_path):
    path = tmp_path / "plain"
    for name, media_type in (("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")):
        Image.effect_noise((64, 36), 60).convert("RGB").save(path, name)
        assert metadata.strip(path, media_type, tmp_path / "clean") is False


@pytest.mark.parametrize("name", ["holiday.mp4", "memo.m4a"])
def test_where_a_film_or_sound_was_made_stays_with_who_made_it(name, tmp_path, project, cast, client_of):
    source = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=24", "-f", "lavfi", "-i", "sine")
    tags = ("-metadata", "location=+48.8584+002.2945/", "-metadata", "title=SpyCam")
    path = tmp_path / name
    run_ffmpeg(*source, "-t", "1", *(("-map", "1") if name == "memo.m4a" else ()), *tags, str(path))
    assert b"SpyCam" in path.read_bytes()
    asset = Asset.objects.get(pk=upload(client_of(cast.carol), project, path.read_bytes(), name).json()["asset"])
    with storage.open_file(asset.key) as file:
        stored = file.read()
    assert b"SpyCam" not in stored
    assert b"48.8584" not in stored
    assert asset.sha256 == hashlib.sha256(stored).hexdigest()
    assert asset.size == len(stored)
    assert asset.duration_ms == 1000


def test_a_film_that_cannot_be_cleaned_is_refused_with_a_sentence(tmp_path, project, cast, client_of, monkeypatch):
    def fails(*given, **more):
        raise clean_copy.StillTells("a secret path")

    monkeypatch.setattr(clean_copy, "copy_clean", fails)
    path = tmp_path / "a.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x36:r=24", "-t", "1", str(path))
    answer = upload(client_of(cast.carol), project, path.read_bytes(), "a.mp4")
    assert answer.status_code == 422
    assert "Export it as MP4" in answer.json()["said"]
    assert "secret" not in answer.text
    assert not Asset.objects.exists()


def test_on_a_local_disk_files_come_through_us(project, cast, client_of):
    answer = client_of(cast.carol).post(url("generation:upload_begin", project), {"name": "a.png", "size": "9"})
    assert answer.json() == {"send": url("generation:asset_upload", project)}
    assert not Upload.objects.exists()
    for size in ("0", "-1", "x", str(501 * 1024 * 1024)):
        refused = client_of(cast.carol).post(url("generation:upload_begin", project), {"name": "a", "size": size})
        assert refused.status_code == 422
