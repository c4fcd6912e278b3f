"""Asking for words: what it would cost, and the jobs for it, which are jobs like all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from generation import planning, services, wishes
from generation.catalogue import ImpossibleRequest, Model, models
from generation.choosing import trials
from generation.models import Attempt, Batch, Job, Writing
from generation.providers.base import Operation
from generation.states import AttemptState, JobState
from generation.wishes import Wish
from generation.writing import tasks
from generation.writing.cleaning import whole_part
from generation.writing.tasks import Brief, Task
from projects.access import OpenProject
from projects.models import Project
from projects.oneline import one_line
from scenes.models import Element, Scene, Script, Shot
from scenes.screenplay.reading import clean_text
from scenes.services.elements import DESCRIPTION_LIMIT
from scenes.services.scripts import current_script
from scenes.services.shots import PROMPT_LIMIT, built_prompt

Row = TypeVar("Row", Scene, Shot, Element)
Kind = Writing.Kind
SCREENPLAYS = (Kind.SCREENPLAY, Kind.CONTINUATION)
NOBODY_WRITES = (
    "Nobody can write here yet. An owner can enter a key for Claude or another language model under Team settings, "
    "Providers and keys; whoever runs this installation can name a model of their own, such as one of Ollama, by "
    "OPENAI_COMPATIBLE_BASE_URL."
)
_MOST_WISH = 200
_SCENES_READ = 6


class NobodyWrites(ImpossibleRequest):
    """There is no language model that the team can ask; the message says what to enter and where."""


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be asked for. Nothing has been asked yet."""

    title: str
    model: Model
    parts: tuple[Part, ...]

    @property
    def cost(self) -> int:
        """What it costs at most, in micro-units."""
        return sum(part.wish.estimate for part in self.parts)


def writers(project: Project) -> list[Model]:
    """Return the language models that an opened project can ask, the team's first choice first."""
    return trials.models_for(project, Operation.TEXT_TO_TEXT)


def writer(project: Project) -> Model:
    """Return the language model that writes for an opened project.

    Raises:
        NobodyWrites: there is none.
        ImpossibleRequest: the chosen one cannot be asked any more.
    """
    there = writers(project)
    if project.text_model:
        chosen = next((model for model in there if model.id == project.text_model), None)
        if chosen is not None:
            return chosen
        known = models().get(project.text_model)
        raise ImpossibleRequest(
            f"{known.label if known else project.text_model} writes for this project, and it cannot be asked here "
            "any more: it is retired, or its provider has no key. Choose another one in the project’s settings, "
            "Generating."
        )
    if not there:
        raise NobodyWrites(NOBODY_WRITES)
    return there[0]


def plan_of(opened: OpenProject, wanted: Wanted) -> Plan:
    """Return what would be asked for, with its price.

    Args:
        opened: the project.
        wanted: as somebody filled it in.

    Raises:
        ImpossibleRequest: it cannot be asked like that; ``field`` names what to change.
    """
    model = writer(opened.project)
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
    title, parts = build(opened, model, wanted)
    return Plan(title, model, tuple(parts))


@transaction.atomic
def ask(*, opened: OpenProject, wanted: Wanted, token: str = "") -> Writing:
    """Ask for words, in one batch. The same wish that goes on already is joined.

    Args:
        opened: the project, opened to spend.
        wanted: as somebody filled it in.
        token: the form's, so that a double click asks once.

    Returns:
        The first part: of an outline with its screenplay, the outline.

    Raises:
        ImpossibleRequest: as for ``plan_of``; and what ``services.generate`` raises.
    """
    plan = plan_of(opened, wanted)
    asked = [part.wish for part in plan.parts]
    batch = services.generate(
        opened=opened,
        wanted=asked,
        title=plan.title,
        idempotency_key=f"write:{token}" if token else "",
        request_hash=wishes.hash_of([wish.fingerprint for wish in asked]) if token else "",
    )
    made: list[Writing] = []
    for part in plan.parts:
        kept = dict(part.kept)
        if part.kind == Kind.SCREENPLAY and made:
            kept["outline"] = made[0]
        job = _job_of(opened.project, batch, part.wish)
        row, _ = Writing.objects.get_or_create(
            job=job, defaults={"project": opened.project, "kind": part.kind, "based_on": _version(opened), **kept}
        )
        made.append(row)
    made[0].refresh_from_db(fields=["result"])
    if made[0].result:
        # The outline that was joined has ended meanwhile, without knowing of whoever follows it.
        tell_followers(made[0])
    return made[0]


def tell_followers(outline: Writing) -> None:
    """Give the screenplay that waits for an outline its words, in the caller's transaction, which holds the project.

    They are priced already, at their longest.

    Args:
        outline: with its result.
    """
    for follower in Writing.objects.filter(outline=outline, job__input_job=outline.job_id).select_related("job"):
        prompt = tasks.screenplay(Brief(**follower.brief), outline.result).prompt
        others = [{**other, "prompt": prompt} for other in follower.job.alternatives]
        Job.objects.filter(pk=follower.job_id).update(prompt=prompt, alternatives=others)
        Attempt.objects.filter(job=follower.job_id, state=AttemptState.QUEUED).update(prompt=prompt)


def again(*, opened: OpenProject, row: Writing) -> Batch:
    """Ask once more for what failed or was cancelled, as things stand now.

    Args:
        opened: the project, opened to spend.
        row: one of the project's.

    Raises:
        ImpossibleRequest: as for ``ask``.
    """
    if row.kind == Kind.SCREENPLAY and row.outline is not None and not row.outline.result:
        # Its outline was not made either: both are asked for.
        return ask(opened=opened, wanted=_as_wanted(row.outline, then_screenplay=True)).job.batch
    return ask(opened=opened, wanted=_as_wanted(row)).job.batch


def row_of(jobs: Sequence[Job]) -> Writing | None:
    """Return what some jobs of one batch write, the last part of it; None where they write nothing."""
    rows = Writing.objects.select_related("job__batch", "outline").filter(job__in=jobs)
    return rows.order_by("-created_at").first()


def _as_wanted(row: Writing, *, then_screenplay: bool = False) -> Wanted:
    brief = row.brief
    named = {name: brief[name] for name in ("idea", "minutes", "genre", "tone", "language") if name in brief}
    source = row.outline if row.kind == Kind.SCREENPLAY else None
    return Wanted(
        kind=row.kind,
        **named,
        then_screenplay=then_screenplay,
        source=source,
        passage=row.before if row.kind == Kind.REWRITE else "",
        instruction=brief.get("instruction", ""),
        scene=row.scene,
        shot=row.shot,
        element=row.element,
    )


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
    last = Job.objects.filter(shot=shot, line=None).order_by("-created_at").values_list("failure_code", flat=True)
    return last.first() == "moderated"


def scene_text(scene: Scene) -> str:
    """Return a scene as the script has it: heading, action, and who says what."""
    said = (f"{one.get('character', '')}: {one.get('text', '')}" for one in scene.dialogue if isinstance(one, dict))
    return "\n".join((scene.heading, scene.action, *said)).strip()


# --- what each kind asks for -----------------------------------------------------------------------------------------

_Parts = tuple[str, list[Part]]


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


def _job_of(project: Project, batch: Batch, wish: Wish) -> Job:
    jobs = Job.objects.filter(project=project, fingerprint=wish.fingerprint)
    return jobs.filter(batch=batch).first() or jobs.latest("created_at")


def _version(opened: OpenProject) -> int:
    latest = current_script(opened.project)
    return latest.version if latest is not None else 0


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


def row_named(opened: OpenProject, writing_id: UUID) -> Writing | None:
    """Return one of an opened project's writings with all that is shown of it."""
    rows = Writing.objects.filter(project=opened.project, pk=writing_id)
    return rows.select_related("job__batch", "script", "outline", "scene", "shot__scene__project", "element").first()
