"""Addresses of sockets."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from projects.consumers import NOT_FOUND, PersonConsumer, ProjectConsumer


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """Hang up on a socket to an address that there is none; the router alone would fail, and fill the log."""
    await receive()
    await send({"type": "websocket.close", "code": NOT_FOUND})


websocket_urlpatterns = [
    path("ws/projects/<uuid:project_id>/", ProjectConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/me/", PersonConsumer.as_asgi()),  # type: ignore[arg-type]
    re_path("", nowhere),  # type: ignore[arg-type]
]
