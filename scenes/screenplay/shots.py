"""From the beats of a scene to its shots, as a director would break it down on paper.

A place that is new opens wide. Action and speech follow each other beat by beat: a short action
stays with the words behind it, a change of speaker is a cut unless both lines are quick, a long
speech goes over several shots. For each shot the beat says which angles suit it, and of those the one
used least so far in the film is taken, never the same twice in a row where there is a choice.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .cast import Cast, mentions_somebody, spoken_name
from .drafts import Angle, LineDraft, ShotDraft
from .timing import action_ms, shorten, speech_ms, split_action, split_speech

STEP_MS = 500
SHORTEST_SHOT_MS = 2_000
_ESTABLISHING_MS = 3_000
_LEAD_MS = 250
_TAIL_MS = 250
_GAP_MS = 250
_QUICK_ACTION_MS = 3_500
# Two people in one shot: only while neither says more than a short sentence.
_QUICK_SPEECH_MS = 2_200
DESCRIPTION_LIMIT = 600

_MOVING = re.compile(
    r"\b(walk|run|ran|drive|rid|chase|hurr|rush|cross|follow|climb|march|sprint|crawl|sail|row|fl(?:y|ies)|swim|pace|race|"
    r"approach|leav|enter|stride|wander|gallop|limp|drift|glide|descend|roll)[a-z]*\b",
    re.IGNORECASE,
)
_DETAIL = re.compile(
    r"\b(hand|finger|eye|face|letter|key|photo|phone|screen|watch|clock|ring|tear|lips|note|page|button|coin|ticket|"
    r"cup|glass|knife|gun|label|envelope|map|pen|switch|lever|candle|match)s?\b",
    re.IGNORECASE,
)
_TENSE = re.compile(
    r"\b(scream|shout|storm|crash|explo|fear|panic|blood|stagger|lurch|tilt|slam|shatter|thunder|alarm|fight|fall|fell|dizz|"
    r"nightmare|trembl|shudder)[a-z]*\b",
    re.IGNORECASE,
)

_PAIR = (Angle.OVER_THE_SHOULDER, Angle.CLOSE_UP, Angle.MEDIUM, Angle.LOW)
_ALONE = (Angle.CLOSE_UP, Angle.MEDIUM, Angle.LOW, Angle.HIGH)
_TOGETHER = (Angle.MEDIUM, Angle.OVER_THE_SHOULDER, Angle.HIGH, Angle.LOW, Angle.TRACKING)
_MOVEMENT = (Angle.TRACKING, Angle.LOW, Angle.WIDE, Angle.MEDIUM)
_THINGS = (Angle.CLOSE_UP, Angle.HIGH, Angle.DUTCH)
_TENSION = (Angle.DUTCH, Angle.LOW, Angle.TRACKING, Angle.CLOSE_UP)
_PEOPLE = (Angle.MEDIUM, Angle.LOW, Angle.HIGH, Angle.TRACKING, Angle.DUTCH)
_EMPTY = (Angle.WIDE, Angle.HIGH, Angle.TRACKING, Angle.LOW, Angle.DUTCH)


@dataclass(frozen=True, slots=True)
class Beat:
    """A piece of action, or what one character says at a time, or two at once.

    ``text`` is set for action, ``lines`` for speech; the lines' times count from the beat's start.
    """

    text: str = ""
    lines: tuple[LineDraft, ...] = ()
    duration_ms: int = 0

    @property
    def speakers(self) -> frozenset[str]:
        """Everybody who speaks in it."""
        return frozenset(line.character for line in self.lines)

    @property
    def dual(self) -> bool:
        """Whether two speak at once."""
        return any(line.dual for line in self.lines)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long shots may be and would like to be, in milliseconds."""

    clip_limit_ms: int
    target_ms: int

    @property
    def beat_limit_ms(self) -> int:
        """The longest beat that still fits a clip with its breath before and behind."""
        return self.clip_limit_ms - _LEAD_MS - _TAIL_MS


def action_beats(text: str, pace: Pace) -> list[Beat]:
    """One paragraph of action as beats."""
    pieces = split_action(text, min(pace.beat_limit_ms, pace.target_ms))
    return [
        Beat(text=piece, duration_ms=action_ms(piece, ends_paragraph=at == len(pieces)))
        for at, piece in enumerate(pieces, start=1)
    ]


def speech_beats(line: LineDraft, pace: Pace) -> list[Beat]:
    """One speech as beats; a speech longer than a clip becomes several, each with the same speaker."""
    beats = []
    for piece in split_speech(line.text, pace.beat_limit_ms):
        spoken = replace(line, text=piece, duration_ms=min(speech_ms(piece), pace.beat_limit_ms))
        beats.append(Beat(lines=(spoken,), duration_ms=spoken.duration_ms))
    return beats


def dual_beats(left: Sequence[LineDraft], right: Sequence[LineDraft], pace: Pace) -> list[Beat]:
    """Two sides that speak at the same time, each piece of one beside a piece of the other."""
    sides = [[beat.lines[0] for line in side for beat in speech_beats(line, pace)] for side in (left, right)]
    beats = []
    for at in range(max(map(len, sides))):
        pair = tuple(side[at] for side in sides if at < len(side))
        beats.append(Beat(lines=pair, duration_ms=max(line.duration_ms for line in pair)))
    return beats


class ShotMaker:
    """Makes the shots of one film, scene by scene; remembers which angles and places were seen."""

    def __init__(self, cast: Cast, pace: Pace) -> None:
        self._cast = cast
        self._pace = pace
        self._used: Counter[Angle] = Counter()
        self._keys: Counter[str] = Counter()
        self._last: Angle | None = None

    def shots(self, beats: Sequence[Beat], *, place: str, new_place: bool) -> tuple[ShotDraft, ...]:
        """The shots of one scene.

        Args:
            beats: in order, each no longer than the pace allows.
            place: how a shot of the empty place is described.
            new_place: whether the film sees it for the first time.
        """
        groups = self._grouped(beats, opens_wide=new_place)
        if new_place and (not groups or groups[0][0].lines):
            groups.insert(0, [Beat(text=place, duration_ms=_ESTABLISHING_MS)])
        elif not groups:
            groups = [[Beat(text=place, duration_ms=SHORTEST_SHOT_MS)]]
        partners = _partners(beats)
        seen: tuple[str, ...] = ()
        backdrop = place
        made = []
        for at, group in enumerate(groups):
            backdrop = next((beat.text for beat in group if beat.text), backdrop)
            shot = self._shot(group, partners, seen, backdrop, establishing=new_place and at == 0)
            seen = shot.characters or seen
            made.append(shot)
        return tuple(made)

    def _grouped(self, beats: Iterable[Beat], *, opens_wide: bool) -> list[list[Beat]]:
        groups: list[list[Beat]] = []
        for beat in beats:
            alone = opens_wide and len(groups) == 1
            if groups and not alone and self._belongs(groups[-1], beat):
                groups[-1].append(beat)
            else:
                groups.append([beat])
        return groups

    def _belongs(self, group: list[Beat], beat: Beat) -> bool:
        total = _length(group) + beat.duration_ms + _GAP_MS
        if total > self._pace.beat_limit_ms or total > self._pace.target_ms or beat.dual or group[-1].dual:
            return False
        before = group[-1]
        if not before.lines and not beat.lines:
            return True
        if not before.lines:
            return _length(group) <= _QUICK_ACTION_MS
        if not beat.lines:
            return beat.duration_ms <= _QUICK_ACTION_MS
        if before.speakers == beat.speakers:
            return True
        return max(before.duration_ms, beat.duration_ms) <= _QUICK_SPEECH_MS

    def _shot(
        self, group: list[Beat], partners: dict[str, str], seen: tuple[str, ...], backdrop: str, *, establishing: bool
    ) -> ShotDraft:
        lines = _placed(group)
        action = " ".join(beat.text for beat in group if beat.text)
        speakers = tuple(dict.fromkeys(line.character for line in lines if not line.off_screen))
        named = self._cast.find(action if action or speakers else backdrop)
        if not named and not speakers and not establishing and mentions_somebody(action):
            named = seen
        people = tuple(dict.fromkeys([*speakers, *named]))
        angle = self._angle(_suiting(action, speakers, people, partners, establishing=establishing))
        if angle is Angle.OVER_THE_SHOULDER and len(people) == 1 and people[0] in partners:
            people = (people[0], partners[people[0]])
        description = shorten(action or _speaking(lines, people) or backdrop, DESCRIPTION_LIMIT)
        return ShotDraft(self._key(description, lines), angle, description, lines, people, self._duration(group))

    def _angle(self, suiting: Sequence[Angle]) -> Angle:
        choice = min(suiting, key=lambda angle: (angle is self._last, self._used[angle], suiting.index(angle)))
        self._used[choice] += 1
        self._last = choice
        return choice

    def _duration(self, group: list[Beat]) -> int:
        needed = _length(group)
        if any(beat.lines for beat in group):
            needed += _LEAD_MS + _TAIL_MS
        rounded = -(-needed // STEP_MS) * STEP_MS
        return min(max(rounded, SHORTEST_SHOT_MS), self._pace.clip_limit_ms)

    def _key(self, description: str, lines: Sequence[LineDraft]) -> str:
        said = "\n".join(f"{line.character}: {line.text}" for line in lines)
        digest = hashlib.sha256(f"{description}\n{said}".encode("utf-8", "replace")).hexdigest()[:16]
        self._keys[digest] += 1
        return digest if self._keys[digest] == 1 else f"{digest}-{self._keys[digest]}"


def _length(group: Sequence[Beat]) -> int:
    return sum(beat.duration_ms for beat in group) + _GAP_MS * (len(group) - 1)


def _placed(group: Sequence[Beat]) -> tuple[LineDraft, ...]:
    """The lines of a group with their times in the shot; only the two sides of a dual start together."""
    at = _LEAD_MS
    lines: list[LineDraft] = []
    for beat in group:
        lines.extend(replace(line, start_ms=at) for line in beat.lines)
        at += beat.duration_ms + _GAP_MS
    return tuple(lines)


def _partners(beats: Sequence[Beat]) -> dict[str, str]:
    """For everybody who speaks in view, the one they most likely speak to: who spoke before, else who answers."""
    order = [line.character for beat in beats for line in beat.lines if not line.off_screen]
    partners: dict[str, str] = {}
    for one, other in pairwise(order):
        if one != other:
            partners.setdefault(one, other)
            partners.setdefault(other, one)
    return partners


def _suiting(
    action: str, speakers: Sequence[str], people: Sequence[str], partners: dict[str, str], *, establishing: bool
) -> Sequence[Angle]:
    if establishing:
        return (Angle.WIDE,)
    if len(speakers) > 1:
        return _TOGETHER
    if speakers:
        return _PAIR if speakers[0] in partners else _ALONE
    if _TENSE.search(action):
        return _TENSION
    if _MOVING.search(action):
        return _MOVEMENT
    if _DETAIL.search(action):
        return _THINGS
    return _PEOPLE if people else _EMPTY


def _speaking(lines: Sequence[LineDraft], people: Sequence[str]) -> str:
    """A sentence for a shot in which nothing happens but speech; empty when nobody in view speaks."""
    in_view = list(dict.fromkeys(line.character for line in lines if not line.off_screen))
    if not in_view:
        return ""
    manner = next((line.parenthetical for line in lines if line.parenthetical and not line.off_screen), "")
    names = [spoken_name(name) for name in in_view]
    subject = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    listeners = [spoken_name(name) for name in people if name not in in_view]
    if len(names) > 1:
        return f"{subject} talk to each other"
    sentence = f"{subject} speaks to {listeners[0]}" if listeners else f"{subject} speaks"
    return f"{sentence}, {manner}" if manner else sentence
