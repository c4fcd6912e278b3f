"""What a review link shows: the film as it is cut now, one rendering, or chosen takes. The guests' door asks here
before any file, note or verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Sum

from projects import review_links, subjects
from projects.access import OpenProject
from projects.guest_access import OpenReview, Review, address_of
from projects.models import Comment, Project, ReviewLink, Subject
from projects.review_links import LinkDetails, LinkError
from projects.subjects import Found
from scenes.models import Asset, Film, Line, Render, Shot, Sound, Take, Title

STILL_MS = 4000
# Titles that lengthen the film.
_CARDS = (Title.Place.OPENING, Title.Place.CLOSING)


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be shared: the rendering named, the takes named, or the selects of the shots named."""

    render_id: UUID | None = None
    take_ids: tuple[UUID, ...] = ()
    shot_ids: tuple[UUID, ...] = ()


def share(
    *,
    opened: OpenProject,
    name: str,
    choice: Choice,
    expires_at: datetime | None,
    password: str = "",
    may_comment: bool = True,
    may_approve: bool = False,
    watermark: bool = True,
) -> ReviewLink:
    """Make a link for guests to the film, to a rendering, or to takes.

    Args:
        opened: the project, opened to manage.
        name: what guests see above the picture; empty takes a fitting one.
        choice: what to show; empty: the film as it is cut when somebody looks.
        expires_at: None never.
        password: as typed; empty asks for none.
        may_comment, may_approve: what guests may do beside watching.
        watermark: whether their name lies over the picture.

    Raises:
        LinkError: what was chosen is not there, or has no picture.
    """
    project = opened.project
    if choice.take_ids or choice.shot_ids:
        items = _takes(project, choice)
        shows, fitting = ReviewLink.Shows.PLAYLIST, f"{project.name}: {len(items)} shots"
    elif choice.render_id is not None:
        render = Render.objects.kept().filter(film__project=project, pk=choice.render_id).first()
        if render is None:
            raise LinkError("That rendering is not there any more. Choose another one.")
        items, shows, fitting = (render.pk,), ReviewLink.Shows.FILM, f"{project.name}, rendering {render.number}"
    else:
        if not Shot.objects.of(project).in_film().exists():
            raise LinkError("There is no film yet. Break the script down first.")
        items, shows, fitting = (), ReviewLink.Shows.FILM, project.name
    details = LinkDetails(
        name=(name.strip() or fitting)[:120],
        shows=shows,
        items=items,
        expires_at=expires_at,
        password=password,
        may_comment=may_comment,
        may_approve=may_approve,
        watermark=watermark,
    )
    return review_links.make_link(opened=opened, details=details)


def _takes(project: Project, choice: Choice) -> tuple[UUID, ...]:
    if choice.take_ids:
        known = set(_pictures(project).filter(pk__in=choice.take_ids).values_list("pk", flat=True))
        found = tuple(pk for pk in dict.fromkeys(choice.take_ids) if pk in known)
        if len(found) < len(set(choice.take_ids)):
            raise LinkError("Some of these takes are not there any more. Choose again.")
        return found
    shots: Any = Shot.objects.of(project).in_film().filter(pk__in=choice.shot_ids).values_list("clip", "still")
    return tuple(clip or still for clip, still in shots if clip or still)


def _pictures(project: Project) -> Any:
    return Take.objects.of(project).exclude(kind=Take.Kind.VOICE)


def takes_of(review: Review) -> list[Take]:
    """Return the takes that a playlist shows, in its order; those in the trash left out."""
    takes = _pictures(review.project).filter(pk__in=review.link.items).select_related("shot__scene", "asset").in_bulk()
    return [takes[pk] for pk in map(UUID, review.link.items) if pk in takes]


def render_of(review: Review) -> Render | None:
    """Return the rendering that a link to a film names, if it is there."""
    return (
        Render.objects.kept()
        .filter(film__project=review.project, pk__in=review.link.items)
        .select_related("asset")
        .first()
    )


def playlist_of(review: Review) -> dict[str, Any]:
    """Return takes, or a rendering, in the form of the rough cut, so that one player shows them all."""
    project = review.project
    shots: list[dict[str, Any]] = []
    at = 0
    if review.link.shows == ReviewLink.Shows.PLAYLIST:
        for take in takes_of(review):
            length = take.asset.duration_ms or STILL_MS
            address = media_address(review, take.asset_id)
            moving = take.kind == Take.Kind.CLIP
            shots.append(
                {
                    "kind": Subject.TAKE,
                    "subjectId": str(take.pk),
                    "label": take.shot.label,
                    "startMs": at,
                    "durationMs": length,
                    "clip": address if moving else "",
                    "still": "" if moving else address,
                    "thumb": media_address(review, take.asset_id, "thumb") if take.asset.thumbnail_key else "",
                }
            )
            at += length
    elif (render := render_of(review)) is not None:
        at = render.asset.duration_ms or 0
        shots.append(
            {
                "kind": Subject.RENDER,
                "subjectId": str(render.pk),
                "label": "",
                "startMs": 0,
                "durationMs": at,
                "clip": media_address(review, render.asset_id),
                "still": "",
                "thumb": "",
            }
        )
    plain = {"sourceInMs": 0, "dissolveMs": 0, "text": ""}
    return {
        "durationMs": at, "fps": project.fps, "width": project.width, "height": project.height,
        "shots": [{**plain, **shot, "shotId": shot["subjectId"]} for shot in shots], "voices": [], "cues": [],
    }  # fmt: skip


def selects_of(project: Project) -> dict[str, tuple[str, str]]:
    """Return what a note about a shot of the rough cut is about, by the shot's id: kind and id of what is seen."""
    rows: Any = Shot.objects.filter(scene__project=project).in_film().order_by().values_list("pk", "clip", "still")
    return {
        str(pk): (Subject.TAKE, str(clip or still)) if clip or still else (Subject.SHOT, str(pk))
        for pk, clip, still in rows
    }


def media_address(review: Review, asset_id: UUID, name: str = "file") -> str:
    """Return where a guest's browser fetches a file that the link shows."""
    return address_of(review.link, "guests:media", asset_id, name)


def asset_shown(review: OpenReview, asset_id: UUID) -> Asset | None:
    """Return a file of the project if the link shows it to the guest, else None."""
    link, project = review.link, review.project
    asset = Asset.objects.kept().filter(project=project, pk=asset_id).first()
    if asset is None:
        return None
    if link.shows == ReviewLink.Shows.PLAYLIST:
        shown = _pictures(project).filter(pk__in=link.items, asset=asset).exists()
    elif link.items:
        shown = Render.objects.kept().filter(film__project=project, pk__in=link.items, asset=asset).exists()
    else:
        shown = _in_cut(project, asset)
    return asset if shown else None


def _in_cut(project: Project, asset: Asset) -> bool:
    """By content, as the cut is: two takes may have the same file."""
    same = Asset.objects.filter(project=project, sha256=asset.sha256).values("pk")
    in_film = Shot.objects.filter(scene__project=project).in_film()
    seen = in_film.filter(Q(clip__asset__in=same) | Q(clip__mezzanine__in=same) | Q(still__asset__in=same))
    if seen.exists():
        return True
    film = Film.objects.filter(project=project).first()
    muted = film.muted if film else []
    if Film.Track.LINES not in muted:
        said = Line.objects.filter(shot=OuterRef("pk"), voice__asset__in=same)
        if in_film.filter(Exists(said)).exists():
            return True
    # Nothing of a sound is heard that lies on a muted track, with a shot that is left out, or behind the end.
    laid = Sound.objects.kept().filter(film=film, asset__in=same).exclude(track__in=muted)
    laid = laid.filter(Q(shot=None) | Q(shot__in=in_film))
    end = in_film.aggregate(end=Sum("duration_ms"))["end"] or 0
    end += Title.objects.kept().filter(film=film, place__in=_CARDS).aggregate(end=Sum("length_ms"))["end"] or 0
    return bool(laid.filter(start_ms__lt=end).exists())


def subject_shown(review: OpenReview, kind: str, subject_id: UUID) -> Found | None:
    """Return what a note or verdict of a guest would be about if the link shows it, else None."""
    link, project = review.link, review.project
    if link.shows == ReviewLink.Shows.PLAYLIST:
        shown = kind == Subject.TAKE and str(subject_id) in link.items
    elif link.items:
        shown = kind == Subject.RENDER and str(subject_id) in link.items
    elif kind == Subject.PROJECT:
        shown = subject_id == project.pk
    else:
        shown = (kind, str(subject_id)) in selects_of(project).values()
    return subjects.find(project, kind, subject_id) if shown else None


def whole_of(review: Review) -> tuple[str, UUID] | None:
    """Return what a verdict on the whole is about: the rendering, or the film; a playlist is judged take by take."""
    if review.link.shows == ReviewLink.Shows.PLAYLIST:
        return None
    return (Subject.RENDER, UUID(review.link.items[0])) if review.link.items else (Subject.PROJECT, review.project.pk)


def own_note(review: OpenReview, comment_id: UUID) -> Comment | None:
    """Return one of the guest's own notes."""
    return Comment.objects.of(review.project).filter(guest=review.guest, parent=None, pk=comment_id).first()


def pictures_of(links: Sequence[ReviewLink]) -> dict[UUID, UUID]:
    """Return a picture's file for links of one project that were listed for a member, in two queries."""
    first = {link.pk: UUID(link.items[0]) for link in links if link.items}
    takes = Take.objects.filter(pk__in=first.values()).exclude(asset__thumbnail_key="").values_list("pk", "asset")
    rendered = Render.objects.kept().filter(pk__in=first.values()).exclude(asset__thumbnail_key="")
    files = dict(takes.order_by().union(rendered.order_by().values_list("pk", "asset")))
    pictures = {link: files[pk] for link, pk in first.items() if pk in files}
    films = [link for link in links if not link.items]
    if films:
        in_film = Shot.objects.filter(scene__project=films[0].project).in_film().exclude(still=None)
        still = in_film.order_by("scene__position", "position").values_list("still__asset", flat=True).first()
        pictures |= {link.pk: still for link in films if still}
    return pictures
