"""From a parsed screenplay to scenes and shots with their durations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .cast import Cast, introduced
from .drafts import Breakdown, CharacterDraft, LineDraft, LocationDraft, SceneDraft, SpeechDraft
from .headings import Heading, TimeOfDay, read_heading
from .paragraphs import suggestion_for
from .shots import SHORTEST_SHOT_MS, STEP_MS, Beat, Pace, ShotMaker, action_beats, dual_beats, speech_beats
from .syntax import Element, ElementKind, Notice, Screenplay, plain_text
from .timing import sentences, shorten

TEXT_LIMIT = 200
NAME_LIMIT = 80
OPENING = "OPENING"
_STAGE_WORDS = re.compile(r"(FADE (IN|OUT|UP|TO BLACK)|CUT TO BLACK|BLACK|THE END|END)\b[ .:]*", re.IGNORECASE)


@dataclass(slots=True)
class _Scene:
    """A heading and what stands under it, while it is collected."""

    heading: str
    number: str
    line: int
    end_line: int
    elements: list[Element] = field(default_factory=list)
    transition: str = ""


def break_down(screenplay: Screenplay, *, clip_limit_ms: int = 10_000, shot_target_ms: int = 6_000) -> Breakdown:
    """Break a screenplay into scenes and shots.

    The same screenplay gives the same breakdown each time. A script without headings becomes one
    scene, and ``suggestion`` offers one scene per paragraph.

    Args:
        screenplay: as parsed.
        clip_limit_ms: the longest clip that the model in use makes, in milliseconds.
        shot_target_ms: how long shots are on the whole, in milliseconds; never above the limit.

    Raises:
        ValueError: the limit is shorter than the shortest shot.
    """
    limit = clip_limit_ms // STEP_MS * STEP_MS
    if limit < SHORTEST_SHOT_MS:
        raise ValueError(f"clip_limit_ms is {clip_limit_ms}; a shot needs at least {SHORTEST_SHOT_MS}.")
    pace = Pace(limit, max(SHORTEST_SHOT_MS, min(shot_target_ms, limit)))
    warnings = list(screenplay.warnings)
    suggestion = suggestion_for(screenplay)
    screenplay = _unmarked(screenplay)
    collected = _collect(screenplay)
    cast = Cast(_names(screenplay))
    maker = ShotMaker(cast, pace)
    scenes: list[SceneDraft] = []
    places: set[tuple[str, str]] = set()
    for raw in collected:
        heading = read_heading(raw.heading)
        time = _time_of(heading, raw, scenes, warnings)
        place = (heading.interior, heading.location.casefold())
        scenes.append(_draft(raw, heading, time, maker, cast, pace, warnings, new_place=place not in places))
        places.add(place)
    if not scenes:
        warnings.append(Notice("no_scenes", "There is nothing to film yet: write a scene heading and some action."))
    return Breakdown(
        scenes=tuple(scenes),
        characters=_characters(scenes, screenplay),
        locations=_locations(scenes),
        duration_ms=sum(scene.duration_ms for scene in scenes),
        warnings=tuple(warnings),
        suggestion=suggestion,
    )


def _unmarked(screenplay: Screenplay) -> Screenplay:
    """The screenplay without marks of emphasis: taken out once, because a text may consist of nothing else."""
    elements = tuple(
        element if element.kind is ElementKind.SYNOPSIS else replace(element, text=plain_text(element.text))
        for element in screenplay.elements
    )
    return replace(screenplay, elements=elements)


def _collect(screenplay: Screenplay) -> list[_Scene]:
    """The scenes with their elements; what stands before the first heading is a scene only if it can be filmed."""
    scenes: list[_Scene] = []
    for element in screenplay.elements:
        if element.kind is ElementKind.SCENE_HEADING:
            scenes.append(_Scene(element.text, element.scene_number, element.line, element.end_line))
        elif _is_transition(element):
            if scenes:
                scenes[-1].transition = element.text.strip()
        elif element.kind not in (ElementKind.NOTE, ElementKind.SECTION, ElementKind.PAGE_BREAK):
            if not scenes and element.kind is ElementKind.SYNOPSIS:
                continue
            if not scenes:
                scenes.append(_Scene(OPENING, "", element.line, element.end_line))
            scenes[-1].elements.append(element)
            scenes[-1].end_line = element.end_line
    return scenes


def _is_transition(element: Element) -> bool:
    if element.kind is ElementKind.TRANSITION:
        return True
    return element.kind in (ElementKind.ACTION, ElementKind.CENTERED) and bool(
        _STAGE_WORDS.fullmatch(element.text.strip())
    )


def _names(screenplay: Screenplay) -> list[str]:
    """The cast: everybody who speaks, and whoever is introduced with an age and not under a longer name of those."""
    cues = dict.fromkeys(_name(e.text) for e in screenplay.elements if e.kind is ElementKind.CHARACTER)
    silent: dict[str, None] = {}
    for element in screenplay.elements:
        if element.kind is ElementKind.ACTION:
            silent.update(dict.fromkeys(_name(name) for name in introduced(element.text)))
    # MARA QUILL (60s) who speaks as MARA is one person.
    newcomers = [name for name in silent if name not in cues and not any(word in cues for word in name.split())]
    return [name for name in (*cues, *newcomers) if name]


def _name(text: str) -> str:
    return shorten(text, NAME_LIMIT).upper()


def _time_of(heading: Heading, raw: _Scene, before: Sequence[SceneDraft], warnings: list[Notice]) -> TimeOfDay:
    if heading.time_of_day is not None:
        return heading.time_of_day
    if heading.follows or not heading.time_words:
        same_place = bool(before) and before[-1].location == shorten(heading.location, TEXT_LIMIT)
        return before[-1].time_of_day if before and (heading.follows or same_place) else TimeOfDay.DAY
    words = shorten(heading.time_words, 60)
    message = (
        f"Line {raw.line}: “{words}” is not a time of day that is known here, so the scene is lit as day. "
        "End the heading with DAY, NIGHT, DAWN, DUSK, MORNING, AFTERNOON or EVENING to choose the light."
    )
    warnings.append(Notice("unknown_time", message, raw.line))
    return TimeOfDay.DAY


def _limited(text: str, what: str, raw: _Scene, warnings: list[Notice]) -> str:
    flat = " ".join(text.split())
    if len(flat) <= TEXT_LIMIT:
        return flat
    message = f"Line {raw.line}: the {what} has {len(flat)} characters and was shortened to {TEXT_LIMIT}."
    warnings.append(Notice(f"long_{what}", message, raw.line))
    return shorten(flat, TEXT_LIMIT)


def _draft(
    raw: _Scene,
    heading: Heading,
    time: TimeOfDay,
    maker: ShotMaker,
    cast: Cast,
    pace: Pace,
    warnings: list[Notice],
    *,
    new_place: bool,
) -> SceneDraft:
    location = _limited(heading.location, "location", raw, warnings)
    run = _run(raw.elements)
    speeches = [item for item in run if isinstance(item, LineDraft)]
    people: dict[str, None] = {}
    for element in raw.elements:
        if element.kind is ElementKind.CHARACTER:
            people[_name(element.text)] = None
        elif element.kind is ElementKind.ACTION:
            people.update(dict.fromkeys(cast.find(element.text)))
    shots = maker.shots(_beats(run, pace), place=_empty_place(heading, location), new_place=new_place)
    return SceneDraft(
        number=raw.number or None,
        heading=_limited(raw.heading, "heading", raw, warnings),
        interior=heading.interior,
        location=location,
        time_of_day=time,
        time_words=shorten(heading.time_words, TEXT_LIMIT),
        characters=tuple(name for name in people if name),
        action="\n\n".join(item for item in run if isinstance(item, str)),
        dialogue=tuple(SpeechDraft(s.character, s.text, s.parenthetical, s.extension, s.dual) for s in speeches),
        synopsis="\n".join(e.text for e in raw.elements if e.kind is ElementKind.SYNOPSIS),
        transition=raw.transition,
        duration_ms=sum(shot.duration_ms for shot in shots),
        line=raw.line,
        end_line=raw.end_line,
        shots=shots,
    )


# Lyrics that belong to nobody's speech are shown and not said.
_SEEN = (ElementKind.ACTION, ElementKind.CENTERED, ElementKind.LYRICS)


def _empty_place(heading: Heading, location: str) -> str:
    side = {"INT": "Inside: ", "EXT": "Outside: "}.get(heading.interior, "")
    return f"{side}{location}" if location else "The place, empty"


def _visible(element: Element) -> str:
    text = " ".join(element.text.split())
    return f"Title: {text}" if element.kind is ElementKind.CENTERED else text


def _run(elements: Sequence[Element]) -> list[LineDraft | str]:
    """Action paragraphs as text and speeches as lines, in the order of the script."""
    run: list[LineDraft | str] = []
    speaker: Element | None = None
    manner = ""
    for element in elements:
        if element.kind is ElementKind.CHARACTER:
            speaker, manner = element, ""
        elif element.kind is ElementKind.PARENTHETICAL:
            manner = " ".join(element.text.split())
        elif element.speaker and speaker is not None:
            sings = "singing" if element.kind is ElementKind.LYRICS else ""
            text = " ".join(element.text.split())
            how = ", ".join(filter(None, (manner, sings)))
            run.append(LineDraft(_name(speaker.text), text, how, speaker.extension, element.dual))
            manner = ""
        elif element.kind in _SEEN:
            run.append(_visible(element))
    return run


def _beats(run: Sequence[LineDraft | str], pace: Pace) -> list[Beat]:
    beats: list[Beat] = []
    left: list[LineDraft] = []
    right: list[LineDraft] = []
    for item in [*run, ""]:
        if isinstance(item, LineDraft) and item.dual == "left" and not right:
            left.append(item)
            continue
        if isinstance(item, LineDraft) and item.dual == "right":
            right.append(item)
            continue
        if left or right:
            beats.extend(dual_beats(left, right, pace))
            left, right = [], []
        if isinstance(item, str):
            beats.extend(action_beats(item, pace))
        elif item.dual == "left":
            left.append(item)
        else:
            beats.extend(speech_beats(item, pace))
    return [beat for beat in beats if beat.text or beat.lines]


def _characters(scenes: Sequence[SceneDraft], screenplay: Screenplay) -> tuple[CharacterDraft, ...]:
    speeches = Counter(speech.character for scene in scenes for speech in scene.dialogue)
    appearances = Counter(name for scene in scenes for name in scene.characters)
    introductions = _introductions(appearances, screenplay)
    return tuple(
        CharacterDraft(name, introductions.get(name, ""), speeches[name], count) for name, count in appearances.items()
    )


def _introductions(names: Counter[str], screenplay: Screenplay) -> dict[str, str]:
    """For each name the first sentence of action that writes it in capitals, as introductions do."""
    found: dict[str, str] = {}
    waiting = Cast(names)
    for element in screenplay.elements:
        if element.kind is not ElementKind.ACTION:
            continue
        for sentence in sentences(element.text):
            for name in waiting.find(sentence):
                if name not in found and name in sentence:
                    found[name] = shorten(sentence, TEXT_LIMIT)
    return found


def _locations(scenes: Sequence[SceneDraft]) -> tuple[LocationDraft, ...]:
    sides: dict[str, dict[str, None]] = {}
    counts: Counter[str] = Counter()
    for scene in scenes:
        if not scene.location:
            continue
        sides.setdefault(scene.location, {})[scene.interior] = None
        counts[scene.location] += 1
    return tuple(LocationDraft(name, tuple(filter(None, seen)), counts[name]) for name, seen in sides.items())
