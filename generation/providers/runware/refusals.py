"""What it means for the money when Runware answers an order with anything but a result."""

from __future__ import annotations

from generation.providers.errors import (
    AlreadyAccepted,
    NotAccepted,
    OutcomeUnknown,
    PollFailed,
    ProviderError,
    Refused,
)

from .faults import CONFLICT, MODEL_GONE, Category, Fault, internal_words, public_words
from .wire import Reply, refuse_key

UNKNOWN = "It is not known whether Runware accepted this order. It is looked up by itself; nothing is bought twice."
TASK_GONE = ("taskFailedOrNotFound", "taskNotFound", "taskExpired")
_ASKING = ("getResponse", "getTaskDetails")
_BUSY = "Runware is busy at the moment. It is tried again by itself."
_DAILY = "Runware takes no more orders for this account today. It is tried again tomorrow by itself."
_BY_STATUS = {
    404: "There is no Runware at the address that is set for it. Ask your administrator to check RUNWARE_BASE_URL.",
    405: "There is no Runware at the address that is set for it. Ask your administrator to check RUNWARE_BASE_URL.",
    413: "This request is too large for Runware. Use fewer or smaller pictures.",
}


def refusal(reply: Reply, task_id: str, key: str) -> ProviderError:
    """Return what an answer means that does not name the order among its results.

    A status of 500 and its like proves nothing, whatever is written beside it: the fault may have come after the order
    was taken.

    Args:
        reply: only what is about this order.
        task_id: the order's id.
        key: never shown.

    Raises:
        KeyRefused: the key or the credit was refused.
    """
    if any(fault.code == CONFLICT for fault in reply.faults):
        return AlreadyAccepted(task_id)
    fault = reply.faults[0] if reply.faults else None
    internal = _internal(reply, fault, key)
    if reply.status == 503:
        return NotAccepted(_BUSY, code="unavailable", internal=internal, retry_after=reply.retry_after)
    if reply.status >= 500 or reply.status in (408, 409):
        return OutcomeUnknown(UNKNOWN, code="server_error", internal=internal)
    refuse_key(reply, key)
    if reply.status == 429 or reply.fault(Category.RATE_LIMIT) is not None:
        # No such limit is documented; one that is set for an account can only be told by its words.
        daily = "daily" in internal.lower()
        public = _DAILY if daily else _BUSY
        return NotAccepted(
            public, code="rate_limited", internal=internal, retry_after=reply.retry_after, daily_limit=daily
        )
    if reply.status < 300:
        return _refused_or_unknown(fault, internal, key)
    if fault is not None and fault.category in (Category.SERVER, Category.MODEL) and fault.code not in MODEL_GONE:
        return NotAccepted(_BUSY, code="unavailable", internal=internal, retry_after=reply.retry_after)
    if fault is not None and fault.category is Category.TIMEOUT:
        return OutcomeUnknown(UNKNOWN, code="server_error", internal=internal)
    if fault is not None:
        return Refused(public_words(fault, key), code=fault.category.value, internal=internal)
    if reply.status < 400:
        return Refused(_BY_STATUS[404], code="redirected", internal=internal)
    public = _BY_STATUS.get(reply.status, "Runware refused this. Change the prompt or the settings.")
    return Refused(public, code="refused", internal=internal)


def _refused_or_unknown(fault: Fault | None, internal: str, key: str) -> ProviderError:
    """A success that holds no result: a refusal of this very request, or nothing that proves anything."""
    if fault is not None and fault.category in (Category.SAFETY, Category.VALIDATION, Category.NOT_FOUND):
        return Refused(public_words(fault, key), code=fault.category.value, internal=internal)
    return OutcomeUnknown(UNKNOWN, code="no_task_named", internal=internal)


def about_asking(fault: Fault) -> bool:
    """Tell whether an error that a look brought is about the looking, and says nothing about the task."""
    if fault.task_type and fault.task_type not in _ASKING:
        return False
    return not fault.task or fault.category in (Category.AUTH, Category.SERVER, Category.VALIDATION)


def unanswered(reply: Reply, key: str) -> PollFailed:
    """Return that a look brought nothing; the task itself is not touched."""
    return PollFailed(
        "Runware did not say how this stands; it is asked again by itself.",
        code="no_answer",
        internal=_internal(reply, reply.faults[0] if reply.faults else None, key),
        retry_after=reply.retry_after,
    )


def _internal(reply: Reply, fault: Fault | None, key: str) -> str:
    said = internal_words(fault, key) if fault is not None else "no error told"
    return f"HTTP {reply.status} {said if reply.readable else 'and no envelope'}"
