"""Webhooks through the API: made, changed, tried, turned off and on, and the log of what was sent."""

from __future__ import annotations

import socket
import threading
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import TimeMachineFixture

from generation.providers.http import addresses
from projects import events
from projects.models import Delivery, Project, WebhookEndpoint
from projects.outgoing import endpoints, sending
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.webhooks.receiver import Receiver, Reply, listening

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Somebody's server, which may be reached although it is on this machine."""
    with listening() as one:
        settings.WEBHOOK_ALLOWED_ORIGINS = [one.origin]
        yield one


@pytest.fixture
def made(cast: SimpleNamespace, program_of: Callable[..., Program], receiver: Receiver) -> dict[str, Any]:
    """A webhook of the team's that hears everything, with its secret."""
    body = {"team": str(cast.team.pk), "url": receiver.url, "types": ["*"], "description": "Production"}
    response = program_of(cast.bob).post("webhooks", body)
    assert response.status_code == 201, response.content
    assert response["Location"] == f"/api/v1/webhooks/{response.json()['id']}"
    return dict(response.json())


def happen(project: Project, kind: str = "take_added") -> None:
    """Record an event."""
    with transaction.atomic():
        events.record(project.pk, kind, {})


def test_a_webhook_is_made_and_its_secret_is_shown_once(
    cast: SimpleNamespace,
    project: Project,
    made: dict[str, Any],
    program_of: Callable[..., Program],
    receiver: Receiver,
) -> None:
    bob, secret = program_of(cast.bob), made.pop("secret")
    assert secret.startswith("whsec_")
    assert bob.get(f"webhooks/{made['id']}").json() == made
    assert bob.get(f"webhooks?team={cast.team.pk}").json()["results"] == [made]
    happen(project)
    sending.send(uuid.UUID(made["id"]))
    assert receiver.received[0].read(secret)["data"]["projectId"] == str(project.pk)
    fresh = bob.post(f"webhooks/{made['id']}/secret", {})
    assert fresh.json()["secret"] not in ("", secret)
    for path in (f"webhooks/{made['id']}", f"webhooks?team={cast.team.pk}", f"deliveries?webhook={made['id']}"):
        shown = bob.get(path).content.decode()
        assert secret not in shown
        assert fresh.json()["secret"] not in shown
        assert "secret" not in shown


def test_who_may(
    cast: SimpleNamespace, project: Project, made: dict[str, Any], program_of: Callable[..., Program]
) -> None:
    happen(project)
    sending.send(uuid.UUID(made["id"]))
    delivery = Delivery.objects.get()
    body = {"team": str(cast.team.pk), "url": "https://example.com", "types": ["*"]}
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"webhooks?team={cast.team.pk}", None),
        ("POST", "webhooks", body),
        ("GET", f"webhooks/{made['id']}", None),
        ("PATCH", f"webhooks/{made['id']}", {"types": ["take_added"]}),
        ("POST", f"webhooks/{made['id']}/secret", {}),
        ("POST", f"webhooks/{made['id']}/test", None),
        ("POST", f"webhooks/{made['id']}/turn_off", None),
        ("POST", f"webhooks/{made['id']}/turn_on", {"missed": True}),
        ("POST", f"webhooks/{made['id']}/redeliver", {"since": "2026-01-01T00:00:00Z"}),
        ("GET", f"deliveries?webhook={made['id']}", None),
        ("GET", f"deliveries/{delivery.pk}", None),
        ("POST", f"deliveries/{delivery.pk}/redeliver", None),
        ("DELETE", f"webhooks/{made['id']}", None),
    ]
    missing = program_of(cast.mallory).get(f"webhooks/{uuid.uuid4()}").content
    before = WebhookEndpoint.objects.values().get()
    for method, path, said in asked:
        for person in (cast.carol, cast.dave):
            refusal(program_of(person)(method, path, said), 403, "not_allowed")
        assert program_of(cast.mallory)(method, path, said).content == missing, path
        assert program_of(None)(method, path, said).status_code == 401
        scope = ["write"] if method == "GET" else ["read"]
        refusal(program_of(cast.alice, scope)(method, path, said), 403, "scope_missing")
    assert WebhookEndpoint.objects.values().get() == before
    for method, path, said in asked:
        if path != "webhooks":
            assert program_of(cast.alice)(method, path, said).status_code < 300, path


REFUSED_ADDRESSES = [
    "http://example.com/hooks",
    "ftp://example.com/",
    "https://",
    "not an address",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://10.0.0.8/",
    "https://172.16.3.4/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://168.63.129.16/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://user:word@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1:443#@example.com/",
    "https://exa mple.com/",
    "https://example.com/\r\nX-Header: 1",
    "https://" + "a" * 1000 + ".com/",
]


@pytest.mark.parametrize("url", REFUSED_ADDRESSES, ids=lambda url: ascii(url)[1:50])
def test_addresses_that_may_not_be_reached_are_refused(
    cast: SimpleNamespace, made: dict[str, Any], program_of: Callable[..., Program], url: str
) -> None:
    bob = program_of(cast.bob)
    body = {"team": str(cast.team.pk), "url": url, "types": ["*"]}
    assert "url" in refusal(bob.post("webhooks", body), 400, "invalid")["fields"]
    assert "url" in refusal(bob.patch(f"webhooks/{made['id']}", {"url": url}), 400, "invalid")["fields"]
    assert WebhookEndpoint.objects.get().url == made["url"]


def test_the_teams_log_tells_what_was_done_and_no_secret_of_the_address(
    cast: SimpleNamespace, made: dict[str, Any], program_of: Callable[..., Program], receiver: Receiver
) -> None:
    bob, path = program_of(cast.bob), f"webhooks/{made['id']}"
    name = made["description"] or "127.0.0.1"
    bob.patch(path, {"types": ["take_added"], "url": f"{receiver.origin}/services/T0/B0/hush"})
    bob.patch(path, {"types": ["take_added"]})  # nothing is another
    bob.post(f"{path}/secret", {"at_once": True})
    bob.post(f"{path}/turn_off")
    bob.post(f"{path}/turn_off")
    bob.post(f"{path}/turn_on", {"missed": False})
    bob.delete(path)
    log = program_of(cast.dave).get(f"teams/{cast.team.pk}/log")
    told = [one["what"] for one in log.json()["results"] if "webhook" in one["kind"]]
    assert told == [
        f"deleted the webhook “{name}”",
        f"turned on the webhook “{name}”: what it had missed was left out",
        f"turned off the webhook “{name}”",
        f"gave a new secret to the webhook “{name}”: the old one signs nothing any more",
        f"changed the webhook “{name}”: it leads to 127.0.0.1; it hears take_added",
        f"made the webhook “{name}”",
    ]
    assert "hush" not in log.content.decode()


def test_a_name_service_that_does_not_answer_is_not_waited_for(
    cast: SimpleNamespace,
    made: dict[str, Any],
    program_of: Callable[..., Program],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = threading.Event()
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: answers.wait(60) and public)
    monkeypatch.setattr(addresses, "LOOK_SECONDS", 0.05)
    bob, url = program_of(cast.bob), "https://slow.example.com/hooks"
    body = {"team": str(cast.team.pk), "url": url, "types": ["*"]}
    try:
        # More than may hang at once: those that come then are told the same.
        for _ in range(10):
            said = refusal(bob.post("webhooks", body), 400, "invalid")
            assert "could not be looked up in time" in said["fields"]["url"][0]
        refusal(bob.patch(f"webhooks/{made['id']}", {"url": url}), 400, "invalid")
    finally:
        answers.set()
    monkeypatch.setattr(addresses, "LOOK_SECONDS", 30)
    assert bob.post("webhooks", body).status_code == 201


def test_what_a_name_leads_to_is_looked_at_again_at_each_call(
    cast: SimpleNamespace,
    project: Project,
    made: dict[str, Any],
    program_of: Callable[..., Program],
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that was public when it was entered, and leads into the house when it is called."""
    where = {"address": "93.184.215.14"}
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **more: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where["address"], port))],
    )
    bob = program_of(cast.bob)
    path = f"webhooks/{made['id']}"
    moved = bob.patch(path, {"url": f"https://rebound.example.com:{receiver.server.server_port}/hooks"})
    assert moved.status_code == 200, moved.content
    where["address"] = "127.0.0.1"
    happen(project)
    sending.send(uuid.UUID(made["id"]))
    assert receiver.received == []
    assert "not a public address" in Delivery.objects.get().error
    tried = bob.post(f"{path}/test").json()
    assert (tried["state"], tried["status"]) == ("failed", None)


@pytest.mark.parametrize(
    "types", [[], ["nonsense_*"], ["Take_Added"], ["take added"], [""], ["*" * 65], ["*"] * 41, "take_added", [["*"]]]
)
def test_types_that_there_are_not_are_refused(
    cast: SimpleNamespace, made: dict[str, Any], program_of: Callable[..., Program], types: Any
) -> None:
    said = refusal(program_of(cast.bob).patch(f"webhooks/{made['id']}", {"types": types}), 400, "invalid")
    assert "types" in said["fields"]


def test_a_project_of_others_is_refused(
    cast: SimpleNamespace, project: Project, made: dict[str, Any], program_of: Callable[..., Program]
) -> None:
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    bob, path = program_of(cast.bob), f"webhooks/{made['id']}"
    one = refusal(bob.patch(path, {"project": str(theirs.pk)}), 400, "invalid")
    none = refusal(bob.patch(path, {"project": str(uuid.uuid4())}), 400, "invalid")
    assert one == none
    assert bob.patch(path, {"project": str(project.pk)}).json()["project"] == str(project.pk)
    for field in ("secret", "sealed_secret", "disabled_at", "team", "id"):
        refusal(bob.patch(path, {field: "x"}), 400, "invalid")


def test_a_team_has_twenty_at_most(
    cast: SimpleNamespace, made: dict[str, Any], program_of: Callable[..., Program], receiver: Receiver
) -> None:
    bob = program_of(cast.bob)
    body = {"team": str(cast.team.pk), "url": receiver.url, "types": ["*"]}
    for _ in range(endpoints.MOST_ENDPOINTS - 1):
        assert bob.post("webhooks", body).status_code == 201
    refusal(bob.post("webhooks", body), 409, "not_possible")
    assert bob.delete(f"webhooks/{made['id']}").status_code == 204
    assert bob.post("webhooks", body).status_code == 201


def test_turned_off_tried_turned_on_and_sent_again(
    cast: SimpleNamespace,
    project: Project,
    made: dict[str, Any],
    program_of: Callable[..., Program],
    client_of: Callable[..., Client],
    receiver: Receiver,
) -> None:
    bob, path = program_of(cast.bob), f"webhooks/{made['id']}"
    receiver.replies = [Reply(500, b"broken")]
    happen(project)
    sending.send(uuid.UUID(made["id"]))
    now = bob.get(path).json()
    assert now["state"] == "failing"
    assert now["next_attempt_at"] is not None
    (row,) = bob.get(f"deliveries?webhook={made['id']}&state=waiting").json()["results"]
    assert (row["status"], row["answer"], row["attempts"]) == (500, "broken", 1)
    assert row["event"] == 1
    # The page shows the same.
    page = client_of(cast.bob).get(f"/teams/{cast.team.pk}/webhooks/{made['id']}/").content.decode()
    assert "broken" in page
    assert row["message_id"] in page
    # Waiting, it is hurried.
    assert bob.post(f"deliveries/{row['id']}/redeliver").status_code == 202
    sending.send(uuid.UUID(made["id"]))
    assert bob.get(f"deliveries/{row['id']}").json()["state"] == "delivered"
    off = bob.post(f"{path}/turn_off").json()
    assert (off["state"], off["disabled_reason"]) == ("off", "Bob turned it off.")
    refusal(bob.post(f"deliveries/{row['id']}/redeliver"), 409, "not_possible")
    refusal(bob.post(f"{path}/redeliver", {"since": "2026-01-01T00:00:00Z"}), 409, "not_possible")
    assert bob.post(f"{path}/test").json()["type"] == "webhook_test"
    refusal(bob.post(f"{path}/turn_on", {}), 400, "invalid")
    assert bob.post(f"{path}/turn_on", {"missed": False}).json()["state"] == "on"
    for since in ("yesterday", "0001-01-01T00:00:00+14:00", "99999-01-01T00:00:00Z", 7, None):
        refusal(bob.post(f"{path}/redeliver", {"since": since}), 400, "invalid")
    answer = bob.post(f"{path}/redeliver", {"since": "0001-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()) == (202, {"count": 0})


def test_ten_tests_a_minute_are_enough(
    cast: SimpleNamespace, made: dict[str, Any], program_of: Callable[..., Program], time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(timezone.now().replace(second=5), tick=False)
    bob, path = program_of(cast.bob), f"webhooks/{made['id']}/test"
    assert [bob.post(path).status_code for _ in range(10)] == [200] * 10
    too_often = bob.post(path)
    refusal(too_often, 429, "too_often")
    assert int(too_often["Retry-After"]) > 0


def test_lists_take_as_many_queries_for_many_rows_as_for_few(
    cast: SimpleNamespace,
    project: Project,
    made: dict[str, Any],
    program_of: Callable[..., Program],
    receiver: Receiver,
) -> None:
    bob, counts = program_of(cast.bob), []
    bob.get("teams")
    endpoint = WebhookEndpoint.objects.get()
    for start, more in ((0, 3), (3, 27)):
        for number in range(start, start + more):
            happen(project)
            Delivery.objects.create(
                endpoint=endpoint, event=project.events.last(), number=1000 + number, type="take_added"
            )
        with CaptureQueriesContext(connection) as seen:
            assert len(bob.get(f"deliveries?webhook={made['id']}").json()["results"]) == start + more
        counts.append(len(seen))
    assert counts[0] == counts[1]
    counts = []
    for number in (2, 15):
        for _ in range(number):
            row = WebhookEndpoint.objects.get(pk=endpoint.pk)
            row.pk, row.created_at = uuid.uuid4(), timezone.now()
            row.save(force_insert=True)
        with CaptureQueriesContext(connection) as seen:
            bob.get(f"webhooks?team={cast.team.pk}")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_pages_of_the_log_follow_each_other(
    cast: SimpleNamespace, project: Project, made: dict[str, Any], program_of: Callable[..., Program]
) -> None:
    endpoint = WebhookEndpoint.objects.get()
    Delivery.objects.bulk_create(Delivery(endpoint=endpoint, number=n, type="take_added") for n in range(1, 8))
    bob, seen, path = program_of(cast.bob), [], f"deliveries?webhook={made['id']}&limit=3"
    while path:
        page = bob.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert len(seen) == len(set(seen)) == 7
    for inside in ("p=x", "p=99999999999999999999999", "p=-1", "p=1e9", "o=-5&p=1", "r=1&p=\0"):
        cursor = b64encode(inside.encode()).decode().replace("=", "%3D").replace("+", "%2B")
        for path in (f"deliveries?webhook={made['id']}", f"webhooks?team={cast.team.pk}"):
            assert bob.get(f"{path}&cursor={cursor}").status_code in (200, 400), (path, inside)
