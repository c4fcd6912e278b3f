"""When people were last here: noted at most once in some minutes, so that it costs the pages nothing."""

from __future__ import annotations

from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

NOTED_EVERY = 300  # seconds


class SeenMiddleware:
    """Notes on a session that it was used, after the answer was made and only where somebody was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, then note."""
        response = self._get_response(request)
        person = getattr(request, "_cached_user", None)
        key = request.session.session_key if person is not None and person.is_authenticated else None
        if key and cache.add(f"seen:{key}", True, NOTED_EVERY):
            UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now())
        return response
