"""Scripts without scene headings: the offer to make one scene of each paragraph, and doing it."""

from __future__ import annotations

from .drafts import Suggestion
from .fountain import parse_fountain, split_lines
from .headings import read_time
from .syntax import Element, ElementKind, Screenplay, plain_text

_IN_DIALOGUE = frozenset({ElementKind.PARENTHETICAL, ElementKind.DIALOGUE, ElementKind.LYRICS})


def suggestion_for(screenplay: Screenplay) -> Suggestion | None:
    """The offer for a script without any heading, or None when it has headings or nothing to film."""
    if screenplay.has_headings:
        return None
    starts = _starts(screenplay)
    if not starts:
        return None
    scenes = "1 scene" if len(starts) == 1 else f"{len(starts)} scenes, one for each paragraph"
    message = (
        f"This script has no scene headings such as “INT. KITCHEN - DAY”. It can be filmed as one scene as it is, "
        f"or headings can be put in to make {scenes}."
    )
    return Suggestion("scene_per_paragraph", message, len(starts))


def scenes_from_paragraphs(fountain: str) -> str:
    """Put a heading before each paragraph of a Fountain text that has none; dialogue stays with the action before it.

    The light is taken from the paragraph's own words where they name a time of day ("that night").
    A text that has headings comes back unchanged.
    """
    screenplay = parse_fountain(fountain)
    if screenplay.has_headings:
        return fountain
    starts = {element.line: number for number, element in enumerate(_starts(screenplay), start=1)}
    texts = {element.line: plain_text(element.text) for element in screenplay.elements}
    lines: list[str] = []
    for number, line in enumerate(split_lines(fountain), start=1):
        if number in starts:
            if lines and lines[-1].strip():
                lines.append("")
            time, _ = read_time(texts[number])
            lines.extend([f".SCENE {starts[number]} - {(time or 'day').upper()}", ""])
        lines.append(line)
    return "\n".join(lines)


def _starts(screenplay: Screenplay) -> list[Element]:
    """The elements with which scenes would begin: each paragraph of action, or speech with no action before it."""
    starts: list[Element] = []
    for element in screenplay.elements:
        opens = element.kind is ElementKind.ACTION or (element.kind is ElementKind.CHARACTER and not starts)
        if opens:
            starts.append(element)
    return starts
