"""Gemini's desk: takes requests under ``/gemini`` and answers as ``generativelanguage.googleapis.com`` does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from generation.catalogue import models
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked
from generation.rehearsal.gemini import PROVIDER, interactions, pictures
from generation.rehearsal.gemini.failures import error, key_invalid, refusal
from generation.rehearsal.gemini.fields import CLIPS, PICTURES
from generation.rehearsal.http import Reply, Request, as_json, page, troubled

_KEY = re.compile(r"[0-9A-Za-z_.-]{20,100}")
_GENERATE = re.compile(r"/models/([\w.-]+):(\w+)")
_FILE = re.compile(r"/files/([0-9a-f]{32})(\d)(:download)?")


def answer(desk: Desk, request: Request) -> Reply:
    """Answer one request; its path begins with ``/v1`` or ``/v1beta``."""
    version, _, rest = request.path.removeprefix("/").partition("/")
    if version not in {"v1", "v1beta"}:
        return page(404, "Not Found")
    refused = _at_the_door(desk, request)
    if refused is not None:
        return refused
    account, path = desk.account_of(_key_of(request)), f"/{rest}"
    if path == "/models":
        return _only("GET", request, lambda: _troubled(desk, Asked("account", PROVIDER), _models))
    if match := _GENERATE.fullmatch(path):
        model, verb = match.groups()
        return _only("POST", request, lambda: _generate(desk, account, model, verb, request))
    if path == "/interactions":
        return _only("POST", request, lambda: interactions.create(desk, account, _json(request)))
    if path.startswith("/interactions/"):
        return interactions.about(desk, account, path.removeprefix("/interactions/"), request)
    if file := _FILE.fullmatch(path):
        return _only("GET", request, lambda: interactions.file(desk, account, request, file))
    return page(404, "Not Found")


def _at_the_door(desk: Desk, request: Request) -> Reply | None:
    key = _key_of(request)
    if not key:
        return error(
            403,
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers (callers without established identity).",
        )
    if not _KEY.fullmatch(key) or not desk.takes(key):
        return key_invalid()
    if request.body and _json(request) is None:
        return error(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token.")
    return None


def _key_of(request: Request) -> str:
    return request.headers.get("x-goog-api-key", "")


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _only(method: str, request: Request, serve: Callable[[], Reply]) -> Reply:
    return serve() if request.method == method else page(404, "Not Found")


def _troubled(desk: Desk, asked: Asked, serve: Callable[[], Reply]) -> Reply:
    return troubled(desk.decide(asked).request, serve, refusal)


def _models() -> Reply:
    names = [name for name in (*PICTURES, *CLIPS) if name in models() and not models()[name].retired]
    return as_json(
        {
            "models": [
                {
                    "name": f"models/{name}",
                    "displayName": models()[name].label,
                    "supportedGenerationMethods": ["generateContent"] if name in PICTURES else ["createInteraction"],
                }
                for name in names
            ]
        }
    )


def _generate(desk: Desk, account: str, model: str, verb: str, request: Request) -> Reply:
    if verb != "generateContent" or model not in PICTURES:
        message = f"models/{model} is not found for API version v1, or is not supported for {verb}."
        return error(404, "NOT_FOUND", message)
    return pictures.create(desk, account, model, _json(request))
