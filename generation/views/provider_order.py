"""A team's order of providers for one kind of work."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import open_team
from accounts.policies import Right
from generation.vendors import order
from generation.vendors.order import Group


@login_required
@require_POST
def change(request: HttpRequest, team_id: UUID, group: str) -> HttpResponse:
    """Have a provider asked earlier or later for a kind of work, or go back to the order for everything."""
    opened = open_team(request.user, team_id, Right.OWN)
    if group not in set(Group):
        raise Http404("No such kind of work.")
    kind, to = Group(group), request.POST.get("to", "")
    if to == "inherit":
        order.set_order(opened=opened, group=kind, order=())
    else:
        name, _, way = to.rpartition(":")
        order.move(opened=opened, group=kind, provider=name, by=-1 if way == "earlier" else 1)
    response = redirect("providers:overview", team_id)
    response["Location"] += f"#order-{group}"
    return response
