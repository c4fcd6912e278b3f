"""Who has made what batches asked for, and who was chosen or asked first and could not, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.fields.json import KeyTextTransform

from generation.models import Attempt, Batch
from generation.states import AttemptState, JobState
from generation.vendors.keys import label_of
from generation.wishes import RENDERER

MOST_REASONS = 10


@dataclass(frozen=True, slots=True)
class Served:
    """How many results a provider has made."""

    provider: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Who could not make what another provider has made, why, and how often."""

    provider: str
    label: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Service:
    """Who served, who has made most first, and who was passed over. Films are put together here by nobody's service."""

    served: tuple[Served, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def several(self) -> bool:
        """Whether it is not plain who served."""
        return len(self.served) > 1 or bool(self.passed_over)


NOBODY = Service()


def by_batch(batches: Iterable[Batch]) -> dict[UUID, Service]:
    """Return who served each batch, in a query; batches that nothing was made for are left out.

    Args:
        batches: of any projects.
    """
    listed = [batch.pk for batch in batches]
    made: dict[UUID, Counter[str]] = defaultdict(Counter)
    over: dict[UUID, Counter[tuple[str, str]]] = defaultdict(Counter)
    ended = Attempt.objects.filter(job__batch__in=listed).exclude(provider=RENDERER)
    told = ended.filter(Q(state=AttemptState.SUCCEEDED) | Q(state=AttemptState.FAILED, job__state=JobState.SUCCEEDED))
    chosen = told.annotate(
        chosen=KeyTextTransform("provider", "job__passed_over"), why=KeyTextTransform("why_not", "job__passed_over")
    )
    columns = ("job__batch", "provider", "state", "failure_public", "chosen", "why")
    for batch_id, provider, state, words, first, why, count in (
        chosen.order_by().values_list(*columns).annotate(count=Count("pk"))
    ):
        if state == AttemptState.FAILED:
            over[batch_id][provider, words] += count
            continue
        made[batch_id][provider] += count
        if first:
            over[batch_id][first, why] += count
    return {pk: _service(made[pk], over[pk]) for pk in made.keys() | over.keys()}


def together(services: Iterable[Service]) -> Service:
    """Return who served several batches.

    Args:
        services: from ``by_batch``.
    """
    made: Counter[str] = Counter()
    over: Counter[tuple[str, str]] = Counter()
    for service in services:
        made.update({one.provider: one.count for one in service.served})
        over.update({(one.provider, one.words): one.count for one in service.passed_over})
    return _service(made, over)


def _service(made: Counter[str], over: Counter[tuple[str, str]]) -> Service:
    return Service(
        tuple(Served(name, label_of(name), count) for name, count in made.most_common()),
        tuple(
            PassedOver(name, label_of(name), words, count) for (name, words), count in over.most_common(MOST_REASONS)
        ),
    )
