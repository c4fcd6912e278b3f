"""Results that come in the answer itself, and answers that were charged and are of no use."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from generation.models import Attempt, Entry
from generation.providers.base import Context, Output, Submission
from generation.providers.errors import Fruitless
from generation.states import AttemptState, JobState
from scenes import storage
from scenes.models import Asset, DiscardedFile
from tests.engine.fakes import PRICE, picture
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


def at_once(uuid: Any, context: Context) -> Submission:
    """Answer with the picture itself."""
    return Submission(f"task-{uuid}", outputs=(context.keep(picture(str(uuid)), "image/png"),), cost=PRICE)


def test_a_result_in_the_answer_is_brought_home_without_asking_again(stage: Stage) -> None:
    paid = stage.providers["paid"]
    paid.play("answer", at_once)
    (job,) = stage.ask("paid")
    stage.settle()
    attempt = stage.attempt(job)
    assert attempt.state == S.SUCCEEDED
    assert attempt.cost == PRICE
    assert not paid.books.looks
    assert not paid.books.fetches
    with default_storage.open(Asset.objects.get().key) as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    stage.check_books()
    # What was kept on the way goes by itself.
    (reference,) = [output["reference"].removeprefix("kept:") for output in attempt.outputs]
    assert DiscardedFile.objects.filter(key=reference).exists()


def test_who_dies_with_the_answer_accepted_leaves_it_where_the_next_finds_it(stage: Stage) -> None:
    stage.providers["paid"].play("answer", at_once)
    (job,) = stage.ask("paid")
    stage.die_at("acceptance committed")
    assert stage.live_until_death()
    stage.be_reborn()
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    stage.check_books()


def test_who_dies_before_that_leaves_an_order_in_doubt_with_its_money_held(stage: Stage) -> None:
    stage.providers["paid"].play("answer", at_once)
    (job,) = stage.ask("paid")
    stage.die_at("answer read")
    assert stage.live_until_death()
    stage.be_reborn()
    stage.settle()
    assert stage.attempt(job).state == S.UNKNOWN
    assert stage.providers["paid"].books.sent.total() == 1
    assert not Entry.objects.filter(kind__in=("settle", "release")).exists()


def test_a_storage_that_is_away_for_a_moment_loses_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.kept.time.sleep", lambda seconds: None)
    put, away = storage.put_file, iter([OSError("away"), OSError("away")])

    def sometimes(key: str, path: Any) -> None:
        error = next(away, None)
        if error is not None:
            raise error
        put(key, path)

    monkeypatch.setattr(storage, "put_file", sometimes)
    stage.providers["paid"].play("answer", at_once)
    (job,) = stage.ask("paid")
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    stage.check_books()


def test_what_was_charged_and_is_of_no_use_ends_with_its_cost_on_the_books(stage: Stage) -> None:
    stage.providers["paid"].play(
        "answer", Fruitless("It refused to draw that. Write it otherwise.", code="moderated", cost=7_000)
    )
    (job,) = stage.ask("paid")
    stage.settle()
    job.refresh_from_db()
    assert (job.state, job.failure_code) == (JobState.FAILED, "moderated")
    assert job.failure_text == "It refused to draw that. Write it otherwise."
    assert Attempt.objects.get(job=job).cost == 7_000
    assert list(Entry.objects.exclude(kind="reserve").values_list("kind", "amount")) == [("settle", 7_000)]
    stage.check_books()


def test_a_provider_cannot_name_a_file_of_ours_as_its_result(stage: Stage) -> None:
    """References are a provider's words, and a team may name any address as its provider."""
    secret = default_storage.save("projects/11111111-2222-4333-8444-555555555555/images/a.png", ContentFile(b"theirs"))
    paid = stage.providers["paid"]
    named = f"kept:{secret}"
    paid.play("answer", lambda uuid, context: Submission(f"task-{uuid}", outputs=(Output(named),), cost=PRICE))
    stage.ask("paid")
    stage.settle()
    assert paid.books.fetches[named] == 1, "it is an address of the provider's, like any other"


@pytest.mark.parametrize("told", [-PRICE, 10**30])
def test_a_cost_that_cannot_be_is_booked_at_what_was_reserved(stage: Stage, told: int) -> None:
    def sold(uuid: Any, context: Context) -> Submission:
        return Submission(f"task-{uuid}", outputs=(context.keep(picture(str(uuid)), "image/png"),), cost=told)

    stage.providers["paid"].play("answer", sold, Fruitless("It refused.", code="moderated", cost=told))
    jobs = stage.ask("paid", 2)
    stage.settle()
    ended = {(stage.attempt(job).state, stage.attempt(job).cost) for job in jobs}
    assert ended == {(S.SUCCEEDED, PRICE), (S.FAILED, PRICE)}
    stage.check_books()
