"""Teams that share an installation, and its account, learn nothing of each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Team, User
from accounts.policies import Right
from generation import execution
from generation.choosing import trials
from generation.models import Attempt, Budget, Job, ProviderAccount
from generation.providers.base import AccountStatus, Operation
from generation.states import AttemptState, JobState
from generation.vendors import sealing
from projects.access import OpenProject, open_project
from projects.models import Project
from scenes.models import Asset

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User | None], Client]
CENT = 10_000


@pytest.fixture(autouse=True)
def keys(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation has a key, and Runway says that $12.34 were charged for it today."""
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "runway": {"key": "key_" + "a" * 128, "url": ""},
        "runware": {"key": "c" * 32, "url": ""},
    }
    today = datetime.now(UTC).date().isoformat()
    status = AccountStatus(spent={today: {"gen4_image": 1234 * CENT}})
    monkeypatch.setattr(execution, "account_status", lambda account, since=None: status)


def _sent(opened: OpenProject) -> Attempt:
    batch = trials.ask(
        opened=opened,
        operation=Operation.TEXT_TO_IMAGE,
        model="gen4_image",
        prompt="Fog.",
        parameters={"width": 1280, "height": 720, "ratio": "1280:720"},
    )
    Attempt.objects.filter(job__batch=batch).update(send_started_at=datetime.now(UTC))
    return Attempt.objects.select_related("job", "account").get(job__batch=batch)


@pytest.fixture
def doubtful(cast: SimpleNamespace, opened: OpenProject) -> Attempt:
    """Carol's order, of which nobody knows, beside one of the strangers that cost $11.11."""
    strangers = Project.objects.create(team=Team.objects.get(name="Strangers"), name="Other", created_by=cast.mallory)
    theirs = _sent(open_project(cast.mallory, strangers.pk, Right.SPEND))
    Attempt.objects.filter(pk=theirs.pk).update(state=AttemptState.OUTPUT_LOST, cost=1111 * CENT)
    ours = _sent(opened)
    assert ours.account == theirs.account
    Attempt.objects.filter(pk=ours.pk).update(state=AttemptState.UNKNOWN)
    Job.objects.filter(pk=ours.job_id).update(state=JobState.UNKNOWN)
    return ours


def _shown(client: Client, attempt: Attempt) -> str:
    address = reverse("generation:unknown_evidence", args=[attempt.job.project_id, attempt.job_id])
    return client.get(address).content.decode()


@pytest.mark.parametrize("name", ["alice", "dave"])
def test_what_others_spent_with_the_same_account_is_not_evidence_for_all(
    name: str, cast: SimpleNamespace, client_of: ClientOf, doubtful: Attempt
) -> None:
    shown = _shown(client_of(getattr(cast, name)), doubtful)
    assert "$11.11" not in shown
    assert "$12.34" not in shown
    # What is missing between the two still is.
    assert "$1.23" in shown


def test_who_runs_the_installation_sees_it(cast: SimpleNamespace, client_of: ClientOf, doubtful: Attempt) -> None:
    cast.alice.user_permissions.add(Permission.objects.get(codename="change_provideraccount"))
    shown = _shown(client_of(cast.alice), doubtful)
    assert "$11.11" in shown
    assert "$12.34" in shown


def test_a_team_sees_its_own_account_in_full(cast: SimpleNamespace, client_of: ClientOf, doubtful: Attempt) -> None:
    own = ProviderAccount.objects.create(provider="runway", team=cast.team, max_concurrent=1)
    own.sealed_key = sealing.seal(own, "key_" + "b" * 128)
    own.save()
    Attempt.objects.filter(pk=doubtful.pk).update(account=own)
    assert "$12.34" in _shown(client_of(cast.dave), doubtful)


@pytest.fixture
def theirs(cast: SimpleNamespace) -> Job:
    """An order of the strangers'."""
    strangers = Project.objects.create(team=Team.objects.get(name="Strangers"), name="Other", created_by=cast.mallory)
    return _sent(open_project(cast.mallory, strangers.pk, Right.SPEND)).job


def test_orders_of_others_are_not_here(
    cast: SimpleNamespace, client_of: ClientOf, project: Project, theirs: Job
) -> None:
    alice = client_of(cast.alice)
    jobs, batches = [project.pk, theirs.pk], [project.pk, theirs.batch_id]
    before = list(Attempt.objects.values("state", "version"))
    for name in ("job_row", "unknown", "unknown_evidence", "try_job"):
        assert alice.get(reverse(f"generation:{name}", args=jobs)).status_code == 404, name
    assert alice.get(reverse("generation:batch_head", args=batches)).status_code == 404
    assert alice.get(reverse("generation:try", args=[project.pk]), {"again": str(theirs.pk)}).status_code == 404
    for name in ("cancel", "retry", "unknown", "try_send"):
        answer = alice.post(reverse(f"generation:{name}", args=jobs), {"decision": "not_charged"})
        assert answer.status_code == 404, name
    for name in ("cancel_batch", "retry_failed", "approve", "decline"):
        assert alice.post(reverse(f"generation:{name}", args=batches)).status_code == 404, name
    assert list(Attempt.objects.values("state", "version")) == before


def test_money_of_others_is_not_here(cast: SimpleNamespace, client_of: ClientOf, theirs: Job) -> None:
    alice = client_of(cast.alice)
    for name in ("team_costs", "team_ledger"):
        assert alice.get(reverse(f"generation:{name}", args=[theirs.team_id])).status_code == 404, name
    budget = reverse("generation:team_budget", args=[cast.team.pk])
    for whose in ({"project": theirs.project_id}, {"person": cast.mallory.pk}):
        assert alice.post(budget, {"cap": "1", **whose}).status_code == 404
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("model", "operation", "role"),
    [
        ("gen4_image", "text_to_image", "reference"),
        ("gen4_turbo", "image_to_video", "first_frame"),
        ("klingai:6@1", "image_to_video", "last_frame"),
        ("runware:101@1", "image_to_image", "source"),
        ("runware:102@1", "inpaint", "mask"),
    ],
)
def test_files_of_others_go_into_no_order(
    model: str, operation: str, role: str, cast: SimpleNamespace, client_of: ClientOf, project: Project, theirs: Job
) -> None:
    secret = Asset.objects.create(
        project=theirs.project, kind="image", media_type="image/png", key="projects/x/a.png", sha256="ab" * 32, size=3,
        width=10, height=10, origin="uploaded",
    )  # fmt: skip
    alice = client_of(cast.alice)
    typed = {"operation": operation, "model": model, "prompt": "x", f"file.{role}": str(secret.pk)}
    for name in ("try", "try_form"):
        answer = alice.post(reverse(f"generation:{name}", args=[project.pk]), typed, headers={"HX-Request": "true"})
        assert str(secret.pk) not in answer.content.decode()
    assert not Job.objects.filter(project=project).exists()


def test_a_key_that_is_pasted_into_another_teams_row_opens_nothing(cast: SimpleNamespace) -> None:
    rows = [
        ProviderAccount.objects.create(provider="runway", team=team, max_concurrent=1)
        for team in (cast.team, Team.objects.get(name="Strangers"))
    ]
    rows[1].sealed_key = sealing.seal(rows[0], "key_" + "b" * 128)
    with pytest.raises(sealing.SealBroken) as broken:
        sealing.unseal(rows[1])
    assert "b" * 20 not in f"{broken.value} {broken.value.internal}"
