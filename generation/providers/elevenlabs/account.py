"""What ElevenLabs says about an account: its plan, and the credits that are left of this month's."""

from __future__ import annotations

from typing import Any

from generation.providers import http
from generation.providers.base import AccountStatus, Context
from generation.providers.errors import PollFailed
from generation.providers.keyed import told

from .refusals import unanswered
from .wire import ask, without_key

ACCOUNT_SECONDS = 20.0
_MOST_CREDITS = 10**12
# elevenlabs.io/docs: requests at once, by plan; a plan that is not named tells nothing.
_AT_ONCE = {"free": 2, "starter": 3, "creator": 5, "pro": 10, "scale": 15, "business": 15}


def account_status(context: Context) -> AccountStatus:
    """Ask for the plan and what is left of it. A plan is paid by the month, so that no money is named.

    Raises:
        KeyRefused, PollFailed
    """
    try:
        answer = ask("GET", "/v1/user/subscription", context, deadline=ACCOUNT_SECONDS)
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            "ElevenLabs cannot be reached at the moment. Try again in a minute; if it stays so, check its address.",
            code="unreachable",
            internal=without_key(str(error), context.key),
        ) from None
    said = told(answer)
    if answer.status != 200 or not said:
        raise unanswered(answer, context.key)
    tier = str(said.get("tier") or "")
    used, limit = _whole(said.get("character_count")), _whole(said.get("character_limit"))
    left = "" if used is None or limit is None else f"{max(limit - used, 0):,} of {limit:,} credits this month"
    at_once = _AT_ONCE.get(tier.lower())
    return AccountStatus(
        balance_text=without_key(", ".join(filter(None, (left, tier and f"{tier} plan"))), context.key),
        limits={} if at_once is None else {"all models": {"concurrent": at_once, "daily": None}},
        api_version="v1",
    )


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_CREDITS:
        return None
    return value
