"""What people bring themselves: through the gate, into storage, and a take like any other, or a file to make use of."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File
from django.db import transaction

from generation import execution
from generation.media.gate import MediaRefused
from generation.providers.errors import ProviderError
from generation.storing import put, verify
from projects.access import OpenProject
from scenes.models import Asset, Scene, Shot, Take
from scenes.services.takes import StoredFile, add_asset, add_take

__all__ = ["MediaRefused", "bring_picture", "upload_file", "upload_take"]

MOST_BYTES = 500 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
_TAKE_KIND = {"image": Take.Kind.STILL, "video": Take.Kind.CLIP}
# Downloads speak of a provider's result; here it is a person's own address that has to be put right.
_AT_ADDRESS = {
    "private_address": "Pictures are fetched from public https addresses only. Give another one, or upload the file.",
    "not_media": "There is a page at this address, not a picture. Give the picture’s own address, or upload it.",
    "too_large": "The picture at this address is too large. Give the address of a smaller one, or upload it.",
}
_NOT_FETCHED = "The picture could not be fetched from this address. See whether a browser opens it, or upload the file."


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
    with _folder() as folder:
        path = folder / "upload"
        _copy(file, path)
        stored, kind = _store(opened, shot.scene, path, _TAKE_KIND, folder, check)
    with transaction.atomic():
        return add_take(
            shot=shot,
            line=None,
            kind=_TAKE_KIND[kind],
            asset=_asset(opened, shot.scene, stored, name),
            mezzanine=None,
            attempt_id=None,
            recipe="",
            fingerprint="",
            inputs={"uploaded": _shown(name)},
            author=opened.user.pk,
        )


def upload_file(
    *,
    opened: OpenProject,
    file: File[bytes],
    name: str,
    kinds: Collection[str] = ("image",),
    check: Callable[[], None] = _never_stop,
) -> Asset:
    """Keep a file that somebody brought as one of the project's, to be used as a reference or to be changed.

    Args:
        opened: the project, opened to create.
        file: the upload, at its beginning.
        name: what it was called; kept for people to read, never used as a path.
        kinds: what it may be: any of image, video and audio.
        check: called now and then while the file is looked into; may raise.

    Raises:
        MediaRefused: it is not what it may be; the message says what to do. Nothing was changed.
    """
    with _folder() as folder:
        path = folder / "upload"
        _copy(file, path)
        stored, _ = _store(opened, None, path, kinds, folder, check)
    return _asset(opened, None, stored, name)


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
        stored, _ = _store(opened, None, path, ("image",), folder, check)
    return _asset(opened, None, stored, PurePosixPath(urlsplit(url).path).name)


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
    return put(opened.project.pk, scene, kind, path, verified, folder), kind


def _asset(opened: OpenProject, scene: Scene | None, stored: StoredFile, name: str) -> Asset:
    return add_asset(
        project_id=opened.project.pk,
        scene=scene,
        file=stored,
        origin=Asset.Origin.UPLOADED,
        author=opened.user.pk,
        name=_shown(name),
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
