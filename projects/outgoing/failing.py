"""What is done when an endpoint does not take what it is sent.

One message that is not taken to the end of its schedule is given up, and the queue goes on behind it: a receiver that
chokes on one type of event hears of all others. From then on messages of that type are tried once each, until one is
taken. A receiver that takes nothing at all is turned off.
"""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from accounts.links import site_address
from accounts.policies import Right
from projects.mailing import deciders, mail_after_commit
from projects.models import Delivery, Notification, Project, WebhookEndpoint
from projects.notifying import notify
from projects.outgoing import history, schedule

GONE = "It answered 410: it does not want to hear of anything any more."
GIVEN_UP = "It took nothing for three days."
# After three days of silence so many messages are tried once each: if none is taken, nobody is there.
MOST_IN_SILENCE = 5


def tries_once(delivery: Delivery, now: datetime) -> bool:
    """Return whether a message that was not taken is given up at once.

    So it is where one of its type was given up before, and where nothing was taken for as long as a schedule lasts.
    """
    endpoint = delivery.endpoint
    return delivery.type in endpoint.given_up or _is_silent(endpoint, now)


def give_up(delivery: Delivery, error: str, now: datetime) -> bool:
    """Note that a message was given up; return whether the one behind it may go. In the caller's transaction.

    The owners are told of the first one of a type, and when the endpoint is turned off.
    """
    endpoint, silent = delivery.endpoint, _is_silent(delivery.endpoint, now)
    only_once = silent and delivery.attempts == 1
    if delivery.type not in endpoint.given_up and not only_once:
        given_up = [*endpoint.given_up, delivery.type]
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(given_up=given_up, due_at=None)
        _tell_given_up(delivery, error)
    if not silent:
        return True
    failed = Delivery.objects.filter(
        endpoint=endpoint, state=Delivery.State.FAILED, ended_at__gte=endpoint.failing_since
    )
    # This one is not saved yet.
    if failed.exclude(event=None).count() + 1 < MOST_IN_SILENCE:
        return True
    turn_off(endpoint, f"{GIVEN_UP} {error}", now, delivery)
    return False


def taken(delivery: Delivery) -> None:
    """Note that a message was taken: those of its type are tried to the end again."""
    endpoint = delivery.endpoint
    if delivery.type in endpoint.given_up:
        left = [one for one in endpoint.given_up if one != delivery.type]
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(given_up=left)


def _is_silent(endpoint: WebhookEndpoint, now: datetime) -> bool:
    return endpoint.failing_since is not None and now - endpoint.failing_since >= schedule.WHOLE


def turn_off(endpoint: WebhookEndpoint, reason: str, now: datetime, about: Delivery | None = None) -> None:
    """Send nothing more there, and tell the owners; in the caller's transaction.

    Args:
        endpoint: which.
        reason: why, in a sentence.
        now: the time; whatever failed at it or later is sent with what was missed.
        about: what was not taken.
    """
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at=None)
    if not rows.update(disabled_at=now, disabled_reason=reason[:300], due_at=None):
        return
    history.write(endpoint, history.Kind.WEBHOOK_OFF, None, reason)
    _tell(
        endpoint,
        about,
        f"The webhook “{str(endpoint)[:120]}” is turned off.",
        reason,
        f"Nothing is sent to {endpoint.url} any more. Nothing is lost: put the receiver in order, then turn the "
        "webhook on again and choose whether it should hear of what it has missed.",
    )


def _tell_given_up(delivery: Delivery, error: str) -> None:
    endpoint = delivery.endpoint
    _tell(
        endpoint,
        delivery,
        f"The webhook “{str(endpoint)[:120]}” does not take “{delivery.type}”.",
        error,
        "A message of this type was not taken in all its attempts and was left out; what came after it is sent now. "
        "Further ones of the type are tried once each, until one is taken. If nothing else is taken either, the "
        "webhook is turned off. Put the receiver in order, then send what failed again from the webhook's page.",
    )


def _tell(endpoint: WebhookEndpoint, about: Delivery | None, what: str, why: str, then: str) -> None:
    """Tell the owners, in the product and by mail, in the caller's transaction."""
    address = reverse("projects:webhook", args=[endpoint.team_id, endpoint.pk])
    project = _project_to_tell_in(endpoint, about)
    if project is not None:
        notify(
            project=project,
            people=deciders(endpoint.team_id, Right.OWN),
            kind=Notification.Kind.TEAM,
            text=f"{what} {why}",
            link=address,
            mailed=True,
        )
    subject = f"Rushes · {what.rstrip('.')}"
    text = f"{why}\n\n{then}\n\n{site_address()}{address}\n"
    mail_after_commit(endpoint.team_id, Right.OWN, subject, text, Notification.Kind.TEAM)


def _project_to_tell_in(endpoint: WebhookEndpoint, about: Delivery | None) -> Project | None:
    """Return a project that the notice can stand in: what waits for people always belongs to one."""
    if about is not None and about.event is not None and about.event.project.deleted_at is None:
        return about.event.project
    return endpoint.project or Project.objects.current().filter(team=endpoint.team_id).order_by("created_at").first()
