"""Asking a provider to stop."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db.models.functions import Now

from generation import execution
from generation.crashpoints import reach
from generation.models import Attempt
from generation.providers.errors import ProviderError
from generation.states import AttemptState

logger = logging.getLogger(__name__)
_S = AttemptState


def cancel_at_provider(attempt_id: UUID) -> None:
    """Ask the provider to stop a running attempt; its final word comes through the poll."""
    attempt = Attempt.objects.select_related("job", "account").filter(pk=attempt_id, state=_S.RUNNING).first()
    if attempt is None:
        return
    try:
        execution.cancel(attempt)
    except (ProviderError, LookupError) as error:
        logger.info("Cancel of %s not taken, the sweep asks again: %s", attempt.pk, error)
        return
    reach("cancel sent")
    Attempt.objects.filter(pk=attempt.pk, state=_S.RUNNING).update(due_at=Now())
