"""The attempt's states: every move is one conditional update, and only known moves exist."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from generation import polling, steps, sweep
from generation.models import Attempt, Job
from generation.states import JOB_STATE_OF, MOVES, AttemptState, JobState
from scenes.models import Asset, Take
from tests.engine.fakes import FLAVOURS
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


def test_every_state_has_its_moves_and_its_word_for_people() -> None:
    assert set(MOVES) == set(JOB_STATE_OF) == set(AttemptState.values)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_an_order_goes_the_whole_way_once(stage: Stage, flavour: str) -> None:
    (job,) = stage.ask(flavour)
    assert stage.attempt(job).state == S.QUEUED
    stage.settle()
    stage.check_books()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.job.state) == (S.SUCCEEDED, JobState.SUCCEEDED)
    assert attempt.cost == attempt.estimate == (0 if flavour == "local" else 40_000)
    assert stage.providers[flavour].books.sent[attempt.pk] == 1
    types = [event["type"] for event in stage.events()]
    assert types == ["jobs_queued", "image_generation_started", "take_added", "image_generation_completed"]
    completed = stage.events(job, "_completed")[0]
    assert completed["shotId"] == str(job.shot_id)
    assert completed["imageUrl"] == f"/media/{Asset.objects.get().pk}/file" or completed["imageUrl"].startswith("/")
    take = Take.objects.get()
    assert take.attempt_id == attempt.pk
    assert take.inputs["prompt"] == job.prompt


def test_unknown_moves_are_refused(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    attempt = stage.attempt(job)
    for before in AttemptState.values:
        for after in AttemptState.values:
            if after != before and after not in MOVES[before]:
                with pytest.raises(ValueError, match="cannot go"):
                    Attempt.objects.move(attempt.pk, after, of=(before,))
    assert stage.attempt(job).version == 0


def test_a_move_from_elsewhere_or_with_a_lost_lease_changes_nothing(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    attempt = stage.attempt(job)
    assert not Attempt.objects.move(attempt.pk, S.SENDING, of=(S.CLAIMED,))
    token = uuid.uuid4()
    assert Attempt.objects.move(attempt.pk, S.CLAIMED, of=(S.QUEUED,), lease_token=token)
    assert not Attempt.objects.move(attempt.pk, S.QUEUED, of=(S.CLAIMED,), token=uuid.uuid4())
    assert Attempt.objects.move(attempt.pk, S.QUEUED, of=(S.CLAIMED,), token=token, lease_token=None)
    assert stage.attempt(job).version == 2


def test_the_database_refuses_what_must_never_be(stage: Stage) -> None:
    jobs = stage.ask("paid", 2)
    one, two = (stage.attempt(job) for job in jobs)

    def refused(attempt: Attempt, **fields: object) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Attempt.objects.filter(pk=attempt.pk).update(**fields)

    refused(one, state=S.CLAIMED)  # without a lease
    refused(one, state=S.RUNNING, task_id="t")  # without a body
    refused(one, state=S.RUNNING, body={})  # without the provider's id
    Attempt.objects.filter(pk=one.pk).update(state=S.RUNNING, body={}, task_id="t")
    refused(two, state=S.RUNNING, body={}, task_id="t")  # the same order twice
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(
            job=jobs[0], team_id=one.team_id, number=2, account=one.account, provider="paid", model="paid-still"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=jobs[0].pk).update(fingerprint=jobs[1].fingerprint)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_ended_attempts_are_left_alone_by_every_step(stage: Stage, flavour: str) -> None:
    (job,) = stage.ask(flavour)
    stage.settle()
    before = Attempt.objects.values().get()
    attempt = stage.attempt(job)
    attempt.state = S.RUNNING
    polling.apply(attempt, stage.providers[flavour].done("another"))
    steps.accept(attempt, "another", None)
    steps.collect(attempt.pk)
    steps.cancel_at_provider(attempt.pk)
    steps.submit_next(attempt.account_id)
    sweep.sweep()
    assert Attempt.objects.values().get() == before
    stage.check_books()


def test_deadline_is_set_by_the_kind_of_media_when_the_order_is_accepted(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    stage.answer()
    attempt = stage.attempt(job)
    assert attempt.state == S.RUNNING
    assert attempt.accepted_at is not None
    assert attempt.deadline_at is not None
    assert (attempt.deadline_at - attempt.accepted_at).total_seconds() == pytest.approx(300, abs=2)
    assert attempt.deadline_at > datetime.now(UTC)
