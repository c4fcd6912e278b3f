"""What becomes of jobs when the key that they need is taken away, cannot be read, or comes back."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from accounts.access import OpenTeam, open_team
from accounts.models import User
from accounts.policies import Right
from generation import catalogue, execution
from generation.models import Attempt, Job, ProviderAccount
from generation.providers.base import AccountStatus
from generation.states import AttemptState, JobState
from generation.vendors import keys, provider_accounts
from projects import queue
from projects.access import OpenProject
from tests.engine.conftest import own_data, quick_gate, rung
from tests.engine.fakes import FakeProvider, PaidProvider, models_of
from tests.engine.stage import Stage

__all__ = ["own_data", "quick_gate", "rung"]

KEY = "paid-key-0123456789"


class Charging(PaidProvider):
    """Like Runway, and asks for the key with every call."""

    traits = replace(PaidProvider.traits, key_setting="PAID_KEY", default_url="https://paid.test")

    def account(self, context: Any, *, since: Any = None) -> AccountStatus:
        """Take any key."""
        assert context.key.startswith("paid-key-")
        return AccountStatus()


@pytest.fixture
def stage(
    transactional_db: None,
    opened: OpenProject,
    own_data: Path,
    quick_gate: None,
    rung: deque[tuple[str, tuple[str, ...]]],
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Stage:
    """The engine, with one provider that needs a key."""
    fakes: dict[str, FakeProvider] = {"paid": Charging()}
    models = {**catalogue.models(), **{model.id: model for model in models_of("paid")}}
    settings.PROVIDERS = {"paid": {"key": "", "url": ""}}
    monkeypatch.setattr(execution, "registry", lambda: fakes)
    monkeypatch.setattr(catalogue, "models", lambda: models)
    monkeypatch.setitem(
        keys.FORMS, "paid", keys.KeyForm(r"paid-key-\d+", "“paid-key-” and digits", "https://paid.test")
    )
    return Stage(opened, fakes, rung)


@pytest.fixture
def team(stage: Stage) -> OpenTeam:
    """The team, opened by its owner, with a key."""
    opened = open_team(User.objects.get(email="alice@example.com"), stage.opened.project.team_id, Right.OWN)
    provider_accounts.set_key(opened=opened, provider="paid", key=KEY)
    return opened


def states() -> list[str]:
    return sorted(Job.objects.values_list("state", flat=True))


def test_what_waits_for_a_key_that_is_taken_away_ends_with_words_and_nothing_is_sent(
    stage: Stage, team: OpenTeam
) -> None:
    stage.ask("paid", 3)
    provider_accounts.remove_key(opened=team, provider="paid")
    stage.answer()
    assert states() == [JobState.FAILED] * 3
    for job in Job.objects.all():
        assert "was taken away" in job.failure_text
        assert "Providers and keys" in job.failure_text
    assert stage.providers["paid"].books.sent.total() == 0
    assert ProviderAccount.objects.get().paused_until is None


def test_what_is_made_meanwhile_stays_and_is_brought_home_with_the_next_key(stage: Stage, team: OpenTeam) -> None:
    stage.ask("paid", 2)
    stage.answer()
    provider_accounts.remove_key(opened=team, provider="paid")
    for _ in range(3):
        stage.pass_time()
        stage.look()
        stage.answer()
    assert states() == [JobState.RUNNING] * 2
    provider_accounts.set_key(opened=team, provider="paid", key=KEY)
    stage.pass_time()
    stage.look()
    stage.answer()
    assert states() == [JobState.SUCCEEDED] * 2
    assert stage.providers["paid"].books.bought.total() == 2


def test_a_finished_result_is_not_given_up_for_want_of_a_key(stage: Stage, team: OpenTeam) -> None:
    stage.ask("paid", 1)
    stage.answer()
    stage.pass_time()
    stage.look()
    assert Attempt.objects.get().state == AttemptState.FETCHING
    provider_accounts.remove_key(opened=team, provider="paid")
    stage.answer()
    assert states() == [JobState.RUNNING]
    provider_accounts.set_key(opened=team, provider="paid", key=KEY)
    stage.pass_time()
    queue.ring("generation.collect", str(Attempt.objects.get().pk))
    stage.answer()
    assert states() == [JobState.SUCCEEDED]


def test_a_key_that_cannot_be_read_pauses_the_account_and_the_rest_waits(
    stage: Stage, team: OpenTeam, settings: Any
) -> None:
    stage.ask("paid", 3)
    good = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    stage.answer()
    assert states() == [JobState.FAILED, JobState.QUEUED, JobState.QUEUED]
    account = ProviderAccount.objects.get()
    assert "FIELD_ENCRYPTION_KEYS have changed" in account.pause_reason
    assert stage.providers["paid"].books.sent.total() == 0
    settings.FIELD_ENCRYPTION_KEYS = good
    provider_accounts.resume(opened=team, account=account)
    stage.answer()
    assert states() == [JobState.FAILED, JobState.RUNNING, JobState.RUNNING]


def test_no_row_of_a_job_holds_the_key(stage: Stage, team: OpenTeam) -> None:
    stage.providers["paid"].play("poll", RuntimeError("the network is away"))
    stage.ask("paid", 1)
    stage.answer()
    attempt = Attempt.objects.values().get()
    assert attempt["body"]
    assert KEY not in repr(attempt)
    assert KEY not in repr(Job.objects.values().get())
