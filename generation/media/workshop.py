"""What all stages of one render share: where things come from, where pieces are kept, who is told and who may stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generation.media.cache import PieceCache
from generation.media.mezzanine import VideoFormat


class Meter:
    """Turns finished work into progress that never goes back. Work is counted in frames encoded.

    Args:
        report: takes progress from 0.0 to 1.0.
    """

    def __init__(self, report: Callable[[float], None] | None) -> None:
        self._report = report
        self._expected = self._done = 0.0
        self._told = -1.0

    def expect(self, work: float) -> None:
        """Announce more work."""
        self._expected += work

    def advance(self, work: float = 1.0) -> None:
        """Tell of finished work. One is only said by ``finish``."""
        self._done += work
        progress = min(0.999, self._done / self._expected) if self._expected else 0.0
        if self._report is not None and progress >= self._told + 0.001:
            self._told = progress
            self._report(progress)

    def finish(self) -> None:
        """Everything is done."""
        if self._report is not None:
            self._report(1.0)

    def share(self, work: float) -> Callable[[float], None]:
        """A ``report`` for one stage that is worth ``work``."""
        told = 0.0

        def report(progress: float) -> None:
            nonlocal told
            if progress > told:
                self.advance((progress - told) * work)
                told = progress

        return report


@dataclass(frozen=True, slots=True)
class Workshop:
    """See ``film.render_film`` for the parts."""

    format: VideoFormat
    cache: PieceCache
    input_file: Callable[[str], Path]
    meter: Meter
    check: Callable[[], None]
