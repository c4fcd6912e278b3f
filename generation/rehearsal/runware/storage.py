"""Runware's storage for what callers send along: ``mediaStorage`` and the older ``imageUpload``."""

from __future__ import annotations

import base64
import binascii
import time
import uuid
from pathlib import Path
from typing import Any

from generation.rehearsal.desk import Desk
from generation.rehearsal.runware.refusals import Error, error
from generation.rehearsal.sources import kind_of

_LIFETIME = 30 * 86_400.0
Answered = tuple[list[dict[str, Any]], list[Error]]


def media_storage(desk: Desk, account: str, element: dict[str, Any], base_url: str) -> Answered:
    """Keep a file, or forget it."""
    operation = element.get("operation")
    if operation == "delete":
        path = find(desk, account, str(element.get("media", "")))
        if path is None:
            return [], [error("mediaNotFound", "The media was not found.", element, parameter="media")]
        path.unlink(missing_ok=True)
        with desk.state.writing() as database:
            database.execute("DELETE FROM uploads WHERE id = ?", (path.name,))
        return [{"taskType": "mediaStorage", "taskUUID": element["taskUUID"], "operation": "delete"}], []
    if operation != "upload":
        return [], [error("invalidOperation", "operation is upload or delete.", element, parameter="operation")]
    name = _keep(desk, account, element.get("media"))
    if name is None:
        return [], [error("invalidMedia", "media is not a picture, clip or sound.", element, parameter="media")]
    kept = {"operation": "upload", "mediaUUID": name, "mediaURL": f"{base_url}/runware/media/{name}"}
    return [{"taskType": "mediaStorage", "taskUUID": element["taskUUID"], **kept}], []


def image_upload(desk: Desk, account: str, element: dict[str, Any], base_url: str) -> Answered:
    """Keep a picture."""
    name = _keep(desk, account, element.get("image"))
    if name is None:
        return [], [error("invalidImage", "image is not a picture.", element, parameter="image")]
    kept = {"imageUUID": name, "imageURL": f"{base_url}/runware/media/{name}"}
    return [{"taskType": "imageUpload", "taskUUID": element["taskUUID"], **kept}], []


def find(desk: Desk, account: str, name: str) -> Path | None:
    """The file behind a UUID, None when it is not there or not the caller's."""
    row = desk.state.maybe(
        "SELECT * FROM uploads WHERE id = ? AND account = ? AND arrived_at IS NOT NULL AND expires_at > ?",
        (name, account, time.time()),
    )
    return desk.state.uploads / row["id"] if row else None


def _keep(desk: Desk, account: str, media: Any) -> str | None:
    """Store a data URI or base64 text; an address is believed and stands for an empty file."""
    if not isinstance(media, str) or not media:
        return None
    if media.startswith("https://"):
        data = b""
    else:
        try:
            data = base64.b64decode(media.rpartition(",")[2], validate=True)
        except binascii.Error:
            return None
        if not kind_of(data):
            return None
    name = str(uuid.uuid4())
    (desk.state.uploads / name).write_bytes(data)
    now = time.time()
    with desk.state.writing() as database:
        database.execute(
            "INSERT INTO uploads (id, account, filename, size, arrived_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
            (name, account, name, len(data), now, now + _LIFETIME),
        )
    return name
