"""What browsers ask about tokens for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts import links
from accounts.access import OpenTeam, open_team
from accounts.forms import TokenForm
from accounts.models import ApiToken
from accounts.policies import SCOPES_IN_WORDS, Right
from accounts.rest.tokens import create_token, revoke_token
from accounts.services import NotPossible

REFUSED = 422


@login_required
@never_cache
@sensitive_variables("text")
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show a member's tokens in a team; make one, and show its text this once."""
    opened = open_team(request.user, team_id, Right.SEE)
    if request.method != "POST":
        return _page(request, opened, TokenForm(initial={"scopes": ["read"], "days": "90"}))
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, opened, form, status=REFUSED)
    try:
        made, text = create_token(opened=opened, **form.cleaned_data)
    except NotPossible as error:
        form.add_error(None, str(error))
        return _page(request, opened, form, status=REFUSED)
    return _page(request, opened, TokenForm(initial={"scopes": ["read"], "days": "90"}), made=made, text=text)


@login_required
@require_POST
def revoke(request: HttpRequest, team_id: UUID, token_id: UUID) -> HttpResponse:
    """End a token at once."""
    token = revoke_token(opened=open_team(request.user, team_id, Right.SEE), token_id=token_id)
    messages.success(request, f"“{token.name}” is revoked; programs that carry it are refused from now on.")
    return redirect("accounts:tokens", team_id)


def _page(request: HttpRequest, opened: OpenTeam, form: TokenForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "team": opened.team,
        "opened_team": opened,
        "tokens": ApiToken.objects.seen_by(opened).filter(revoked_at=None),
        "now": timezone.now(),
        "form": form,
        "scopes": [(one.value, one.label, SCOPES_IN_WORDS[one]) for one in ApiToken.Scope],
        "address": links.absolute(request, reverse("api:projects")),
        **more,
    }
    return render(request, "accounts/tokens.html", context, status=status)
