"""What a breakdown gives: scenes, shots and lines as plain records, before any of them is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .headings import TimeOfDay
from .syntax import Notice


class Angle(StrEnum):
    """The eight camera angles that shots rotate over; the values are shown and written into prompts."""

    MEDIUM = "medium shot"
    WIDE = "wide angle establishing shot"
    CLOSE_UP = "close-up shot"
    LOW = "low angle shot"
    OVER_THE_SHOULDER = "over-the-shoulder shot"
    DUTCH = "dutch angle shot"
    HIGH = "high angle shot"
    TRACKING = "tracking shot"


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One thing that is said within one shot.

    Attributes:
        character: the name as in the cue, in capitals, without extensions.
        text: the words, without emphasis marks, on one line.
        parenthetical: how it is said, without its brackets.
        extension: ``V.O.``, ``O.S.``, ``CONT'D``, …; several are joined by a comma.
        dual: ``left`` or ``right`` when two speak at once.
        start_ms: from the start of the shot.
        duration_ms: how long it takes to say.
    """

    character: str
    text: str
    parenthetical: str = ""
    extension: str = ""
    dual: str = ""
    start_ms: int = 0
    duration_ms: int = 0

    @property
    def end_ms(self) -> int:
        """Where the line ends within its shot."""
        return self.start_ms + self.duration_ms

    @property
    def off_screen(self) -> bool:
        """Whether the speaker is heard but not seen in this shot."""
        return is_off_screen(self.extension)


def is_off_screen(extension: str) -> bool:
    """Whether an extension means that the speaker is heard and not seen."""
    letters = {"".join(filter(str.isalpha, part)).upper() for part in extension.split(",")}
    return bool(letters & {"VO", "OS", "OC", "OFF", "OFFSCREEN", "VOICEOVER"})


@dataclass(frozen=True, slots=True)
class SpeechDraft:
    """One speech of a scene as written, however many shots it is spread over."""

    character: str
    text: str
    parenthetical: str = ""
    extension: str = ""
    dual: str = ""


@dataclass(frozen=True, slots=True)
class ShotDraft:
    """One shot.

    Attributes:
        key: names the shot by its content within its script; the same text gives the same key again.
        angle: where the camera is.
        description: what is to be seen, in a sentence or a few.
        lines: what is said, in order of their start.
        characters: who is to be seen, the most important first.
        duration_ms: a multiple of 500, at least 2,000, at most the clip limit.
    """

    key: str
    angle: Angle
    description: str
    lines: tuple[LineDraft, ...]
    characters: tuple[str, ...]
    duration_ms: int


@dataclass(frozen=True, slots=True)
class SceneDraft:
    """One scene.

    Attributes:
        number: as written in the script, or None.
        heading: as written, without the number, at most 200 characters.
        interior: ``INT``, ``EXT``, ``INT/EXT`` or empty.
        location: at most 200 characters.
        time_of_day: the light; as in the scene before for CONTINUOUS and the like.
        time_words: how the script says it.
        characters: everybody who speaks or is named, in order of appearance.
        action: the paragraphs of action, with an empty line between them.
        dialogue: the speeches as written.
        synopsis: what the script's synopses say about the scene.
        transition: the transition behind it as written (``DISSOLVE TO:``), or empty.
        duration_ms: the sum of its shots.
        line: its first line in the script.
        end_line: its last line.
        shots: in order, at least one.
    """

    number: str | None
    heading: str
    interior: str
    location: str
    time_of_day: TimeOfDay
    time_words: str
    characters: tuple[str, ...]
    action: str
    dialogue: tuple[SpeechDraft, ...]
    synopsis: str
    transition: str
    duration_ms: int
    line: int
    end_line: int
    shots: tuple[ShotDraft, ...]


@dataclass(frozen=True, slots=True)
class CharacterDraft:
    """Somebody in the script; ``description`` is the sentence that introduces them, if there is one."""

    name: str
    description: str
    speeches: int
    scenes: int


@dataclass(frozen=True, slots=True)
class LocationDraft:
    """A place; ``interiors`` are the sides of it that are seen (``INT``, ``EXT``)."""

    name: str
    interiors: tuple[str, ...]
    scenes: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An offer to the writer of a script without headings; ``scenes_from_paragraphs`` carries it out.

    Attributes:
        code: stable, for programs.
        message: the offer in a sentence.
        scenes: how many scenes it would make.
    """

    code: str
    message: str
    scenes: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The whole film on paper; ``duration_ms`` is the sum of its scenes."""

    scenes: tuple[SceneDraft, ...]
    characters: tuple[CharacterDraft, ...]
    locations: tuple[LocationDraft, ...]
    duration_ms: int
    warnings: tuple[Notice, ...]
    suggestion: Suggestion | None = None
