"""Encoding the frames of a film that cannot be copied: transitions, heads up to a key frame, held pictures, titles."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from generation.media.children import never_stop
from generation.media.cutting import Blend, Fade, Join, Part
from generation.media.mezzanine import TICKS_PER_FRAME, VideoFormat, add_encoder, key_frames
from generation.media.probe import moving_picture, open_tables
from generation.media.titles import Overlay

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    """Planes of 4:2:0 below each other, as PyAV lays them out: 1.5 × height rows of ``width`` bytes."""


class FrameReader:
    """The frames of one mezzanine by number; ascending numbers are read without seeking back."""

    def __init__(self, path: Path) -> None:
        self._container = open_tables(path)
        stream = moving_picture(self._container)
        if stream is None:
            self._container.close()
            raise ValueError(f"{path.name} has no picture")
        self._stream = stream
        self._stream.thread_type = "SLICE"  # whole-frame threads read ahead, and joins read a few frames only
        self._key_frames = key_frames(stream)
        self.frames = len(stream.index_entries)
        self._decoded: Iterator[Any] = iter(())
        self._at = -1
        self._picture: Picture | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def picture(self, number: int) -> Picture:
        """One frame. Numbers before the first or after the last give the first or the last.

        Raises:
            ValueError: the file ends earlier than its index says.
        """
        number = min(max(number, 0), self.frames - 1)
        if self._picture is not None and number == self._at:
            return self._picture
        nearest = self._key_frames[bisect_right(self._key_frames, number) - 1]
        if self._picture is None or not self._at < number or nearest > self._at:
            self._container.seek(number * TICKS_PER_FRAME, stream=self._stream, backward=True)
            self._decoded = self._container.decode(self._stream)
        for frame in self._decoded:
            at = int(frame.pts) // TICKS_PER_FRAME
            if at >= number:
                self._at, self._picture = number, frame.to_ndarray()
                return self._picture
        raise ValueError("the clip ends before its last frame")


def ingredients(join: Join, video_format: VideoFormat) -> list[Any]:
    """All that a join's encoded form depends on; ``shown`` does not belong to it."""
    parts = [[type(part).__name__, dataclasses.asdict(part)] for part in join.parts]
    words = [dataclasses.asdict(one) for one in join.words]
    return [dataclasses.asdict(video_format), parts, words] if words else [dataclasses.asdict(video_format), parts]


def encode(
    join: Join,
    destination: Path,
    video_format: VideoFormat,
    *,
    files: Mapping[str, Path],
    on_frame: Callable[[], None] = never_stop,
    check: Callable[[], None] = never_stop,
) -> None:
    """Encode a join into an MP4 whose headers equal those of the mezzanines.

    The sources are mezzanines, made by us or proven equal to ours after the gate decoded them whole, so they are
    decoded here and not in a process of their own: starting one would take longer than most joins.

    Args:
        files: the mezzanine of each source key, and the drawing of each title's.
        on_frame: called after each frame, for the progress.
        check: called before each frame; may raise.
    """
    import av

    options = {"video_track_timescale": str(video_format.timescale)}
    with ExitStack() as stack:
        readers: dict[tuple[str, int], FrameReader] = {}

        def read(key: str, number: int, side: int = 0) -> Picture:
            # A clip may dissolve into itself; each side then has a reader, so that neither seeks back and forth.
            if (key, side) not in readers:
                readers[key, side] = stack.enter_context(FrameReader(files[key]))
            return readers[key, side].picture(number)

        output = stack.enter_context(av.open(str(destination), "w", format="mp4", options=options))
        stream = add_encoder(output, video_format)
        overlays = {words.key: Overlay(files[words.key]) for words in join.words}
        for number, picture in enumerate(_pictures(join, read)):
            check()
            for words in join.words:
                picture = overlays[words.key].over(picture, words.opacity(number))
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = number
            output.mux(stream.encode(frame))
            on_frame()
        output.mux(stream.encode())


def _pictures(join: Join, read: Callable[..., Picture]) -> Iterator[Picture]:
    for part in join.parts:
        for step in range(part.frames):
            yield _frame(part, step, read)


def _frame(part: Part, step: int, read: Callable[..., Picture]) -> Picture:
    if isinstance(part, Blend):
        return _blend(part, step, read)
    picture = read(part.source, part.first + step)
    return _faded(picture, part, step) if isinstance(part, Fade) else picture


def _faded(picture: Picture, part: Fade, step: int) -> Picture:
    """One frame between black and the picture: never quite the one, not yet the other."""
    import numpy as np

    shown = step + 1 if part.rising else part.frames - step
    weight = round(256 * shown / (part.frames + 1))
    luma_rows = picture.shape[0] * 2 // 3
    black = np.full_like(picture, 128)
    black[:luma_rows] = 16
    mixed = black.astype(np.uint16) * (256 - weight) + picture.astype(np.uint16) * weight + 128
    return (mixed >> 8).astype(np.uint8)


def _blend(part: Blend, step: int, read: Callable[..., Picture]) -> Picture:
    """One frame of a dissolve. The first is not yet all of one clip and the last not yet all of the other."""
    import numpy as np

    before = read(part.before, part.before_first + step, 1)
    after = read(part.after, part.after_first + step)
    weight = round(256 * (step + 1) / (part.frames + 1))
    mixed = before.astype(np.uint16) * (256 - weight) + after.astype(np.uint16) * weight + 128
    return (mixed >> 8).astype(np.uint8)
