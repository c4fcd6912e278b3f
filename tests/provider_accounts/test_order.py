"""Who is asked first: for everything, and for a kind of work that has an order of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import OpenTeam
from accounts.models import Team
from generation import planning
from generation.choosing import trials
from generation.models import ProviderAccount
from generation.providers.base import Operation
from generation.vendors import order
from generation.vendors.order import Group
from projects.access import OpenProject
from scenes.models import Scene, Shot
from scenes.screenplay.drafts import Angle
from tests.api.test_floor import refusal
from tests.provider_accounts.test_through_the_api import program

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(cast: SimpleNamespace) -> str:
    """Where the team's providers are."""
    return f"teams/{cast.team.pk}/providers"


def fresh(cast: SimpleNamespace) -> Team:
    """Return the team as it is stored."""
    return Team.objects.get(pk=cast.team.pk)


def test_a_kind_of_work_has_its_own_order_until_it_is_taken_back(owned: OpenTeam) -> None:
    assert order.names_for(owned.team, Operation.IMAGE_TO_VIDEO) == []
    owned.team.provider_order = ["runway", "runware"]
    order.set_order(opened=owned, group=Group.CLIPS, order=["runware"])
    assert order.order_in(owned.team, Group.CLIPS)[:2] == ["runware", "runway"]
    assert order.order_in(owned.team, Group.PICTURES)[:2] == ["runway", "runware"]
    order.set_order(opened=owned, group=Group.CLIPS, order=[])
    assert order.order_in(owned.team, Group.CLIPS)[:2] == ["runway", "runware"]


def test_only_who_does_the_work_has_a_place(owned: OpenTeam) -> None:
    assert "runway" not in order.order_in(owned.team, Group.WORDS)
    order.move(opened=owned, group=Group.WORDS, provider="runway", by=1)
    assert owned.team.provider_orders == {}


def test_an_owner_moves_providers_on_the_page(cast: SimpleNamespace, client_of: Callable[..., Any], path: str) -> None:
    alice = client_of(cast.alice)
    first, second, *_ = order.order_in(cast.team, Group.PICTURES)
    assert alice.post(f"/{path}/order/pictures/", {"to": f"{second}:earlier"}).status_code == 302
    assert order.order_in(fresh(cast), Group.PICTURES)[:2] == [second, first]
    assert "its own order" in alice.get(f"/{path}/").text
    alice.post(f"/{path}/order/pictures/", {"to": "inherit"})
    assert fresh(cast).provider_orders == {}
    assert alice.post(f"/{path}/order/songs/", {"to": "inherit"}).status_code == 404
    assert client_of(cast.bob).post(f"/{path}/order/pictures/", {"to": f"{second}:earlier"}).status_code == 403
    assert client_of(cast.mallory).post(f"/{path}/order/pictures/", {"to": "inherit"}).status_code == 404
    assert fresh(cast).provider_orders == {}


def test_programs_say_it_as_well(cast: SimpleNamespace, path: str) -> None:
    alice = program(cast.alice)
    said = alice.patch(path, {"orders": {"clips": ["runware", "runway"], "voices": []}}).json()
    assert said["orders"]["clips"] == ["runware", "runway"]
    assert said["orders"]["words"] == []
    for wrong in ({"songs": ["runway"]}, {"clips": ["nobody"]}, {"clips": "runway"}):
        refusal(alice.patch(path, {"orders": wrong}), 400, "invalid")
    refusal(program(cast.bob).patch(path, {"orders": {"clips": []}}), 403, "not_allowed")
    refusal(program(cast.mallory).patch(path, {"orders": {"clips": []}}), 404, "not_found")
    assert fresh(cast).provider_orders == {"clips": ["runware", "runway"]}


def test_pages_and_plans_heed_it(opened: OpenProject, settings: Any) -> None:
    settings.PROVIDERS = {name: {**one, "key": "k" * 32} for name, one in settings.PROVIDERS.items()}
    team = opened.project.team
    team.provider_order = ["runway"]
    team.provider_orders = {"clips": ["runware"]}
    team.save()
    paid = [model.provider for model in trials.models_for(opened.project, Operation.IMAGE_TO_VIDEO)]
    assert next(name for name in paid if name in settings.PROVIDERS) == "runware"
    paid = [model.provider for model in trials.models_for(opened.project, Operation.TEXT_TO_IMAGE)]
    assert next(name for name in paid if name in settings.PROVIDERS) == "runway"


def test_who_has_no_key_is_passed_over_and_the_wish_stays_the_same(opened: OpenProject, settings: Any) -> None:
    project = opened.project
    scene = Scene.objects.create(project=project, number="1", position=1, heading="INT. KITCHEN - DAY")
    Shot.objects.create(scene=scene, letter="A", position=1, angle=Angle.WIDE, description="A kettle", duration_ms=2000)
    project.team.provider_order = ["runway", "runware"]
    project.still_model = "gen4_image"
    project.save()
    project.team.save()
    keys = {name: {**one, "key": ""} for name, one in settings.PROVIDERS.items()}
    settings.PROVIDERS = {**keys, "runway": {**keys["runway"], "key": "k" * 32}}
    (chosen,) = planning.wishes_for(opened, kinds=(planning.STILLS,))
    settings.PROVIDERS = {**keys, "runware": {**keys["runware"], "key": "k" * 32}}
    (instead,) = planning.wishes_for(opened, kinds=(planning.STILLS,))
    assert (chosen.model.provider, instead.model.provider) == ("runway", "runware")
    assert (chosen.recipe, chosen.fingerprint) == (instead.recipe, instead.fingerprint)
    assert instead.estimate == instead.model.estimate(
        instead.operation, instead.parameters, prompt=instead.prompt, inputs=len(instead.inputs)
    )
    project.team.fallback = False
    project.team.save()
    (only,) = planning.wishes_for(opened, kinds=(planning.STILLS,))
    assert only.model.provider == "runway"


def test_who_is_left_out_is_shown_and_used_again(
    cast: SimpleNamespace, client_of: Callable[..., Any], keyed: ProviderAccount, path: str
) -> None:
    alice = program(cast.alice)
    assert alice.get(f"{path}/runway").json()["breaker"] == {
        "state": "closed", "since": None, "why": "", "until": None
    }  # fmt: skip
    now = timezone.now()
    ProviderAccount.objects.update(tripped_at=now, trip_reason="It was down.", probe_at=now + timedelta(hours=1))
    shown = alice.get(f"{path}/runway").json()
    assert (shown["breaker"]["state"], shown["breaker"]["why"]) == ("open", "It was down.")
    assert shown["breaker"]["until"] > shown["breaker"]["since"]
    assert "it kept failing" in client_of(cast.alice).get(f"/{path}/").text
    assert alice.post(f"{path}/runway/resume", {}).json()["breaker"]["state"] == "closed"
