"""What the storyboard's bar says about money, and the ways to spend less."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.policies import Right
from generation.models import Batch, Job
from generation.money import budgets
from generation.money.room import room_for
from generation.money.savings import savings
from projects.access import OpenProject, open_project
from projects.models import Project
from scenes.models import Shot
from tests.pages.footage import add_scenes

pytestmark = pytest.mark.django_db


def url(name: str, project: Project) -> str:
    return reverse(f"generation:{name}", args=[project.pk])


@pytest.fixture
def dear(project: Project) -> Project:
    """Three scenes of two shots at four seconds, with stills at five cents and clips at twenty."""
    add_scenes(project, 3, 2)
    Project.objects.filter(pk=project.pk).update(rehearsal=True, still_model="gen4_image", clip_model="gen4_turbo")
    project.refresh_from_db()
    return project


@pytest.fixture
def carols(cast: SimpleNamespace, dear: Project) -> OpenProject:
    return open_project(cast.carol, dear.pk, Right.SPEND)


def total(dear: OpenProject) -> int:
    return savings(dear).cost


# --- the bar ---------------------------------------------------------------------------------------------------------


def test_what_costs_nothing_says_nothing_of_money(cast: SimpleNamespace, project: Project, client_of) -> None:
    add_scenes(project, 1, 2)
    page = client_of(cast.carol).get(url("estimate", project)).text
    assert "left this month" not in page.replace("\n", " ")
    assert "Spend less" not in page


def test_the_bar_says_the_sum_and_what_is_left(cast: SimpleNamespace, dear: Project, client_of) -> None:
    page = " ".join(client_of(cast.carol).get(url("estimate", dear)).text.split())
    assert "$100.00 left this month" in page
    assert "Rehearsal" in page
    assert "Spend less" in page
    assert "producer’s yes" not in page
    budgets.set_cap(actor=cast.bob, team=cast.team, project=dear, cap=200_000)
    page = " ".join(client_of(cast.carol).get(url("estimate", dear)).text.split())
    assert "only $0.20 left for this project this month" in page
    budgets.set_cap(actor=cast.bob, team=cast.team, user=cast.carol, cap=100_000)
    page = " ".join(client_of(cast.carol).get(url("estimate", dear)).text.split())
    assert "only $0.10 left for you this month" in page


def test_the_bar_says_what_waits_for_a_yes_and_for_whom(cast: SimpleNamespace, dear: Project, client_of) -> None:
    Project.objects.filter(pk=dear.pk).update(approval_limit=50_000)
    assert "above $0.05 it waits for a producer’s yes" in client_of(cast.carol).get(url("estimate", dear)).text
    assert "producer’s yes" not in client_of(cast.bob).get(url("estimate", dear)).text
    assert "left this month" not in client_of(cast.dave).get(url("estimate", dear)).text


def test_what_is_left_follows_the_tightest_cap(cast: SimpleNamespace, carols: OpenProject) -> None:
    assert room_for(carols, 1).scope == "team"
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=5_000_000)
    budgets.set_cap(actor=cast.alice, team=cast.team, project=carols.project, cap=7_000_000)
    assert (room_for(carols, 1).left, room_for(carols, 1).scope) == (5_000_000, "team")
    budgets.set_cap(actor=cast.alice, team=cast.team, user=cast.carol, cap=0)
    assert (room_for(carols, 1).left, room_for(carols, 1).scope) == (0, "user")


# --- spending less ---------------------------------------------------------------------------------------------------


def test_the_first_scenes_cost_their_part(carols: OpenProject) -> None:
    ways = {way.title: way for way in savings(carols).ways}
    shots = list(Shot.objects.of(carols.project))
    assert ways["The first scene first"].shots == tuple(shot.pk for shot in shots[:2])
    assert ways["The first scene first"].cost * 3 == total(carols)
    assert ways["The first 2 scenes first"].cost * 3 == total(carols) * 2


def test_every_way_is_cheaper_and_says_so(cast: SimpleNamespace, carols: OpenProject, client_of) -> None:
    found = savings(carols)
    assert found.ways
    assert all(0 <= way.cost < found.cost for way in found.ways)
    page = client_of(cast.carol).get(url("savings", carols.project)).text
    for way in found.ways:
        assert way.title in page


def test_another_model_is_named_with_what_it_would_come_to(carols: OpenProject) -> None:
    Project.objects.filter(pk=carols.project.pk).update(clip_model="veo3.1")
    carols.project.refresh_from_db()
    way = next(way for way in savings(carols).ways if way.model is not None)
    assert way.model is not None
    before = total(carols)
    Project.objects.filter(pk=carols.project.pk).update(clip_model=way.model.id)
    carols.project.refresh_from_db()
    assert before > total(carols) == way.cost


def test_shorter_clips_cost_what_is_said(carols: OpenProject) -> None:
    Shot.objects.filter(letter="A").update(duration_ms=8000)
    way = next(way for way in savings(carols).ways if "cut to 5 s" in way.title)
    assert way.title == "3 shots cut to 5 s"
    Shot.objects.filter(letter="A").update(duration_ms=5000)
    assert total(carols) == way.cost


def test_a_selection_has_ways_of_its_own(cast: SimpleNamespace, carols: OpenProject, client_of) -> None:
    shots = ",".join(str(shot.pk) for shot in Shot.objects.of(carols.project)[:2])
    page = client_of(cast.carol).post(url("savings", carols.project), {"shots": shots}).text
    assert "first scene" not in page
    assert "Stills first" in page
    assert not Job.objects.exists()


def test_ways_are_for_members(cast: SimpleNamespace, dear: Project, client_of) -> None:
    for who, status in ((cast.dave, 200), (cast.mallory, 404), (None, 302)):
        assert client_of(who).get(url("savings", dear)).status_code == status
    assert client_of(cast.carol).post(url("savings", dear), {"shots": "x"}).status_code == 404
    assert "Settings" not in client_of(cast.carol).get(url("savings", dear)).text


def test_queries_do_not_grow_with_the_film(cast: SimpleNamespace, dear: Project, client_of) -> None:
    carol, counted = client_of(cast.carol), []
    for _ in range(2):
        seen = []
        for name in ("estimate", "savings"):
            with CaptureQueriesContext(connection) as caught:
                assert carol.get(url(name, dear)).status_code == 200
            seen.append(len(caught))
        counted.append(seen)
        add_scenes(dear, 3, 4)
    assert counted[0] == counted[1]


def test_how_many_at_once_is_kept_and_other_words_are_left_aside(
    cast: SimpleNamespace, dear: Project, client_of
) -> None:
    carol = client_of(cast.carol)
    assert 'name="at_once"' in carol.get(url("estimate", dear)).text
    carol.post(url("generate", dear), {"choice": "stills", "at_once": "2"})
    assert Batch.objects.get().max_concurrent == 2
    Job.objects.update(state="cancelled")
    carol.post(url("generate", dear), {"choice": "stills", "at_once": "0"})
    assert Batch.objects.latest("created_at").max_concurrent is None


def test_what_waits_for_a_yes_is_said_at_once(cast: SimpleNamespace, dear: Project, client_of) -> None:
    Project.objects.filter(pk=dear.pk).update(approval_limit=0)
    answer = client_of(cast.carol).post(url("generate", dear), {"choice": "stills"}, headers={"hx-request": "true"})
    assert "waits for a producer’s yes" in answer.text
    assert Batch.objects.get().approval == "waiting"
