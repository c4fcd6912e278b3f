"""Stored files: listed, named, thrown away, and their bytes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.http import parse_etags, quote_etag
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.errors import Refusal, field_error
from accounts.rest.operations import Example, operation
from scenes import files
from scenes.api.base import FootageResource
from scenes.api.bytes import FileAnswer
from scenes.api.shown_assets import AssetChange, AssetOut, AssetQuery, UseOut
from scenes.models import Asset
from scenes.services import assets
from scenes.views import media


def shown_assets() -> QuerySet[Asset]:
    """Return all files that are not in the trash, with what is shown of them; the door decides whose."""
    rows: QuerySet[Asset] = Asset.objects.kept().select_related("created_by").prefetch_related(files.naming_takes())
    return rows


class Assets(FootageResource):
    """The files of a project."""

    tag = "assets"

    @operation(answer=AssetOut, query=AssetQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List a project's files, the newest first unless you say otherwise."""
        asked = self.asked
        opened = self.open(asked["project"])
        rows = shown_assets().filter(project=opened.project)
        if "folder" in asked:
            rows = rows.filter(scene=self._folder(asked["folder"]))
        for name in ("kind", "origin"):
            if name in asked:
                rows = rows.filter(**{name: asked[name]})
        if "text" in asked:
            rows = rows.filter(original_name__icontains=asked["text"])
        return self.page(rows, asked["ordering"])

    def _folder(self, text: str) -> UUID | None:
        if text == files.WHOLE:
            return None
        try:
            return UUID(text)
        except ValueError:
            raise field_error("folder", f"Say a scene's id, or “{files.WHOLE}”.") from None


class OneAsset(FootageResource):
    """One file."""

    tag = "assets"

    @operation(answer=AssetOut)
    def get(self, request: Request, asset_id: UUID) -> Response:
        """Read a file's facts."""
        return self.answer(self.open_of(shown_assets(), asset_id)[1])

    @operation(
        answer=AssetOut, body=AssetChange, needs=Right.CREATE, examples=[Example("A name", {"name": "Fog, plate 3"})]
    )
    def patch(self, request: Request, asset_id: UUID) -> Response:
        """Call a file something else. Where it lies stays."""
        opened, asset = self.open_of(shown_assets(), asset_id)
        assets.rename_asset(opened=opened, asset=asset, name=self.sent["name"])
        return self.answer(self.one(shown_assets(), asset_id))

    @operation(needs=Right.CREATE, refusals={409: ["not_possible: something stands on it; /uses says what"]})
    def delete(self, request: Request, asset_id: UUID) -> Response:
        """Put a file into the trash."""
        opened, asset = self.open_of(shown_assets(), asset_id)
        assets.delete_asset(opened=opened, asset=asset)
        return self.answer(None)


class AssetUses(FootageResource):
    """What stands on a file."""

    tag = "assets"

    @operation(answer=UseOut, listed=True)
    def get(self, request: Request, asset_id: UUID) -> Response:
        """List what stands on a file: takes, elements, renderings, sounds, and shots that refer to it."""
        return self.answer(files.uses_of(self.open_of(shown_assets(), asset_id)[1]))


class AssetBytes(FileAnswer, FootageResource):
    """The bytes of a file."""

    tag = "assets"
    variant = "file"

    def send(self, asset_id: UUID) -> Any:
        """Answer with the bytes, with the range that is asked for, or with a link to where they lie.

        The content never changes, so that its hash is its mark.
        """
        asked = self.request._request
        found = media.find(self.person, asset_id, self.variant)
        mark = quote_etag(f"{found.sha256[:32]}-{self.variant}")
        if mark in parse_etags(asked.headers.get("If-None-Match", "")):
            answer: Any = HttpResponse(status=304)
        elif self.variant == "vtt":
            answer = media.web_subtitles(found.key)
        else:
            saved_as = found.filename if self.variant == "download" else None
            answer = async_to_sync(media.answer)(asked, found.key, found.media_type, saved_as=saved_as, mark=mark)
        if answer.status_code == 416:
            told = Refusal(416, "no_such_range", "The file is shorter; Content-Range says how long it is.").response()
            told["Content-Range"] = answer["Content-Range"]
            return told
        answer["ETag"] = mark
        return answer


_RANGES = {416: ["no_such_range"]}


class AssetFile(AssetBytes):
    """The file itself."""

    @operation(media="application/octet-stream", stored=True, refusals=_RANGES)
    def get(self, request: Request, asset_id: UUID) -> Any:
        """Read a file, or the range of it that ``Range`` asks for (206).

        Where files are kept in a bucket the answer is 302 with a signed link to it, good for some minutes; the bucket
        heeds ranges as well.
        """
        return self.send(asset_id)


class AssetThumb(AssetBytes):
    """A small picture of it."""

    variant = "thumb"

    @operation(media="image/jpeg", stored=True, refusals=_RANGES)
    def get(self, request: Request, asset_id: UUID) -> Any:
        """Read a small picture of a picture or film; sounds have none."""
        return self.send(asset_id)


class AssetDownload(AssetBytes):
    """The file, to be saved."""

    variant = "download"

    @operation(media="application/octet-stream", stored=True, refusals=_RANGES)
    def get(self, request: Request, asset_id: UUID) -> Any:
        """Read a file to be saved under a speaking name; otherwise as ``file``."""
        return self.send(asset_id)


class AssetSubtitles(AssetBytes):
    """Subtitles for browsers."""

    variant = "vtt"

    @operation(media="text/vtt", stored=True)
    def get(self, request: Request, asset_id: UUID) -> Any:
        """Read subtitles as WebVTT; other files have none."""
        return self.send(asset_id)
