"""The Luma provider: the protocol of ``generation.providers.base`` over generations.

Luma has no idempotency key, so a create is sent exactly once. But it lists an account's generations together with what
was asked for, and the address at which it may call us holds our id and a secret: a generation with that address is
this very order. So one whose answer was lost is looked for before anybody is asked; where it is not found, or we have
no address, nobody knows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar
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
from generation.providers.errors import KeyRefused, NotAccepted, OutcomeUnknown, PollFailed, Refused, TaskMissing
from generation.providers.keyed import ask_to_stop, told

from . import answers, bodies, refusals
from .wire import DEFAULT_URL, ask, without_key

SUBMIT_SECONDS = 60.0
POLL_SECONDS = 20.0
FETCH_SECONDS = 20 * 60.0
MEBIBYTE = 1024 * 1024
VIDEO_MOST = 2048 * MEBIBYTE
PICTURE_MOST = 256 * MEBIBYTE
# An order that has just arrived may not be listed yet.
LOOKS, BETWEEN_LOOKS = 3, 2.0
LISTED = 100
_MICROS_PER_CENT = 10_000
_MOST_CENTS = 10**11


class LumaProvider:
    """Orders clips and pictures from Luma."""

    name: ClassVar[str] = "luma"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=False,
        forgets_cancelled=True,
        first_poll_after=15.0,
        poll_spacing=5.0,
        key_setting="LUMA_API_KEY",
        url_setting="LUMA_BASE_URL",
        default_url=DEFAULT_URL,
    )

    def prepare(self, order: Order, context: Context) -> Json:
        """Find an address for each file and freeze the request.

        Raises:
            Refused: Luma does nothing of the kind, or cannot fetch our files.
        """
        bodies.refuse_impossible(order)
        urls = {each.sha256: context.input_url(each.sha256) for each in order.inputs}
        if not all(urls.values()):
            raise Refused(
                "Luma takes pictures and clips only by an address from which it can fetch them, and this installation "
                "has none. Ask your administrator to set PUBLIC_URL, or a bucket that is reached over https; models of "
                "other providers work without.",
                code="not_reachable",
            )
        return bodies.body_of(order, urls, context.webhook_url)

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Place the order, once; where the answer is lost, look whether it arrived.

        Raises:
            NotAccepted, Refused, KeyRefused, OutcomeUnknown
        """
        try:
            answer = ask("POST", body["path"], context, deadline=SUBMIT_SECONDS, json=body["json"], fresh=True)
        except http.NotSent as error:
            raise NotAccepted(
                "Luma cannot be reached at the moment. It is tried again by itself.",
                code="unreachable",
                internal=without_key(str(error), context.key),
            ) from None
        except http.AnswerLost as error:
            internal = without_key(str(error), context.key)
            return self._looked_for(
                uuid, body, context, OutcomeUnknown(refusals.UNKNOWN, code="answer_lost", internal=internal)
            )
        if 200 <= answer.status < 300:
            task_id = answers.id_of(told(answer))
            if task_id:
                return Submission(task_id)
            internal = refusals.internal_of(answer, context.key)
            doubt = OutcomeUnknown(refusals.UNKNOWN, code="no_task_named", internal=internal)
            return self._looked_for(uuid, body, context, doubt)
        refused = refusals.refusal(answer, context.key)
        if isinstance(refused, OutcomeUnknown):
            return self._looked_for(uuid, body, context, refused)
        raise refused

    def _looked_for(self, uuid: UUID, body: Json, context: Context, doubt: OutcomeUnknown) -> Submission:
        """Return the order if it is found.

        Raises:
            OutcomeUnknown: the doubt, where it is not.
        """
        if not body["json"].get("callback_url"):
            raise doubt
        for look in range(LOOKS):
            if look:
                _rest(context)
            try:
                task_id = self.find(uuid, body, context)
            except (PollFailed, KeyRefused):
                continue
            if task_id:
                return Submission(task_id)
        raise doubt

    def find(self, uuid: UUID, body: Json, context: Context) -> str:
        """Return the id of the generation that was asked to call the address of this order; empty when none is listed.

        That none is listed proves nothing: see the module.

        Raises:
            PollFailed, KeyRefused
        """
        ours = body["json"].get("callback_url")
        answer = _asked("GET", f"/generations?limit={LISTED}&offset=0", context)
        listed = told(answer).get("generations")
        if answer.status != 200 or not isinstance(listed, list):
            raise refusals.unanswered(answer, context.key)
        for one in listed:
            request = one.get("request") if isinstance(one, Mapping) else None
            if ours and isinstance(request, Mapping) and request.get("callback_url") == ours:
                return answers.id_of(one)
        return ""

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Look once. See ``Provider.poll`` for what it raises."""
        answer = _about("GET", task_id, context)
        if answer.status == 404:
            raise TaskMissing(
                "Luma does not know this generation any more. Compare it with the list on Luma's own pages.",
                code="task_missing",
                internal=refusals.internal_of(answer, context.key),
            )
        if answer.status != 200:
            raise refusals.unanswered(answer, context.key)
        return answers.status_of(answer, context.key)

    def cancel(self, task_id: str, context: Context) -> None:
        """Ask Luma to stop. What has just ended is left alone: the same request would delete it with its result.

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
            most_bytes=VIDEO_MOST if "/video" in body["path"] else PICTURE_MOST,
            deadline=FETCH_SECONDS,
            check=context.check,
        )

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Ask for the balance; what was charged by day Luma does not tell.

        Raises:
            KeyRefused, PollFailed
        """
        answer = _asked("GET", "/credits", context)
        said = told(answer)
        if answer.status != 200 or not said:
            raise refusals.unanswered(answer, context.key)
        cents = _cents(said.get("credit_balance"))
        return AccountStatus(
            balance=None if cents is None else round(cents * _MICROS_PER_CENT),
            balance_text="" if cents is None else f"${cents / 100:,.2f}",
            api_version="v1",
        )


def _about(method: str, task_id: str, context: Context) -> http.Answer:
    return _asked(method, f"/generations/{quote(task_id, safe='')}", context)


def _asked(method: str, path: str, context: Context) -> http.Answer:
    try:
        return ask(method, path, context, deadline=POLL_SECONDS)
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            "Luma did not answer; it is asked again by itself.",
            code="unreachable",
            internal=without_key(str(error), context.key),
        ) from None


def _rest(context: Context) -> None:
    until = time.monotonic() + BETWEEN_LOOKS
    while time.monotonic() < until:
        context.check()
        time.sleep(0.1)


def _cents(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST_CENTS:
        return None
    return float(value)
