"""Everything that knows where files are kept: a local folder or S3, by setting, with the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage


class LocalMediaStorage(FileSystemStorage):
    """A folder on this machine. Files are written beside their place and moved there, so that none is ever half."""

    def put(self, key: str, path: Path) -> None:
        """Store a local file under a key, replacing what is there."""
        target = Path(self.path(key))
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.part")
        with path.open("rb") as source, partial.open("wb") as sink:
            while chunk := source.read(1024 * 1024):
                sink.write(chunk)
            sink.flush()
        partial.replace(target)

    def link(self, key: str, media_type: str, filename: str | None, seconds: int | None = None) -> str | None:
        """Return None: local files are served by the product itself."""
        return None


def upload_link(key: str, size: int) -> str | None:
    """Return where a browser may PUT a file of just this size, or None when it must send it through the product.

    Args:
        key: from ``layout.incoming_key``.
        size: bytes; the bucket refuses any other.
    """
    if local_path(key) is not None:
        return None
    return default_storage.upload_link(key, size)  # type: ignore[attr-defined, no-any-return]


def begin_parts(key: str) -> str:
    """Have the bucket take a file in parts; return what it calls this, or nothing where files are on this machine.

    Args:
        key: from ``layout.incoming_key``.
    """
    if local_path(key) is not None:
        return ""
    return default_storage.begin_parts(key)  # type: ignore[attr-defined, no-any-return]


def part_link(key: str, multipart: str, number: int, size: int) -> str:
    """Return where one part of so many bytes may be PUT.

    Args:
        key: of the whole file.
        multipart: from ``begin_parts``; not empty.
        number: from 1.
        size: bytes; the bucket refuses any other.
    """
    return default_storage.part_link(key, multipart, number, size)  # type: ignore[attr-defined, no-any-return]


def join_parts(key: str, multipart: str, marks: Mapping[int, str]) -> None:
    """Have the bucket make one file of its parts.

    Args:
        key: of the whole file.
        multipart: from ``begin_parts``; not empty.
        marks: the ETag that the bucket gave for each part, by number.

    Raises:
        FileNotFoundError: they are not the parts that have arrived.
    """
    default_storage.join_parts(key, multipart, marks)  # type: ignore[attr-defined]


def abort_parts(key: str, multipart: str) -> None:
    """Have the bucket forget the parts that have come; that there are none is no error."""
    default_storage.abort_parts(key, multipart)  # type: ignore[attr-defined]


def fetch_file(key: str, path: Path) -> None:
    """Copy a stored file to this machine, in parts.

    Raises:
        FileNotFoundError: there is no such file.
    """
    with default_storage.open(key) as source, path.open("wb") as sink:
        while chunk := source.read(1024 * 1024):
            sink.write(chunk)


def put_file(key: str, path: Path) -> None:
    """Store a local file under a key of ``layout``, replacing what is there."""
    default_storage.put(key, path)  # type: ignore[attr-defined]


def put_text(key: str, text: str) -> None:
    """Store a small text under a key, replacing what is there."""
    default_storage.save(key, ContentFile(text.encode()))


def link(key: str, media_type: str, filename: str | None = None, seconds: int | None = None) -> str | None:
    """Return where a browser may fetch a file directly, or None when the product must serve it itself.

    Args:
        key: the file's key.
        media_type: what the answer should say it is.
        filename: set to have it saved under this name; plain ASCII, made by us.
        seconds: how long the link works; None as long as the settings say.
    """
    return default_storage.link(key, media_type, filename, seconds)  # type: ignore[attr-defined, no-any-return]


def local_path(key: str) -> Path | None:
    """Return the file's path when it lies on this machine."""
    try:
        return Path(default_storage.path(key))
    except NotImplementedError:
        return None


def open_file(key: str) -> File[bytes]:
    """Open a stored file for reading."""
    return default_storage.open(key)


def remove(key: str) -> None:
    """Remove a stored file; that it is not there is no error."""
    default_storage.delete(key)
