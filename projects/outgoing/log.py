"""The log of what was sent: shown, sent again, swept after 30 days."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from accounts.access import OpenTeam
from accounts.policies import Right
from accounts.services import hold
from projects import queue
from projects.models import Delivery, WebhookEndpoint
from projects.outgoing import planning, secrets, sending
from projects.outgoing.endpoints import NotPossible
from projects.pacing import TooOften, wait_for

KEPT = timedelta(days=30)
MOST_AT_ONCE = 1000
TESTS_A_MINUTE = 10
SWEPT_EVERY = 600  # seconds
_SWEPT = "projects:webhooks_swept"
_OFF = "This webhook is off. Turn it on first, then send it again."


def deliveries_of(endpoint: WebhookEndpoint) -> QuerySet[Delivery]:
    """Return an endpoint's log, the newest first."""
    return Delivery.objects.filter(endpoint=endpoint).select_related("event").order_by("-number")


def send_test(*, opened: OpenTeam, endpoint: WebhookEndpoint) -> Delivery:
    """Send a test now; also while the endpoint is off, so that one sees whether it may be turned on.

    Raises:
        TooOften: more than ten a minute by one person.
        NotPossible: its secret cannot be read any more.
    """
    if wait := wait_for("webhook_test", opened.user.pk, most=TESTS_A_MINUTE):
        raise TooOften(wait)
    try:
        return sending.test(endpoint)
    except secrets.SecretLost as error:
        raise NotPossible(str(error)) from error


def send_again(*, opened: OpenTeam, endpoint: WebhookEndpoint, delivery_id: UUID) -> Delivery:
    """Put something at the end of the queue once more, under the same id; what waits already is tried now.

    Args:
        opened: the team, opened to manage.
        endpoint: one of the team's.
        delivery_id: one of its log.

    Raises:
        Http404: its log has no such entry (any more).
        NotPossible: the endpoint is off.
        PermissionDenied: they may not manage the team any more.
    """
    with transaction.atomic():
        hold(opened, Right.MANAGE)
        _held(endpoint)
        delivery = Delivery.objects.select_for_update(of=("self",), no_key=True).filter(endpoint=endpoint)
        found = delivery.filter(pk=delivery_id).first()
        if found is None:
            raise Http404("No such delivery.")
        if found.state == Delivery.State.WAITING:
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(due_at=None)
        else:
            _queue(endpoint, found)
        planning.ring_after_commit(endpoint)
    return found


def send_failed_again(*, opened: OpenTeam, endpoint: WebhookEndpoint, since: datetime) -> int:
    """Put everything that has failed since a time at the end of the queue, in the order in which it was.

    Args:
        opened: the team, opened to manage.
        endpoint: one of the team's.
        since: of the log's entries; a thousand at most, the oldest first. Tests are left out.

    Returns:
        How many.

    Raises:
        NotPossible: the endpoint is off.
        PermissionDenied: they may not manage the team any more.
    """
    with transaction.atomic():
        hold(opened, Right.MANAGE)
        _held(endpoint)
        failed = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.FAILED, created_at__gte=since)
        found = list(failed.exclude(event=None).order_by("number")[:MOST_AT_ONCE])
        for delivery in found:
            _queue(endpoint, delivery)
        planning.ring_after_commit(endpoint)
    return len(found)


def _held(endpoint: WebhookEndpoint) -> None:
    row = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if row is None:
        raise Http404("No such webhook.")
    if row.disabled_at is not None:
        raise NotPossible(_OFF)


def _queue(endpoint: WebhookEndpoint, delivery: Delivery) -> None:
    delivery.number = sending.place_in(endpoint)
    delivery.state, delivery.attempts = Delivery.State.WAITING, 0
    delivery.begun_at = delivery.due_at = delivery.ended_at = None
    delivery.save(update_fields=["number", "state", "attempts", "begun_at", "due_at", "ended_at"])


def sweep() -> None:
    """Ring for whatever was forgotten; from time to time, take old entries out of the log."""
    for endpoint_id in planning.with_work().order_by("last_taken_at").values_list("pk", flat=True)[:200]:
        queue.ring(planning.ACTOR, str(endpoint_id))
    if cache.add(_SWEPT, True, SWEPT_EVERY):
        forget_old()


def forget_old() -> int:
    """Delete what is older than 30 days, but for what still waits at an endpoint that is on. Returns how many rows."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT)
    old = old.exclude(state=Delivery.State.WAITING, endpoint__disabled_at=None)
    done = 0
    while batch := list(old.values_list("pk", flat=True)[:1000]):
        done += Delivery.objects.filter(pk__in=batch).delete()[0]
    # An old secret that signs nothing any more is not kept either.
    for endpoint in WebhookEndpoint.objects.exclude(old_secrets=[]):
        living = secrets.living(endpoint.old_secrets)
        if len(living) < len(endpoint.old_secrets):
            rows = WebhookEndpoint.objects.filter(pk=endpoint.pk, sealed_secret=endpoint.sealed_secret)
            rows.update(old_secrets=living)
    return done
