"""Which types of events there are, for people who choose among them."""

from __future__ import annotations

from projects.activity import GROUPS, SENTENCES, TAKES, TROUBLE

TEST = "webhook_test"
_MEDIA = ("image", "video", "audio", "film")
# What the engine says of jobs and nobody reads as a sentence.
_OF_JOBS = {
    f"{media}_generation_{what}": TROUBLE if what == "failed" else TAKES
    for media in _MEDIA
    for what in ("started", "completed", "failed")
}
GROUP_OF: dict[str, str] = {**_OF_JOBS, **{name: sentence.group for name, sentence in SENTENCES.items()}}


def known() -> list[str]:
    """Return every type, by name."""
    return sorted(GROUP_OF)


def by_group() -> list[tuple[str, list[str]]]:
    """Return every type under the heading that the audit has for it."""
    return [(group, sorted(name for name, its in GROUP_OF.items() if its == group)) for group in GROUPS]
