"""Handing Runway the files that an order refers to: inside the request, or uploaded before it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from generation.providers import http
from generation.providers.base import Context, InputFile
from generation.providers.errors import NotAccepted, Refused
from generation.providers.keyed import told

from .refusals import refusal
from .wire import ask, without_key

# The limits of Runway's schema for a data URI, counted on its text, and for an upload.
URI_MOST = {"image": 5_242_880, "video": 16_777_216, "audio": 16_777_216}
UPLOAD_MOST = 200 * 1024 * 1024
# A request with a dozen references would otherwise be larger than any of its parts may be.
ROOM = 16_777_216
PICTURES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
ASK_SECONDS = 30.0
UPLOAD_SECONDS = 300.0
PASSING = (408, 409, 425, 429)


def handed_over(inputs: Sequence[InputFile], context: Context) -> Mapping[str, str]:
    """Return for each file, by its sha256, what stands for it in the request.

    A data URI where it fits, because uploads need an account that has bought credits; an upload, which Runway keeps
    for a day, where it does not.

    Raises:
        Refused: Runway does not take such a file, or one so large.
        KeyRefused: the key may not upload.
        NotAccepted: an upload failed; try again later.
    """
    given: dict[str, str] = {}
    room = ROOM
    for each in inputs:
        if each.sha256 in given:
            continue
        context.check()
        kind = _kind(each)
        path = context.input_file(each.sha256)
        size = path.stat().st_size
        if size > UPLOAD_MOST:
            raise Refused(
                f"A file that goes to Runway may have at most {UPLOAD_MOST // (1024 * 1024)} MB. Choose a smaller one.",
                code="input_too_large",
                internal=f"{each.sha256}: {size} bytes",
            )
        length = len(_head(each)) + (size + 2) // 3 * 4
        if length <= min(URI_MOST[kind], room):
            given[each.sha256] = _head(each) + base64.b64encode(path.read_bytes()).decode()
            room -= length
        else:
            given[each.sha256] = _upload(each, path, context)
    return given


def _head(each: InputFile) -> str:
    return f"data:{each.media_type};base64,"


def _kind(each: InputFile) -> str:
    kind = each.media_type.partition("/")[0]
    if kind not in URI_MOST or (kind == "image" and each.media_type not in PICTURES):
        raise Refused(
            f"Runway takes JPEG, PNG and WebP pictures, clips and sounds, not {each.media_type or 'this file'}. "
            "Choose another file.",
            code="input_type",
            internal=each.media_type,
        )
    return kind


def _upload(each: InputFile, path: Path, context: Context) -> str:
    """Upload a file and return the name that Runway gives it."""
    subtype = each.media_type.partition("/")[2]
    name = f"{each.sha256[:32]}.{PICTURES.get(each.media_type, subtype)}"
    try:
        answer = ask("POST", "/v1/uploads", context, deadline=ASK_SECONDS, json={"filename": name, "type": "ephemeral"})
        if 400 <= answer.status < 500 and answer.status not in PASSING:
            raise refusal(answer, context.key)
        place = told(answer)
        url, fields, uri = place.get("uploadUrl"), place.get("fields"), place.get("runwayUri")
        if answer.status >= 300 or not isinstance(url, str) or not isinstance(uri, str) or not uri:
            raise _failed(f"HTTP {answer.status} to the asking", answer.retry_after)
        stored = http.call(
            "POST",
            url,
            headers={},
            data=_texts(fields),
            files={"file": http.FilePart(path, name, each.media_type)},
            deadline=UPLOAD_SECONDS,
            # Where Runway sends us is not ours to believe.
            fetch_origins=context.fetch_origins,
            check=context.check,
        )
    except (http.NotSent, http.AnswerLost) as error:
        raise _failed(without_key(str(error), context.key)) from None
    if not 200 <= stored.status < 300:
        raise _failed(f"HTTP {stored.status} to the file", stored.retry_after)
    return uri


def _texts(fields: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in fields.items()} if isinstance(fields, Mapping) else {}


def _failed(internal: str, retry_after: float | None = None) -> NotAccepted:
    return NotAccepted(
        "A file could not be sent to Runway just now. It is tried again by itself.",
        code="upload_failed",
        internal=internal,
        retry_after=retry_after,
    )
