"""Asking a provider to stop."""

from __future__ import annotations

import logging
import threading
from uuid import UUID

from django.db.models.functions import Now

from generation import execution
from generation.crashpoints import reach
from generation.models import Attempt
from generation.providers.errors import ProviderError
from generation.states import AttemptState

logger = logging.getLogger(__name__)
_S = AttemptState
# An address of a team's own may take its time, and the sweep asks again: one thread of a process waits for such.
_own_addresses = threading.BoundedSemaphore(1)


def cancel_at_provider(attempt_id: UUID) -> None:
    """Ask the provider to stop a running attempt; its final word comes through the poll."""
    attempt = Attempt.objects.select_related("job", "account").filter(pk=attempt_id, state=_S.RUNNING).first()
    if attempt is None:
        return
    apart = bool(attempt.account.base_url)
    if apart and not _own_addresses.acquire(blocking=False):
        return  # the sweep asks again
    try:
        execution.cancel(attempt)
    except (ProviderError, LookupError) as error:
        logger.info("Cancel of %s not taken, the sweep asks again: %s", attempt.pk, error)
        return
    finally:
        if apart:
            _own_addresses.release()
    reach("cancel sent")
    Attempt.objects.filter(pk=attempt.pk, state=_S.RUNNING).update(due_at=Now())
