"""Three-way merging of scripts by paragraphs: what two people changed since the version that both began from.

Different paragraphs are put together; where both changed the same one, both texts are kept side by side for a person to
choose. Nothing that somebody wrote is ever left out: it is in the result or in a conflict.

The work is bounded for any text: equal beginnings and ends are taken off, paragraphs that occur once hold the texts
together, and what lies between is compared thoroughly only while it is short.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_THOROUGH = 40_000  # pairs; a comparison of 200 paragraphs with 200 at most


_PAIRED = 500  # paragraphs in a row that are taken for the same ones, each changed
_Blocks = list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Agreed:
    """A piece of the result that nobody disputes."""

    text: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that both changed, each in their own way. Texts are whole paragraphs with the empty lines after them."""

    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge, in order."""

    pieces: tuple[Agreed | Conflict, ...]

    @property
    def clean(self) -> bool:
        """Whether nobody has to choose anything."""
        return not any(isinstance(piece, Conflict) for piece in self.pieces)

    @property
    def text(self) -> str:
        """The result of a clean merge."""
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Agreed))


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """Some lines, and the empty ones that follow. Who only moves empty lines changes nothing."""

    words: str
    space: str

    @property
    def text(self) -> str:
        return self.words + self.space


@dataclass(frozen=True, slots=True)
class _Edit:
    """Paragraphs ``start`` to ``end`` of the base became others."""

    start: int
    end: int
    paragraphs: tuple[_Paragraph, ...]


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Put two people's changes of a text together.

    Args:
        base: what both began from.
        mine: what one made of it.
        theirs: what the other made of it.
    """
    if mine == theirs or theirs == base:
        return Merged((Agreed(mine),))
    if mine == base:
        return Merged((Agreed(theirs),))
    old, left, right = _paragraphs(base), _paragraphs(mine), _paragraphs(theirs)
    pieces: list[Agreed | Conflict] = []
    at = 0
    blocks = match_blocks(_words(old), _words(left)), match_blocks(_words(old), _words(right))
    partners = _partners(blocks[0], left), _partners(blocks[1], right)
    edits = _edits(blocks[0], old, left), _edits(blocks[1], old, right)
    for first, second, start, end in [*_places(*edits), ([], [], len(old), len(old))]:
        pieces += [Agreed(_kept(old[i], partners[0].get(i), partners[1].get(i))) for i in range(at, start)]
        pieces += _settle(old, first, second, start, end)
        at = end
    return Merged(_with_space_between(pieces))


def paragraphs_of(text: str) -> list[str]:
    """Return a text's paragraphs, without the empty lines between them."""
    return [paragraph.words for paragraph in _paragraphs(text) if paragraph.words]


def _paragraphs(text: str) -> list[_Paragraph]:
    found: list[_Paragraph] = []
    words: list[str] = []
    space: list[str] = []
    for line in _LINE.findall(text):
        if line.strip():
            if space:
                found.append(_paragraph(words, space))
                words, space = [], []
            words.append(line)
        else:
            space.append(line)
    if words or space:
        found.append(_paragraph(words, space))
    return found


def _paragraph(words: list[str], space: list[str]) -> _Paragraph:
    text = "".join(words)
    plain = text.removesuffix("\n")
    return _Paragraph(plain, text[len(plain) :] + "".join(space))


def _edits(blocks: _Blocks, old: Sequence[_Paragraph], new: Sequence[_Paragraph]) -> list[_Edit]:
    edits: list[_Edit] = []
    at_old = at_new = 0
    for start, other, size in [*blocks, (len(old), len(new), 0)]:
        gone, come = start - at_old, other - at_new
        if gone == come <= _PAIRED:
            # As many as before: one became one, which is finer than all became all.
            edits += [_Edit(at_old + i, at_old + i + 1, (new[at_new + i],)) for i in range(gone)]
        else:
            edits.append(_Edit(at_old, start, tuple(new[at_new:other])))
        at_old, at_new = start + size, other + size
    return edits


def _partners(blocks: _Blocks, new: Sequence[_Paragraph]) -> dict[int, _Paragraph]:
    return {start + step: new[other + step] for start, other, size in blocks for step in range(size)}


def _words(paragraphs: Sequence[_Paragraph]) -> list[str]:
    return [paragraph.words for paragraph in paragraphs]


def _kept(old: _Paragraph, mine: _Paragraph | None, theirs: _Paragraph | None) -> str:
    """An unchanged paragraph, with the empty lines of whoever changed those; mine where both did."""
    for one in (mine, theirs):
        if one is not None and one.space != old.space:
            return one.text
    return old.text


def _places(mine: list[_Edit], theirs: list[_Edit]) -> list[tuple[list[_Edit], list[_Edit], int, int]]:
    """Gather edits that touch the same paragraphs of the base; each place has those of one side or of both."""
    places: list[tuple[list[_Edit], list[_Edit], int, int]] = []
    both = [(edit.start, edit.end, side, edit) for side, edits in enumerate((mine, theirs)) for edit in edits]
    waiting = sorted(both, key=lambda one: one[:3])
    for start, end, side, edit in waiting:
        if places:
            first, second, since, until = places[-1]
            # Two insertions at one spot, or one base paragraph in both: the same place. Neighbours are not.
            same_spot = start == end == since == until
            if same_spot or start < until or (start == since and end > start and until > since):
                (second if side else first).append(edit)
                places[-1] = (first, second, since, max(until, end))
                continue
        places.append(([], [edit], start, end) if side else ([edit], [], start, end))
    return places


def _settle(
    old: Sequence[_Paragraph], mine: list[_Edit], theirs: list[_Edit], start: int, end: int
) -> list[Agreed | Conflict]:
    left, right = _side(mine, start, end, old), _side(theirs, start, end, old)
    if not theirs or _words(left) == _words(right):
        return [Agreed(paragraph.text) for paragraph in left]
    if not mine:
        return [Agreed(paragraph.text) for paragraph in right]
    return [Conflict(_joined(old[start:end]), _joined(left), _joined(right))]


def _side(edits: list[_Edit], start: int, end: int, old: Sequence[_Paragraph]) -> list[_Paragraph]:
    """What one side made of the paragraphs ``start`` to ``end`` of the base."""
    made: list[_Paragraph] = []
    at = start
    for edit in edits:
        made += [*old[at : edit.start], *edit.paragraphs]
        at = edit.end
    return [*made, *old[at:end]]


def _joined(paragraphs: Sequence[_Paragraph]) -> str:
    return "".join([*(_apart(one.text) for one in paragraphs[:-1]), *(one.text for one in paragraphs[-1:])])


def _with_space_between(pieces: list[Agreed | Conflict]) -> tuple[Agreed | Conflict, ...]:
    """What stood last in one text may stand in the middle now: an empty line keeps it a paragraph of its own."""
    spaced: list[Agreed | Conflict] = []
    for piece in pieces[:-1]:
        if isinstance(piece, Agreed):
            spaced.append(Agreed(_apart(piece.text)))
        else:
            spaced.append(Conflict(piece.base, _apart(piece.mine), _apart(piece.theirs)))
    return (*spaced, *pieces[-1:])


def _apart(text: str) -> str:
    if not text.strip():
        return text
    ends = len(text) - len(text.rstrip())
    breaks = text[len(text) - ends :].count("\n")
    return text + "\n" * max(0, 2 - breaks)


def match_blocks(old: Sequence[Hashable], new: Sequence[Hashable]) -> _Blocks:
    """Return runs that two sequences have in common, as (start in old, start in new, length), in order of both."""
    pairs: list[tuple[int, int]] = []
    waiting = [(0, len(old), 0, len(new))]
    while waiting:
        low, high, other_low, other_high = waiting.pop()
        while low < high and other_low < other_high and old[low] == new[other_low]:
            pairs.append((low, other_low))
            low, other_low = low + 1, other_low + 1
        while low < high and other_low < other_high and old[high - 1] == new[other_high - 1]:
            high, other_high = high - 1, other_high - 1
            pairs.append((high, other_high))
        if low == high or other_low == other_high:
            continue
        anchors = _anchors(old, new, low, high, other_low, other_high)
        if anchors:
            for (i, j), (k, m) in zip(
                [(low - 1, other_low - 1), *anchors], [*anchors, (high, other_high)], strict=True
            ):
                waiting.append((i + 1, k, j + 1, m))
            pairs += anchors
        elif (high - low) * (other_high - other_low) <= _THOROUGH:
            matcher = SequenceMatcher(None, old[low:high], new[other_low:other_high], autojunk=False)
            for i, j, size in matcher.get_matching_blocks():
                pairs += [(low + i + step, other_low + j + step) for step in range(size)]
    return _runs(sorted(pairs))


def _anchors(
    old: Sequence[Hashable], new: Sequence[Hashable], low: int, high: int, other_low: int, other_high: int
) -> list[tuple[int, int]]:
    """What occurs once in both, in the longest order that both have."""
    counts, others = Counter(old[low:high]), Counter(new[other_low:other_high])
    places = {new[j]: j for j in range(other_low, other_high) if others[new[j]] == 1}
    unique = [(i, places[old[i]]) for i in range(low, high) if counts[old[i]] == 1 and old[i] in places]
    # The longest rising run of places, by patience.
    tails: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(unique):
        pile = bisect_left(tails, j)
        before.append(piles[pile - 1] if pile else -1)
        if pile == len(tails):
            tails.append(j)
            piles.append(index)
        else:
            tails[pile], piles[pile] = j, index
    chosen: list[tuple[int, int]] = []
    index = piles[-1] if piles else -1
    while index >= 0:
        chosen.append(unique[index])
        index = before[index]
    return chosen[::-1]


def _runs(pairs: list[tuple[int, int]]) -> _Blocks:
    runs: _Blocks = []
    for i, j in pairs:
        if runs and runs[-1][0] + runs[-1][2] == i and runs[-1][1] + runs[-1][2] == j:
            runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((i, j, 1))
    return runs
