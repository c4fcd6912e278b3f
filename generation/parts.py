"""Large files in parts: announced, sent part by part in any order, finished, and only then looked into.

With a bucket the parts go straight there by signed links; on this machine each is a file of its own until all are in.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction

from generation.media.gate import MediaRefused
from generation.uploads import CHUNK_BYTES, Brought, announced, forget_upload, keep_file, look_into_upload
from projects.access import OpenProject
from scenes import layout, storage
from scenes.models import Asset, Scene, Upload
from scenes.services.discarding import expect_files

PART_BYTES = 16 * 1024 * 1024


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return some; none at the end."""


def begin_parts(*, opened: OpenProject, name: str, size: int, scene: Scene | None = None) -> Upload:
    """Announce a file that comes in parts.

    Args:
        opened: the project, opened to create.
        name: what it was called.
        size: bytes of all of it.
        scene: into whose folder it will go; None for the whole project's.

    Raises:
        MediaRefused: it is empty or too large, or too many are on their way.
    """
    upload = announced(opened=opened, name=name, size=size, scene=scene)
    upload.part_size = PART_BYTES
    key = layout.incoming_key(opened.project.pk, upload.pk)
    # Noted for as long as anything may come: what nobody finishes is removed, also once its project has gone.
    expect_files([key, *(_part_key(upload, number) for number in range(1, len(upload.part_sizes) + 1))])
    upload.save()
    upload.multipart = storage.begin_parts(key)
    upload.save(update_fields=["multipart"])
    return upload


def part_link(upload: Upload, number: int) -> str | None:
    """Return where a part may be PUT in the bucket; None where it comes through the product.

    Args:
        upload: of this person.
        number: from 1.

    Raises:
        MediaRefused: there is no such part.
    """
    size = _size_of(upload, number)
    if not upload.multipart:
        return None
    return storage.part_link(layout.incoming_key(upload.project_id, upload.pk), upload.multipart, number, size)


def receive_part(*, upload: Upload, number: int, stream: Stream) -> str:
    """Keep one part on this machine; the same one again replaces it.

    Args:
        upload: of this person.
        number: from 1.
        stream: its bytes.

    Returns:
        A mark of what has arrived, to be named when the upload is finished.

    Raises:
        MediaRefused: there is no such part, it has another size, or the bucket takes it.
    """
    size = _size_of(upload, number)
    if upload.multipart or not upload.part_size:
        raise MediaRefused("This part goes straight to the bucket. Ask for its link first.", code="not_here")
    digest, arrived = hashlib.sha256(), 0
    root: Path = settings.DATA_DIR / "work"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="part-", dir=root) as folder:
        path = Path(folder) / "part"
        with path.open("wb") as sink:
            while chunk := stream.read(CHUNK_BYTES):
                arrived += len(chunk)
                if arrived > size:
                    break
                digest.update(chunk)
                sink.write(chunk)
        if arrived != size:
            raise MediaRefused(f"Part {number} has {size} bytes. Send just those.", code="wrong_size")
        storage.put_file(_part_key(upload, number), path)
    return digest.hexdigest()


def look_into_parts(*, opened: OpenProject, upload: Upload, marks: Mapping[int, str]) -> Brought:
    """Make one file of its parts and look into it; takes long, so never inside a transaction.

    Who dies here, or is not heard any more, may finish again: only what the gate turns away is forgotten at once.

    Args:
        opened: the project, opened to create.
        upload: one of this person's in this project.
        marks: what each part was answered with when it was sent, by its number.

    Raises:
        MediaRefused: parts are missing or others than were sent, which may be sent again; or the file is not what we
            take, and nothing is left of it.
    """
    if set(marks) != set(range(1, len(upload.part_sizes) + 1)):
        raise MediaRefused(f"This file has {len(upload.part_sizes)} parts. Name each once.", code="parts_missing")
    try:
        fetch = _from_bucket(upload, marks) if upload.multipart else _from_here(upload, marks)
    except FileNotFoundError as error:
        raise MediaRefused(
            "Some parts have not arrived as you name them. Send those again, then finish.", code="parts_missing"
        ) from error
    try:
        return look_into_upload(opened=opened, upload=upload, fetch=fetch)
    except MediaRefused:
        forget_upload(upload)
        raise


@transaction.atomic
def keep_parts(*, opened: OpenProject, upload: Upload, brought: Brought) -> Asset:
    """Keep what parts were joined to as one of the project's files; after commit nothing is left of the parts.

    Args:
        opened: the project, opened to create.
        upload: whose parts they were.
        brought: from ``look_into_parts``.
    """
    asset = keep_file(opened=opened, brought=brought)
    # What cannot be removed now is found by the sweep.
    transaction.on_commit(lambda: forget_upload(upload), robust=True)
    return asset


def _from_bucket(upload: Upload, marks: Mapping[int, str]) -> Callable[[str, Path], None]:
    storage.join_parts(layout.incoming_key(upload.project_id, upload.pk), upload.multipart, marks)
    return storage.fetch_file


def _from_here(upload: Upload, marks: Mapping[int, str]) -> Callable[[str, Path], None]:
    """Check that the parts are those that were named, before anything is joined."""
    for number, mark in marks.items():
        with storage.open_file(_part_key(upload, number)) as part:
            if hashlib.file_digest(part, "sha256").hexdigest() != mark.strip('"'):
                raise FileNotFoundError(number)

    def join(key: str, path: Path) -> None:
        with path.open("wb") as sink:
            for number in sorted(marks):
                with storage.open_file(_part_key(upload, number)) as part:
                    shutil.copyfileobj(part, sink, CHUNK_BYTES)

    return join


def _size_of(upload: Upload, number: int) -> int:
    sizes = upload.part_sizes
    if not 1 <= number <= len(sizes):
        raise MediaRefused(f"This file has {len(sizes)} parts, numbered from 1.", code="no_such_part")
    return sizes[number - 1]


def _part_key(upload: Upload, number: int) -> str:
    return layout.part_key(upload.project_id, upload.pk, number)
