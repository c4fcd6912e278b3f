"""The engine without its threads: the test rings, looks, sweeps and lets time pass, one step after the other."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from generation import crashpoints, leases, planning, polling, services, steps, sweep
from generation.groups import asking
from generation.models import Attempt, Batch, Job, ProviderAccount
from generation.money.books import violations
from generation.states import IN_FLIGHT, JOB_ENDED, AttemptState, JobState
from projects.access import OpenProject
from projects.models import Event, Project
from scenes import mirror
from scenes.models import Asset, Scene, Shot, Take
from scenes.screenplay.drafts import Angle
from tests.engine.fakes import FakeProvider

STEPS: Mapping[str, Callable[[UUID], None]] = {
    "generation.submit": steps.submit_next,
    "generation.collect": steps.collect,
    "generation.cancel": steps.cancel_at_provider,
    "generation.group": asking.resume,
    "scenes.mirror": mirror.write,
}
NOBODY_HAS_THIS_PID = 2**30


def wait_until(true: Callable[[], bool], seconds: float = 45.0) -> None:
    """Wait for something that other threads or processes bring about."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.05)


class Died(BaseException):
    """The process ends here, as by ``kill -9``: nothing in the engine may catch it and tidy up."""


class Stage:
    """One project with its fakes.

    Args:
        opened: the project, opened by somebody who may spend.
        providers: the fakes by name.
        rung: where the replaced bell puts its messages.
    """

    def __init__(
        self, opened: OpenProject, providers: dict[str, FakeProvider], rung: deque[tuple[str, tuple[str, ...]]]
    ) -> None:
        self.opened = opened
        self.providers = providers
        self.rung = rung
        self.reached: Counter[str] = Counter()

    # --- asking ------------------------------------------------------------------------------------------------------

    def shots(self, count: int) -> list[Shot]:
        """Add a scene with so many shots."""
        number = Scene.objects.filter(project=self.opened.project).count() + 1
        scene = Scene.objects.create(
            project=self.opened.project, number=str(number), position=number, heading="INT. KITCHEN - DAY"
        )
        made = [
            Shot(
                scene=scene,
                letter=f"{chr(65 + place // 26)}{chr(65 + place % 26)}",
                position=place + 1,
                angle=Angle.WIDE,
                description=f"Something number {place}",
                duration_ms=2000,
            )
            for place in range(count)
        ]
        return Shot.objects.bulk_create(made)

    def ask(self, provider: str, count: int = 1) -> list[Job]:
        """Ask for the stills of so many new shots; return their jobs in order."""
        wanted = planning.wishes_for(self.opened, shots=self.shots(count), kinds=(planning.STILLS,), provider=provider)
        batch = services.generate(opened=self.opened, wanted=wanted, title="Stills")
        ProviderAccount.objects.filter(provider=provider).update(max_concurrent=max(count, 4))
        return self.jobs_of(batch)

    @staticmethod
    def jobs_of(batch: Batch) -> list[Job]:
        """Return a batch's jobs in the order of their shots."""
        return list(Job.objects.filter(batch=batch).order_by("shot__position", "operation"))

    # --- letting it go on --------------------------------------------------------------------------------------------

    def answer_one(self) -> bool:
        """Do what one message asks for; False when there is none."""
        if not self.rung:
            return False
        actor, ids = self.rung.popleft()
        STEPS[actor](*(UUID(one) for one in ids))
        return True

    def answer(self) -> None:
        """Answer the bell until it is quiet."""
        for _ in range(2000):
            if not self.answer_one():
                return
        raise AssertionError("The bell never falls silent.")

    def look(self) -> None:
        """Look at everything that is due, in this thread."""
        for attempt in polling.claim_due():
            polling.look(attempt)

    @staticmethod
    def pass_time() -> None:
        """Let whatever is planned be due."""
        Attempt.objects.exclude(due_at=None).update(due_at=Now() - timedelta(seconds=1))
        ProviderAccount.objects.exclude(probe_at=None).update(probe_at=Now() - timedelta(seconds=1))

    @staticmethod
    def end_leases() -> None:
        """Let every lease run out by the clock."""
        Attempt.objects.exclude(lease_until=None).update(lease_until=Now() - timedelta(seconds=1))

    def settle(self, rounds: int = 40) -> None:
        """Go on as a living process would, time passing quickly, until nothing more happens of itself."""
        for _ in range(rounds):
            self.answer()
            self.pass_time()
            self.look()
            sweep.sweep()
            if not self.rung and not Job.objects.exclude(state__in=(*JOB_ENDED, JobState.UNKNOWN)).exists():
                self.answer()
                return
        standing = Counter(Attempt.objects.values_list("state", flat=True))
        raise AssertionError(f"Still not settled after {rounds} rounds: {standing}")

    # --- dying -------------------------------------------------------------------------------------------------------

    def die_at(self, point: str, time: int = 1) -> None:
        """End the process when it passes a crash point for the nth time."""
        self.reached.clear()

        def on_reach(name: str) -> None:
            self.reached[name] += 1
            if name == point and self.reached[name] == time:
                raise Died(name)

        crashpoints.install(on_reach)

    def live_until_death(self) -> bool:
        """Go on until the process ends; False when it never does."""
        try:
            self.settle()
        except Died:
            return True
        return False

    def be_reborn(self) -> None:
        """Begin again as a fresh process: the old one's messages are lost and its name belongs to nobody."""
        crashpoints.install(None)
        self.rung.clear()
        dead = f"{leases.owner().rsplit('/', 2)[0]}/{NOBODY_HAS_THIS_PID}/1"
        Attempt.objects.exclude(lease_owner="").update(lease_owner=dead)

    def settle_but_die_at(self, point: str, times: int) -> int:
        """Go on through so many deaths at the same point; return how many there were."""
        for deaths in range(times):
            self.die_at(point)
            if not self.live_until_death():
                return deaths
            self.be_reborn()
        return times

    # --- the books ---------------------------------------------------------------------------------------------------

    def attempt(self, job: Job) -> Attempt:
        """Return a job's latest attempt as it is stored now."""
        return Attempt.objects.filter(job=job).select_related("job", "account").latest("number")

    def events(self, job: Job | None = None, ending: str = "") -> list[dict[str, Any]]:
        """Return the stored events, of one job, by the end of their type."""
        rows = Event.objects.filter(project=self.opened.project).order_by("number")
        return [
            {**row.payload, "type": row.type, "seq": row.number}
            for row in rows
            if row.type.endswith(ending) and (job is None or row.payload.get("jobId") == str(job.pk))
        ]

    def check_books(self) -> None:
        """Assert what must hold whenever nothing goes on any more, whatever has happened."""
        project = Project.objects.get(pk=self.opened.project.pk)
        numbers = [event["seq"] for event in self.events()]
        assert numbers == list(range(1, project.last_event_number + 1)), "event numbers have gaps or doubles"
        assert not Attempt.objects.filter(state__in=(*IN_FLIGHT, AttemptState.QUEUED)).exists(), "something is stuck"
        done = list(Job.objects.filter(state=JobState.SUCCEEDED))
        takes = Counter(Take.objects.values_list("attempt_id", flat=True))
        for job in Job.objects.all():
            ends = self.events(job, "_completed") + self.events(job, "_failed")
            assert len(ends) == (job.state in JOB_ENDED), f"{job.state} with the events {ends}"
            assert len(self.events(job, "_started")) <= 1
            made = sum(takes[pk] for pk in Attempt.objects.filter(job=job).values_list("pk", flat=True))
            assert made == (job.state == JobState.SUCCEEDED), f"{job.state} with {made} takes"
            if job.state == JobState.SUCCEEDED:
                assert len(self.events(job, "_completed")) == 1
        assert Take.objects.count() == len(done)
        assert Asset.objects.count() == len(done)
        assert len(self.events(ending="take_added")) == len(done)
        for provider in self.providers.values():
            if provider.traits.charges:
                assert not provider.books.bought_twice, "something was bought twice"
        assert violations() == []
