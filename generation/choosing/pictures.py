"""Files of a project that an order may refer to: found by id, never beyond the project, and those to choose from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from generation.catalogue import ImpossibleRequest
from generation.providers.base import InputFile
from projects.models import Project
from scenes.models import Asset, Element, Take

MOST_AT_HAND = 60
_NAMES = {"image": "picture", "video": "clip", "audio": "sound"}


@dataclass(frozen=True, slots=True)
class AtHand:
    """A file that can be chosen, with the words people know it by: ``Still 2 of 3B``, ``Mara``, a file name."""

    asset: Asset
    caption: str


def is_id(text: str) -> bool:
    """Return whether a text can be the id of a file."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def files_named(
    project: Project, ids: Sequence[str], *, kind: str = Asset.Kind.IMAGE, field: str = "references"
) -> list[Asset]:
    """Return an opened project's files by their ids, in the order of the ids.

    Args:
        project: whose files.
        ids: as they came in a form or stand in settings.
        kind: what they must be.
        field: what of the form they were given in.

    Raises:
        ImpossibleRequest: one of them is not a file of that kind in this project.
    """
    if not all(is_id(text) for text in ids):
        raise _not_here(kind, field)
    wanted = [UUID(text) for text in dict.fromkeys(ids)]
    found = Asset.objects.kept().filter(project=project, kind=kind).in_bulk(wanted)
    if len(found) < len(wanted):
        raise _not_here(kind, field)
    return [found[pk] for pk in wanted]


def _not_here(kind: str, field: str) -> ImpossibleRequest:
    name = _NAMES[kind]
    return ImpossibleRequest(f"A {name} that was chosen is not in this project any more. Choose another.", field=field)


def files_of(project: Project, inputs: Iterable[dict[str, str]]) -> dict[str, Asset]:
    """Return an opened project's files that an order named, by their hash; what has gone is left out.

    Args:
        project: whose files.
        inputs: as attempts and takes keep them, each with its ``sha256``.
    """
    hashes = {str(one.get("sha256", "")) for one in inputs} - {""}
    if not hashes:
        return {}
    return {asset.sha256: asset for asset in Asset.objects.filter(project=project, sha256__in=hashes)}


def input_of(asset: Asset, role: str, tag: str = "") -> InputFile:
    """Return a file as an order refers to it."""
    return InputFile(sha256=asset.sha256, media_type=asset.media_type, role=role, tag=tag, size=asset.size)


def at_hand(project: Project, kinds: Collection[str]) -> list[AtHand]:
    """Return what there is to choose from in an opened project: elements first, then the newest.

    Args:
        project: whose files.
        kinds: any of image, video and audio.
    """
    names = {
        asset.pk: element.shown_name
        for element in Element.objects.of(project).prefetch_related("references")
        for asset in element.references.all()
    }
    takes = Prefetch("takes", Take.objects.select_related("shot__scene"))
    rows = (
        Asset.objects.kept()
        .filter(project=project, kind__in=kinds)
        .exclude(origin=Asset.Origin.DERIVED)
        .prefetch_related(takes)
        .order_by("-created_at")
    )
    known = list(rows.filter(pk__in=list(names))) if names else []
    newest = list(rows.exclude(pk__in=list(names))[: MOST_AT_HAND - len(known)])
    return [AtHand(asset, names.get(asset.pk, "") or _caption(asset)) for asset in known + newest]


def _caption(asset: Asset) -> str:
    for take in asset.takes.all():
        return f"{take.get_kind_display()} {take.number} of {take.shot.label}"
    return asset.original_name or ("Uploaded" if asset.origin == Asset.Origin.UPLOADED else "Tried")
