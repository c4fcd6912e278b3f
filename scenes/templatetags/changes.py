"""A plan of changes in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import template

from scenes.screenplay.changes import Change, ChangePlan, ScenePlan

register = template.Library()

_WORDS = {"time_of_day": "time of day", "interior": "inside or outside", "lines": "dialogue", "duration": "length"}
_TONES = {Change.ADDED: "ok", Change.CHANGED: "accent", Change.MOVED: "info", Change.OMITTED: "warn"}


@register.filter
def listed(fields: Sequence[str]) -> str:
    """Return field names as people list them: ``heading, action and shots``."""
    words = [_WORDS.get(field, field) for field in fields if field not in ("omitted", "restored")]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


@register.filter
def tone(change: Change) -> str:
    """Return the colour that says what happens."""
    return _TONES.get(change, "")


@register.simple_tag
def counted(plan: ChangePlan) -> list[tuple[Change, int]]:
    """Return how many scenes have each change, without those that have none or were omitted long ago."""
    now = [scene for scene in plan.scenes if scene.change is not Change.OMITTED or scene.fields]
    order = (Change.ADDED, Change.CHANGED, Change.MOVED, Change.OMITTED, Change.UNCHANGED)
    counts = [(change, sum(scene.change is change for scene in now)) for change in order]
    return [(change, count) for change, count in counts if count]


@register.filter
def heading_of(scene: ScenePlan, headings: Mapping[str, str]) -> str:
    """Return what a scene is called: in the new script, or before it left."""
    return scene.draft.heading if scene.draft else headings.get(scene.known_id or "", "")
