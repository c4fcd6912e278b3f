"""What browsers ask about webhooks: where a team wants to hear of events, and what was sent there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import OpenTeam, open_team
from accounts.policies import Right
from projects.forms import WebhookForm
from projects.models import Delivery, WebhookEndpoint
from projects.outgoing import endpoints, log, types
from projects.outgoing.endpoints import NotPossible, Unusable
from projects.pacing import TooOften

REFUSED = 422
SHOWN = 40
_SINCE = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": log.KEPT}


@login_required
@never_cache
@sensitive_variables("text")
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show a team's webhooks; make one, and show its secret this once."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    form = WebhookForm(request.POST or None, opened=opened)
    if request.method == "POST" and form.is_valid():
        try:
            made, text = endpoints.create_endpoint(opened=opened, **form.details)
        except (NotPossible, Unusable) as error:
            form.add_error(getattr(error, "field", None), str(error))
        else:
            return _page(request, opened, made, secret=text, fresh=True)
    context = {
        "team": opened.team,
        "opened_team": opened,
        "webhooks": endpoints.endpoints_of(opened),
        "form": form,
        "groups": types.by_group(),
        "full": endpoints.endpoints_of(opened).count() >= endpoints.MOST_ENDPOINTS,
    }
    return render(request, "projects/webhooks.html", context, status=REFUSED if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, team_id: UUID, webhook_id: UUID) -> HttpResponse:
    """Show a webhook with its log; change it."""
    opened, endpoint = _opened(request, team_id, webhook_id)
    if request.method != "POST":
        return _page(request, opened, endpoint)
    form = WebhookForm(request.POST, opened=opened, endpoint=endpoint)
    if form.is_valid():
        try:
            endpoints.change_endpoint(opened=opened, endpoint=endpoint, **form.details)
        except Unusable as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, "The webhook is changed.")
            return _back(endpoint)
    return _page(request, opened, endpoint, form=form)


@login_required
@never_cache
@sensitive_variables("text")
@require_POST
def secret(request: HttpRequest, team_id: UUID, webhook_id: UUID) -> HttpResponse:
    """Make a new secret, and show it this once."""
    opened, endpoint = _opened(request, team_id, webhook_id)
    at_once = bool(request.POST.get("at_once"))
    try:
        text = endpoints.rotate_secret(opened=opened, endpoint=endpoint, at_once=at_once)
    except NotPossible as error:
        messages.error(request, str(error))
        return _back(endpoint)
    return _page(request, opened, endpoints.endpoint_of(opened, endpoint.pk), secret=text, at_once=at_once)


@login_required
@require_POST
def test(request: HttpRequest, team_id: UUID, webhook_id: UUID) -> HttpResponse:
    """Send a test now, and say what came of it."""
    opened, endpoint = _opened(request, team_id, webhook_id)
    try:
        sent = log.send_test(opened=opened, endpoint=endpoint)
    except (NotPossible, TooOften) as error:
        messages.error(request, str(error))
        return _back(endpoint)
    if sent.state == Delivery.State.DELIVERED:
        took = sent.tries[-1]["milliseconds"]
        messages.success(request, f"The test was taken: {sent.status} after {took} ms.")
    else:
        messages.error(request, f"The test was not taken. {sent.error}")
    return _back(endpoint)


@login_required
@require_POST
def switch(request: HttpRequest, team_id: UUID, webhook_id: UUID) -> HttpResponse:
    """Turn a webhook off, or on again with or without what it has missed."""
    opened, endpoint = _opened(request, team_id, webhook_id)
    to = request.POST.get("to")
    if to == "off":
        endpoints.turn_off(opened=opened, endpoint=endpoint)
        messages.success(request, "The webhook is off. Nothing is sent until somebody turns it on again.")
    elif to in ("missed", "now"):
        endpoints.turn_on(opened=opened, endpoint=endpoint, missed=to == "missed")
        messages.success(request, "The webhook is on.")
    return _back(endpoint)


@login_required
@require_POST
def delete(request: HttpRequest, team_id: UUID, webhook_id: UUID) -> HttpResponse:
    """Delete a webhook with its log."""
    opened, endpoint = _opened(request, team_id, webhook_id)
    endpoints.delete_endpoint(opened=opened, endpoint=endpoint)
    messages.success(request, f"The webhook “{endpoint}” is deleted.")
    return redirect("projects:webhooks", team_id)


@login_required
@require_POST
def again(request: HttpRequest, team_id: UUID, webhook_id: UUID) -> HttpResponse:
    """Send one entry of the log again, or all that failed lately."""
    opened, endpoint = _opened(request, team_id, webhook_id)
    try:
        if "since" in request.POST:
            since = timezone.now() - _SINCE.get(request.POST["since"], _SINCE["day"])
            count = log.send_failed_again(opened=opened, endpoint=endpoint, since=since)
            messages.success(request, f"{count} failed {'delivery is' if count == 1 else 'deliveries are'} sent again.")
        else:
            log.send_again(opened=opened, endpoint=endpoint, delivery_id=_uuid(request.POST.get("delivery", "")))
            messages.success(request, "It is sent again.")
    except NotPossible as error:
        messages.error(request, str(error))
    return _back(endpoint)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _opened(request: HttpRequest, team_id: UUID, webhook_id: UUID) -> tuple[OpenTeam, WebhookEndpoint]:
    opened = open_team(request.user, team_id, Right.MANAGE)
    return opened, endpoints.endpoint_of(opened, webhook_id)


def _back(endpoint: WebhookEndpoint) -> HttpResponse:
    return redirect("projects:webhook", endpoint.team_id, endpoint.pk)


def _page(
    request: HttpRequest,
    opened: OpenTeam,
    endpoint: WebhookEndpoint,
    *,
    form: WebhookForm | None = None,
    **more: Any,
) -> HttpResponse:
    rows = log.deliveries_of(endpoint)
    state = request.GET.get("state", "")
    if state in Delivery.State.values:
        rows = rows.filter(state=state)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(number__lt=int(before))
    found = list(rows[: SHOWN + 1])
    context = {
        "team": opened.team,
        "opened_team": opened,
        "webhook": endpoint,
        "form": form or WebhookForm(opened=opened, endpoint=endpoint),
        "deliveries": found[:SHOWN],
        "older": found[SHOWN - 1].number if len(found) > SHOWN else None,
        "state": state,
        "states": Delivery.State.choices,
        "groups": types.by_group(),
        **more,
    }
    return render(request, "projects/webhook.html", context, status=REFUSED if form is not None else 200)
