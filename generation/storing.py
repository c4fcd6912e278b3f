"""A local file's way into storage: looked into, then put under a key made of its content, with its thumbnail."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from PIL import Image

from generation.media import clean_copy, gate, metadata, thumbnails
from generation.media.probe import MediaInfo, probe
from scenes import layout, storage
from scenes.models import Scene
from scenes.services.discarding import expect_files
from scenes.services.takes import StoredFile

logger = logging.getLogger(__name__)
THUMBNAIL_WIDTH = 480
_EXTENSION_OF = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "audio/wav": "wav",
    "application/x-subrip": "srt",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """A local file that may be stored. ``info`` is None for texts."""

    media_type: str
    extension: str
    sha256: str
    info: MediaInfo | None


def verify(path: Path, kinds: Collection[str], check: Callable[[], None]) -> Verified:
    """Let a file in that came from outside.

    Args:
        path: a local copy in a private folder.
        kinds: any of image, video and audio.
        check: called at least once a second; may raise.

    Raises:
        MediaRefused: it is not what it should be; the message says what to do.
    """
    admitted = gate.admit(path, kinds=kinds, check=check)
    return Verified(admitted.media_type, admitted.extension, admitted.sha256, admitted.info)


def measure(path: Path, media_type: str) -> Verified:
    """Look into a file that we made ourselves; its container is enough.

    Args:
        path: the file.
        media_type: what it was made as.
    """
    info = None
    if media_type.startswith("image/"):
        with Image.open(path) as image:
            info = MediaInfo("image", "", path.stat().st_size, width=image.width, height=image.height)
    elif not media_type.endswith("subrip"):
        info = probe(path)
    return Verified(media_type, _EXTENSION_OF[media_type], _sha256(path), info)


def cleaned(path: Path, verified: Verified, work_dir: Path, check: Callable[[], None]) -> tuple[Path, Verified]:
    """Take out of a file what it tells beside picture and sound; it goes to providers and guests.

    Args:
        path: one that ``verify`` let in.
        verified: what it is.
        work_dir: a private folder for the copy.
        check: called at least once a second; may raise.

    Returns:
        The file to be stored, and what that is; the same where there was nothing to take out.

    Raises:
        MediaRefused: it cannot be taken out.
    """
    clean = work_dir / f"clean.{verified.extension}"
    if verified.media_type.startswith("image/"):
        if not metadata.strip(path, verified.media_type, clean):
            return path, verified
        return clean, measure(clean, verified.media_type)
    if verified.info is None or verified.media_type not in clean_copy.COPIED:
        return path, verified
    try:
        info = clean_copy.copy_clean(path, clean, verified.info, check=check)
    except clean_copy.StillTells as error:
        logger.warning("A file cannot be copied without its metadata: %s", error)
        raise gate.MediaRefused(
            "This file says where or by whom it was made, and that could not be taken out. "
            "Export it as MP4 and upload that copy.",
            code="still_tells",
        ) from error
    return clean, replace(verified, sha256=_sha256(clean), info=info)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def put(project_id: UUID, scene: Scene | None, kind: str, path: Path, verified: Verified, work_dir: Path) -> StoredFile:
    """Store a file and its thumbnail under keys made of its content. Its row must follow within ``EXPECTED_FOR``.

    Args:
        project_id: whose file.
        scene: None for files of the whole project.
        kind: one of ``Asset.Kind``.
        path: the local file.
        verified: what it is.
        work_dir: a private folder for the thumbnail.
    """
    key = layout.asset_key(project_id, scene.number if scene else None, kind, verified.sha256, verified.extension)
    pictured = verified.media_type.startswith(("image/", "video/"))
    thumbnail_key = layout.thumbnail_key(key) if pictured else ""
    expect_files([key, thumbnail_key])
    if pictured:
        thumbnail = work_dir / "thumbnail.jpg"
        make = thumbnails.still_thumbnail if verified.media_type.startswith("image/") else thumbnails.poster
        make(path, thumbnail, width=THUMBNAIL_WIDTH)
        storage.put_file(thumbnail_key, thumbnail)
    storage.put_file(key, path)
    info = verified.info
    return StoredFile(
        key=key,
        kind=kind,
        media_type=verified.media_type,
        sha256=verified.sha256,
        size=path.stat().st_size,
        width=info.width or None if info else None,
        height=info.height or None if info else None,
        duration_ms=info.duration_ms or None if info else None,
        frames=info.frames or None if info else None,
        thumbnail_key=thumbnail_key,
    )
