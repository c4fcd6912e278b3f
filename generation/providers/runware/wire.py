"""One exchange with Runware: an array of one task out, an envelope of results and errors back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from generation.providers import http
from generation.providers.base import Context
from generation.providers.errors import KeyRefused

from .faults import Category, Fault, fault_of, public_words

DEFAULT_URL = "https://api.runware.ai/v1"

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status.

    Attributes:
        status: of HTTP.
        items: results, acknowledgements and what is in progress. Fractions are decimal, because some are money.
        faults: the errors beside them.
        readable: the body was an envelope at all.
        retry_after: seconds, where they are told.
    """

    status: int
    items: tuple[Item, ...] = ()
    faults: tuple[Fault, ...] = ()
    readable: bool = True
    retry_after: float | None = None

    def about(self, task: str) -> Reply:
        """Return the same without what belongs to other tasks. An error that names no task belongs to all."""
        return replace(
            self,
            items=tuple(item for item in self.items if item.get("taskUUID") == task),
            faults=tuple(fault for fault in self.faults if fault.task in ("", task)),
        )

    def fault(self, *categories: Category) -> Fault | None:
        """Return the first error of these kinds."""
        return next((fault for fault in self.faults if fault.category in categories), None)


def exchange(task: Item, context: Context, *, deadline: float) -> Reply:
    """Send one task and read the whole answer.

    Args:
        task: one element of the array, exactly as it is to be sent.
        context: address and key.
        deadline: seconds that all of it may take.

    Raises:
        KeyRefused: there is no key to send.
        http.NotSent: nothing left this machine.
        http.AnswerLost: it may have arrived, and no whole answer came back.
    """
    if not context.key:
        raise KeyRefused(
            "There is no Runware key here. Enter one in the team's provider settings.", code="no_key", internal="no key"
        )
    answer = http.call(
        "POST",
        context.base_url or DEFAULT_URL,
        headers={"Authorization": f"Bearer {context.key}", "Accept": "application/json"},
        json=[task],
        deadline=deadline,
        check=context.check,
    )
    try:
        envelope = answer.json(parse_float=Decimal)
    except ValueError:
        envelope = None
    reply = reply_of(answer.status, envelope)
    return replace(reply, retry_after=answer.retry_after)


def reply_of(status: int, envelope: Any) -> Reply:
    """Read an envelope; also one that was recorded earlier and comes back inside another."""
    if not isinstance(envelope, Mapping):
        return Reply(status, readable=False)
    errors = _elements(envelope.get("errors")) or _elements(envelope.get("error"))
    return Reply(status, items=_elements(envelope.get("data")), faults=tuple(fault_of(each) for each in errors))


def _elements(value: Any) -> tuple[Item, ...]:
    """Return a list's objects; one object alone, as older answers have it, is a list of one."""
    if isinstance(value, Mapping):
        return (value,)
    return tuple(each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else ()


def refuse_key(reply: Reply, key: str) -> None:
    """Raise where the whole exchange failed because of the key or of the credit behind it.

    Raises:
        KeyRefused: with the code ``no_credit`` or ``key_refused``.
    """
    fault = reply.fault(Category.QUOTA, Category.AUTH)
    if fault is not None:
        category = fault.category
    elif reply.status == 402:
        category = Category.QUOTA
    elif reply.status in (401, 403):
        category = Category.AUTH
    else:
        return
    raise KeyRefused(
        # Runware's own sentence about a key may quote it; its code says enough.
        public_words(Fault(code=_CODES[category]), key),
        code=category.value,
        internal=f"HTTP {reply.status} {fault.code if fault is not None else ''}".strip().replace(key, "…"),
    )


_CODES = {Category.QUOTA: "paymentRequired", Category.AUTH: "unauthorized"}
