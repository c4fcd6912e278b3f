"""What the film page plays before anything is rendered."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts.policies import Right
from generation.playlist import playlist
from projects.access import open_project


@login_required
@require_safe
def cut(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Answer with the film as it is cut now, as JSON."""
    return JsonResponse(playlist(open_project(request.user, project_id, Right.SEE).project))
