"""Who may start: limits of the account, fairness over teams, what waits for what; exact, also with many at it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import Team
from accounts.policies import Right
from generation import claims, leases, planning, services, steps
from generation.models import Attempt, Job, ProviderAccount
from generation.querysets import seconds_from_now
from generation.states import AttemptState, JobState
from generation.vendors import keys
from projects.access import open_project
from projects.models import Project
from scenes.models import Shot
from tests.engine.fakes import FAILED
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


def at_once(count: int, work: Callable[[], object]) -> None:
    """Run the same in so many threads, all let go at one barrier; raise what any of them raised."""
    barrier = threading.Barrier(count)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            barrier.wait(30)
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


def limit(places: int, provider: str = "paid") -> ProviderAccount:
    ProviderAccount.objects.filter(provider=provider).update(max_concurrent=places)
    return ProviderAccount.objects.get(provider=provider)


def test_the_limit_is_exact_with_eight_threads_at_a_barrier(stage: Stage) -> None:
    stage.ask("paid", 20)
    account = limit(5)
    claimed: list[Attempt | None] = []
    at_once(8, lambda: claimed.extend([claims.claim_next(account.pk), claims.claim_next(account.pk)]))
    got = [attempt.pk for attempt in claimed if attempt is not None]
    assert len(got) == len(set(got)) == 5
    assert Counter(Attempt.objects.values_list("state", flat=True)) == {S.CLAIMED: 5, S.QUEUED: 15}
    assert set(Attempt.objects.filter(state=S.CLAIMED).values_list("claims", flat=True)) == {1}
    assert len(stage.events(ending="_started")) == 5


def test_eight_threads_share_the_work_without_taking_anything_twice(stage: Stage) -> None:
    stage.ask("paid", 24)
    account = limit(100)
    claimed: list[Attempt | None] = []
    at_once(8, lambda: claimed.extend(claims.claim_next(account.pk) for _ in range(3)))
    assert len({attempt.pk for attempt in claimed if attempt is not None}) == 24
    numbers = [event["seq"] for event in stage.events()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_is_running_or_being_fetched_counts_and_what_is_in_doubt_does_not(stage: Stage) -> None:
    stage.ask("paid", 4)
    account = limit(1)
    stage.answer()
    assert Attempt.objects.filter(state=S.RUNNING).count() == 1
    assert claims.claim_next(account.pk) is None
    Attempt.objects.filter(state=S.RUNNING).update(state=S.FETCHING)
    assert claims.claim_next(account.pk) is None
    Attempt.objects.filter(state=S.FETCHING).update(state=S.UNKNOWN)
    assert claims.claim_next(account.pk) is not None


def test_a_place_that_becomes_free_is_taken_at_once(stage: Stage) -> None:
    jobs = stage.ask("paid", 3)
    limit(1)
    stage.answer()
    for done in range(3):
        assert [stage.attempt(job).state for job in jobs].count(S.SUCCEEDED) == done
        stage.pass_time()
        stage.look()
        stage.answer()  # no sweep: the end of one rings for the next
    stage.check_books()


def test_teams_take_turns(stage: Stage, cast: SimpleNamespace) -> None:
    ours = stage.ask("paid", 10)
    team = Team.objects.get(name="Strangers")
    project = Project.objects.create(team=team, name="Late but equal")
    late = Stage(open_project(cast.mallory, project.pk, Right.SPEND), stage.providers, stage.rung)
    theirs = late.ask("paid", 10)
    account = limit(100)
    order = [attempt.team_id for attempt in (claims.claim_next(account.pk) for _ in range(12)) if attempt]
    assert order == [ours[0].team_id, theirs[0].team_id] * 6


def test_within_a_team_the_oldest_wish_is_first(stage: Stage) -> None:
    first = stage.ask("paid", 3)
    second = stage.ask("paid", 3)
    account = limit(100)
    order = [attempt.job_id for attempt in (claims.claim_next(account.pk) for _ in range(6)) if attempt]
    assert set(order[:3]) == {job.pk for job in first}
    assert set(order[3:]) == {job.pk for job in second}


def test_accounts_do_not_take_each_others_work(stage: Stage) -> None:
    stage.ask("paid", 1)
    (keyed,) = stage.ask("keyed", 1)
    account = limit(4, "keyed")
    attempt = claims.claim_next(account.pk)
    assert attempt is not None
    assert attempt.job_id == keyed.pk
    assert claims.claim_next(account.pk) is None


def test_a_paused_account_starts_nothing_until_its_time_is_over(stage: Stage) -> None:
    stage.ask("paid", 1)
    account = limit(4)
    ProviderAccount.objects.update(paused_until=seconds_from_now(60))
    assert claims.claim_next(account.pk) is None
    ProviderAccount.objects.update(paused_until=Now() - timedelta(seconds=1))
    assert claims.claim_next(account.pk) is not None


def test_what_is_not_due_waits(stage: Stage) -> None:
    stage.ask("paid", 1)
    account = limit(4)
    Attempt.objects.update(due_at=seconds_from_now(60))
    assert claims.claim_next(account.pk) is None
    Attempt.objects.update(due_at=Now() - timedelta(seconds=1))
    assert claims.claim_next(account.pk) is not None


def test_a_clip_waits_for_its_still_and_the_film_for_everything(stage: Stage) -> None:
    shots = stage.shots(1)
    wanted = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS, planning.CLIPS), provider="paid")
    batch = services.generate(opened=stage.opened, wanted=wanted, title="Make the film", then_film=True)
    still = Job.objects.get(batch=batch, operation="text_to_image")
    clip = Job.objects.get(batch=batch, operation="image_to_video")
    film = Job.objects.get(batch=batch, operation="film")
    assert clip.input_job == still
    paid, assembly = limit(4), limit(4, "assembly")
    first = claims.claim_next(paid.pk)
    assert first is not None
    assert first.job_id == still.pk
    assert claims.claim_next(paid.pk) is None
    assert claims.claim_next(assembly.pk) is None
    steps.requeue(first, S.CLAIMED)
    while stage.attempt(still).state != S.SUCCEEDED:
        steps.submit_next(paid.pk)
        stage.pass_time()
        stage.look()
        steps.collect(first.pk)
    clip.refresh_from_db()
    assert clip.input_asset == Shot.objects.get().still.asset  # type: ignore[union-attr]
    assert claims.claim_next(assembly.pk) is None, "the clip still goes on"
    second = claims.claim_next(paid.pk)
    assert second is not None
    assert second.job_id == clip.pk
    services.cancel_job(opened=stage.opened, job=clip)
    third = claims.claim_next(assembly.pk)
    assert third is not None
    assert third.job_id == film.pk


def test_a_clip_whose_still_fails_ends_with_it_and_says_why(stage: Stage) -> None:
    shots = stage.shots(1)
    wanted = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS, planning.CLIPS), provider="paid")
    services.generate(opened=stage.opened, wanted=wanted, title="Both")
    paid = stage.providers["paid"]
    paid.always("poll", lambda *_: type(paid.done(""))(FAILED, failure_public="Reword it.", failure_code="moderated"))
    stage.settle()
    clip = Job.objects.get(operation="image_to_video")
    assert (clip.state, clip.failure_code) == (JobState.FAILED, "input_failed")
    assert "Reword it." in clip.failure_text
    stage.check_books()


def test_a_film_does_not_wait_for_what_only_a_person_can_decide(stage: Stage) -> None:
    stage.providers["paid"].play("answer", ConnectionResetError())
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(1), kinds=(planning.STILLS,), provider="paid")
    services.generate(opened=stage.opened, wanted=wanted, title="Make the film", then_film=True)
    account = limit(4, "assembly")
    assert claims.claim_next(account.pk) is None
    steps.submit_next(limit(4).pk)
    assert Attempt.objects.filter(state=S.UNKNOWN).count() == 1
    assert claims.claim_next(account.pk) is not None


def test_what_was_cancelled_is_not_claimed(stage: Stage) -> None:
    one, two = stage.ask("paid", 2)
    account = limit(4)
    services.cancel_job(opened=stage.opened, job=one)
    attempt = claims.claim_next(account.pk)
    assert attempt is not None
    assert attempt.job_id == two.pk
    assert claims.claim_next(account.pk) is None


def test_a_process_that_is_ending_claims_nothing(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    account = limit(4)
    leases.stopping.set()
    assert claims.claim_next(account.pk) is None
    Attempt.objects.update(state=S.FETCHING, body={}, task_id="t")
    assert claims.claim_fetch(stage.attempt(job).pk) is None


def test_one_of_eight_fetches(stage: Stage) -> None:
    (job,) = stage.ask("local")
    steps.submit_next(stage.attempt(job).account_id)
    attempt = stage.attempt(job)
    assert attempt.state == S.FETCHING
    claimed: list[Attempt | None] = []
    at_once(8, lambda: claimed.append(claims.claim_fetch(attempt.pk)))
    assert len([one for one in claimed if one is not None]) == 1
    assert stage.attempt(job).fetch_claims == 1


def test_eight_workers_make_everything_once(stage: Stage) -> None:
    jobs = stage.ask("local", 16)
    limit(3, "local")
    account = stage.attempt(jobs[0]).account_id

    def work() -> None:
        while Job.objects.exclude(state=JobState.SUCCEEDED).exists():
            steps.submit_next(account)
            for pk in list(Attempt.objects.filter(state=S.FETCHING).values_list("pk", flat=True)):
                steps.collect(pk)

    at_once(8, work)
    stage.rung.clear()
    stage.check_books()
    assert set(stage.providers["local"].books.sent.values()) == {1}
    assert set(stage.providers["local"].books.fetches.values()) == {1}


# --- the double click ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", range(3))
def test_a_double_click_makes_one_set_of_jobs(stage: Stage, turn: int) -> None:
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(6), kinds=(planning.STILLS,), provider="paid")
    keys.account_for(stage.opened.project.team, "paid")
    batches: list[object] = []
    at_once(2, lambda: batches.append(services.generate(opened=stage.opened, wanted=wanted, title="Stills").pk))
    assert len(set(batches)) == 1
    assert Job.objects.count() == Attempt.objects.count() == 6
    assert len(stage.events(ending="jobs_queued")) == 1
    stage.settle()
    stage.check_books()
    assert stage.providers["paid"].books.bought.total() == 6


def test_a_double_click_on_a_provider_used_for_the_first_time(stage: Stage) -> None:
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(2), kinds=(planning.STILLS,), provider="paid")
    at_once(4, lambda: services.generate(opened=stage.opened, wanted=wanted, title="Stills"))
    assert ProviderAccount.objects.filter(provider="paid").count() == 1
    assert Job.objects.count() == 2


def test_a_later_click_joins_what_is_open_and_adds_what_is_new(stage: Stage) -> None:
    shots = stage.shots(3)
    wanted = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS,), provider="paid")
    first = services.generate(opened=stage.opened, wanted=wanted[:2], title="Two")
    assert services.generate(opened=stage.opened, wanted=wanted[:2], title="Two").pk == first.pk
    more = services.generate(opened=stage.opened, wanted=wanted, title="Three")
    assert more.pk != first.pk
    assert [job.shot_id for job in stage.jobs_of(more)] == [shots[2].pk]
    with pytest.raises(services.NothingToDo):
        services.generate(opened=stage.opened, wanted=[], title="Nothing")


def test_what_is_done_is_asked_for_again_only_as_a_new_take(stage: Stage) -> None:
    shots = stage.shots(2)
    wanted = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS,), provider="paid")
    services.generate(opened=stage.opened, wanted=wanted, title="Stills")
    stage.settle()
    assert planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS,), provider="paid") == []
    again = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS,), provider="paid", fresh=True)
    services.generate(opened=stage.opened, wanted=again, title="New takes")
    stage.settle()
    stage.check_books()
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 4


def test_a_request_that_cannot_be_committed_leaves_nothing(stage: Stage) -> None:
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(2), kinds=(planning.STILLS,), provider="paid")
    with transaction.atomic():
        services.generate(opened=stage.opened, wanted=wanted, title="Stills")
        transaction.set_rollback(True)
    assert Job.objects.count() == 0
    assert not stage.rung
    assert Project.objects.get(pk=stage.opened.project.pk).last_event_number == 0
