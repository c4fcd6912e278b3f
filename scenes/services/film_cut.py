"""Cutting the film: the order of its shots, where in its clip each begins and how it begins, sounds and titles.

A change comes as one value in JSON and is made whole or not at all. What comes back would take it back, in the same
form: a page keeps it for Ctrl+Z, and undoing is nothing but another change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from projects import events
from projects.access import OpenProject
from projects.bins import restore, throw_away
from projects.models import Project
from scenes import mirror
from scenes.cut import in_cut_order
from scenes.models import Asset, Film, Line, Scene, Shot, Sound, Title
from scenes.services.shots import LONGEST_MS, SHORTEST_MS

SHORTEST_TRANSITION_MS, LONGEST_TRANSITION_MS = 80, 5000
SHORTEST_SOUND_MS = 100
SHORTEST_TITLE_MS, LONGEST_TITLE_MS = 500, 60_000
LONGEST_FILM_MS = 6 * 3600 * 1000
QUIETEST_DB, LOUDEST_DB = -60.0, 12.0
MOST_SOUNDS, MOST_TITLES, MOST_AT_ONCE = 400, 400, 500
LAID = (Film.Track.MUSIC, Film.Track.EFFECTS, Film.Track.NARRATION)

_UNREADABLE = "This change cannot be read. Reload the page and try again."
Json = dict[str, Any]


class CutError(Exception):
    """The film cannot be cut like that. The message says what can be done; nothing was changed."""


@dataclass(slots=True)
class Changed:
    """What a change did.

    Attributes:
        inverse: the change that takes it back.
        made: the id of the sound or title that was added, or empty.
    """

    inverse: Json = field(default_factory=dict)
    made: str = ""


def film_of(project: Project) -> Film:
    """Return an opened project's film, made with its first use."""
    film, _ = Film.objects.get_or_create(project=project, defaults={"title": project.name})
    return film


@transaction.atomic
def change_cut(*, opened: OpenProject, change: Mapping[str, Any]) -> Changed:
    """Change the cut.

    Args:
        opened: the project, opened to create.
        change: any of ``move`` {shot, before}, ``order`` [shots], ``shots`` {id: {trimMs, durationMs, transition,
            transitionMs}}, ``film`` {fadeOutMs, muted}, ``sounds`` and ``titles`` {id: fields, or {deleted}},
            ``addSound`` and ``addTitle`` {fields}. Times are milliseconds; a sound's or title's ``startMs`` counts
            from its ``shotId``, or from the beginning of the film.

    Raises:
        CutError: the message says what is possible.
    """
    if not change or set(change) - set(_PARTS):
        raise CutError(_UNREADABLE)
    # The project's row serialises writers, as for breakdowns.
    Project.objects.filter(pk=opened.project.pk).update(logline=opened.project.logline)
    film = film_of(opened.project)
    changed = Changed()
    for name, part in _PARTS.items():
        if name in change:
            part(opened, film, change[name], changed)
    if changed.inverse:
        Film.objects.filter(pk=film.pk).update(updated_at=timezone.now())
        events.record(opened.project.pk, "cut_changed", {"what": sorted(change)}, actor=opened.user)
    return changed


# --- the order --------------------------------------------------------------------------------------------------------


def _move(opened: OpenProject, film: Film, wanted: Any, changed: Changed) -> None:
    """Put one shot before another, or at the end; whatever else has moved meanwhile stays where it is."""
    fields = _fields(wanted, {"shot", "before"})
    shots = list(Shot.objects.of(opened.project).in_film())
    order = [str(shot.pk) for shot in in_cut_order(shots, film.order)]
    moved, before = str(fields.get("shot") or ""), str(fields.get("before") or "")
    if moved not in order or (before and before not in order) or before == moved:
        raise CutError("This shot is not in the film any more. Reload the page and move again.")
    at = order.index(moved)
    successor = order[at + 1] if at + 1 < len(order) else None
    if (before or None) == successor:
        return
    order.remove(moved)
    order.insert(order.index(before) if before else len(order), moved)
    _save_order(film, [] if order == [str(shot.pk) for shot in shots] else order)
    changed.inverse["move"] = {"shot": moved, "before": successor}


def _order(opened: OpenProject, film: Film, wanted: Any, changed: Changed) -> None:
    """Put all shots into an order at once; none at all is the storyboard's."""
    if not isinstance(wanted, list):
        raise CutError(_UNREADABLE)
    there = {str(pk) for pk in Shot.objects.of(opened.project).in_film().values_list("pk", flat=True)}
    order = [shot_id for shot_id in dict.fromkeys(map(str, wanted)) if shot_id in there]
    if order == film.order:
        return
    changed.inverse["order"] = film.order
    _save_order(film, order)


def _save_order(film: Film, order: list[str]) -> None:
    film.order = order
    film.save(update_fields=["order", "updated_at"])


# --- shots ------------------------------------------------------------------------------------------------------------

_SHOT_FIELDS = {
    "trimMs": "trim_ms",
    "durationMs": "duration_ms",
    "transition": "transition",
    "transitionMs": "transition_ms",
}


def _shots(opened: OpenProject, film: Film, wanted: Any, changed: Changed) -> None:
    rows = _rows(wanted)
    shots = {
        str(shot.pk): shot for shot in Shot.objects.of(opened.project).filter(pk__in=rows).select_related("clip__asset")
    }
    inverse: Json = {}
    for shot_id, values in rows.items():
        if (shot := shots.get(shot_id)) is None:
            raise CutError("This shot is not in the project any more. Reload the page.")
        before = _shot(shot, _fields(values, set(_SHOT_FIELDS)))
        if before:
            inverse[shot_id] = before
    if not inverse:
        return
    changed.inverse["shots"] = inverse
    for scene_id in {shots[shot_id].scene_id for shot_id in inverse}:
        length = Shot.objects.filter(scene=scene_id, omitted_at=None).aggregate(all=Sum("duration_ms"))["all"] or 0
        Scene.objects.filter(pk=scene_id).update(duration_ms=length, updated_at=timezone.now())
        mirror.want(scene_id)
    for shot_id in inverse:
        payload = {"sceneId": str(shots[shot_id].scene_id), "shotId": shot_id, "changed": ["cut"]}
        events.record(opened.project.pk, "shot_edited", payload, actor=opened.user)


def _shot(shot: Shot, values: Json) -> Json:
    """Change one shot; return what it was before, by the names of the change."""
    trim_ms = _whole(values, "trimMs", shot.trim_ms, 0, LONGEST_FILM_MS, "What is trimmed")
    duration_ms = _whole(values, "durationMs", shot.duration_ms, SHORTEST_MS, LONGEST_MS, "A shot")
    transition = values.get("transition", shot.transition)
    if transition not in Shot.Transition.values:
        raise CutError(f"There is no such transition. There are: {', '.join(map(str, Shot.Transition.labels))}.")
    transition_ms = _whole(
        values, "transitionMs", shot.transition_ms, SHORTEST_TRANSITION_MS, LONGEST_TRANSITION_MS, "A transition"
    )
    if (trim_ms, duration_ms) != (shot.trim_ms, shot.duration_ms):
        _check_trim(shot, trim_ms, duration_ms)
    before = {name: getattr(shot, column) for name, column in _SHOT_FIELDS.items()}
    shot.trim_ms, shot.duration_ms, shot.transition, shot.transition_ms = (
        trim_ms,
        duration_ms,
        transition,
        transition_ms,
    )
    was = {name: value for name, value in before.items() if value != getattr(shot, _SHOT_FIELDS[name])}
    if was:
        shot.duration_by_hand = shot.duration_by_hand or "durationMs" in was
        shot.save(update_fields=[*_SHOT_FIELDS.values(), "duration_by_hand", "updated_at"])
    return was


def _check_trim(shot: Shot, trim_ms: int, duration_ms: int) -> None:
    """A shot shows what its clip has; the words that are spoken in it must fit."""
    clip_ms = shot.clip.asset.duration_ms if shot.clip else None
    if clip_ms:
        if trim_ms > max(shot.trim_ms, clip_ms - SHORTEST_MS):
            raise CutError(f"The clip is {_seconds(clip_ms)} long; begin earlier in it.")
        # Shots that were longer than their clip before hold its last picture; they may not become still longer.
        beyond = max(0, shot.trim_ms + shot.duration_ms - clip_ms)
        if trim_ms + duration_ms > clip_ms + beyond:
            raise CutError(
                f"The clip has {_seconds(clip_ms - trim_ms)} from there, and the shot can be no longer. "
                "Make a longer clip, or trim less of its beginning."
            )
    elif trim_ms and trim_ms != shot.trim_ms:
        raise CutError("This shot has no clip yet whose beginning could be trimmed.")
    if duration_ms < shot.duration_ms:
        for line in Line.objects.filter(shot=shot, narration=False).order_by("-start_ms"):
            if (end_ms := line.start_ms + line.duration_ms) > duration_ms:
                raise CutError(
                    f"{line.character.title()} speaks until {_seconds(end_ms)}; the shot must be at least that long. "
                    "Shorten the line in the script, or leave the shot longer."
                )


# --- the film itself --------------------------------------------------------------------------------------------------


def _film(opened: OpenProject, film: Film, wanted: Any, changed: Changed) -> None:
    values = _fields(wanted, {"fadeOutMs", "muted"})
    muted = values.get("muted", film.muted)
    if not isinstance(muted, list) or not set(map(str, muted)) <= set(Film.Track.values):
        raise CutError("There is no such track. Reload the page and try again.")
    before = {"fadeOutMs": film.fade_out_ms, "muted": film.muted}
    film.fade_out_ms = _whole(values, "fadeOutMs", film.fade_out_ms, 0, LONGEST_TRANSITION_MS, "The fade")
    film.muted = sorted(set(muted))
    now = {"fadeOutMs": film.fade_out_ms, "muted": film.muted}
    was = {name: value for name, value in before.items() if value != now[name]}
    if was:
        film.save(update_fields=["fade_out_ms", "muted", "updated_at"])
        changed.inverse["film"] = was


# --- sounds -----------------------------------------------------------------------------------------------------------

_SOUND_FIELDS = {
    "track": "track", "shotId": "shot_id", "startMs": "start_ms", "inMs": "in_ms", "lengthMs": "length_ms",
    "gainDb": "gain_db", "fadeInMs": "fade_in_ms", "fadeOutMs": "fade_out_ms", "ducked": "ducked",
}  # fmt: skip


def _add_sound(opened: OpenProject, film: Film, wanted: Any, changed: Changed) -> None:
    values = _fields(wanted, {*_SOUND_FIELDS, "assetId"})
    asset_id = _id(values.pop("assetId", None))
    asset = Asset.objects.kept().filter(project=opened.project, kind=Asset.Kind.AUDIO, pk=asset_id).first()
    if asset is None or not asset.duration_ms:
        raise CutError("This sound is not in the project any more. Choose another.")
    if film.sounds.kept().count() >= MOST_SOUNDS:
        raise CutError(f"A film has at most {MOST_SOUNDS} sounds. Remove some first.")
    track = values.setdefault("track", Film.Track.MUSIC)
    sound = Sound(film=film, asset=asset, start_ms=0, length_ms=asset.duration_ms, created_by=opened.user)
    # Music makes room for those who speak; an effect belongs to what is seen.
    sound.ducked = track == Film.Track.MUSIC
    _set(sound, values, _SOUND_FIELDS, _check_sound, opened)
    sound.save()
    changed.made = str(sound.pk)
    changed.inverse.setdefault("sounds", {})[str(sound.pk)] = {"deleted": True}


def _sounds(opened: OpenProject, film: Film, wanted: Any, changed: Changed) -> None:
    rows = Sound.objects.filter(film__project=opened.project).select_related("asset")
    _change(opened, "sound", rows, wanted, _SOUND_FIELDS, _check_sound, changed)


def _check_sound(sound: Sound, values: Json) -> None:
    recording_ms = sound.asset.duration_ms or 0
    if sound.track not in LAID:
        raise CutError("Sounds are laid on the tracks for music, effects and narration.")
    sound.start_ms = _whole(values, "startMs", sound.start_ms, 0, LONGEST_FILM_MS, "The time before a sound")
    sound.in_ms = _whole(values, "inMs", sound.in_ms, 0, LONGEST_FILM_MS, "What is left out of a sound")
    shortest = min(SHORTEST_SOUND_MS, recording_ms)
    sound.length_ms = _whole(values, "lengthMs", sound.length_ms, shortest, LONGEST_FILM_MS, "A sound")
    if sound.in_ms + sound.length_ms > recording_ms:
        left = _seconds(max(0, recording_ms - sound.in_ms))
        raise CutError(f"The recording is {_seconds(recording_ms)} long; from there it has {left}.")
    sound.fade_in_ms = _whole(values, "fadeInMs", sound.fade_in_ms, 0, LONGEST_FILM_MS, "A fade")
    sound.fade_out_ms = _whole(values, "fadeOutMs", sound.fade_out_ms, 0, LONGEST_FILM_MS, "A fade")
    if sound.fade_in_ms + sound.fade_out_ms > sound.length_ms:
        if "fadeInMs" in values or "fadeOutMs" in values:
            raise CutError(f"Both fades together can be as long as the sound, {_seconds(sound.length_ms)}.")
        # A sound that becomes shorter takes its fades along.
        sound.fade_in_ms = min(sound.fade_in_ms, sound.length_ms // 2)
        sound.fade_out_ms = min(sound.fade_out_ms, sound.length_ms - sound.fade_in_ms)
    gain = values.get("gainDb", sound.gain_db)
    if not isinstance(gain, int | float) or isinstance(gain, bool) or not QUIETEST_DB <= gain <= LOUDEST_DB:
        raise CutError(f"A sound can be {QUIETEST_DB:g} to +{LOUDEST_DB:g} dB louder or quieter than recorded.")
    sound.gain_db = round(float(gain), 2)
    sound.ducked = bool(sound.ducked)


# --- titles -----------------------------------------------------------------------------------------------------------

_TITLE_FIELDS = {
    "text": "text", "subtext": "subtext", "place": "place", "style": "style", "shotId": "shot_id",
    "startMs": "start_ms", "lengthMs": "length_ms",
}  # fmt: skip


def _add_title(opened: OpenProject, film: Film, wanted: Any, changed: Changed) -> None:
    if film.titles.kept().count() >= MOST_TITLES:
        raise CutError(f"A film has at most {MOST_TITLES} titles. Remove some first.")
    title = Title(film=film, created_by=opened.user)
    _set(title, _fields(wanted, set(_TITLE_FIELDS)), _TITLE_FIELDS, _check_title, opened)
    title.save()
    changed.made = str(title.pk)
    changed.inverse.setdefault("titles", {})[str(title.pk)] = {"deleted": True}


def _titles(opened: OpenProject, film: Film, wanted: Any, changed: Changed) -> None:
    rows = Title.objects.filter(film__project=opened.project)
    _change(opened, "title", rows, wanted, _TITLE_FIELDS, _check_title, changed)


def _check_title(title: Title, values: Json) -> None:
    title.text, title.subtext = _words(title.text), _words(title.subtext)
    if not title.text:
        raise CutError("Write what the title says first.")
    if title.place not in Title.Place.values or title.style not in Title.Style.values:
        raise CutError("There is no such place or style for a title.")
    title.start_ms = _whole(values, "startMs", title.start_ms, 0, LONGEST_FILM_MS, "The time before a title")
    title.length_ms = _whole(values, "lengthMs", title.length_ms, SHORTEST_TITLE_MS, LONGEST_TITLE_MS, "A title")
    if title.place in (Title.Place.OPENING, Title.Place.CLOSING):
        title.shot_id, title.start_ms = None, 0


def _words(text: Any) -> str:
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())
    most = Title._meta.get_field("text").max_length or 0
    if len(words) > most:
        raise CutError(f"A title's line has at most {most} characters; shorten it by {len(words) - most}.")
    return words


# --- what all of them share -------------------------------------------------------------------------------------------


def _change(
    opened: OpenProject,
    kind: str,
    rows: Any,
    wanted: Any,
    names: Mapping[str, str],
    check: Callable[[Any, Json], None],
    changed: Changed,
) -> None:
    """Change rows of one kind, or put them into the trash and take them out again."""
    by_id = _rows(wanted)
    there = {str(row.pk): row for row in rows.filter(pk__in=by_id)}
    inverse: Json = changed.inverse.get(f"{kind}s", {})
    for row_id, values in by_id.items():
        row = there.get(row_id)
        fields = _fields(values, {*names, "deleted"})
        if row is None:
            raise CutError(f"This {kind} is not in the film any more. Reload the page.")
        if "deleted" in fields:
            if fields["deleted"] and throw_away(opened=opened, kind=kind, row=row):
                inverse[row_id] = {"deleted": False}
            elif not fields["deleted"] and row.deleted_at is not None:
                restore(opened=opened, kind=kind, row_id=row.pk)
                inverse[row_id] = {"deleted": True}
            continue
        if row.deleted_at is not None:
            raise CutError(f"Somebody removed this {kind} meanwhile. Take it out of the trash first.")
        before = {name: _plain(getattr(row, column)) for name, column in names.items()}
        _set(row, fields, names, check, opened)
        was = {name: value for name, value in before.items() if value != _plain(getattr(row, names[name]))}
        if was:
            row.save(update_fields=sorted(names.values()))
            inverse[row_id] = was
    if inverse:
        changed.inverse[f"{kind}s"] = inverse


def _set(
    row: Any, values: Json, names: Mapping[str, str], check: Callable[[Any, Json], None], opened: OpenProject
) -> None:
    for name, value in values.items():
        if name == "shotId":
            row.shot_id = _shot_id(opened, value)
        elif not name.endswith("Ms") and name != "gainDb":
            setattr(row, names[name], value)
    check(row, values)


def _shot_id(opened: OpenProject, value: Any) -> UUID | None:
    if not value:
        return None
    shot_id = _id(value)
    if not Shot.objects.of(opened.project).filter(pk=shot_id).exists():
        raise CutError("This shot is not in the project any more. Reload the page.")
    return shot_id


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _rows(wanted: Any) -> dict[str, Any]:
    if not isinstance(wanted, dict) or len(wanted) > MOST_AT_ONCE:
        raise CutError(_UNREADABLE)
    return {str(_id(key)): value for key, value in wanted.items()}


def _fields(wanted: Any, known: set[str]) -> Json:
    if not isinstance(wanted, dict) or set(wanted) - known:
        raise CutError(_UNREADABLE)
    return dict(wanted)


def _id(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise CutError("This change names something that is not there. Reload the page and try again.") from None


def _whole(values: Json, name: str, now: int, least: int, most: int, what: str) -> int:
    value = values.get(name, now)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CutError("Write times in seconds, for example 4.5.")
    if not least <= value <= most:
        raise CutError(f"{what} can be {_seconds(least)} to {_seconds(most)} long.")
    return round(value)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.6g} s"


_PARTS: dict[str, Callable[[OpenProject, Film, Any, Changed], None]] = {
    "order": _order,
    "move": _move,
    "shots": _shots,
    "film": _film,
    "sounds": _sounds,
    "titles": _titles,
    "addSound": _add_sound,
    "addTitle": _add_title,
}
