"""What people do with the addresses that events are sent to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from accounts import sealing
from accounts.access import OpenTeam
from accounts.policies import Right
from accounts.services import hold
from projects.models import Delivery, Project, WebhookEndpoint
from projects.oneline import one_line
from projects.outgoing import history, planning, secrets, signing, types, wire
from projects.outgoing.patterns import complaint

MOST_ENDPOINTS = 20
LONGEST_URL = 1000
OLD_SECRET_HOLDS = timedelta(hours=24)
SKIPPED = "It was left out when the webhook was turned on again from then on."


class NotPossible(Exception):
    """What was asked cannot be done as things stand; the message says what to do."""


class Unusable(Exception):
    """One of the details cannot be used; the message says why.

    Attributes:
        field: which one: ``url``, ``types`` or ``project``.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def endpoints_of(opened: OpenTeam) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints of an opened team, the oldest first."""
    rows = WebhookEndpoint.objects.filter(team=opened.team).select_related("project", "created_by")
    return rows.order_by("created_at", "pk")


def endpoint_of(opened: OpenTeam, endpoint_id: UUID) -> WebhookEndpoint:
    """Return one endpoint of an opened team.

    Raises:
        Http404: it has no such endpoint.
    """
    endpoint = endpoints_of(opened).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise Http404("No such webhook.")
    return endpoint


def create_endpoint(
    *,
    opened: OpenTeam,
    url: str,
    types: Sequence[str],
    project: UUID | None = None,
    description: str = "",
) -> tuple[WebhookEndpoint, str]:
    """Have events sent to an address from now on. The secret is returned once and shown to nobody again.

    Args:
        opened: the team, opened to manage.
        url: a public address over https; asked about outside of the transaction.
        types: patterns of types.
        project: only events of this one; None: of all projects of the team, those that are yet to come included.
        description: what it is for; shortened to 120 characters.

    Raises:
        Unusable: an address that may not be reached, a type that there is not, somebody else's project.
        NotPossible: there are as many as a team may have, or nothing to seal the secret with.
        PermissionDenied: they may not manage the team any more.
    """
    url, wanted = _checked_url(url), _checked_types(types)
    chosen = _checked_project(opened, project)
    secret = signing.new_secret()
    endpoint_id = uuid.uuid4()
    sealed = _sealed(endpoint_id, secret)
    with transaction.atomic():
        team = hold(opened, Right.MANAGE)
        if WebhookEndpoint.objects.filter(team=team).count() >= MOST_ENDPOINTS:
            raise NotPossible(f"A team has at most {MOST_ENDPOINTS} webhooks. Delete one that is not used any more.")
        endpoint = WebhookEndpoint.objects.create(
            pk=endpoint_id,
            team=team,
            project=chosen,
            url=url,
            types=wanted,
            description=one_line(description)[:120],
            sealed_secret=sealed,
            created_by=opened.user,
        )
        planning.begin_now(endpoint)
        history.write(endpoint, history.Kind.WEBHOOK_MADE, opened.user)
    return endpoint, secret


def change_endpoint(*, opened: OpenTeam, endpoint: WebhookEndpoint, **details: Any) -> WebhookEndpoint:
    """Change an endpoint. What waits already goes to the new address; other types hold for events yet to come.

    Args:
        opened: its team, opened to manage.
        endpoint: one of the team's.
        details: those that are to be another, as for ``create_endpoint``.

    Raises:
        Unusable: as for ``create_endpoint``.
        PermissionDenied: they may not manage the team any more.
    """
    fields: dict[str, Any] = {}
    if "url" in details:
        fields["url"] = _checked_url(details["url"])
    if "types" in details:
        fields["types"] = _checked_types(details["types"])
    if "description" in details:
        fields["description"] = one_line(details["description"])[:120]
    with transaction.atomic():
        hold(opened, Right.MANAGE)
        row = _locked(endpoint)
        if "project" in details and details["project"] != row.project_id:
            fields["project"] = _checked_project(opened, details["project"])
        if fields.get("url", row.url) != row.url:
            # Another receiver: the patience with the one before is not for it.
            fields |= {"due_at": None, "failing_since": None, "given_up": []}
            _waiting(row).update(due_at=None, attempts=0, begun_at=None)
        before, changed = row.project_id, history.changes(row, fields)
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(update_fields=[*fields, "updated_at"])
        if row.project_id != before:
            planning.change_projects(row, before)
        history.write_changes(row, changed, opened.user)
        planning.ring_after_commit(row)
    return endpoint_of(opened, endpoint.pk)


def delete_endpoint(*, opened: OpenTeam, endpoint: WebhookEndpoint) -> None:
    """Delete an endpoint with its log; what waited for it is not sent.

    Raises:
        PermissionDenied: they may not manage the team any more.
    """
    with transaction.atomic():
        hold(opened, Right.MANAGE)
        row = _locked(endpoint)
        history.write(row, history.Kind.WEBHOOK_DELETED, opened.user)
        row.delete()


def rotate_secret(*, opened: OpenTeam, endpoint: WebhookEndpoint, at_once: bool = False) -> str:
    """Give an endpoint a new secret, which is returned this once.

    Args:
        opened: its team, opened to manage.
        endpoint: one of the team's.
        at_once: the old secret signs nothing more, because a stranger has it; otherwise both sign for 24 hours.

    Raises:
        NotPossible: there is nothing to seal the secret with.
        PermissionDenied: they may not manage the team any more.
    """
    secret = signing.new_secret()
    sealed = _sealed(endpoint.pk, secret)
    with transaction.atomic():
        hold(opened, Right.MANAGE)
        row = _locked(endpoint)
        until = (timezone.now() + OLD_SECRET_HOLDS).isoformat()
        kept = [{"sealed": row.sealed_secret, "until": until}, *secrets.living(row.old_secrets)]
        row.old_secrets = [] if at_once else kept[: secrets.MOST_OLD]
        row.sealed_secret = sealed
        row.save(update_fields=["sealed_secret", "old_secrets", "updated_at"])
        more = "the old one signs nothing any more" if at_once else ""
        history.write(row, history.Kind.WEBHOOK_SECRET, opened.user, more)
    return secret


def turn_off(*, opened: OpenTeam, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Send nothing more until somebody turns it on again; what waits stays.

    Raises:
        PermissionDenied: they may not manage the team any more.
    """
    with transaction.atomic():
        hold(opened, Right.MANAGE)
        off = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at=None)
        if off.update(disabled_at=timezone.now(), disabled_reason=f"{opened.user.shown_name} turned it off."):
            history.write(endpoint, history.Kind.WEBHOOK_OFF, opened.user)
    return endpoint_of(opened, endpoint.pk)


def turn_on(*, opened: OpenTeam, endpoint: WebhookEndpoint, missed: bool) -> WebhookEndpoint:
    """Send again.

    Args:
        opened: its team, opened to manage.
        endpoint: one of the team's; one that is on stays as it is.
        missed: what waited and what has happened meanwhile is sent first; otherwise it is left out.

    Raises:
        PermissionDenied: they may not manage the team any more.
    """
    with transaction.atomic():
        hold(opened, Right.MANAGE)
        row = _locked(endpoint)
        if row.disabled_at is not None:
            # What was given up before it was turned off was missed, too.
            since = min(row.disabled_at, row.failing_since or row.disabled_at)
            row.disabled_at, row.disabled_reason, row.given_up = None, "", []
            row.due_at = row.failing_since = None
            kept = ["disabled_at", "disabled_reason", "due_at", "failing_since", "given_up", "updated_at"]
            row.save(update_fields=kept)
            if missed:
                _failed(row, since).update(state=Delivery.State.WAITING, ended_at=None)
                _waiting(row).update(due_at=None, attempts=0, begun_at=None)
            else:
                _waiting(row).update(state=Delivery.State.FAILED, error=SKIPPED, ended_at=timezone.now())
                planning.begin_now(row)
            more = "" if missed else "what it had missed was left out"
            history.write(row, history.Kind.WEBHOOK_ON, opened.user, more)
            planning.ring_after_commit(row)
    return endpoint_of(opened, endpoint.pk)


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    row = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if row is None:
        raise Http404("No such webhook.")
    return row


def _waiting(endpoint: WebhookEndpoint) -> QuerySet[Delivery]:
    return Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.WAITING)


def _failed(endpoint: WebhookEndpoint, since: datetime) -> QuerySet[Delivery]:
    """Return that for which it was turned off; tests that were made meanwhile are none of it."""
    rows = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.FAILED, ended_at__gte=since)
    return rows.exclude(event=None)


def _sealed(endpoint_id: UUID, secret: str) -> str:
    try:
        return secrets.seal(endpoint_id, secret)
    except sealing.NoSealingKey as error:
        raise NotPossible(secrets.NOTHING_TO_SEAL_WITH) from error


def _checked_url(url: str) -> str:
    url = url.strip()
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise Unusable("url", f"Write an address of at most {LONGEST_URL} plain characters that begins with https://.")
    try:
        wire.current().check(url)
    except wire.NotAllowed as error:
        raise Unusable("url", str(error)) from None
    return url


def _checked_types(wanted: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(one.strip() for one in wanted))
    if sentence := complaint(chosen, types.known()):
        raise Unusable("types", sentence)
    return chosen


def _checked_project(opened: OpenTeam, project_id: UUID | None) -> Project | None:
    if project_id is None:
        return None
    project = Project.objects.for_user(opened.user).filter(team=opened.team, pk=project_id).first()
    if project is None:
        raise Unusable("project", "There is no such project in this team.")
    return project
