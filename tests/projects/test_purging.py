"""What is overdue in the trash goes for good, files included; money stays, and a death in between leaves nothing."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.policies import Right
from generation import purging as engine
from generation import services
from generation.models import Attempt, Entry, Job
from generation.money import books
from generation.states import JobState
from projects import bins
from projects.access import OpenProject, open_project
from projects.deleting import NameDiffers, delete_project, undelete_project
from projects.models import Comment, Event, Project
from projects.trash import TRASH_DAYS
from scenes import storage
from scenes.models import Asset, DiscardedFile, Element, Scene, Script, Shot, Take
from scenes.services import discarding, purging
from scenes.services.scripts import save_script
from tests.conftest import SCRIPT
from tests.projects.test_trash import make_take, put_picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Let every test's first sweep look into the trash."""
    cache.clear()


@pytest.fixture
def managed(cast: SimpleNamespace, project: Project) -> OpenProject:
    """The project, opened by Bob to manage."""
    return open_project(cast.bob, project.pk, Right.MANAGE)


def age(model: Any) -> None:
    model.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - timedelta(days=TRASH_DAYS, minutes=1))


def test_what_is_not_overdue_stays(opened: OpenProject) -> None:
    take = make_take(opened)
    bins.throw_away(opened=opened, kind="take", row=take)
    engine.purge()
    assert Take.objects.exists()
    assert default_storage.exists(take.asset.key)


def test_an_overdue_take_goes_with_its_file_and_thumbnail(opened: OpenProject) -> None:
    take = make_take(opened)
    asset = take.asset
    bins.throw_away(opened=opened, kind="take", row=take)
    age(Take)
    engine.purge()
    assert not Take.objects.exists()
    assert not Asset.objects.filter(pk=asset.pk).exists()
    assert not default_storage.exists(asset.key)
    assert not default_storage.exists(asset.thumbnail_key)
    assert not DiscardedFile.objects.exists()


def test_a_file_that_something_else_stands_on_stays(opened: OpenProject, project: Project) -> None:
    take = make_take(opened)
    mara, _ = Element.objects.get_or_create(project=project, kind="character", name="MARA")
    mara.references.add(take.asset)
    bins.throw_away(opened=opened, kind="take", row=take)
    bins.throw_away(opened=opened, kind="asset", row=take.asset)
    age(Take)
    age(Asset)
    engine.purge()
    assert not Take.objects.exists()
    assert default_storage.exists(take.asset.key)
    assert Asset.objects.get(pk=take.asset_id).deleted_at is None


def test_what_comes_again_is_taken_out_and_its_files_are_kept(opened: OpenProject) -> None:
    asset = put_picture(opened, "b")
    bins.throw_away(opened=opened, kind="asset", row=asset)
    assert put_picture(opened, "b").deleted_at is None
    asset.delete()
    discarding.note_files([asset.key])
    put_picture(opened, "b")
    assert not DiscardedFile.objects.exists()


class Killed(BaseException):
    """The process dies here: no handler of ours may catch it."""


def test_killed_between_row_and_file_the_next_sweep_removes_the_file(
    opened: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes = [make_take(opened, sign) for sign in "ab"]
    for take in takes:
        bins.throw_away(opened=opened, kind="take", row=take)
    age(Take)
    removed: list[str] = []

    def dies_after_one(key: str) -> None:
        if removed:
            raise Killed
        removed.append(key)
        default_storage.delete(key)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "remove", dies_after_one)
        with pytest.raises(Killed):
            engine.purge()
    assert not Take.objects.exists()
    left = [key for take in takes for key in (take.asset.key, take.asset.thumbnail_key) if default_storage.exists(key)]
    assert len(left) == 3
    # Whoever else sweeps leaves it alone for a minute: it may be being removed.
    DiscardedFile.objects.update(due_at=timezone.now())
    cache.clear()
    engine.purge()
    assert not any(default_storage.exists(key) for key in left)
    assert not DiscardedFile.objects.exists()


def test_killed_in_the_middle_of_a_row_nothing_has_happened(
    opened: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = make_take(opened)
    bins.throw_away(opened=opened, kind="take", row=take)
    age(Take)

    def dies(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(DiscardedFile.objects, "bulk_create", dies)
        with pytest.raises(Killed):
            engine.purge()
    assert Take.objects.exists()
    assert Asset.objects.exists()


def test_a_file_that_came_back_under_its_key_is_not_removed(opened: OpenProject) -> None:
    asset = put_picture(opened, "b")
    discarding.note_files([asset.key])
    engine.purge()
    assert default_storage.exists(asset.key)
    assert not DiscardedFile.objects.exists()


def test_what_cannot_be_purged_does_not_stop_the_rest(opened: OpenProject, monkeypatch: pytest.MonkeyPatch) -> None:
    take = make_take(opened)
    bins.throw_away(opened=opened, kind="take", row=take)
    Element.objects.create(project=opened.project, kind="prop", name="Lantern")
    bins.throw_away(opened=opened, kind="element", row=Element.objects.get(name="Lantern"))
    age(Take)
    age(Element)
    monkeypatch.setattr(Take, "delete", lambda self: 1 / 0)
    engine.purge()
    assert Take.objects.exists()
    assert not Element.objects.filter(name="Lantern").exists()


def test_a_project_is_deleted_by_its_name_hidden_and_taken_back(
    cast: SimpleNamespace, managed: OpenProject, project: Project, client_of: Any
) -> None:
    page = f"/projects/{project.pk}/"
    bob = client_of(cast.bob)
    wrong = bob.post(f"{page}delete/", {"name": "The First Ferry"})
    assert wrong.status_code == 422
    assert "The First Ferry" in wrong.text
    assert bob.get(page).status_code == 200
    gone = bob.post(f"{page}delete/", {"name": " the last  FERRY "}, follow=True)
    assert "is in the trash for 30 days" in gone.text
    assert f'data-undo="/trash/{project.pk}/restore/"' in gone.text
    for path in ("", "script/", "storyboard/", "trash/", "delete/"):
        assert bob.get(page + path).status_code == 404, path
    assert "The Last Ferry" in bob.get("/trash/").text
    for person in (cast.carol, cast.dave, cast.mallory):
        assert "The Last Ferry" not in client_of(person).get("/trash/").text
    assert client_of(cast.carol).post(f"/trash/{project.pk}/restore/").status_code == 403
    assert client_of(cast.mallory).post(f"/trash/{project.pk}/restore/").status_code == 404
    back = client_of(cast.alice).post(f"/trash/{project.pk}/restore/", follow=True)
    assert "is back, with everything in it" in back.text
    assert bob.get(page).status_code == 200
    assert bob.post(f"/trash/{project.pk}/restore/").status_code == 404
    types = list(Event.objects.order_by("number").values_list("type", flat=True))
    assert types[-2:] == ["project_deleted", "project_undeleted"]


def test_artists_delete_no_project(cast: SimpleNamespace, project: Project, client_of: Any) -> None:
    answer = client_of(cast.carol).post(f"/projects/{project.pk}/delete/", {"name": project.name})
    assert answer.status_code == 403
    assert Project.objects.get().deleted_at is None


def test_what_was_not_sent_is_cancelled_and_does_not_start(opened: OpenProject, managed: OpenProject) -> None:
    make_take(opened)
    services.make_film(opened=opened)
    assert Attempt.objects.filter(state="queued").exists()
    with pytest.raises(NameDiffers):
        delete_project(opened=managed, typed_name="")
    delete_project(opened=managed, typed_name=managed.project.name)
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.CANCELLED}
    # Even what slipped in between starts nowhere.
    Attempt.objects.update(state="queued", due_at=None)
    Job.objects.update(state="queued", cancel_requested_at=None, input_job=None, after_batch=False)
    account = Attempt.objects.first().account  # type: ignore[union-attr]
    assert not Attempt.objects.startable(account).exists()
    Project.objects.update(deleted_at=None)
    assert Attempt.objects.startable(account).exists()


def test_an_overdue_project_leaves_its_name_and_its_books(
    cast: SimpleNamespace, opened: OpenProject, managed: OpenProject, project: Project, client_of: Any
) -> None:
    take = make_take(opened)
    save_script(opened=opened, text=SCRIPT + "\nMore.\n")
    Comment.objects.create(project=project, author=cast.dave, subject_kind="take", subject_id=take.pk, text="Slower")
    services.make_film(opened=opened)
    delete_project(opened=managed, typed_name=project.name)
    jobs, attempts, entries = (model.objects.count() for model in (Job, Attempt, Entry))
    age(Project)
    engine.purge()
    tomb = Project.objects.get()
    assert (tomb.name, tomb.logline) == ("The Last Ferry", "")
    assert tomb.purged_at is not None
    for model in (Take, Asset, Shot, Scene, Script, Comment, Event, Element, DiscardedFile):
        assert not model.objects.exists(), model
    assert not default_storage.exists(take.asset.key)
    assert (Job.objects.count(), Attempt.objects.count(), Entry.objects.count()) == (jobs, attempts, entries)
    assert not Job.objects.exclude(prompt="").exists()
    assert not books.violations()
    assert "The Last Ferry" not in client_of(cast.bob).get("/trash/").text
    assert client_of(cast.bob).post(f"/trash/{project.pk}/restore/").status_code == 404


def test_killed_at_any_step_a_project_is_emptied_by_the_next_sweeps(
    opened: OpenProject, managed: OpenProject, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [
        key for sign in "abc" for asset in [make_take(opened, sign).asset] for key in (asset.key, asset.thumbnail_key)
    ]
    delete_project(opened=managed, typed_name=project.name)
    age(Project)
    places = ((purging, "_discard_files"), (purging, "_delete_belongings"), (engine, "remove_files"))
    for place, name in places:
        real = getattr(place, name)

        def half(*args: Any, real: Any = real) -> Any:
            real(*args)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(place, name, half)
            with pytest.raises(Killed):
                engine.purge()
        cache.clear()
    engine.purge()
    assert Project.objects.get().purged_at is not None
    assert not any(default_storage.exists(key) for key in keys)
    assert not Scene.objects.exists()


def test_a_project_whose_orders_are_in_doubt_waits(opened: OpenProject, managed: OpenProject, project: Project) -> None:
    make_take(opened)
    services.make_film(opened=opened)
    delete_project(opened=managed, typed_name=project.name)
    job = Job.objects.first()
    assert job is not None
    Job.objects.filter(pk=job.pk).update(state=JobState.UNKNOWN)
    age(Project)
    engine.purge()
    assert Take.objects.exists()


def test_two_undo_one_deletion_once(managed: OpenProject) -> None:
    delete_project(opened=managed, typed_name=managed.project.name)
    delete_project(opened=managed, typed_name=managed.project.name)
    for _ in range(2):
        undelete_project(opened=managed)
    assert Event.objects.filter(type="project_deleted").count() == 1
    assert Event.objects.filter(type="project_undeleted").count() == 1
