"""Attempts and their ends, without the engine."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from generation.models import Attempt, Batch, Counter, Job, ProviderAccount
from generation.models.money import Scope
from generation.money import ledger
from generation.states import AttemptState, JobState
from projects.models import Project

DOLLAR = 1_000_000


def at_once(works: Sequence[Callable[[], object]]) -> list[BaseException]:
    """Run all of these in threads that one barrier lets go; return what they raised."""
    barrier = threading.Barrier(len(works))
    errors: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            # Connected before the gun, so that the work itself is what happens at once.
            connection.ensure_connection()
            connection.close()
            barrier.wait(60)
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "some never came back"
    return errors


class Till:
    """Makes attempts of one project for one person.

    Args:
        project: what they are for.
        user: who asks for them.
    """

    def __init__(self, project: Project, user: User) -> None:
        self.project = project
        self.user = user
        self.batch = Batch.objects.create(project=project, title="Clips", created_by=user)

    def attempts(self, *estimates: int, provider: str = "paid", rehearsal: bool = False) -> list[Attempt]:
        """Write jobs and queued attempts with these estimates; nothing is reserved for them."""
        account, _ = ProviderAccount.objects.get_or_create(
            provider=provider, team=None, rehearsal=rehearsal, defaults={"max_concurrent": 4}
        )
        jobs = [
            Job(
                project=self.project,
                team_id=self.project.team_id,
                batch=self.batch,
                created_by=self.user,
                operation="text_to_video",
                provider=provider,
                model=f"{provider}-clip",
                fingerprint=uuid.uuid4().hex,
                recipe="r",
            )
            for _ in estimates
        ]
        Job.objects.bulk_create(jobs)
        return Attempt.objects.bulk_create(
            Attempt(
                job=job,
                team_id=self.project.team_id,
                account=account,
                provider=provider,
                model=job.model,
                estimate=estimate,
                rehearsal=rehearsal,
                price_version="2026-11",
            )
            for job, estimate in zip(jobs, estimates, strict=True)
        )

    def reserved(self, *estimates: int, provider: str = "paid", rehearsal: bool = False) -> list[Attempt]:
        """Write attempts and reserve for them, in one transaction as the engine does."""
        with transaction.atomic():
            attempts = self.attempts(*estimates, provider=provider, rehearsal=rehearsal)
            ledger.reserve(attempts)
        return attempts

    @staticmethod
    def move(attempt: Attempt, state: str, cost: int | None = None) -> None:
        """Put an attempt into an end state, past all the steps between."""
        Attempt.objects.filter(pk=attempt.pk).update(
            state=state, cost=cost, body={}, task_id=f"task-{attempt.pk}", version=1
        )
        Job.objects.filter(pk=attempt.job_id).update(state=JobState.FAILED)

    def end(self, attempt: Attempt, state: str = AttemptState.SUCCEEDED, cost: int | None = None) -> None:
        """Move an attempt to its end and close its books, in one transaction as the engine does."""
        with transaction.atomic():
            self.move(attempt, state, cost)
            ledger.close(attempt, state)

    def whose(self, scope: str) -> dict[str, Any]:
        """Return what names a scope in a call: nothing for the team, its project or its person."""
        named: dict[str, dict[str, Any]] = {Scope.PROJECT: {"project": self.project}, Scope.USER: {"user": self.user}}
        return named.get(scope, {})

    def stands(self, scope: str = Scope.TEAM, *, rehearsal: bool = False) -> tuple[int, int]:
        """Return what is held and spent in a scope, over all months."""
        owner = next(iter(self.whose(scope).values()), self.project.team)
        counters = Counter.objects.filter(scope=scope, scope_id=owner.pk, rehearsal=rehearsal)
        return sum(counter.held for counter in counters), sum(counter.spent for counter in counters)
