"""What was asked and answered before: served from its take, never bought again; and a cancel that meets a claim."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from generation import claims, planning, services, steps
from generation.models import Attempt, Job, ProviderAccount
from generation.states import AttemptState, JobState
from scenes.models import Shot, Take
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_that_is_out_of_date_buys_nothing_again(stage: Stage) -> None:
    shots = stage.shots(2)
    wanted = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS,), provider="paid")
    services.generate(opened=stage.opened, wanted=wanted, title="Stills")
    stage.settle()
    with pytest.raises(services.NothingToDo, match="made before"):
        services.generate(opened=stage.opened, wanted=wanted, title="Stills, from an old page")
    stage.settle()
    stage.check_books()
    assert Job.objects.count() == 2
    assert Take.objects.count() == 2


def test_a_wish_that_was_answered_long_ago_brings_its_take_back(stage: Stage) -> None:
    shots = stage.shots(1)
    first = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS,), provider="paid")
    services.generate(opened=stage.opened, wanted=first, title="Still")
    stage.settle()
    before = Shot.objects.get().still
    Shot.objects.update(prompt_by_hand="A lighthouse in the rain")
    services.generate(
        opened=stage.opened,
        wanted=planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS,), provider="paid"),
        title="By hand",
    )
    stage.settle()
    assert Shot.objects.get().still != before
    Shot.objects.update(prompt_by_hand="")
    back = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS, planning.CLIPS), provider="paid")
    batch = services.generate(opened=stage.opened, wanted=back, title="As it was, and its clip")
    assert [job.operation for job in stage.jobs_of(batch)] == ["image_to_video"]
    assert before is not None
    assert stage.jobs_of(batch)[0].input_asset == before.asset
    assert Shot.objects.get().still == before


def test_a_cancel_and_a_claim_at_the_same_moment_never_wait_for_each_other(stage: Stage) -> None:
    jobs = stage.ask("paid", 12)
    account = ProviderAccount.objects.get(provider="paid")
    ProviderAccount.objects.update(max_concurrent=100)
    barrier, faults = threading.Barrier(2), []

    def run(work: list[object], do: object) -> None:
        try:
            barrier.wait(timeout=20)
            for one in work:
                do(one)  # type: ignore[operator]
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(jobs, lambda job: services.cancel_job(opened=stage.opened, job=job))),
        threading.Thread(target=run, args=(list(range(12)), lambda _: claims.claim_next(account.pk))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert faults == []
    assert Job.objects.filter(cancel_requested_at=None, state=JobState.CANCELLED).count() == 0
    assert Job.objects.filter(state=JobState.CANCELLED).count() == 12


def test_what_may_have_been_accepted_is_not_called_free_when_it_is_cancelled(stage: Stage) -> None:
    keyed = stage.providers["keyed"]
    keyed.play("answer", ConnectionResetError())
    (job,) = stage.ask("keyed")
    stage.answer_one()
    attempt = Attempt.objects.get(job=job)
    assert attempt.state == AttemptState.QUEUED
    assert attempt.send_started_at is not None
    services.cancel_job(opened=stage.opened, job=job)
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.QUEUED
    stage.pass_time()
    steps.submit_next(attempt.account_id)
    attempt.refresh_from_db()
    assert attempt.task_id
    stage.settle()
    job.refresh_from_db()
    assert "nothing was charged" not in job.failure_text
    stage.check_books()
