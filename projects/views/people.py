"""Who may be named in a project."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts.models import Membership
from accounts.policies import Right
from projects.access import open_project


@login_required
@require_safe
def people(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Answer with the members of the project's team, by name."""
    opened = open_project(request.user, project_id, Right.SEE)
    members = Membership.objects.filter(team=opened.project.team_id, user__is_active=True).select_related("user")
    rows = [
        {
            "id": str(member.user_id),
            "name": member.user.shown_name,
            "initials": member.user.initials,
            "role": member.get_role_display(),
        }
        for member in members
    ]
    return JsonResponse({"people": sorted(rows, key=lambda row: row["name"].casefold())})
