"""The way out for webhooks: the floor that providers are spoken to on, lent to the room that tells of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings

from projects.outgoing.wire import Answered, NotAllowed, NotReached


class GuardedWire:
    """Reaches public addresses over https, and the origins in ``WEBHOOK_ALLOWED_ORIGINS``."""

    def check(self, url: str) -> None:
        """Refuse an address that may not be reached."""
        http = _floor()
        try:
            http.public_address(url, fetch_origins=settings.WEBHOOK_ALLOWED_ORIGINS)
        except http.NotPublic as error:
            raise NotAllowed(str(error)) from None

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float, most: int) -> Answered:
        """Send once; the address is looked at again in the moment of connecting."""
        http = _floor()
        call: Callable[..., Any] = http.call
        try:
            answer = call(
                "POST",
                url,
                headers=headers,
                data=body,
                deadline=seconds,
                most_bytes=most,
                whole=False,
                fetch_origins=settings.WEBHOOK_ALLOWED_ORIGINS,
                fresh=True,
            )
        except http.NotSent as error:
            raise NotReached(f"It could not be reached. {error}") from None
        except http.AnswerLost as error:
            raise NotReached(f"It did not answer in time, or broke off. {error}") from None
        return Answered(answer.status, answer.body, answer.retry_after)


@cache
def _floor() -> Any:
    # By name, because it brings requests: a process that sends nothing starts sooner without.
    return import_module("generation.providers.http")
