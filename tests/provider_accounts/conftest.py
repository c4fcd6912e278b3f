"""A Runway that answers what the test says, and a catalogue with a few models of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from accounts.access import OpenTeam, open_team
from accounts.models import User
from accounts.policies import Right
from generation import execution
from generation.models import Attempt, Batch, Job, ProviderAccount
from generation.providers.base import AccountStatus, Context, Traits
from generation.vendors import keys, sealing
from projects import queue
from projects.models import Project
from tests.engine.fakes import FakeProvider

KEY = "key_" + "c0ffee00" * 16
OTHER_KEY = "key_" + "0badcafe" * 16
STATUS = AccountStatus(
    balance=12_400_000,
    balance_text="1,240 credits",
    generations_today={"gen4_turbo": 7, "gen4_image": 2},
    limits={"gen4_turbo": {"concurrent": 3, "daily": 500}, "gen4_image": {"concurrent": 2, "daily": None}},
    api_version="2024-11-06",
)


class FakeRunway(FakeProvider):
    """Answers the question how an account stands, with what the test says."""

    name: ClassVar[str] = "runway"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=False, key_setting="RUNWAYML_API_SECRET", default_url="https://runway.test"
    )

    def __init__(self) -> None:
        super().__init__()
        self.asked_with: list[str] = []
        self.answer: AccountStatus | Exception | Callable[[str], Exception] = STATUS

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Do what the test says."""
        self.asked_with.append(context.key)
        answer = self.answer if isinstance(self.answer, AccountStatus | Exception) else self.answer(context.key)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def runway(monkeypatch: pytest.MonkeyPatch) -> FakeRunway:
    """Runway, as the only provider there is."""
    fake = FakeRunway()
    monkeypatch.setattr(execution, "registry", lambda: {"runway": fake})
    return fake


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The messages that were sent to the queue."""
    messages: list[tuple[str, ...]] = []
    monkeypatch.setattr(queue, "ring", lambda actor_name, *ids: messages.append((actor_name, *ids)))
    return messages


@pytest.fixture
def owned(cast: SimpleNamespace) -> OpenTeam:
    """The team, opened by Alice who owns it."""
    return open_team(cast.alice, cast.team.pk, Right.OWN)


@pytest.fixture
def order(cast: SimpleNamespace, project: Project) -> Callable[..., Attempt]:
    """Return a function that writes an order of the team's, as the engine would have left it."""
    batch = Batch.objects.create(project=project, title="Clips", created_by=cast.alice)
    numbers = iter(range(1, 1000))

    def write(account: ProviderAccount, state: str, *, user: User | None = None, **fields: Any) -> Attempt:
        number = next(numbers)
        job = Job.objects.create(
            project=project, team=project.team, batch=batch, created_by=user or cast.alice,
            operation="image_to_video", provider=account.provider, model="gen4_turbo", recipe="r",
            fingerprint=str(number), state="succeeded",
        )  # fmt: skip
        values = {"model": "gen4_turbo", "body": {}, "task_id": f"task-{number}", **fields}
        return Attempt.objects.create(
            job=job, team=project.team, account=account, provider=account.provider, state=state, **values
        )

    return write


@pytest.fixture
def keyed(cast: SimpleNamespace) -> ProviderAccount:
    """The team's account at Runway with a key in it."""
    account = ProviderAccount.objects.create(provider="runway", team=cast.team, max_concurrent=keys.PLACES)
    account.sealed_key = sealing.seal(account, KEY)
    account.key_hint = KEY[-4:]
    account.save()
    return account
