"""The provider for OpenAI's protocol: words are streamed, pictures come in the answer.

Nothing in the protocol lets an order be found again, so each is sent once. Only what an endpoint refuses with 400 or
422, which proves that nothing was bought, is sent again, in older words.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from generation.providers import http
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
from generation.providers.errors import Refused, TaskMissing

from . import account, bodies, chat, images
from .wire import Endpoint

FETCH_SECONDS = 120.0
PICTURE_MOST = 64 * 1024 * 1024


class OpenAICompatibleProvider:
    """Orders words and pictures from an endpoint that an account names, by the names that it has for its models."""

    name: ClassVar[str] = "openai_compatible"
    label: ClassVar[str] = "The OpenAI-compatible endpoint"
    operations: ClassVar[frozenset[Operation]] = frozenset({Operation.TEXT_TO_TEXT, Operation.TEXT_TO_IMAGE})
    keyless: ClassVar[bool] = True
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=False,
        key_setting="OPENAI_COMPATIBLE_API_KEY",
        url_setting="OPENAI_COMPATIBLE_BASE_URL",
        answers_with=operations,
    )

    def prepare(self, order: Order, context: Context) -> Json:
        """Freeze the request, with the model's name and prices as the account has them now.

        Raises:
            Refused
        """
        if order.operation not in self.operations:
            raise Refused(f"{self.label} makes no such thing here. Choose another model.", code="wrong_operation")
        if order.inputs:
            raise Refused(f"{self.label} takes words only here. Leave the files out.", code="unexpected_input")
        return bodies.body_of(order, context, self.label)

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Place the order, once.

        Raises:
            NotAccepted, Refused, KeyRefused, OutcomeUnknown, Fruitless
        """
        endpoint = self._endpoint(context)
        if body["path"] == bodies.PICTURES:
            return images.drawn(endpoint, uuid, body)
        return chat.written(endpoint, uuid, body)

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """There is nothing to look at: answers are whole when they are accepted.

        Raises:
            TaskMissing
        """
        raise TaskMissing(f"{self.label} keeps no answers; ask again.", code="task_missing")

    def cancel(self, task_id: str, context: Context) -> None:
        """Nothing goes on that could be stopped: an answer that is being written is stopped where it is read."""

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Bring a picture home that came as a link. See ``Provider.fetch`` for what it raises."""
        http.download(
            output.reference,
            destination,
            fetch_origins=context.fetch_origins,
            most_bytes=PICTURE_MOST,
            deadline=FETCH_SECONDS,
            check=context.check,
        )

    def account(self, context: Context, *, since: date | None = None) -> AccountStatus:
        """Ask for the models that there are: that is free, and shows whether the key holds and the names are right.

        Raises:
            KeyRefused, PollFailed
        """
        return account.account_status(self._endpoint(context))

    def _endpoint(self, context: Context) -> Endpoint:
        return Endpoint(context, self.label, self.traits.default_url, self.keyless)
