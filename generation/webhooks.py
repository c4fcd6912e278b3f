"""Providers call here when a task has changed, and fetch what an order needs. A call is a hint, and never a fact.

What it brings is not even read: whoever learns the address can at most have a task looked at earlier than planned.
The ticking thread of the worker finds the due row within a tenth of a second, so nobody else need be woken.
"""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from generation.hook_links import LENT_SECONDS, knows_secret, lent_asset
from generation.models import Attempt
from generation.states import AttemptState
from scenes.views import media

# One result with its links and numbers is a few kilobytes.
MOST_BYTES = 1024 * 1024


@csrf_exempt
@require_POST
def call(request: HttpRequest, provider: str, attempt_id: UUID, secret: str) -> HttpResponse:
    """Take a call about an attempt; the secret is of the attempt, whichever provider the address names.

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


@require_safe
async def lent(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with a file that an order at a provider needs, to whoever was given its address.

    Raises:
        Http404: the address has run out, or the file is deleted.
    """
    asset = await sync_to_async(lent_asset)(token)
    if asset is None:
        raise Http404("No such file.")
    return await media.answer(request, asset.key, asset.media_type, link_seconds=LENT_SECONDS)


def _look_now(attempt_id: UUID) -> None:
    """Let the next look be due, in one statement that changes nothing else and no attempt that has ended.

    An attempt that is still being sent has no look planned yet; the time is left for whoever plans the first one. One
    that somebody works at right now is left to them: the provider is not kept waiting for it.
    """
    with_task = Q(state__in=(AttemptState.RUNNING, AttemptState.UNKNOWN)) & ~Q(task_id="")
    with transaction.atomic(savepoint=False):
        free = Attempt.objects.filter(Q(state=AttemptState.SENDING) | with_task, pk=attempt_id).skip_locked()
        Attempt.objects.filter(pk__in=free.values("pk")).update(due_at=Now())
