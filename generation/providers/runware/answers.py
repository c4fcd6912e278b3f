"""What Runware's results mean: how far a task is, what came out, and what it cost.

One task may have several results. They come one after another, may come twice, and some may fail while others
succeed; so everything is counted until as many have ended as were ordered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from generation.providers.base import Output, TaskState, TaskStatus

from .faults import CANCELLED, Fault, fault_of, internal_words, public_words
from .wire import Item, Reply

MICROS = 1_000_000
# In dollars, of one order or one account. Nothing beyond it is a price, and no column holds it.
MOST_MONEY = Decimal(1_000_000_000)
_PLACES = ("videoURL", "imageURL", "audioURL", "mediaURL")
_NAMES = ("videoUUID", "imageUUID", "audioUUID", "mediaUUID", *_PLACES, "text")
_FAILED = ("error", "failed")
_UNSAFE = (
    "Runware made this and then marked it as unsafe, so it is not used. It was charged. "
    "Word the prompt differently before you generate it again."
)


@dataclass(frozen=True, slots=True)
class Result:
    """One result that is done."""

    output: Output | None
    cost: Decimal | None
    unsafe: bool


def status_of(reply: Reply, expected: int, key: str) -> TaskStatus:
    """Say how a task stands.

    Args:
        reply: only what is about this task.
        expected: how many results were ordered.
        key: never shown, even where Runware quotes it.

    Returns:
        RUNNING also when nothing is said about it: silence proves no end.
    """
    done: dict[str, Result] = {}
    failed: list[Fault] = []
    progress: list[float | None] = []
    for item in reply.items:
        word = str(item.get("status", "")).lower()
        if word in _FAILED:
            failed.append(_fault_in(item))
        elif word == "success" or (not word and _output(item) is not None):
            done.setdefault(_name(item), Result(_output(item), _cost(item), item.get("NSFWContent") is True))
        else:
            progress.append(_share(item))
    failures = failed if len(failed) > len(reply.faults) else list(reply.faults)
    # A success that names no result speaks of the whole task.
    ended = len(done) + len(failures) if "" not in done else max(expected, len(done))
    if progress or (done and ended < expected) or not ended:
        return TaskStatus(TaskState.RUNNING, progress=_mean(progress, finished=ended))
    cost = total_cost([result.cost for result in done.values()])
    outputs = tuple(result.output for result in done.values() if result.output is not None and not result.unsafe)
    if any(result.unsafe for result in done.values()) and not outputs:
        return TaskStatus(
            TaskState.FAILED, cost=cost, failure_code="unsafe_result", failure_public=_UNSAFE, failure_internal="NSFW"
        )
    if done:
        return TaskStatus(TaskState.SUCCEEDED, progress=1.0, outputs=outputs, cost=cost)
    fault = failures[0]
    return TaskStatus(
        TaskState.CANCELLED if fault.code == CANCELLED else TaskState.FAILED,
        cost=total_cost([each for each in map(_cost, reply.items) if each is not None]),
        failure_code=fault.category.value,
        failure_public=public_words(fault, key),
        failure_internal=internal_words(fault, key),
    )


def total_cost(costs: Iterable[Decimal | None]) -> int | None:
    """Return the sum in micro-units, rounded up as a whole; None when any part of it is not known."""
    known = list(costs)
    if not known or None in known:
        return None
    return micros(sum((cost for cost in known if cost is not None), Decimal()))


def micros(dollars: Decimal, rounding: str = ROUND_CEILING) -> int:
    """Return dollars as whole micro-units; what was charged is never made smaller by rounding."""
    return int((dollars * MICROS).to_integral_value(rounding))


def decimal_of(value: Any) -> Decimal | None:
    """Return a number of the envelope exactly, or None for anything else and for what is beyond all reason."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.copy_abs() <= MOST_MONEY else None


def _cost(item: Item) -> Decimal | None:
    cost = decimal_of(item.get("cost"))
    return cost if cost is not None and cost >= 0 else None


def _output(item: Item) -> Output | None:
    seed = item.get("seed")
    known_seed = seed if isinstance(seed, int) and not isinstance(seed, bool) else None
    for place in _PLACES:
        url = item.get(place)
        if isinstance(url, str) and url:
            return Output(url, seed=known_seed)
    text = item.get("text")
    return Output("", media_type="text/plain", text=text) if isinstance(text, str) and text else None


def _name(item: Item) -> str:
    """Return what tells a result from its brothers, and is the same when it comes twice."""
    return next((str(item[key]) for key in _NAMES if item.get(key)), "")


def _fault_in(item: Item) -> Fault:
    inner = item.get("error")
    return fault_of({**item, **inner} if isinstance(inner, Mapping) else item)


def _share(item: Item) -> float | None:
    """Return the progress of one result, which is told in hundredths."""
    told = decimal_of(item.get("progress"))
    return float(min(max(told, Decimal()), Decimal(100)) / 100) if told is not None else None


def _mean(shares: list[float | None], *, finished: int) -> float | None:
    told = [share for share in shares if share is not None]
    return (sum(told) + finished) / (len(shares) + finished) if told or finished else None
