"""Handing Runware the files that an order refers to: inside the request, or sent ahead of it."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence

from generation.providers import http
from generation.providers.base import Context, InputFile
from generation.providers.errors import NotAccepted, Refused

from .faults import Category, internal_words, public_words
from .wire import exchange, refuse_key

# The request is frozen with the order and is sent again to the letter when its answer is lost, so it must stay small
# enough to be kept in a row and to arrive within one deadline. What does not fit is sent ahead; Runware keeps it for
# thirty days, but makes pictures of more than 2,048 pixels smaller, so nothing goes that way without need.
INLINE_MOST = 8 * 1024 * 1024
# A file is encoded in memory.
FILE_MOST = 64 * 1024 * 1024
UPLOAD_SECONDS = 120.0


def handed_over(inputs: Sequence[InputFile], context: Context) -> Mapping[str, str]:
    """Return for each file, by its sha256, what stands for it in the request.

    The first files that fit go inside as data URIs, the others ahead as uploads.

    Raises:
        Refused: a file is too large, or Runware refuses it.
        KeyRefused: the key may not upload.
        NotAccepted: an upload failed; try again later.
    """
    given: dict[str, str] = {}
    room = INLINE_MOST
    for each in inputs:
        if each.sha256 in given:
            continue
        context.check()
        uri = _data_uri(each, context)
        if len(uri) < room:
            given[each.sha256] = uri
            room -= len(uri)
        else:
            given[each.sha256] = _upload(uri, context)
    return given


def _data_uri(each: InputFile, context: Context) -> str:
    path = context.input_file(each.sha256)
    size = path.stat().st_size
    if size > FILE_MOST:
        raise Refused(
            f"A file that goes to Runware may have at most {FILE_MOST // (1024 * 1024)} MB. Choose a smaller one.",
            code="input_too_large",
            internal=f"{each.sha256}: {size} bytes",
        )
    return f"data:{each.media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _upload(uri: str, context: Context) -> str:
    # An upload buys nothing and is not looked up again, so its id need not be kept.
    task = {"taskType": "mediaStorage", "taskUUID": str(uuid.uuid4()), "operation": "upload", "media": uri}
    try:
        reply = exchange(task, context, deadline=UPLOAD_SECONDS)
    except (http.NotSent, http.AnswerLost) as error:
        raise _failed(str(error)) from None
    refuse_key(reply, context.key)
    for item in reply.items:
        name = item.get("mediaUUID")
        if isinstance(name, str) and name:
            return name
    fault = reply.fault(Category.VALIDATION, Category.SAFETY)
    if fault is not None and reply.status < 500:
        raise Refused(
            public_words(fault, context.key),
            code=fault.category.value,
            internal=internal_words(fault, context.key),
        )
    raise _failed(f"HTTP {reply.status}", retry_after=reply.retry_after)


def _failed(internal: str, retry_after: float | None = None) -> NotAccepted:
    return NotAccepted(
        "A file could not be sent to Runware just now. It is tried again by itself.",
        code="upload_failed",
        internal=internal,
        retry_after=retry_after,
    )
