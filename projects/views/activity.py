"""Who did what in a project, all of it."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.policies import Right
from projects import activity
from projects.access import open_project


@login_required
@require_safe
def audit(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show what was done, by whom and when; ``?person=``, ``?about=`` and ``?before=`` narrow it."""
    opened = open_project(request.user, project_id, Right.SEE)
    group = request.GET.get("about", "")
    group = group if group in activity.GROUPS else ""
    person = _uuid(request.GET.get("person", ""))
    before = request.GET.get("before", "")
    told = activity.audit(
        opened.project, person=person, group=group, before=int(before[:18]) if before.isdecimal() else None
    )
    more = len(told) > activity.AUDIT_PAGE
    told = told[: activity.AUDIT_PAGE]
    chosen = {"person": person or "", "about": group}
    context = {
        "opened": opened,
        "told": told,
        "next": urlencode({**chosen, "before": told[-1].event.number}) if more else "",
        "groups": activity.GROUPS,
        "group": group,
        "person": person,
        "members": User.objects.filter(memberships__team=opened.project.team_id).order_by("name", "email"),
    }
    return render(request, "projects/audit.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
