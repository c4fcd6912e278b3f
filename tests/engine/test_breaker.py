"""A provider that keeps failing is left out and tried by one order at a time; nothing is lost or bought twice by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from generation import claims, planning, services, steps, sweep
from generation.models import Attempt, Budget, Counter, Job, ProviderAccount
from generation.money.books import violations
from generation.providers.base import Context
from generation.providers.errors import NotAccepted, OutcomeUnknown, Refused
from generation.states import AttemptState, JobState
from generation.vendors import breaker
from projects.models import Event, Notification
from scenes.models import Take
from tests.engine.fakes import PRICE
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
DOWN = NotAccepted("Down for a moment.", code="unavailable")
BUSY = NotAccepted("No place free.", code="rate_limited")
LOST = OutcomeUnknown("The answer was lost.", code="answer_lost")


def ask(stage: Stage, count: int, *, others: bool = True) -> list[Job]:
    """Ask for stills that the project wants from the one, and that the other could make as well."""
    project = stage.opened.project
    project.still_model = "paid-still"
    project.save(update_fields=["still_model"])
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(count), kinds=(planning.STILLS,))
    keyed = [[other for other in wish.alternatives if other.provider == "keyed"] for wish in wanted]
    wanted = [
        replace(wish, alternatives=tuple(found) if others else ()) for wish, found in zip(wanted, keyed, strict=True)
    ]
    return stage.jobs_of(services.generate(opened=stage.opened, wanted=wanted, title="Stills"))


def account(provider: str = "paid") -> ProviderAccount:
    """Return a provider's account as it is now."""
    return ProviderAccount.objects.get(provider=provider)


def let_probe() -> None:
    """Let the time come at which one order may try it."""
    ProviderAccount.objects.exclude(probe_at=None).update(probe_at=datetime.now(UTC) - timedelta(seconds=1))
    Attempt.objects.exclude(due_at=None).update(due_at=datetime.now(UTC) - timedelta(seconds=1))


def trip(stage: Stage, count: int = 6, *, others: bool = False) -> list[Job]:
    """Have so many orders meet a provider that is down."""
    stage.providers["paid"].always("submit", DOWN)
    jobs = ask(stage, count, others=others)
    stage.answer()
    assert account().tripped_at is not None
    return jobs


def test_what_waits_goes_to_the_next_at_once(stage: Stage) -> None:
    jobs = trip(stage, 12, others=True)
    # No sweep and no time has passed: the bell alone has moved them.
    assert Attempt.objects.filter(provider="paid", state=S.QUEUED).count() == 0
    assert Attempt.objects.filter(provider="keyed").count() == len(jobs)
    assert stage.providers["paid"].books.sent.total() == breaker.IN_A_ROW
    stage.settle()
    assert Take.objects.count() == len(jobs)
    assert stage.providers["keyed"].books.bought.total() == len(jobs)
    (why_not,) = Take.objects.first().inputs["served"]  # type: ignore[union-attr]
    assert "has been failing since" in why_not["why_not"]
    stage.check_books()


def test_without_anybody_else_it_is_waited_for_and_tried_by_one(stage: Stage) -> None:
    jobs = trip(stage)
    assert set(Attempt.objects.values_list("state", flat=True)) == {S.QUEUED}
    sent = stage.providers["paid"].books.sent.total()
    sweep.sweep()
    stage.answer()
    assert stage.providers["paid"].books.sent.total() == sent, "nobody asks before the time has come"

    let_probe()
    sweep.sweep()
    stage.answer()
    assert stage.providers["paid"].books.sent.total() == sent + 1, "one tries it, and no more"
    assert account().probes_failed == 1
    assert account().probe_at > datetime.now(UTC) + timedelta(seconds=100), "the next one waits longer"  # type: ignore[operator]

    stage.providers["paid"].always("submit", None)
    let_probe()
    stage.settle()
    assert Take.objects.count() == len(jobs)
    assert (account().tripped_at, account().faults, account().probe) == (None, 0, None)
    stage.check_books()


def test_there_are_never_two_probes(stage: Stage) -> None:
    trip(stage)
    seen: list[Attempt | None] = []

    def look(*_: object) -> None:
        seen.append(claims.claim_next(account().pk))
        raise DOWN

    stage.providers["paid"].always("submit", look)
    let_probe()
    stage.rung.clear()
    steps.submit_next(account().pk)
    assert seen == [None]


def test_one_that_dies_on_the_way_leaves_its_place_to_another(stage: Stage) -> None:
    jobs = trip(stage)
    stage.providers["paid"].always("submit", None)
    let_probe()
    stage.die_at("claimed")
    assert stage.live_until_death()
    stage.be_reborn()
    stage.settle()
    assert Take.objects.count() == len(jobs)
    assert account().tripped_at is None
    stage.check_books()


@pytest.mark.parametrize("error", [Refused("Not this.", code="invalid_request"), BUSY])
def test_what_is_no_fault_of_the_provider_leaves_it_closed(stage: Stage, error: Exception) -> None:
    stage.providers["paid"].always("submit", error)
    ask(stage, breaker.IN_A_ROW + 2, others=False)
    stage.answer()
    assert (account().tripped_at, account().faults) == (None, 0)


@pytest.mark.parametrize("error", [Refused("Not this.", code="invalid_request"), BUSY])
def test_any_answer_to_the_probe_closes_it(stage: Stage, error: Exception) -> None:
    trip(stage)
    stage.providers["paid"].play("submit", error)
    stage.providers["paid"].always("submit", None)
    let_probe()
    stage.settle()
    assert account().tripped_at is None


def test_faults_count_only_in_a_row(stage: Stage) -> None:
    for _ in range(breaker.IN_A_ROW):
        stage.providers["paid"].play("submit", DOWN, None)
        ask(stage, 2, others=False)
        stage.settle()
    assert account().tripped_at is None


def test_what_is_in_doubt_is_never_moved(stage: Stage) -> None:
    stage.providers["paid"].always("answer", LOST)
    jobs = ask(stage, breaker.IN_A_ROW + 3)
    stage.settle()
    states = list(Attempt.objects.filter(provider="paid").values_list("state", flat=True))
    assert states.count(S.UNKNOWN) == breaker.IN_A_ROW
    assert states.count(S.FAILED) == 3
    assert Attempt.objects.filter(provider="keyed").count() == 3
    unknown = Job.objects.filter(state=JobState.UNKNOWN)
    assert not Attempt.objects.filter(job__in=unknown, provider="keyed").exists()
    assert not stage.providers["paid"].books.bought_twice
    assert len(jobs) == breaker.IN_A_ROW + 3


def test_what_may_have_been_accepted_waits_for_its_own_provider(stage: Stage) -> None:
    """Sent once already, and only a repeat there tells: somebody else could be a second purchase."""
    project = stage.opened.project
    project.still_model = "keyed-still"
    project.save(update_fields=["still_model"])
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(breaker.IN_A_ROW), kinds=(planning.STILLS,))
    wanted = [
        replace(wish, alternatives=tuple(other for other in wish.alternatives if other.provider == "paid"))
        for wish in wanted
    ]
    assert all(wish.alternatives for wish in wanted)
    services.generate(opened=stage.opened, wanted=wanted, title="Stills")
    keyed, paid = stage.providers["keyed"].books, stage.providers["paid"].books

    def down_from_the_second_on(uuid: UUID, _: object) -> None:
        if keyed.bought[uuid]:
            raise DOWN

    stage.providers["keyed"].always("submit", down_from_the_second_on)
    stage.providers["keyed"].always("answer", LOST)
    stage.answer()
    assert account("keyed").tripped_at is not None
    for _ in range(2):
        sweep.sweep()
        stage.answer()
    in_doubt = Attempt.objects.filter(provider="keyed", state=S.QUEUED, send_started_at__isnull=False)
    assert set(in_doubt.values_list("pk", flat=True)) == set(keyed.bought)
    stage.providers["keyed"].always("submit", None)
    stage.settle()
    assert Take.objects.count() == breaker.IN_A_ROW
    assert keyed.bought.total() + paid.bought.total() == breaker.IN_A_ROW
    stage.check_books()


def test_a_failing_provider_is_no_way_out_for_others_but_for_one_probe(stage: Stage) -> None:
    first = trip(stage, others=False)
    project = stage.opened.project
    project.still_model = "keyed-still"
    project.save(update_fields=["still_model"])
    for job in first:
        services.cancel_job(opened=stage.opened, job=job)
    stage.providers["keyed"].always("submit", Refused("No such model.", code="model_missing"))
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(3), kinds=(planning.STILLS,))
    wanted = [
        replace(wish, alternatives=tuple(one for one in wish.alternatives if one.provider == "paid")) for wish in wanted
    ]
    services.generate(opened=stage.opened, wanted=wanted, title="Others")
    let_probe()
    sent = stage.providers["paid"].books.sent.total()
    stage.answer()
    assert stage.providers["paid"].books.sent.total() == sent + 1
    assert Job.objects.filter(state=JobState.FAILED).count() == 2, "for them there was nobody left to ask"


def test_where_the_next_is_too_dear_it_is_waited_for(stage: Stage) -> None:
    """A job must not fail because somebody else could have made it for money that is not there."""
    jobs = ask(stage, 6)
    Job.objects.update(alternatives=[{**jobs[0].alternatives[0], "estimate": 100 * PRICE}])
    Budget.objects.create(team=stage.opened.project.team, cap=10 * PRICE)
    Counter.objects.filter(scope="team").update(cap=10 * PRICE)
    stage.providers["paid"].always("submit", DOWN)
    stage.answer()
    assert account().tripped_at is not None
    assert Attempt.objects.filter(state=S.QUEUED, provider="paid").count() == len(jobs)
    assert violations() == []


def test_the_first_words_of_a_probe_let_the_others_through(stage: Stage) -> None:
    jobs = trip(stage)
    ProviderAccount.objects.update(max_concurrent=10)
    paid, others, seen = stage.providers["paid"], iter((None, LOST)), []

    def begin(_: UUID, context: Context) -> None:
        context.say("Title: ")
        seen.append((account().tripped_at, account().probe))
        paid.always("submit", None)
        # While the probe still writes, the next meet a provider that is well, and one whose answer is lost.
        for fault in others:
            paid.play("answer", fault)
            steps.submit_next(account().pk)

    paid.always("submit", begin)
    let_probe()
    stage.rung.clear()
    steps.submit_next(account().pk)
    assert seen == [(None, None)]
    assert paid.books.bought.total() == 3
    assert account().tripped_at is None, "a whole answer came before the fault"
    paid.always("submit", None)
    stage.settle()
    assert Take.objects.count() == len(jobs) - 1
    stage.check_books()


def test_words_that_break_off_do_not_open_the_door_for_good(stage: Stage) -> None:
    trip(stage)
    paid = stage.providers["paid"]

    def begin(_: UUID, context: Context) -> None:
        context.say("Title: ")
        context.say("The Last Ferry")
        raise LOST

    paid.always("submit", begin)
    let_probe()
    stage.rung.clear()
    steps.submit_next(account().pk)
    assert account().tripped_at is not None
    assert account().probe_at > datetime.now(UTC) + timedelta(seconds=30)  # type: ignore[operator]
    assert claims.claim_next(account().pk) is None


def test_people_are_told_once_and_once_again(stage: Stage) -> None:
    trip(stage)
    told = Notification.objects.filter(kind=Notification.Kind.TEAM)
    for _ in range(2):
        breaker.tell()
    assert Event.objects.filter(type="provider_failing").count() == 1
    owner = told.get()
    assert "has been failing since" in owner.text
    stage.providers["paid"].always("submit", None)
    let_probe()
    stage.settle()
    breaker.tell()
    assert Event.objects.filter(type="provider_recovered").count() == 1
    assert told.count() == 2
