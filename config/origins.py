"""Which sites may open a socket: our own pages, and programs, which are no site."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from channels.security.websocket import AllowedHostsOriginValidator, OriginValidator


class OriginOrTicket(OriginValidator):
    """Asks browsers, which always name the page's origin, for one that is allowed.

    Who names none is no browser: it comes in with a ticket alone, and without whatever cookies it sends.

    Args:
        application: what answers those who may.
    """

    def __init__(self, application: Any) -> None:
        usual: Any = AllowedHostsOriginValidator(application)
        super().__init__(application, usual.allowed_origins)
        self._inside = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Let in, or refuse."""
        names = {name for name, _ in scope["headers"]}
        if b"origin" in names or not parse_qs(scope["query_string"]).get(b"ticket"):
            return await super().__call__(scope, receive, send)
        headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        return await self._inside({**scope, "headers": headers}, receive, send)
