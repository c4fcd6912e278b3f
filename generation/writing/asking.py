"""Asking for words: what it would cost, and the jobs for it, which are jobs like all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from generation import services, wishes
from generation.catalogue import ImpossibleRequest, Model, models
from generation.choosing import trials
from generation.models import Attempt, Batch, Job, Writing
from generation.providers.base import Operation
from generation.states import AttemptState
from generation.wishes import Wish
from generation.writing import tasks
from generation.writing.kinds import Kind, Part, Wanted, parts_of
from generation.writing.tasks import Brief
from projects.access import OpenProject
from projects.models import Project
from scenes.services.scripts import current_script

NOBODY_WRITES = (
    "Nobody can write here yet. An owner can enter a key for Claude or another language model under Team settings, "
    "Providers and keys; whoever runs this installation can name a model of their own, such as one of Ollama, by "
    "OPENAI_COMPATIBLE_BASE_URL. To see first how it goes, switch on Rehearsal in the project's settings."
)


class NobodyWrites(ImpossibleRequest):
    """There is no language model that the team can ask; the message says what to enter and where."""


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
    title, parts = parts_of(opened, model, wanted)
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


def _job_of(project: Project, batch: Batch, wish: Wish) -> Job:
    jobs = Job.objects.filter(project=project, fingerprint=wish.fingerprint)
    return jobs.filter(batch=batch).first() or jobs.latest("created_at")


def _version(opened: OpenProject) -> int:
    latest = current_script(opened.project)
    return latest.version if latest is not None else 0


def row_named(opened: OpenProject, writing_id: UUID) -> Writing | None:
    """Return one of an opened project's writings with all that is shown of it."""
    rows = Writing.objects.filter(project=opened.project, pk=writing_id)
    return rows.select_related("job__batch", "script", "outline", "scene", "shot__scene__project", "element").first()
