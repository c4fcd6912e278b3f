"""New footage: a stored file becomes an asset, an asset becomes a take, a take becomes the select."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from projects import events
from projects.access import OpenProject
from scenes import mirror
from scenes.models import Asset, Film, Line, Render, Scene, Shot, Take


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that already lies in storage under its key, with what was measured in it."""

    key: str
    kind: str
    media_type: str
    sha256: str
    size: int
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    frames: int | None = None
    thumbnail_key: str = ""


def add_asset(
    *, project_id: UUID, scene: Scene | None, file: StoredFile, origin: str, author: UUID | None, name: str = ""
) -> Asset:
    """Save a stored file's row, or return the one there is: keys are made of content.

    Args:
        project_id: whose file.
        scene: None for files of the whole project.
        file: where it lies and what it is.
        origin: one of ``Asset.Origin``.
        author: who asked for it, by id.
        name: what the file was called where it came from; shown, never used as a path.
    """
    asset, _ = Asset.objects.get_or_create(
        project_id=project_id,
        key=file.key,
        defaults={
            "scene": scene,
            "kind": file.kind,
            "origin": origin,
            "original_name": name[:200],
            "media_type": file.media_type,
            "sha256": file.sha256,
            "size": file.size,
            "width": file.width,
            "height": file.height,
            "duration_ms": file.duration_ms,
            "frames": file.frames,
            "thumbnail_key": file.thumbnail_key,
            "created_by_id": author,
        },
    )
    return asset


def add_take(
    *,
    shot: Shot,
    line: Line | None,
    kind: str,
    asset: Asset,
    mezzanine: Asset | None,
    attempt_id: UUID | None,
    recipe: str,
    fingerprint: str,
    inputs: Mapping[str, Any],
    author: UUID | None,
) -> Take:
    """Save a take and make it the select. Part of the caller's transaction.

    Args:
        shot: what it stands for.
        line: for voices, whose words they are.
        kind: one of ``Take.Kind``.
        asset: its file.
        mezzanine: the same in the film's format, where they differ.
        attempt_id: the generation that made it.
        recipe: the hash that tells later whether the shot has changed since.
        fingerprint: the hash of the whole wish, seed included.
        inputs: everything that went in, for people to read and to use again.
        author: who asked for it, by id.
    """
    # The row's lock makes numbering exact when several takes of a shot arrive at once.
    Shot.objects.filter(pk=shot.pk).update(updated_at=timezone.now())
    last = Take.objects.filter(shot=shot, kind=kind).aggregate(last=Max("number"))["last"] or 0
    take = Take.objects.create(
        shot=shot,
        line=line,
        kind=kind,
        number=last + 1,
        asset=asset,
        mezzanine=mezzanine,
        attempt_id=attempt_id,
        recipe=recipe,
        fingerprint=fingerprint,
        inputs=dict(inputs),
        created_by_id=author,
    )
    _make_select(take)
    refresh_status(shot.scene_id)
    mirror.want(shot.scene_id)
    events.record(
        shot.scene.project_id,
        "take_added",
        {
            "takeId": str(take.pk),
            "shotId": str(shot.pk),
            "sceneId": str(shot.scene_id),
            "lineId": str(line.pk) if line else None,
            "kind": kind,
            "number": take.number,
        },
        actor=author,
    )
    return take


@transaction.atomic
def select_take(*, opened: OpenProject, take: Take) -> None:
    """Make an earlier take the one that goes into the film.

    Args:
        opened: the take's project, opened to create.
        take: one of the project's.
    """
    _make_select(take)
    refresh_status(take.shot.scene_id)
    mirror.want(take.shot.scene_id)
    events.record(
        opened.project.pk,
        "take_selected",
        {"takeId": str(take.pk), "shotId": str(take.shot_id), "sceneId": str(take.shot.scene_id), "kind": take.kind},
        actor=opened.user,
    )


def _make_select(take: Take) -> None:
    if take.kind == Take.Kind.VOICE:
        Line.objects.filter(takes=take).update(voice=take)
    elif take.kind == Take.Kind.STILL:
        Shot.objects.filter(pk=take.shot_id).update(still=take)
    else:
        Shot.objects.filter(pk=take.shot_id).update(clip=take)


def refresh_status(scene_id: UUID) -> None:
    """A scene has content with its first take and is complete when every shot of it has a clip."""
    shots = Shot.objects.filter(scene=scene_id, omitted_at=None)
    if shots.exists() and not shots.filter(clip=None).exists():
        status = Scene.Status.COMPLETE
    elif Take.objects.filter(shot__scene=scene_id).exists():
        status = Scene.Status.HAS_CONTENT
    else:
        status = Scene.Status.EMPTY
    Scene.objects.filter(pk=scene_id).exclude(status__in=[status, Scene.Status.OMITTED]).update(status=status)


def add_render(
    *,
    film: Film,
    asset: Asset,
    subtitles: Asset | None,
    attempt_id: UUID | None,
    recipe: str,
    event_number: int,
    plan: Mapping[str, Any],
    author: User | UUID | None,
) -> Render:
    """Save a finished rendering of a film. Part of the caller's transaction.

    Args:
        film: which.
        asset: the file.
        subtitles: its subtitles as a file of their own.
        attempt_id: the attempt that rendered it.
        recipe: hash of the plan.
        event_number: the project's event with which the rendering began; later changes are not in it.
        plan: what it was made of.
        author: who asked for it.
    """
    Film.objects.filter(pk=film.pk).update(updated_at=timezone.now())
    last = Render.objects.filter(film=film).aggregate(last=Max("number"))["last"] or 0
    return Render.objects.create(
        film=film,
        number=last + 1,
        asset=asset,
        subtitles=subtitles,
        attempt_id=attempt_id,
        recipe=recipe,
        event_number=event_number,
        plan=dict(plan),
        created_by_id=author.pk if isinstance(author, User) else author,
    )
