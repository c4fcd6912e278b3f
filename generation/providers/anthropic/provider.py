"""The Claude provider: one streamed message for each order.

A message can be neither asked about nor sent again at no cost, so it is sent exactly once. Its first event tells what
it has read and under which id: from then on it is bought, and whatever happens is settled by what has come.
"""

from __future__ import annotations

from datetime import date
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import ClassVar
from uuid import UUID

from generation.providers import words
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
from generation.providers.errors import OutputExpired, TaskMissing

DEFAULT_URL = "https://api.anthropic.com"
LABEL = "Claude"


class AnthropicProvider:
    """Orders words from Claude. The official client takes a second to load, so it is loaded with the first use."""

    name: ClassVar[str] = "anthropic"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=False,
        key_setting="ANTHROPIC_API_KEY",
        url_setting="ANTHROPIC_BASE_URL",
        default_url=DEFAULT_URL,
        answers_with=frozenset({Operation.TEXT_TO_TEXT}),
    )

    def prepare(self, order: Order, context: Context) -> Json:
        """Freeze the message.

        Raises:
            Refused
        """
        words.refuse_impossible(order, LABEL)
        body: Json = _loaded("bodies").body_of(order)
        return body

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Send the message, once, and take the answer as it comes.

        Raises:
            NotAccepted, Refused, KeyRefused, OutcomeUnknown, Fruitless
        """
        submission: Submission = _loaded("messages").written(body, context)
        return submission

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """There is nothing to look at: answers are whole when they are accepted.

        Raises:
            TaskMissing
        """
        raise TaskMissing(
            "Claude keeps no answers; ask again. Anthropic's console tells what was charged.", code="task_missing"
        )

    def cancel(self, task_id: str, context: Context) -> None:
        """Nothing goes on that could be stopped: a message that is being written is stopped where it is read."""

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """There are no files.

        Raises:
            OutputExpired
        """
        raise OutputExpired("Claude makes no files.", code="no_files")

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Ask whether the key holds. Anthropic tells no balance to such a key.

        Raises:
            KeyRefused, PollFailed
        """
        status: AccountStatus = _loaded("messages").account_status(context)
        return status


def _loaded(part: str) -> ModuleType:
    """Return a part of this package that needs the official client."""
    return import_module(f"generation.providers.anthropic.{part}")
