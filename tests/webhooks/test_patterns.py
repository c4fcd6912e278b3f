"""Which types a pattern stands for, and when something is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from projects.outgoing import schedule
from projects.outgoing.patterns import complaint, matches
from projects.outgoing.types import known


@pytest.mark.parametrize(
    ("pattern", "word", "does"),
    [
        ("*", "take_added", True),
        ("**", "take_added", True),
        ("take_added", "take_added", True),
        ("take_added", "take_added_", False),
        ("take", "take_added", False),
        ("take_*", "take_added", True),
        ("*_added", "take_added", True),
        ("t*d", "take_added", True),
        ("take_added*", "take_added", True),
        ("*take_added*", "take_added", True),
        ("video_generation_*", "video_generation_completed", True),
        ("video_generation_*", "video_generation_", True),
        ("video_generation_*", "audio_generation_completed", False),
        ("*_generation_*d", "video_generation_completed", True),
        ("*_generation_*x*", "video_generation_completed", False),
        ("aba*aba", "aba", False),
        ("a*b*a", "aba", True),
        ("a*ba*ba", "aba", False),
        ("*a" * 32, "a" * 31 + "b", False),
    ],
)
def test_a_pattern_matches_the_whole_word(pattern: str, word: str, does: bool) -> None:
    assert matches([pattern], word) is does
    assert matches(["nothing", pattern], word) is does


def test_what_nobody_can_mean_is_told() -> None:
    assert not complaint(["*"], known())
    assert not complaint(known()[:40], known())
    for wrong in ([], ["tke_added"], ["Take_added"], ["take.added"], ["x" * 65], ["*"] * 41):
        assert complaint(wrong, known())
    assert {"take_added", "video_generation_completed", "film_generation_failed"} <= set(known())


def test_ten_attempts_over_three_days() -> None:
    begun = now = datetime(2026, 11, 21, tzinfo=UTC)
    for attempts in range(1, schedule.ATTEMPTS):
        then = schedule.next_attempt(attempts, begun, now, None)
        assert then is not None
        wait = (then - now).total_seconds()
        assert schedule.WAITS[attempts - 1] <= wait <= schedule.WAITS[attempts - 1] * schedule.JITTER
        now = then
    assert schedule.next_attempt(schedule.ATTEMPTS, begun, now, None) is None
    assert timedelta(days=3) < now - begun < timedelta(days=4)


def test_a_receiver_that_asks_for_ever_more_patience_is_given_up_in_time() -> None:
    begun = now = datetime(2026, 11, 21, tzinfo=UTC)
    tried = 1
    while then := schedule.next_attempt(tried, begun, now, 24 * 3600.0):
        now, tried = then, tried + 1
    assert tried == 4
    assert now - begun < timedelta(days=4)
    # A short wait makes nothing quicker than the schedule.
    second = schedule.next_attempt(3, begun, begun, 1.0)
    assert second is not None
    assert second >= begun + timedelta(minutes=30)
