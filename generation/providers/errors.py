"""What can go wrong at a provider, told apart by what it means for the money.

The engine decides from the class alone, so an adapter's whole duty is to raise the right one.
Every error carries a ``public`` sentence (safe to show, says what to do next) and an ``internal``
detail (for logs; never a key, never a whole body).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generation.providers.base import Usage


# What no database stores: the zero byte, and halves of characters.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ProviderError(Exception):
    """Base of everything an adapter may raise. Its texts can be stored, whatever a provider has put into them.

    Args:
        public: a sentence for the person who asked; says what to do next.
        code: short machine-readable reason, stable over time (``"prompt_too_long"``).
        internal: detail for the log.
        retry_after: seconds after which trying again makes sense, if the provider said so.
    """

    def __init__(self, public: str, *, code: str, internal: str = "", retry_after: float | None = None) -> None:
        super().__init__(public)
        self.public = UNSTORABLE.sub("\ufffd", public)
        self.code = code
        self.internal = UNSTORABLE.sub("\ufffd", internal) or self.public
        self.retry_after = retry_after


class NotAccepted(ProviderError):
    """Proof that the provider did not take the order (no byte left, 429, 502, 503). Safe to send again."""

    def __init__(
        self,
        public: str,
        *,
        code: str,
        internal: str = "",
        retry_after: float | None = None,
        daily_limit: bool = False,
    ) -> None:
        super().__init__(public, code=code, internal=internal, retry_after=retry_after)
        self.daily_limit = daily_limit


class Refused(ProviderError):
    """The provider said no to this very request (400, 404, 413, 422, policy). Sending it again is useless."""


class Fruitless(Refused):
    """The provider answered, and what it answered with is of no use: a refusal, nothing, or data that was cut off.

    Args:
        cost: what it charges for that, in micro-units; None where only ``usage`` tells.
        usage: tokens, where it charges for those.
    """

    def __init__(
        self, public: str, *, code: str, internal: str = "", cost: int | None = None, usage: Usage | None = None
    ) -> None:
        super().__init__(public, code=code, internal=internal)
        self.cost = cost
        self.usage = usage


class KeyRefused(Refused):
    """The key is wrong, paused or has no credit (401, 403). The account is paused until a person acts."""


class OutcomeUnknown(ProviderError):
    """Nobody can tell whether the order was accepted (read time-out, reset, 500 after sending)."""


class AlreadyAccepted(ProviderError):
    """A repeat with the same id was recognised: the first order stands, go on to poll.

    Args:
        task_id: the provider's id of the accepted order.
    """

    def __init__(self, task_id: str) -> None:
        super().__init__("The provider already has this order.", code="already_accepted")
        self.task_id = task_id


class PollFailed(ProviderError):
    """A look at the task failed; the task itself is not touched. Look again later."""


class TaskMissing(ProviderError):
    """The provider does not know this task id (any more)."""


class OutputExpired(ProviderError):
    """The link of a result has run out; poll again for a fresh one."""


class OutputUnusable(ProviderError):
    """What came back is not the media it claims to be (HTML page, truncated, wrong type, too large)."""


class Stopped(Exception):
    """Raised by ``Context.check`` inside an adapter: the lease is lost, somebody cancelled, or we shut down."""
