"""Providers call here when a task has changed. A call is a hint to look now, and never a fact.

What it brings is not even read: whoever learns the address can at most have a task looked at earlier than planned.
The ticking thread of the worker finds the due row within a tenth of a second, so nobody else need be woken.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from generation.hook_links import knows_secret
from generation.models import Attempt
from generation.states import AttemptState

# One result with its links and numbers is a few kilobytes.
MOST_BYTES = 1024 * 1024


@csrf_exempt
@require_POST
def runware(request: HttpRequest, attempt_id: UUID, secret: str) -> HttpResponse:
    """Take a call about an attempt at Runware.

    Answers 204 also when there is nothing to hurry (any more): calls come twice, late, and before the answer to the
    order itself, and one that is refused would only come again.
    """
    if not knows_secret(attempt_id, secret):
        return HttpResponseNotFound()
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isdecimal() and len(length) < 10) or int(length) > MOST_BYTES:
        return HttpResponse(status=413)
    _look_now(attempt_id)
    return HttpResponse(status=204)


def _look_now(attempt_id: UUID) -> None:
    """Let the next look be due, in one statement that changes nothing else and no attempt that has ended.

    An attempt that is still being sent has no look planned yet; the time is left for whoever plans the first one. One
    that somebody works at right now is left to them: the provider is not kept waiting for it.
    """
    with_task = Q(state__in=(AttemptState.RUNNING, AttemptState.UNKNOWN)) & ~Q(task_id="")
    with transaction.atomic(savepoint=False):
        free = Attempt.objects.filter(Q(state=AttemptState.SENDING) | with_task, pk=attempt_id).skip_locked()
        Attempt.objects.filter(pk__in=free.values("pk")).update(due_at=Now())
