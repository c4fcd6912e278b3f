"""Storing a breakdown: the plan of changes becomes rows, many at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from uuid import UUID

from django.utils import timezone

from projects import events
from projects.access import OpenProject
from projects.models import Project
from scenes import mirror
from scenes.models import Element, Line, Scene, Shot
from scenes.screenplay.changes import Change, ChangePlan, KnownScene, KnownShot, ScenePlan, ShotPlan
from scenes.screenplay.drafts import Angle, Breakdown, LineDraft, SpeechDraft
from scenes.screenplay.headings import TimeOfDay
from scenes.screenplay.numbering import new_shot_letter


def known_scenes(project: Project) -> list[KnownScene]:
    """Return an opened project's stored scenes as the planner needs them, in film order."""
    shots: dict[UUID, list[KnownShot]] = defaultdict(list)
    rows = Shot.objects.filter(scene__project=project).prefetch_related("lines", "takes").order_by("position")
    for shot in rows:
        shots[shot.scene_id].append(
            KnownShot(
                id=str(shot.pk),
                description=shot.description,
                lines=tuple(_line_draft(line) for line in shot.lines.all()),
                angle=Angle(shot.angle),
                duration_ms=shot.duration_ms,
                prompt_by_hand=bool(shot.prompt_by_hand),
                angle_by_hand=shot.angle_by_hand,
                duration_by_hand=shot.duration_by_hand,
                has_takes=bool(shot.takes.all()),
                omitted=shot.omitted_at is not None,
            )
        )
    return [
        KnownScene(
            id=str(scene.pk),
            number=scene.number,
            heading=scene.heading,
            interior=scene.interior,
            location=scene.location,
            time_of_day=TimeOfDay(scene.time_of_day),
            characters=tuple(scene.characters),
            action=scene.action,
            dialogue=tuple(SpeechDraft(**speech) for speech in scene.dialogue),
            shots=tuple(shots[scene.pk]),
            omitted=scene.omitted_at is not None,
        )
        for scene in Scene.objects.of(project)
    ]


def _line_draft(line: Line) -> LineDraft:
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
        if draft is None:
            scene.omitted_at = scene.omitted_at or self._now
            scene.status = Scene.Status.OMITTED
        else:
            scene.heading = draft.heading
            scene.interior = draft.interior
            scene.location = draft.location
            scene.time_of_day = draft.time_of_day
            scene.characters = list(draft.characters)
            scene.action = draft.action
            scene.dialogue = [asdict(speech) for speech in draft.dialogue]
            if scene.omitted_at is not None:
                scene.omitted_at = None
                scene.status = Scene.Status.HAS_CONTENT
            used = {shot.letter for shot in self._shots.values() if shot.scene_id == scene.pk}
            in_film = 0
            for place, shot_plan in enumerate(plan.shots):
                first = in_film == 0 and shot_plan.draft is not None
                self._shot(scene, place, shot_plan, used, dissolve=dissolve and first)
                in_film += shot_plan.draft is not None
            scene.duration_ms = sum(shot.duration_ms for shot in plan.shots if shot.draft is not None)
        if plan.change is not Change.UNCHANGED:
            self.changed_scenes.append(scene.pk)

    def _shot(self, scene: Scene, place: int, plan: ShotPlan, letters: set[str], *, dissolve: bool) -> None:
        if plan.known_id is None:
            shot = Shot(scene=scene, letter=new_shot_letter(letters), angle=plan.angle)
            letters.add(shot.letter)
            self._new_shots.append(shot)
        else:
            shot = self._shots[plan.known_id]
            self._old_shots.append(shot)
        shot.position = place
        shot.updated_at = self._now
        shot.duration_ms = plan.duration_ms
        draft = plan.draft
        if draft is None:
            shot.omitted_at = shot.omitted_at or self._now
            return
        shot.omitted_at = None
        shot.angle = plan.angle
        shot.description = draft.description
        shot.characters = list(draft.characters)
        shot.transition = Shot.Transition.DISSOLVE if dissolve else Shot.Transition.CUT
        self._lines(shot, draft.lines, known=plan.known_id is not None)

    def _lines(self, shot: Shot, drafts: tuple[LineDraft, ...], *, known: bool) -> None:
        """Keep the rows of lines whose words stay, with their voices; replace the others."""
        there: dict[tuple[str, str], list[Line]] = defaultdict(list)
        if known:
            for line in shot.lines.all():
                there[line.character, line.text].append(line)
        for position, draft in enumerate(drafts):
            same = there[draft.character, draft.text]
            if same:
                line = same.pop(0)
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
            "duration_ms", "status", "omitted_at", "updated_at",
        ]  # fmt: skip
        shot_fields = [
            "position", "angle", "description", "characters", "duration_ms", "transition", "omitted_at", "updated_at",
        ]  # fmt: skip
        line_fields = ["position", "extension", "parenthetical", "dual", "start_ms", "duration_ms"]
        Line.objects.filter(pk__in=self._gone_lines).delete()
        Scene.objects.bulk_create(self._new_scenes)
        Scene.objects.bulk_update(self._old_scenes, scene_fields, batch_size=100)
        Shot.objects.bulk_create(self._new_shots, batch_size=500)
        Shot.objects.bulk_update(self._old_shots, shot_fields, batch_size=100)
        Line.objects.bulk_create(self._new_lines, batch_size=500)
        Line.objects.bulk_update(self._old_lines, line_fields, batch_size=100)


def _save_elements(project: Project, breakdown: Breakdown) -> None:
    """Make an element for each character and location that has none; what people wrote of others stays."""
    wanted = [
        Element(project=project, kind=Element.Kind.CHARACTER, name=draft.name[:200], description=draft.description)
        for draft in breakdown.characters
    ] + [
        Element(project=project, kind=Element.Kind.LOCATION, name=draft.name[:200])
        for draft in breakdown.locations
        if draft.name
    ]
    Element.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=500)
