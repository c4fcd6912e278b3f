"""New footage: a stored file becomes an asset, an asset becomes a take, a take becomes the select."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from projects import events
from projects.access import OpenProject
from projects.models import Notification
from projects.notifying import notify
from projects.trash import take_out
from scenes import mirror
from scenes.models import Asset, Film, Line, Render, Scene, Shot, Take
from scenes.services import statuses
from scenes.services.changing import hold, refresh_status
from scenes.services.discarding import keep_files


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
    asset, made = Asset.objects.get_or_create(
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
    # They were expected; or the same content was purged a moment ago, and its files are wanted again.
    keep_files([file.key, file.thumbnail_key])
    if not made and asset.deleted_at is not None:
        take_out(asset)
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
    note_id: UUID | None = None,
) -> Take:
    """Save a take and make it the select. Part of the caller's transaction.

    An approved clip stays the select when another one of the same recipe, or one that a note asked for, arrives: the
    film keeps what people agreed on until they agree on something else.

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
        note_id: the note that it answers; whoever wrote that hears of it.
    """
    # The project's row first, as everybody who changes shots takes it: it makes numbering exact as well.
    hold(shot.scene.project)
    Shot.objects.filter(pk=shot.pk).update(updated_at=timezone.now())
    last = Take.objects.filter(shot=shot, kind=kind).aggregate(last=Max("number"))["last"] or 0
    take = Take.objects.create(
        project_id=shot.scene.project_id,
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
        note_id=note_id,
    )
    if not _approved_one_stays(take):
        _make_select(take)
    if kind != Take.Kind.VOICE:
        statuses.take_arrived(shot.pk)
    refresh_status(shot.scene_id)
    mirror.want(shot.scene_id)
    if take.note is not None and take.note.author_id is not None:
        notify(
            project=shot.scene.project,
            people=[take.note.author_id],
            kind=Notification.Kind.REVIEW,
            text=f"Shot {shot.label} has {kind} {take.number}, made from your note.",
            link=f"{reverse('scenes:rushes', args=[shot.scene.project_id])}?show=all&take={take.pk}",
            comment=take.note,
        )
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
            "noteId": str(note_id or ""),
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
    hold(opened.project)
    _make_select(take)
    refresh_status(take.shot.scene_id)
    mirror.want(take.shot.scene_id)
    events.record(
        opened.project.pk,
        "take_selected",
        {"takeId": str(take.pk), "shotId": str(take.shot_id), "sceneId": str(take.shot.scene_id), "kind": take.kind},
        actor=opened.user,
    )


def _approved_one_stays(take: Take) -> bool:
    if take.kind != Take.Kind.CLIP:
        return False
    approved = Take.objects.kept().filter(pk__in=Shot.objects.filter(pk=take.shot_id).values("clip"))
    approved = approved.filter(verdict=Take.Verdict.APPROVED)
    if take.note_id is None:
        approved = approved.filter(recipe=take.recipe).exclude(recipe="")
    return approved.exists()


def _make_select(take: Take) -> None:
    if take.kind == Take.Kind.VOICE:
        Line.objects.filter(takes=take).update(voice=take)
    elif take.kind == Take.Kind.STILL:
        Shot.objects.filter(pk=take.shot_id).update(still=take)
    else:
        Shot.objects.filter(pk=take.shot_id).update(clip=take)


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
