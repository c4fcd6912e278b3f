"""What must hold when the dying is over: the provider's books, our database and the ledger tell the same story."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generation.models import Attempt, Entry, Job
from generation.money.books import violations
from generation.money.ledger import CHARGING, CLOSING, ENDED
from generation.rehearsal import Books
from generation.rehearsal.books import RUNWARE, RUNWAY
from generation.rehearsal.tasks import Task
from generation.states import JOB_ENDED, JOB_OPEN, AttemptState, JobState
from projects.models import Event, Project
from scenes.models import Asset, Take

WORDS = {RUNWAY: "promptText", RUNWARE: "positivePrompt"}
# Runware's errors name no price: what it keeps of a failed order, only its monthly bill tells.
KEPT_IN_SILENCE = frozenset({"moderation_input", "moderation_output", "partial_cost"})
Order = tuple[str, str, str]
"""One thing that may be bought once: the provider, what comes out, and the words, which no two wishes share."""


@dataclass(frozen=True, slots=True)
class Sold:
    """What the providers took orders for."""

    books: Books

    def tasks(self) -> Iterator[Task]:
        """Every order that was taken, as often as it was taken."""
        for provider in (RUNWAY, RUNWARE):
            for line in self.books.by_body(provider).values():
                yield from map(self.books.task, line.task_ids)

    def by_order(self) -> dict[Order, list[Task]]:
        """The same by what was ordered."""
        found: dict[Order, list[Task]] = defaultdict(list)
        for task in self.tasks():
            found[task.provider, task.wanted.kind, str(task.body[WORDS[task.provider]])].append(task)
        return found


def order_of(attempt: Attempt) -> Order:
    """Return what an attempt is an attempt to buy."""
    return attempt.provider, attempt.job.media, attempt.prompt


def kept_in_silence(task: Task) -> bool:
    """Return whether a provider charges for an order that failed, and has no way to say so."""
    return task.provider == RUNWARE and task.failing in KEPT_IN_SILENCE


def waits_for_the_doubtful(job: Job) -> bool:
    """Return whether a job can only go on once a person has decided about the one that it starts from."""
    return job.input_job is not None and job.input_job.state == JobState.UNKNOWN


def findings(folder: Path, asked: int) -> list[str]:
    """Return everything that does not hold, each in a sentence; empty is the only good result.

    Args:
        folder: the simulated providers' state.
        asked: how many jobs were asked for.
    """
    sold = Sold(Books(folder)).by_order()
    return [
        *_lost_or_stuck(asked),
        *_bought_twice(folder, sold),
        *_unpaid_or_overpaid(sold),
        *_doubtful(),
        *_told_twice(),
        *_made_twice(),
        *violations(),
    ]


def _lost_or_stuck(asked: int) -> Iterator[str]:
    if (there := Job.objects.count()) != asked:
        yield f"Lost: {asked} jobs were asked for, and there are {there}."
    for job in Job.objects.filter(state__in=JOB_OPEN).select_related("input_job"):
        if not waits_for_the_doubtful(job):
            standing = list(job.attempts.values_list("provider", "state", "failure_internal"))
            yield f"Stuck: job {job.pk} is {job.state}, its attempts {standing}."
    for attempt in Attempt.objects.exclude(state__in=(*ENDED, AttemptState.UNKNOWN)).select_related("job__input_job"):
        if not waits_for_the_doubtful(attempt.job):
            yield f"Stuck: attempt {attempt.pk} at {attempt.provider} is {attempt.state}."


def _bought_twice(folder: Path, sold: dict[Order, list[Task]]) -> Iterator[str]:
    for name, line in Books(folder).bought_twice().items():
        yield f"Bought twice: {name} was accepted {line.accepted} times for {line.charged} micro-units."
    for order, tasks in sold.items():
        if len(tasks) > 1:
            yield f"Bought twice: {order} as {[task.id for task in tasks]}."


def _unpaid_or_overpaid(sold: dict[Order, list[Task]]) -> Iterator[str]:
    """What we have settled is what they have charged, order by order, except where nobody can know."""
    booked: Counter[str] = Counter()
    for attempt_id, amount in Entry.objects.filter(kind__in=CHARGING).values_list("attempt_id", "amount"):
        booked[str(attempt_id)] += amount
    ours: dict[Order, Attempt] = {}
    for attempt in Attempt.objects.select_related("job"):
        if order_of(attempt) in ours:
            yield f"Two attempts want {order_of(attempt)}."
        ours[order_of(attempt)] = attempt
        if attempt.state not in ENDED:
            continue
        tasks = sold.get(order_of(attempt), [])
        charged = sum(task.cost for task in tasks if not kept_in_silence(task))
        if booked[str(attempt.pk)] != charged:
            yield (
                f"Attempt {attempt.pk} at {attempt.provider} ({attempt.state}, {attempt.failure_code or 'no failure'}) "
                f"is booked at {booked[str(attempt.pk)]}, and {charged} was charged for {[task.id for task in tasks]} "
                f"with {[dict(task.faults) for task in tasks]}."
            )
        if attempt.task_id and attempt.task_id not in {task.id for task in tasks}:
            yield f"Attempt {attempt.pk} has the task {attempt.task_id}, which was not taken for it."
    for order in sold.keys() - ours.keys():
        yield f"Nobody of us has ordered {order}, and {sold[order][0].cost} was charged for it."


def _doubtful() -> Iterator[str]:
    """Doubt is Runway's alone, and holds its money until somebody decides."""
    for attempt in Attempt.objects.filter(state=AttemptState.UNKNOWN):
        kinds = Counter(Entry.objects.filter(attempt=attempt).values_list("kind", flat=True))
        if kinds != {Entry.Kind.RESERVE: 1}:
            yield f"Doubtful attempt {attempt.pk} does not hold its money: {dict(kinds)}."
        if attempt.provider != RUNWAY:
            yield (
                f"Attempt {attempt.pk} at {attempt.provider} is in doubt after {attempt.claims} claims: "
                f"{attempt.failure_code} {attempt.failure_internal}"
            )


def _told_twice() -> Iterator[str]:
    for project in Project.objects.all():
        numbers = list(Event.objects.filter(project=project).order_by("number").values_list("number", flat=True))
        if numbers != list(range(1, project.last_event_number + 1)):
            yield f"The events of {project} have gaps or doubles."
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, payload in Event.objects.filter(type__contains="_generation_").values_list("type", "payload"):
        told[payload["jobId"]][kind.rpartition("_")[2]] += 1
    for job in Job.objects.all():
        events = told[str(job.pk)]
        ends = {"completed": job.state == JobState.SUCCEEDED, "failed": job.state in JOB_ENDED[1:]}
        if any(events[name] != there for name, there in ends.items()) or events["started"] > 1:
            yield f"Job {job.pk} is {job.state}, and these events tell of it: {dict(events)}."


def _made_twice() -> Iterator[str]:
    closing = Counter(Entry.objects.filter(kind__in=CLOSING).values_list("attempt_id", flat=True))
    for attempt_id, count in closing.items():
        if count > 1:
            yield f"Attempt {attempt_id} was settled {count} times."
    done = Attempt.objects.filter(state=AttemptState.SUCCEEDED)
    takes = Counter(Take.objects.values_list("attempt_id", flat=True))
    for attempt in done:
        if takes[attempt.pk] != 1:
            yield f"Attempt {attempt.pk} has succeeded and made {takes[attempt.pk]} takes."
    brought = [asset for attempt in done for asset in attempt.assets]
    if takes.total() != len(done):
        yield f"{len(done)} attempts have succeeded, and there are {takes.total()} takes."
    generated = {str(pk) for pk in Asset.objects.filter(origin=Asset.Origin.GENERATED).values_list("pk", flat=True)}
    if sorted(brought) != sorted(generated):
        yield f"{len(brought)} results were brought home, and there are {len(generated)} assets."
    if len(done) != Job.objects.filter(state=JobState.SUCCEEDED).count():
        yield "The jobs that have succeeded are not those whose attempts have."
