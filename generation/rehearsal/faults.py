"""What can go wrong, by name, and when it does: written into a scenario, into a prompt, or drawn by chance.

A person rehearses a fault by writing ``[[fault:accept_drop]]`` into a prompt; ``[[fault:unavailable:3]]`` plays it
three times, ``[[fault:html_page:always]]`` each time.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ALWAYS = -1
_MARKER = re.compile(r"\[\[fault:([a-z_0-9]+)(?::(always|\d{1,4}))?\]\]")


class When(StrEnum):
    """The moment at which a fault plays."""

    REQUEST = "request"  # instead of an answer, or on the way back
    TASK = "task"  # in the life of an accepted order
    OUTPUT = "output"  # while a result is made or fetched
    HOOK = "hook"  # with the webhook


_REQUEST = """
    bad_request key_refused no_credit forbidden not_found wrong_method time_out conflict too_large unprocessable
    rate_limited rate_limited_wait daily_cap error bad_gateway unavailable gateway_timeout drop reset hang overloaded
    accept_drop accept_reset accept_hang accept_half accept_drip accept_error accept_gateway_timeout accept_time_out
    accept_conflict accept_garbage accept_no_id
"""
_TASK = """
    throttled endless backwards unknown_status no_output partial_cost missing_cost overrun
    moderation_input moderation_output preprocessing_moderation preprocessing_error bad_output invalid_asset
    third_party internal no_code error_item one_fails nsfw gone forgets
"""
# Of answers in words: they break in the middle, are longer than they may be, or are not the data that were asked for.
_WORDS = "stream_cut stream_error stream_hang cut_off not_data"
_OUTPUT_ONCE = """
    link_expired link_missing html_page zero_bytes truncated truncated_silently wrong_type giant giant_silently
    redirect_private redirect_loop drip_output drop_output
"""
_OUTPUT_ALWAYS = "without_length redirect_once black frozen wrong_size wrong_duration silent corrupt"
_HOOK = "hook_missing hook_twice hook_early hook_forged hook_slow"

FAULTS: Mapping[str, tuple[When, int]] = {
    **dict.fromkeys(_REQUEST.split(), (When.REQUEST, 1)),
    **dict.fromkeys(_TASK.split(), (When.TASK, ALWAYS)),
    **dict.fromkeys(_WORDS.split(), (When.TASK, ALWAYS)),
    **dict.fromkeys(_OUTPUT_ONCE.split(), (When.OUTPUT, 1)),
    **dict.fromkeys(_OUTPUT_ALWAYS.split(), (When.OUTPUT, ALWAYS)),
    **dict.fromkeys(_HOOK.split(), (When.HOOK, 1)),
}
"""Every fault: the moment, and how often it plays when nobody says."""

# The order is processed first, and only then does the answer go wrong.
ACCEPTING = frozenset(name for name in FAULTS if name.startswith("accept_"))
# What chance may draw: all that an engine can get over without waiting for ever.
BY_CHANCE = tuple(
    sorted(
        set(FAULTS)
        - {"endless", "hang", "accept_hang", "hook_missing", "gone", "forgets", "giant", "giant_silently"}
        - {"key_refused", "forbidden", "no_credit", "daily_cap", "overloaded", *_WORDS.split()}
    )
)


class UnknownFault(ValueError):
    """A fault was named that cannot be played; the message lists those that can."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Play one fault when a request fits.

    Attributes:
        fault: its name, see ``FAULTS``.
        on: ``create``, or for a fault of a request also ``poll``, ``cancel``, ``account``, ``upload``.
        provider, operation, model: empty fits all; the operation is the wire's word (``image_to_video``).
        containing: part of the prompt.
        nth: which of the fitting requests (1 is the first); empty means each.
        times: how often a fault of the output or the webhook plays, ``ALWAYS`` for each time; None as usual.
    """

    fault: str
    on: str = "create"
    provider: str = ""
    operation: str = ""
    model: str = ""
    containing: str = ""
    nth: Collection[int] = ()
    times: int | None = None

    def __post_init__(self) -> None:
        """Refuse a name that nobody could play."""
        known(self.fault)

    def fits(self, asked: Asked) -> bool:
        """Whether a request is one that this rule is about, its number left aside."""
        return (
            self.on == asked.on
            and self.provider in {"", asked.provider}
            and self.operation in {"", asked.operation}
            and self.model in {"", asked.model}
            and self.containing in asked.prompt
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a scenario looks at when it decides about a request.

    ``identity`` tells repeats of one request from another: the hash of its body.
    """

    on: str
    provider: str
    operation: str = ""
    model: str = ""
    prompt: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """What was decided: one fault for the request itself, and how often each other one is to play."""

    request: str = ""
    later: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """The play for one server.

    Attributes:
        rules: looked at first, in order.
        rate: how many of the requests are troubled by chance, 0.0 to 1.0.
        seed: the same seed and the same order of requests draw the same faults.
        faults: what chance may draw.
        drip_seconds: the pause between two bytes of an answer that drips.
        patience_seconds: how long a hanging answer is held open before the connection is dropped.
        markers: whether prompts may ask for faults.
    """

    rules: tuple[Rule, ...] = ()
    rate: float = 0.0
    seed: int = 0
    faults: tuple[str, ...] = BY_CHANCE
    drip_seconds: float = 1.0
    patience_seconds: float = 600.0
    markers: bool = True

    def decide(self, asked: Asked, count: Callable[[str], int]) -> Played:
        """Choose what goes wrong with one request.

        Args:
            asked: the request.
            count: raises the counter of that name by one and returns its value; it outlives the process.
        """
        request, later = "", dict[str, int]()
        for fault, times in self._asked_for(asked, count):
            when, _ = FAULTS[fault]
            if when is When.REQUEST:
                request = request or fault
            else:
                later.setdefault(fault, times)
        if not request and not later and self.rate > 0:
            drawn = random.Random(f"{self.seed}:{count('chance')}")  # noqa: S311 (a play, not a secret)
            if drawn.random() < self.rate:
                fault = drawn.choice(self.faults)
                when, times = FAULTS[fault]
                if when is When.REQUEST:
                    request = fault
                elif asked.on == "create":
                    later[fault] = times
        return Played(request, later)

    def _asked_for(self, asked: Asked, count: Callable[[str], int]) -> Iterable[tuple[str, int]]:
        for number, rule in enumerate(self.rules):
            if rule.fits(asked):
                seen = count(f"rule {number}")
                if not rule.nth or seen in rule.nth:
                    yield rule.fault, FAULTS[rule.fault][1] if rule.times is None else rule.times
        if self.markers and asked.on == "create":
            for fault, times in marked(asked.prompt):
                # A request that is sent again is the same request: else a refused order could never succeed.
                once_more = FAULTS[fault][0] is When.REQUEST and times != ALWAYS
                if not once_more or count(f"marker {fault} {asked.identity}") <= times:
                    yield fault, times


def known(fault: str) -> str:
    """Return the fault's name.

    Raises:
        UnknownFault
    """
    if fault not in FAULTS:
        raise UnknownFault(f"There is no fault {fault!r}. There are: {', '.join(sorted(FAULTS))}.")
    return fault


def marked(prompt: str) -> list[tuple[str, int]]:
    """The faults that a prompt asks for, and how often; words that name none are left alone."""
    found = []
    for name, times in _MARKER.findall(prompt):
        if name in FAULTS:
            often = ALWAYS if times == "always" else int(times) if times else FAULTS[name][1]
            found.append((name, often))
    return found
