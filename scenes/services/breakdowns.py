"""Storing a breakdown: the plan of changes becomes rows, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from uuid import UUID

from django.utils import timezone

from projects import events
from projects.access import OpenProject
from projects.models import Project
from scenes import mirror
from scenes.handles import new_handle
from scenes.models import Element, Line, Scene, Shot
from scenes.screenplay.cast import appearance
from scenes.screenplay.changes import Change, ChangePlan, KnownScene, KnownShot, ScenePlan, ShotPlan
from scenes.screenplay.dividing import Part, divide
from scenes.screenplay.drafts import Angle, Breakdown, LineDraft, SceneDraft, SpeechDraft
from scenes.screenplay.headings import TimeOfDay
from scenes.screenplay.numbering import new_shot_letter
from scenes.services.narration import follow_shots


def known_scenes(project: Project) -> list[KnownScene]:
    """Return an opened project's stored scenes as the planner needs them, in film order."""
    shots: dict[UUID, list[KnownShot]] = defaultdict(list)
    rows = list(Shot.objects.filter(scene__project=project).prefetch_related("lines", "takes").order_by("position"))
    parts = parts_of(rows)
    for shot in rows:
        if shot.split_from_id is None:
            shots[shot.scene_id].append(_known_shot([shot, *parts.get(shot.pk, ())]))
    return [_known_scene(scene, tuple(shots[scene.pk])) for scene in Scene.objects.of(project)]


def parts_of(shots: Iterable[Shot]) -> dict[UUID, list[Shot]]:
    """Return what was cut off from each split shot, in the order of the script."""
    parts: dict[UUID, list[Shot]] = defaultdict(list)
    for shot in sorted(shots, key=lambda one: one.part):
        if shot.split_from_id is not None:
            parts[shot.split_from_id].append(shot)
    return parts


def _known_shot(parts: Sequence[Shot]) -> KnownShot:
    """A shot as the script has it: one, however often it was split."""
    shot = parts[0]
    lines: list[LineDraft] = []
    length = 0
    for part in parts:
        drafts = (line_draft(line) for line in part.lines.all() if not line.narration)
        lines += [replace(draft, start_ms=draft.start_ms + length) for draft in drafts]
        length += part.duration_ms
    return KnownShot(
        id=str(shot.pk),
        description=shot.whole_description or shot.description,
        lines=tuple(lines),
        angle=Angle(shot.angle),
        duration_ms=length,
        prompt_by_hand=any(part.prompt_by_hand for part in parts),
        angle_by_hand=shot.angle_by_hand,
        duration_by_hand=shot.duration_by_hand,
        has_takes=any(part.takes.all() for part in parts),
        omitted=all(part.omitted_at is not None for part in parts),
        by_hand=shot.by_hand,
        placed_by_hand=shot.placed_by_hand,
        left_out=all(part.omitted_by_hand for part in parts),
        characters=tuple(shot.characters),
    )


def _known_scene(scene: Scene, shots: tuple[KnownShot, ...]) -> KnownScene:
    """A scene as the script has it, whatever people wrote in its place."""

    def says(name: str) -> str:
        return str(scene.from_script.get(name, getattr(scene, name)))

    return KnownScene(
        id=str(scene.pk),
        number=scene.number,
        heading=says("heading"),
        interior=says("interior"),
        location=says("location"),
        time_of_day=TimeOfDay(says("time_of_day")),
        characters=tuple(scene.characters),
        action=says("action"),
        dialogue=tuple(SpeechDraft(**speech) for speech in scene.dialogue),
        shots=shots,
        omitted=scene.omitted_at is not None,
        by_hand=scene.by_hand,
        placed_by_hand=scene.placed_by_hand,
        left_out=scene.omitted_by_hand,
    )


def line_draft(line: Line) -> LineDraft:
    """Return a stored line as the screenplay's functions know it."""
    return LineDraft(
        character=line.character,
        text=line.text,
        parenthetical=line.parenthetical,
        extension=line.extension,
        dual=line.dual,
        start_ms=line.start_ms,
        duration_ms=line.duration_ms,
    )


def carry_out(*, opened: OpenProject, seen_plan: ChangePlan, breakdown: Breakdown) -> None:
    """Store a plan. Part of the caller's transaction, which holds the project's row."""
    project = opened.project
    scenes = {str(scene.pk): scene for scene in Scene.objects.filter(project=project)}
    shots = {
        str(shot.pk): shot for shot in Shot.objects.filter(scene__project=project).prefetch_related("lines__voice")
    }
    writer = _Writer(project, scenes, shots)
    dissolve = False
    for position, plan in enumerate(seen_plan.scenes):
        writer.scene(position, plan, dissolve=dissolve)
        if plan.draft is not None:
            dissolve = "DISSOLVE" in plan.draft.transition.upper() or "FADE" in plan.draft.transition.upper()
    writer.save()
    follow_shots(project)
    _save_elements(project, breakdown)
    changed = writer.changed_scenes
    mirror.want(*changed)
    events.record(
        project.pk,
        "breakdown_applied",
        {
            "scenes": len(breakdown.scenes),
            "shots": sum(len(scene.shots) for scene in breakdown.scenes),
            "durationMs": breakdown.duration_ms,
            **{change.value: seen_plan.count(change) for change in Change},
        },
        actor=opened.user,
    )


class _Writer:
    """Collects rows while it walks the plan, and saves them in a handful of statements."""

    def __init__(self, project: Project, scenes: dict[str, Scene], shots: dict[str, Shot]) -> None:
        self._project = project
        self._scenes = scenes
        self._shots = shots
        self._there: dict[UUID, list[Shot]] = defaultdict(list)
        for shot in sorted(shots.values(), key=lambda one: one.position):
            self._there[shot.scene_id].append(shot)
        self._parts = parts_of(shots.values())
        self._new_scenes: list[Scene] = []
        self._old_scenes: list[Scene] = []
        self._new_shots: list[Shot] = []
        self._old_shots: list[Shot] = []
        self._new_lines: list[Line] = []
        self._old_lines: list[Line] = []
        self._gone_lines: list[UUID] = []
        self._now = timezone.now()
        self.changed_scenes: list[UUID] = []

    def scene(self, position: int, plan: ScenePlan, *, dissolve: bool) -> None:
        """Take one scene of the plan."""
        if plan.known_id is None:
            scene = Scene(project=self._project, number=plan.number)
            self._new_scenes.append(scene)
        else:
            scene = self._scenes[plan.known_id]
            self._old_scenes.append(scene)
        scene.position = position
        scene.updated_at = self._now
        draft = plan.draft
        if draft is not None:
            self._words(scene, draft)
            if scene.omitted_at is not None and not scene.omitted_by_hand:
                scene.omitted_at = None
                scene.status = Scene.Status.HAS_CONTENT
            self._shots_of(scene, plan.shots, dissolve=dissolve)
        elif plan.change is Change.OMITTED:
            scene.omitted_at = scene.omitted_at or self._now
            scene.status = Scene.Status.OMITTED
        if plan.change is not Change.UNCHANGED:
            self.changed_scenes.append(scene.pk)

    def _words(self, scene: Scene, draft: SceneDraft) -> None:
        """Take the script's words, and remember them where a person wrote something else."""
        scene.by_hand = False
        for name in ("heading", "interior", "location", "time_of_day", "action"):
            if name in scene.from_script:
                scene.from_script[name] = getattr(draft, name)
            else:
                setattr(scene, name, getattr(draft, name))
        scene.characters = list(draft.characters)
        scene.dialogue = [asdict(speech) for speech in draft.dialogue]

    def _shots_of(self, scene: Scene, plans: Sequence[ShotPlan], *, dissolve: bool) -> None:
        there = self._there.get(scene.pk, [])
        letters = {shot.letter for shot in there}
        rows: list[Shot] = []
        for plan in plans:
            opens = plan.draft is not None and all(row.omitted_at is not None for row in rows)
            rows.append(self._shot(scene, plan, letters, dissolve=dissolve and opens))
        # What was cut off from a shot stays behind what it stands behind.
        for before, shot in zip((None, *there), there, strict=False):
            if shot.split_from_id is not None:
                rows.insert(rows.index(before) + 1 if before else 0, shot)
        for place, shot in enumerate(rows):
            shot.position = place
            shot.updated_at = self._now
        known = {shot.pk for shot in there}
        self._old_shots.extend(shot for shot in rows if shot.pk in known)
        self._new_shots.extend(shot for shot in rows if shot.pk not in known)
        scene.duration_ms = sum(shot.duration_ms for shot in rows if shot.omitted_at is None)

    def _shot(self, scene: Scene, plan: ShotPlan, letters: set[str], *, dissolve: bool) -> Shot:
        if plan.known_id is None:
            shot = Shot(scene=scene, letter=new_shot_letter(letters), angle=plan.angle)
            letters.add(shot.letter)
        else:
            shot = self._shots[plan.known_id]
        parts = [shot, *self._parts.get(shot.pk, ())]
        draft = plan.draft
        if draft is None:
            if plan.change is Change.OMITTED:
                for part in parts:
                    part.omitted_at = part.omitted_at or self._now
            return shot
        shot.by_hand = False
        shot.angle = plan.angle
        shot.transition = Shot.Transition.DISSOLVE if dissolve else Shot.Transition.CUT
        for part in parts:
            part.characters = list(draft.characters)
            if not part.omitted_by_hand:
                part.omitted_at = None
        if len(parts) == 1:
            shot.description, shot.duration_ms = draft.description, plan.duration_ms
            self._lines(parts, [draft.lines], known=plan.known_id is not None)
        elif {"description", "lines"} & set(plan.fields):
            shot.whole_description = draft.description
            self._divided(parts, draft.description, draft.lines, plan.duration_ms)
        return shot

    def _divided(self, parts: Sequence[Shot], description: str, lines: Sequence[LineDraft], duration_ms: int) -> None:
        """Give new words to a shot that was split, cut in the same proportions as before."""
        told: list[tuple[LineDraft, ...]] = []
        rest = Part(description, tuple(lines), duration_ms)
        left = sum(part.duration_ms for part in parts)
        for part in parts[:-1]:
            share = part.duration_ms / left
            left -= part.duration_ms
            first, rest = divide(rest.description, rest.lines, rest.duration_ms, int(rest.duration_ms * share))
            part.description, part.duration_ms = first.description, first.duration_ms
            told.append(first.lines)
        parts[-1].description, parts[-1].duration_ms = rest.description, rest.duration_ms
        self._lines(parts, [*told, rest.lines], known=True)

    def _lines(self, parts: Sequence[Shot], drafts: Sequence[tuple[LineDraft, ...]], *, known: bool) -> None:
        """Keep the rows of lines whose words stay, with their voices; replace the others."""
        there: dict[tuple[str, str], list[Line]] = defaultdict(list)
        if known:
            for part in parts:
                for line in part.lines.all():
                    if line.narration:
                        continue
                    there[line.character, line.text].append(line)
        for shot, told in zip(parts, drafts, strict=True):
            for position, draft in enumerate(told):
                same = there[draft.character, draft.text]
                if same:
                    line = same.pop(0)
                    line.shot = shot
                    self._old_lines.append(line)
                else:
                    line = Line(shot=shot, character=draft.character[:120], text=draft.text)
                    self._new_lines.append(line)
                line.position = position
                line.extension = draft.extension[:40]
                line.parenthetical = draft.parenthetical[:200]
                line.dual = draft.dual
                line.start_ms = draft.start_ms
                line.duration_ms = draft.duration_ms
        self._gone_lines.extend(line.pk for lines in there.values() for line in lines)

    def save(self) -> None:
        """Write everything that was collected."""
        scene_fields = [
            "position", "heading", "interior", "location", "time_of_day", "characters", "action", "dialogue",
            "duration_ms", "status", "omitted_at", "by_hand", "from_script", "updated_at",
        ]  # fmt: skip
        shot_fields = [
            "position", "angle", "description", "characters", "duration_ms", "transition", "omitted_at", "by_hand",
            "whole_description", "updated_at",
        ]  # fmt: skip
        line_fields = ["shot", "position", "extension", "parenthetical", "dual", "start_ms", "duration_ms"]
        Line.objects.filter(pk__in=self._gone_lines).delete()
        Scene.objects.bulk_create(self._new_scenes)
        Scene.objects.bulk_update(self._old_scenes, scene_fields, batch_size=100)
        Shot.objects.bulk_create(self._new_shots, batch_size=500)
        Shot.objects.bulk_update(self._old_shots, shot_fields, batch_size=100)
        Line.objects.bulk_create(self._new_lines, batch_size=500)
        Line.objects.bulk_update(self._old_lines, line_fields, batch_size=100)


def _save_elements(project: Project, breakdown: Breakdown) -> None:
    """Make an element for each character and location that has none; what people made of others stays."""
    known: set[tuple[str, str]] = set()
    handles: set[str] = set()
    for element in Element.objects.filter(project=project):
        # Also those in the trash: what somebody threw away does not come back by itself.
        known.update((element.kind, name) for name in element.names)
        handles.add(element.handle)
    drafts = [
        (Element.Kind.CHARACTER, draft.name, appearance(draft.name, draft.description))
        for draft in breakdown.characters
    ]
    drafts += [(Element.Kind.LOCATION, draft.name, "") for draft in breakdown.locations if draft.name]
    wanted = []
    for kind, name, description in drafts:
        name = name[:200]
        if (kind, name.upper()) in known:
            continue
        known.add((kind, name.upper()))
        handle = new_handle(name, handles)
        handles.add(handle)
        wanted.append(Element(project=project, kind=kind, name=name, handle=handle, description=description))
    Element.objects.bulk_create(wanted, batch_size=500)
