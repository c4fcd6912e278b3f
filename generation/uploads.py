"""Footage that people bring themselves: through the gate, into storage, and a take of the shot like any other."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.db import transaction

from generation.media.gate import MediaRefused
from generation.storing import put, verify
from projects.access import OpenProject
from scenes.models import Asset, Shot, Take
from scenes.services.takes import add_asset, add_take

__all__ = ["MediaRefused", "upload_take"]

MOST_BYTES = 500 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
_TAKE_KIND = {"image": Take.Kind.STILL, "video": Take.Kind.CLIP}


def _never_stop() -> None:
    """An upload is short and has nobody to stop it."""


def upload_take(
    *, opened: OpenProject, shot: Shot, file: File[bytes], name: str, check: Callable[[], None] = _never_stop
) -> Take:
    """Make a picture or film that somebody brought a take of a shot, and its select.

    A film of another format than the project's is fitted into it when the film is rendered.

    Args:
        opened: the project, opened to create.
        shot: one of its shots, with its scene.
        file: the upload, at its beginning.
        name: what it was called; kept for people to read, never used as a path.
        check: called now and then while the file is looked into; may raise.

    Raises:
        MediaRefused: it is not a picture or film that we take; the message says what to do. Nothing was changed.
    """
    root: Path = settings.DATA_DIR / "work"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="upload-", dir=root))
    try:
        path = folder / "upload"
        _copy(file, path)
        verified = verify(path, _TAKE_KIND, check)
        kind = verified.media_type.partition("/")[0]
        stored = put(opened.project.pk, shot.scene, kind, path, verified, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with transaction.atomic():
        asset = add_asset(
            project_id=opened.project.pk,
            scene=shot.scene,
            file=stored,
            origin=Asset.Origin.UPLOADED,
            author=opened.user.pk,
            name=_shown(name),
        )
        return add_take(
            shot=shot,
            line=None,
            kind=_TAKE_KIND[kind],
            asset=asset,
            mezzanine=None,
            attempt_id=None,
            recipe="",
            fingerprint="",
            inputs={"uploaded": _shown(name)},
            author=opened.user.pk,
        )


def _copy(file: File[bytes], path: Path) -> None:
    size = 0
    with path.open("wb") as sink:
        for chunk in file.chunks(CHUNK_BYTES):
            size += len(chunk)
            if size > MOST_BYTES:
                raise MediaRefused(
                    f"This file is larger than {MOST_BYTES // CHUNK_BYTES} MB. Upload a smaller copy.", code="too_large"
                )
            sink.write(chunk)


def _shown(name: str) -> str:
    """Return a name that is safe to show: no control characters, none that turn the writing."""
    return "".join(letter for letter in name if letter.isprintable())[:200]
