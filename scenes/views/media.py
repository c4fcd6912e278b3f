"""Stored files for browsers: the door first, then a signed link to the bucket, or the bytes in ranges.

Django's own file response reads a whole film into memory under ASGI and ignores ranges, so that no player could
seek in it; hence the streaming here.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.policies import Right
from projects.access import open_project
from scenes import storage
from scenes.models import Asset

CHUNK_BYTES = 256 * 1024
# No file needs more digits; Python refuses to read thousands of them.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_VARIANTS = {"file", "thumb", "download", "vtt"}
_SUBTITLES = "application/x-subrip"
_COMMA = re.compile(r"(?<=\d{2}),(?=\d{3})")


@require_safe
async def media(request: HttpRequest, asset_id: UUID, name: str) -> HttpResponseBase:
    """Answer with a stored file.

    Args:
        request: a GET or HEAD, with one range or none.
        asset_id: the file.
        name: ``file``, ``thumb`` for its thumbnail, ``download`` to have it saved, or ``vtt`` for subtitles in the
            form that browsers show.

    Raises:
        Http404: there is no such file for this person.
    """
    found = await sync_to_async(find)(request.user, asset_id, name)
    if name == "vtt":
        return await sync_to_async(web_subtitles)(found.key)
    return await answer(request, found.key, found.media_type, saved_as=found.filename if name == "download" else None)


async def answer(
    request: HttpRequest,
    key: str,
    media_type: str,
    *,
    saved_as: str | None = None,
    link_seconds: int | None = None,
    mark: str = "",
) -> HttpResponseBase:
    """Answer with a file that somebody may see: a signed link to the bucket, or the bytes.

    Args:
        request: a GET or HEAD, with one range or none.
        key: the file's key.
        media_type: what it is.
        saved_as: a plain name to have it saved under; None to have it shown.
        link_seconds: how long a signed link works; None as long as the settings say.
        mark: its ETag; a range is answered only to who asks for a part of just this content, or does not say of what.
    """
    if storage.local_path(key) is None:
        link = await sync_to_async(storage.link)(key, media_type, saved_as, link_seconds)
        response: HttpResponseBase = HttpResponseRedirect(link or "")
        response["Cache-Control"] = "private, max-age=300"
        return response
    path = storage.local_path(key)
    if path is None or not path.is_file():
        raise Http404("The file has gone from storage.")
    response = _ranged(request, path, media_type, mark)
    # The content never changes under one address, but who may see it does.
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if saved_as:
        response["Content-Disposition"] = f'attachment; filename="{saved_as}"'
    return response


@dataclass(frozen=True, slots=True)
class Found:
    """A stored file that a person may see: where it lies, what it is, its hash and a plain name to save it under."""

    key: str
    media_type: str
    sha256: str
    filename: str


def find(user: Any, asset_id: UUID, name: str) -> Found:
    """Ask the door.

    Args:
        user: whoever asks.
        asset_id: the file.
        name: as for ``media``.

    Raises:
        Http404: there is no such file for this person.
    """
    rows = Asset.objects.with_trash().select_related("scene")
    asset: Any = rows.filter(pk=asset_id).first() if name in _VARIANTS else None
    if asset is None:
        raise Http404("No such file.")
    opened = open_project(user, asset.project_id, Right.SEE)
    project = opened.project
    if asset.in_trash and not (name == "thumb" and opened.can_create):
        # Who may take it back sees what it is; the file itself is for nobody.
        raise Http404("The file is in the trash.")
    if name == "vtt" and asset.media_type != _SUBTITLES:
        raise Http404("No such file.")
    if name == "thumb":
        if not asset.thumbnail_key:
            raise Http404("No such file.")
        return Found(asset.thumbnail_key, "image/jpeg", asset.sha256, "")
    # Plain letters only, because it stands in a header; people rename what they keep.
    stem = slugify(project.name) or "rushes"
    if asset.scene is not None:
        stem += f"-scene-{asset.scene.number}-{asset.sha256[:6]}"
    return Found(asset.key, asset.media_type, asset.sha256, f"{stem}{Path(asset.key).suffix}")


def web_subtitles(key: str) -> HttpResponse:
    """Answer with SubRip subtitles as WebVTT: they differ in their first line and in how seconds are written."""
    with storage.open_file(key) as file:
        text = file.read().decode("utf-8")
    lines = (_COMMA.sub(".", line) if " --> " in line else line for line in text.splitlines())
    text = "WEBVTT\n\n" + "\n".join(lines) + "\n"
    return HttpResponse(text, content_type="text/vtt; charset=utf-8", headers={"Cache-Control": "private"})


def _ranged(request: HttpRequest, path: Path, media_type: str, mark: str) -> HttpResponseBase:
    """Answer the whole file or the range asked for (RFC 9110, section 14; one range only)."""
    size = path.stat().st_size
    first, last, status = 0, size - 1, 200
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match and (match[1] or match[2]) and request.headers.get("If-Range", mark) == mark:
        if match[1]:
            first = int(match[1])
            last = min(int(match[2]), last) if match[2] else last
        else:
            first = max(0, size - int(match[2]))
        if first > last:
            refused = HttpResponse(status=416)
            refused["Content-Range"] = f"bytes */{size}"
            return refused
        status = 206
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(content_type=media_type, status=status)
    else:
        response = StreamingHttpResponse(_chunks(path, first, last + 1), content_type=media_type, status=status)
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(last + 1 - first)
    if status == 206:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


async def _chunks(path: Path, first: int, end: int) -> AsyncIterator[bytes]:
    file: BinaryIO = await sync_to_async(_open, thread_sensitive=False)(path)
    try:
        await sync_to_async(file.seek, thread_sensitive=False)(first)
        while first < end:
            chunk = await sync_to_async(file.read, thread_sensitive=False)(min(CHUNK_BYTES, end - first))
            if not chunk:
                return
            first += len(chunk)
            yield chunk
    finally:
        await sync_to_async(file.close, thread_sensitive=False)()
