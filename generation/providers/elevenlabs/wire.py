"""One request to ElevenLabs: its headers, its key, and what is never told of them."""

from __future__ import annotations

import re
from typing import Any

from generation.providers import http, keyed
from generation.providers.base import Context

DEFAULT_URL = "https://api.elevenlabs.io"
# A song of ten minutes at 192 kbit/s has 14 MB; uncompressed at 48 kHz in stereo it has 115 MB.
MOST_BYTES = 160 * 1024 * 1024
TOLD_MOST = 8 * 1024 * 1024
_KEY = re.compile(r"\bsk_[0-9A-Za-z]{4,}")


def ask(
    method: str, path: str, context: Context, *, deadline: float, json: Any = None, fresh: bool = False
) -> http.Answer:
    """Send one request and return the answer, whatever its status.

    Args:
        method, path: of the endpoint, with its query.
        context: address, key and the lease.
        deadline: seconds that all of it may take.
        json: the body, where there is one.
        fresh: see ``http.call``.

    Raises:
        KeyRefused: there is no key that could be sent.
        http.NotSent: nothing left this machine.
        http.AnswerLost: it may have arrived, and no whole answer came back.
    """
    return http.call(
        method,
        (context.base_url or DEFAULT_URL).rstrip("/") + path,
        headers={"xi-api-key": keyed.checked_key(context.key, "ElevenLabs")},
        json=json,
        deadline=deadline,
        # Only an order is answered with a sound.
        most_bytes=MOST_BYTES if method == "POST" else TOLD_MOST,
        fresh=fresh,
        check=context.check,
    )


def without_key(text: str, key: str) -> str:
    """Return the provider's words for a log or a person. See ``keyed.without_key``."""
    return keyed.without_key(text, key, _KEY)
