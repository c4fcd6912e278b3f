"""The Parasail provider: OpenAI's protocol at another address, for words only.

Parasail documents no endpoint for pictures, so none are offered.
"""

from __future__ import annotations

from typing import ClassVar

from generation.providers.base import Operation, Traits
from generation.providers.openai_compatible import OpenAICompatibleProvider


class ParasailProvider(OpenAICompatibleProvider):
    """Orders words from Parasail."""

    name: ClassVar[str] = "parasail"
    label: ClassVar[str] = "Parasail"
    operations: ClassVar[frozenset[Operation]] = frozenset({Operation.TEXT_TO_TEXT})
    keyless: ClassVar[bool] = False
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=False,
        key_setting="PARASAIL_API_KEY",
        url_setting="PARASAIL_BASE_URL",
        default_url="https://api.parasail.io/v1",
        answers_with=operations,
    )
