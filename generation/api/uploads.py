"""Files that programs bring: small ones at once as a form, large ones in parts; each passes the same gate as on pages.

Files lie outside of any transaction: they are looked into and stored in ``prepare``, and become somebody's in the
method, in one transaction with the answer that is kept for an ``Idempotency-Key``. The door is asked in both.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.errors import field_error
from accounts.rest.operations import Example, operation
from accounts.rest.parsing import MultiPartParser
from generation import parts, uploads
from generation.api.uploads_shown import (
    AssetFileIn,
    FinishIn,
    LinksIn,
    PartLink,
    PartOut,
    RenderDifference,
    SoundFileIn,
    SoundLaid,
    TakeFileIn,
    UploadIn,
    UploadOut,
    WaveformOut,
)
from generation.differences import differences
from generation.waveforms import waveform_of
from projects.access import OpenProject
from scenes.api.base import FootageResource
from scenes.api.shown_assets import AssetOut
from scenes.api.shown_takes import TakeOut
from scenes.api.takes import shown_takes
from scenes.models import Asset, Film, Render, Scene, Shot, Upload
from scenes.services.film_cut import change_cut

_ID = "0191f2a0-1111-4222-8333-444455556666"
_TURNED_AWAY = {413: [], 422: ["wrong_type, damaged, two_things, codec, …: the gate turned the file away"]}


class UploadAsset(FootageResource):
    """A file at once."""

    tag = "uploads"
    parser_classes = (MultiPartParser,)

    def prepare(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Look into the file."""
        opened, file = self.open(self.sent["project"]), self.sent["file"]
        scene = self.named(Scene.objects.of(opened.project), self.sent.get("scene"), "scene")
        self.brought = uploads.look_into(
            opened=opened, file=file, name=file.name or "", kinds=uploads.ANYTHING, scene=scene
        )

    @operation(
        answer=AssetOut,
        body=AssetFileIn,
        status=201,
        needs=Right.CREATE,
        refusals=_TURNED_AWAY,
        examples=[Example("A picture", {"project": _ID, "file": "fog.png"})],
    )
    def post(self, request: Request) -> Response:
        """Keep a picture, film or sound as one of the project's files. Large files come better in parts."""
        asset = uploads.keep_file(opened=self.open(self.sent["project"]), brought=self.brought)
        return self.answer(asset, location=reverse("api:asset", args=[asset.pk]))


class UploadTake(FootageResource):
    """A take at once."""

    tag = "uploads"
    parser_classes = (MultiPartParser,)

    def prepare(self, request: Request, shot_id: UUID, *args: Any, **kwargs: Any) -> None:
        """Look into the file."""
        opened, shot = self._shot(shot_id)
        file = self.sent["file"]
        self.brought = uploads.look_into(
            opened=opened, file=file, name=file.name or "", kinds=uploads.TAKES, scene=shot.scene
        )

    @operation(
        answer=TakeOut,
        body=TakeFileIn,
        status=201,
        needs=Right.CREATE,
        refusals=_TURNED_AWAY,
        examples=[Example("A picture", {"file": "fog.png"})],
    )
    def post(self, request: Request, shot_id: UUID) -> Response:
        """Make a picture or film a take of a shot, and its select."""
        opened, shot = self._shot(shot_id)
        take = uploads.keep_take(opened=opened, shot=shot, brought=self.brought)
        return self.answer(self.one(shown_takes(), take.pk), location=reverse("api:take", args=[take.pk]))

    def _shot(self, shot_id: UUID) -> tuple[OpenProject, Shot]:
        return self.open_of(Shot.objects.select_related("scene__project"), shot_id, "scene__project_id")


class UploadSound(FootageResource):
    """A sound at once."""

    tag = "uploads"
    parser_classes = (MultiPartParser,)

    def prepare(self, request: Request, film_id: UUID, *args: Any, **kwargs: Any) -> None:
        """Keep the sound as a file: it stays one where it cannot lie under the film."""
        opened, _ = self.open_of(Film.objects.all(), film_id)
        file = self.sent["file"]
        self.sound = uploads.upload_file(opened=opened, file=file, name=file.name or "", kinds=("audio",))

    @operation(
        answer=SoundLaid,
        body=SoundFileIn,
        status=201,
        needs=Right.CREATE,
        refusals={**_TURNED_AWAY, 409: ["not_possible: it cannot lie there; the sound itself is kept as a file"]},
        examples=[Example("Music", {"file": "sea.wav", "track": "music"})],
    )
    def post(self, request: Request, film_id: UUID) -> Response:
        """Keep a sound and lay it under the film."""
        opened, _ = self.open_of(Film.objects.all(), film_id)
        said = self.sent
        shot = self.named(Shot.objects.of(opened.project), said.get("shot"), "shot")
        laid = {"track": said["track"], "startMs": said["start_ms"], "shotId": str(shot.pk) if shot else None}
        changed = change_cut(opened=opened, change={"addSound": {**laid, "assetId": str(self.sound.pk)}})
        return self.answer({"sound": changed.made})


# --- in parts ---------------------------------------------------------------------------------------------------------


class UploadResource(FootageResource):
    """An address of what somebody is sending; only they see it."""

    tag = "uploads"

    def open_upload(self, upload_id: UUID) -> tuple[OpenProject, Upload]:
        """Open the project of an upload."""
        opened, upload = self.open_of(Upload.objects.select_related("scene"), upload_id)
        if upload.created_by_id != self.person.pk:
            raise Http404("No such upload.")
        return opened, upload


class Uploads(FootageResource):
    """Files that come in parts."""

    tag = "uploads"

    def prepare(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Have the bucket told: what is announced twice because of that, nobody finishes."""
        said = self.sent
        opened = self.open(said["project"])
        scene = self.named(Scene.objects.of(opened.project), said["scene"], "scene")
        self.upload = parts.begin_parts(opened=opened, name=said["name"], size=said["size"], scene=scene)

    @operation(
        answer=UploadOut,
        body=UploadIn,
        status=201,
        needs=Right.CREATE,
        refusals={409: ["too_many: files of yours are on their way"], 413: []},
        examples=[Example("A film", {"project": _ID, "name": "dolly.mp4", "size": 41_000_000})],
    )
    def post(self, request: Request) -> Response:
        """Announce a file. Ask for links, PUT each part, finish; what nobody finishes is removed after six hours."""
        return self.answer(self.upload, location=reverse("api:upload", args=[self.upload.pk]))


class OneUpload(UploadResource):
    """A file that is on its way."""

    @operation(answer=UploadOut, needs=Right.CREATE)
    def get(self, request: Request, upload_id: UUID) -> Response:
        """Read how a file of yours is to be sent."""
        return self.answer(self.open_upload(upload_id)[1])

    @operation(needs=Right.CREATE)
    def delete(self, request: Request, upload_id: UUID) -> Response:
        """Give an upload up; what has arrived of it is removed."""
        uploads.forget_upload(self.open_upload(upload_id)[1])
        return self.answer(None)


class UploadLinks(UploadResource):
    """Where the parts go."""

    @operation(
        answer=PartLink,
        body=LinksIn,
        listed=True,
        needs=Right.CREATE,
        once=False,
        refusals={422: ["no_such_part"]},
        examples=[Example("The first part", {"parts": [1]})],
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Say where parts are PUT, in any order and more than once: to the bucket by signed links, good for an hour.

        Where files are kept on the product's own machine the links lead there and need your token.
        """
        _, upload = self.open_upload(upload_id)
        found = []
        for number in dict.fromkeys(self.sent["parts"]):
            link = parts.part_link(upload, number)
            ours = reverse("api:upload_part", args=[upload.pk, number])
            found.append(
                {
                    "part": number,
                    "size": upload.part_sizes[number - 1],
                    "url": link or request.build_absolute_uri(ours),
                    "with_token": link is None,
                }
            )
        return self.answer(found)


class LeftAlone(BaseParser):
    """Leaves the body where it is, to be read piece by piece."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return nothing."""
        return {}


class UploadPart(UploadResource):
    """One part, on the product's own machine."""

    parser_classes = (LeftAlone,)

    @operation(
        answer=PartOut,
        takes="application/octet-stream",
        needs=Right.CREATE,
        refusals={409: ["not_here: it goes straight to the bucket"], 422: ["no_such_part, wrong_size"]},
    )
    def put(self, request: Request, upload_id: UUID, part: int) -> Response:
        """Send one part where no bucket takes it; the same part again replaces it."""
        _, upload = self.open_upload(upload_id)
        mark = parts.receive_part(upload=upload, number=part, stream=request._request)
        answer = self.answer({"part": part, "etag": mark})
        answer["ETag"] = f'"{mark}"'
        return answer


class FinishUpload(UploadResource):
    """All parts are there."""

    def prepare(self, request: Request, upload_id: UUID, *args: Any, **kwargs: Any) -> None:
        """Join the parts and look into the file."""
        opened, upload = self.open_upload(upload_id)
        marks = {one["part"]: one["etag"] for one in self.sent["parts"]}
        if len(marks) < len(self.sent["parts"]):
            raise field_error("parts", "Name each part once.")
        self.brought = parts.look_into_parts(opened=opened, upload=upload, marks=marks)

    @operation(
        answer=AssetOut,
        body=FinishIn,
        status=201,
        needs=Right.CREATE,
        refusals={**_TURNED_AWAY, 409: ["parts_missing, not_arrived: send them again"]},
        examples=[Example("One part", {"parts": [{"part": 1, "etag": "9b2cf535f27731c974343645a3985328"}]})],
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Make one file of its parts. It passes the gate as every file does; what is turned away leaves nothing."""
        opened, upload = self.open_upload(upload_id)
        asset = parts.keep_parts(opened=opened, upload=upload, brought=self.brought)
        return self.answer(asset, location=reverse("api:asset", args=[asset.pk]))


# --- what is measured -------------------------------------------------------------------------------------------------


class AssetWaveform(FootageResource):
    """How loud a sound is."""

    tag = "assets"

    @operation(answer=WaveformOut)
    def get(self, request: Request, asset_id: UUID) -> Response:
        """Read how loud a sound is over its length; what has no sound has no peaks."""
        opened, asset = self.open_of(Asset.objects.kept(), asset_id)
        return self.answer(waveform_of(opened.project, asset.pk))


class RenderDifferences(FootageResource):
    """What has changed since."""

    tag = "films"

    @operation(answer=RenderDifference, listed=True)
    def get(self, request: Request, render_id: UUID) -> Response:
        """Tell what has changed in the film since a rendering; nothing: it shows the film of now."""
        rows = Render.objects.kept().select_related("film__project")
        return self.answer(differences(self.open_of(rows, render_id, "film__project_id")[1]))
