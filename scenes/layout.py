"""Where files lie: the scene folders, the same on a local disk and on S3.

Keys are made of ids, numbers and content hashes, never of what somebody typed::

    projects/{project}/scene-{number}/images|audio|videos/{hash}.{extension}
    projects/{project}/scene-{number}/metadata/scene.json
    projects/{project}/exports/{hash}.{extension}
    projects/{project}/incoming/{upload}            (on its way from a browser, before anybody has looked into it)
    projects/{project}/incoming/{upload}.{number}   (a part of it, where files are kept on this machine)
    projects/{project}/incoming/{attempt}-{number}  (what a provider sent in its answer, until it is looked into)
"""

from __future__ import annotations

import re
from uuid import UUID

FOLDERS = ("images", "audio", "videos", "metadata", "exports")
_FOLDER_OF_KIND = {"image": "images", "audio": "audio", "video": "videos", "export": "exports"}
_NUMBER = re.compile(r"[0-9A-Z]{1,16}")
_SHA = re.compile(r"[0-9a-f]{64}")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")


def scene_folder(project_id: UUID, number: str) -> str:
    """Return a scene's folder.

    Raises:
        ValueError: the number is not one that ``numbering`` makes.
    """
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"{number!r} is not a scene number.")
    return f"projects/{project_id}/scene-{number}"


def project_folder(project_id: UUID) -> str:
    """Return a project's folder."""
    return f"projects/{project_id}"


def asset_key(project_id: UUID, scene_number: str | None, kind: str, sha256: str, extension: str) -> str:
    """Return the key of a file with this content.

    Args:
        project_id: whose file.
        scene_number: None for files of the whole project: exports, and what belongs to no scene.
        kind: ``image``, ``audio``, ``video`` or ``export``.
        sha256: the content's hash.
        extension: without the dot.

    Raises:
        ValueError: one of them is not of the expected form.
    """
    if not _SHA.fullmatch(sha256) or not _EXTENSION.fullmatch(extension):
        raise ValueError("A key is made of a content hash and a plain extension.")
    folder = project_folder(project_id) if scene_number is None else scene_folder(project_id, scene_number)
    return f"{folder}/{_FOLDER_OF_KIND[kind]}/{sha256[:32]}.{extension}"


def thumbnail_key(key: str) -> str:
    """Return where a file's thumbnail lies: beside it."""
    return f"{key.rpartition('.')[0]}.thumb.jpg"


def mirror_key(project_id: UUID, number: str) -> str:
    """Return where a scene's ``scene.json`` lies."""
    return f"{scene_folder(project_id, number)}/metadata/scene.json"


def incoming_key(project_id: UUID, upload_id: UUID) -> str:
    """Return where a browser puts a file before it has passed the gate."""
    return f"{project_folder(project_id)}/incoming/{upload_id}"


def part_key(project_id: UUID, upload_id: UUID, number: int) -> str:
    """Return where a part of an upload lies until all have come; from 1."""
    return f"{incoming_key(project_id, upload_id)}.{number:d}"


def answer_key(project_id: UUID, attempt_id: UUID, number: int) -> str:
    """Return where a result lies that came in a provider's answer, until it is brought home; from 0."""
    return f"{incoming_key(project_id, attempt_id)}-{number:d}"
