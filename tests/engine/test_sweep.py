"""Leases, the spool and the sweep: what is picked up, when, and that one odd row stops nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError

from generation import leases, planning, services, spool, steps, sweep
from generation.models import Attempt, Job, ProviderAccount
from generation.progress import Progress
from generation.providers.errors import NotAccepted, Refused
from generation.querysets import seconds_from_now
from generation.states import AttemptState, JobState
from generation.steps import accepting
from tests.engine.fakes import FLAVOURS, lost_answer
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


# --- leases ----------------------------------------------------------------------------------------------------------


def test_this_process_is_alive_and_a_finished_one_is_dead() -> None:
    me = leases.owner()
    assert me
    assert not leases.is_dead(me)
    machine = me.rsplit("/", 2)[0]
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    its_start = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    its_name = f"{machine}/{child.pid}/{its_start}"
    assert not leases.is_dead(its_name)
    child.kill()
    # Dead, but not yet collected by its parent: a zombie holds no lease.
    until_it_is_a_zombie = Path(f"/proc/{child.pid}/stat")
    while until_it_is_a_zombie.read_text().rpartition(")")[2].split()[0] != "Z":
        pass
    assert leases.is_dead(its_name)
    child.communicate()
    assert leases.is_dead(its_name)


def test_a_later_process_with_the_same_number_is_somebody_else() -> None:
    machine, pid, started = leases.owner().rsplit("/", 2)
    assert leases.is_dead(f"{machine}/{pid}/{int(started) - 1}")


@pytest.mark.parametrize("name", ["", "nonsense", "elsewhere:12345678:4026531836/1/1", "a/b/c"])
def test_owners_elsewhere_are_never_judged(name: str) -> None:
    assert not leases.is_dead(name)


@pytest.mark.parametrize(("state", "after"), [(S.CLAIMED, S.QUEUED), (S.SENDING, S.UNKNOWN), (S.FETCHING, S.FETCHING)])
def test_what_a_dead_process_held_is_free_at_once(stage: Stage, state: str, after: str) -> None:
    (job,) = stage.ask("paid")
    Attempt.objects.update(state=state, body={}, task_id="t", lease_token=uuid.uuid4(), lease_owner=leases.owner())
    attempt = stage.attempt(job)
    Attempt.objects.update(lease_until=attempt.created_at.replace(year=2099))
    sweep.sweep()
    assert stage.attempt(job).state == state, "its holder lives"
    stage.be_reborn()
    sweep.sweep()
    sweep.sweep()  # the clock of SQLite stands still for a millisecond
    attempt = stage.attempt(job)
    assert attempt.state == after
    assert attempt.lease_until is None or attempt.lease_until.year < 2099
    assert (("generation.collect", (str(attempt.pk),)) in stage.rung) == (state == S.FETCHING)


@pytest.mark.parametrize(
    ("words", "number", "says"),
    [("", 1, "Whether it accepted"), ("FADE IN:", 1, "What had come is kept"), ("FADE IN:", 2, "Whether it accepted")],
    ids=["nothing came", "words came", "perhaps those of the attempt before"],
)
def test_an_answer_that_had_begun_is_not_called_one_that_may_never_have_been_accepted(
    stage: Stage, words: str, number: int, says: str
) -> None:
    (job,) = stage.ask("paid")
    Attempt.objects.update(
        state=S.SENDING, body={}, number=number, lease_token=uuid.uuid4(), lease_owner=leases.owner()
    )
    job.result_text = words
    job.save(update_fields=["result_text"])
    stage.end_leases()
    sweep.sweep()
    assert stage.attempt(job).state == S.UNKNOWN
    assert says in stage.attempt(job).failure_public


def test_a_lease_that_ran_out_by_the_clock_is_free_too(stage: Stage) -> None:
    (job,) = stage.ask("keyed")
    token = uuid.uuid4()
    Attempt.objects.update(state=S.CLAIMED, lease_token=token, lease_owner="elsewhere:12345678:1/1/1")
    stage.end_leases()
    sweep.sweep()
    assert stage.attempt(job).state == S.QUEUED
    assert stage.attempt(job).lease_token is None


# --- the sweep -------------------------------------------------------------------------------------------------------


def test_old_work_is_rung_for_again_where_there_is_a_place(stage: Stage) -> None:
    jobs = stage.ask("paid", 2)
    account = stage.attempt(jobs[0]).account_id
    stage.rung.clear()
    sweep.sweep()
    assert list(stage.rung) == [("generation.submit", (str(account),))]
    stage.rung.clear()
    ProviderAccount.objects.update(max_concurrent=1)
    Attempt.objects.filter(job=jobs[0]).update(state=S.RUNNING, body={}, task_id="t")
    sweep.sweep()
    assert not stage.rung


def test_one_repair_that_fails_does_not_stop_the_others(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    (job,) = stage.ask("paid")
    stage.rung.clear()

    def broken() -> Any:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(spool, "take_all", broken)
    sweep.sweep()
    assert [actor for actor, _ in stage.rung] == ["generation.submit"]
    assert stage.attempt(job).state == S.QUEUED


def test_an_order_on_its_way_to_a_provider_that_was_taken_out_is_in_doubt(stage: Stage) -> None:
    gone, stays = *stage.ask("keyed"), *stage.ask("paid")
    for attempt in Attempt.objects.all():
        Attempt.objects.filter(pk=attempt.pk).update(state=S.SENDING, body={}, lease_token=uuid.uuid4())
    stage.end_leases()
    del stage.providers["keyed"]
    sweep.sweep()
    assert stage.attempt(gone).state == stage.attempt(stays).state == S.UNKNOWN


def test_a_doubtful_order_is_never_given_up_as_free(stage: Stage) -> None:
    """It was sent once without an answer; that its repeat dies three times on our side proves nothing."""
    keyed = stage.providers["keyed"]
    keyed.play("answer", lost_answer)
    (job,) = stage.ask("keyed")
    for _ in range(4):
        stage.answer_one()
        stage.pass_time()
        stage.rung.clear()
        stage.die_at("prepared")
        try:
            steps.submit_next(stage.attempt(job).account_id)
        except BaseException:
            stage.be_reborn()
        sweep.sweep()
        sweep.sweep()
        stage.rung.clear()
        assert stage.attempt(job).state == S.QUEUED
    stage.be_reborn()
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    assert keyed.books.bought.total() == 1
    stage.check_books()


def test_busy_on_the_repeat_proves_nothing_about_the_first_sending(stage: Stage) -> None:
    keyed = stage.providers["keyed"]
    keyed.play("answer", lost_answer)
    (job,) = stage.ask("keyed")
    stage.answer_one()
    first = stage.attempt(job).send_started_at
    assert first is not None
    keyed.play("submit", NotAccepted("Busy.", code="throttled"))
    stage.answer()
    assert stage.attempt(job).state == S.QUEUED
    assert stage.attempt(job).send_started_at is not None
    stage.settle()
    stage.check_books()


def test_a_start_clears_away_what_dead_steps_left_behind_and_nothing_else(stage: Stage, own_data: Path) -> None:
    held, dead = (stage.attempt(job) for job in stage.ask("paid", 2))
    for attempt, year in ((held, 2099), (dead, 2020)):
        Attempt.objects.filter(pk=attempt.pk).update(
            state=S.FETCHING, body={}, task_id=f"until {year}", lease_until=attempt.created_at.replace(year=year)
        )
    folders = [own_data / "work" / f"{name}-abc" for name in (held.pk, dead.pk, uuid.uuid4())]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "half-rendered.mp4").write_bytes(b"x")
    sweep.check_installation()
    assert [folder.exists() for folder in folders] == [True, False, False]


# --- the spool -------------------------------------------------------------------------------------------------------


def away(times: int, error: type[Exception] = OperationalError) -> Callable[..., bool]:
    """Return an ``accept`` that fails so often because the database is away."""
    left = [times]
    accept = steps.accept

    def play(*arguments: Any) -> bool:
        if left[0]:
            left[0] -= 1
            raise error("the database is away")
        return accept(*arguments)

    return play


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleep not at all; return how long it would have been."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_the_database_is_away_for_a_moment_after_acceptance(
    stage: Stage, flavour: str, error: type[Exception], no_sleep: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "accept", away(3, error))
    (job,) = stage.ask(flavour)
    stage.answer()
    assert no_sleep == [1, 1, 1]
    assert stage.attempt(job).task_id == f"task-{stage.attempt(job).pk}"
    assert spool.take_all() == []
    stage.settle()
    stage.check_books()
    assert stage.providers[flavour].books.sent.total() == 1


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_database_is_away_for_good_after_acceptance(
    stage: Stage, flavour: str, no_sleep: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = stage.ask(flavour)
    with monkeypatch.context() as patch:
        patch.setattr(accepting, "accept", away(10_000))
        stage.answer()
    assert sum(no_sleep) == steps.COMMIT_TRIES
    (entry,) = spool.take_all()
    assert entry["attempt"] == str(stage.attempt(job).pk)
    assert stage.attempt(job).state == S.SENDING
    stage.be_reborn()
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    assert stage.providers[flavour].books.sent.total() == 1
    assert spool.take_all() == []
    stage.check_books()


def test_the_spool_is_evidence_for_an_order_in_doubt(
    stage: Stage, no_sleep: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = stage.ask("paid")
    with monkeypatch.context() as patch:
        patch.setattr(accepting, "accept", away(10_000))
        stage.answer()
    kept = spool.take_all()[0]
    spool.forget({kept["attempt"]})
    stage.be_reborn()
    sweep.sweep()
    sweep.sweep()
    assert stage.attempt(job).job.state == JobState.UNKNOWN
    spool.keep(kept["attempt"], kept["task"], kept["outputs"])
    stage.settle()
    sweep.sweep()
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    stage.check_books()


def test_a_full_disk_does_not_end_the_tries_to_commit(
    stage: Stage, no_sleep: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool, "keep", full)
    monkeypatch.setattr(accepting, "accept", away(3))
    (job,) = stage.ask("paid")
    stage.answer()
    assert stage.attempt(job).state == S.RUNNING
    stage.settle()
    stage.check_books()


def test_a_line_cut_short_by_a_crash_swallows_no_other(own_data: Path) -> None:
    spool.keep("one", "t1", None)
    path = own_data / "spool" / "accepted.jsonl"
    with path.open("a") as file:
        file.write('{"attempt": "cut sh')
    spool.keep("two", "t2", [{"reference": "r", "media_type": "image/png"}])
    assert [entry["attempt"] for entry in spool.take_all()] == ["one", "two"]
    spool.forget({"one"})
    assert [entry["task"] for entry in spool.take_all()] == ["t2"]


def test_lines_written_while_others_are_taken_out_are_kept(own_data: Path) -> None:
    """Two processes share the folder: what one writes while the other rewrites the file must not be lost."""
    program = (
        "import sys, django; django.setup()\n"
        "from django.conf import settings; from pathlib import Path\n"
        "settings.DATA_DIR = Path(sys.argv[1])\n"
        "from generation import spool\n"
        "for n in range(60): spool.keep(f'theirs-{n}', 't', None)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(own_data)], env=None)
    n = 0
    while other.poll() is None or n == 0:
        spool.keep(f"ours-{n}", "t", None)
        spool.forget({f"ours-{n}"})
        n += 1
    assert other.returncode == 0
    assert {entry["attempt"] for entry in spool.take_all()} == {f"theirs-{number}" for number in range(60)}


def test_threads_do_not_lose_each_others_lines(own_data: Path) -> None:
    def write(name: str) -> None:
        for number in range(10):
            spool.keep(f"{name}-{number}", "t", None)
            if number % 2:
                spool.forget({f"{name}-{number}"})

    threads = [threading.Thread(target=write, args=(str(one),)) for one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(spool.take_all()) == 20


def test_an_entry_that_cannot_be_stored_does_not_hold_up_the_next(stage: Stage) -> None:
    jobs = stage.ask("paid", 3)
    attempts = [stage.attempt(job) for job in jobs]
    for attempt in attempts:
        Attempt.objects.filter(pk=attempt.pk).update(state=S.UNKNOWN, body={})
    Attempt.objects.filter(pk=attempts[0].pk).update(state=S.RUNNING, task_id="the-same")
    spool.keep(str(attempts[1].pk), "the-same", None)
    spool.keep(str(attempts[2].pk), "another", None)
    spool.keep(str(uuid.uuid4()), "of a deleted project", None)
    sweep.sweep()
    assert stage.attempt(jobs[1]).state == S.UNKNOWN
    assert stage.attempt(jobs[2]).task_id == "another"
    assert [json.loads(json.dumps(entry))["task"] for entry in spool.take_all()] == ["the-same"]


def test_what_came_to_wait_for_a_job_that_had_failed_meanwhile_ends_with_its_money_released(stage: Stage) -> None:
    shots = stage.shots(1)
    wanted = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS, planning.CLIPS), provider="paid")
    batch = services.generate(opened=stage.opened, wanted=wanted, title="Still and clip")
    still = Job.objects.get(batch=batch, operation="text_to_image")
    clip = Job.objects.get(batch=batch, operation="image_to_video")
    # As if the clip had been asked for while the still was failing: nobody saw that it waited.
    Job.objects.filter(pk=clip.pk).update(input_job=None)
    stage.providers["paid"].play("submit", Refused("Not like that.", code="refused"))
    stage.rung.clear()
    Attempt.objects.filter(job=clip).update(due_at=seconds_from_now(600))
    steps.submit_next(stage.attempt(still).account_id)
    Job.objects.filter(pk=clip.pk).update(input_job=still)
    assert stage.attempt(clip).state == S.QUEUED
    sweep.sweep()
    clip.refresh_from_db()
    assert (clip.state, clip.failure_code) == (JobState.FAILED, "input_failed")
    assert "Not like that." in clip.failure_text
    stage.check_books()


def test_what_a_job_was_to_start_from_ends_while_it_is_asked_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    shots = stage.shots(1)
    stills = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS,), provider="paid")
    still = stage.jobs_of(services.generate(opened=stage.opened, wanted=stills, title="Still"))[0]
    both = planning.wishes_for(stage.opened, shots=shots, kinds=(planning.STILLS, planning.CLIPS), provider="paid")
    hold, held = vars(services)["hold"], list[Any]()

    def ends_meanwhile(project: Any) -> None:
        hold(project)
        if not held:
            Job.objects.filter(pk=still.pk).update(state=JobState.FAILED)
        held.append(project)

    monkeypatch.setattr(services, "hold", ends_meanwhile)
    batch = services.generate(opened=stage.opened, wanted=both, title="Still and clip")
    assert len(held) == 2, "it is asked for anew, with what is there now"
    clip = Job.objects.get(batch=batch, operation="image_to_video")
    assert clip.input_job is not None
    assert clip.input_job.state == JobState.QUEUED


def test_words_that_are_being_written_are_kept_when_the_process_is_to_end(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    progress = Progress(stage.attempt(job), lease_seconds=60, heed_cancel=True)
    assert progress.wanted()
    leases.stopping.set()
    assert not progress.wanted()
