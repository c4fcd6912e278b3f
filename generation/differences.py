"""What has changed in the film since it was rendered, in sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from generation.cut import film_plan
from generation.media.plan import Entry, FilmPlan
from scenes.models import Render

MOST_TOLD = 40


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise now. ``at_ms`` is where in the film of now it can be seen; None where nowhere."""

    text: str
    at_ms: int | None = None


def differences(render: Render) -> list[Difference]:
    """Compare the film of now with the one that was rendered.

    Args:
        render: with its film and project; an opened project's.

    Returns:
        What is otherwise, in the order of the film; empty when nothing is.
    """
    try:
        then = FilmPlan.from_json(render.plan)
    except (KeyError, TypeError, ValueError):
        return [Difference("This rendering is older than what could be compared.")]
    try:
        now = film_plan(render.film)
    except ValueError:
        return [Difference("There are no shots in the film any more.")]
    return compare(then, now)


def compare(then: FilmPlan, now: FilmPlan) -> list[Difference]:
    """Tell two plans apart, shot by shot."""
    found: list[Difference] = []
    if then.format != now.format:
        size = f"{now.format.width}×{now.format.height} at {now.format.fps} frames a second"
        found.append(Difference(f"The film is {size} now."))
    before = {entry.label: entry for entry in then.entries if not entry.black}
    after = {entry.label: entry for entry in now.entries if not entry.black}
    starts = {entry.label: now.format.milliseconds(start) for entry, start in zip(now.entries, now.starts, strict=True)}
    for label, entry in after.items():
        if label not in before:
            found.append(Difference(f"Shot {label} is new.", starts[label]))
        else:
            found += [Difference(text, starts[label]) for text in _otherwise(before[label], entry, now.format.fps)]
    found += [Difference(f"Shot {label} is not in the film any more.") for label in before if label not in after]
    if [label for label in before if label in after] != [label for label in after if label in before]:
        found.append(Difference("The shots are in another order."))
    found += _words(then, now) + _sounds(then, now)
    if then.fade_out != now.fade_out:
        found.append(Difference("The end fades to black otherwise.", max(0, now.duration_ms - 2000)))
    if len(found) > MOST_TOLD:
        rest = len(found) - MOST_TOLD
        found = [*found[:MOST_TOLD], Difference(f"And {rest} more.")]
    return found


def _otherwise(then: Entry, now: Entry, fps: int) -> list[str]:
    said = []
    if then.clip != now.clip:
        clip = "another clip" if then.clip and now.clip else "its clip" if now.clip else "no clip any more"
        said.append(f"Shot {now.label} has {clip}.")
    elif not now.clip and then.still != now.still:
        said.append(f"Shot {now.label} has another still.")
    if then.frames != now.frames:
        by = abs(now.frames - then.frames) / fps
        said.append(f"Shot {now.label} is {by:.3g} s {'longer' if now.frames > then.frames else 'shorter'}.")
    if then.source_in != now.source_in:
        said.append(f"Shot {now.label} begins elsewhere in its clip.")
    if then.transition != now.transition:
        said.append(f"Shot {now.label} begins with another transition.")
    return said


def _words(then: FilmPlan, now: FilmPlan) -> list[Difference]:
    said: list[Difference] = []
    shown, there = Counter(now.titles), Counter(then.titles)
    said += [Difference(f"The title “{title.text}” is new or otherwise.", title.start_ms) for title in shown - there]
    texts = {title.text for title in now.titles}
    said += [Difference(f"The title “{title.text}” is gone.") for title in there - shown if title.text not in texts]
    spoken = Counter((line.sha256, line.gain_db is None) for line in now.lines)
    spoken.subtract((line.sha256, line.gain_db is None) for line in then.lines)
    changed = sum(count for count in spoken.values() if count > 0)
    if changed:
        said.append(Difference(f"{changed} line{'s are' if changed > 1 else ' is'} spoken otherwise."))
    return said


def _sounds(then: FilmPlan, now: FilmPlan) -> list[Difference]:
    heard, there = Counter(now.sounds), Counter(then.sounds)
    kept = {sound.sha256 for sound in then.sounds}
    said = [
        Difference("A sound is laid otherwise." if sound.sha256 in kept else "A sound is new.", sound.start_ms)
        for sound in heard - there
    ]
    still = {sound.sha256 for sound in now.sounds}
    return said + [Difference("A sound is gone.") for sound in there - heard if sound.sha256 not in still]
