"""The peers' servers: a bare broadcast of ``websockets``, and plain Channels with a group."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import uvicorn
import uvloop
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path
from websockets.asyncio.server import ServerConnection, broadcast
from websockets.asyncio.server import serve as serve_websockets

from benchmarks.processes import spare_port
from benchmarks.pushing.load import Load

GROUP = "watchers"
load = Load()
loop = uvloop.new_event_loop()
connections: set[ServerConnection] = set()


class Plain(AsyncWebsocketConsumer):
    """The way every tutorial does it."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def progress(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["message"]))


def serve_bare() -> dict[str, str]:
    """Serve with ``websockets`` alone."""
    port, ready = spare_port(), threading.Event()

    async def watch(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    async def forever() -> None:
        async with serve_websockets(watch, "127.0.0.1", port, compression=None, backlog=2048) as server:
            ready.set()
            await server.serve_forever()

    threading.Thread(target=lambda: loop.run_until_complete(forever()), daemon=True).start()
    ready.wait()
    return {"url": f"ws://127.0.0.1:{port}/", "cookie": ""}


def send_bare(count: int, pause: float) -> dict[str, Any]:
    """Broadcast so many messages."""

    def push(message: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(broadcast, connections, json.dumps(message))

    return load.send(push, count, pause)


def serve_plain(redis: str = "") -> dict[str, str]:
    """Serve with plain Channels under uvicorn: the layer in memory, or on Redis."""
    layer: dict[str, Any] = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    if redis:
        layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [redis]}}
    settings.CHANNEL_LAYERS = {"default": layer}
    port = spare_port()
    application = ProtocolTypeRouter({"websocket": URLRouter([re_path("^$", Plain.as_asgi())])})  # type: ignore[list-item,arg-type]
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        lifespan="off",
        log_level="error",
        backlog=2048,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=lambda: loop.run_until_complete(server.serve()), daemon=True).start()
    load.wait_for(lambda: server.started)
    return {"url": f"ws://127.0.0.1:{port}/", "cookie": ""}


def send_plain(count: int, pause: float) -> dict[str, Any]:
    """Send so many messages to the group."""

    def push(message: dict[str, Any]) -> None:
        sent = get_channel_layer().group_send(GROUP, {"type": "progress", "message": message})  # type: ignore[union-attr]
        # Not waited for, as ours is not: a service that pushes goes on.
        asyncio.run_coroutine_threadsafe(sent, loop)

    return load.send(push, count, pause)


def memory() -> float:
    """Return the megabytes that this process holds."""
    return load.memory()
