"""One action over several projects: each under its own limits, what one refuses keeps no other from going on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.access import OpenTeam, open_team
from accounts.models import Membership, Role
from accounts.policies import Right
from generation import planning, services, sweep
from generation.catalogue import ImpossibleRequest
from generation.groups import asking, showing
from generation.groups import planning as previews
from generation.models import Attempt, Batch, BatchGroup, Budget, Counter, GroupPart, Job
from generation.money.books import violations
from generation.providers.errors import Refused
from generation.states import AttemptState, JobState
from projects.access import OpenProject, open_project
from projects.models import Project
from projects.services import ProjectDetails, create_project
from scenes.models import Shot, Take
from tests.api.test_floor import refusal
from tests.conftest import SCRIPT
from tests.engine.fakes import PRICE
from tests.engine.stage import Died, Stage, wait_until
from tests.engine.test_claims import at_once
from tests.provider_accounts.test_through_the_api import program

pytestmark = pytest.mark.django_db(transaction=True)
Make = BatchGroup.Make


@pytest.fixture
def team(stage: Stage) -> OpenTeam:
    """The team, opened to spend by who the stage belongs to."""
    return open_team(stage.opened.user, stage.opened.project.team_id, Right.SPEND)


@pytest.fixture
def film(stage: Stage, cast: SimpleNamespace) -> Callable[..., OpenProject]:
    """Return a function that begins a project whose stills cost money, with so many shots."""

    def make(name: str, shots: int = 2) -> OpenProject:
        begun = create_project(user=cast.alice, team=cast.team, details=ProjectDetails(name=name))
        Project.objects.filter(pk=begun.project.pk).update(still_model="paid-still", clip_model="paid-clip")
        opened = open_project(stage.opened.user, begun.project.pk, Right.SPEND)
        Stage(opened, stage.providers, stage.rung).shots(shots)
        return opened

    return make


def ids(*films: OpenProject) -> list[Any]:
    """Return the ids of projects."""
    return [one.project.pk for one in films]


def part(group: BatchGroup, film: OpenProject) -> GroupPart:
    """Return what became of one project."""
    return GroupPart.objects.get(group=group, project=film.project)


def test_a_preview_tells_of_each_and_of_all_and_asks_for_nothing(
    team: OpenTeam, film: Callable[..., OpenProject]
) -> None:
    one, two = film("One", 2), film("Two", 3)
    seen = previews.preview(team, make=Make.STORYBOARD, projects=previews.projects_named(team, ids(one, two)))
    assert [(item.estimate.stills, item.estimate.cost) for item in seen.items] == [(2, 2 * PRICE), (3, 3 * PRICE)]
    assert (seen.total.stills, seen.total.cost, seen.total.clips) == (5, 5 * PRICE, 0)
    assert not Job.objects.exists()


def test_all_is_made_and_who_made_it_is_told(stage: Stage, team: OpenTeam, film: Callable[..., OpenProject]) -> None:
    one, two = film("One", 2), film("Two", 3)
    group = asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(one, two))
    stage.settle()
    page = showing.page_of(group)
    assert (page.head.sums.jobs, page.head.sums.done, page.head.sums.charged) == (5, 5, 5 * PRICE)
    assert [[(who.provider, who.count) for who in row.served] for row in page.rows] == [[("paid", 2)], [("paid", 3)]]
    again = asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(one, two))
    assert {row.outcome for row in again.parts.all()} == {GroupPart.Outcome.NOTHING}
    assert stage.providers["paid"].books.bought.total() == 5
    assert violations() == []


def test_what_one_project_cannot_pay_keeps_no_other_from_going_on(
    stage: Stage, team: OpenTeam, film: Callable[..., OpenProject]
) -> None:
    poor, rich = film("Poor", 3), film("Rich", 2)
    Budget.objects.create(team=team.team, project=poor.project, cap=2 * PRICE)
    group = asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(poor, rich))
    assert (part(group, poor).outcome, part(group, poor).code) == ("refused", "budget_exceeded")
    assert part(group, poor).text
    stage.settle()
    assert showing.page_of(group).head.sums.done == 2
    Budget.objects.update(cap=9 * PRICE)
    Counter.objects.filter(scope="project", scope_id=poor.project.pk).update(cap=9 * PRICE)
    assert asking.retry(opened=team, group=group) == 1
    stage.settle()
    assert showing.page_of(group).head.sums.done == 5
    assert violations() == []


def test_what_fails_is_told_by_item_and_asked_again(
    stage: Stage, team: OpenTeam, film: Callable[..., OpenProject]
) -> None:
    one = film("One", 3)
    Project.objects.update(still_model="paid-still")
    stage.opened.project.team.fallback = False
    stage.opened.project.team.save()
    stage.providers["paid"].play("submit", Refused("Not this one.", code="invalid_request"))
    group = asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(one))
    stage.settle()
    page = showing.page_of(group)
    assert (page.head.sums.done, page.head.sums.failed) == (2, 1)
    assert [job.failure_text for job in page.rows[0].failed] == ["Not this one."]
    asking.retry(opened=team, group=group)
    stage.settle()
    assert showing.page_of(group).head.sums.done == 3
    assert stage.providers["paid"].books.bought.total() == 3


def test_the_whole_is_cancelled_but_not_what_was_only_joined(
    stage: Stage, team: OpenTeam, film: Callable[..., OpenProject]
) -> None:
    joined, own = film("Joined", 2), film("Own", 2)
    theirs = services.generate(
        opened=joined, wanted=planning.wishes_for(joined, kinds=(planning.STILLS,)), title="Theirs"
    )
    group = asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(joined, own))
    assert (part(group, joined).outcome, part(group, own).outcome) == ("joined", "asked")
    assert asking.cancel(opened=team, group=group) == 2
    assert set(Job.objects.filter(batch=theirs).values_list("state", flat=True)) == {JobState.QUEUED}
    assert showing.page_of(group).head.sums.cancelled == 2
    stage.settle()
    assert stage.providers["paid"].books.bought.total() == 2
    assert violations() == []


def test_the_same_form_twice_asks_once(team: OpenTeam, film: Callable[..., OpenProject]) -> None:
    one = film("One")
    first, second = (asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(one), token="t") for _ in range(2))
    assert first == second
    assert Batch.objects.count() == 1


def test_one_that_died_half_way_goes_on(
    team: OpenTeam, film: Callable[..., OpenProject], monkeypatch: pytest.MonkeyPatch
) -> None:
    films = film("One"), film("Two")
    asked = services.generate

    def die_at_the_second(**what: Any) -> Batch:
        if Batch.objects.exists():
            raise KeyboardInterrupt
        return asked(**what)

    with monkeypatch.context() as dying:
        dying.setattr(services, "generate", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(*films), token="t")
    group = asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(*films), token="t")
    assert [row.outcome for row in group.parts.all()] == ["asked", "asked"]
    assert Batch.objects.filter(group=group).count() == 2


@pytest.mark.parametrize("point", ["group part asked", "request committed"])
def test_the_sweep_goes_on_where_a_server_went_down_and_buys_nothing_twice(
    stage: Stage, team: OpenTeam, film: Callable[..., OpenProject], point: str
) -> None:
    films = [film(name) for name in ("One", "Two", "Three")]
    stage.die_at(point, time=2)
    with pytest.raises(Died):
        asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(*films))
    stage.be_reborn()
    group = BatchGroup.objects.get()
    asked = 1 if point == "group part asked" else 2
    assert [row.outcome for row in group.parts.all()] == ["asked"] * asked + [""] * (3 - asked)
    assert Batch.objects.count() == asked, "what was asked for is noted with it, or neither is there"
    stage.settle()
    assert Batch.objects.count() == asked, "whoever asks from a page may still be at it"
    BatchGroup.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    sweep.sweep()
    stage.settle()
    assert [row.outcome for row in group.parts.all()] == ["asked"] * 3
    assert Batch.objects.filter(group=group).count() == 3
    assert (stage.providers["paid"].books.bought.total(), stage.providers["paid"].books.bought_twice) == (6, [])
    assert showing.page_of(group).head.sums.done == 6
    assert asking.left_behind() == []
    assert violations() == []


def test_a_worker_goes_on_by_itself(living: Stage, working: Callable[[], object]) -> None:
    Project.objects.update(still_model="paid-still", clip_model="paid-clip")
    living.shots(2)
    team = open_team(living.opened.user, living.opened.project.team_id, Right.SPEND)
    living.die_at("group part asked")
    with pytest.raises(Died):
        asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(living.opened))
    living.be_reborn()
    assert not Job.objects.exists()
    BatchGroup.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    working()
    wait_until(lambda: Job.objects.filter(state=JobState.SUCCEEDED).count() == 2)
    living.check_books()


def test_the_button_asks_for_the_rest_at_once(
    stage: Stage, team: OpenTeam, film: Callable[..., OpenProject], cast: SimpleNamespace, client_of: Callable[..., Any]
) -> None:
    films = [film(name) for name in ("One", "Two")]
    stage.die_at("group part asked", time=2)
    with pytest.raises(Died):
        asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(*films))
    stage.be_reborn()
    group = BatchGroup.objects.get()
    page = f"/teams/{cast.team.pk}/batches/{group.pk}/"
    alice = client_of(cast.alice)
    seen = alice.get(page).text
    assert "Not asked yet" in seen
    assert "Ask for the rest now" in seen
    assert "every 4s" in seen, "the page shows when the sweep has gone on"
    assert "Ask for the rest now" not in alice.post(f"{page}retry/", follow=True).text
    stage.settle()
    assert stage.providers["paid"].books.bought.total() == 4


def test_several_that_go_on_at_once_ask_once(stage: Stage, team: OpenTeam, film: Callable[..., OpenProject]) -> None:
    films = [film(name) for name in ("One", "Two", "Three")]
    stage.die_at("group part asked")
    with pytest.raises(Died):
        asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(*films))
    stage.be_reborn()
    group = BatchGroup.objects.get()
    at_once(4, lambda: asking.resume(group.pk))
    assert [row.outcome for row in group.parts.all()] == ["asked"] * 3
    assert Batch.objects.count() == 3
    stage.settle()
    assert stage.providers["paid"].books.bought_twice == []


def test_whoever_may_not_spend_any_more_asks_for_nothing_through_the_sweep(
    stage: Stage, team: OpenTeam, film: Callable[..., OpenProject]
) -> None:
    films = [film(name) for name in ("One", "Two")]
    stage.die_at("group part asked", time=2)
    with pytest.raises(Died):
        asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(*films))
    stage.be_reborn()
    group = BatchGroup.objects.get()
    Membership.objects.filter(user=team.user).update(role=Role.REVIEWER)
    asking.resume(group.pk)
    assert [(row.outcome, row.code) for row in group.parts.all()] == [("asked", ""), ("refused", "not_allowed")]
    assert Batch.objects.count() == 1


def test_clips_come_of_approved_stills_alone(stage: Stage, team: OpenTeam, film: Callable[..., OpenProject]) -> None:
    one = film("One", 3)
    asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(one))
    stage.settle()
    approved = Shot.objects.of(one.project).first()
    Take.objects.filter(shot=approved).update(verdict="approved", verdict_at=timezone.now())
    group = asking.begin(opened=team, make=Make.APPROVED_CLIPS, project_ids=ids(one))
    assert [job.shot for job in Job.objects.filter(batch__group=group)] == [approved]
    assert Job.objects.get(batch__group=group).operation == "image_to_video"


def test_stale_is_what_a_shot_has_changed_under(stage: Stage, team: OpenTeam, film: Callable[..., OpenProject]) -> None:
    one = film("One", 2)
    asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(one))
    stage.settle()
    Stage(one, stage.providers, stage.rung).shots(1)
    changed = Shot.objects.of(one.project).first()
    assert changed is not None
    Shot.objects.filter(pk=changed.pk).update(description="Quite another thing")
    group = asking.begin(opened=team, make=Make.STALE, project_ids=ids(one))
    assert [job.shot_id for job in Job.objects.filter(batch__group=group)] == [changed.pk], "the new one is missing"


def test_only_a_teams_own_projects_can_be_named(
    stage: Stage, team: OpenTeam, film: Callable[..., OpenProject], cast: SimpleNamespace
) -> None:
    foreign = create_project(
        user=cast.mallory, team=cast.mallory.teams.get(), details=ProjectDetails(name="Theirs")
    ).project
    with pytest.raises(ImpossibleRequest):
        asking.begin(opened=team, make=Make.STORYBOARD, project_ids=[*ids(film("One")), foreign.pk])
    played = film("Played")
    Project.objects.filter(pk=played.project.pk).update(rehearsal=True)
    with pytest.raises(ImpossibleRequest, match="one kind at a time"):
        asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(film("Two"), played))
    assert not BatchGroup.objects.exists()


def test_several_with_more_shots_than_anybody_can_wait_for_are_refused_before_the_work(
    team: OpenTeam, film: Callable[..., OpenProject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MOST_SHOTS", 5)
    one, other = film("One", shots=3), film("Other", shots=3)
    with pytest.raises(ImpossibleRequest, match="have 6 shots together, and 5 is the most"):
        previews.projects_named(team, ids(one, other))
    Shot.objects.filter(project=other.project).first().delete()  # type: ignore[union-attr]
    assert len(previews.projects_named(team, ids(one, other))) == 2
    monkeypatch.setattr(previews, "MOST_SHOTS", 1)
    assert len(previews.projects_named(team, ids(one))) == 1, "one film is as long as it is"


def test_through_the_page(
    stage: Stage, film: Callable[..., OpenProject], cast: SimpleNamespace, client_of: Callable[..., Any]
) -> None:
    one, two = film("One", 2), film("Two", 1)
    alice, base = client_of(cast.alice), f"/teams/{cast.team.pk}/batches/"
    assert f'href="{base}"' in alice.get("/").text
    assert "Storyboard everything" in alice.get(base).text
    seen = alice.get(f"{base}look/", {"make": "storyboard", "project": [str(pk) for pk in ids(one, two)]})
    assert "$0.12" in seen.text
    token = seen.context["token"]
    said = {"make": "storyboard", "project": [str(pk) for pk in ids(one, two)], "token": token, "at_once": "1"}
    for _ in range(2):
        page = alice.post(f"{base}begin/", said, follow=True)
    group = BatchGroup.objects.get()
    assert set(group.batches.values_list("max_concurrent", flat=True)) == {1}
    stage.settle()
    assert "3 of 3" in alice.get(f"{base}{group.pk}/").text
    assert page.status_code == 200
    for stranger in (client_of(cast.mallory),):
        assert stranger.get(base).status_code == 404
        assert stranger.get(f"{base}{group.pk}/").status_code == 404
        assert stranger.post(f"{base}begin/", said).status_code == 404
        assert stranger.post(f"{base}{group.pk}/cancel/").status_code == 404
    assert client_of(cast.dave).post(f"{base}begin/", said).status_code == 403
    assert alice.post(f"{base}begin/", {"make": "storyboard", "project": "x"}).status_code == 422


def test_several_scripts_become_projects_and_a_bad_one_is_named(
    stage: Stage, cast: SimpleNamespace, client_of: Callable[..., Any]
) -> None:
    before = Project.objects.count()
    files = [
        SimpleUploadedFile("one.fountain", SCRIPT.encode()),
        SimpleUploadedFile("two_boats.txt", b"INT. BOAT - DAY\n\nThe engine stops.\n"),
        SimpleUploadedFile("empty.fountain", b""),
    ]
    base = f"/teams/{cast.team.pk}/batches/"
    page = client_of(cast.alice).post(f"{base}scripts/", {"make": "storyboard", "scripts": files}, follow=True)
    assert Project.objects.count() == before + 2
    assert Project.objects.filter(name="Two Boats").exists()
    assert "empty.fountain" in page.text
    assert page.context["preview"].total.stills >= 2
    assert client_of(cast.carol).post(f"{base}scripts/", {"scripts": files}).status_code == 403


def test_through_the_api(stage: Stage, film: Callable[..., OpenProject], cast: SimpleNamespace) -> None:
    one, two = film("One", 2), film("Two", 1)
    alice, path = program(cast.alice), f"teams/{cast.team.pk}/batch-groups"
    said = {"make": "storyboard", "projects": [str(pk) for pk in ids(one, two)]}
    seen = alice.post(f"{path}/estimates", said).json()
    assert (seen["total"]["stills"], seen["total"]["cost_usd"]) == (3, "0.120000")
    begun = alice.post(path, said)
    assert begun.status_code == 202, begun.content
    group = begun.json()["id"]
    stage.settle()
    told = alice.get(f"batch-groups/{group}").json()
    assert (told["total"]["succeeded"], told["total"]["charged_usd"]) == (3, "0.120000")
    assert [one["served"] for one in told["parts"]] == [
        [{"provider": "paid", "results": 2}], [{"provider": "paid", "results": 1}]
    ]  # fmt: skip
    assert [one["id"] for one in alice.get(path).json()["results"]] == [group]
    mallory = program(cast.mallory)
    for refused in (mallory.get(path), mallory.post(path, said), mallory.get(f"batch-groups/{group}")):
        refusal(refused, 404, "not_found")
    refusal(program(cast.dave).post(path, said), 403, "not_allowed")
    assert alice.post(f"batch-groups/{group}/cancel").status_code == 200


def test_two_thousand_shots_are_planned_in_one_go(
    team: OpenTeam, film: Callable[..., OpenProject], record_property: Any
) -> None:
    large = film("Large", 2000)
    began = time.monotonic()
    seen = previews.preview(team, make=Make.STORYBOARD, projects=previews.projects_named(team, ids(large)))
    record_property("preview_seconds", round(time.monotonic() - began, 2))
    assert seen.total.stills == 2000
    began = time.monotonic()
    asking.begin(opened=team, make=Make.STORYBOARD, project_ids=ids(large))
    record_property("begin_seconds", round(time.monotonic() - began, 2))
    assert Attempt.objects.filter(state=AttemptState.QUEUED).count() == 2000
