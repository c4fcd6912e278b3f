"""A provider's call is a hint: whoever makes it, and however often, it can only have a task looked at now."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client

from config.bodies import BodyLimit
from generation import polling
from generation.hook_links import lent_url, webhook_url
from generation.models import Attempt, Batch, Job, ProviderAccount
from generation.states import AttemptState
from projects.models import Project
from scenes import storage
from scenes.models import Asset

pytestmark = pytest.mark.django_db
S = AttemptState
Make = Callable[..., Attempt]


@pytest.fixture(autouse=True)
def _reachable(settings: Any) -> None:
    settings.PUBLIC_URL = "https://rushes.example.com"


@pytest.fixture
def make(cast: SimpleNamespace, project: Project) -> Make:
    """Return a function that puts an attempt into a state; its next look is an hour away."""
    account = ProviderAccount.objects.create(provider="runware", team=cast.team, max_concurrent=4)
    batch = Batch.objects.create(project=project, title="Clips")

    def attempt(state: str, **fields: Any) -> Attempt:
        job = Job.objects.create(
            project=project, team=cast.team, batch=batch, operation="text_to_video", provider="runware",
            model="klingai:6@1", recipe="r", fingerprint=str(uuid.uuid4()),
        )  # fmt: skip
        fields = {"task_id": str(uuid.uuid4()), "due_at": Now() + timedelta(hours=1), **fields}
        made = Attempt.objects.create(
            job=job, team=cast.team, account=account, provider="runware", model="klingai:6@1", state=state, body={},
            lease_token=uuid.uuid4(), **fields,
        )  # fmt: skip
        made.refresh_from_db()
        return made

    return attempt


@pytest.fixture
def runware() -> Client:
    """Somebody who has never been here: no cookie, no token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def make_held(transactional_db: None, make: Make) -> Callable[[], tuple[Attempt, Callable[[], None]]]:
    """Return a function that makes an attempt whose row somebody holds until the second thing it returns is called."""
    if connection.vendor != "postgresql":
        pytest.skip("Rows are held one by one on PostgreSQL only.")

    def hold() -> tuple[Attempt, Callable[[], None]]:
        attempt, held, done = make(S.RUNNING), threading.Event(), threading.Event()

        def work() -> None:
            with transaction.atomic():
                Attempt.objects.select_for_update().get(pk=attempt.pk)
                held.set()
                done.wait(60)
            connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        assert held.wait(60)

        def release() -> None:
            done.set()
            thread.join()

        return attempt, release

    return hold


def address(attempt: Attempt) -> str:
    return urlsplit(webhook_url(attempt.pk, "runware")).path


def call(client: Client, at: str, body: bytes = b'{"taskUUID":"x","videoURL":"https://evil.example.com"}') -> int:
    return int(client.post(at, body, content_type="application/json").status_code)


def test_the_address_is_public_and_differs_for_each_attempt(make: Make, settings: Any) -> None:
    one, other = make(S.RUNNING), make(S.RUNNING)
    assert webhook_url(one.pk, "runware").startswith(f"https://rushes.example.com/hooks/runware/{one.pk}/")
    secrets = {webhook_url(each.pk, "runware").split("/")[-2] for each in (one, other)}
    assert len(secrets) == 2
    assert all(len(secret) == 64 for secret in secrets)
    settings.PUBLIC_URL = ""
    assert webhook_url(one.pk, "runware") == ""


def test_the_address_is_of_this_installation(make: Make, settings: Any) -> None:
    attempt = make(S.RUNNING)
    before = webhook_url(attempt.pk, "runware")
    settings.SECRET_KEY = "another-installation" * 3
    assert webhook_url(attempt.pk, "runware") != before


@pytest.mark.parametrize("state", [S.RUNNING, S.UNKNOWN])
def test_a_call_has_the_task_looked_at_now(state: str, make: Make, runware: Client) -> None:
    attempt = make(state)
    assert polling.claim_due() == []
    assert call(runware, address(attempt)) == 204
    assert polling.claim_due() == [attempt]


def test_what_the_call_says_is_not_believed(make: Make, runware: Client) -> None:
    attempt = make(S.RUNNING)
    before: dict[str, Any] = dict(Attempt.objects.filter(pk=attempt.pk).values().get())
    said = {"taskUUID": attempt.task_id, "status": "success", "videoURL": "https://evil.example.com/v.mp4", "cost": 0}
    assert runware.post(address(attempt), said, content_type="application/json").status_code == 204
    after: dict[str, Any] = dict(Attempt.objects.filter(pk=attempt.pk).values().get())
    assert after.pop("due_at") < before.pop("due_at")
    assert after == before


@pytest.mark.parametrize("body", [b"", b"not json", b"[" * 10_000, b"\xff\x00" * 1000])
def test_a_body_of_any_kind_is_as_good(body: bytes, make: Make, runware: Client) -> None:
    attempt = make(S.RUNNING)
    assert call(runware, address(attempt), body) == 204
    assert polling.claim_due() == [attempt]


def test_calls_that_come_again_do_no_more(make: Make, runware: Client) -> None:
    attempt = make(S.RUNNING)
    assert [call(runware, address(attempt)) for _ in range(3)] == [204, 204, 204]
    assert polling.claim_due() == [attempt]
    assert polling.claim_due() == []


@pytest.mark.parametrize("state", [S.FETCHING, S.SUCCEEDED, S.FAILED, S.CANCELLED, S.OUTPUT_LOST, S.QUEUED, S.CLAIMED])
def test_a_call_that_comes_too_late_or_too_early_changes_nothing(state: str, make: Make, runware: Client) -> None:
    attempt = make(state)
    before = Attempt.objects.filter(pk=attempt.pk).values().get()
    assert call(runware, address(attempt)) == 204
    assert Attempt.objects.filter(pk=attempt.pk).values().get() == before


def test_a_doubtful_order_without_a_task_has_nothing_to_look_at(make: Make, runware: Client) -> None:
    attempt = make(S.UNKNOWN, task_id="", due_at=None)
    assert call(runware, address(attempt)) == 204
    attempt.refresh_from_db()
    assert attempt.due_at is None


def test_a_call_before_the_answer_to_the_order_is_kept_for_the_first_look(make: Make, runware: Client) -> None:
    attempt = make(S.SENDING, task_id="", due_at=None)
    assert call(runware, address(attempt)) == 204
    attempt.refresh_from_db()
    assert (attempt.state, attempt.task_id) == (S.SENDING, "")
    assert attempt.due_at is not None
    assert polling.claim_due() == [], "there is nothing to look at yet"


@pytest.mark.parametrize("forged", ["0" * 64, "x", "%00", "a" * 5000])
def test_a_forged_secret_is_told_nothing(forged: str, make: Make, runware: Client) -> None:
    attempt = make(S.RUNNING)
    right = address(attempt)
    assert call(runware, right.replace(right.split("/")[-2], forged)) == 404
    assert call(runware, f"/hooks/runware/{uuid.uuid4()}/{right.split('/')[-2]}/") == 404
    assert polling.claim_due() == []


def test_the_secret_of_one_attempt_opens_no_other(make: Make, runware: Client) -> None:
    one, other = make(S.RUNNING), make(S.RUNNING)
    crossed = address(one).replace(str(one.pk), str(other.pk))
    assert call(runware, crossed) == 404
    assert polling.claim_due() == []


def test_an_attempt_that_is_gone_answers_like_one_that_has_ended(runware: Client) -> None:
    assert call(runware, urlsplit(webhook_url(uuid.uuid4(), "runware")).path) == 204


def test_only_a_post_is_a_call(make: Make, runware: Client) -> None:
    attempt = make(S.RUNNING)
    assert runware.get(address(attempt)).status_code == 405
    assert polling.claim_due() == []


def test_a_call_that_brings_too_much_is_refused(make: Make, runware: Client) -> None:
    attempt = make(S.RUNNING)
    assert call(runware, address(attempt), b"x" * (1024 * 1024 + 1)) == 413
    assert polling.claim_due() == []
    assert call(runware, address(attempt), b"x" * 1024 * 1024) == 204


@pytest.mark.parametrize("length", ["abc", "²", "-1", "1e9", "9" * 5000])
def test_a_length_that_is_none_is_refused(length: str, make: Make, runware: Client) -> None:
    at = address(make(S.RUNNING))
    assert runware.post(at, b"x", content_type="application/json", CONTENT_LENGTH=length).status_code == 413
    assert polling.claim_due() == []


def test_one_statement_is_all_that_a_call_costs(
    make: Make, runware: Client, django_assert_num_queries: Callable[[int], Any]
) -> None:
    attempt = make(S.RUNNING)
    with django_assert_num_queries(1):
        call(runware, address(attempt))


@pytest.mark.scale
def test_a_call_waits_for_nobody_who_works_at_the_attempt(make_held: Callable[[], Any], runware: Client) -> None:
    held, release = make_held()
    try:
        assert call(runware, address(held)) == 204
        held.refresh_from_db()
        assert held.due_at is not None
    finally:
        release()


async def test_a_body_of_unknown_length_is_cut_off(settings: Any) -> None:
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": read < 1000}

    async def swallow(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    path = f"/hooks/runware/{uuid.uuid4()}/{'0' * 64}/"
    await BodyLimit(swallow)({"type": "http", "path": path, "headers": []}, receive, send)
    assert sent[0]["status"] == 413
    assert read <= 17


# --- files that orders at providers need -----------------------------------------------------------------------------


@pytest.fixture
def lent(cast: SimpleNamespace, project: Project) -> Asset:
    """A picture of the project's."""
    key = f"projects/{project.pk}/still.png"
    storage.put_text(key, "not quite a picture")
    asset: Asset = Asset.objects.create(
        project=project, kind="image", origin="uploaded", key=key, media_type="image/png", size=19, sha256="5" * 64
    )
    return asset


def test_a_file_is_fetched_by_whoever_was_given_its_address(runware: Client, lent: Asset) -> None:
    address = lent_url(lent)
    assert address.startswith("https://rushes.example.com/lent/")
    assert str(lent.pk) not in address
    answer = runware.get(urlsplit(address).path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == lent.media_type
    assert int(answer["Content-Length"]) == lent.size
    assert runware.head(urlsplit(address).path).status_code == 200
    assert runware.post(urlsplit(address).path).status_code == 403
    assert Client().post(urlsplit(address).path).status_code == 405


def test_an_address_of_a_file_runs_out_is_not_guessed_and_ends_with_the_file(
    runware: Client, lent: Asset, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    path = urlsplit(lent_url(lent)).path
    for wrong in (path.replace("/lent/", "/lent/x"), f"/lent/{lent.pk}/", f"/lent/{signing.dumps(str(lent.pk))}/"):
        assert runware.get(wrong).status_code == 404
    with monkeypatch.context() as later:
        now = time.time()
        later.setattr("django.core.signing.time.time", lambda: now + 3 * 3600)
        assert runware.get(path).status_code == 404
    Asset.objects.filter(pk=lent.pk).update(deleted_at=Now())
    assert runware.get(path).status_code == 404
    settings.PUBLIC_URL = ""
    assert lent_url(lent) == ""
