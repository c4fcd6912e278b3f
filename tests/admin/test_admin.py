"""The admin: every model is there, can be searched, and shows no secret; doubts are ended; the installation is told."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Invitation, Role, User
from accounts.policies import Right
from generation import planning, services
from generation.models import Attempt, Counter, Job, ProviderAccount
from generation.money.books import violations
from generation.states import AttemptState, JobState
from projects.access import open_project
from projects.models import Project, ReviewLink, WebhookEndpoint
from tests.pages.footage import add_scenes

pytestmark = pytest.mark.django_db

ROOMS = ("accounts", "projects", "scenes", "generation")
BACKEND = "django.contrib.auth.backends.ModelBackend"
MOST_QUERIES = 14
CANARY = "canary-7f3a9c"


def registered() -> list[type[Model]]:
    return [model for model in admin.site._registry if model._meta.app_label in ROOMS]


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "x"), backend=BACKEND)
    return client


@pytest.fixture
def clerk(db: None) -> Client:
    """Staff who may look at every row, and nothing else."""
    person = User.objects.create_user("clerk@example.com", "x", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


@pytest.fixture
def doubt(cast: SimpleNamespace, project: Project) -> Job:
    """A paid order whose answer never came, with its money held."""
    Project.objects.filter(pk=project.pk).update(rehearsal=True, still_model="gen4_image")
    opened = open_project(cast.bob, project.pk, Right.SPEND)
    wanted = planning.wishes_for(opened, shots=add_scenes(project, 1, 1), kinds=["still"])
    job = services.generate(opened=opened, wanted=wanted, title="Stills").jobs.get()
    Attempt.objects.filter(job=job).update(
        state=AttemptState.UNKNOWN, body={}, send_started_at=datetime(2026, 11, 3, 12, tzinfo=UTC)
    )
    Job.objects.filter(pk=job.pk).update(state=JobState.UNKNOWN)
    job.refresh_from_db()
    return job


def test_every_model_has_a_place() -> None:
    inline = {one.model for model in registered() for one in admin.site._registry[model].inlines}
    found = set(registered()) | inline
    missing = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ROOMS and not model._meta.auto_created and model not in found
    ]
    assert not missing


@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label)
def test_every_list_opens_and_is_searched(model: type[Model], staff: Client, cast: SimpleNamespace, doubt: Job) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert admin.site._registry[model].search_fields, "cannot be searched"
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert staff.get(reverse(f"{name}_changelist"), {"q": "ferry 1"}).status_code == 200
    assert len(asked) <= MOST_QUERIES
    assert staff.get(reverse(f"{name}_changelist")).status_code == 200
    assert staff.get(reverse(f"{name}_add")).status_code in (200, 403)
    row = model._default_manager.first()
    if row is not None:
        assert staff.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label)
def test_nobody_else_gets_in(model: type[Model], cast: SimpleNamespace, client_of) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert Client().get(address).status_code == 302
    for who in (cast.alice, cast.mallory):
        assert client_of(who).get(address, follow=True).status_code == 403


def test_no_secret_is_on_any_page(staff: Client, cast: SimpleNamespace, project: Project) -> None:
    ProviderAccount.objects.create(
        provider="runway", team=cast.team, max_concurrent=1, sealed_key=f"{CANARY}-sealed", key_hint="f00d"
    )
    Invitation.objects.create(
        team=cast.team, email="new@example.com", role=Role.ARTIST, token_hash=f"{CANARY}-token",
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    ReviewLink.objects.create(project=project, name="Client", nonce=f"{CANARY}-n", password=f"{CANARY}-password")
    WebhookEndpoint.objects.create(
        team=cast.team, url="https://example.com/", sealed_secret=f"{CANARY}-s", old_secrets=[{"sealed": CANARY}]
    )
    for model in (ProviderAccount, Invitation, ReviewLink, WebhookEndpoint):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for address in (
            reverse(f"{name}_changelist"),
            reverse(f"{name}_changelist") + f"?q={CANARY[:6]}",
            reverse(f"{name}_change", args=[model._default_manager.get().pk]),
        ):
            page = staff.get(address)
            assert page.status_code == 200
            assert CANARY not in page.text.replace(f'value="{CANARY[:6]}"', ""), address


def test_passwords_are_not_shown(staff: Client, cast: SimpleNamespace) -> None:
    page = staff.get(reverse("admin:accounts_user_change", args=[cast.bob.pk])).text
    assert cast.bob.password.rpartition("$")[2] not in page


def test_a_doubt_is_ended_by_staff_and_the_books_hold(staff: Client, doubt: Job) -> None:
    held = Counter.objects.get(scope="team").held
    assert held > 0
    address = reverse("admin:generation_job_resolve", args=[doubt.pk])
    assert "Resolve" in staff.get(reverse("admin:generation_job_change", args=[doubt.pk])).text
    empty = staff.post(address, {})
    assert empty.status_code == 422
    assert "Choose what you have found out" in empty.text
    lost = staff.post(address, {"decision": "found", "task_id": ""})
    assert lost.status_code == 422
    assert "its dashboard shows it" in lost.text
    assert staff.post(address, {"decision": "charged", "cost": "0.03"}).status_code == 302
    counter = Counter.objects.get(scope="team")
    assert (counter.held, counter.spent) == (0, 30_000)
    assert not violations()
    again = staff.post(address, {"decision": "not_charged"})
    assert again.status_code == 422
    assert "not in doubt any more" in again.text
    assert Counter.objects.get(scope="team").spent == 30_000


def test_staff_who_only_look_decide_nothing(clerk: Client, doubt: Job) -> None:
    address = reverse("admin:generation_job_resolve", args=[doubt.pk])
    assert clerk.post(address, {"decision": "not_charged"}).status_code == 403
    doubt.refresh_from_db()
    assert doubt.state == JobState.UNKNOWN


def test_use_and_cost_are_the_ledgers(staff: Client, clerk: Client, doubt: Job, project: Project) -> None:
    staff.post(reverse("admin:generation_job_resolve", args=[doubt.pk]), {"decision": "charged", "cost": "0.03"})
    address = reverse("admin:usage")
    page = staff.get(address, {"rehearsal": "1"}).text
    assert page.count("$0.03") >= 4  # the tile, the team, the project, the model
    assert "Harbour Pictures" in page
    assert project.name in page
    assert "$0.03" not in staff.get(address).text, "a rehearsal's money is not real"
    with CaptureQueriesContext(connection) as asked:
        staff.get(address)
    assert len(asked) <= 10
    assert staff.get(address, {"month": "nonsense"}).status_code == 200
    assert clerk.get(address).status_code == 403


def test_the_status_tells_what_is_broken_and_what_to_do(
    staff: Client, clerk: Client, doubt: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("admin:status")
    page = staff.get(address).text
    assert "All applied." in page
    assert "Orders in doubt" in page

    def away(name: str) -> bool:
        raise ConnectionError(f"secret-endpoint {name}")

    monkeypatch.setattr(default_storage, "exists", away)
    Attempt.objects.filter(job=doubt).update(
        state=AttemptState.RUNNING, task_id="t", due_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    page = staff.get(address).text
    assert "Does not answer: ConnectionError" in page
    assert "secret-endpoint" not in page
    assert "no worker runs" in page
    assert clerk.get(address).status_code == 403


def test_the_front_page_says_what_needs_attention(staff: Client, clerk: Client, doubt: Job) -> None:
    front = reverse("admin:index")
    page = staff.get(front).text
    assert "money is held; decide" in page
    assert "Spent this month" in page
    assert "Spent this month" not in clerk.get(front).text


def test_what_was_bought_stays_in_the_books(staff: Client, doubt: Job) -> None:
    attempt = Attempt.objects.get(job=doubt)
    entry = attempt.entries.get()
    for name, row in (("entry", entry), ("attempt", attempt), ("job", doubt)):
        address = reverse(f"admin:generation_{name}_delete", args=[row.pk])
        assert staff.post(address, {"post": "yes"}).status_code == 403, name
