"""The costs pages: what is shown to whom, budgets, and the ledger as a file."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from generation.models import Attempt, Batch, Budget, Counter, Entry, Job, ProviderAccount
from generation.money import budgets, costs, ledger
from generation.money.counters import this_month
from generation.states import AttemptState, JobState
from projects.models import Project
from scenes.models import Shot, Take
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db


def url(name: str, of: Any, **asked: str) -> str:
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    return reverse(f"generation:{name}", args=[of.pk]) + (f"?{query}" if query else "")


def buy(
    project: Project,
    who: User | None,
    *,
    shot: Shot | None = None,
    cost: int | None = 250_000,
    estimate: int = 250_000,
    state: str = AttemptState.SUCCEEDED,
    model: tuple[str, str] = ("acme", "acme_turbo"),
    job: Job | None = None,
    rehearsal: bool = False,
) -> Attempt:
    """Reserve, and close as the engine would."""
    provider, name = model
    account, _ = ProviderAccount.objects.get_or_create(
        provider=provider, team=None, rehearsal=rehearsal, defaults={"max_concurrent": 4}
    )
    number = 1
    if job is None:
        batch = Batch.objects.create(project=project, title="Clips", created_by=who, estimate=estimate)
        job = Job.objects.create(
            project=project, team=project.team, batch=batch, created_by=who, operation="image_to_video",
            provider=provider, model=name, recipe="r", fingerprint=uuid.uuid4().hex, shot=shot, estimate=estimate,
        )  # fmt: skip
    else:
        number = job.attempts.count() + 1
    attempt = Attempt.objects.create(
        job=job, team=project.team, number=number, account=account, provider=provider, model=name,
        estimate=estimate, rehearsal=rehearsal, price_version="2026-11",
    )  # fmt: skip
    with transaction.atomic():
        ledger.reserve([attempt])
    if state != AttemptState.QUEUED:
        Attempt.objects.filter(pk=attempt.pk).update(state=state, cost=cost, body={}, task_id=uuid.uuid4().hex)
        attempt.refresh_from_db()
        with transaction.atomic():
            ledger.close(attempt, state)
        Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)
    return attempt


# --- who -------------------------------------------------------------------------------------------------------------


def test_members_see_a_projects_costs_and_strangers_nothing(cast: SimpleNamespace, project: Project, client_of) -> None:
    buy(project, cast.carol)
    for name in ("costs", "forecast", "ledger"):
        for member in (cast.alice, cast.bob, cast.carol, cast.dave):
            assert client_of(member).get(url(name, project)).status_code == 200, (name, member)
        assert client_of(cast.mallory).get(url(name, project)).status_code == 404, name
        assert client_of(None).get(url(name, project)).status_code == 302, name


def test_a_teams_costs_are_for_those_who_manage_it(cast: SimpleNamespace, client_of) -> None:
    for name in ("team_costs", "team_ledger"):
        for member, status in ((cast.alice, 200), (cast.bob, 200), (cast.carol, 403), (cast.dave, 403)):
            assert client_of(member).get(url(name, cast.team)).status_code == status, (name, member)
        assert client_of(cast.mallory).get(url(name, cast.team)).status_code == 404, name
        assert client_of(None).get(url(name, cast.team)).status_code == 302, name


# --- what ------------------------------------------------------------------------------------------------------------


def test_a_project_without_spending_says_so(cast: SimpleNamespace, project: Project, client_of) -> None:
    page = client_of(cast.dave).get(url("costs", project)).text
    assert "Nothing was spent up to now." in page
    assert "No bought clip is in the film yet." in page
    assert "$0.00" in page


def test_spending_is_told_by_model_shot_scene_and_person(cast: SimpleNamespace, project: Project, client_of) -> None:
    first, second = add_scenes(project, 2, 1)
    buy(project, cast.carol, shot=first, cost=250_000)
    buy(project, cast.carol, shot=first, cost=500_000, estimate=500_000, model=("acme", "acme_best"))
    buy(project, cast.bob, shot=second, cost=1_000_000, estimate=1_000_000)
    found = costs.costs_of(project.team, project, month=this_month(), rehearsal=False)
    assert found.spent == 1_750_000
    assert [(one.label, one.amount, one.count) for one in found.by_model] == [
        ("acme_turbo", 1_250_000, 2), ("acme_best", 500_000, 1),
    ]  # fmt: skip
    assert [(one.label, one.amount) for one in found.by_shot] == [("2A", 1_000_000), ("1A", 750_000)]
    assert [(one.label, one.amount) for one in found.by_scene] == [("Scene 2", 1_000_000), ("Scene 1", 750_000)]
    assert [(one.label, one.amount) for one in found.by_person] == [("Bob", 1_000_000), ("Carol", 750_000)]
    assert sum(one.amount for one in found.daily) == 1_750_000
    assert found.daily[datetime.now(UTC).day - 1].amount == 1_750_000
    page = client_of(cast.dave).get(url("costs", project)).text
    assert "$1.75" in page
    assert f"{datetime.now(UTC).day} {this_month():%b}: $1.75" in page


def test_the_parts_that_are_not_shown_are_summed_up(cast: SimpleNamespace, project: Project) -> None:
    for place, shot in enumerate(add_scenes(project, 3, 4)):
        buy(project, cast.carol, shot=shot, cost=100_000 + place)
    shown = costs.costs_of(project.team, project, month=this_month(), rehearsal=False).by_shot
    assert len(shown) == costs.MOST_PARTS
    assert shown[-1].label == "3 more"
    assert sum(one.amount for one in shown) == sum(100_000 + place for place in range(12))


def test_what_one_approved_second_has_cost(cast: SimpleNamespace, project: Project, client_of) -> None:
    shot, other = add_scenes(project, 1, 2)
    for kept in (True, False):
        attempt = buy(project, cast.carol, shot=shot, cost=400_000, estimate=400_000)
        add_take(shot, "still", recipe="x")
        take = add_take(shot, "clip", recipe="x")
        Take.objects.filter(pk=take.pk).update(attempt_id=attempt.pk)
        if not kept:
            Shot.objects.filter(pk=shot.pk).update(clip=Take.objects.filter(shot=shot, kind="clip")[0])
    # A drawn clip was not bought: it would make the seconds look cheaper than they are.
    add_take(other, "still", recipe="x")
    add_take(other, "clip", recipe="x")
    approved = costs.costs_of(project.team, project, month=this_month(), rehearsal=False).approved
    assert (approved.milliseconds, approved.shots, approved.per_second) == (4000, 1, 200_000)
    assert "$0.20" in client_of(cast.dave).get(url("costs", project)).text


def test_money_that_went_astray_is_told(cast: SimpleNamespace, project: Project, client_of) -> None:
    failed = buy(project, cast.carol, state=AttemptState.FAILED, cost=120_000)
    buy(project, cast.carol, job=failed.job, model=("other", "other_one"), cost=300_000, estimate=300_000)
    over = buy(project, cast.carol, cost=290_000)
    with transaction.atomic():
        ledger.adjust(over, -40_000, "Refunded.", cast.bob)
    found = costs.costs_of(project.team, project, month=this_month(), rehearsal=False)
    assert (found.nothing_came.amount, found.nothing_came.count) == (120_000, 1)
    assert (found.elsewhere.amount, found.elsewhere.count) == (300_000, 1)
    assert (found.overruns.amount, found.overruns.count) == (40_000, 1)
    assert (found.corrections.amount, found.corrections.count) == (-40_000, 1)
    assert found.spent == 670_000
    assert "1 order failed, was cancelled or lost its result" in client_of(cast.dave).get(url("costs", project)).text


def test_a_rehearsal_has_books_of_its_own(cast: SimpleNamespace, project: Project, client_of) -> None:
    buy(project, cast.carol, cost=250_000)
    buy(project, cast.carol, cost=9_000_000, estimate=9_000_000, rehearsal=True)
    carol = client_of(cast.carol)
    for rehearsal, spent in ((False, 250_000), (True, 9_000_000)):
        assert costs.costs_of(project.team, project, month=this_month(), rehearsal=rehearsal).spent == spent
    real = carol.get(url("costs", project)).text
    assert "$0.25" in real
    assert "$9.25" not in real
    rehearsed = carol.get(url("costs", project, books="rehearsal")).text
    assert "$9.00" in rehearsed
    assert "simulated providers" in rehearsed
    Project.objects.filter(pk=project.pk).update(rehearsal=True)
    assert "$9.00" in carol.get(url("costs", project)).text


def test_earlier_months_can_be_looked_at(cast: SimpleNamespace, project: Project, client_of) -> None:
    attempt = buy(project, cast.carol, cost=770_000, estimate=770_000)
    Entry.objects.filter(attempt=attempt).update(month=date(2025, 3, 1), created_at=datetime(2025, 4, 1, tzinfo=UTC))
    Counter.objects.update(month=date(2025, 3, 1))
    page = client_of(cast.carol).get(url("costs", project, month="2025-03")).text
    assert "March 2025" in page
    assert "31 Mar: $0.77" in page  # billed in the first minutes of April
    for strange in ("2025-13", "x", "9999-01", "-1", "٢٠٢٥"):
        assert f"{this_month():%B %Y}" in client_of(cast.carol).get(url("costs", project, month=strange)).text


def test_a_teams_costs_add_its_projects_up(cast: SimpleNamespace, project: Project, client_of) -> None:
    other = Project.objects.create(team=cast.team, name="Night Bus")
    foreign = Project.objects.create(team=cast.mallory.teams.get(), name="Foreign film")
    buy(project, cast.carol, cost=250_000)
    buy(other, cast.bob, cost=500_000, estimate=500_000)
    buy(foreign, cast.mallory, cost=7_770_000, estimate=7_770_000)
    page = client_of(cast.bob).get(url("team_costs", cast.team)).text
    assert "$0.75" in page
    assert "Night Bus" in page
    assert "Foreign film" not in page
    assert "$7.77" not in page


def test_a_deleted_project_is_marked_and_one_that_cost_nothing_is_left_out(
    cast: SimpleNamespace, project: Project, client_of
) -> None:
    other = Project.objects.create(team=cast.team, name="Never Begun", deleted_at=timezone.now())
    buy(project, cast.carol)
    bob = client_of(cast.bob)
    assert "(deleted)" not in bob.get(url("team_costs", cast.team)).text
    Project.objects.filter(pk=project.pk).update(deleted_at=timezone.now())
    page = bob.get(url("team_costs", cast.team)).text
    assert "The Last Ferry (deleted)" in page, "in the parts by project"
    assert '<span class="pill">Deleted</span>' in page, "in the budgets"
    assert other.name not in page
    assert rows_of(bob.get(url("team_ledger", cast.team)))[0]["Project"] == "The Last Ferry (deleted)"


def test_queries_do_not_grow_with_the_spending(cast: SimpleNamespace, project: Project, client_of) -> None:
    bob = client_of(cast.bob)
    counted = []
    for number in (1, 6):
        for shot in add_scenes(project, number, 3):
            buy(project, cast.carol, shot=shot)
            buy(project, cast.bob, shot=shot, model=("acme", f"model-{number}"))
        Project.objects.create(team=cast.team, name=f"Another {number}")
        seen = []
        for address in (url("costs", project), url("team_costs", cast.team)):
            with CaptureQueriesContext(connection) as caught:
                assert bob.get(address).status_code == 200
            seen.append(len(caught))
        counted.append(seen)
    assert counted[0] == counted[1]
    assert max(counted[1]) <= 10, counted


# --- the whole film --------------------------------------------------------------------------------------------------


def test_the_forecast_counts_what_is_missing(cast: SimpleNamespace, project: Project, client_of) -> None:
    carol = client_of(cast.carol)
    assert "Nothing is missing" in carol.get(url("forecast", project)).text
    add_scenes(project, 1, 2)
    assert "made by models that cost nothing" in carol.get(url("forecast", project)).text


# --- budgets ---------------------------------------------------------------------------------------------------------


def test_a_producer_sets_a_projects_budget(cast: SimpleNamespace, project: Project, client_of) -> None:
    answer = client_of(cast.bob).post(url("project_budget", project), {"cap": " $12.5 "})
    assert answer.headers["Location"] == url("costs", project)
    assert Budget.objects.get(project=project).cap == 12_500_000
    page = client_of(cast.bob).get(url("costs", project)).text
    assert "left of $12.50" in page
    client_of(cast.bob).post(url("project_budget", project), {"cap": ""})
    assert not Budget.objects.exists()


def test_others_set_no_budgets(cast: SimpleNamespace, project: Project, client_of) -> None:
    for who, status in ((cast.carol, 403), (cast.dave, 403), (cast.mallory, 404), (None, 302)):
        for name, of in (("project_budget", project), ("team_budget", cast.team)):
            assert client_of(who).post(url(name, of), {"cap": "1"}).status_code == status, (who, name)
    assert client_of(cast.bob).post(url("team_budget", cast.team), {"cap": "1"}).status_code == 403
    assert not Budget.objects.exists()
    assert 'name="cap"' not in client_of(cast.carol).get(url("costs", project)).text


def test_an_owner_sets_the_teams_and_a_producer_a_persons(cast: SimpleNamespace, project: Project, client_of) -> None:
    client_of(cast.alice).post(url("team_budget", cast.team), {"cap": "150"})
    client_of(cast.bob).post(url("team_budget", cast.team), {"cap": "25", "person": str(cast.carol.pk)})
    client_of(cast.bob).post(url("team_budget", cast.team), {"cap": "40", "project": str(project.pk)})
    caps = {(row.project_id, row.user_id): row.cap for row in Budget.objects.all()}
    assert caps == {(None, None): 150_000_000, (None, cast.carol.pk): 25_000_000, (project.pk, None): 40_000_000}


def test_budgets_of_others_are_not_reached_through_the_own_team(
    cast: SimpleNamespace, project: Project, client_of
) -> None:
    own = cast.mallory.teams.get()
    mallory = client_of(cast.mallory)
    for field, value in (("project", project.pk), ("person", cast.carol.pk), ("person", "x"), ("project", "x")):
        assert mallory.post(url("team_budget", own), {"cap": "1", field: str(value)}).status_code == 404, field
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("12,50", "with a point and without commas"),
        ("1,250", "with a point and without commas"),
        ("-1", "less than nothing"),
        ("-$5", "less than nothing"),
        ("abc", "in dollars with figures"),
        ("1e9", "in dollars with figures"),
        ("٣", "in dollars with figures"),
        ("0x10", "in dollars with figures"),
        ("NaN", "in dollars with figures"),
        ("0.0000001", "at most six digits"),
        ("1000000.01", "more than a million"),
        ("9" * 60, "at most 40 characters"),
        ("1\x00", "Null characters"),
    ],
)
def test_what_is_no_amount_is_refused_and_kept(
    cast: SimpleNamespace, project: Project, client_of, typed: str, says: str
) -> None:
    answer = client_of(cast.bob).post(url("project_budget", project), {"cap": typed})
    assert answer.status_code == 422
    assert says in answer.text
    if len(typed) < 40 and "\x00" not in typed:
        assert f'value="{typed}"' in answer.text
    answer = client_of(cast.bob).post(url("team_budget", cast.team), {"cap": typed, "person": str(cast.dave.pk)})
    assert answer.status_code == 422
    assert says in answer.text
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("typed", "cap"),
    [("0", 0), ("0.000001", 1), ("0.1", 100_000), (".5", 500_000), ("12.", 12_000_000), ("1000000", 10**12)],
)
def test_amounts_are_taken_exactly(cast: SimpleNamespace, project: Project, client_of, typed: str, cap: int) -> None:
    client_of(cast.bob).post(url("project_budget", project), {"cap": typed})
    assert Budget.objects.get().cap == cap


def test_a_budget_that_is_nearly_gone_is_marked(cast: SimpleNamespace, project: Project, client_of) -> None:
    budgets.set_cap(actor=cast.bob, team=cast.team, project=project, cap=1_000_000)
    buy(project, cast.carol, cost=700_000, estimate=700_000)
    assert "Over 80 %" not in client_of(cast.dave).get(url("costs", project)).text
    buy(project, cast.carol, estimate=150_000, state=AttemptState.QUEUED)
    page = client_of(cast.dave).get(url("costs", project)).text
    assert "Over 80 %" in page
    assert "$0.70 spent and $0.15 held of $1.00" in page


# --- the file --------------------------------------------------------------------------------------------------------


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_ledger_of_a_month_is_a_file(cast: SimpleNamespace, project: Project, client_of) -> None:
    shot = add_scenes(project, 1, 1)[0]
    attempt = buy(project, cast.carol, shot=shot, cost=290_000)
    with transaction.atomic():
        ledger.adjust(attempt, -40_000, "Refunded.", cast.bob)
    answer = client_of(cast.dave).get(url("ledger", project))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="the-last-ferry-{this_month():%Y-%m}.csv"'
    rows = rows_of(answer)
    assert [(row["Kind"], row["Amount (USD)"], row["Above the estimate (USD)"]) for row in rows] == [
        ("reserve", "0.250000", "0.000000"), ("settle", "0.290000", "0.040000"), ("adjust", "-0.040000", "0.000000"),
    ]  # fmt: skip
    assert {(row["Shot"], row["Person"], row["Attempt"]) for row in rows[:2]} == {("1A", "Carol", str(attempt.pk))}
    assert rows_of(client_of(cast.bob).get(url("team_ledger", cast.team))) == rows
    assert rows_of(client_of(cast.bob).get(url("team_ledger", cast.team, month="2025-01"))) == []
    assert rows_of(client_of(cast.bob).get(url("team_ledger", cast.team, books="rehearsal"))) == []


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(cast: SimpleNamespace, project: Project, client_of, begins: str) -> None:
    Project.objects.filter(pk=project.pk).update(name=f"{begins}cmd|' /C calc'!A0")
    User.objects.filter(pk=cast.carol.pk).update(name=f'{begins}HYPERLINK("https://evil.example")')
    attempt = buy(project, User.objects.get(pk=cast.carol.pk), model=("acme", f"{begins}1+1"))
    with transaction.atomic():
        ledger.adjust(attempt, 1, f"{begins}note", cast.bob)
    rows = rows_of(client_of(cast.bob).get(url("team_ledger", cast.team)))
    assert len(rows) == 3
    for row in rows:
        for name, cell in row.items():
            if name != "Amount (USD)":
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)


def test_queries_of_the_file_do_not_grow(cast: SimpleNamespace, project: Project, client_of) -> None:
    bob, counted = client_of(cast.bob), []
    for _ in range(2):
        for shot in add_scenes(project, 1, 4):
            buy(project, cast.carol, shot=shot)
        with CaptureQueriesContext(connection) as caught:
            bob.get(url("team_ledger", cast.team))
        counted.append(len(caught))
    assert counted[0] == counted[1]
