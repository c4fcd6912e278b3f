"""How much a request may bring, whoever sends it.

Django spools a whole body into a temporary file before login, token or view are asked, so that without a limit here a
visitor could fill the disk.
"""

from __future__ import annotations

from typing import Any

from generation import webhooks
from generation.uploads import MOST_BYTES

MEBIBYTE = 1024 * 1024
# Forms and scripts; their own limits are lower and say more.
MOST = 64 * MEBIBYTE
# The file itself, with room for the rest of its form.
MOST_OF_AN_UPLOAD = MOST_BYTES + MEBIBYTE
# Providers call here; whoever does not say how much it is, is cut off at the same length.
_HOOKS = "/hooks/"


class BodyLimit:
    """An ASGI application in front of another that hangs up on bodies which are too large.

    Args:
        application: what answers all others.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request: 413 when it says that it is too large, or turns out to be."""
        most = _most_at(scope["path"])
        if _declared(scope) > most:
            await _refuse(send, most)
            return
        read, too_large, answered = 0, False, False

        async def counted() -> Any:
            nonlocal read, too_large
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                too_large = True
                # The one thing that ends Django's reading.
                return {"type": "http.disconnect"}
            return message

        async def noted(message: Any) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self._application(scope, counted, noted)
        if too_large and not answered:
            await _refuse(send, most)


def _most_at(path: str) -> int:
    if path.startswith(_HOOKS):
        return webhooks.MOST_BYTES
    return MOST_OF_AN_UPLOAD if path.endswith("/upload/") else MOST


def _declared(scope: Any) -> int:
    """Return the length that the request announces, or 0."""
    value = dict(scope["headers"]).get(b"content-length", b"")
    return int(value[:18]) if value.isdigit() else 0


async def _refuse(send: Any, most: int) -> None:
    text = f"This is larger than {most // MEBIBYTE} MB. Send a smaller file.".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        # What was not read is not waited for.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})
