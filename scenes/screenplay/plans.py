"""What is known of stored scenes, and what a re-import does to them: plain records.

A page shows a ``ChangePlan`` as a preview; a service carries it out. Ids are the caller's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .drafts import Angle, LineDraft, SceneDraft, ShotDraft, SpeechDraft
from .headings import TimeOfDay


@dataclass(frozen=True, slots=True)
class KnownShot:
    """A shot as it is stored. ``id`` is the caller's own and never looked into.

    Attributes:
        by_hand: a person inserted it; no script knows it.
        placed_by_hand: a person put it where it is in the scene.
        left_out: a person omitted it, whatever the script says.
        characters: who is in it, the speaker first.
    """

    id: str
    description: str
    lines: tuple[LineDraft, ...]
    angle: Angle
    duration_ms: int
    prompt_by_hand: bool = False
    angle_by_hand: bool = False
    duration_by_hand: bool = False
    has_takes: bool = False
    omitted: bool = False
    by_hand: bool = False
    placed_by_hand: bool = False
    left_out: bool = False
    characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownScene:
    """A scene as it is stored, in film order; omitted ones belong to the list, at their place.

    ``by_hand``, ``placed_by_hand`` and ``left_out`` as for ``KnownShot``.
    """

    id: str
    number: str
    heading: str
    interior: str
    location: str
    time_of_day: TimeOfDay
    characters: tuple[str, ...]
    action: str
    dialogue: tuple[SpeechDraft, ...]
    shots: tuple[KnownShot, ...] = ()
    omitted: bool = False
    by_hand: bool = False
    placed_by_hand: bool = False
    left_out: bool = False


class Change(StrEnum):
    """What happens to a scene or shot. A thing that moved may have changed fields as well."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    MOVED = "moved"
    ADDED = "added"
    OMITTED = "omitted"


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """What happens to one shot.

    Attributes:
        change: see ``Change``.
        known_id: the stored shot, or None when it is added.
        draft: the new content, or None when it is omitted or, unchanged, was inserted by a person and stays.
        fields: what differs: ``description``, ``lines``, ``duration``, ``restored``; ``omitted`` when omitted only now.
        angle: the angle to store; a shot that is recognised keeps the one it has.
        duration_ms: the length to store; a length by hand is kept unless the lines no longer fit into it.
        keeps: what of a person's work is kept: ``takes``, ``prompt``, ``angle``, ``duration``.
    """

    change: Change
    known_id: str | None
    draft: ShotDraft | None
    fields: tuple[str, ...]
    angle: Angle
    duration_ms: int
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScenePlan:
    """What happens to one scene.

    Attributes:
        change: see ``Change``.
        number: its number, the old one for life or a new one.
        known_id: the stored scene, or None when it is added.
        draft: the new content, or None when it is omitted or, unchanged, was inserted by a person and stays.
        fields: what differs: ``heading``, ``interior``, ``location``, ``time_of_day``, ``characters``, ``action``,
            ``dialogue``, ``shots``, ``restored``; ``omitted`` for one that is omitted only now.
        shots: what happens to its shots, in their new order; omitted ones behind the shot they stood behind.
    """

    change: Change
    number: str
    known_id: str | None
    draft: SceneDraft | None
    fields: tuple[str, ...]
    shots: tuple[ShotPlan, ...]


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """The whole re-import in the new order of the film, omitted scenes where they stood."""

    scenes: tuple[ScenePlan, ...]

    def count(self, change: Change) -> int:
        """How many scenes have this change."""
        return sum(scene.change is change for scene in self.scenes)

    @property
    def changes_nothing(self) -> bool:
        """Whether carrying the plan out would leave everything as it is."""
        return all(
            scene.change is Change.UNCHANGED or (scene.change is Change.OMITTED and not scene.fields)
            for scene in self.scenes
        )
