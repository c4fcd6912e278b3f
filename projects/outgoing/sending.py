"""Sending: one message after the other for each endpoint, each endpoint by one worker at a time.

A worker claims an endpoint by a conditional update and a lease. It sends outside of any transaction and notes the
outcome only while the lease is its own. Whoever dies between sending and noting leaves the message waiting, and the
next one sends it again under the same id: at least once, in order.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from projects import queue
from projects.models import Delivery, WebhookEndpoint
from projects.outgoing import failing, planning, schedule, secrets, signing, types, wire

LEASE = timedelta(seconds=60)
CALL_SECONDS = 15.0
ROUND_SECONDS = 10.0  # after that the others have their turn
ANSWER_MOST = 2048
TRIES_KEPT = 20
GONE = 410

_lock = threading.Lock()
_busy = 0
_turned_away: set[UUID] = set()


def send(endpoint_id: UUID) -> None:
    """Send what waits for an endpoint, until nothing does, something is not taken, or the round is over.

    Does nothing where somebody else is at it. At most half of a process's threads wait for receivers at a time, so
    that slow ones hold up no film.
    """
    planning.heard(endpoint_id)
    if not _enter(endpoint_id):
        return
    try:
        _send(endpoint_id)
    finally:
        _leave()


def _enter(endpoint_id: UUID) -> bool:
    global _busy
    with _lock:
        if _busy >= max(1, settings.ENGINE["WORKER_THREADS"] // 2):
            _turned_away.add(endpoint_id)
            return False
        _busy += 1
        return True


def _leave() -> None:
    global _busy
    with _lock:
        _busy -= 1
        waiting = _turned_away.pop() if _turned_away else None
    if waiting is not None:
        queue.ring(planning.ACTOR, str(waiting))


def _send(endpoint_id: UUID) -> None:
    token = uuid.uuid4()
    if not planning.ready().filter(pk=endpoint_id).update(lease_token=token, lease_until=Now() + LEASE):
        return
    over = time.monotonic() + ROUND_SECONDS
    try:
        while time.monotonic() < over:
            delivery = planning.next_delivery(endpoint_id, token)
            if delivery is None or not _attempt(delivery, token):
                break
    finally:
        WebhookEndpoint.objects.filter(pk=endpoint_id, lease_token=token).update(lease_token=None, lease_until=None)
    # Whoever rang while the lease was held was turned away, so it is asked once more whether there is anything.
    if planning.with_work().filter(pk=endpoint_id).exists():
        queue.ring(planning.ACTOR, str(endpoint_id))


def _attempt(delivery: Delivery, token: UUID) -> bool:
    """Send once and note what came of it; return whether the next one may go."""
    mine = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, lease_token=token)
    if not mine.filter(disabled_at=None).update(lease_until=Now() + LEASE):
        return False
    try:
        outcome = call(delivery)
    except secrets.SecretLost as error:
        with transaction.atomic():
            failing.turn_off(delivery.endpoint, str(error), timezone.now(), delivery)
        return False
    with transaction.atomic():
        # The row is held until the outcome stands: somebody who took the lease over sends it anew and notes that.
        if not mine.update(lease_until=Now() + LEASE):
            return False
        return _note(delivery, outcome)


def call(delivery: Delivery) -> Outcome:
    """Send one message, signed, and return what came of it; outside of any transaction.

    Raises:
        secrets.SecretLost: there is nothing to sign with.
    """
    body, now = body_of(delivery), timezone.now()
    signed = signing.headers(delivery.message_id, int(now.timestamp()), body, secrets.signing(delivery.endpoint))
    headers = {**signed, "Content-Type": "application/json", "Accept-Encoding": "identity"}
    began = time.monotonic()
    outcome = Outcome(now.isoformat())
    try:
        answered = wire.current().post(
            delivery.endpoint.url, headers=headers, body=body, seconds=CALL_SECONDS, most=ANSWER_MOST
        )
    except wire.NotReached as error:
        outcome.error = str(error)[:300]
    else:
        outcome.status, outcome.retry_after = answered.status, answered.retry_after
        # Half a character at the cut, and the zero byte, which no database stores, are replaced.
        outcome.answer = answered.body[:ANSWER_MOST].decode(errors="replace").replace("\x00", "\ufffd")
        if not outcome.taken:
            outcome.error = f"It answered {answered.status}."
    outcome.milliseconds = round((time.monotonic() - began) * 1000)
    return outcome


def body_of(delivery: Delivery) -> bytes:
    """Return what is sent: ``{type, timestamp, data}``, the same bytes at each attempt."""
    event = delivery.event
    if event is None:
        data: dict[str, Any] = {"webhookId": str(delivery.endpoint_id)}
        moment = delivery.created_at
    else:
        data = {**event.payload, "projectId": str(event.project_id), "seq": event.number}
        moment = event.created_at
    message = {"type": delivery.type, "timestamp": moment.isoformat(), "data": data}
    return json.dumps(message, separators=(",", ":")).encode()


def test(endpoint: WebhookEndpoint) -> Delivery:
    """Send a message that tells of nothing, now, past whatever waits; it is tried once.

    Returns:
        Its row in the log, with what came of it.

    Raises:
        secrets.SecretLost: there is nothing to sign with.
    """
    delivery = Delivery(endpoint=endpoint, type=types.TEST, created_at=timezone.now())
    outcome = call(delivery)
    with transaction.atomic():
        delivery.number = place_in(endpoint)
        outcome.write(delivery)
        delivery.attempts = 1
        delivery.state = Delivery.State.DELIVERED if outcome.taken else Delivery.State.FAILED
        delivery.ended_at = timezone.now()
        delivery.save(force_insert=True)
    return delivery


def place_in(endpoint: WebhookEndpoint) -> int:
    """Return the next place in an endpoint's queue, in the caller's transaction."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    rows.update(last_number=F("last_number") + 1)
    return rows.values_list("last_number", flat=True).get()


class Outcome:
    """What came of one attempt.

    Args:
        at: when it began, ISO 8601.
    """

    def __init__(self, at: str) -> None:
        self.at = at
        self.status: int | None = None
        self.answer = ""
        self.error = ""
        self.milliseconds = 0
        self.retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver has it: nothing but 2xx says so."""
        return self.status is not None and 200 <= self.status < 300

    def write(self, delivery: Delivery) -> None:
        """Put it into a row of the log; nothing is saved."""
        delivery.status, delivery.answer, delivery.error = self.status, self.answer, self.error
        tried = {"at": self.at, "status": self.status, "milliseconds": self.milliseconds, "error": self.error}
        delivery.tries = [*delivery.tries, tried][-TRIES_KEPT:]


_WRITTEN = ["status", "answer", "error", "tries", "attempts", "begun_at", "due_at", "state", "ended_at"]


def _note(delivery: Delivery, outcome: Outcome) -> bool:
    """Save what came of an attempt; return whether the next one may go."""
    now, endpoint = timezone.now(), WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    outcome.write(delivery)
    delivery.attempts += 1
    delivery.begun_at = delivery.begun_at or now
    delivery.due_at = None
    if outcome.taken:
        delivery.state, delivery.ended_at = Delivery.State.DELIVERED, now
        endpoint.update(last_taken_at=now, failing_since=None, due_at=None)
        failing.taken(delivery)
        goes_on = True
    else:
        goes_on = _not_taken(delivery, outcome, now)
    delivery.save(update_fields=_WRITTEN)
    return goes_on


def _not_taken(delivery: Delivery, outcome: Outcome, now: datetime) -> bool:
    """Plan the next attempt, or give the message up; return whether the one behind it may go."""
    endpoint, rows = delivery.endpoint, WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    again = None
    if outcome.status != GONE and not failing.tries_once(delivery, now):
        assert delivery.begun_at is not None  # noqa: S101 - the caller has set it
        again = schedule.next_attempt(delivery.attempts, delivery.begun_at, now, outcome.retry_after)
    if delivery.type not in endpoint.given_up:
        rows.update(failing_since=Coalesce("failing_since", now))
    if again is not None:
        delivery.due_at = again
        rows.update(due_at=again)
        return False
    delivery.state, delivery.ended_at = Delivery.State.FAILED, now
    if outcome.status == GONE:
        failing.turn_off(endpoint, failing.GONE, now, delivery)
        return False
    return failing.give_up(delivery, outcome.error, now)
