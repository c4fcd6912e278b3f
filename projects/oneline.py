"""What people type into a field of one line, as it is kept."""

from __future__ import annotations

import re

# Controls and marks that turn the writing direction; joiners stay, languages and emoji need them.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """Return words with single spaces between them, without what cannot be seen."""
    return " ".join(_UNSEEN.sub(" ", text).split())
