"""Prices that a team says of its own endpoint hold there and nowhere else: nobody buys with the installation's money at
a price that they have made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.access import open_team
from accounts.models import Team
from accounts.policies import Right
from generation import fallback
from generation.catalogue import model_named
from generation.models import Approval, Attempt, Batch, Entry, ProviderAccount
from generation.money import approvals, budgets
from generation.money.counters import BudgetExceeded
from generation.providers.base import Operation
from generation.states import AttemptState
from generation.vendors import provider_accounts
from generation.vendors.own_models import PROVIDER, TEXT, as_offered
from generation.writing import asking
from generation.writing.kinds import Wanted
from projects.access import OpenProject, open_project
from projects.models import Project

pytestmark = pytest.mark.django_db
CLAUDE = "claude-sonnet-5-5"


@pytest.fixture
def team(cast: SimpleNamespace, settings: Any) -> Team:
    """The installation's endpoint is dear; the team says that its own costs next to nothing."""
    dear = {TEXT: {"name": "ours", "input": 30_000_000, "output": 150_000_000}}
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        PROVIDER: {"key": "sk-ours", "url": "https://ours.example/v1", "own_models": dear},
        "anthropic": {"key": "sk-ant-ours", "url": ""},
    }
    ProviderAccount.objects.create(
        provider=PROVIDER,
        team=cast.team,
        base_url="https://theirs.example/v1",
        own_models={TEXT: {"name": "theirs", "input": 1, "output": 1}},
        max_concurrent=1,
    )
    team: Team = cast.team
    return team


def _asked(cast: SimpleNamespace, project: Project, model: str, limit: int | None) -> tuple[OpenProject, Batch]:
    Project.objects.filter(pk=project.pk).update(text_model=model, approval_limit=limit)
    opened = open_project(cast.carol, project.pk, Right.SPEND)
    return opened, asking.ask(opened=opened, wanted=Wanted("outline", "A ferry.", 3)).job.batch


def _failed(batch: Batch) -> Attempt:
    """Have the first choice fail; returns its attempt."""
    Attempt.objects.filter(job__batch=batch).update(state=AttemptState.FAILED, ended_at=timezone.now())
    return Attempt.objects.get(job__batch=batch)


def _real_price(attempt: Attempt) -> int:
    model = as_offered(model_named(TEXT), attempt.job.team, rehearsal=False)
    return model.estimate(Operation.TEXT_TO_TEXT, attempt.parameters, prompt=attempt.prompt)


def _go(cast: SimpleNamespace, team: Team) -> None:
    provider_accounts.remove_key(opened=open_team(cast.alice, team.pk, Right.OWN), provider=PROVIDER)


def test_what_waited_for_a_yes_is_reserved_at_the_price_of_whoever_makes_it(
    cast: SimpleNamespace, project: Project, team: Team
) -> None:
    _, batch = _asked(cast, project, TEXT, 0)
    assert batch.approval == Approval.WAITING
    assert batch.estimate < 10
    _go(cast, team)
    bob = open_project(cast.bob, project.pk, Right.MANAGE)
    budgets.set_cap(actor=cast.alice, team=team, cap=20_000)
    with pytest.raises(BudgetExceeded):
        approvals.approve(opened=bob, batch=batch)
    budgets.set_cap(actor=cast.alice, team=team, cap=20_000_000)
    approvals.approve(opened=bob, batch=batch)
    attempt = Attempt.objects.get()
    assert attempt.account.team is None
    assert attempt.estimate == Entry.objects.get(kind="reserve").amount == _real_price(attempt) > 20_000


def test_who_is_asked_next_is_paid_what_they_cost_then(cast: SimpleNamespace, project: Project, team: Team) -> None:
    assert team.fallback
    _, batch = _asked(cast, project, CLAUDE, None)
    attempt = _failed(batch)
    (choice,) = [one for one in attempt.job.alternatives if one["provider"] == PROVIDER]
    assert choice["estimate"] < 10
    _go(cast, team)
    with transaction.atomic():
        following = fallback.ask_next(attempt, "unavailable")
    assert following is not None
    assert following.account.team is None
    assert following.estimate == _real_price(following) > 20_000


def test_a_price_that_has_risen_is_not_the_way_around_the_limit(
    cast: SimpleNamespace, project: Project, team: Team
) -> None:
    _, batch = _asked(cast, project, CLAUDE, None)
    Project.objects.filter(pk=project.pk).update(approval_limit=batch.estimate)
    _go(cast, team)
    with transaction.atomic():
        assert fallback.ask_next(_failed(batch), "unavailable") is None


def test_a_price_that_nobody_says_any_more_is_no_price(
    cast: SimpleNamespace, project: Project, team: Team, settings: Any
) -> None:
    _, batch = _asked(cast, project, CLAUDE, None)
    attempt = _failed(batch)
    settings.PROVIDERS[PROVIDER]["own_models"] = {}
    _go(cast, team)
    with transaction.atomic():
        assert fallback.ask_next(attempt, "unavailable") is None
