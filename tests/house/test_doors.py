"""Every address, asked for by everybody. An address without a row here fails, so that none is forgotten."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient, Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from PIL import Image

from accounts.models import Membership, Role, User
from accounts.policies import Right, grants
from accounts.services import create_team
from generation import services
from generation.models import Batch, Job
from generation.states import JobState
from projects.access import open_project
from projects.models import Project
from scenes.models import Asset, Shot, Take
from scenes.services.scripts import apply_breakdown, save_script
from scenes.services.takes import StoredFile, add_asset, add_take
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db

OPEN = "open"  # anybody may ask
MEMBERS = "members"  # anybody who is logged in may ask; what they see is their own


@dataclass(frozen=True)
class Row:
    """Who may do something: a right in the project, or one of the words above."""

    needs: Right | str
    post: dict[str, Any] | None = None


see, create, spend, manage = (Row(right) for right in (Right.SEE, Right.CREATE, Right.SPEND, Right.MANAGE))

ROWS: dict[str, tuple[Row, ...]] = {
    "projects:home": (Row(MEMBERS),),
    "projects:create": (Row(MEMBERS),),
    "projects:detail": (see,),
    "projects:activity": (see,),
    "projects:settings": (manage, Row(Right.MANAGE, {"name": ""})),
    "projects:archive": (Row(Right.MANAGE, {}),),
    "projects:restore": (Row(Right.MANAGE, {}),),
    "scenes:start": (Row(MEMBERS, {}),),
    "scenes:script": (see, Row(Right.CREATE, {"text": "INT. ROOM - DAY\n\nRain.", "version": "1"})),
    "scenes:script_import": (Row(Right.CREATE, {}),),
    "scenes:script_preview": (Row(Right.SEE, {"text": "INT. ROOM - DAY"}),),
    "scenes:breakdown": (see, Row(Right.CREATE, {"version": "1"})),
    "scenes:paragraph_scenes": (Row(Right.CREATE, {"version": "1"}),),
    "scenes:storyboard": (see,),
    "scenes:shots_order": (Row(Right.CREATE, {}),),
    "scenes:shot": (see,),
    "scenes:shot_card": (see,),
    "scenes:shot_edit": (Row(Right.CREATE, {}),),
    "scenes:shot_place": (Row(Right.CREATE, {}),),
    "scenes:select_take": (Row(Right.CREATE, {}),),
    "scenes:film": (see,),
    "scenes:media": (see,),
    "generation:jobs": (see,),
    "generation:nav_badge": (see,),
    "generation:job_row": (see,),
    "generation:cancel": (Row(Right.SPEND, {}),),
    "generation:retry": (Row(Right.SPEND, {}),),
    "generation:batch_head": (see,),
    "generation:cancel_batch": (Row(Right.SPEND, {}),),
    "generation:retry_failed": (Row(Right.SPEND, {}),),
    "generation:approve": (Row(Right.MANAGE, {}),),
    "generation:decline": (Row(Right.MANAGE, {}),),
    "generation:unknown": (see, Row(Right.MANAGE, {})),
    "generation:unknown_evidence": (see,),
    "generation:preferences": (manage, Row(Right.MANAGE, {"approval_limit": "x"})),
    "generation:costs": (see,),
    "generation:forecast": (see,),
    "generation:project_budget": (Row(Right.MANAGE, {"cap": "x"}),),
    "generation:ledger": (see,),
    "generation:team_costs": (manage,),
    "generation:team_budget": (Row(Right.MANAGE, {"cap": "x"}),),
    "generation:team_ledger": (manage,),
    "generation:estimate": (see,),
    "generation:savings": (see,),
    "generation:generate": (Row(Right.SPEND, {}),),
    "generation:make_film": (Row(Right.SPEND, {}),),
    "generation:render": (Row(Right.SPEND, {}),),
    "generation:rendering": (see,),
    "generation:board": (see,),
    "generation:making": (see,),
    "generation:cut": (see,),
    "generation:upload": (Row(Right.CREATE, {}),),
    "generation:choice": (see, Row(Right.CREATE, {"model": "animatic-still"})),
    "generation:choice_models": (see,),
    "generation:at_hand": (see,),
    "generation:bring": (Row(Right.CREATE, {}),),
    "generation:use_again": (Row(Right.CREATE, {}),),
    "generation:take_inputs": (see,),
    "generation:try": (see, Row(Right.SPEND, {})),
    "generation:try_form": (Row(Right.SEE, {}),),
    "generation:try_models": (see,),
    "generation:try_job": (see,),
    "generation:try_send": (Row(Right.CREATE, {}),),
    "providers:overview": (manage,),
    "providers:fallback": (Row(Right.OWN, {}),),
    "providers:key": (Row(Right.OWN, {}),),
    "providers:remove_key": (Row(Right.OWN, {}),),
    "providers:test": (Row(Right.MANAGE, {}),),
    "providers:resume": (Row(Right.OWN, {}),),
    "providers:move": (Row(Right.OWN, {}),),
}

# Django's and allauth's own pages have doors of their own: staff, and the person's own account.
# The hooks have a door of their own: a secret in the address (tests/security/test_webhooks.py).
FOREIGN = ("admin:", "account_", "hooks:")


def _names(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


def test_every_address_has_a_row() -> None:
    names = {name for name in _names(get_resolver().url_patterns) if not name.startswith(FOREIGN)}
    assert names == set(ROWS)


@dataclass
class World:
    """A project with one of everything, and its addresses."""

    project: Project
    ids: dict[str, Any]

    def address(self, name: str, **others: Any) -> str:
        """Return an address of the project's, with some ids replaced."""
        wanted = {**self.ids, **others}
        for pattern in _patterns():
            if pattern[0] == name:
                return reverse(name, kwargs={key: wanted[key] for key in pattern[1]})
        raise LookupError(name)


def _patterns() -> list[tuple[str, tuple[str, ...]]]:
    found = []

    def walk(patterns: list[Any], namespace: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
            else:
                found.append((f"{namespace}{pattern.name}", tuple(pattern.pattern.converters)))

    walk(get_resolver().url_patterns, "")
    return found


@pytest.fixture
def make_world(settings: Any, tmp_path: Any) -> Callable[[Project, User], World]:
    """Return a function that fills a project."""

    def make(project: Project, owner: User) -> World:
        opened = open_project(owner, project.pk, Right.CREATE)
        script = save_script(opened=opened, text=SCRIPT)
        apply_breakdown(opened=opened, version=script.version)
        shot = Shot.objects.of(project)[0]
        picture = io.BytesIO()
        Image.new("RGB", (32, 18)).save(picture, "PNG")
        key = f"projects/{project.pk}/scene-{shot.scene.number}/images/{'a' * 32}.png"
        default_storage.save(key, ContentFile(picture.getvalue()))
        stored = StoredFile(key=key, kind="image", media_type="image/png", sha256="a" * 64, size=99)
        asset: Asset = add_asset(
            project_id=project.pk, scene=shot.scene, file=stored, origin="uploaded", author=owner.pk
        )
        take: Take = add_take(
            shot=shot, line=None, kind="still", asset=asset, mezzanine=None, attempt_id=None, recipe="",
            fingerprint="", inputs={}, author=owner.pk,
        )  # fmt: skip
        batch: Batch = services.make_film(opened=opened)
        job: Job = batch.jobs.all()[0]
        trial = Job.objects.create(
            project=project, team_id=project.team_id, batch=batch, operation="text_to_image", provider="animatic",
            model="animatic-still", recipe="a" * 64, fingerprint=f"{project.pk}",
        )  # fmt: skip
        ids = {
            "team_id": project.team_id,
            "project_id": project.pk, "scene_id": shot.scene_id, "shot_id": shot.pk, "take_id": take.pk,
            "job_id": job.pk, "batch_id": batch.pk, "asset_id": asset.pk, "name": "file", "kind": "still",
            "provider": "runway",
            "trial_id": trial.pk,
        }  # fmt: skip
        return World(project, ids)

    return make


@pytest.fixture
def people(cast: SimpleNamespace) -> dict[str, User | None]:
    """Everybody, the visitor and somebody who was removed included."""
    removed = User.objects.create_user("removed@example.com", "x")
    Membership.objects.create(team=cast.team, user=removed, role=Role.OWNER)
    Membership.objects.filter(user=removed).delete()
    create_team(name="Elsewhere", owner=removed)
    return {
        "visitor": None, "stranger": cast.mallory, "removed": removed, "reviewer": cast.dave,
        "artist": cast.carol, "producer": cast.bob, "owner": cast.alice,
    }  # fmt: skip


ROLE_OF = {"reviewer": Role.REVIEWER, "artist": Role.ARTIST, "producer": Role.PRODUCER, "owner": Role.OWNER}


def _ask(client: Client | AsyncClient, address: str, row: Row) -> int:
    if isinstance(client, AsyncClient):
        return int(async_to_sync(client.get)(address).status_code)
    response = client.get(address) if row.post is None else client.post(address, row.post)
    return int(response.status_code)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_who_gets_in(
    name: str,
    cast: SimpleNamespace,
    project: Project,
    people: dict[str, User | None],
    make_world: Callable[[Project, User], World],
    client_of: Callable[[User | None], Client],
) -> None:
    world = make_world(project, cast.alice)
    address = world.address(name)
    for row in ROWS[name]:
        for who, person in people.items():
            status = _ask(client_of(person), address, row)
            asked = f"{who} asks {name} {'with a form' if row.post is not None else ''}"
            if row.needs == MEMBERS:
                assert (status in (302, 404)) if person is None else status < 500, asked
            elif person is None:
                assert status in (302, 404), asked
            elif who not in ROLE_OF:
                assert status == 404, f"{asked}: a stranger learns something ({status})"
            elif grants(ROLE_OF[who], Right(row.needs)):
                assert status < 500, asked
                assert status not in (403, 404) or (row.post is not None and status != 403), f"{asked}: {status}"
            else:
                assert status == 403, f"{asked}: {status}"


CHILDREN = ("scene_id", "shot_id", "take_id", "job_id", "batch_id", "asset_id", "trial_id")


@pytest.mark.parametrize(
    "name", sorted(name for name, keys in _patterns() if not name.startswith(FOREIGN) and set(keys) & set(CHILDREN))
)
def test_a_foreign_child_is_not_reached_through_an_own_project(
    name: str,
    cast: SimpleNamespace,
    project: Project,
    make_world: Callable[[Project, User], World],
    client_of: Callable[[User | None], Client],
) -> None:
    ours = make_world(project, cast.alice)
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Mine", created_by=cast.mallory)
    before = _everything(project)
    address = ours.address(name, project_id=hers.pk)
    for row in ROWS[name]:
        assert _ask(client_of(cast.mallory), address, row) == 404, name
    assert _everything(project) == before


def _everything(project: Project) -> list[Any]:
    return [
        list(Shot.objects.filter(scene__project=project).order_by("pk").values()),
        list(Job.objects.filter(project=project).order_by("pk").values("pk", "state", "cancel_requested_at")),
        list(Take.objects.filter(shot__scene__project=project).order_by("pk").values()),
    ]


def test_a_form_without_its_token_changes_nothing(
    cast: SimpleNamespace, project: Project, make_world: Callable[[Project, User], World]
) -> None:
    world = make_world(project, cast.alice)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    for name, rows in ROWS.items():
        for row in rows:
            if row.post is not None:
                assert client.post(world.address(name), row.post).status_code == 403, name
    assert not Job.objects.exclude(state=JobState.QUEUED).exists()


def test_the_home_shows_only_what_is_mine(
    cast: SimpleNamespace, project: Project, client_of: Callable[[User | None], Client]
) -> None:
    assert project.name in client_of(cast.dave).get(reverse("projects:home")).content.decode()
    assert project.name not in client_of(cast.mallory).get(reverse("projects:home")).content.decode()
