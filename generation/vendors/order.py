"""In which order a team asks its providers: one for everything, and others for kinds of work that want one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction

from accounts.access import OpenTeam
from accounts.models import Team
from generation import catalogue
from generation.providers.base import Operation
from generation.vendors import keys


class Group(StrEnum):
    """A kind of work that providers are put in order for."""

    PICTURES = "pictures"
    CLIPS = "clips"
    VOICES = "voices"
    SOUNDS = "sounds"
    WORDS = "words"


LABELS: Mapping[Group, str] = {
    Group.PICTURES: "Pictures",
    Group.CLIPS: "Clips",
    Group.VOICES: "Voices",
    Group.SOUNDS: "Effects and music",
    Group.WORDS: "Words",
}
_GROUP_OF: Mapping[Operation, Group] = {
    Operation.TEXT_TO_IMAGE: Group.PICTURES,
    Operation.IMAGE_TO_IMAGE: Group.PICTURES,
    Operation.INPAINT: Group.PICTURES,
    Operation.OUTPAINT: Group.PICTURES,
    Operation.UPSCALE_IMAGE: Group.PICTURES,
    Operation.REMOVE_BACKGROUND: Group.PICTURES,
    Operation.TEXT_TO_VIDEO: Group.CLIPS,
    Operation.IMAGE_TO_VIDEO: Group.CLIPS,
    Operation.VIDEO_TO_VIDEO: Group.CLIPS,
    Operation.UPSCALE_VIDEO: Group.CLIPS,
    Operation.TEXT_TO_SPEECH: Group.VOICES,
    Operation.SOUND_EFFECT: Group.SOUNDS,
    Operation.TEXT_TO_MUSIC: Group.SOUNDS,
    Operation.TEXT_TO_TEXT: Group.WORDS,
    Operation.CAPTION: Group.WORDS,
}


def names_for(team: Team, operation: Operation) -> list[str]:
    """Return the providers that a team has put in order for an operation; others come after them."""
    group = _GROUP_OF.get(operation)
    return list((team.provider_orders.get(group) if group is not None else None) or team.provider_order)


def places_for(team: Team, operation: Operation) -> dict[str, int]:
    """Return the place of each provider in that order; who is not in it comes after all of them."""
    return {name: place for place, name in enumerate(names_for(team, operation))}


def order_in(team: Team, group: Group) -> list[str]:
    """Return everybody who does a kind of work, in the order that a team asks them."""
    able = {
        model.provider
        for model in catalogue.models().values()
        for operation in model.operations
        if _GROUP_OF.get(operation) is group and model.usable_for(operation)
    }
    own = team.provider_orders.get(group) or []
    return [name for name in dict.fromkeys((*own, *keys.order_of(team))) if name in able]


@dataclass(frozen=True, slots=True)
class KindOrder:
    """The order for one kind of work, as a page shows it.

    Attributes:
        group: which kind.
        label: its name for people.
        own: whether it has an order of its own.
        providers: everybody who does it, in that order: name and label.
    """

    group: Group
    label: str
    own: bool
    providers: tuple[tuple[str, str], ...]


def orders_of(team: Team) -> list[KindOrder]:
    """Return a team's order for each kind of work."""
    return [
        KindOrder(
            group,
            LABELS[group],
            bool(team.provider_orders.get(group)),
            tuple((name, keys.label_of(name)) for name in order_in(team, group)),
        )
        for group in Group
    ]


def set_order(*, opened: OpenTeam, group: Group, order: Sequence[str]) -> None:
    """Say who is asked first for a kind of work; nobody: as for everything.

    Args:
        opened: the team, opened to own it.
        group: which kind.
        order: names of providers; who is left out comes afterwards.
    """
    named = list(dict.fromkeys(order))
    with transaction.atomic():
        team = Team.objects.select_for_update().get(pk=opened.team.pk)
        orders = {name: names for name, names in team.provider_orders.items() if name != group}
        team.provider_orders = orders | ({str(group): named} if named else {})
        team.save(update_fields=["provider_orders"])
        words = f"Order of providers, {LABELS[group].lower()}: {', '.join(named) or 'as for everything'}"
        LogEntry.objects.log_actions(opened.user.pk, [team], CHANGE, words, single_object=True)
    opened.team.provider_orders = team.provider_orders


def move(*, opened: OpenTeam, group: Group, provider: str, by: int) -> None:
    """Have a provider asked one place earlier or later for a kind of work.

    Args:
        opened: the team, opened to own it.
        group: which kind.
        provider: who; somebody who does no such work changes nothing.
        by: -1 for earlier, 1 for later; past either end nothing changes.
    """
    order = order_in(opened.team, group)
    place = order.index(provider) if provider in order else -1
    if place < 0 or not 0 <= place + by < len(order):
        return
    order[place], order[place + by] = order[place + by], order[place]
    set_order(opened=opened, group=group, order=order)
