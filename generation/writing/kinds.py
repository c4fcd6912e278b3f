"""What can be wanted written, and what each kind of it asks a model for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from django.db.models import QuerySet

from generation import planning, wishes
from generation.catalogue import ImpossibleRequest, Model, models
from generation.models import Job, Writing
from generation.providers.base import Operation
from generation.states import JobState
from generation.wishes import Wish
from generation.writing import tasks
from generation.writing.cleaning import whole_part
from generation.writing.tasks import Brief, Task
from projects.access import OpenProject
from projects.oneline import one_line
from scenes.models import Element, Scene, Script, Shot
from scenes.screenplay.reading import clean_text
from scenes.services.elements import DESCRIPTION_LIMIT
from scenes.services.scripts import current_script
from scenes.services.shots import PROMPT_LIMIT, built_prompt

Row = TypeVar("Row", Scene, Shot, Element)
Kind = Writing.Kind
SCREENPLAYS = (Kind.SCREENPLAY, Kind.CONTINUATION)
_MOST_WISH = 200
_SCENES_READ = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants written. Which of it counts depends on the kind; rows are the opened project's.

    Attributes:
        kind: one of ``Writing.Kind``.
        idea, minutes, genre, tone, language: of a film, as ``tasks.Brief`` has them.
        then_screenplay: of an outline: write the screenplay as well, without waiting for anybody.
        source: the outline to follow; of a continuation, the unfinished screenplay that the person saw.
        passage, instruction: of the script: what to rewrite, and how.
        scene, shot, element: what it is about.
    """

    kind: str
    idea: str = ""
    minutes: float = 5.0
    genre: str = ""
    tone: str = ""
    language: str = ""
    then_screenplay: bool = False
    source: Writing | None = None
    passage: str = ""
    instruction: str = ""
    scene: Scene | None = None
    shot: Shot | None = None
    element: Element | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One job of a plan, with what is kept of it."""

    kind: str
    wish: Wish
    kept: Mapping[str, Any] = field(default_factory=dict)


_Parts = tuple[str, list[Part]]


def parts_of(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    """Return the title of a batch, and the jobs of it.

    Args:
        opened: the project.
        model: which writes.
        wanted: as somebody filled it in.

    Raises:
        ImpossibleRequest: it cannot be asked like that; ``field`` names what to change.
    """
    build = {
        Kind.OUTLINE: _outline,
        Kind.SCREENPLAY: _screenplay,
        Kind.CONTINUATION: _continuation,
        Kind.REWRITE: _rewrite,
        Kind.SHOTS: _shots,
        Kind.DESCRIPTION: _description,
        Kind.TIGHTEN: _tighten,
        Kind.SOFTEN: _soften,
    }.get(Kind(wanted.kind) if wanted.kind in Kind.values else None)  # type: ignore[arg-type]
    if build is None:
        raise ImpossibleRequest(f"Choose what to write: {', '.join(Kind.values)}.", field="kind")
    return build(opened, model, wanted)


def unfinished(opened: OpenProject) -> Writing | None:
    """Return the screenplay that can be gone on with: the last one, unfinished, and still in the script."""
    rows = Writing.objects.filter(project=opened.project, kind__in=SCREENPLAYS).exclude(script=None)
    last = rows.select_related("script", "outline").order_by("-created_at").first()
    latest = current_script(opened.project)
    if last is None or last.script is None or latest is None or not last.cut or last.set_aside:
        return None
    return last if latest == last.script or _mostly_of(last.script.text, latest.text) else None


def _mostly_of(written: str, now: str) -> bool:
    """Return whether somebody has only gone over a text: half of its paragraphs are still there."""
    paragraphs = set(written.split("\n\n"))
    return 2 * len(paragraphs & set(now.split("\n\n"))) >= len(paragraphs)


def prompt_of(shot: Shot) -> str:
    """Return the words that a shot is made from, as people see them."""
    return shot.prompt_by_hand.strip() or built_prompt(shot)


def prompt_most(shot: Shot) -> int:
    """Return how long a shot's prompt may be for every model that makes it.

    Raises:
        ImpossibleRequest: a model that was chosen is not there any more.
    """
    chosen = planning.models_of(shot.scene.project)
    named = [models().get(one.get("model", "")) for one in (shot.still_settings, shot.clip_settings)]
    rules = [
        capability.prompt.most
        for model in (named[0] or chosen[planning.STILLS], named[1] or chosen[planning.CLIPS])
        for operation, capability in model.capabilities.items()
        if capability.prompt is not None
        and operation in (*planning.OPERATIONS_OF[planning.STILLS], *planning.OPERATIONS_OF[planning.CLIPS])
    ]
    return min([PROMPT_LIMIT, *rules])


def was_moderated(shot: Shot) -> bool:
    """Return whether the last picture or clip that was asked for a shot was refused for what it would show."""
    # A clip whose still was refused was never asked for itself.
    asked = Job.objects.filter(shot=shot, line=None).exclude(failure_code="input_failed").order_by("-created_at")
    return asked.values_list("failure_code", flat=True).first() == "moderated"


def scene_text(scene: Scene) -> str:
    """Return a scene as the script has it: heading, action, and who says what."""
    said = (f"{one.get('character', '')}: {one.get('text', '')}" for one in scene.dialogue if isinstance(one, dict))
    return "\n".join((scene.heading, scene.action, *said)).strip()


def _outline(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    brief = _brief(wanted)
    kept = {"brief": brief.as_json()}
    first = _wish(opened, model, tasks.outline(brief))
    parts = [Part(Kind.OUTLINE, first, kept)]
    if wanted.then_screenplay:
        # Its words follow when the outline is there; until then it is priced with the longest there can be.
        second = _wish(opened, model, tasks.screenplay(brief, None))
        parts.append(Part(Kind.SCREENPLAY, replace(second, input_wish=first), kept))
    return ("Write a screenplay" if wanted.then_screenplay else "Write an outline"), parts


def _screenplay(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    source = wanted.source
    if source is None or source.kind != Kind.OUTLINE or not source.result:
        raise ImpossibleRequest("Choose an outline that is written. The screenplay follows it.", field="writing")
    task = tasks.screenplay(Brief(**source.brief), source.result)
    kept = {"brief": source.brief, "outline": source}
    return "Write the screenplay", [Part(Kind.SCREENPLAY, _wish(opened, model, task), kept)]


def _continuation(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    source, latest = unfinished(opened), current_script(opened.project)
    if source is None or latest is None or (wanted.source is not None and wanted.source != source):
        raise ImpossibleRequest("There is no unfinished screenplay to go on with.", field="kind")
    before = whole_part(latest.text) if latest.pk == source.script_id else latest.text
    outlined = source.outline.result if source.outline is not None else None
    task = tasks.continuation(Brief(**source.brief), outlined, before)
    kept = {"brief": source.brief, "outline": source.outline, "before": before}
    return "Continue the screenplay", [Part(Kind.CONTINUATION, _wish(opened, model, task), kept)]


def _rewrite(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    passage = clean_text(wanted.passage)[0].strip("\n")
    instruction = clean_text(wanted.instruction)[0].strip()
    if not passage.strip():
        raise ImpossibleRequest("Select the words to rewrite first.", field="passage")
    if len(passage) > tasks.MOST_PASSAGE:
        raise ImpossibleRequest(
            f"The passage has {len(passage):,} characters, and {tasks.MOST_PASSAGE:,} is the most. Select less.",
            field="passage",
        )
    if not instruction:
        raise ImpossibleRequest(
            "Say how to rewrite it: shorter, funnier, from her point of view …", field="instruction"
        )
    if len(instruction) > tasks.MOST_INSTRUCTION:
        raise ImpossibleRequest(
            f"Say it in at most {tasks.MOST_INSTRUCTION:,} characters; these are {len(instruction):,}.",
            field="instruction",
        )
    latest = current_script(opened.project)
    if latest is None or passage not in latest.text:
        raise ImpossibleRequest(
            "These words are not in the saved script. Save it first, then select them again.", field="passage"
        )
    if latest.text.count(passage) > 1:
        raise ImpossibleRequest(
            "These words are in the script more than once. Select more of what stands around them.", field="passage"
        )
    task = tasks.rewrite(passage, instruction, _around(latest, passage))
    kept = {"brief": {"instruction": instruction}, "before": passage}
    return "Rewrite a passage", [Part(Kind.REWRITE, _wish(opened, model, task), kept)]


def _shots(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    scene = _needed(wanted.scene, "scene")
    there = Shot.objects.filter(scene=scene, omitted_at=None).order_by("position")
    listed = [f"{shot.angle}: {shot.description}" for shot in there]
    before = scene_text(scene)
    if not before:
        raise ImpossibleRequest("This scene has no words yet. Write what happens in it first.", field="scene")
    task = tasks.shots(before, listed, opened.project.style)
    kept = {"scene": scene, "before": before}
    return f"Propose shots · scene {scene.number}", [Part(Kind.SHOTS, _wish(opened, model, task), kept)]


def _description(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    element = _needed(wanted.element, "element")
    task = tasks.description(
        element.get_kind_display().lower(),
        element.shown_name,
        element.description,
        "\n\n".join(_where(opened, element)),
        DESCRIPTION_LIMIT,
    )
    kept = {"element": element, "before": element.description, "brief": {"most": DESCRIPTION_LIMIT}}
    return f"Describe {element.shown_name}"[:120], [Part(Kind.DESCRIPTION, _wish(opened, model, task), kept)]


def _tighten(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    shot = _needed(wanted.shot, "shot")
    most, before = prompt_most(shot), prompt_of(shot)
    kept = {"shot": shot, "before": before, "brief": {"most": most}}
    wish = _wish(opened, model, tasks.tighten(before, most))
    return f"Shorten the prompt · {shot.label}", [Part(Kind.TIGHTEN, wish, kept)]


def _soften(opened: OpenProject, model: Model, wanted: Wanted) -> _Parts:
    shot = _needed(wanted.shot, "shot")
    reason = _refusals_of(shot).values_list("failure_text", flat=True).first() or ""
    most, before = prompt_most(shot), prompt_of(shot)
    kept = {"shot": shot, "before": before, "brief": {"most": most}}
    wish = _wish(opened, model, tasks.soften(before, reason, most))
    return f"Other words for a refused prompt · {shot.label}", [Part(Kind.SOFTEN, wish, kept)]


def _refusals_of(shot: Shot) -> QuerySet[Job]:
    refused = Job.objects.filter(shot=shot, failure_code="moderated", state=JobState.FAILED)
    return refused.order_by("-created_at")


def _brief(wanted: Wanted) -> Brief:
    idea = clean_text(wanted.idea)[0].strip()
    if not idea:
        raise ImpossibleRequest("Write what the film is about; a sentence is enough.", field="idea")
    if len(idea) > tasks.MOST_IDEA:
        raise ImpossibleRequest(
            f"The idea has {len(idea):,} characters, and {tasks.MOST_IDEA:,} is the most. "
            f"Shorten it by {len(idea) - tasks.MOST_IDEA:,}.",
            field="idea",
        )
    if not tasks.LEAST_MINUTES <= wanted.minutes <= tasks.MOST_MINUTES:
        raise ImpossibleRequest(
            f"A film has {tasks.LEAST_MINUTES:g} to {tasks.MOST_MINUTES:g} minutes here.", field="minutes"
        )
    words = {name: one_line(getattr(wanted, name)) for name in ("genre", "tone", "language")}
    for name, text in words.items():
        if len(text) > _MOST_WISH:
            raise ImpossibleRequest(f"Say the {name} in at most {_MOST_WISH} characters.", field=name)
    return Brief(idea, round(wanted.minutes, 1), **words)


def _wish(opened: OpenProject, model: Model, task: Task) -> Wish:
    def by(asked: Model) -> Wish:
        return wishes.free_wish(
            opened.project,
            operation=Operation.TEXT_TO_TEXT,
            model=asked,
            prompt=task.prompt,
            parameters=task.parameters(asked.can(Operation.TEXT_TO_TEXT).tokens_most),
        )

    return planning.with_others(opened.project, by(model), by)


def _needed(row: Row | None, name: str) -> Row:
    if row is None:
        raise ImpossibleRequest(f"Say for which {name}.", field=name)
    return row


def _around(script: Script, passage: str) -> str:
    at = script.text.find(passage)
    return script.text[max(0, at - 1500) : at + len(passage) + 1500]


def _where(opened: OpenProject, element: Element) -> Sequence[str]:
    """Return the scenes that an element occurs in, the first few, as the script has them."""
    names = set(element.names)
    found = []
    for scene in Scene.objects.filter(project=opened.project, omitted_at=None).order_by("position"):
        said = {scene.location.upper(), *(str(name).upper() for name in scene.characters)}
        if names & said or any(name in scene.action.upper() for name in names):
            found.append(scene_text(scene))
        if len(found) == _SCENES_READ:
            break
    return found
