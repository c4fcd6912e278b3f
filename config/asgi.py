"""The one door of the server: HTTP, sockets, and the worker's life beside them."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402
from django.conf import settings  # noqa: E402

from config.bodies import BodyLimit  # noqa: E402
from config.layers import LocalChannelLayer  # noqa: E402
from config.origins import OriginOrTicket  # noqa: E402
from generation.worker import Working  # noqa: E402
from projects import live  # noqa: E402
from projects.routing import websocket_urlpatterns  # noqa: E402


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Start the worker with the server when both live in one process, and stop it with it."""
    worker: Working | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            loop = asyncio.get_running_loop()
            layer = get_channel_layer()
            if isinstance(layer, LocalChannelLayer):
                layer.bind(loop)
            live.loops.bind(loop)
            try:
                if settings.EMBEDDED_WORKER:
                    worker = Working()
                    await asyncio.to_thread(worker.start)
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            # What is there now stays for good. Left out of the collector's rounds, a full one no longer holds up the
            # sockets for a tenth of a second.
            gc.collect()
            gc.freeze()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if worker is not None:
                await asyncio.to_thread(worker.stop)
            live.loops.bind(None)
            await send({"type": "lifespan.shutdown.complete"})
            return


application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http),
        # The consumer reads the session itself, at the start and again each minute. Channels' session and user
        # middlewares would stand in the way of every message that is sent: a fifth of the cost of a push.
        "websocket": OriginOrTicket(CookieMiddleware(URLRouter(websocket_urlpatterns))),  # type: ignore[arg-type]
        "lifespan": lifespan,
    }
)
