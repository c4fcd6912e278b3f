"""What people decide: yes or no to what is dear, and what became of an order that nobody knows about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.policies import Right
from generation import evidence, planning, services
from generation.evidence import Evidence
from generation.models import Approval, Attempt, Batch, Counter, Job
from generation.money import budgets
from generation.money.books import violations
from generation.providers.errors import PollFailed
from generation.states import AttemptState, JobState
from projects.access import open_project
from projects.models import Project
from scenes.models import Shot
from tests.pages.footage import add_scenes

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}
STILL = "gen4_image"


def url(name: str, project: Project, *more: Any) -> str:
    return reverse(f"generation:{name}", args=[project.pk, *more])


@pytest.fixture
def shots(project: Project) -> list[Shot]:
    return add_scenes(project, 1, 3)


@pytest.fixture
def dear(project: Project) -> Project:
    """The project, with a model that has its price, and a low limit."""
    Project.objects.filter(pk=project.pk).update(rehearsal=True, still_model=STILL, approval_limit=10_000)
    project.refresh_from_db()
    return project


def stills(project: Project, who: Any, shots: list[Shot]) -> Batch:
    opened = open_project(who, project.pk, Right.SPEND)
    wanted = planning.wishes_for(opened, shots=shots, kinds=["still"])
    return services.generate(opened=opened, wanted=wanted, title="Stills")


@pytest.fixture
def waiting(cast: SimpleNamespace, dear: Project, shots: list[Shot]) -> Batch:
    batch = stills(dear, cast.carol, shots)
    assert batch.approval == Approval.WAITING
    return batch


@pytest.fixture
def doubt(cast: SimpleNamespace, dear: Project) -> Job:
    """A job of Bob's whose answer never came, with its money held."""
    job = stills(dear, cast.bob, add_scenes(dear, 1, 1)).jobs.get()
    Attempt.objects.filter(job=job).update(
        state=AttemptState.UNKNOWN, body={}, send_started_at=datetime(2026, 11, 3, 12, tzinfo=UTC),
        failure_public="The connection broke while the answer was on its way.",
    )  # fmt: skip
    Job.objects.filter(pk=job.pk).update(state=JobState.UNKNOWN)
    job.refresh_from_db()
    return job


def held() -> int:
    return sum(Counter.objects.filter(scope="team").values_list("held", flat=True))


# --- a producer's yes ------------------------------------------------------------------------------------------------


def test_what_waits_says_who_asks_how_much_and_until_when(
    cast: SimpleNamespace, dear: Project, client_of, waiting: Batch
) -> None:
    page = client_of(cast.bob).get(url("jobs", dear)).text
    assert "Carol asks for $0.15" in page  # three at five cents
    assert "for 3 jobs" in page
    assert "Without a word it expires" in page
    assert "Approve · $0.15" in page
    assert "Decline" in page
    assert page.count("Waiting for approval") == 3
    assert 'To decide <span class="badge accent">3</span>' in page
    assert held() == 0


def test_others_see_who_can_say_yes(cast: SimpleNamespace, dear: Project, client_of, waiting: Batch) -> None:
    for who in (cast.carol, cast.dave):
        for address in (url("jobs", dear), url("batch_head", dear, waiting.pk)):
            page = client_of(who).get(address).text
            assert "Alice or Bob can say yes." in page
            assert "Approve" not in page


def test_only_those_who_manage_say_yes_or_no(cast: SimpleNamespace, dear: Project, client_of, waiting: Batch) -> None:
    for name in ("approve", "decline"):
        for who, status in ((cast.carol, 403), (cast.dave, 403), (cast.mallory, 404), (None, 302)):
            assert client_of(who).post(url(name, dear, waiting.pk)).status_code == status, (name, who)
        own = Project.objects.create(team=cast.mallory.teams.get(), name="Own")
        assert client_of(cast.mallory).post(url(name, own, waiting.pk)).status_code == 404
        other = Project.objects.create(team=cast.team, name="Another")
        assert client_of(cast.bob).post(url(name, other, waiting.pk)).status_code == 404
    waiting.refresh_from_db()
    assert waiting.approval == Approval.WAITING
    assert not Attempt.objects.exists()


def test_a_yes_starts_it_and_sets_the_money_aside_once(
    cast: SimpleNamespace, dear: Project, client_of, waiting: Batch
) -> None:
    bob, address = client_of(cast.bob), url("approve", dear, waiting.pk)
    answer = bob.post(address, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "It is on its way." in answer.text
    assert "Approve" not in answer.text
    assert set(waiting.jobs.values_list("state", flat=True)) == {JobState.QUEUED}
    assert held() == 150_000
    again = bob.post(address, headers=FRAGMENT)
    assert again.status_code == 422
    assert "Bob has agreed to this already" in again.text
    assert Attempt.objects.count() == 3
    assert held() == 150_000
    assert violations() == []


def test_a_yes_that_the_budget_has_no_room_for_says_so_and_waits_on(
    cast: SimpleNamespace, dear: Project, client_of, waiting: Batch
) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=100_000)
    answer = client_of(cast.bob).post(url("approve", dear, waiting.pk), headers=FRAGMENT)
    assert answer.status_code == 422
    assert "This needs $0.15, and $0.10 is left" in answer.text
    assert "Approve · $0.15" in answer.text
    waiting.refresh_from_db()
    assert waiting.approval == Approval.WAITING
    assert held() == 0


def test_a_no_ends_it_and_says_why(cast: SimpleNamespace, dear: Project, client_of, waiting: Batch) -> None:
    client_of(cast.bob).post(url("decline", dear, waiting.pk))
    assert set(waiting.jobs.values_list("state", flat=True)) == {JobState.CANCELLED}
    page = client_of(cast.carol).get(url("jobs", dear)).text
    assert "Bob declined this at an estimated $0.15; nothing was charged." in page
    assert held() == 0


def test_a_batch_that_waits_stands_above_newer_ones(
    cast: SimpleNamespace, dear: Project, client_of, waiting: Batch
) -> None:
    newer = stills(dear, cast.bob, add_scenes(dear, 1, 1))
    page = client_of(cast.bob).get(url("jobs", dear)).text
    assert page.index(f'id="batch-{waiting.pk}"') < page.index(f'id="batch-{newer.pk}"')


# --- nobody knows ----------------------------------------------------------------------------------------------------


def test_a_doubt_stands_on_top_with_what_is_held(cast: SimpleNamespace, dear: Project, client_of, doubt: Job) -> None:
    for show in ("all", "failed", "decide"):
        page = client_of(cast.bob).get(url("jobs", dear) + f"?show={show}").text
        assert "Nobody knows whether this was bought" in page
        assert "The order left, and what became of it was never learned" in page
        assert "$0.05 held" in page
        assert "Look and decide" in page
    page = client_of(cast.carol).get(url("jobs", dear)).text
    assert "Alice or Bob can decide." in page
    assert "Look and decide" not in page
    assert client_of(cast.carol).get(url("nav_badge", dear)).text.strip() == "1"


def test_without_a_doubt_nothing_is_on_top(cast: SimpleNamespace, dear: Project, client_of, shots: list[Shot]) -> None:
    stills(dear, cast.bob, shots)
    page = client_of(cast.bob).get(url("jobs", dear)).text
    assert '<section class="doubts" aria-labelledby="doubts" hidden>' in page
    assert "To decide" not in page


def test_the_page_says_what_happened_and_what_each_answer_does(
    cast: SimpleNamespace, dear: Project, client_of, doubt: Job
) -> None:
    page = client_of(cast.bob).get(url("unknown", dear, doubt.pk)).text
    assert "The connection broke while the answer was on its way." in page
    assert "The $0.05 goes back into the budget" in page
    assert "The money is booked as spent" in page
    assert "Nothing is bought a second time" in page
    assert page.count('type="radio"') == 3
    assert "checked" not in page
    for who in (cast.carol, cast.dave):
        seen = client_of(who).get(url("unknown", dear, doubt.pk)).text
        assert "Alice or Bob can decide." in seen
        assert 'type="radio"' not in seen


def test_an_order_whose_task_is_known_was_accepted_and_its_task_need_not_be_typed(
    cast: SimpleNamespace, dear: Project, client_of, doubt: Job
) -> None:
    address = url("unknown", dear, doubt.pk)
    page = client_of(cast.bob).get(address).text
    assert "nobody can tell whether it was accepted" in page
    assert "A key of another account" not in page
    Attempt.objects.filter(job=doubt).update(task_id="task-7")
    page = client_of(cast.bob).get(address).text
    assert "whether it was accepted" not in page
    assert "A key of another account cannot see its task." in page
    assert 'name="task_id" autocomplete="off" maxlength="200" spellcheck="false" value="task-7"' in page


def test_only_those_who_manage_decide(cast: SimpleNamespace, dear: Project, client_of, doubt: Job) -> None:
    given = {"decision": "not_charged"}
    for who, status in ((cast.carol, 403), (cast.dave, 403), (cast.mallory, 404), (None, 302)):
        assert client_of(who).post(url("unknown", dear, doubt.pk), given).status_code == status, who
    own = Project.objects.create(team=cast.mallory.teams.get(), name="Own")
    for name in ("unknown", "unknown_evidence"):
        assert client_of(cast.mallory).get(url(name, own, doubt.pk)).status_code == 404
    assert client_of(cast.mallory).post(url("unknown", own, doubt.pk), given).status_code == 404
    doubt.refresh_from_db()
    assert doubt.state == JobState.UNKNOWN
    assert held() == 50_000


def test_never_accepted_gives_the_money_back(cast: SimpleNamespace, dear: Project, client_of, doubt: Job) -> None:
    answer = client_of(cast.bob).post(url("unknown", dear, doubt.pk), {"decision": "not_charged"})
    assert answer.headers["Location"] == url("jobs", dear)
    doubt.refresh_from_db()
    assert doubt.state == JobState.FAILED
    assert (held(), Counter.objects.get(scope="team").spent) == (0, 0)
    assert violations() == []


@pytest.mark.parametrize(("typed", "spent"), [("", 50_000), ("0.07", 70_000)])
def test_charged_books_it(cast: SimpleNamespace, dear: Project, client_of, doubt: Job, typed: str, spent: int) -> None:
    client_of(cast.bob).post(url("unknown", dear, doubt.pk), {"decision": "charged", "cost": typed})
    doubt.refresh_from_db()
    assert doubt.state == JobState.FAILED
    assert (held(), Counter.objects.get(scope="team").spent) == (0, spent)
    assert f"${spent / 1e6:.2f}" in client_of(cast.bob).get(url("job_row", dear, doubt.pk)).text
    assert violations() == []


@pytest.fixture
def doubts(cast: SimpleNamespace, dear: Project) -> list[Job]:
    """Four jobs in doubt, the last at another model."""
    jobs = list(stills(dear, cast.bob, add_scenes(dear, 1, 4)).jobs.order_by("created_at"))
    Attempt.objects.filter(job__in=jobs).update(state=AttemptState.UNKNOWN, body={}, send_started_at=Now())
    Attempt.objects.filter(job=jobs[3]).update(model="gen4_image_turbo")
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(state=JobState.UNKNOWN)
    return jobs


def test_others_of_the_same_model_are_decided_about_alike(
    cast: SimpleNamespace, dear: Project, client_of, doubts: list[Job]
) -> None:
    bob, address = client_of(cast.bob), url("unknown", dear, doubts[0].pk)
    each = held() // 4
    assert "Decide alike about the 2 other orders" in bob.get(address).text
    done = bob.post(address, {"decision": "charged", "cost": "0.02", "alike": "2"}, follow=True).text
    assert "2 others alike." in done
    states = [Job.objects.get(pk=job.pk).state for job in doubts]
    assert states == [JobState.FAILED, JobState.FAILED, JobState.FAILED, JobState.UNKNOWN]
    costs = [Attempt.objects.get(job=job).cost for job in doubts[:3]]
    assert costs == [20_000, each, each], "what was typed is about the one, the others cost what was held"
    assert held() == each
    assert violations() == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"decision": "not_charged", "alike": "7"}, "There are 2 others by now."),
        ({"decision": "found", "task_id": "t-1", "alike": "2"}, "Each task has an id of its own"),
    ],
    ids=["more than were seen", "one id for all"],
)
def test_nobody_decides_alike_about_what_they_have_not_seen(
    cast: SimpleNamespace, dear: Project, client_of, doubts: list[Job], typed: dict[str, str], said: str
) -> None:
    answer = client_of(cast.bob).post(url("unknown", dear, doubts[0].pk), typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert not Attempt.objects.filter(job__in=doubts).exclude(state=AttemptState.UNKNOWN).exists()


def test_a_found_task_goes_on(cast: SimpleNamespace, dear: Project, client_of, doubt: Job) -> None:
    task = str(uuid4())
    given = {"decision": "found", "task_id": f" {task} ", "cost": ""}
    assert client_of(cast.bob).post(url("unknown", dear, doubt.pk), given).status_code == 302
    doubt.refresh_from_db()
    assert doubt.state == JobState.RUNNING
    assert doubt.attempts.get().task_id == task
    assert held() == 50_000


def test_what_nobody_else_keeps_cannot_be_found(cast: SimpleNamespace, dear: Project, client_of, doubt: Job) -> None:
    assert 'value="found"' in client_of(cast.bob).get(url("unknown", dear, doubt.pk)).text
    doubt.attempts.update(provider="gemini")  # its pictures come in the answer
    page = client_of(cast.bob).get(url("unknown", dear, doubt.pk)).text
    assert 'value="charged"' in page
    assert 'value="found"' not in page
    answer = client_of(cast.bob).post(url("unknown", dear, doubt.pk), {"decision": "found", "task_id": "x1"})
    assert answer.status_code == 422
    assert "Google Gemini keeps no results" in answer.text
    doubt.refresh_from_db()
    assert (doubt.state, held()) == (JobState.UNKNOWN, 50_000)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Nothing is chosen for you."),
        ({"decision": "yes"}, "Choose one of those that are offered."),
        ({"decision": "found"}, "Enter the provider’s id of the task"),
        ({"decision": "found", "task_id": "  "}, "Enter the provider’s id of the task"),
        ({"decision": "found", "task_id": "x" * 201}, "at most 200 characters"),
        ({"decision": "charged", "cost": "12,50"}, "with a point and without commas"),
        ({"decision": "charged", "cost": "-1"}, "less than nothing"),
    ],
)
def test_half_a_decision_decides_nothing(
    cast: SimpleNamespace, dear: Project, client_of, doubt: Job, given: dict[str, str], says: str
) -> None:
    answer = client_of(cast.bob).post(url("unknown", dear, doubt.pk), given)
    assert answer.status_code == 422
    assert says in answer.text
    if given.get("cost"):
        assert f'value="{given["cost"]}"' in answer.text
    doubt.refresh_from_db()
    assert doubt.state == JobState.UNKNOWN
    assert held() == 50_000


def test_of_two_who_decide_the_second_learns_it(cast: SimpleNamespace, dear: Project, client_of, doubt: Job) -> None:
    address = url("unknown", dear, doubt.pk)
    client_of(cast.bob).post(address, {"decision": "charged"})
    answer = client_of(cast.alice).post(address, {"decision": "not_charged"})
    assert answer.status_code == 422
    assert "This is not in doubt any more" in answer.text
    assert Counter.objects.get(scope="team").spent == 50_000
    assert "This is not in doubt any more" in client_of(cast.dave).get(address).text


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch):
    """Let the provider and the books say something."""

    def set_to(**facts: Any) -> None:
        found = Evidence(**{
            "account_label": "Harbour Pictures", "asked_at": datetime.now(UTC), "our_charges": 250_000,
            "their_charges": 250_000, "difference": 0, "estimate": 50_000, "others_unknown": 0, **facts,
        })  # fmt: skip
        monkeypatch.setattr(evidence, "of", lambda opened, job: found)

    return set_to


@pytest.mark.parametrize(
    ("facts", "says", "never"),
    [
        ({}, "It was probably never accepted", "probably bought"),
        ({"their_charges": 300_000, "difference": 50_000}, "It was probably bought", "never accepted"),
        ({"their_charges": 300_000, "difference": 50_000, "others_unknown": 2}, "or one of 2 others", "probably"),
        ({"their_charges": 260_000, "difference": 10_000}, "less than this order would cost", "probably"),
        ({"their_charges": None, "difference": None}, "does not say what it charged", "probably"),
        ({"their_charges": None, "difference": None, "problem": "The key was refused."}, "The key was refused.",
         "does not say"),
        ({"status_text": "Its task 7 is “done”."}, "Its task 7 is “done”.", "x" * 9),
    ],
)  # fmt: skip
def test_evidence_is_read_but_never_taken_for_a_verdict(
    cast: SimpleNamespace, dear: Project, client_of, doubt: Job, say, facts: dict[str, Any], says: str, never: str
) -> None:
    say(**facts)
    text = client_of(cast.dave).get(url("unknown_evidence", dear, doubt.pk)).text
    assert says in text
    assert never not in text
    assert "This is evidence, not proof" in text
    assert "$0.25" in text


def test_evidence_of_what_was_never_sent_asks_nobody(
    cast: SimpleNamespace, dear: Project, client_of, shots: list[Shot], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(opened: Any, job: Any) -> Evidence:
        raise PollFailed("Should not be asked.", code="asked")

    monkeypatch.setattr(evidence, "of", nobody)
    job = stills(dear, cast.bob, shots[:1]).jobs.get()
    assert "Nothing was sent" in client_of(cast.dave).get(url("unknown_evidence", dear, job.pk)).text


def test_queries_of_the_list_stay_few_for_everybody(
    cast: SimpleNamespace, dear: Project, client_of, waiting: Batch, doubt: Job
) -> None:
    for _ in range(3):
        stills(dear, cast.carol, add_scenes(dear, 1, 2))
    for who in (cast.bob, cast.carol):
        client = client_of(who)
        for name, more in (("jobs", ()), ("unknown", (doubt.pk,)), ("batch_head", (waiting.pk,))):
            with CaptureQueriesContext(connection) as caught:
                assert client.get(url(name, dear, *more)).status_code == 200
            assert len(caught) <= 11, (who, name, len(caught))


def test_an_overdue_yes_is_refused(cast: SimpleNamespace, dear: Project, client_of, waiting: Batch) -> None:
    Batch.objects.filter(pk=waiting.pk).update(approval_expires_at=datetime.now(UTC) - timedelta(seconds=5))
    answer = client_of(cast.bob).post(url("approve", dear, waiting.pk), headers=FRAGMENT)
    assert answer.status_code == 422
    assert "has expired" in answer.text
    assert held() == 0
