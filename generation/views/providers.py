"""A team's providers: their keys, how they are, and in which order they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OpenTeam, open_team
from accounts.policies import Right
from generation.catalogue import ImpossibleRequest
from generation.forms import DollarField
from generation.vendors import connection, endpoints, keys, own_models, provider_accounts
from generation.vendors.connection import Check, Outcome
from generation.vendors.endpoints import BadKey
from generation.vendors.order import orders_of
from generation.vendors.provider_accounts import KeyChange
from generation.vendors.provider_cards import providers_of
from projects import pacing
from projects.models import Project

REFUSED = 422
MOST_TYPED = 400


@login_required
@never_cache
@require_safe
def overview(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show the providers of a team."""
    return _page(request, open_team(request.user, team_id, Right.MANAGE))


@sensitive_post_parameters("key")
@sensitive_variables("key")
@login_required
@require_POST
def enter_key(request: HttpRequest, team_id: UUID, provider: str) -> HttpResponse:
    """Test a key and store it; one that is not stored is not shown again either."""
    opened = _opened(request, team_id, provider, Right.OWN)
    key, said = request.POST.get("key", ""), _typed(request, provider)
    try:
        change = provider_accounts.set_key(
            opened=opened, provider=provider, key=key, base_url=said["base_url"], own=_own_models(provider, said)
        )
    except (BadKey, pacing.TooOften) as error:
        return _page(request, opened, problem={"provider": provider, "text": str(error), "said": said})
    text = (
        f"The key for {keys.label_of(provider)} is stored, sealed."
        if key.strip()
        else f"The endpoint of {keys.label_of(provider)} is stored."
    )
    if change.check is not None and change.check.outcome is Outcome.OK:
        messages.success(request, f"{text} {_how_it_stands(change.check)}{_in_flight(change)}")
    else:
        reason = change.check.text if change.check is not None else ""
        messages.warning(request, f"{text} It could not be tested: {reason} Test it again later.{_in_flight(change)}")
    return _back(opened, provider)


@login_required
@require_POST
def remove_key(request: HttpRequest, team_id: UUID, provider: str) -> HttpResponse:
    """Forget a team's key."""
    opened = _opened(request, team_id, provider, Right.OWN)
    change = provider_accounts.remove_key(opened=opened, provider=provider)
    text = f"The key for {keys.label_of(provider)} is removed."
    if change.queued:
        text += f" What waited for it ends ({change.queued}); nothing is charged for that."
    if change.in_flight:
        text += (
            f" {change.in_flight} on the way stay as they are: enter a key of the same account to have their results "
            "brought here."
        )
    messages.warning(request, text) if change.queued or change.in_flight else messages.success(request, text)
    return _back(opened, provider)


@login_required
@require_POST
def test(request: HttpRequest, team_id: UUID, provider: str) -> HttpResponse:
    """Ask a provider how the account stands."""
    opened = _opened(request, team_id, provider, Right.MANAGE)
    try:
        account = keys.account_for(opened.team, provider)
    except ImpossibleRequest as error:
        messages.error(request, str(error))
        return _back(opened, provider)
    try:
        pacing.ask_provider(opened.team.pk)
    except pacing.TooOften as error:
        messages.error(request, str(error))
        return _back(opened, provider)
    check = connection.test_connection(account)
    if check.outcome is Outcome.OK:
        more = _how_it_stands(check) if provider_accounts.has_in_hand(opened, account) else ""
        messages.success(request, f"{keys.label_of(provider)} answers and takes the key. {more}".strip())
    else:
        messages.error(request, check.text)
    return _back(opened, provider)


@login_required
@require_POST
def resume(request: HttpRequest, team_id: UUID, provider: str) -> HttpResponse:
    """Use an account again that was paused."""
    opened = _opened(request, team_id, provider, Right.OWN)
    rehearsal = bool(request.POST.get("rehearsal"))
    try:
        account = keys.account_for(opened.team, provider, rehearsal=rehearsal)
    except ImpossibleRequest as error:
        messages.error(request, str(error))
        return _back(opened, provider)
    provider_accounts.resume(opened=opened, account=account)
    messages.success(request, f"{keys.label_of(provider)} is used again. What waited goes on.")
    return _back(opened, provider)


@login_required
@require_POST
def move(request: HttpRequest, team_id: UUID, provider: str) -> HttpResponse:
    """Have a provider asked earlier or later."""
    opened = open_team(request.user, team_id, Right.OWN)
    if provider not in keys.order_of(opened.team):
        raise Http404("No such provider.")
    provider_accounts.move(opened=opened, provider=provider, by=-1 if request.POST.get("to") == "earlier" else 1)
    return _back(opened, provider)


@login_required
@require_POST
def fallback(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Say whether the next provider is asked when one cannot."""
    opened = open_team(request.user, team_id, Right.OWN)
    wanted = bool(request.POST.get("fallback"))
    provider_accounts.set_fallback(opened=opened, wanted=wanted)
    messages.success(
        request,
        "When one provider cannot, the next is asked." if wanted else "Only the chosen provider is asked from now on.",
    )
    return redirect("providers:overview", team_id)


def _typed(request: HttpRequest, provider: str) -> dict[str, str]:
    """Return what was typed besides the key."""
    more = (*endpoints.NAMES, *endpoints.PRICES) if provider == own_models.PROVIDER else ()
    return {name: request.POST.get(name, "").strip()[:MOST_TYPED] for name in ("base_url", *more)}


def _own_models(provider: str, said: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what was said of models, where only the account knows them.

    Raises:
        BadKey
    """
    if provider != own_models.PROVIDER:
        return None
    field, prices = DollarField(), dict[str, Any]()
    for name, (_, _, words) in endpoints.PRICES.items():
        try:
            prices[name] = field.clean(said[name])
        except ValidationError as error:
            raise BadKey(f"The price of {words}: {error.messages[0]}") from None
    return endpoints.models_of({**said, **prices})


def _opened(request: HttpRequest, team_id: UUID, provider: str, right: Right) -> OpenTeam:
    opened = open_team(request.user, team_id, right)
    if not keys.needs_key(provider):
        raise Http404("No such provider.")
    return opened


def _page(request: HttpRequest, opened: OpenTeam, *, problem: dict[str, Any] | None = None) -> HttpResponse:
    context = {
        "team": opened.team,
        "opened_team": opened,
        "providers": providers_of(opened),
        "orders": orders_of(opened.team),
        "problem": problem,
        "try_in": Project.objects.current().filter(team=opened.team).order_by("-created_at").first(),
    }
    return render(request, "generation/providers.html", context, status=REFUSED if problem else 200)


def _back(opened: OpenTeam, provider: str) -> HttpResponse:
    response = redirect("providers:overview", opened.team.pk)
    response["Location"] += f"#{provider}"
    return response


def _how_it_stands(check: Check) -> str:
    left = check.status.balance_text if check.status is not None else ""
    return f"Left: {left}." if left else ""


def _in_flight(change: KeyChange) -> str:
    if not change.in_flight:
        return ""
    return f" {change.in_flight} on the way were begun before; they go on if the key is of the same account."
