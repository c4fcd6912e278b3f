"""Every refusal in one form, with what to do next.

Rooms say with ``refuse`` how their services' refusals are told; what nobody has spoken for is a server error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

logger = logging.getLogger(__name__)

API_ERROR, CONNECTION_ERROR, MODEL_ERROR, QUOTA_ERROR = "api_error", "connection_error", "model_error", "quota_error"
RETRY, USE_FALLBACK, CONTACT_SUPPORT = "retry", "use_fallback", "contact_support"
# A few words each, for people who read logs; the sentence to show is the detail.
TITLES: Mapping[int, str] = {
    400: "The request is not valid",
    401: "Not authenticated",
    402: "Over budget",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict with how things stand",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    416: "No such range",
    422: "Cannot be done",
    429: "Too many requests",
    500: "Server error",
    503: "Not available now",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a refusal is told.

    Attributes:
        status: of HTTP.
        code: for programs, ``budget_exceeded``.
        detail: a sentence with what to do next, for people.
        kind: the ``error_type``, one of the four above.
        fields: what is wrong with which field of the body.
        retry_after: seconds until the same request may go well.
        fallback: whether another provider could do it.
        action: what to do, one of the three above; None where the detail says it all.
    """

    status: int
    code: str
    detail: str
    kind: str = API_ERROR
    fields: Mapping[str, Any] = field(default_factory=dict)
    retry_after: int | None = None
    fallback: bool = False
    action: str | None = None

    def response(self) -> Response:
        """Return it as an answer."""
        body: dict[str, Any] = {
            "error": TITLES.get(self.status, "Error"),
            "error_type": self.kind,
            "error_code": self.code,
            "detail": self.detail,
        }
        if self.fields:
            body["fields"] = self.fields
        if self.retry_after is not None:
            body["retry_after"] = self.retry_after
        body["fallback_available"] = self.fallback
        body["suggested_action"] = self.action
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Response(body, status=self.status, headers=headers)


class Refused(Exception):
    """A refusal of the API's own."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


Teller = Callable[[Any], Refusal]
_tellers: dict[type[Exception], Teller] = {}


def refuse(kind: type[Exception], /, status: int, code: str, **more: Any) -> None:
    """Say how a room's exception is told: its message is the detail.

    Args:
        kind: the exception.
        status: of HTTP.
        code: for programs.
        more: the other attributes of ``Refusal``.
    """
    tell(kind, lambda error: Refusal(status, code, str(error), **more))


def tell(kind: type[Exception], teller: Teller) -> None:
    """Say how a room's exception is told where its message is not all.

    Args:
        kind: the exception; its subclasses are told the same way unless they have a teller of their own.
        teller: makes the refusal of it.
    """
    _tellers[kind] = teller


def field_error(name: str, sentence: str) -> exceptions.ValidationError:
    """Return the refusal of one field of the body or the address."""
    return exceptions.ValidationError({name: [sentence]})


def answer_to(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's ``EXCEPTION_HANDLER``: the one form; None lets the error go on to be logged and answered with 500."""
    refusal = _refusal_of(error)
    if refusal is None:
        return None
    set_rollback()
    response = refusal.response()
    challenge = getattr(error, "auth_header", None)
    if challenge:
        response["WWW-Authenticate"] = challenge
    return response


def _refusal_of(error: Exception) -> Refusal | None:
    if isinstance(error, Refused):
        return error.refusal
    for kind in type(error).__mro__:
        if kind in _tellers:
            return _tellers[kind](error)
    for known, teller in _OWN:
        if isinstance(error, known):
            return teller(error)
    return None


def _invalid(error: exceptions.ValidationError) -> Refusal:
    detail = error.detail
    fields = detail if isinstance(detail, dict) else {"non_field_errors": detail}
    return Refusal(400, "invalid", _first_sentence(detail) or "The request is not valid.", fields=fields)


def _first_sentence(detail: Any) -> str:
    """Return the first complaint with the field that it is about: enough to mend most requests."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            if sentence := _first_sentence(inner):
                return sentence if name == "non_field_errors" else f"{name}: {sentence}"
        return ""
    if isinstance(detail, list):
        return next((sentence for one in detail if (sentence := _first_sentence(one))), "")
    return str(detail)


def _of_drf(error: exceptions.APIException) -> Refusal:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid"
    return Refusal(error.status_code, code, _first_sentence(error.detail))


def _unread(error: exceptions.UnsupportedMediaType) -> Refusal:
    said = str(error.detail)
    return Refusal(
        415,
        "unsupported_media_type",
        f"{said} Send JSON with “Content-Type: application/json”, or a file as the description of this address says.",
    )


_MISSING = "There is nothing at this address, or it is not yours to see."
_OWN: tuple[tuple[type[Exception], Teller], ...] = (
    (exceptions.ValidationError, _invalid),
    (exceptions.UnsupportedMediaType, _unread),
    (exceptions.NotFound, lambda error: Refusal(404, "not_found", _MISSING)),
    (exceptions.APIException, _of_drf),
    (Http404, lambda error: Refusal(404, "not_found", _MISSING)),
    (PermissionDenied, lambda error: Refusal(403, "not_allowed", str(error) or "You may not do this.")),
    (RequestDataTooBig, lambda error: Refusal(413, "too_large", "The body is too large. Upload files in parts.")),
    (TooManyFilesSent, lambda error: Refusal(413, "too_large", "Send fewer files at once.")),
    (SuspiciousOperation, lambda error: Refusal(status.HTTP_400_BAD_REQUEST, "malformed", "The request is malformed.")),
)
