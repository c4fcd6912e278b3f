"""The ElevenLabs provider: one request, and the sound in its answer.

An order has no id before it is made and none that we could choose, and the history that ElevenLabs keeps names words
and voices, which two orders may share. So an order whose answer was lost is never looked for: it stays in doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from generation.providers import http
from generation.providers.base import (
    AccountStatus,
    Context,
    Json,
    Operation,
    Order,
    Output,
    Submission,
    TaskStatus,
    Traits,
)
from generation.providers.errors import Fruitless, NotAccepted, OutcomeUnknown, OutputUnusable, Refused, TaskMissing

from . import account, bodies, refusals, voices
from .wire import DEFAULT_URL, ask, without_key

# The official client waits so long for an answer; a song of ten minutes takes about two.
SUBMIT_SECONDS = 240.0
# Of the models that tell what they charged: one credit is a thousandth of ten cents (catalogue/elevenlabs.toml).
MICROS_PER_CREDIT = 100
_MOST_DIGITS = 9
_LONGEST_ID = 200


class ElevenLabsProvider:
    """Orders speech, sound effects and music from ElevenLabs."""

    name: ClassVar[str] = "elevenlabs"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=False,
        key_setting="ELEVENLABS_API_KEY",
        url_setting="ELEVENLABS_BASE_URL",
        default_url=DEFAULT_URL,
        max_concurrent=2,
        answers_with=bodies.OPERATIONS,
    )

    def prepare(self, order: Order, context: Context) -> Json:
        """Find the voice and freeze the request. See ``Provider.prepare`` for what it raises."""
        if order.operation not in bodies.OPERATIONS:
            raise Refused(
                "ElevenLabs cannot do this. Choose a model of another provider.",
                code="unknown_operation",
                internal=order.operation,
            )
        voice = ""
        if order.operation is Operation.TEXT_TO_SPEECH:
            voice = voices.voice_id_of(str(order.parameters.get("voice") or ""), context)
        return bodies.body_of(order, voice)

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Have it made, once, and keep the sound.

        Raises:
            NotAccepted, Refused, KeyRefused, OutcomeUnknown, Fruitless
        """
        try:
            answer = ask("POST", body["path"], context, deadline=SUBMIT_SECONDS, json=body["json"], fresh=True)
        except http.NotSent as error:
            raise NotAccepted(
                "ElevenLabs cannot be reached at the moment. It is tried again by itself.",
                code="unreachable",
                internal=without_key(str(error), context.key),
            ) from None
        except http.AnswerLost as error:
            raise OutcomeUnknown(
                refusals.UNKNOWN, code="answer_lost", internal=without_key(str(error), context.key)
            ) from None
        if answer.status != 200:
            raise refusals.refusal(answer, context.key)
        cost = _cost(answer, body["json"]["model_id"])
        if not answer.body or not answer.headers.get("Content-Type", "").startswith(("audio/", "application/octet")):
            raise _no_sound(refusals.internal_of(answer, context.key), cost)
        output = context.keep(answer.body, body["media_type"])
        return Submission(_id(answer) or str(uuid), outputs=(output,), cost=cost)

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Know nothing: what there was came with the answer.

        Raises:
            TaskMissing
        """
        raise TaskMissing(
            "ElevenLabs cannot be asked about an order. Compare it with the history on ElevenLabs' own pages.",
            code="task_missing",
        )

    def cancel(self, task_id: str, context: Context) -> None:
        """Do nothing: whatever has an id is made already."""

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Find nothing: what came with the answer was kept.

        Raises:
            OutputUnusable
        """
        raise OutputUnusable("ElevenLabs keeps no results that could be fetched.", code="no_output")

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Ask for the plan and the credits that are left; by day it tells nothing.

        Raises:
            KeyRefused, PollFailed
        """
        return account.account_status(context)

    def voices(self, context: Context) -> Mapping[str, str]:
        """Return the ids of the account's voices by name. See ``voices.voices_of`` for what it raises."""
        return voices.voices_of(context)


def _no_sound(internal: str, cost: int | None) -> Fruitless | OutcomeUnknown:
    """Return what an answer means that is no sound; where it does not say what it cost, nobody knows whether it did."""
    if cost is None:
        return OutcomeUnknown(refusals.UNKNOWN, code="no_output", internal=internal)
    return Fruitless(
        "ElevenLabs answered with something that is no sound, and charged for it. Generate it again; if that happens "
        "twice, look at ElevenLabs' own status page.",
        code="no_output",
        internal=internal,
        cost=cost,
    )


def _cost(answer: http.Answer, model: str) -> int | None:
    """Return what was charged, in micro-units; a voice from the library may cost a multiple of the price."""
    said = answer.headers.get("character-cost", "")
    if model not in bodies.CREDITED or not said.isdecimal() or len(said) > _MOST_DIGITS:
        return None
    return int(said) * MICROS_PER_CREDIT


def _id(answer: http.Answer) -> str:
    found = str(answer.headers.get("request-id", ""))
    return found if found.isascii() and found.isprintable() and len(found) <= _LONGEST_ID else ""
