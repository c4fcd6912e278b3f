"""Files in a bucket: what browsers send there, what guests are given of it, and what is left of it after a purge or a
death in between: nothing that nobody knows of."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.policies import Right
from generation import purging as engine
from generation import uploads
from generation.uploads import sweep_abandoned
from projects import bins
from projects.access import OpenProject, open_project
from projects.deleting import delete_project
from projects.models import Event, Project
from projects.trash import TRASH_DAYS
from scenes import mirror, storage
from scenes.models import Asset, DiscardedFile, Scene, Sound, Take, Title, Upload
from scenes.services import discarding
from scenes.services.film_cut import change_cut, film_of
from scenes.services.guest_items import Choice
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT
from tests.pages.footage import add_scenes, finish
from tests.pages.guests import at, enter, make_link, store
from tests.projects.test_trash import make_take
from tests.scenes.test_assets import png, with_place

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process dies here: no handler of ours may catch it."""


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Let every test's first sweep look into the trash."""
    cache.clear()


def keys_of(project: Project, folder: str = "") -> list[str]:
    """What lies in the bucket under a project's folder."""
    listed = default_storage.bucket.objects.filter(Prefix=f"projects/{project.pk}/{folder}")  # type: ignore[attr-defined]
    return sorted(one.key for one in listed)


def later(*models: Any, notes: bool = True) -> None:
    """Let the time pass that the trash waits for, and that notes wait for."""
    if notes:
        DiscardedFile.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    for model in models:
        old = timezone.now() - timedelta(days=TRASH_DAYS, minutes=1)
        model.objects.exclude(deleted_at=None).update(deleted_at=old)
    cache.clear()


# --- what browsers send -------------------------------------------------------------------------------------------


def test_a_browser_sends_to_the_bucket_and_we_look_into_it_then(begin, project, cast, client_of):
    data = with_place("PNG", False)
    told = begin(data)
    assert requests.put(told["put"], data=data, timeout=10).status_code == 200
    assert not Asset.objects.exists()
    answer = client_of(cast.carol).post(told["done"])
    asset = Asset.objects.get(pk=answer.json()["asset"])
    assert (asset.original_name, asset.width, asset.origin) == ("fog.png", 64, "uploaded")
    with storage.open_file(asset.key) as file:
        assert b"SpyCam" not in file.read()
    assert keys_of(project, "incoming/") == []
    assert not Upload.objects.exists()


def test_the_bucket_takes_no_other_size_than_was_announced(begin):
    told = begin(b"x" * 100)
    assert requests.put(told["put"], data=b"x" * 200, timeout=10).status_code >= 400


def test_what_is_no_picture_does_not_stay_in_the_bucket(begin, project, cast, client_of):
    data = b"<html>" * 50
    told = begin(data)
    requests.put(told["put"], data=data, timeout=10)
    refused = client_of(cast.carol).post(told["done"])
    assert refused.status_code == 422
    assert keys_of(project, "incoming/") == []
    assert not Asset.objects.exists()
    assert not Upload.objects.exists()


def test_what_never_arrived_is_said(begin, cast, client_of):
    refused = client_of(cast.carol).post(begin(png())["done"])
    assert refused.status_code == 422
    assert "not arrived" in refused.json()["said"]


def test_only_who_began_an_upload_finishes_it(begin, cast, client_of):
    told = begin(png())
    assert client_of(cast.alice).post(told["done"]).status_code == 404
    assert client_of(cast.mallory).post(told["done"]).status_code == 404
    assert Upload.objects.count() == 1


def test_an_abandoned_upload_leaves_nothing(begin, project):
    data = png()
    requests.put(begin(data)["put"], data=data, timeout=10)
    sweep_abandoned()
    assert len(keys_of(project, "incoming/")) == 1
    Upload.objects.update(created_at=timezone.now() - timedelta(hours=7))
    sweep_abandoned()
    assert keys_of(project, "incoming/") == []
    assert not Upload.objects.exists()


@pytest.mark.parametrize("place", ["picture put", "thumbnail put", "stored", "row written", "upload removed"])
def test_who_dies_in_an_upload_leaves_nothing_that_nobody_knows_of(place, begin, project, cast, client_of, monkeypatch):
    data = png()
    told = begin(data)
    requests.put(told["put"], data=data, timeout=10)
    with monkeypatch.context() as patch:
        die_at(place, patch)
        with pytest.raises(Killed):
            client_of(cast.carol).post(told["done"])
    assert Asset.objects.exists() == (place in ("row written", "upload removed"))
    # While its time has not come, the upload can still be finished.
    discarding.remove_files()
    again = client_of(cast.carol).post(told["done"])
    assert again.status_code == (422 if place == "upload removed" else 200)
    asset = Asset.objects.get()
    assert keys_of(project) == sorted([asset.key, asset.thumbnail_key])
    assert Event.objects.filter(type="asset_added").count() == 1
    later()
    discarding.remove_files()
    assert keys_of(project) == sorted([asset.key, asset.thumbnail_key]), "a file was removed that a row stands on"
    assert not DiscardedFile.objects.exists()


@pytest.mark.parametrize("place", ["picture put", "thumbnail put", "stored"])
def test_what_was_stored_and_has_no_row_is_swept(place, begin, project, cast, client_of, monkeypatch):
    data = png()
    told = begin(data)
    requests.put(told["put"], data=data, timeout=10)
    with monkeypatch.context() as patch:
        die_at(place, patch)
        with pytest.raises(Killed):
            client_of(cast.carol).post(told["done"])
    assert keys_of(project)
    Upload.objects.update(created_at=timezone.now() - timedelta(hours=7))
    later()
    sweep_abandoned()
    engine.purge()
    assert keys_of(project) == []
    assert not Asset.objects.exists()
    assert not DiscardedFile.objects.exists()


def die_at(place: str, patch: pytest.MonkeyPatch) -> None:
    """Have the process die right after a step; a dead one clears nothing away."""
    if place != "upload removed":
        patch.setattr(storage, "remove", lambda key: None)
        patch.setattr(Upload, "delete", lambda upload: None)
    if place in ("picture put", "thumbnail put"):
        real_put = storage.put_file

        def put(key: str, path: Any) -> None:
            real_put(key, path)
            if ("thumb" in key) == (place == "thumbnail put"):
                raise Killed

        patch.setattr(storage, "put_file", put)
        return
    places = {"stored": (uploads, "_store"), "row written": (uploads, "keep_file")}
    module, name = places.get(place, (storage, "remove"))
    real = getattr(module, name)

    def half(*args: Any, **named: Any) -> Any:
        real(*args, **named)
        raise Killed

    patch.setattr(module, name, half)


def test_what_comes_by_the_link_after_the_upload_has_ended_is_swept(begin, project, cast, client_of):
    data = png()
    told = begin(data)
    requests.put(told["put"], data=data, timeout=10)
    assert client_of(cast.carol).post(told["done"]).status_code == 200
    requests.put(told["put"], data=data, timeout=10)
    assert len(keys_of(project, "incoming/")) == 1
    later()
    engine.purge()
    assert keys_of(project, "incoming/") == []
    assert len(keys_of(project)) == 2


def test_a_file_comes_again_while_its_old_note_is_worked_off(bucket, opened: OpenProject, monkeypatch) -> None:
    take = make_take(opened)
    discarding.note_files([take.asset.key])
    Take.objects.all().delete()
    Asset.objects.all().delete()
    steps: list[str] = []

    def removed_meanwhile(seconds: float) -> None:
        # What the process does that is removing the file.
        steps.append("waited")
        default_storage.delete(take.asset.key)
        DiscardedFile.objects.filter(being_removed=True).delete()

    def remove(key: str) -> None:
        steps.append("removes")
        discarding.expect_files([key])
        steps.append("expected")

    monkeypatch.setattr("scenes.services.discarding.time.sleep", removed_meanwhile)
    monkeypatch.setattr(storage, "remove", remove)
    noted = DiscardedFile.objects.get()
    discarding.remove_files()
    assert steps == ["removes", "waited", "expected"]
    later_note = DiscardedFile.objects.get()
    assert later_note.pk != noted.pk
    assert later_note.due_at > timezone.now() + timedelta(hours=5), "the new file goes with the old one"


def test_who_expects_a_file_takes_it_from_a_sweep_that_has_just_listed_it(bucket, opened, monkeypatch) -> None:
    take = make_take(opened)
    key = take.asset.key
    Take.objects.all().delete()
    Asset.objects.all().delete()
    discarding.note_files([key])
    listed = list(DiscardedFile.objects.all())
    discarding.expect_files([key])
    assert not discarding._remove(listed[0], used=False)
    assert default_storage.exists(key)


def test_a_removing_that_died_keeps_nobody_waiting_for_ever(bucket, monkeypatch) -> None:
    DiscardedFile.objects.create(key="projects/x", being_removed=True)
    monkeypatch.setattr(discarding, "REMOVING_FOR", timedelta(0))
    discarding.expect_files(["projects/x"])
    assert not DiscardedFile.objects.get().being_removed


# --- the trash ----------------------------------------------------------------------------------------------------


def test_what_is_purged_leaves_the_bucket_and_a_death_in_between_leaves_nothing(
    bucket, opened: OpenProject, project: Project, monkeypatch
) -> None:
    takes = [make_take(opened, sign) for sign in "ab"]
    kept = make_take(opened, "c")
    for take in takes:
        bins.throw_away(opened=opened, kind="take", row=take)
    later(Take)

    with monkeypatch.context() as patch:
        real = storage.remove

        def dies(key: str) -> None:
            real(key)
            raise Killed

        patch.setattr(storage, "remove", dies)
        with pytest.raises(Killed):
            engine.purge()
    images = f"scene-{kept.shot.scene.number}/images/"
    assert len(keys_of(project, images)) == 5
    later()
    engine.purge()
    assert keys_of(project, images) == sorted([kept.asset.key, kept.asset.thumbnail_key])
    assert not DiscardedFile.objects.exists()


def test_a_purged_project_leaves_nothing_in_the_bucket(begin, opened, cast, project, client_of) -> None:
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    take = make_take(opened)
    mirror.sweep_mirrors()
    data = png()
    told = begin(data)
    requests.put(told["put"], data=data, timeout=10)
    assert len(keys_of(project)) == 2 + Scene.objects.count() + 1
    delete_project(opened=open_project(cast.bob, project.pk, Right.MANAGE), typed_name=project.name)
    assert client_of(cast.carol).post(told["done"]).status_code == 404
    mirror.want(take.shot.scene_id)
    later(Project, notes=False)
    engine.purge()
    mirror.sweep_mirrors()
    assert keys_of(project, "incoming/") == keys_of(project)
    # The browser's link still works; what comes by it now is taken as well.
    requests.put(told["put"], data=data, timeout=10)
    later()
    engine.purge()
    assert Project.objects.get().purged_at is not None
    assert keys_of(project) == []
    assert not DiscardedFile.objects.exists()


def test_nothing_is_written_for_a_project_in_the_trash_until_it_is_back(bucket, opened, cast, project) -> None:
    take = make_take(opened)
    mirror.sweep_mirrors()
    before = keys_of(project)
    managed = open_project(cast.bob, project.pk, Right.MANAGE)
    delete_project(opened=managed, typed_name=project.name)
    for key in [one for one in before if one.endswith("scene.json")]:
        storage.remove(key)
    mirror.want(take.shot.scene_id)
    mirror.write(take.shot.scene_id)
    mirror.sweep_mirrors()
    assert not [one for one in keys_of(project) if one.endswith("scene.json")]
    Project.objects.update(deleted_at=None)
    mirror.sweep_mirrors()
    assert [one for one in keys_of(project) if one.endswith("scene.json")]


# --- guests -------------------------------------------------------------------------------------------------------


@pytest.fixture
def footage(bucket: None, project: Project, opened: OpenProject) -> SimpleNamespace:
    """A film of two shots whose files lie in the bucket, with a sound and a title."""
    shots = add_scenes(project, 1, 2)
    finish(shots)
    for asset in Asset.objects.filter(project=project):
        store(asset, asset.key.encode())
    sound = Asset.objects.create(
        project=project, kind="audio", origin="uploaded", media_type="audio/wav", size=4, sha256="e" * 64,
        key=f"projects/{project.pk}/audio/sea.wav", duration_ms=4000,
    )  # fmt: skip
    store(sound, b"waves")
    change_cut(opened=opened, change={"addSound": {"assetId": str(sound.pk), "track": "music"}})
    change_cut(opened=opened, change={"addTitle": {"text": "Last crossing", "startMs": 0, "lengthMs": 2000}})
    assert film_of(project).sounds.count() == 1
    return SimpleNamespace(shots=shots, sound=sound, title=Title.objects.get())


def test_a_guest_plays_the_rough_cut_from_the_bucket(cast, project, footage) -> None:
    link = make_link(project, cast.bob)
    vera = enter(link)
    cut = vera.get(at(link, "cut")).json()
    assert cut["sameOrigin"] is False
    addresses = [shot[kind] for shot in cut["shots"] for kind in ("clip", "still")]
    addresses += [row["src"] for row in (*cut["voices"], *cut["sounds"])]
    assert len(addresses) == 6
    for address in addresses:
        answer = vera.get(address)
        assert answer.status_code == 302, address
        signed = answer.headers["Location"]
        assert "X-Amz-Expires=900" in signed, "the link lives longer than a guest needs it"
        assert "attachment" not in signed
        assert answer.headers["Cache-Control"] == "private, max-age=300"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert requests.get(signed, headers={"Range": "bytes=0-3"}, timeout=10).content in (b"proj", b"wave")
        assert requests.get(signed.partition("?")[0], timeout=10).status_code >= 400, "the bucket is open"
        assert requests.get(signed.replace("X-Amz-Expires=900", "X-Amz-Expires=9000"), timeout=10).status_code >= 400
    heard = requests.get(vera.get(cut["sounds"][0]["src"]).headers["Location"], timeout=10)
    assert heard.content == b"waves"
    assert vera.get(cut["titles"][0]["src"]).headers["Content-Type"] == "image/png"


def test_the_bucket_opens_to_nobody_whom_the_link_does_not_show_it(cast, project, footage, client_of) -> None:
    link = make_link(project, cast.bob)
    still = footage.shots[1].still
    other = make_link(project, cast.bob, name="One take", choice=Choice(take_ids=(still.pk,)))
    vera, walt = enter(link), enter(other, "Walt")
    clip = at(link, "media", footage.shots[0].clip.asset_id, "file")
    assert vera.get(clip).status_code == 302
    assert Client().get(clip).status_code == 404
    assert walt.get(clip).status_code == 404
    assert client_of(cast.mallory).get(clip).status_code == 404
    assert walt.get(at(other, "media", still.asset_id, "file")).status_code == 302
    for asset in (footage.shots[0].clip.asset_id, footage.sound.pk):
        assert walt.get(at(other, "media", asset, "file")).status_code == 404
    assert vera.get(at(link, "media", footage.sound.pk, "download")).status_code == 404
    assert client_of(cast.mallory).get(reverse("scenes:media", args=[footage.sound.pk, "file"])).status_code == 404
    Sound.objects.update(deleted_at=timezone.now())
    assert vera.get(at(link, "media", footage.sound.pk, "file")).status_code == 404, "it is in the film no more"


def test_a_guest_sees_nothing_of_what_is_in_the_trash_or_purged(cast, project, footage) -> None:
    opened = open_project(cast.carol, project.pk, Right.CREATE)
    take = footage.shots[0].still
    link = make_link(project, cast.bob, choice=Choice(take_ids=(take.pk, footage.shots[1].still_id)))
    vera = enter(link)
    address = at(link, "media", take.asset_id, "file")
    assert vera.get(address).status_code == 302
    bins.throw_away(opened=opened, kind="take", row=take)
    assert vera.get(address).status_code == 404
    later(Take)
    engine.purge()
    assert take.asset.key not in keys_of(project)
    assert vera.get(address).status_code == 404
    assert [one["subjectId"] for one in vera.get(at(link, "items")).json()["shots"]] == [str(footage.shots[1].still_id)]
    delete_project(opened=open_project(cast.bob, project.pk, Right.MANAGE), typed_name=project.name)
    assert vera.get(at(link, "media", footage.shots[1].still.asset_id, "file")).status_code == 404
    later(Project)
    engine.purge()
    assert vera.get(at(link, "items")).status_code == 404
    assert keys_of(project) == []
