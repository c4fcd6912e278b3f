"""Raw codes are sorted as the official client sorts them."""

from __future__ import annotations

import pytest
from runware import errors as official

from generation.providers.runware.faults import Category, category_of

THEIRS = {
    Category.QUOTA: "quota",
    Category.RATE_LIMIT: "rateLimit",
    Category.SAFETY: "safety",
    Category.AUTH: "auth",
    Category.TIMEOUT: "timeout",
    Category.NOT_FOUND: "notFound",
    Category.SERVER: "serverError",
    Category.MODEL: "provider",
    Category.VALIDATION: "validation",
    Category.UNKNOWN: "unknown",
}
LISTED = (
    official._SAFETY_CODES
    | official._AUTH_CODES
    | official._SERVER_ERROR_CODES
    | official._NOT_FOUND_CODES
    | official._PROVIDER_CODES
)
PATTERNS = {
    "insufficientCredits", "monthlyQuotaReached", "lowBalance", "quotaExceeded", "paymentRequired",
    "environmentPaused", "accountRateLimit", "rateLimitExceeded", "invalidApiKey", "missingApiKey", "requestTimeout",
    "providerTimeout", "timeout", "modelNotFound", "uploadExpired", "providerBusy", "providerContentRejected",
    "invalidSeed", "missingModel", "conflictTaskUUID", "seedConflict", "duplicateTask", "unsupportedSize",
    "valueTooLow", "arrayTooLong", "maxPromptLength", "unknownParameter", "incompatibleParameters", "validationFailed",
    "mismatchProviderSettingsProvider", "unknownProviderSettingsProvider", "transparentModelMismatch",
    "modelOwnershipValidationError", "modelAlreadyExists", "brandNewCode", "", "balance", "INVALIDSeed",
    "invalidCredits", "providerRateLimit", "invalidTimeout", "missingNotFound",
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(LISTED | PATTERNS))
def test_sorted_as_the_official_client_does(code: str) -> None:
    assert THEIRS[category_of(code)] == official.derive_code(code)


def test_the_documented_time_out_that_the_official_client_misses() -> None:
    assert official.derive_code("timeoutProvider") == "unknown"
    assert category_of("timeoutProvider") is Category.TIMEOUT
