"""Who and what comes back through a film: kept, changed, given pictures and a voice, and made one out of two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from projects import events
from projects.access import OpenProject
from projects.bins import throw_away
from projects.models import Project
from projects.oneline import one_line
from projects.trash import put_in
from scenes.handles import new_handle
from scenes.models import Asset, Element, Reference

NAME_LIMIT = 120
DESCRIPTION_LIMIT = 1000
VOICE_LIMIT = 120
MOST_PICTURES = 12


class ElementError(Exception):
    """An element cannot be like that. The message says what can be done; nothing was changed.

    Args:
        message: for the person.
        field: which of ``kind``, ``name``, ``description``, ``voice`` and ``pictures`` it is about, or nothing.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def create_element(*, opened: OpenProject, kind: str, name: str, description: str = "") -> Element:
    """Add a character, location or prop by hand.

    Args:
        opened: the project, opened to create.
        kind: one of ``Element.Kind``.
        name: as people write it; the script's own spelling makes shots find it.
        description: what it looks like; goes into prompts.

    Raises:
        ElementError: there is no such kind, or the name is empty, too long or taken.
    """
    if kind not in Element.Kind.values:
        raise ElementError("Choose whether it is a character, a location or a prop.", "kind")
    _hold(opened)
    words = _name(name)
    _must_be_free(opened.project, kind, words)
    taken = Element.objects.filter(project=opened.project).values_list("handle", flat=True)
    element: Element = Element.objects.create(
        project=opened.project,
        kind=kind,
        name=words,
        description=_description(description),
        handle=new_handle(words, set(taken)),
    )
    _tell(opened, "element_created", element)
    return element


@transaction.atomic
def edit_element(
    *,
    opened: OpenProject,
    element: Element,
    name: str | None = None,
    description: str | None = None,
    voice: str | None = None,
    voice_model: str | None = None,
) -> list[str]:
    """Change what an element is called, looks like or sounds like. None leaves a part as it is.

    Its handle stays, so that prompts go on finding it; its old name stays known, so that shots do.

    Args:
        opened: the element's project, opened to create.
        element: one of the project's.
        name, description: as for ``create_element``.
        voice: the voice model's name for its voice; empty: by its name. Whether there is one is for the caller.
        voice_model: id of the model that speaks for it; empty: the project's. Whether it can is for the caller.

    Returns:
        What has changed; empty when everything was so already.

    Raises:
        ElementError: as for ``create_element``.
    """
    changed: list[str] = []
    if name is not None and (words := _name(name)) != element.name:
        _hold(opened)
        _must_be_free(opened.project, element.kind, words, but=element)
        old, element.name = element.name, words
        others = [one for one in (*element.aliases, old) if one.upper() != words.upper()]
        element.aliases = list(dict.fromkeys(others))
        changed += ["name", "aliases"]
    if description is not None and (words := _description(description)) != element.description:
        element.description = words
        changed.append("description")
    if voice is not None and (words := _plain(voice)[:VOICE_LIMIT]) != element.voice:
        if element.kind != Element.Kind.CHARACTER:
            raise ElementError("Only characters speak.", "voice")
        element.voice = words
        changed.append("voice")
    if voice_model is not None and voice_model != element.voice_model:
        if element.kind != Element.Kind.CHARACTER:
            raise ElementError("Only characters speak.", "voice_model")
        element.voice_model = voice_model
        changed.append("voice_model")
    if changed:
        element.save(update_fields=[*changed, "updated_at"])
        _tell(opened, "element_changed", element, changed=changed)
    return changed


@transaction.atomic
def set_pictures(*, opened: OpenProject, element: Element, pictures: Sequence[Asset]) -> bool:
    """Say which pictures show an element, the portrait first.

    Args:
        opened: the element's project, opened to create.
        element: one of the project's.
        pictures: files of the project, in their new order; those left out are no longer its pictures, but stay files.

    Returns:
        Whether anything has changed.

    Raises:
        ElementError: they are too many, or one is no picture.
    """
    if len(pictures) > MOST_PICTURES:
        raise ElementError(f"An element has at most {MOST_PICTURES} pictures. Take one out first.", "pictures")
    if any(asset.kind != Asset.Kind.IMAGE or asset.project_id != element.project_id for asset in pictures):
        raise ElementError("Only pictures of this project can show it.", "pictures")
    _hold(opened)
    there = list(Reference.objects.filter(element=element))
    wanted = list(dict.fromkeys(asset.pk for asset in pictures))
    if [reference.asset_id for reference in there] == wanted:
        return False
    known = {reference.asset_id: reference for reference in there}
    Reference.objects.filter(element=element).exclude(asset__in=wanted).delete()
    for position, asset_id in enumerate(wanted):
        if asset_id in known:
            Reference.objects.filter(pk=known[asset_id].pk).update(position=position)
        else:
            Reference.objects.create(element=element, asset_id=asset_id, position=position)
    _changed_now(element)
    _tell(opened, "element_changed", element, changed=["pictures"])
    return True


@transaction.atomic
def add_picture(*, opened: OpenProject, element: Element, asset: Asset) -> bool:
    """Add one picture behind those that an element has; arguments and errors as for ``set_pictures``."""
    there = Reference.objects.filter(element=element).select_related("asset")
    return set_pictures(opened=opened, element=element, pictures=[*(one.asset for one in there), asset])


@transaction.atomic
def merge_elements(*, opened: OpenProject, element: Element, into: Element) -> None:
    """Make two elements one: the script has two names for somebody. Taken back by taking ``element`` from the trash.

    Args:
        opened: their project, opened to create.
        element: goes into the trash; its names and pictures go over.
        into: stays, with its own description and voice where it has them.

    Raises:
        ElementError: they are of different kinds, or the same one.
    """
    if element.pk == into.pk:
        raise ElementError("Choose another one to merge it with.")
    if element.kind != into.kind:
        raise ElementError(
            f"{element.shown_name} is a {element.get_kind_display().lower()}, and {into.shown_name} is a "
            f"{into.get_kind_display().lower()}. Only elements of one kind can be merged."
        )
    _hold(opened)
    if not put_in(element, opened.user):
        raise ElementError(f"{element.shown_name} has just been deleted by somebody else.")
    element.merged_into = into
    element.save(update_fields=["merged_into", "updated_at"])
    into.aliases = list(dict.fromkeys([*into.aliases, element.name, *element.aliases]))
    into.save(update_fields=["aliases", "updated_at"])
    there = set(Reference.objects.filter(element=into).values_list("asset_id", flat=True))
    last = Reference.objects.filter(element=into).aggregate(last=Max("position"))["last"] or 0
    new = [one for one in Reference.objects.filter(element=element) if one.asset_id not in there]
    Reference.objects.bulk_create(
        Reference(
            element=into, asset_id=one.asset_id, position=(-1 if last is None else last) + place, merged_from=element
        )
        for place, one in enumerate(new, 1)
    )
    _tell(opened, "element_merged", element, intoId=str(into.pk), into=into.shown_name)


def part(element: Element) -> None:
    """Give an element that comes back from the trash the names that it took along when it was merged.

    Args:
        element: just taken out of the trash, in the caller's transaction.
    """
    into = element.merged_into
    if into is None:
        return
    own = {name.upper() for name in (element.name, *element.aliases)}
    into.aliases = [name for name in into.aliases if name.upper() not in own]
    into.save(update_fields=["aliases", "updated_at"])
    Reference.objects.filter(element=into, merged_from=element).delete()
    element.merged_into = None
    element.save(update_fields=["merged_into", "updated_at"])


def delete_element(*, opened: OpenProject, element: Element) -> None:
    """Put an element into the trash. Shots keep their takes; what is made anew does without it.

    Args:
        opened: the element's project, opened to create.
        element: one of the project's.
    """
    throw_away(opened=opened, kind="element", row=element)


def _hold(opened: OpenProject) -> None:
    """Serialise writers of the project's elements, as for breakdowns."""
    Project.objects.filter(pk=opened.project.pk).update(logline=opened.project.logline)


def _must_be_free(project: Project, kind: str, name: str, but: Element | None = None) -> None:
    """Refuse a name that another element of the kind has, whatever its capitals."""
    others = Element.objects.filter(project=project, kind=kind)
    if but is not None:
        others = others.exclude(pk=but.pk)
    for other in others:
        if name.upper() not in other.names:
            continue
        what = other.get_kind_display().lower()
        if other.deleted_at:
            raise ElementError(
                f"A {what} called {other.shown_name} is in the trash. Take it out of there, or choose another name.",
                "name",
            )
        raise ElementError(
            f"There is a {what} called {other.shown_name} already. Choose another name, or merge the two.", "name"
        )


def _name(text: str) -> str:
    words = _plain(text)
    if not words:
        raise ElementError("Give it a name.", "name")
    if len(words) > NAME_LIMIT:
        raise ElementError(f"A name has at most {NAME_LIMIT} characters; this one has {len(words)}.", "name")
    return words


def _description(text: str) -> str:
    words = _plain(text)
    if len(words) > DESCRIPTION_LIMIT:
        raise ElementError(
            f"A description has at most {DESCRIPTION_LIMIT} characters. "
            f"Shorten it by {len(words) - DESCRIPTION_LIMIT}.",
            "description",
        )
    return words


def _plain(text: str) -> str:
    return one_line(text)


def _changed_now(element: Element) -> None:
    element.updated_at = timezone.now()
    Element.objects.filter(pk=element.pk).update(updated_at=element.updated_at)


def _tell(opened: OpenProject, event_type: str, element: Element, **more: Any) -> None:
    payload = {"elementId": str(element.pk), "kind": element.kind, "name": element.shown_name, **more}
    events.record(opened.project.pk, event_type, payload, actor=opened.user)
