"""Why a job has no result (yet), in words for programs: whose fault it was, and what helps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from accounts.rest.errors import (
    API_ERROR,
    CONNECTION_ERROR,
    CONTACT_SUPPORT,
    MODEL_ERROR,
    QUOTA_ERROR,
    RETRY,
    USE_FALLBACK,
)
from generation.job_rows import JobRow
from generation.models import Attempt, Job
from generation.states import JobState

_CONNECTION = frozenset(
    {
        "answer_lost", "download_failed", "link_expired", "no_answer", "not_arrived", "outcome_unknown",
        "provider_failing", "redirect_loop", "redirected", "server_error", "unavailable", "unreachable",
        "upload_failed", "wrong_address",
    }
)  # fmt: skip
_QUOTA = frozenset(
    {"account_paused", "daily_limit", "key_refused", "key_unreadable", "no_credit", "no_key", "rate_limited"}
)
_MODEL = frozenset(
    {
        "bad_duration", "bad_fps", "bad_option", "bad_tag", "first_frame_missing", "input_missing", "input_too_large",
        "input_type", "invalid_request", "moderated", "prompt_too_long", "refused", "too_large", "too_many",
        "unknown_model", "unknown_operation", "unsafe_result",
    }
)  # fmt: skip
# Nobody but whoever runs this or holds the account can do anything about it.
_FOR_SUPPORT = frozenset({"account_paused", "key_refused", "key_unreadable", "kept_crashing", "no_credit", "no_key"})
_BY_PEOPLE = frozenset({"approval_expired", "cancelled", "declined"})


def failure_of(row: JobRow) -> dict[str, Any] | None:
    """Return why a job failed, or why it has not been accepted yet; None where nothing is wrong."""
    job, attempt = row.job, row.attempt
    refused = attempt if attempt is not None and attempt.refusals and attempt.failure_code else None
    if job.failure_code:
        code, words = job.failure_code, row.reason
    elif job.state in (JobState.QUEUED, JobState.RUNNING) and refused is not None:
        code, words = refused.failure_code, refused.failure_public
    elif job.state == JobState.UNKNOWN:
        code, words = "outcome_unknown", row.reason
    else:
        return None
    others = _others(row)
    return {
        "error": words,
        "error_type": _kind_of(code),
        "error_code": code,
        "retry_after": _seconds_until(refused) if job.state == JobState.QUEUED and refused is not None else None,
        "fallback_available": others,
        "suggested_action": _action(job, code, others=others),
    }


def _kind_of(code: str) -> str:
    for codes, kind in ((_CONNECTION, CONNECTION_ERROR), (_QUOTA, QUOTA_ERROR), (_MODEL, MODEL_ERROR)):
        if code in codes:
            return kind
    return API_ERROR


def _others(row: JobRow) -> bool:
    """Whether somebody is named for it who was not asked."""
    asked = {one.attempt.provider for one in row.attempts}
    return any(other.get("provider") not in asked for other in row.job.alternatives)


def _action(job: Job, code: str, *, others: bool) -> str | None:
    if job.state == JobState.UNKNOWN or code in _BY_PEOPLE:
        return None
    if others:
        return USE_FALLBACK
    if code in _FOR_SUPPORT:
        return CONTACT_SUPPORT
    # What the order itself is at fault for would only fail again.
    return None if code in _MODEL else RETRY


def _seconds_until(attempt: Attempt) -> int | None:
    if attempt.due_at is None:
        return None
    return max(0, round((attempt.due_at - datetime.now(UTC)).total_seconds()))
