"""The pictures that go along with a request, inside of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from generation.providers.base import Context, InputFile
from generation.providers.errors import Refused

# ai.google.dev/gemini-api/docs/image-understanding: a whole request with its files inside has at most 20 MB. What is
# left of it is for the words.
FILES_MOST = 19 * 1024 * 1024
# What is larger, such as a still of 4K, goes as a JPEG that nobody can tell from it.
PLAIN_MOST = 4 * 1024 * 1024
PICTURES = ("image/png", "image/jpeg", "image/webp")
_JPEG = "image/jpeg"
_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as it goes into a request: its type, and its bytes in base64."""

    media_type: str
    data: str


def encoded(inputs: Sequence[InputFile], context: Context) -> Mapping[str, Encoded]:
    """Return each picture as it is sent, by its sha256.

    Raises:
        Refused: Gemini does not take such a file, or not so many bytes at once.
    """
    given: dict[str, Encoded] = {}
    for each in inputs:
        if each.sha256 in given:
            continue
        context.check()
        if each.media_type not in PICTURES:
            raise Refused(
                f"Gemini takes PNG, JPEG and WebP pictures, not {each.media_type or 'this file'}. Choose another file.",
                code="input_type",
                internal=each.media_type,
            )
        given[each.sha256] = _encoded(context.input_file(each.sha256), each.media_type)
        if sum(len(one.data) for one in given.values()) > FILES_MOST:
            raise Refused(
                "The pictures that go to Gemini with this are more than 14 MB together. Use fewer or smaller ones.",
                code="input_too_large",
                internal=f"{len(given)} pictures",
            )
    return given


def _encoded(path: Path, media_type: str) -> Encoded:
    if path.stat().st_size <= PLAIN_MOST:
        return Encoded(media_type, base64.b64encode(path.read_bytes()).decode())
    sheet = io.BytesIO()
    try:
        with Image.open(path) as picture:
            picture.convert("RGB").save(sheet, "JPEG", quality=_QUALITY)
    except OSError as error:
        raise Refused(
            "A picture that goes to Gemini with this cannot be read. Choose another one.",
            code="input_type",
            internal=repr(error),
        ) from error
    return Encoded(_JPEG, base64.b64encode(sheet.getvalue()).decode())
