"""What people bring themselves: through the gate, into storage, and a take like any other, or a file to make use of."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from generation import execution
from generation.media.gate import MediaRefused
from generation.providers.errors import ProviderError
from generation.storing import cleaned, put, verify
from projects import events
from projects.access import OpenProject
from projects.trash import take_out
from scenes import layout, mirror, storage
from scenes.files import folder_of
from scenes.models import Asset, Scene, Shot, Take, Upload
from scenes.services.discarding import EXPECTED_FOR, expect_files
from scenes.services.film_cut import Changed, change_cut
from scenes.services.takes import StoredFile, add_asset, add_take

__all__ = [
    "ANYTHING",
    "TAKES",
    "Brought",
    "MediaRefused",
    "announced",
    "begin_upload",
    "bring_picture",
    "finish_upload",
    "forget_upload",
    "keep_file",
    "keep_take",
    "lay_sound",
    "look_into",
    "look_into_upload",
    "sweep_abandoned",
    "upload_file",
    "upload_take",
]

MEBIBYTE = CHUNK_BYTES = 1024 * 1024
MOST_BYTES = 500 * MEBIBYTE
SWEPT_AT_ONCE = 100
# Of one person in all projects: what is announced may lie about for six hours before it is swept.
MOST_AT_ONCE, MOST_BYTES_AT_ONCE = 200, 40 * 1024 * MEBIBYTE
_TAKE_KIND = {"image": Take.Kind.STILL, "video": Take.Kind.CLIP}
ANYTHING, TAKES = ("image", "video", "audio"), tuple(_TAKE_KIND)
# Downloads speak of a provider's result; here it is a person's own address that has to be put right.
_AT_ADDRESS = {
    "private_address": "Pictures are fetched from public https addresses only. Give another one, or upload the file.",
    "not_media": "There is a page at this address, not a picture. Give the picture’s own address, or upload it.",
    "too_large": "The picture at this address is too large. Give the address of a smaller one, or upload it.",
}
_NOT_FETCHED = "The picture could not be fetched from this address. See whether a browser opens it, or upload the file."


def _never_stop() -> None:
    """An upload is short and has nobody to stop it."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that has passed the gate and lies in storage, and that is nobody's yet: one that is not kept is swept."""

    stored: StoredFile
    kind: str
    name: str
    scene: Scene | None


def look_into(
    *,
    opened: OpenProject,
    file: File[bytes],
    name: str,
    kinds: Collection[str],
    scene: Scene | None = None,
    check: Callable[[], None] = _never_stop,
) -> Brought:
    """Let a file that somebody brought through the gate and store it; takes long, so never inside a transaction.

    Args:
        opened: the project, opened to create.
        file: the upload, at its beginning.
        name: what it was called; kept for people to read, never used as a path.
        kinds: what it may be: any of image, video and audio.
        scene: into whose folder; None for the whole project's.
        check: called now and then while the file is looked into; may raise.

    Raises:
        MediaRefused: it is not what it may be; the message says what to do.
    """
    with _folder() as folder:
        path = folder / "upload"
        _copy(file, path)
        return Brought(*_store(opened, scene, path, kinds, folder, check), name, scene)


@transaction.atomic
def keep_take(*, opened: OpenProject, shot: Shot, brought: Brought) -> Take:
    """Make a picture or film that somebody brought a take of a shot, and its select.

    A film of another format than the project's is fitted into it when the film is rendered.

    Args:
        opened: the project, opened to create.
        shot: one of its shots, into whose scene's folder it was brought.
        brought: from ``look_into``, of ``TAKES``.
    """
    return add_take(
        shot=shot,
        line=None,
        kind=_TAKE_KIND[brought.kind],
        asset=_row(opened, brought),
        mezzanine=None,
        attempt_id=None,
        recipe="",
        fingerprint="",
        inputs={"uploaded": _shown(brought.name)},
        author=opened.user.pk,
    )


@transaction.atomic
def keep_file(*, opened: OpenProject, brought: Brought) -> Asset:
    """Keep a file that somebody brought as one of the project's, to be used as a reference or to be changed.

    Args:
        opened: the project, opened to create.
        brought: from ``look_into``.
    """
    there = Asset.objects.kept().filter(project=opened.project, key=brought.stored.key).exists()
    asset = _row(opened, brought)
    if there:
        # Whoever lost the answer asks again; it was told when it came.
        return asset
    if brought.scene is not None:
        mirror.want(brought.scene.pk)
    payload = {"assetId": str(asset.pk), "name": asset.original_name, "kind": asset.kind, "folder": folder_of(asset)}
    events.record(opened.project.pk, "asset_added", payload, actor=opened.user)
    return asset


def upload_take(*, opened: OpenProject, shot: Shot, file: File[bytes], name: str) -> Take:
    """Look into a picture or film and make it a take; arguments and errors as for the two."""
    brought = look_into(opened=opened, file=file, name=name, kinds=TAKES, scene=shot.scene)
    return keep_take(opened=opened, shot=shot, brought=brought)


def upload_file(
    *,
    opened: OpenProject,
    file: File[bytes],
    name: str,
    kinds: Collection[str] = ("image",),
    scene: Scene | None = None,
) -> Asset:
    """Look into a file and keep it; arguments and errors as for the two."""
    return keep_file(opened=opened, brought=look_into(opened=opened, file=file, name=name, kinds=kinds, scene=scene))


def lay_sound(*, opened: OpenProject, file: File[bytes], name: str, laid: Mapping[str, Any]) -> Changed:
    """Keep a sound that somebody brought, and lay it under the film.

    Args:
        opened: the project, opened to create.
        file: the upload, at its beginning.
        name: what it was called.
        laid: where, as ``addSound`` of ``change_cut`` has it, without the file.

    Raises:
        MediaRefused: it is no sound that we take.
        CutError: it cannot lie there; the sound itself is kept as a file.
    """
    asset = upload_file(opened=opened, file=file, name=name, kinds=("audio",))
    return change_cut(opened=opened, change={"addSound": {**laid, "assetId": str(asset.pk)}})


def begin_upload(*, opened: OpenProject, name: str, size: int, scene: Scene | None = None) -> tuple[Upload, str] | None:
    """Let a browser send a file straight to the bucket.

    Args:
        opened: the project, opened to create.
        name: what it was called.
        size: bytes; the bucket takes no other number.
        scene: into whose folder it will go; None for the whole project's.

    Returns:
        The upload and where to PUT it; None where files are kept on this machine and come through the product.

    Raises:
        MediaRefused: it is empty or too large, or too many are on their way.
    """
    upload = announced(opened=opened, name=name, size=size, scene=scene)
    key = layout.incoming_key(opened.project.pk, upload.pk)
    link = storage.upload_link(key, size)
    if link is None:
        return None
    # The link outlives the upload: whatever comes by it later, or once its project has gone, is removed all the same.
    expect_files([key])
    upload.save()
    return upload, link


def announced(*, opened: OpenProject, name: str, size: int, scene: Scene | None) -> Upload:
    """Return an upload that is not saved yet; arguments and errors as for ``begin_upload``."""
    if not 0 < size <= MOST_BYTES:
        raise _too_large() if size > 0 else MediaRefused("This file is empty. Choose it again.", code="empty")
    going_on = Upload.objects.filter(created_by=opened.user).aggregate(files=Count("pk"), size=Coalesce(Sum("size"), 0))
    if going_on["files"] >= MOST_AT_ONCE or going_on["size"] + size > MOST_BYTES_AT_ONCE:
        raise MediaRefused(
            "Too many of your files are on their way, here and elsewhere. Wait until some have arrived.",
            code="too_many",
        )
    return Upload(project=opened.project, scene=scene, name=_shown(name), size=size, created_by=opened.user)


def finish_upload(*, opened: OpenProject, upload: Upload) -> Asset:
    """Look into a file that a browser sent to the bucket; only then it is one of the project's.

    Whatever comes of it, nothing is left of the upload itself.

    Args:
        opened: the project, opened to create.
        upload: one of this person's in this project.

    Raises:
        MediaRefused: it has not arrived, or it is not what we take.
    """
    try:
        return keep_file(opened=opened, brought=look_into_upload(opened=opened, upload=upload))
    finally:
        forget_upload(upload)


def look_into_upload(
    *, opened: OpenProject, upload: Upload, fetch: Callable[[str, Path], None] = storage.fetch_file
) -> Brought:
    """Let a file that was sent in through the gate and store it; takes long, so never inside a transaction.

    Args:
        opened: the project, opened to create.
        upload: one of this person's in this project.
        fetch: brings what arrived, by its key, to a local path.

    Raises:
        MediaRefused: it has not arrived, or it is not what we take.
    """
    with _folder() as folder:
        path = folder / "upload"
        try:
            fetch(layout.incoming_key(opened.project.pk, upload.pk), path)
        except FileNotFoundError as error:
            raise MediaRefused("The file has not arrived. Upload it again.", code="not_arrived") from error
        if path.stat().st_size > MOST_BYTES:
            raise _too_large()
        stored, kind = _store(opened, upload.scene, path, ANYTHING, folder, _never_stop)
    return Brought(stored, kind, upload.name, upload.scene)


def sweep_abandoned() -> None:
    """Remove what browsers began to send and never finished."""
    for upload in Upload.objects.filter(created_at__lt=timezone.now() - EXPECTED_FOR)[:SWEPT_AT_ONCE]:
        forget_upload(upload)


def forget_upload(upload: Upload) -> None:
    """Remove what has arrived of an upload. The files before its row: what dies in between is found by the sweep."""
    key = layout.incoming_key(upload.project_id, upload.pk)
    if upload.multipart:
        storage.abort_parts(key, upload.multipart)
    elif upload.part_size:
        for number in range(1, len(upload.part_sizes) + 1):
            storage.remove(layout.part_key(upload.project_id, upload.pk, number))
    storage.remove(key)
    upload.delete()


def bring_picture(*, opened: OpenProject, url: str, check: Callable[[], None] = _never_stop) -> Asset:
    """Keep the picture at an address as one of the project's.

    Args:
        opened: the project, opened to create.
        url: where it lies; private addresses are refused.
        check: called now and then while the file is looked into; may raise.

    Raises:
        MediaRefused: there is no picture that we take; the message says what to do. Nothing was changed.
    """
    with _folder() as folder:
        try:
            path = execution.fetch_picture(url, folder)
        except ProviderError as error:
            raise MediaRefused(_AT_ADDRESS.get(error.code, _NOT_FETCHED), code=error.code) from error
        name = PurePosixPath(urlsplit(url).path).name
        brought = Brought(*_store(opened, None, path, ("image",), folder, check), name, None)
    return keep_file(opened=opened, brought=brought)


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a private folder, and take it away again."""
    root: Path = settings.DATA_DIR / "work"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="upload-", dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _store(
    opened: OpenProject,
    scene: Scene | None,
    path: Path,
    kinds: Collection[str],
    folder: Path,
    check: Callable[[], None],
) -> tuple[StoredFile, str]:
    verified = verify(path, kinds, check)
    kind = verified.media_type.partition("/")[0]
    path, verified = cleaned(path, verified, folder, check)
    return put(opened.project.pk, scene, kind, path, verified, folder), kind


def _row(opened: OpenProject, brought: Brought) -> Asset:
    asset = add_asset(
        project_id=opened.project.pk,
        scene=brought.scene,
        file=brought.stored,
        origin=Asset.Origin.UPLOADED,
        author=opened.user.pk,
        name=_shown(brought.name),
    )
    if asset.deleted_at is not None:
        # The same file again: what is in the trash is wanted after all.
        take_out(asset)
    return asset


def _copy(file: File[bytes], path: Path) -> None:
    size = 0
    with path.open("wb") as sink:
        for chunk in file.chunks(CHUNK_BYTES):
            size += len(chunk)
            if size > MOST_BYTES:
                raise _too_large()
            sink.write(chunk)


def _too_large() -> MediaRefused:
    return MediaRefused(
        f"This file is larger than {MOST_BYTES // CHUNK_BYTES} MB. Upload a smaller copy.", code="too_large"
    )


def _shown(name: str) -> str:
    """Return a name that is safe to show: no control characters, none that turn the writing."""
    return "".join(letter for letter in name if letter.isprintable())[:200]
