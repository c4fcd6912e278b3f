"""Locks are taken in one order everywhere, so that on PostgreSQL nobody's request ends in a deadlock.

Counters first, then the project's row, which numbers its events. What refers to an account at commit does so with the
project's row in hand; so a claim, which takes both the other way round, must leave the account's key free.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from generation import claims, planning, services
from generation.models import Attempt, ProviderAccount
from generation.providers.base import TaskStatus
from generation.states import AttemptState
from tests.engine.fakes import FAILED
from tests.engine.stage import Stage, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# The second takes the project's row to number an event, or to hold other writers off (scenes.services.changing.hold).
COUNTERS, PROJECT = 'UPDATE "generation_counter"', 'UPDATE "projects_project" SET "last_event_number"'


@contextmanager
def in_order() -> Iterator[None]:
    """Assert of every transaction inside that it takes no counter once it holds the project."""
    with CaptureQueriesContext(connection) as queries:
        yield
    told, counted, wrong = 0, 0, list[str]()
    holds = False
    for query in (query["sql"] for query in queries.captured_queries):
        if query.startswith(("BEGIN", "COMMIT", "ROLLBACK")) and "SAVEPOINT" not in query:
            holds = False
        elif query.startswith(PROJECT):
            holds, told = True, told + 1
        elif query.startswith(COUNTERS):
            counted += 1
            if holds:
                wrong.append(query)
    assert told, "no event was recorded, so nothing was seen"
    assert counted, "nothing was booked, so nothing was seen"
    assert not wrong, "\n".join(wrong)


def test_a_success_takes_the_counters_before_the_project(stage: Stage) -> None:
    with in_order():
        stage.ask("paid", 2)
        stage.settle()
    assert Attempt.objects.filter(state=AttemptState.SUCCEEDED).count() == 2


def test_so_do_a_failure_and_a_cancel(stage: Stage) -> None:
    jobs = stage.ask("paid", 2)
    stage.providers["paid"].play("poll", TaskStatus(FAILED, failure_public="It burned."))
    with in_order():
        services.cancel_job(opened=stage.opened, job=jobs[1])
        stage.settle()
    assert set(Attempt.objects.values_list("state", flat=True)) == {AttemptState.FAILED, AttemptState.CANCELLED}


@pytest.mark.scale
def test_a_claim_waits_for_an_order_that_refers_to_its_account(stage: Stage) -> None:
    """The order has the project and needs the account's key at commit; the claim has the account, needs the project."""
    stage.ask("paid")
    account = ProviderAccount.objects.get(provider="paid")
    claimed: list[Attempt | None] = []

    def claim() -> None:
        try:
            claimed.append(claims.claim_next(account.pk))
        finally:
            connection.close()

    def somebody_waits() -> bool:
        with connection.cursor() as cursor:
            # Within a transaction the first look is kept for all later ones.
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            return bool(cursor.fetchone()[0])

    claiming = threading.Thread(target=claim)
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(1), kinds=(planning.STILLS,), provider="paid")
    with transaction.atomic():
        services.generate(opened=stage.opened, wanted=wanted, title="Stills")
        claiming.start()
        wait_until(somebody_waits, 20)
    claiming.join(20)
    assert [one is not None for one in claimed] == [True]
    assert Attempt.objects.count() == 2
