"""The voices of an account: it has its own, and people know them by name.

Two of one name are told apart by the beginning of their ids. An order that names none of them (a character that nobody
chose a voice for) gets one by its name, the same one as long as it is there.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from generation.providers import http
from generation.providers.base import Context
from generation.providers.errors import NotAccepted, PollFailed, Refused
from generation.providers.keyed import told

from .refusals import unanswered
from .wire import ask, without_key

# For all pages together: somebody waits for them.
ASK_SECONDS = 20.0
_A_PAGE = 100
# Nobody chooses from more, and an account that has more must not hold everybody up.
_MOST_PAGES = 10
_MOST_VOICES = _MOST_PAGES * _A_PAGE
_LONGEST_ID = 100
_TELLING = 6


def voices_of(context: Context) -> Mapping[str, str]:
    """Return the ids of an account's voices by the names that people choose from, in alphabetical order.

    Raises:
        KeyRefused, PollFailed
    """
    found: list[Mapping[str, Any]] = []
    page, until = "", time.monotonic() + ASK_SECONDS
    for _ in range(_MOST_PAGES):
        said = _page(page, context, seconds=until - time.monotonic())
        listed = said.get("voices")
        if isinstance(listed, list):
            found += [one for one in listed[:_MOST_VOICES] if _is_voice(one)]
        page = str(said.get("next_page_token") or "")
        if not said.get("has_more") or not page:
            break
    named = [(_name(one), str(one["voice_id"])) for one in found[:_MOST_VOICES]]
    times = Counter(name for name, _ in named)
    labelled = {(name if times[name] == 1 else f"{name} ({id[:_TELLING]})"): id for name, id in named}
    return dict(sorted(labelled.items(), key=lambda pair: pair[0].casefold()))


def voice_id_of(wanted: str, context: Context) -> str:
    """Return the id of the voice to speak with.

    Args:
        wanted: a voice's name or id, or the name of whoever speaks.
        context: with the key.

    Raises:
        Refused: the account has no voices.
        KeyRefused, NotAccepted
    """
    try:
        voices = voices_of(context)
    except PollFailed as error:
        raise NotAccepted(error.public, code=error.code, internal=error.internal) from None
    if wanted in voices:
        return voices[wanted]
    ids = set(voices.values())
    if wanted in ids:
        return wanted
    if not ids:
        raise Refused("The ElevenLabs account has no voices. Add one on ElevenLabs' own pages.", code="no_voices")
    # One that is added or goes changes only who it is the best for.
    return max(ids, key=lambda id: hashlib.sha256(f"{wanted}\n{id}".encode()).digest())


def _page(token: str, context: Context, *, seconds: float) -> Mapping[str, Any]:
    path = f"/v2/voices?page_size={_A_PAGE}"
    if token:
        path += f"&next_page_token={quote(token, safe='')}"
    try:
        answer = ask("GET", path, context, deadline=max(seconds, 0.0))
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            "ElevenLabs cannot be reached at the moment, so its voices are not known. Try again in a minute.",
            code="unreachable",
            internal=without_key(str(error), context.key),
        ) from None
    said = told(answer)
    if answer.status != 200 or not said:
        raise unanswered(answer, context.key)
    return said


def _is_voice(one: Any) -> bool:
    id = one.get("voice_id") if isinstance(one, Mapping) else None
    return isinstance(id, str) and 0 < len(id) <= _LONGEST_ID


def _name(voice: Mapping[str, Any]) -> str:
    name = voice.get("name")
    return " ".join(name.split())[:80] if isinstance(name, str) and name.strip() else str(voice["voice_id"])
