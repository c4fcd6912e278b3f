"""What a film is made of, as frozen records that travel as JSON.

Times are milliseconds of the film, lengths of pictures are frames of its format. The film is exactly as long as the
sum of its entries' frames: a dissolve is centred on its cut and takes nothing away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from generation.media.mezzanine import VideoFormat

CUT = "cut"
DISSOLVE = "dissolve"
FADE = "fade"


@dataclass(frozen=True, slots=True)
class Transition:
    """How an entry begins.

    ``cut``; ``dissolve`` over so many frames, half of them on each side of the cut; or ``fade`` through black, for half
    of its frames down and for the other half up. The first entry of a film has nothing to fade down and takes all of
    its frames to come up from black.
    """

    kind: str = CUT
    frames: int = 0

    def __post_init__(self) -> None:
        if self.kind not in {CUT, DISSOLVE, FADE}:
            raise ValueError(f"unknown transition {self.kind!r}")
        if self.frames < 0 or (self.kind == CUT and self.frames):
            raise ValueError("a cut has no frames, other transitions have at least one")


@dataclass(frozen=True, slots=True)
class Entry:
    """One shot in the film.

    Attributes:
        label: what the slate of a shot without picture says, for example ``"12A-3"``.
        frames: its exact length in the film. A shorter clip holds its last picture.
        clip: sha256 of its moving picture, or empty.
        still: sha256 of a picture that is held when there is no clip, or empty for a slate.
        source_in: the clip's frame that is shown first.
        transition: how it begins. The first entry of a film never dissolves.
        gain_db: how loud the clip's own sound is; None silences it.
        black: it shows nothing, for the words of a title.
    """

    label: str
    frames: int
    clip: str = ""
    still: str = ""
    source_in: int = 0
    transition: Transition = Transition()
    gain_db: float | None = 0.0
    black: bool = False

    def __post_init__(self) -> None:
        if self.frames < 1 or self.source_in < 0:
            raise ValueError("an entry has at least one frame and begins at or after its clip's first")


@dataclass(frozen=True, slots=True)
class VoiceLine:
    """One spoken line.

    Attributes:
        sha256: the recording.
        start_ms: where it should begin; it begins later while another line is still being spoken.
        character: who speaks.
        gain_db: louder or quieter than recorded; None silences it, its subtitles stay.
        dual: lines with the same number are spoken at the same time; 0 for all others.
    """

    sha256: str
    start_ms: int
    character: str = ""
    gain_db: float | None = 0.0
    dual: int = 0


@dataclass(frozen=True, slots=True)
class PlacedSound:
    """Music, an effect or a voice of one's own. Times in milliseconds; the ramps at its ends lie within its length.

    Attributes:
        sha256: the recording.
        start_ms: where in the film it begins.
        in_ms: where in the recording it begins.
        length_ms: how much of it is heard at most.
        gain_db: louder or quieter than recorded.
        ducked: quieter while somebody speaks.
        speech: it is somebody who speaks.
    """

    sha256: str
    start_ms: int
    length_ms: int
    in_ms: int = 0
    gain_db: float = 0.0
    fade_in_ms: int = 0
    fade_out_ms: int = 0
    ducked: bool = False
    speech: bool = False

    def __post_init__(self) -> None:
        if self.start_ms < 0 or self.in_ms < 0 or self.length_ms < 1:
            raise ValueError("a sound begins at or after the film's first moment and lasts for a while")


@dataclass(frozen=True, slots=True)
class TitleCard:
    """Words over the picture. ``titles.draw`` draws them, for the film and for whoever shows it before.

    Attributes:
        text, subtext: one or two sizes of words.
        start_ms, length_ms: when; fades are inside.
        place: ``opening``, ``closing``, ``centre``, ``top``, ``lower_left`` or ``lower_right``.
        style: ``plain``, ``boxed`` or ``spaced``.
    """

    text: str
    start_ms: int
    length_ms: int
    subtext: str = ""
    place: str = "lower_left"
    style: str = "plain"

    def __post_init__(self) -> None:
        if self.start_ms < 0 or self.length_ms < 1:
            raise ValueError("a title begins at or after the film's first moment and lasts for a while")


@dataclass(frozen=True, slots=True)
class Cue:
    """One thing to read.

    Attributes:
        start_ms, end_ms: when; ignored when ``line`` is set.
        line: position in ``FilmPlan.lines`` of the recording that it belongs to and moves with.
        speaker: shown when two people speak at once.
    """

    text: str
    start_ms: int = 0
    end_ms: int = 0
    speaker: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A scene as a place to jump to. It begins with the entry at position ``first_entry`` and ends with the next."""

    title: str
    first_entry: int


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """A whole film.

    See the parts. ``language`` is of the subtitles, ISO 639-2 (three letters); ``fade_out`` is how many frames its
    last picture takes to go to black.
    """

    format: VideoFormat
    entries: tuple[Entry, ...]
    lines: tuple[VoiceLine, ...] = ()
    cues: tuple[Cue, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    title: str = ""
    language: str = "eng"
    sounds: tuple[PlacedSound, ...] = ()
    titles: tuple[TitleCard, ...] = ()
    fade_out: int = 0

    def __post_init__(self) -> None:
        if not self.entries:
            raise ValueError("a film needs at least one shot")
        if self.fade_out < 0:
            raise ValueError("a film fades out over some frames or none")
        if any(cue.line is not None and not 0 <= cue.line < len(self.lines) for cue in self.cues):
            raise ValueError("a cue refers to a line that is not there")
        if any(not 0 <= chapter.first_entry < len(self.entries) for chapter in self.chapters):
            raise ValueError("a chapter begins with a shot that is not there")

    @property
    def frames(self) -> int:
        """The film's exact length in frames."""
        return sum(entry.frames for entry in self.entries)

    @property
    def duration_ms(self) -> int:
        """The film's length, rounded to milliseconds."""
        return self.format.milliseconds(self.frames)

    @property
    def starts(self) -> tuple[int, ...]:
        """The film frame at which each entry begins."""
        found, at = [], 0
        for entry in self.entries:
            found.append(at)
            at += entry.frames
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """A form that ``json`` takes and ``from_json`` gives back."""
        return asdict(self)

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> FilmPlan:
        """The plan that ``to_json`` wrote down.

        Raises:
            ValueError, TypeError, KeyError: it is not one.
        """
        return cls(
            format=VideoFormat(**plan["format"]),
            entries=tuple(
                Entry(**entry | {"transition": Transition(**entry["transition"])}) for entry in plan["entries"]
            ),
            lines=tuple(VoiceLine(**line) for line in plan["lines"]),
            cues=tuple(Cue(**cue) for cue in plan["cues"]),
            chapters=tuple(Chapter(**chapter) for chapter in plan["chapters"]),
            title=plan["title"],
            language=plan["language"],
            sounds=tuple(PlacedSound(**sound) for sound in plan.get("sounds", ())),
            titles=tuple(TitleCard(**title) for title in plan.get("titles", ())),
            fade_out=plan.get("fade_out", 0),
        )
