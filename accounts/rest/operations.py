"""What one method of one address takes and answers: said once, read by the view and by the description of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rest_framework import serializers

from accounts.models import ApiToken
from accounts.policies import Right

Scope = ApiToken.Scope


@dataclass(frozen=True, slots=True)
class Example:
    """One exchange, run by the tests and shown in the description.

    Attributes:
        title: what it shows.
        body: what is sent.
    """

    title: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    Attributes:
        answer: the serializer of what is answered; None answers 204 without a body.
        body: the serializer of what is sent; None takes no body.
        query: the serializer of what may stand behind the question mark; anything else is refused.
        status: of the answer.
        paged: the answer is a page of a list of ``answer``.
        listed: the answer is a whole, short list of ``answer``.
        needs: the right in the project or team that it takes; None: whoever is logged in, for their own.
        scope: what a token must allow; by default read for GET and write for the rest.
        once: whether an ``Idempotency-Key`` is heeded. Not for what asks the outside (which no transaction can take
            back) or answers with a secret (which nobody keeps).
        people_only: for people in the browser, not for tokens.
        anyone: no login is needed.
        refusals: further statuses that it answers, with the codes of each.
        also: further good statuses with their serializers, ``{202: JobOut}``.
        takes: what is sent where it is neither JSON nor a form.
        media: what is answered where it is not JSON.
        stored: it is a stored file: parts of it are answered (206), or where it lies (302), and 304 where it is known.
        examples: of bodies.
        summary: a line; the docstring of the method says more.
    """

    answer: type[serializers.Serializer[Any]] | None = None
    body: type[serializers.Serializer[Any]] | None = None
    query: type[serializers.Serializer[Any]] | None = None
    status: int = 200
    paged: bool = False
    listed: bool = False
    needs: Right | None = Right.SEE
    scope: str | None = None
    once: bool = True
    people_only: bool = False
    anyone: bool = False
    refusals: Mapping[int, Sequence[str]] = field(default_factory=dict)
    also: Mapping[int, type[serializers.Serializer[Any]]] = field(default_factory=dict)
    takes: str = ""
    media: str = ""
    stored: bool = False
    examples: Sequence[Example] = ()
    summary: str = ""

    def scope_for(self, method: str) -> str:
        """Return what a token must allow for it."""
        return self.scope or (Scope.READ if method in ("GET", "HEAD", "OPTIONS") else Scope.WRITE)


Method = TypeVar("Method", bound=Callable[..., Any])


def operation(**said: Any) -> Callable[[Method], Method]:
    """Say what a method of a ``Resource`` takes and answers; the arguments are those of ``Operation``."""

    def mark(method: Method) -> Method:
        method.operation = Operation(**said)  # type: ignore[attr-defined]
        return method

    return mark


def operation_of(view: Any, method: str) -> Operation | None:
    """Return what a view says of a method; None where it has no such method."""
    name = "get" if method.upper() == "HEAD" else method.lower()
    return getattr(getattr(view, name, None), "operation", None)
