"""The Runware provider: the protocol of ``generation.providers.base`` over one HTTP address that takes arrays of tasks.

The taskUUID is the order's own uuid, chosen and stored before the first byte leaves. While a task of that name is
known, Runware refuses a second one, which proves that the first arrived; so an order whose answer was lost may be
sent again to the letter.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from generation.providers import http
from generation.providers.base import (
    AccountStatus,
    Context,
    Json,
    Order,
    Output,
    Submission,
    TaskState,
    TaskStatus,
    Traits,
)
from generation.providers.errors import NotAccepted, OutcomeUnknown, PollFailed, TaskMissing

from . import account, answers, bodies, media, refusals
from .faults import Category
from .wire import DEFAULT_URL, Reply, exchange, refuse_key, reply_of

SUBMIT_SECONDS = 60.0
POLL_SECONDS = 20.0
FETCH_SECONDS = 20 * 60.0
MEBIBYTE = 1024 * 1024
VIDEO_MOST = 2048 * MEBIBYTE
OTHERS_MOST = 256 * MEBIBYTE
# Between the taskUUID and the number of results, where more than one was ordered: a look has nothing but this id, and
# must know when all are there.
COUNT_MARK = "#"


class RunwareProvider:
    """Orders pictures, clips and sounds from Runware."""

    name: ClassVar[str] = "runware"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=True,
        first_poll_after=2.0,
        poll_spacing=2.0,
        key_setting="RUNWARE_API_KEY",
        url_setting="RUNWARE_BASE_URL",
        default_url=DEFAULT_URL,
        max_concurrent=4,
    )

    def prepare(self, order: Order, context: Context) -> Json:
        """Hand over the files and freeze the task. See ``Provider.prepare`` for what it raises."""
        bodies.needs_files(order)
        files = media.handed_over(order.inputs, context)
        return {"task": bodies.task_of(order, files, context.webhook_url)}

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Place the order, once.

        Raises:
            NotAccepted, Refused, KeyRefused, OutcomeUnknown, AlreadyAccepted
        """
        task = body["task"]
        expected = task.get("numberResults", 1)
        task_id = _task_id(task["taskUUID"], expected)
        try:
            reply = exchange(task, context, deadline=SUBMIT_SECONDS).about(task["taskUUID"])
        except http.NotSent as error:
            raise NotAccepted(
                "Runware cannot be reached at the moment. It is tried again by itself.",
                code="unreachable",
                internal=str(error),
            ) from None
        except http.AnswerLost as error:
            raise OutcomeUnknown(refusals.UNKNOWN, code="answer_lost", internal=str(error)) from None
        if reply.status >= 300 or not reply.items:
            raise refusals.refusal(reply, task_id, context.key)
        status = answers.status_of(reply, expected, context.key)
        if status.state is TaskState.SUCCEEDED:
            return Submission(task_id, outputs=status.outputs, cost=status.cost)
        # Named in the results, so it was accepted; whatever has become of it, the next look tells.
        return Submission(task_id)

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Look once. See ``Provider.poll`` for what it raises."""
        uuid, expected = _parts(task_id)
        reply = _ask("getResponse", uuid, context)
        if reply.items:
            return answers.status_of(reply, expected, context.key)
        if any(fault.code in refusals.TASK_GONE for fault in reply.faults):
            # It failed, or it was so long ago that it is forgotten here. The records know which.
            status = self.evidence(task_id, context)
            return status if status.state is not TaskState.RUNNING else answers.status_of(reply, 1, context.key)
        if any(refusals.about_asking(fault) for fault in reply.faults) or (reply.status >= 300 and not reply.faults):
            raise refusals.unanswered(reply, context.key)
        return answers.status_of(reply, expected, context.key)

    def evidence(self, task_id: str, context: Context) -> TaskStatus:
        """Look into Runware's records, which go back further than ``poll`` does.

        Returns:
            How the task ended; RUNNING where the records hold the order and no end of it.

        Raises:
            TaskMissing: no order of that name is recorded.
            PollFailed, KeyRefused
        """
        uuid, expected = _parts(task_id)
        reply = _ask("getTaskDetails", uuid, context)
        if reply.items:
            record = reply.items[0]
            told = reply_of(200, record.get("response")).about(uuid)
            return answers.status_of(told, max(expected, _ordered(record)), context.key)
        if reply.fault(Category.NOT_FOUND) is not None:
            raise TaskMissing(
                "Runware does not know this order.", code="task_missing", internal=f"getTaskDetails {reply.status}"
            )
        raise refusals.unanswered(reply, context.key)

    def find(self, uuid: UUID, body: Json, context: Context) -> str:
        """Return the id under which an order is known at Runware; empty when none has arrived.

        Raises:
            PollFailed, KeyRefused
        """
        task_id = _task_id(str(uuid), body["task"].get("numberResults", 1))
        try:
            self.evidence(task_id, context)
        except TaskMissing:
            return ""
        return task_id

    def cancel(self, task_id: str, context: Context) -> None:
        """Do nothing: Runware has no way to stop what has begun. It goes on to its end and is charged."""

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Bring one result home. See ``Provider.fetch`` for what it raises."""
        http.download(
            output.reference,
            destination,
            fetch_origins=context.fetch_origins,
            most_bytes=_most_bytes(body["task"]),
            deadline=FETCH_SECONDS,
            check=context.check,
        )

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Ask for the balance and, with a day given, for what was spent since, thirty days back at most.

        Raises:
            KeyRefused, PollFailed
        """
        return account.account_status(context, since)


def _ask(task_type: str, uuid: str, context: Context) -> Reply:
    """Ask about a task. What is wrong with the asking itself is raised."""
    try:
        reply = exchange({"taskType": task_type, "taskUUID": uuid}, context, deadline=POLL_SECONDS).about(uuid)
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            "Runware did not answer; it is asked again by itself.", code="unreachable", internal=str(error)
        ) from None
    refused = [fault for fault in reply.faults if fault.category is Category.AUTH and refusals.about_asking(fault)]
    if not reply.items and (reply.status in (401, 402, 403) or refused):
        refuse_key(reply, context.key)
    if not reply.readable or reply.status >= 500 or reply.status in (408, 429) or reply.fault(Category.RATE_LIMIT):
        raise refusals.unanswered(reply, context.key)
    return reply


def _task_id(uuid: str, expected: int) -> str:
    return uuid if expected == 1 else f"{uuid}{COUNT_MARK}{expected}"


def _parts(task_id: str) -> tuple[str, int]:
    # A person may have typed it, where an order was in doubt.
    uuid, _, count = task_id.partition(COUNT_MARK)
    return uuid, int(count) if count.isdecimal() and len(count) < 4 else 1


def _ordered(record: Any) -> int:
    """Return how many results a recorded request asked for."""
    request = record.get("request")
    tasks = request if isinstance(request, list) else [request]
    counts = [task.get("numberResults") for task in tasks if isinstance(task, dict)]
    return max((count for count in counts if isinstance(count, int)), default=1)


def _most_bytes(task: Json) -> int:
    video = task["taskType"] == bodies.VIDEO or "video" in task.get("inputs", {})
    return VIDEO_MOST if video else OTHERS_MOST
