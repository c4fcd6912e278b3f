"""Runway's two steps of an upload: ask for a place, then send the file there as a form."""

from __future__ import annotations

import re
import time
import uuid
from pathlib import Path
from typing import Any

from generation.rehearsal.desk import Desk
from generation.rehearsal.http import Reply, Request, as_json
from generation.rehearsal.sources import kind_of

PLACE = "/uploads/"
_LARGEST = 200 * 1024 * 1024
_LIFETIME = 24 * 3600.0
_REFERENCE = re.compile(r"runway://([0-9a-f-]{36})")


def begin(desk: Desk, account: str, request: Request, body: Any) -> Reply:
    """Step one: a place for a file."""
    name = body.get("filename") if isinstance(body, dict) else None
    if not isinstance(name, str) or not 3 <= len(name) <= 255 or body.get("type") != "ephemeral" or len(body) != 2:
        issue = {
            "code": "custom",
            "path": [],
            "message": 'Expected {"filename": 3 to 255 characters, "type": "ephemeral"}',
        }
        return as_json({"error": "Validation of body failed", "issues": [issue]}, 400)
    number = str(uuid.uuid4())
    with desk.state.writing() as database:
        database.execute(
            "INSERT INTO uploads (id, account, filename, expires_at) VALUES (?, ?, ?, ?)",
            (number, account, name, time.time() + _LIFETIME),
        )
    return as_json(
        {
            "uploadUrl": f"{request.base_url}/runway{PLACE}{number}",
            "fields": {"key": f"uploads/{number}", "policy": desk.signature(number, 0, 0)},
            "runwayUri": f"runway://{number}",
        }
    )


def take(desk: Desk, request: Request) -> Reply:
    """Step two: the file itself. The form's fields come first and prove that the place was given to the sender."""
    number = request.path.removeprefix(PLACE)
    row = desk.state.maybe("SELECT * FROM uploads WHERE id = ?", (number,))
    parts = _form(request)
    if request.method != "POST" or row is None or row["expires_at"] < time.time():
        return Reply(404, b"<Error><Code>NoSuchUpload</Code></Error>", "application/xml")
    if parts.get("key") != f"uploads/{number}".encode() or parts.get("policy") != desk.signature(number, 0, 0).encode():
        return Reply(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
    file = parts.get("file")
    if file is None or list(parts)[-1] != "file" or not file or len(file) > _LARGEST or not kind_of(file):
        return Reply(400, b"<Error><Code>InvalidArgument</Code></Error>", "application/xml")
    (desk.state.uploads / number).write_bytes(file)
    with desk.state.writing() as database:
        database.execute("UPDATE uploads SET size = ?, arrived_at = ? WHERE id = ?", (len(file), time.time(), number))
    return Reply(204)


def find(desk: Desk, account: str, reference: str) -> Path | None:
    """The file behind a ``runway://`` reference, None when it is not there, not the caller's, or too old."""
    match = _REFERENCE.fullmatch(reference)
    row = match and desk.state.maybe(
        "SELECT * FROM uploads WHERE id = ? AND account = ? AND arrived_at IS NOT NULL AND expires_at > ?",
        (match[1], account, time.time()),
    )
    return desk.state.uploads / row["id"] if row else None


def _form(request: Request) -> dict[str, bytes]:
    """The parts of a multipart form, by name, in their order (RFC 7578)."""
    boundary = re.search(r'multipart/form-data;.*boundary="?([^";]+)"?', request.headers.get("content-type", ""))
    parts: dict[str, bytes] = {}
    if boundary is None:
        return parts
    for piece in request.body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name is not None:
            parts[name[1].decode()] = content.removesuffix(b"\r\n")
    return parts
