"""The Gemini provider: pictures that come in the answer, clips that are made in the background.

Gemini has no idempotency key and no list of what was asked: an order whose answer is lost cannot be found again. So an
order is sent exactly once, over a connection of its own, and every doubt is said aloud.
"""

from __future__ import annotations

import base64
import binascii
import re
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
from generation.providers.errors import NotAccepted, OutcomeUnknown, OutputUnusable, PollFailed, TaskMissing
from generation.providers.keyed import ask_to_stop

from . import bodies, clips, media, pictures, refusals
from .wire import DEFAULT_URL, address_of, ask, key_header, told, without_key

API_VERSION = "v1"
# A picture comes with the answer: what it takes to draw one, and to send 4K of it.
SUBMIT_SECONDS = 300.0
POLL_SECONDS = 20.0
FETCH_SECONDS = 20 * 60.0
MEBIBYTE = 1024 * 1024
PICTURES_MOST = 96 * MEBIBYTE
CLIP_MOST = 2048 * MEBIBYTE
INLINE_MOST = 96 * MEBIBYTE
_FILE = re.compile(r"/files/([\w-]+):download\b")
_UNKNOWN_TASK = re.compile(r"invalid interaction name", re.IGNORECASE)


class GeminiProvider:
    """Orders pictures and clips from Google Gemini."""

    name: ClassVar[str] = "gemini"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=False,
        first_poll_after=20.0,
        poll_spacing=5.0,
        key_setting="GEMINI_API_KEY",
        url_setting="GEMINI_BASE_URL",
        default_url=DEFAULT_URL,
        answers_with=bodies.PICTURES,
    )

    def prepare(self, order: Order, context: Context) -> Json:
        """Read the files and freeze the request. See ``Provider.prepare`` for what it raises."""
        bodies.refuse_impossible(order)
        return bodies.body_of(order, media.encoded(order.inputs, context))

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Place the order, once.

        Raises:
            NotAccepted, Refused, KeyRefused, OutcomeUnknown
            Fruitless: it answered without a picture.
        """
        try:
            answer = ask(
                "POST",
                body["path"],
                context,
                deadline=SUBMIT_SECONDS,
                json=body["json"],
                fresh=True,
                most_bytes=PICTURES_MOST,
            )
        except http.NotSent as error:
            raise NotAccepted(
                "Gemini cannot be reached at the moment. It is tried again by itself.",
                code="unreachable",
                internal=without_key(str(error), context.key),
            ) from None
        except http.AnswerLost as error:
            raise OutcomeUnknown(
                refusals.UNKNOWN, code="answer_lost", internal=without_key(str(error), context.key)
            ) from None
        if not 200 <= answer.status < 300:
            raise refusals.refusal(answer, context.key)
        if body["path"] == bodies.INTERACTIONS:
            return clips.submission_of(answer, context.key)
        return pictures.submission_of(answer, uuid, context)

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Look once. See ``Provider.poll`` for what it raises."""
        answer = _about("GET", task_id, context)
        if answer.status == 404 or (answer.status == 400 and _UNKNOWN_TASK.search(_message(answer))):
            raise TaskMissing(
                "Gemini does not know this clip any more. Compare it with the usage page of Google AI Studio.",
                code="task_missing",
                internal=refusals.internal_of(answer, context.key),
            )
        if answer.status != 200:
            raise refusals.unanswered(answer, context.key)
        return clips.status_of(answer, context.key)

    def cancel(self, task_id: str, context: Context) -> None:
        """Ask Google to stop; what has just ended is left alone.

        Raises:
            PollFailed, KeyRefused: could not be asked; try again.
        """
        refusal = ask_to_stop(
            lambda: self.poll(task_id, context), lambda: _about("POST", task_id, context, verb="/cancel")
        )
        if refusal is not None:
            raise refusals.unanswered(refusal, context.key)

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Bring one clip home. See ``Provider.fetch`` for what it raises.

        Its address asks for the key, which goes to the account's own address and to nobody whom that sends us on to.
        """
        if output.reference.startswith(clips.INLINE):
            _write_inline(output.reference, destination, context)
            return
        own, address = address_of(context), output.reference
        if address.startswith(f"{DEFAULT_URL}/"):
            # A proxy passes on what names Google itself.
            address = own + address.removeprefix(DEFAULT_URL)
        file = _FILE.search(address)
        if file is not None:
            _wait_for_file(file[1], context)
        http.download(
            address,
            destination,
            fetch_origins=context.fetch_origins,
            most_bytes=CLIP_MOST,
            deadline=FETCH_SECONDS,
            check=context.check,
            headers=key_header(context),
            headers_to=own,
        )

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Ask whether the key holds. Google tells neither what is left nor what was charged.

        Raises:
            KeyRefused, PollFailed
        """
        answer = _asked("GET", "/v1/models?pageSize=1", context)
        if answer.status != 200 or "models" not in told(answer):
            raise refusals.unanswered(answer, context.key)
        return AccountStatus(api_version=API_VERSION)


def _about(method: str, task_id: str, context: Context, verb: str = "") -> http.Answer:
    return _asked(method, f"{bodies.INTERACTIONS}/{quote(task_id, safe='')}{verb}", context)


def _asked(method: str, path: str, context: Context, *, most_bytes: int = INLINE_MOST) -> http.Answer:
    try:
        return ask(method, path, context, deadline=POLL_SECONDS, most_bytes=most_bytes)
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            "Gemini did not answer; it is asked again by itself.",
            code="unreachable",
            internal=without_key(str(error), context.key),
        ) from None


def _message(answer: http.Answer) -> str:
    return refusals.fault_of(told(answer).get("error")).message


def _wait_for_file(file_id: str, context: Context) -> None:
    """See whether a clip lies ready: Google names its address before.

    Raises:
        PollFailed: not yet.
        OutputUnusable: it never will.
    """
    answer = _asked("GET", f"/v1/files/{file_id}", context)
    state = told(answer).get("state") if answer.status == 200 else ""
    if state == "PROCESSING":
        raise PollFailed("Google still prepares the clip for the download; it is fetched by itself.", code="not_ready")
    if state == "FAILED":
        raise OutputUnusable(
            "Google could not prepare the clip for the download. It is tried again by itself; if it stays so, "
            "generate again.",
            code="file_failed",
        )


def _write_inline(reference: str, destination: Path, context: Context) -> None:
    """Read a clip out of its interaction once more: rows are no place for megabytes."""
    task_id, _, number = reference.removeprefix(clips.INLINE).rpartition("#")
    answer = _about("GET", task_id, context)
    if answer.status != 200:
        raise refusals.unanswered(answer, context.key)
    found = list(clips.clips_of(told(answer)))
    try:
        data = base64.b64decode(found[int(number)]["data"], validate=True)
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        data = b""
    if not data:
        raise OutputUnusable(
            "The clip in Google's answer cannot be read. It is tried again by itself; if it stays so, generate again.",
            code="not_media",
        )
    destination.write_bytes(data)
