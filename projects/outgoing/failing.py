"""What is done when an endpoint does not take what it is sent: it is turned off, and the owners are told."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from accounts.links import site_address
from accounts.policies import Right
from projects.mailing import deciders, mail_after_commit
from projects.models import Delivery, Notification, Project, WebhookEndpoint
from projects.notifying import notify

GONE = "It answered 410: it does not want to hear of anything any more."
GIVEN_UP = "It took nothing for three days."


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
    address = reverse("projects:webhook", args=[endpoint.team_id, endpoint.pk])
    project = _project_to_tell_in(endpoint, about)
    if project is not None:
        notify(
            project=project,
            people=deciders(endpoint.team_id, Right.OWN),
            kind=Notification.Kind.TEAM,
            text=f"The webhook “{str(endpoint)[:120]}” is turned off. {reason}",
            link=address,
            mailed=True,
        )
    mail_after_commit(
        endpoint.team_id,
        Right.OWN,
        f"Rushes · The webhook “{str(endpoint)[:80]}” is turned off",
        f"{reason}\n\nNothing is sent to {endpoint.url} any more. Nothing is lost: put the receiver in order, then "
        "turn the webhook on again and choose whether it should hear of what it has missed.\n\n"
        f"{site_address()}{address}\n",
        Notification.Kind.TEAM,
    )


def _project_to_tell_in(endpoint: WebhookEndpoint, about: Delivery | None) -> Project | None:
    """Return a project that the notice can stand in: what waits for people always belongs to one."""
    if about is not None and about.event is not None and about.event.project.deleted_at is None:
        return about.event.project
    return endpoint.project or Project.objects.current().filter(team=endpoint.team_id).order_by("created_at").first()
