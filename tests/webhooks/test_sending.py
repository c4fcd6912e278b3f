"""What happens reaches those who want to hear of it: signed, in order, at least once."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import dramatiq
import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from accounts.access import OpenTeam
from accounts.log import sentence, who
from accounts.models import TeamEvent
from projects.models import Delivery, Event, Notification, Project, WebhookCursor, WebhookEndpoint
from projects.outgoing import endpoints, failing, log, planning, schedule, sending
from tests.webhooks.receiver import Received, Receiver, Reply

pytestmark = pytest.mark.django_db
Made = tuple[WebhookEndpoint, str]
Happen = Callable[..., Event]


def states(endpoint: WebhookEndpoint) -> list[str]:
    """Return how the deliveries stand, in their order."""
    return list(Delivery.objects.filter(endpoint=endpoint).order_by("number").values_list("state", flat=True))


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_an_event_is_sent_signed_by_the_specification(
    made: Made, happen: Happen, receiver: Receiver, project: Project
) -> None:
    endpoint, secret = made
    event = happen("take_added", shotId="s-1", name="Ünïcode “quotes”")
    sending.send(endpoint.pk)
    (one,) = receiver.received
    message = one.read(secret)
    assert message["type"] == "take_added"
    assert message["timestamp"] == event.created_at.isoformat()
    assert message["data"] == {
        "shotId": "s-1",
        "name": "Ünïcode “quotes”",
        "projectId": str(project.pk),
        "seq": event.number,
    }
    assert one.headers["Content-Type"] == "application/json"
    assert one.id == Delivery.objects.get().message_id
    assert "." not in one.id
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) >= 24
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(one.body, dict(one.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(one.body + b" ", dict(one.headers))


def test_only_what_was_asked_for_comes_and_nothing_of_others(
    made: Made, in_team: OpenTeam, happen: Happen, receiver: Receiver, project: Project, cast: SimpleNamespace
) -> None:
    endpoint, secret = made
    other = Project.objects.create(team=cast.team, name="Other")
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    endpoints.change_endpoint(
        opened=in_team, endpoint=endpoint, types=["video_generation_*", "comment_added"], project=project.pk
    )
    happen("take_added")
    happen("video_generation_started")
    happen("comment_added", where=other)
    happen("comment_added", where=theirs)
    happen("comment_edited")
    happen("video_generation_completed")
    sending.send(endpoint.pk)
    assert [one.read(secret)["type"] for one in receiver.received] == [
        "video_generation_started",
        "video_generation_completed",
    ]
    # Widened again: what has happened elsewhere meanwhile is not told after all.
    endpoints.change_endpoint(opened=in_team, endpoint=endpoint, project=None)
    happen("comment_added", where=other, text="now")
    sending.send(endpoint.pk)
    assert [one.read(secret)["data"].get("text") for one in receiver.received[2:]] == ["now"]
    assert not Delivery.objects.filter(event__project=theirs).exists()


def test_what_was_before_is_not_told_and_a_new_project_is_told_from_its_beginning(
    in_team: OpenTeam, happen: Happen, receiver: Receiver, cast: SimpleNamespace
) -> None:
    happen("take_added")
    endpoint, secret = endpoints.create_endpoint(opened=in_team, url=receiver.url, types=["*"])
    fresh = Project.objects.create(team=cast.team, name="Fresh")
    happen("project_created", where=fresh)
    happen("script_saved")
    sending.send(endpoint.pk)
    assert {one.read(secret)["type"] for one in receiver.received} == {"project_created", "script_saved"}


def test_events_come_in_their_order_one_at_a_time(made: Made, happen: Happen, receiver: Receiver) -> None:
    endpoint, secret = made
    for _ in range(2 * planning.BATCH // 10):
        happen("take_added")
    sending.send(endpoint.pk)
    numbers = [one.read(secret)["data"]["seq"] for one in receiver.received]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == len(numbers) == 2 * planning.BATCH // 10
    assert receiver.most_at_once == 1


# --- what is not taken -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [199 + 100, 300, 301, 302, 304, 307, 400, 404, 418, 429, 500, 502, 503])
def test_only_2xx_is_success_and_no_redirect_is_followed(
    made: Made, happen: Happen, receiver: Receiver, status: int
) -> None:
    endpoint, _ = made
    location = {"Location": f"{receiver.origin}/elsewhere"} if 300 <= status < 400 else {}
    receiver.otherwise = Reply(status, b"" if status == 304 else b"no", location)
    happen()
    sending.send(endpoint.pk)
    assert [one.path for one in receiver.received] == ["/hooks"]
    delivery = Delivery.objects.get()
    assert delivery.status == status
    assert delivery.state == ("delivered" if status < 300 else "waiting")


def test_the_next_waits_until_the_one_before_is_taken(made: Made, happen: Happen, receiver: Receiver) -> None:
    endpoint, secret = made
    receiver.replies = [Reply(500, b"broken"), Reply(500)]
    happen("take_added")
    happen("comment_added")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sending.send(endpoint.pk)
        assert states(endpoint) == ["waiting", "waiting"]
        endpoint.refresh_from_db()
        assert endpoint.state == "failing"
        sending.send(endpoint.pk)  # not before its time, however often somebody rings
        assert len(receiver.received) == 1
        clock.shift(6)
        sending.send(endpoint.pk)
        assert len(receiver.received) == 2
        clock.shift(60 * 6)
        sending.send(endpoint.pk)
        assert len(receiver.received) == 4
        assert [one.read(secret)["type"] for one in receiver.received[2:]] == ["take_added", "comment_added"]
    assert len(set(receiver.ids[:3])) == 1
    assert receiver.ids[3] != receiver.ids[0]
    stamps = [one.headers["webhook-timestamp"] for one in receiver.received]
    assert len(set(stamps)) == 3  # of each attempt, not of the event
    endpoint.refresh_from_db()
    assert endpoint.state == "on"
    first = Delivery.objects.order_by("number")[0]
    assert [one["status"] for one in first.tries] == [500, 500, 200]


def test_patience_is_heeded_when_the_receiver_asks_for_it(made: Made, happen: Happen, receiver: Receiver) -> None:
    endpoint, _ = made
    receiver.otherwise = Reply(503, headers={"Retry-After": "7200"})
    happen()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sending.send(endpoint.pk)
        clock.shift(7100)
        sending.send(endpoint.pk)
        assert len(receiver.received) == 1
        clock.shift(200)
        sending.send(endpoint.pk)
        assert len(receiver.received) == 2


def test_after_three_days_it_is_turned_off_and_the_owners_are_told(
    made: Made,
    in_team: OpenTeam,
    happen: Happen,
    receiver: Receiver,
    cast: SimpleNamespace,
    django_capture_on_commit_callbacks: Any,
) -> None:
    endpoint, secret = made
    receiver.otherwise = Reply(500)
    types = ["take_added", "comment_added", "shot_changed", "shot_omitted", "shot_restored", "script_saved"]
    for one in types:
        happen(one)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        began, sent = timezone.now(), 0
        with django_capture_on_commit_callbacks(execute=True):
            while not WebhookEndpoint.objects.exclude(disabled_at=None).exists():
                sending.send(endpoint.pk)
                sent += 1
                assert sent <= schedule.ATTEMPTS
                due = WebhookEndpoint.objects.get().due_at
                if due:
                    clock.move_to(due)
        assert timedelta(days=3) < timezone.now() - began < timedelta(days=4)
        # The first is tried to the end, those behind it once each: it might be the only one that is not taken.
        assert schedule.ATTEMPTS == 10
        assert len(receiver.received) == 10 + failing.MOST_IN_SILENCE - 1
        assert states(endpoint) == ["failed"] * 5 + ["waiting"]
        # Told: the owner, by mail and in the product; the producer and Mallory hear nothing.
        assert [one.to for one in mail.outbox] == [["alice@example.com"]] * 2
        assert "does not take “take_added”" in mail.outbox[0].subject
        assert "turned off" in mail.outbox[1].subject
        assert not any(secret in str(one.body) for one in mail.outbox)
        assert {one.user for one in Notification.objects.all()} == {cast.alice}
        event = TeamEvent.objects.get(team=cast.team, kind=TeamEvent.Kind.WEBHOOK_OFF)
        assert (who(event), sentence(event)[:24]) == ("Rushes", "turned off the webhook “")
        # Off is off.
        happen("project_renamed")
        sending.send(endpoint.pk)
        assert len(receiver.received) == 14
        # Turned on with what was missed, everything comes, in its order.
        receiver.otherwise = Reply(200)
        endpoint = endpoints.endpoint_of(in_team, endpoint.pk)
        endpoints.turn_on(opened=in_team, endpoint=endpoint, missed=True)
        sending.send(endpoint.pk)
        assert [one.read(secret)["type"] for one in receiver.received[14:]] == [*types, "project_renamed"]


def test_one_type_that_is_never_taken_does_not_hold_up_the_others(
    made: Made,
    in_team: OpenTeam,
    happen: Happen,
    receiver: Receiver,
    django_capture_on_commit_callbacks: Any,
) -> None:
    endpoint, _ = made

    def choke(received: Received) -> None:
        receiver.replies = [Reply(500)] if b"take_added" in received.body else []

    receiver.on_asked = choke
    for one in ("take_added", "comment_added", "take_added", "script_saved"):
        happen(one)
    with time_machine.travel(timezone.now(), tick=False) as clock, django_capture_on_commit_callbacks(execute=True):
        for _ in range(schedule.ATTEMPTS):
            sending.send(endpoint.pk)
            clock.move_to(WebhookEndpoint.objects.get().due_at or timezone.now())
        assert states(endpoint) == ["failed", "delivered", "failed", "delivered"]
        # It is on, and what is no such message is tried to the end as before.
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.given_up) == ("on", ["take_added"])
        receiver.on_asked = lambda received: None
        receiver.replies = [Reply(500)]
        happen("comment_added")
        sending.send(endpoint.pk)
        assert states(endpoint)[4:] == ["waiting"]
        clock.shift(10)
        sending.send(endpoint.pk)
        # One that is taken gives its type back its patience.
        log.send_failed_again(opened=in_team, endpoint=endpoint, since=timezone.now() - log.KEPT)
        sending.send(endpoint.pk)
        endpoint.refresh_from_db()
        assert endpoint.given_up == []
        assert set(states(endpoint)) == {"delivered"}
        receiver.replies = [Reply(500)]
        happen("take_added")
        sending.send(endpoint.pk)
        assert states(endpoint)[-1] == "waiting"
    # The owners were told once.
    assert [one.subject for one in mail.outbox] == [f"Rushes · The webhook “{endpoint.url}” does not take “take_added”"]


def test_many_events_in_a_moment_ring_once_and_none_is_forgotten(
    made: Made, happen: Happen, receiver: Receiver, rung: list[tuple[str, ...]], django_capture_on_commit_callbacks: Any
) -> None:
    endpoint, _ = made
    rung.clear()
    for _ in range(50):
        with django_capture_on_commit_callbacks(execute=True):
            happen()
    assert rung == [(planning.ACTOR, str(endpoint.pk))]

    # Whoever sends takes the mark away first: what happens from then on rings anew.
    sending.send(endpoint.pk)
    with django_capture_on_commit_callbacks(execute=True):
        happen()
    assert len(rung) == 2
    assert len(receiver.received) == 50


def test_turned_on_from_now_on_leaves_out_what_was_missed(
    made: Made, in_team: OpenTeam, happen: Happen, receiver: Receiver
) -> None:
    endpoint, secret = made
    receiver.replies = [Reply(500)]
    happen("take_added")
    sending.send(endpoint.pk)
    off = endpoints.turn_off(opened=in_team, endpoint=endpoint)
    happen("comment_added")
    endpoints.turn_on(opened=in_team, endpoint=off, missed=False)
    happen("script_saved")
    sending.send(endpoint.pk)
    assert [one.read(secret)["type"] for one in receiver.received[1:]] == ["script_saved"]
    assert states(endpoint) == ["failed", "delivered"]


def test_gone_is_heard_at_once(made: Made, happen: Happen, receiver: Receiver) -> None:
    endpoint, _ = made
    receiver.otherwise = Reply(410)
    happen()
    sending.send(endpoint.pk)
    endpoint.refresh_from_db()
    assert endpoint.disabled_at is not None
    assert "410" in endpoint.disabled_reason
    assert Notification.objects.count() == 1
    happen()
    sending.send(endpoint.pk)
    assert len(receiver.received) == 1


def test_answers_are_kept_in_part_and_however_they_are(made: Made, happen: Happen, receiver: Receiver) -> None:
    endpoint, _ = made
    receiver.replies = [Reply(200, b"a\x00b\xff<script>" + b"x" * 3_000_000)]
    happen()
    sending.send(endpoint.pk)
    delivery = Delivery.objects.get()
    assert delivery.state == "delivered"
    assert delivery.answer.startswith("a\ufffdb\ufffd<script>")
    assert 1500 < len(delivery.answer.encode()) <= 2048 + 4


def test_a_receiver_that_drips_is_not_waited_for(
    made: Made, happen: Happen, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = made
    assert sending.CALL_SECONDS == 15
    monkeypatch.setattr(sending, "CALL_SECONDS", 0.6)
    receiver.replies = [Reply(after=5), Reply(200, b"slow but taken" * 100, drip=0.1)]
    happen("take_added")
    sending.send(endpoint.pk)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.state) == (None, "waiting")
    assert "did not answer in time" in delivery.error
    WebhookEndpoint.objects.update(due_at=None)
    sending.send(endpoint.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.state) == (200, "delivered")


# --- nothing twice at once, nothing lost -----------------------------------------------------------------------------


def test_whoever_comes_while_somebody_sends_does_nothing(made: Made, happen: Happen, receiver: Receiver) -> None:
    endpoint, _ = made
    happen("take_added")
    WebhookEndpoint.objects.update(lease_token=endpoint.pk, lease_until=timezone.now() + timedelta(seconds=30))
    sending.send(endpoint.pk)
    assert receiver.received == []
    # A dead worker's lease runs out.
    WebhookEndpoint.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sending.send(endpoint.pk)
    assert len(receiver.received) == 1


def test_what_was_sent_but_not_noted_is_sent_again_under_the_same_id(
    made: Made, happen: Happen, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, secret = made
    happen("take_added")
    happen("comment_added")
    with monkeypatch.context() as patch:
        patch.setattr(sending, "_note", lambda *args: (_ for _ in ()).throw(SystemError("the power goes")))
        with pytest.raises(SystemError):
            sending.send(endpoint.pk)
    assert states(endpoint) == ["waiting", "waiting"]
    sending.send(endpoint.pk)
    assert [one.read(secret)["type"] for one in receiver.received] == ["take_added", "take_added", "comment_added"]
    assert receiver.ids[0] == receiver.ids[1] != receiver.ids[2]


def test_a_result_that_comes_after_the_lease_was_taken_over_is_dropped(
    made: Made, happen: Happen, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = made
    happen("take_added")
    call = sending.call

    def slow(delivery: Delivery) -> sending.Outcome:
        outcome = call(delivery)
        WebhookEndpoint.objects.update(lease_token=endpoint.pk)
        return outcome

    monkeypatch.setattr(sending, "call", slow)
    sending.send(endpoint.pk)
    assert states(endpoint) == ["waiting"]
    assert WebhookEndpoint.objects.get().lease_token == endpoint.pk


def test_deliveries_and_their_cursor_are_written_together_or_not_at_all(
    made: Made, happen: Happen, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = made
    happen("take_added")
    happen("take_added")

    def dies(name: str) -> None:
        raise SystemError("the power goes")

    with monkeypatch.context() as patch:
        patch.setattr(planning, "F", dies)  # after the deliveries, before the cursor
        with pytest.raises(SystemError):
            sending.send(endpoint.pk)
    assert Delivery.objects.count() == 0
    assert WebhookCursor.objects.get(endpoint=endpoint).number == 0
    sending.send(endpoint.pk)
    assert len(receiver.received) == 2


def test_an_event_rings_where_somebody_listens_and_costs_nothing_where_nobody_does(
    project: Project,
    happen: Happen,
    in_team: OpenTeam,
    receiver: Receiver,
    rung: list[tuple[str, ...]],
    django_capture_on_commit_callbacks: Any,
    django_assert_num_queries: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        happen("take_added")
    assert rung == []
    with django_assert_num_queries(5) as quiet:  # savepoint, number up, number read, event, release
        happen("take_added")
    endpoint, _ = endpoints.create_endpoint(opened=in_team, url=receiver.url, types=["*"])
    with django_capture_on_commit_callbacks(execute=True):
        happen("take_added")
    assert rung == [(planning.ACTOR, str(endpoint.pk))]
    assert len(quiet) == 5
    rung.clear()
    endpoints.turn_off(opened=in_team, endpoint=endpoint)
    with django_capture_on_commit_callbacks(execute=True):
        happen("take_added")
    assert rung == []


def test_the_bell_reaches_whoever_sends(made: Made, happen: Happen, receiver: Receiver) -> None:
    endpoint, _ = made
    happen("take_added")
    dramatiq.get_broker().get_actor(planning.ACTOR)(str(endpoint.pk))
    assert len(receiver.received) == 1


def test_the_sweep_finds_what_nobody_rang_for(
    made: Made, in_team: OpenTeam, happen: Happen, receiver: Receiver, rung: list[tuple[str, ...]]
) -> None:
    endpoint, _ = made
    log.sweep()
    assert rung == []
    happen("take_added")
    log.sweep()
    assert rung == [(planning.ACTOR, str(endpoint.pk))]
    receiver.otherwise = Reply(500)
    sending.send(endpoint.pk)
    rung.clear()
    log.sweep()
    assert rung == []  # not due yet
    with time_machine.travel(timezone.now() + timedelta(seconds=10), tick=False):
        log.sweep()
    assert rung == [(planning.ACTOR, str(endpoint.pk))]


def test_who_rang_while_somebody_sent_is_not_forgotten(
    made: Made, happen: Happen, receiver: Receiver, rung: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = made
    happen("take_added")
    monkeypatch.setattr(sending, "ROUND_SECONDS", 0.0)  # whoever sends looks no further
    sending.send(endpoint.pk)
    assert rung == [(planning.ACTOR, str(endpoint.pk))]


def test_no_more_than_half_of_the_threads_wait_for_receivers(
    made: Made, happen: Happen, rung: list[tuple[str, ...]], settings: Any, receiver: Receiver
) -> None:
    settings.ENGINE = {**settings.ENGINE, "WORKER_THREADS": 2}
    endpoint, _ = made
    happen("take_added")
    assert sending._enter(endpoint.pk)
    sending.send(endpoint.pk)
    assert receiver.received == []
    sending._leave()
    assert rung == [(planning.ACTOR, str(endpoint.pk))]
    sending.send(endpoint.pk)
    assert len(receiver.received) == 1


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_while_a_secret_rotates_both_verify_and_later_only_the_new(
    made: Made, in_team: OpenTeam, happen: Happen, receiver: Receiver
) -> None:
    endpoint, old = made
    new = endpoints.rotate_secret(opened=in_team, endpoint=endpoint)
    assert new != old
    happen("take_added")
    sending.send(endpoint.pk)
    for secret in (old, new):
        assert receiver.received[0].read(secret)["type"] == "take_added"
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        happen("take_added")
        sending.send(endpoint.pk)
        assert receiver.received[1].read(new)["type"] == "take_added"
        with pytest.raises(WebhookVerificationError):
            receiver.received[1].read(old)
        log.forget_old()
    assert WebhookEndpoint.objects.get().old_secrets == []
    last = endpoints.rotate_secret(opened=in_team, endpoint=endpoint, at_once=True)
    happen("take_added")
    sending.send(endpoint.pk)
    assert receiver.received[2].read(last)
    with pytest.raises(WebhookVerificationError):
        receiver.received[2].read(new)


def test_secrets_are_sealed_and_follow_a_change_of_the_sealing_key(
    made: Made, in_team: OpenTeam, happen: Happen, receiver: Receiver, settings: Any
) -> None:
    endpoint, secret = made
    row = WebhookEndpoint.objects.values().get()
    assert secret not in str(row)
    assert secret.removeprefix("whsec_") not in str(row)
    before = settings.FIELD_ENCRYPTION_KEYS
    fresh = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [fresh, *before]
    call_command("rotate_secrets")
    settings.FIELD_ENCRYPTION_KEYS = [fresh]
    happen("take_added")
    sending.send(endpoint.pk)
    assert receiver.received[0].read(secret)
    # Gone for good: nothing is sent unsigned, and the owners are told what to do.
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    happen("take_added")
    sending.send(endpoint.pk)
    assert len(receiver.received) == 1
    endpoint.refresh_from_db()
    assert "FIELD_ENCRYPTION_KEYS" in endpoint.disabled_reason


# --- the log ---------------------------------------------------------------------------------------------------------


def test_sent_again_it_comes_under_the_same_id_at_the_end_of_the_queue(
    made: Made, in_team: OpenTeam, happen: Happen, receiver: Receiver
) -> None:
    endpoint, secret = made
    happen("take_added")
    happen("comment_added")
    sending.send(endpoint.pk)
    first = Delivery.objects.order_by("number")[0]
    log.send_again(opened=in_team, endpoint=endpoint, delivery_id=first.pk)
    sending.send(endpoint.pk)
    assert [one.read(secret)["type"] for one in receiver.received] == ["take_added", "comment_added", "take_added"]
    assert receiver.ids[2] == receiver.ids[0]
    first.refresh_from_db()
    assert first.state == "delivered"
    assert len(first.tries) == 2


def test_all_that_failed_since_a_time_is_sent_again(
    made: Made, in_team: OpenTeam, happen: Happen, receiver: Receiver
) -> None:
    endpoint, _ = made
    for _ in range(4):
        happen("take_added")
    sending.send(endpoint.pk)
    rows = list(Delivery.objects.order_by("number"))
    Delivery.objects.filter(pk__in=[one.pk for one in rows[:3]]).update(state="failed")
    Delivery.objects.filter(pk=rows[0].pk).update(created_at=timezone.now() - timedelta(days=2))
    since = timezone.now() - timedelta(days=1)
    assert log.send_failed_again(opened=in_team, endpoint=endpoint, since=since) == 2
    sending.send(endpoint.pk)
    assert receiver.ids[4:] == [rows[1].message_id, rows[2].message_id]
    off = endpoints.turn_off(opened=in_team, endpoint=endpoint)
    with pytest.raises(endpoints.NotPossible):
        log.send_failed_again(opened=in_team, endpoint=off, since=since)


def test_a_test_goes_past_the_queue_and_while_it_is_off(
    made: Made, in_team: OpenTeam, happen: Happen, receiver: Receiver
) -> None:
    endpoint, secret = made
    receiver.replies = [Reply(500), Reply(404, b"who?")]
    happen("take_added")
    sending.send(endpoint.pk)
    failed = log.send_test(opened=in_team, endpoint=endpoint)
    assert (failed.state, failed.status, failed.answer) == ("failed", 404, "who?")
    off = endpoints.turn_off(opened=in_team, endpoint=endpoint)
    assert log.send_test(opened=in_team, endpoint=off).state == "delivered"
    assert receiver.received[2].read(secret)["type"] == "webhook_test"


def test_the_log_is_kept_for_thirty_days(made: Made, happen: Happen, receiver: Receiver) -> None:
    endpoint, _ = made
    receiver.replies = [Reply(), Reply(500)]
    happen("take_added")
    happen("take_added")
    sending.send(endpoint.pk)
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=29))
    assert log.forget_old() == 0
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert log.forget_old() == 1
    assert states(endpoint) == ["waiting"]
