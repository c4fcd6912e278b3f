"""``metadata/scene.json``: what the database says of a scene, for people and tools that look at the folder.

Written after changes, many changes by one write, and never read back as truth.
"""

from __future__ import annotations

import json
import logging
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from projects import queue
from scenes import layout, storage
from scenes.models import Asset, Scene, Take

logger = logging.getLogger(__name__)

SWEEP_BATCH = 200


def want(*scene_ids: UUID) -> None:
    """Note, in the caller's transaction, that scenes have changed; their files follow after commit."""
    Scene.objects.filter(pk__in=scene_ids).update(mirror_wanted=F("mirror_wanted") + 1)
    for scene_id in scene_ids:
        queue.ring_after_commit("scenes.mirror", str(scene_id))


def write(scene_id: UUID) -> None:
    """Bring a scene's file up to date, if it is not.

    Looks again after each write: a change that came in between is written by whoever wrote last.
    """
    while True:
        scene = _due().filter(pk=scene_id).first()
        if scene is None:
            return
        storage.put_text(layout.mirror_key(scene.project_id, scene.number), json.dumps(describe(scene), indent=2))
        Scene.objects.filter(pk=scene_id, mirror_written__lt=scene.mirror_wanted).update(
            mirror_written=scene.mirror_wanted
        )


def sweep_mirrors() -> None:
    """Write what a lost message left behind."""
    for scene_id in list(_due().values_list("pk", flat=True)[:SWEEP_BATCH]):
        write(scene_id)


def _due() -> QuerySet[Scene]:
    # Of a project in the trash nothing is written: it may be purged meanwhile, and nobody would know of the file.
    return Scene.objects.filter(mirror_wanted__gt=F("mirror_written"), project__deleted_at=None)


def describe(scene: Scene) -> dict[str, Any]:
    """Return a scene as its file shows it."""
    counts = Take.objects.filter(shot__scene=scene, kind=Take.Kind.CLIP).aggregate(clips=Count("pk"))
    shots = scene.shots.filter(omitted_at=None).aggregate(all=Count("pk"), done=Count("pk", filter=~Q(clip=None)))
    files = {"image": [], "audio": [], "video": []}  # type: dict[str, list[dict[str, Any]]]
    rows = Asset.objects.filter(scene=scene, kind__in=files).order_by("created_at", "pk")
    for row in rows.values("id", "kind", "key", "sha256", "size", "media_type", "duration_ms", "width", "height"):
        files[row["kind"]].append(
            {
                "id": str(row["id"]),
                "file": row["key"].rpartition("/")[2],
                "sha256": row["sha256"],
                "size": row["size"],
                "mediaType": row["media_type"],
                "durationMs": row["duration_ms"],
                "width": row["width"],
                "height": row["height"],
            }
        )
    return {
        "id": str(scene.pk),
        "projectId": str(scene.project_id),
        "number": scene.number,
        "heading": scene.heading,
        "createdAt": scene.created_at.isoformat(),
        "updatedAt": scene.updated_at.isoformat(),
        "status": scene.status,
        "assets": {"images": files["image"], "audio": files["audio"], "videos": files["video"]},
        "generation": {
            "videoRequests": shots["all"],
            "completedVideos": shots["done"],
            "videoTakes": counts["clips"],
        },
    }
