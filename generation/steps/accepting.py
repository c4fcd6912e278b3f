"""Keeping what a provider has said: that it took an order, and what it has made."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import Case, F, When
from django.db.models.functions import Coalesce, Now

from generation import execution, kept, outcomes, spool
from generation.bodies import slim
from generation.catalogue import models
from generation.crashpoints import reach
from generation.media import quality
from generation.models import Attempt
from generation.providers.base import Operation, Output, Submission, Usage
from generation.querysets import seconds_from_now
from generation.states import AttemptState
from generation.timing import first_look
from generation.vendors import breaker, health
from projects import queue

logger = logging.getLogger(__name__)

DEADLINE_SECONDS = {"image": 5 * 60, "audio": 5 * 60, "text": 5 * 60, "video": 10 * 60, "film": 60 * 60}
COMMIT_TRIES = 30
# In micro-units. Nothing that anybody makes for us costs a million dollars, and no column holds every number.
MOST_COST = 10**12
# Of what a provider says about a result, in characters: signed links have a thousand or two.
MOST_REFERENCE, MOST_TYPE = 16_384, 200
_S = AttemptState


def stored(outputs: tuple[Output, ...]) -> list[dict[str, Any]]:
    """Return outputs as they are kept in the row."""
    return [
        # A link that has been cut leads nowhere, and is told as such.
        {"reference": one.reference[:MOST_REFERENCE], "media_type": one.media_type[:MOST_TYPE]}
        | ({"text": one.text} if one.text else {})
        | ({"seed": one.seed} if one.seed is not None else {})
        | ({"cut": one.cut} if one.cut else {})
        for one in outputs
    ]


def charge(attempt: Attempt, usage: Usage | None) -> int | None:
    """Return what tokens come to, in micro-units; None where nothing was told or the model has left the catalogue."""
    model = models().get(attempt.model)
    if usage is None or model is None:
        return None
    return believed(attempt, model.charge(Operation(attempt.job.operation), attempt.parameters, usage))


def believed(attempt: Attempt, cost: int | None) -> int | None:
    """Return what an attempt was charged; its estimate where what was told cannot be: the books must stay true."""
    if cost is None or 0 <= cost <= MOST_COST:
        return cost
    logger.error("%s told a cost for attempt %s that cannot be", attempt.provider, attempt.pk)
    return attempt.estimate


def keep_acceptance(attempt: Attempt, submission: Submission) -> None:
    """Commit the provider's id, whatever it takes: an accepted order that we forget is paid for nothing."""
    outputs = None if submission.outputs is None else stored(submission.outputs)
    cost = believed(attempt, submission.cost) if submission.cost is not None else charge(attempt, submission.usage)
    on_disk = False
    for _ in range(COMMIT_TRIES):
        try:
            accept(attempt, submission.task_id, outputs, cost)
        except (OperationalError, InterfaceError) as error:
            logger.error("Accepted as %s, but the database is away: %s", submission.task_id, error)
            on_disk = on_disk or _keep_on_disk(attempt, submission.task_id, outputs, cost)
            time.sleep(1)
            # A connection that broke stays broken until it is given back.
            close_old_connections()
        else:
            if on_disk:
                spool.forget({str(attempt.pk)})
            return


def _keep_on_disk(attempt: Attempt, task_id: str, outputs: list[dict[str, Any]] | None, cost: int | None) -> bool:
    """Write the acceptance to the spool; a full disk must not end the tries to commit it."""
    try:
        spool.keep(str(attempt.pk), task_id, outputs, cost)
    except OSError as error:
        logger.error("The acceptance %s could not be written to disk either: %s", task_id, error)
        return False
    reach("acceptance on disk")
    return True


def accept(attempt: Attempt, task_id: str, outputs: list[dict[str, Any]] | None, cost: int | None = None) -> bool:
    """Store that the provider took an order, and plan what comes next.

    Args:
        attempt: with its job; in SENDING, or in UNKNOWN when evidence turned up later.
        task_id: the provider's id.
        outputs: what is already done, or None when it must be polled for.
        cost: what was charged for that, in micro-units, where the provider has said so.

    Returns:
        Whether it was still waiting for this.
    """
    traits = execution.provider_of(attempt).traits
    # What has been accepted is never sent again; what is made on this machine is made from its body.
    fields = {} if traits.computes_on_fetch else {"body": slim(attempt.body)}
    with transaction.atomic():
        if not Attempt.objects.move(
            attempt.pk,
            _S.RUNNING,
            of=(_S.SENDING, _S.UNKNOWN),
            task_id=task_id,
            accepted_at=Now(),
            deadline_at=seconds_from_now(DEADLINE_SECONDS[attempt.job.media]),
            # The provider may have called before its answer was read: then there is something to see now.
            due_at=Case(
                When(due_at__isnull=False, then=Now()),
                default=seconds_from_now(first_look(attempt.model, traits)),
            ),
            lease_token=None,
            lease_owner="",
            lease_until=None,
            refusals=0,
            **fields,
        ):
            return False
        # The account before the project, as claims take them.
        health.note_success(attempt.account)
        breaker.note_answer(attempt.account)
        outcomes.note_found(attempt)
        if outputs is not None:
            outputs_known(attempt, outputs, cost)
    return True


def outputs_known(attempt: Attempt, outputs: list[dict[str, Any]], cost: int | None = None) -> bool:
    """Store that the provider is done, and ring for the fetching. Of too many outputs the first are kept, and told."""
    fields: dict[str, Any] = {} if cost is None else {"cost": cost}
    if len(outputs) > kept.MOST_OUTPUTS:
        fields["quality"] = quality.too_many(len(outputs), kept.MOST_OUTPUTS).as_json()
    moved = Attempt.objects.move(
        attempt.pk,
        _S.FETCHING,
        of=(_S.RUNNING,),
        outputs=outputs[: kept.MOST_OUTPUTS],
        # The first time counts: a link that has run out does not make the result younger.
        done_at=Coalesce(F("done_at"), Now()),
        due_at=None,
        lease_token=None,
        lease_owner="",
        lease_until=None,
        **fields,
    )
    if moved:
        queue.ring_after_commit("generation.collect", str(attempt.pk))
    return moved
