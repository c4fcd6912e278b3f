"""Pictures: they come in the answer as base64, or as a link."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from generation.providers import http
from generation.providers.base import Json, Output, Submission
from generation.providers.errors import Fruitless, NotAccepted, OutcomeUnknown
from generation.providers.keyed import told

from . import bodies, refusals
from .wire import Endpoint, error_of

SUBMIT_SECONDS = 300.0
ANSWER_MOST = 96 * 1024 * 1024
_MOST_WORDINGS = 3
_KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


def drawn(endpoint: Endpoint, uuid: UUID, body: Json) -> Submission:
    """Order pictures and keep what comes.

    Raises:
        NotAccepted, Refused, KeyRefused, OutcomeUnknown, Fruitless
    """
    request = body["json"]
    answer = _asked(endpoint, request)
    for _ in range(_MOST_WORDINGS):
        older = bodies.in_older_words(request, " ".join(error_of(told(answer))).lower())
        if answer.status not in (400, 422) or older is None:
            break
        request = older
        answer = _asked(endpoint, request)
    if not 200 <= answer.status < 300:
        raise refusals.refusal(answer, endpoint, request["model"])
    each = body["prices"].get("image")
    found = told(answer).get("data")
    if not isinstance(found, list):
        raise OutcomeUnknown(refusals.unknown(endpoint), code="answer_lost", internal="2xx without data")
    # No more than was asked for, whatever else is in the answer.
    found = found[: request["n"]]
    outputs = tuple(output for one in found if (output := _output(endpoint, one)) is not None)
    cost = None if each is None else each * max(len(found), 1)
    if not outputs:
        raise Fruitless(
            f"{endpoint.label} answered without a picture. Try again, or use another model.", code="empty", cost=cost
        )
    return Submission(str(uuid), outputs=outputs, cost=cost)


def _asked(endpoint: Endpoint, request: Json) -> http.Answer:
    try:
        return http.call(
            "POST",
            endpoint.url(bodies.PICTURES),
            headers=endpoint.headers,
            json=request,
            deadline=SUBMIT_SECONDS,
            most_bytes=ANSWER_MOST,
            fresh=True,
            check=endpoint.context.check,
        )
    except http.NotSent as error:
        raise NotAccepted(
            f"{endpoint.label} cannot be reached at the moment. It is tried again by itself.",
            code="unreachable",
            internal=endpoint.without_key(str(error)),
        ) from None
    except http.AnswerLost as error:
        raise OutcomeUnknown(
            refusals.unknown(endpoint), code="answer_lost", internal=endpoint.without_key(str(error))
        ) from None


def _output(endpoint: Endpoint, one: Any) -> Output | None:
    if not isinstance(one, Mapping):
        return None
    if isinstance(one.get("b64_json"), str):
        try:
            data = base64.b64decode(one["b64_json"], validate=True)
        except binascii.Error:
            return None
        kind = next((kind for mark, kind in _KINDS.items() if data.startswith(mark)), "application/octet-stream")
        return endpoint.context.keep(data, kind)
    return Output(one["url"]) if isinstance(one.get("url"), str) else None
