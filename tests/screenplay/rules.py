"""Rules that every breakdown keeps, used by several tests."""

from itertools import pairwise

from scenes.screenplay.drafts import Breakdown


def check_rules(breakdown: Breakdown, limit_ms: int) -> None:
    """What holds for every breakdown, whatever the script."""
    for scene in breakdown.scenes:
        assert scene.shots
        assert scene.duration_ms == sum(shot.duration_ms for shot in scene.shots)
        assert scene.line <= scene.end_line
        assert len(scene.location) <= 200
        assert len(scene.heading) <= 200
        for shot in scene.shots:
            assert shot.duration_ms % 500 == 0
            assert 2_000 <= shot.duration_ms <= limit_ms
            assert shot.description
            single = [line for line in shot.lines if not line.dual]
            assert all(one.end_ms <= other.start_ms for one, other in pairwise(single))
            sides = [line.dual for line in shot.lines if line.dual]
            assert len(sides) == len(set(sides))
            assert all(line.duration_ms > 0 and line.end_ms <= shot.duration_ms for line in shot.lines)
    keys = [shot.key for scene in breakdown.scenes for shot in scene.shots]
    assert len(keys) == len(set(keys))
    assert breakdown.duration_ms == sum(scene.duration_ms for scene in breakdown.scenes)
