"""``If-Match``: what a change is held against and what it writes are one moment, whoever else writes meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, OperationalError, connection
from rest_framework.response import Response

from accounts.rest.errors import Refusal, Refused

TRIES = 5
_OVERTAKEN, _THERE_ALREADY = "40001", "23505"  # SQLSTATE of PostgreSQL


def changed_meanwhile() -> Refused:
    """Return the refusal of a change of what is no longer as its sender read it."""
    detail = "It has changed since you read it. Read it again, and send your change with the new ETag."
    return Refused(Refusal(412, "changed_meanwhile", detail))


def freeze() -> None:
    """Begin a transaction that is told of whoever overtakes it; its first statement.

    On SQLite nobody does: a transaction that writes has begun after the last one ended. On PostgreSQL all is read as
    of now, and writing what somebody else has changed since fails.
    """
    if connection.vendor == "postgresql" and not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def until_settled(answer: Callable[[], Response]) -> Response:
    """Answer in a frozen transaction; once more, with everything read anew, where somebody else was faster.

    Args:
        answer: makes the transaction, and nothing that stays when it fails.

    Raises:
        Refused: others were faster each time.
    """
    for left in reversed(range(TRIES)):
        try:
            return answer()
        except OperationalError as error:
            if _state(error) != _OVERTAKEN:
                raise
        except IntegrityError as error:
            # What somebody else has made since cannot be seen in the frozen state, only run into.
            if _state(error) != _THERE_ALREADY or not left:
                raise
    raise changed_meanwhile()


def _state(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
