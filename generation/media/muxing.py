"""Writing the finished film: packets of picture and sound, subtitles, chapters, one MP4 that starts at once."""

from __future__ import annotations

import heapq
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.media.children import never_stop
from generation.media.mezzanine import TICKS_PER_FRAME, VideoFormat, reference
from generation.media.partial import finished_or_nothing
from generation.media.probe import moving_picture, open_tables
from generation.media.subtitles import Subtitle

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

MILLISECOND = Fraction(1, 1000)

# mov_text takes its look from an ASS header. Players apply their own; this is the plain default.
_STYLE = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
    "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, "
    "MarginL, MarginR, MarginV, Encoding\n"
    "Style: Default,Sans,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\n\n"
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


class FilmBroken(Exception):
    """The pieces did not add up to the film; nothing was written. A fault of ours, never of the person's."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """Consecutive packets of a mezzanine, from a key frame on."""

    path: Path
    first: int
    frames: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A chapter, in milliseconds of the film."""

    title: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class FilmTracks:
    """Everything beside the picture. ``sound`` is an M4A as long as the film, or None."""

    format: VideoFormat
    frames: int
    sound: Path | None = None
    subtitles: Sequence[Subtitle] = ()
    language: str = "eng"
    chapters: Sequence[Mark] = ()
    title: str = ""


def write_film(
    destination: Path,
    cuttings: Sequence[Cutting],
    tracks: FilmTracks,
    *,
    on_frame: Callable[[], None] = never_stop,
    check: Callable[[], None] = never_stop,
) -> None:
    """Put a film together without encoding anything.

    Args:
        destination: appears whole or not at all.
        cuttings: the picture; they sum up to ``tracks.frames``.
        on_frame: called after each frame, for the progress.
        check: called before each frame; may raise.

    Raises:
        FilmBroken, Unreadable
    """
    import av

    options = {"movflags": "+faststart", "video_track_timescale": str(tracks.format.timescale)}
    with finished_or_nothing(destination) as temporary, ExitStack() as stack:
        headers = stack.enter_context(av.open(io.BytesIO(reference(tracks.format)), format="mov"))
        output = stack.enter_context(av.open(str(temporary), "w", format="mp4", options=options))
        picture = output.add_stream_from_template(headers.streams.video[0])
        sounds: Iterator[tuple[Fraction, Packet[Any]]] = iter(())
        if tracks.sound is not None:
            sound = stack.enter_context(open_tables(tracks.sound))
            sounds = _sound_packets(sound, output.add_stream_from_template(sound.streams.audio[0]))
        texts = _text_packets(output, tracks)
        output.metadata["title"] = tracks.title
        output.set_chapters(
            [
                {
                    "id": number,
                    "start": mark.start_ms,
                    "end": mark.end_ms,
                    "time_base": MILLISECOND,
                    "metadata": {"title": mark.title},
                }
                for number, mark in enumerate(tracks.chapters)
            ]
        )
        beside = heapq.merge(sounds, texts, key=lambda timed: timed[0])
        waiting = next(beside, None)
        number = 0
        for packet in _picture_packets(cuttings, check):
            at = Fraction(number, tracks.format.fps)
            while waiting is not None and waiting[0] <= at:
                output.mux(waiting[1])
                waiting = next(beside, None)
            packet.pts = packet.dts = number * TICKS_PER_FRAME
            packet.duration = TICKS_PER_FRAME
            packet.time_base = Fraction(1, tracks.format.timescale)
            output.mux(_moved(packet, picture))
            number += 1
            on_frame()
        while waiting is not None:
            output.mux(waiting[1])
            waiting = next(beside, None)
        if number != tracks.frames:
            raise FilmBroken(f"{number} frames instead of {tracks.frames}")
        output.close()


def _picture_packets(cuttings: Sequence[Cutting], check: Callable[[], None]) -> Iterator[Packet[Any]]:
    """The packets of all cuttings. A file that follows itself is opened once."""
    opened: tuple[Path, InputContainer] | None = None
    try:
        for cutting in cuttings:
            if opened is None or opened[0] != cutting.path:
                if opened is not None:
                    opened[1].close()
                opened = (cutting.path, open_tables(cutting.path))
            yield from _cut_packets(opened[1], cutting, check)
    finally:
        if opened is not None:
            opened[1].close()


def _cut_packets(container: InputContainer, cutting: Cutting, check: Callable[[], None]) -> Iterator[Packet[Any]]:
    stream = moving_picture(container)
    if stream is None:
        raise FilmBroken(f"{cutting.path.name} has no picture")
    container.seek(cutting.first * TICKS_PER_FRAME, stream=stream, backward=True)
    expected, end = cutting.first, cutting.first + cutting.frames
    for packet in container.demux(stream):
        if packet.pts is None or packet.pts < cutting.first * TICKS_PER_FRAME:
            continue
        if packet.pts != expected * TICKS_PER_FRAME or (expected == cutting.first and not packet.is_keyframe):
            raise FilmBroken(f"{cutting.path.name} cannot be cut at frame {expected}")
        check()
        yield packet
        expected += 1
        if expected == end:
            return
    raise FilmBroken(f"{cutting.path.name} ends before frame {end}")


def _moved(packet: Packet[Any], stream: Stream) -> Packet[Any]:
    packet.stream = stream
    return packet


def _sound_packets(container: InputContainer, stream: Stream) -> Iterator[tuple[Fraction, Packet[Any]]]:
    for packet in container.demux(container.streams.audio[0]):
        if packet.dts is not None:
            at = packet.dts * packet.time_base
            yield at, _moved(packet, stream)


def _text_packets(output: OutputContainer, tracks: FilmTracks) -> Iterator[tuple[Fraction, Packet[Any]]]:
    """Subtitles as 3GPP timed text: two bytes of length, then UTF-8 (3GPP TS 26.245, section 5.17)."""
    if not tracks.subtitles:
        return iter(())
    stream = output.add_stream("mov_text")
    stream.codec_context.subtitle_header = _STYLE.encode()
    stream.codec_context.time_base = stream.time_base = MILLISECOND
    stream.metadata["language"] = tracks.language
    return _encoded_texts(stream, tracks.subtitles)


def _encoded_texts(stream: Stream, subtitles: Sequence[Subtitle]) -> Iterator[tuple[Fraction, Packet[Any]]]:
    import av

    for subtitle in subtitles:
        text = subtitle.text.encode()
        packet: Packet[Any] = av.Packet(len(text).to_bytes(2, "big") + text)
        packet.pts = packet.dts = subtitle.start_ms
        packet.duration = subtitle.end_ms - subtitle.start_ms
        packet.time_base = MILLISECOND
        packet.stream = stream
        yield packet.pts * MILLISECOND, packet
