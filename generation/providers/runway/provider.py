"""The Runway provider: the protocol of ``generation.providers.base`` over tasks.

Runway has no idempotency key and no list of tasks: an order whose answer is lost cannot be found again. So a create
is sent exactly once, over a connection of its own, and every doubt is said aloud.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote
from uuid import UUID

from generation.providers import http
from generation.providers.base import (
    AccountStatus,
    Context,
    Json,
    Order,
    Output,
    Submission,
    TaskStatus,
    Traits,
)
from generation.providers.errors import NotAccepted, OutcomeUnknown, PollFailed, TaskMissing
from generation.providers.keyed import ask_to_stop

from . import account, answers, bodies, media, refusals
from .wire import DEFAULT_URL, ask, without_key

SUBMIT_SECONDS = 100.0
POLL_SECONDS = 20.0
FETCH_SECONDS = 20 * 60.0
MEBIBYTE = 1024 * 1024
VIDEO_MOST = 2048 * MEBIBYTE
OTHERS_MOST = 256 * MEBIBYTE
_VIDEO = tuple(path for operation, path in bodies.PATHS.items() if operation.endswith("video"))


class RunwayProvider:
    """Orders clips, pictures, speech and sound effects from Runway."""

    name: ClassVar[str] = "runway"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=False,
        first_poll_after=10.0,
        poll_spacing=5.0,
        key_setting="RUNWAYML_API_SECRET",
        url_setting="RUNWAY_BASE_URL",
        default_url=DEFAULT_URL,
    )

    def prepare(self, order: Order, context: Context) -> Json:
        """Hand over the files and freeze the request. See ``Provider.prepare`` for what it raises."""
        bodies.refuse_impossible(order)
        return bodies.body_of(order, media.handed_over(order.inputs, context))

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Place the order, once.

        Raises:
            NotAccepted, Refused, KeyRefused, OutcomeUnknown
        """
        try:
            answer = ask("POST", body["path"], context, deadline=SUBMIT_SECONDS, json=body["json"], fresh=True)
        except http.NotSent as error:
            raise NotAccepted(
                "Runway cannot be reached at the moment. It is tried again by itself.",
                code="unreachable",
                internal=without_key(str(error), context.key),
            ) from None
        except http.AnswerLost as error:
            raise OutcomeUnknown(
                refusals.UNKNOWN, code="answer_lost", internal=without_key(str(error), context.key)
            ) from None
        if 200 <= answer.status < 300:
            return answers.submission_of(answer, context.key)
        raise refusals.refusal(answer, context.key)

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Look once. See ``Provider.poll`` for what it raises."""
        answer = _about("GET", task_id, context)
        if answer.status == 404:
            raise TaskMissing(
                "Runway does not know this task any more. Compare it with Runway's own usage page.",
                code="task_missing",
                internal=refusals.internal_of(answer, context.key),
            )
        if answer.status != 200:
            raise refusals.unanswered(answer, context.key)
        return answers.status_of(answer, context.key)

    def cancel(self, task_id: str, context: Context) -> None:
        """Ask Runway to stop.

        What has just ended is left alone: the same request would delete a finished task together with its result,
        which is paid for.

        Raises:
            PollFailed, KeyRefused: could not be asked; try again.
        """
        refusal = ask_to_stop(lambda: self.poll(task_id, context), lambda: _about("DELETE", task_id, context))
        if refusal is not None:
            raise refusals.unanswered(refusal, context.key)

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Bring one result home. See ``Provider.fetch`` for what it raises."""
        http.download(
            output.reference,
            destination,
            fetch_origins=context.fetch_origins,
            most_bytes=VIDEO_MOST if body["path"] in _VIDEO else OTHERS_MOST,
            deadline=FETCH_SECONDS,
            check=context.check,
        )

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Ask for balance, limits and today's use and, with a day given, for what was charged, 90 days back at most.

        Raises:
            KeyRefused, PollFailed
        """
        return account.account_status(context, since)


def _about(method: str, task_id: str, context: Context) -> http.Answer:
    try:
        return ask(method, f"/v1/tasks/{quote(task_id, safe='')}", context, deadline=POLL_SECONDS)
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            "Runway did not answer; it is asked again by itself.",
            code="unreachable",
            internal=without_key(str(error), context.key),
        ) from None
