"""The trash: what goes in, who takes it out, and that nobody else sees it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import Http404
from django.test import AsyncClient, Client
from django.utils import timezone
from PIL import Image

from accounts.policies import Right
from projects import bins
from projects.access import OpenProject, open_project
from projects.models import Comment, Event, Project
from projects.trash import TRASH_DAYS
from scenes.models import Asset, Element, Shot, Take
from scenes.services.scripts import apply_breakdown, save_script
from scenes.services.takes import StoredFile, add_asset, add_take
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def put_picture(opened: OpenProject, sign: str, *, shot: Shot | None = None) -> Asset:
    """Store a picture with a thumbnail; ``sign`` is a letter that its hash is made of."""
    picture = io.BytesIO()
    Image.new("RGB", (32, 18)).save(picture, "PNG")
    scene = shot.scene if shot else None
    folder = f"scene-{scene.number}/images" if scene else "images"
    key = f"projects/{opened.project.pk}/{folder}/{sign * 32}.png"
    for name in (key, key.replace(".png", ".thumb.jpg")):
        default_storage.save(name, ContentFile(picture.getvalue()))
    stored = StoredFile(
        key=key, kind="image", media_type="image/png", sha256=sign * 64, size=99,
        thumbnail_key=key.replace(".png", ".thumb.jpg"),
    )  # fmt: skip
    return add_asset(
        project_id=opened.project.pk, scene=scene, file=stored, origin="uploaded", author=opened.user.pk, name=sign
    )


def make_take(opened: OpenProject, sign: str = "a") -> Take:
    """Give the first shot a still; it becomes the select."""
    if not Shot.objects.of(opened.project).exists():
        script = save_script(opened=opened, text=SCRIPT)
        apply_breakdown(opened=opened, version=script.version)
    shot = Shot.objects.of(opened.project)[0]
    asset = put_picture(opened, sign, shot=shot)
    return add_take(
        shot=shot, line=None, kind="still", asset=asset, mezzanine=None, attempt_id=None, recipe="",
        fingerprint="", inputs={}, author=opened.user.pk,
    )  # fmt: skip


@pytest.fixture
def take(opened: OpenProject) -> Take:
    """The first shot's still."""
    return make_take(opened)


@pytest.fixture
def page(project: Project) -> str:
    """The trash's address."""
    return f"/projects/{project.pk}/trash/"


def restore_address(project: Project, kind: str, row: Any) -> str:
    return f"/projects/{project.pk}/trash/{kind}/{row.pk}/"


def test_an_empty_trash_says_what_comes_here(cast: SimpleNamespace, page: str, client_of: Any) -> None:
    assert "The trash is empty" in client_of(cast.dave).get(page).text


def test_a_deleted_take_is_no_select_and_comes_back_where_nothing_took_its_place(
    cast: SimpleNamespace, opened: OpenProject, project: Project, take: Take, page: str, client_of: Any
) -> None:
    assert Shot.objects.get(pk=take.shot_id).still_id == take.pk
    assert bins.throw_away(opened=opened, kind="take", row=take)
    assert not bins.throw_away(opened=opened, kind="take", row=take)
    assert Shot.objects.get(pk=take.shot_id).still_id is None
    assert not Take.objects.of(project).exists()
    shown = client_of(cast.carol).get(page).text
    assert "Still 1 of shot 1A" in shown
    assert "Deleted by Carol" in shown
    assert "29 days left" in shown
    answer = client_of(cast.bob).post(restore_address(project, "take", take), follow=True)
    assert "Still 1 of shot 1A is back." in answer.text
    assert Take.objects.of(project).get() == take
    assert Shot.objects.get(pk=take.shot_id).still_id == take.pk
    told = [
        (event.type, event.payload["label"], event.actor and event.actor.name)
        for event in Event.objects.order_by("-number")[:2]
    ]
    assert told == [
        ("thing_restored", "Still 1 of shot 1A", "Bob"),
        ("thing_deleted", "Still 1 of shot 1A", "Carol"),
    ]


def test_a_fragment_that_restores_says_so_in_its_header(
    cast: SimpleNamespace, opened: OpenProject, project: Project, take: Take, client_of: Any
) -> None:
    bins.throw_away(opened=opened, kind="take", row=take)
    answer = client_of(cast.carol).post(restore_address(project, "take", take), **HTMX)
    assert answer.status_code == 204
    assert "is back" in answer.headers["HX-Trigger"]


def test_who_may_only_look_restores_nothing(
    cast: SimpleNamespace, opened: OpenProject, project: Project, take: Take, page: str, client_of: Any
) -> None:
    bins.throw_away(opened=opened, kind="take", row=take)
    dave = client_of(cast.dave)
    assert "Restore" not in dave.get(page).text.split('id="trash"')[1]
    answer = dave.post(restore_address(project, "take", take))
    assert answer.status_code == 403
    assert "artist role" in answer.text
    dave.post(f"{page}restore/", {"kind": "take"})
    assert client_of(cast.mallory).post(restore_address(project, "take", take)).status_code == 404
    assert Take.objects.get().deleted_at is not None
    seen, row = open_project(cast.dave, project.pk, Right.SEE), Take.objects.get()
    with pytest.raises(PermissionDenied):
        bins.throw_away(opened=seen, kind="take", row=row)


def test_another_teams_things_are_not_reached_through_an_own_project(
    cast: SimpleNamespace, opened: OpenProject, take: Take, client_of: Any
) -> None:
    bins.throw_away(opened=opened, kind="take", row=take)
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Mine", created_by=cast.mallory)
    assert client_of(cast.mallory).post(restore_address(hers, "take", take)).status_code == 404
    assert client_of(cast.mallory).post(restore_address(hers, "rubbish", take)).status_code == 404
    assert Take.objects.get().deleted_at is not None


def test_comments_come_back_for_their_author_and_for_who_manages(
    cast: SimpleNamespace, project: Project, page: str, client_of: Any
) -> None:
    by_dave = open_project(cast.dave, project.pk, Right.COMMENT)
    comment = Comment.objects.create(
        project=project, author=cast.dave, subject_kind="project", subject_id=project.pk, text="<b>Slower</b>"
    )
    bins.throw_away(opened=by_dave, kind="comment", row=comment)
    assert "&lt;b&gt;Slower&lt;/b&gt;" in client_of(cast.carol).get(page).text
    assert client_of(cast.carol).post(restore_address(project, "comment", comment)).status_code == 403
    assert client_of(cast.dave).post(restore_address(project, "comment", comment)).status_code == 302
    bins.throw_away(opened=by_dave, kind="comment", row=Comment.objects.get())
    assert client_of(cast.bob).post(restore_address(project, "comment", comment)).status_code == 302
    assert Comment.objects.of(project).count() == 1


def test_restore_all_brings_back_all_of_a_kind(
    cast: SimpleNamespace, opened: OpenProject, project: Project, take: Take, page: str, client_of: Any
) -> None:
    element = Element.objects.create(project=project, kind="prop", name="Lantern")
    loose = put_picture(opened, "b")
    for kind, row in (("take", take), ("element", element), ("asset", loose)):
        bins.throw_away(opened=opened, kind=kind, row=row)
    carol = client_of(cast.carol)
    for kind in ("take", "element", "asset"):
        answer = carol.post(f"{page}restore/", {"kind": kind}, follow=True)
        assert "1 thing is back." in answer.text
    assert carol.post(f"{page}restore/", {"kind": "rubbish"}).status_code == 404
    assert "The trash is empty" in answer.text
    assert not Asset.objects.trashed().exists()


def test_after_thirty_days_nothing_is_offered(
    cast: SimpleNamespace, opened: OpenProject, project: Project, take: Take, page: str, client_of: Any
) -> None:
    bins.throw_away(opened=opened, kind="take", row=take)
    Take.objects.update(deleted_at=timezone.now() - timedelta(days=TRASH_DAYS, seconds=1))
    assert "The trash is empty" in client_of(cast.carol).get(page).text
    with pytest.raises(Http404):
        bins.restore(opened=opened, kind="take", row_id=take.pk)


def test_files_in_the_trash_are_not_served(
    cast: SimpleNamespace, opened: OpenProject, take: Take, client_of: Any
) -> None:
    def status(person: Any, asset: Asset, name: str) -> int:
        client = AsyncClient()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return int(async_to_sync(client.get)(f"/media/{asset.pk}/{name}").status_code)

    loose = put_picture(opened, "b")
    for asset in (take.asset, loose):
        assert [status(cast.dave, asset, name) for name in ("file", "thumb")] == [200, 200]
    bins.throw_away(opened=opened, kind="take", row=take)
    bins.throw_away(opened=opened, kind="asset", row=loose)
    for asset in (take.asset, loose):
        # Who may take it back sees what it is; the file itself is for nobody.
        assert [status(cast.carol, asset, name) for name in ("file", "download", "thumb")] == [404, 404, 200]
        assert [status(cast.dave, asset, name) for name in ("file", "thumb")] == [404, 404]
        assert status(cast.mallory, asset, "thumb") == 404
    bins.restore(opened=opened, kind="take", row_id=take.pk)
    assert status(cast.dave, take.asset, "file") == 200


def test_a_file_that_another_take_shows_is_served(cast: SimpleNamespace, opened: OpenProject, take: Take) -> None:
    twin = add_take(
        shot=take.shot, line=None, kind="still", asset=take.asset, mezzanine=None, attempt_id=None, recipe="",
        fingerprint="", inputs={}, author=None,
    )  # fmt: skip
    bins.throw_away(opened=opened, kind="take", row=take)
    client = AsyncClient()
    client.force_login(cast.dave, backend="django.contrib.auth.backends.ModelBackend")
    assert async_to_sync(client.get)(f"/media/{twin.asset_id}/file").status_code == 200


def test_the_page_asks_as_often_for_many_things_as_for_few(
    cast: SimpleNamespace,
    opened: OpenProject,
    project: Project,
    take: Take,
    page: str,
    client_of: Callable[[Any], Client],
    django_assert_max_num_queries: Any,
) -> None:
    bins.throw_away(opened=opened, kind="take", row=take)
    for number in range(30):
        element = Element.objects.create(project=project, kind="prop", name=f"Lantern {number}" + "x" * 150)
        bins.throw_away(opened=opened, kind="element", row=element)
        asset = put_picture(opened, "cdef"[number % 4]) if number < 4 else None
        if asset:
            bins.throw_away(opened=opened, kind="asset", row=asset)
    client = client_of(cast.carol)
    client.get(page)
    with django_assert_max_num_queries(10):
        assert client.get(f"{page}?kind=element").text.count("Restore ") >= 30
