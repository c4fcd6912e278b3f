"""The footage's bins of the trash: takes, elements and files. What else goes with them, and what goes for good."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse

from projects.bins import Bin, Described, register
from projects.models import Project
from scenes import mirror
from scenes.models import Asset, Element, Line, Render, Shot, Sound, Take, Title
from scenes.services.changing import refresh_status
from scenes.services.discarding import note_files
from scenes.services.elements import part


def _take_rows(project: Project) -> Any:
    return Take.objects.filter(project=project).select_related("shot__scene", "asset")


def _describe_take(take: Take) -> Described:
    return Described(
        f"{take.get_kind_display()} {take.number} of shot {take.shot.label}",
        take.shot.description,
        _thumbnail(take.asset),
    )


def _take_goes(take: Take) -> None:
    """A take in the trash is nobody's select."""
    Shot.objects.filter(still=take).update(still=None)
    Shot.objects.filter(clip=take).update(clip=None)
    Line.objects.filter(voice=take).update(voice=None)
    _film_has_changed(take)


def _with_its_files(row: Take | Sound | Render) -> None:
    """Nobody hindered a file from being thrown away while only this stood on it; without it nothing would come back."""
    files = [getattr(row, name, None) for name in ("asset_id", "mezzanine_id", "subtitles_id")]
    Asset.objects.trashed().filter(pk__in=[file for file in files if file]).update(deleted_at=None, deleted_by=None)


def _take_comes_back(take: Take) -> None:
    """Where nothing took its place meanwhile, what comes back is in the film again."""
    _with_its_files(take)
    if take.kind == Take.Kind.VOICE:
        Line.objects.filter(takes=take, voice=None).update(voice=take)
    elif take.kind == Take.Kind.STILL:
        Shot.objects.filter(pk=take.shot_id, still=None).update(still=take)
    else:
        Shot.objects.filter(pk=take.shot_id, clip=None).update(clip=take)
    _film_has_changed(take)


def _film_has_changed(take: Take) -> None:
    refresh_status(take.shot.scene_id)
    mirror.want(take.shot.scene_id)


def _purge_take(take: Take) -> None:
    files = [asset for asset in (take.asset, take.mezzanine) if asset is not None]
    take.delete()
    for asset in files:
        discard_unless_used(asset)


def _element_rows(project: Project) -> Any:
    return Element.objects.filter(project=project).select_related("merged_into").prefetch_related("references")


def _describe_element(element: Element) -> Described:
    pictures = list(element.references.all())
    detail = " · ".join(words for words in (element.get_kind_display(), element.description) if words)
    return Described(element.shown_name, detail, _thumbnail(pictures[0]) if pictures else "")


def _purge_element(element: Element) -> None:
    element.delete()


def _asset_rows(project: Project) -> Any:
    return Asset.objects.filter(project=project).select_related("scene")


def _describe_asset(asset: Asset) -> Described:
    where = f"Scene {asset.scene.number}" if asset.scene else "The whole project"
    return Described(asset.original_name or f"{asset.get_kind_display()} {asset.sha256[:6]}", where, _thumbnail(asset))


def _thumbnail(asset: Asset) -> str:
    return reverse("scenes:media", args=[asset.pk, "thumb"]) if asset.thumbnail_key else ""


def discard_unless_used(asset: Asset) -> bool:
    """Delete a file's row for good unless something still stands on it; the file itself follows.

    Args:
        asset: with nothing else to be asked of it afterwards. Part of the caller's transaction.

    Returns:
        Whether it is gone.
    """
    used = (
        Take.objects.filter(Q(asset=asset) | Q(mezzanine=asset)).exists()
        or Render.objects.filter(Q(asset=asset) | Q(subtitles=asset)).exists()
        or Element.objects.filter(references=asset).exists()
        or Sound.objects.filter(asset=asset).exists()
    )
    if used:
        return False
    keys = [asset.key, asset.thumbnail_key]
    asset.delete()
    note_files(keys)
    return True


def _purge_asset(asset: Asset) -> None:
    if not discard_unless_used(asset):
        # Something stands on it after all: it is no rubbish.
        Asset.objects.filter(pk=asset.pk).update(deleted_at=None, deleted_by=None)


def _sound_rows(project: Project) -> Any:
    return Sound.objects.filter(film__project=project).select_related("asset")


def _describe_sound(sound: Sound) -> Described:
    return Described(sound.asset.original_name or "A sound", f"{sound.get_track_display()} of the film")


def _title_rows(project: Project) -> Any:
    return Title.objects.filter(film__project=project)


def _describe_title(title: Title) -> Described:
    return Described(title.text, title.subtext or "A title of the film")


def _render_rows(project: Project) -> Any:
    return Render.objects.filter(film__project=project).select_related("asset", "subtitles", "film")


def _describe_render(render: Render) -> Described:
    return Described(f"Rendering {render.number}", render.film.title, _thumbnail(render.asset))


def _purge_render(render: Render) -> None:
    files = [asset for asset in (render.asset, render.subtitles) if asset is not None]
    render.delete()
    for asset in files:
        discard_unless_used(asset)


def _purge_row(row: Sound | Title) -> None:
    row.delete()


def register_all() -> None:
    """Make the footage known to the trash; called once, when the application is ready."""
    register(
        Bin(
            kind="take",
            name="Takes",
            icon="clapperboard",
            rows=_take_rows,
            every=lambda: Take.objects.select_related("shot", "asset", "mezzanine"),
            describe=_describe_take,
            purge=_purge_take,
            gone=_take_goes,
            back=_take_comes_back,
        )
    )
    register(
        Bin(
            kind="element",
            name="Elements",
            icon="users",
            rows=_element_rows,
            every=Element.objects.all,
            describe=_describe_element,
            purge=_purge_element,
            back=part,
        )
    )
    register(
        Bin(
            kind="asset",
            name="Files",
            icon="folder",
            rows=_asset_rows,
            every=Asset.objects.all,
            describe=_describe_asset,
            purge=_purge_asset,
        )
    )
    register(
        Bin(
            kind="sound",
            name="Sounds of the film",
            icon="music",
            rows=_sound_rows,
            every=lambda: Sound.objects.select_related("asset"),
            describe=_describe_sound,
            purge=_purge_row,
            back=_with_its_files,
        )
    )
    register(
        Bin(
            kind="title",
            name="Titles of the film",
            icon="captions",
            rows=_title_rows,
            every=Title.objects.all,
            describe=_describe_title,
            purge=_purge_row,
        )
    )
    register(
        Bin(
            kind="render",
            name="Renderings",
            icon="film",
            rows=_render_rows,
            every=lambda: Render.objects.select_related("asset", "subtitles"),
            describe=_describe_render,
            purge=_purge_render,
            back=_with_its_files,
        )
    )
