"""A film is as long as its shots, frame by frame what was planned, and copied wherever it can be."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from generation.media.cutting import Blend, Copy, Join, Run, Source, cut, edges
from generation.media.plan import Entry, Transition

FPS = 24


def dissolves(entries) -> list[int]:
    """Return how many frames each transition takes."""
    return [edge.before + edge.after for edge in edges(entries)]


def moving(key: str, frames: int) -> Source:
    keys = sorted({0, 12, frames - 12, *range(12, frames, FPS)} & set(range(frames)))
    return Source(key, frames, tuple(keys))


def shown(pieces, sources) -> list[tuple]:
    """Every film frame as (source, frame) or (source, frame, source, frame), clamped to what the sources have."""

    def at(key: str, number: int) -> tuple:
        source = sources[key]
        return key, 0 if source.still else min(max(number, 0), source.frames - 1)

    film: list[tuple] = []
    for piece in pieces:
        if isinstance(piece, Copy):
            assert piece.first in sources[piece.source].key_frames
            assert piece.first + piece.frames <= sources[piece.source].frames
            film += [at(piece.source, piece.first + step) for step in range(piece.frames)]
            continue
        frames: list[tuple] = []
        for part in piece.parts:
            for step in range(part.frames):
                if isinstance(part, Run):
                    frames.append(at(part.source, part.first + step))
                else:
                    frames.append(
                        (*at(part.before, part.before_first + step), *at(part.after, part.after_first + step))
                    )
        assert piece.shown <= len(frames)
        film += frames[: piece.shown]
    return film


def planned(entries, keys, sources) -> list[tuple]:
    """The same, written down naively from the rule."""

    def at(number: int, offset: int) -> tuple:
        source = sources[keys[number]]
        frame = entries[number].source_in + offset
        return keys[number], 0 if source.still else min(max(frame, 0), source.frames - 1)

    lengths = dissolves(entries)
    film: list[tuple] = []
    for number, entry in enumerate(entries):
        for offset in range(entry.frames):
            into, out = lengths[number], lengths[number + 1]
            if offset < into - into // 2:
                film.append((*at(number - 1, entries[number - 1].frames + offset), *at(number, offset)))
            elif offset >= entry.frames - out // 2:
                film.append((*at(number, offset), *at(number + 1, offset - entry.frames)))
            else:
                film.append(at(number, offset))
    return film


entry = some.builds(
    Entry,
    label=some.just("1"),
    frames=some.integers(1, 130),
    source_in=some.sampled_from([0, 0, 0, 5, 12, 36, 200]),
    transition=some.one_of(
        some.just(Transition()),
        some.builds(Transition, kind=some.just("dissolve"), frames=some.integers(1, 60)),
    ),
)


@settings(max_examples=400, deadline=None)
@given(some.lists(some.tuples(entry, some.sampled_from(["a", "b", "c", "s"])), min_size=1, max_size=8))
def test_any_plan_gives_exactly_its_frames(film):
    sources = {
        "a": moving("a", 120),
        "b": moving("b", 50),
        "c": moving("c", 7),
        "s": Source("s", FPS, (0, 12), still=True),
    }
    entries, keys = [entry for entry, _ in film], [key for _, key in film]
    pieces = cut(entries, keys, sources, FPS)
    assert shown(pieces, sources) == planned(entries, keys, sources)


def test_hard_cuts_are_copied_and_nothing_is_encoded():
    sources = {"a": moving("a", 120), "b": moving("b", 72)}
    pieces = cut([Entry("1", 120), Entry("2", 72)], ["a", "b"], sources, FPS)
    assert pieces == [Copy("a", 0, 120), Copy("b", 0, 72)]


def test_a_second_of_dissolve_encodes_its_own_frames_only():
    sources = {"a": moving("a", 120), "b": moving("b", 120)}
    entries = [Entry("1", 120), Entry("2", 120, transition=Transition("dissolve", 24))]
    assert cut(entries, ["a", "b"], sources, FPS) == [
        Copy("a", 0, 108),
        Join((Blend("a", 108, "b", -12, 24),), 24),
        Copy("b", 12, 108),
    ]


def test_a_shorter_dissolve_goes_on_to_the_next_key_frame():
    sources = {"a": moving("a", 120), "b": moving("b", 120)}
    entries = [Entry("1", 120), Entry("2", 120, transition=Transition("dissolve", 12))]
    join = cut(entries, ["a", "b"], sources, FPS)[1]
    assert join == Join((Blend("a", 114, "b", -6, 12), Run("b", 6, 6)), 18)


def test_holds_of_every_length_share_one_group():
    sources = {"a": moving("a", 48)}
    holds = [piece for piece in cut([Entry("1", 48 + 60)], ["a"], sources, FPS) if isinstance(piece, Join)]
    assert [hold.shown for hold in holds] == [24, 24, 12]
    assert len({hold.parts for hold in holds}) == 1


def test_dissolves_never_meet_inside_a_shot():
    entries = [
        Entry("1", 100),
        Entry("2", 10, transition=Transition("dissolve", 40)),
        Entry("3", 100, transition=Transition("dissolve", 40)),
        Entry("4", 1, transition=Transition("dissolve", 2)),
    ]
    assert dissolves(entries) == [0, 10, 10, 0, 0]
    assert dissolves([Entry("1", 10, transition=Transition("dissolve", 4))]) == [0, 0]
