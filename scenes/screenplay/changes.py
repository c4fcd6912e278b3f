"""What a re-import would change: a plan to be shown first and carried out afterwards.

Nothing is ever deleted: what the new script no longer has is *omitted*, as on set, with its number
and its takes. A shot that a person worked on keeps what they chose: a prompt by hand, an angle by
hand, a length by hand, and every take. What a person inserted stays, what they put somewhere stays behind
what it stands behind now, and what they left out stays out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TypeVar

from .drafts import LineDraft, SceneDraft, ShotDraft
from .listeners import with_its_listener
from .matching import Pairs, Words, likeness, moved, pair_alike, pair_equal, words_of
from .numbering import new_scene_number
from .plans import Change, ChangePlan, KnownScene, KnownShot, ScenePlan, ShotPlan

__all__ = ["Change", "ChangePlan", "KnownScene", "KnownShot", "ScenePlan", "ShotPlan", "plan_changes"]

_SAME_SCENE = 0.45
_SAME_SHOT = 0.4
_RELATED = 0.2
_NONE = -1


def plan_changes(
    existing: Sequence[KnownScene], drafts: Sequence[SceneDraft], *, retired: Collection[str] = ()
) -> ChangePlan:
    """Plan a re-import, or a first import when nothing exists yet.

    Scenes are recognised by their written number, then by equal content, then by heading and words in
    common, then by their place between recognised neighbours.

    Args:
        existing: the stored scenes in film order, omitted ones included.
        drafts: the new breakdown.
        retired: numbers that were once used by scenes that no longer exist.
    """
    pairs = _of_the_script(existing, drafts, _pair_scenes, lambda scene: _content(scene, with_heading=True))
    order = _order(existing, len(drafts), pairs)
    numbers = _numbers(existing, drafts, pairs, order, retired)
    out_of_place = _out_of_place(existing, pairs)
    plans: list[ScenePlan] = []
    for new, old in order:
        if new == _NONE:
            plans.append(_kept_scene(existing[old]) if existing[old].by_hand else _gone_scene(existing[old]))
        elif old == _NONE:
            shots = tuple(_new_shot(shot) for shot in drafts[new].shots)
            plans.append(ScenePlan(Change.ADDED, numbers[new], None, drafts[new], (), shots))
        else:
            plans.append(_met_again(existing[old], drafts[new], out_of_place=new in out_of_place))
    return ChangePlan(tuple(plans))


_Known = TypeVar("_Known", KnownScene, KnownShot)
_Draft = TypeVar("_Draft")


def _of_the_script(
    known: Sequence[_Known],
    drafts: Sequence[_Draft],
    pair: Callable[[Sequence[_Known], Sequence[_Draft]], Pairs],
    same: Callable[[_Known | _Draft], Hashable],
) -> Pairs:
    """Pair drafts with what came from a script; what people inserted meets only what is the same to the letter."""
    places = [place for place, one in enumerate(known) if not one.by_hand]
    pairs = {new: places[old] for new, old in pair([known[place] for place in places], drafts).items()}
    if len(places) < len(known):
        pair_equal([same(one) if one.by_hand else () for one in known], [same(draft) for draft in drafts], pairs)
    return pairs


def _out_of_place(known: Sequence[KnownScene] | Sequence[KnownShot], pairs: Pairs) -> set[int]:
    return moved({new: old for new, old in pairs.items() if not known[old].omitted and not known[old].placed_by_hand})


def _pair_scenes(existing: Sequence[KnownScene], drafts: Sequence[SceneDraft]) -> Pairs:
    old_words = [_scene_words(scene) for scene in existing]
    new_words = [_scene_words(draft) for draft in drafts]

    def score(old: int, new: int) -> float:
        text = likeness(old_words[old], new_words[new])
        return 0.5 * _same_place(existing[old], drafts[new]) + 0.5 * text

    pairs: Pairs = {}
    numbered: Pairs = {}
    pair_equal([scene.number for scene in existing], [draft.number or "" for draft in drafts], numbered)
    # A program that numbers a script anew gives old numbers to other scenes: a number alone is believed only
    # after equal content has had its say.
    pairs.update({new: old for new, old in numbered.items() if score(old, new) >= _RELATED})
    for with_heading in (True, False):
        pair_equal(
            [_content(scene, with_heading=with_heading) for scene in existing],
            [_content(draft, with_heading=with_heading) for draft in drafts],
            pairs,
        )
    taken = set(pairs.values())
    pairs.update({new: old for new, old in numbered.items() if new not in pairs and old not in taken})
    pair_alike(len(existing), len(drafts), pairs, score, least=_SAME_SCENE)
    _pair_by_place(len(existing), len(drafts), pairs, score)
    return pairs


def _pair_by_place(old_count: int, new_count: int, pairs: Pairs, score: Callable[[int, int], float]) -> None:
    """Pair a lone new scene with the lone old one between the same neighbours, unless they have nothing in common."""
    taken = set(pairs.values())
    for new in range(new_count):
        if new in pairs:
            continue
        before = pairs.get(new - 1) if new else -1
        after = pairs.get(new + 1) if new + 1 < new_count else old_count
        if before is None or after != before + 2 or before + 1 in taken:
            continue
        if score(before + 1, new) >= _RELATED:
            pairs[new] = before + 1
            taken.add(before + 1)


def _content(scene: KnownScene | SceneDraft, *, with_heading: bool) -> tuple[str, ...]:
    """What makes two scenes the same without a doubt; empty when there is no text to tell them by."""
    said = tuple(f"{speech.character}:{speech.text}" for speech in scene.dialogue)
    if with_heading:
        return (scene.heading.casefold(), scene.action, *said)
    return (scene.action, *said) if len(scene.action) + sum(map(len, said)) > 40 else ()


def _scene_words(scene: KnownScene | SceneDraft) -> Words:
    said = " ".join(f"{speech.character} {speech.text}" for speech in scene.dialogue)
    return words_of(f"{scene.action} {said}")


def _same_place(known: KnownScene, draft: SceneDraft) -> float:
    if known.heading.casefold() == draft.heading.casefold():
        return 1.0
    if known.location.casefold() == draft.location.casefold():
        return 0.8 if known.interior == draft.interior else 0.6
    return 0.0


def _order(known: Sequence[KnownScene] | Sequence[KnownShot], new_count: int, pairs: Pairs) -> list[tuple[int, int]]:
    """(new, old) in the new order, ``_NONE`` for a missing side.

    What is gone, and what a person put somewhere, stands behind what it stood behind before.
    """
    paired = {old: new for new, old in pairs.items()}
    behind: dict[int, list[int]] = {}
    anchor = _NONE
    for old in range(len(known)):
        if old in paired and not known[old].placed_by_hand:
            anchor = paired[old]
        else:
            behind.setdefault(anchor, []).append(old)
    order = [(paired.get(old, _NONE), old) for old in behind.get(_NONE, ())]
    for new in range(new_count):
        if new not in pairs or not known[pairs[new]].placed_by_hand:
            order.append((new, pairs.get(new, _NONE)))
            order.extend((paired.get(old, _NONE), old) for old in behind.get(new, ()))
    return order


def _numbers(
    existing: Sequence[KnownScene],
    drafts: Sequence[SceneDraft],
    pairs: Pairs,
    order: Sequence[tuple[int, int]],
    retired: Collection[str],
) -> dict[int, str]:
    """A number for each added scene: the written one if it is free, else one that fits between its neighbours."""
    taken = {number.upper() for number in (*(scene.number for scene in existing), *retired)}
    numbers: dict[int, str] = {}
    for new, draft in enumerate(drafts):
        if new not in pairs and draft.number and draft.number.upper() not in taken:
            numbers[new] = draft.number
            taken.add(draft.number.upper())
    known = [existing[old].number if old != _NONE else numbers.get(new, "") for new, old in order]
    standing = [number for number in known if number]
    for place, ((new, _), number) in enumerate(zip(order, known, strict=True)):
        if not number:
            numbers[new] = new_scene_number(standing, place, retired=retired)
            standing.insert(place, numbers[new])
    return numbers


def _met_again(known: KnownScene, draft: SceneDraft, *, out_of_place: bool) -> ScenePlan:
    fields = [name for name in _COMPARED if getattr(known, name) != getattr(draft, name)]
    shots = _shot_plans(known.shots, draft.shots, draft.characters)
    if any(shot.change is not Change.UNCHANGED and (shot.draft or shot.fields) for shot in shots):
        fields.append("shots")
    if known.omitted and not known.left_out:
        fields.append("restored")
    return ScenePlan(_change(fields, out_of_place), known.number, known.id, draft, tuple(fields), shots)


_COMPARED = ("heading", "interior", "location", "time_of_day", "characters", "action", "dialogue")


def _change(fields: Sequence[str], out_of_place: bool) -> Change:
    if out_of_place:
        return Change.MOVED
    return Change.CHANGED if fields else Change.UNCHANGED


def _gone_scene(known: KnownScene) -> ScenePlan:
    fields = () if known.omitted else ("omitted",)
    shots = tuple(_gone_shot(shot, newly=False) for shot in known.shots)
    return ScenePlan(Change.OMITTED, known.number, known.id, None, fields, shots)


def _kept_scene(known: KnownScene) -> ScenePlan:
    return ScenePlan(
        Change.UNCHANGED, known.number, known.id, None, (), tuple(_kept_shot(shot) for shot in known.shots)
    )


def _kept_shot(known: KnownShot) -> ShotPlan:
    return ShotPlan(Change.UNCHANGED, known.id, None, (), known.angle, known.duration_ms, _keeps(known))


def _new_shot(draft: ShotDraft) -> ShotPlan:
    return ShotPlan(Change.ADDED, None, draft, (), draft.angle, draft.duration_ms)


def _gone_shot(known: KnownShot, *, newly: bool) -> ShotPlan:
    fields = ("omitted",) if newly and not known.omitted else ()
    return ShotPlan(Change.OMITTED, known.id, None, fields, known.angle, known.duration_ms, _keeps(known))


def _keeps(known: KnownShot) -> tuple[str, ...]:
    flags = {
        "takes": known.has_takes,
        "prompt": known.prompt_by_hand,
        "angle": known.angle_by_hand,
        "duration": known.duration_by_hand,
    }
    return tuple(name for name, kept in flags.items() if kept)


def _shot_plans(
    known: Sequence[KnownShot], drafts: Sequence[ShotDraft], people: Collection[str]
) -> tuple[ShotPlan, ...]:
    pairs = _of_the_script(known, drafts, _pair_shots, _shot_content)
    out_of_place = _out_of_place(known, pairs)
    plans: list[ShotPlan] = []
    for new, old in _order(known, len(drafts), pairs):
        if new == _NONE:
            plans.append(_kept_shot(known[old]) if known[old].by_hand else _gone_shot(known[old], newly=True))
        elif old == _NONE:
            plans.append(_new_shot(drafts[new]))
        else:
            draft = with_its_listener(drafts[new], known[old], people)
            plans.append(_same_shot(known[old], draft, out_of_place=new in out_of_place))
    return tuple(plans)


def _pair_shots(known: Sequence[KnownShot], drafts: Sequence[ShotDraft]) -> Pairs:
    pairs: Pairs = {}
    pair_equal(
        [(shot.description, _said(shot.lines)) for shot in known],
        [(shot.description, _said(shot.lines)) for shot in drafts],
        pairs,
    )
    if len(pairs) < min(len(known), len(drafts)):
        old_words, new_words = [_shot_words(shot) for shot in known], [_shot_words(shot) for shot in drafts]
        pair_alike(
            len(known),
            len(drafts),
            pairs,
            lambda old, new: likeness(old_words[old], new_words[new]),
            least=_SAME_SHOT,
        )
    return pairs


def _shot_content(shot: KnownShot | ShotDraft) -> tuple[object, ...]:
    """What makes two shots the same without a doubt; empty when nothing is seen or said."""
    return (shot.description, _said(shot.lines)) if shot.description or shot.lines else ()


def _shot_words(shot: KnownShot | ShotDraft) -> Words:
    return words_of(" ".join([shot.description, *(f"{line.character} {line.text}" for line in shot.lines)]))


def _said(lines: Sequence[LineDraft]) -> tuple[tuple[str, ...], ...]:
    """What is said, without the times: those follow from the words."""
    return tuple((line.character, line.text, line.parenthetical, line.extension, line.dual) for line in lines)


def _same_shot(known: KnownShot, draft: ShotDraft, *, out_of_place: bool) -> ShotPlan:
    duration_ms = draft.duration_ms
    if known.duration_by_hand and known.duration_ms >= max((line.end_ms for line in draft.lines), default=0):
        duration_ms = known.duration_ms
    differs = {
        "description": known.description != draft.description,
        "lines": _said(known.lines) != _said(draft.lines),
        "duration": known.duration_ms != duration_ms,
        "restored": known.omitted and not known.left_out,
    }
    fields = tuple(name for name, different in differs.items() if different)
    change = _change(fields, out_of_place)
    keeps = tuple(name for name in _keeps(known) if name != "duration" or duration_ms == known.duration_ms)
    return ShotPlan(change, known.id, draft, fields, known.angle, duration_ms, keeps)
