"""The house format: every clip is brought into it once, so that films are joined by copying.

A mezzanine is MP4 with H.264 High, 8 bit 4:2:0, BT.709 limited range, square pixels, one constant whole frame rate,
no B-frames, closed groups of at most one second, and a key frame at half a second from each end, where dissolves of
up to a second begin and end. x264's ``stitchable`` keeps parameter sets free of anything that depends on the
pictures, so two clips of one ``VideoFormat`` carry identical headers and their packets may follow each other.
A clip's own sound is kept beside it as AAC, 48 kHz stereo.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from generation.media import ffmpeg
from generation.media.boxes import is_iso_media
from generation.media.children import ChildLimits, never_stop
from generation.media.formats import INPUT_OPTIONS, STILL_CONTAINERS, STILL_OPTIONS
from generation.media.probe import Unreadable, moving_picture, open_media, open_tables, probe

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

SAMPLE_RATE = 48_000
TICKS_PER_FRAME = 512
HANDLE_SECONDS = Fraction(1, 2)
ENCODER_THREADS = 2

CONFORM_LIMITS = ChildLimits(wall_seconds=1800, cpu_seconds=3600)


class ConformFailed(Exception):
    """ffmpeg did its work but the result is not a mezzanine; the message lists the differences, for the log."""


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """What all pictures of one film have in common.

    Args:
        width, height: pixels, both even.
        fps: whole frames per second.

    Raises:
        ValueError: a size is odd or too small, or the rate is out of range.
    """

    width: int
    height: int
    fps: int

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 16:
            raise ValueError("width and height must be even and at least 16")
        if not 1 <= self.fps <= 120:
            raise ValueError("fps must be between 1 and 120")

    @property
    def timescale(self) -> int:
        """Ticks per second of the picture track."""
        return self.fps * TICKS_PER_FRAME

    def frames(self, duration_ms: float) -> int:
        """How many whole frames come closest to a duration; at least one."""
        return max(1, round(duration_ms * self.fps / 1000))

    def milliseconds(self, frames: int) -> int:
        """How long so many frames are."""
        return round(frames * 1000 / self.fps)


def x264_parameters(video_format: VideoFormat) -> str:
    """The value of ffmpeg's ``-x264-params``.

    Colour and pixel shape are named here as well as on the frames, because ffmpeg otherwise takes them from whatever
    each input says, and they are part of the headers that must be equal.
    """
    return (
        f"stitchable=1:ref=1:bframes=0:weightp=0:8x8dct=1:cabac=1:keyint={video_format.fps}:min-keyint=1"
        ":scenecut=0:open-gop=0:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv:sar=1/1"
    )


def key_frame_times(video_format: VideoFormat, frames: int) -> tuple[Fraction, ...]:
    """Seconds at which a clip of ``frames`` needs key frames beside the first: the inner ends of its handles."""
    length = Fraction(frames, video_format.fps)
    return tuple(sorted({at for at in (HANDLE_SECONDS, length - HANDLE_SECONDS) if 0 < at < length}))


def encoder_arguments(video_format: VideoFormat, frames: int) -> list[str]:
    """ffmpeg's output options for the picture of a mezzanine of exactly ``frames``."""
    arguments = [
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-profile:v", "high"),
        *("-x264-params", x264_parameters(video_format), "-threads", str(ENCODER_THREADS)),
        *("-frames:v", str(frames), "-video_track_timescale", str(video_format.timescale)),
        *("-movflags", "+faststart", "-map_metadata", "-1", "-map_chapters", "-1"),
    ]
    times = key_frame_times(video_format, frames)
    if times:
        # ffmpeg takes the first frame at or after the time; a quarter frame earlier, rounding cannot miss it.
        early = Fraction(1, 4 * video_format.fps)
        arguments += ["-force_key_frames", ",".join(f"{float(at - early):.6f}" for at in times)]
    return arguments


def picture_filters(video_format: VideoFormat) -> str:
    """Fit any picture into the format: square pixels, whole picture visible, black around it, BT.709."""
    size = f"{video_format.width}:{video_format.height}"
    return (
        "scale='max(2,trunc(iw*if(sar,sar,1)/2)*2)':ih,setsar=1,"
        f"scale={size}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=bicubic"
        ":out_color_matrix=bt709:out_range=tv,format=yuv420p,"
        f"pad={size}:(ow-iw)/2:(oh-ih)/2:black,setsar=1,"
        "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    )


def add_encoder(output: OutputContainer, video_format: VideoFormat) -> VideoStream:
    """Give an open PyAV output a picture stream whose headers equal those of every mezzanine of the format."""
    stream = output.add_stream(
        "libx264",
        rate=video_format.fps,
        options={
            "preset": "veryfast",
            "crf": "20",
            "profile": "high",
            "x264-params": x264_parameters(video_format),
            "threads": str(ENCODER_THREADS),
        },
    )
    stream.width, stream.height, stream.pix_fmt = video_format.width, video_format.height, "yuv420p"
    return stream


@functools.lru_cache(maxsize=64)
def reference(video_format: VideoFormat) -> bytes:
    """A whole MP4 of one black frame in the format: the headers that all its mezzanines share."""
    import av

    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4", options={"video_track_timescale": str(video_format.timescale)}) as output:
        stream = add_encoder(output, video_format)
        black = av.VideoFrame(video_format.width, video_format.height, "yuv420p")
        for plane, level in zip(black.planes, (16, 128, 128), strict=True):
            plane.update(bytes([level]) * plane.buffer_size)
        output.mux(stream.encode(black))
        output.mux(stream.encode())
    return memory.getvalue()


@functools.lru_cache(maxsize=64)
def headers(video_format: VideoFormat) -> bytes:
    """The parameter sets (an ``avcC`` record) of the format."""
    import av

    with av.open(io.BytesIO(reference(video_format)), format="mov") as container:
        return bytes(container.streams.video[0].codec_context.extradata or b"")


def key_frames(stream: VideoStream) -> tuple[int, ...]:
    """The numbers of the key frames, from the container's index; nothing is decoded or read."""
    entries = stream.index_entries
    return tuple(number for number in range(len(entries)) if entries[number].is_keyframe)


@dataclass(frozen=True, slots=True)
class Examined:
    """A clip as a source of films.

    Attributes:
        frames: pictures in it.
        key_frames: their numbers, sorted.
        has_sound: there is a sound track beside the picture.
        differences: what keeps it from being a mezzanine, in words for a log. Empty when it is one.
    """

    frames: int
    key_frames: tuple[int, ...]
    has_sound: bool
    differences: tuple[str, ...]


def examine(path: Path, video_format: VideoFormat) -> Examined:
    """Compare a clip with the format, from its container alone.

    Raises:
        Unreadable
    """
    with open_tables(path) if is_iso_media(path) else open_media(path) as container:
        stream = moving_picture(container)
        if stream is None:
            raise Unreadable("has no picture")
        entries = stream.index_entries
        stamps = [entries[number].timestamp for number in range(len(entries))]
        keys = key_frames(stream)
        found = _differences(container, stream, stamps, keys, video_format)
        return Examined(len(stamps), keys, bool(container.streams.audio), tuple(found))


def needs_conforming(path: Path, video_format: VideoFormat) -> bool:
    """Whether a clip must go through ``conform`` before a film of the format can copy it.

    Raises:
        Unreadable
    """
    return bool(examine(path, video_format).differences)


def _differences(
    container: InputContainer,
    stream: VideoStream,
    stamps: Sequence[int],
    keys: Sequence[int],
    video_format: VideoFormat,
) -> Iterator[str]:
    context = stream.codec_context
    if not container.format.name.startswith("mov"):
        yield f"container {container.format.name}"
    if (context.width, context.height) != (video_format.width, video_format.height):
        yield f"size {context.width}x{context.height}"
    if context.name != "h264" or bytes(context.extradata or b"") != headers(video_format):
        yield "headers"
    if stream.frames != len(stamps):
        yield "fragments"
    if stream.time_base != Fraction(1, video_format.timescale):
        yield f"time base {stream.time_base}"
    if stream.start_time != 0 or list(stamps) != [number * TICKS_PER_FRAME for number in range(len(stamps))]:
        yield "frame times"
    if not keys or keys[0] != 0 or _widest_gap(keys, len(stamps)) > video_format.fps:
        yield "key frames"
    for at in key_frame_times(video_format, len(stamps)):
        if not any(abs(key - at * video_format.fps) <= 1 for key in keys):
            yield f"no key frame at {float(at):g} s"
    if any(audio.codec_context.name != "aac" for audio in container.streams.audio):
        yield "sound codec"


def _widest_gap(keys: Sequence[int], frames: int) -> int:
    edges = (*keys, frames)
    return max(after - before for before, after in pairwise(edges))


def conform(
    source: Path,
    destination: Path,
    video_format: VideoFormat,
    *,
    frames: int | None = None,
    report: Callable[[float], None] | None = None,
    check: Callable[[], None] = never_stop,
) -> None:
    """Make a mezzanine of any clip that the gate has admitted.

    Args:
        frames: the exact length; a shorter clip holds its last picture. Default: the clip's own, rounded.
        report: takes progress from 0.0 to 1.0.
        check: called at least once a second; may raise, which leaves nothing behind.

    Raises:
        Unreadable, ConformFailed, ffmpeg.FfmpegFailed, ChildTimedOut
    """
    info = probe(source)
    # By its pictures, because the sound beside them usually ends a little later.
    seen_ms = info.frames * 1000 / info.frame_rate if info.frames and info.frame_rate else info.duration_ms
    count = frames or video_format.frames(float(seen_ms))
    rate = video_format.fps
    sound = [
        *("-map", "0:a:0?", "-c:a", "aac", "-b:a", "160k", "-ar", str(SAMPLE_RATE), "-ac", "2"),
        "-af",
        f"aresample={SAMPLE_RATE}:async=1:first_pts=0,aformat=channel_layouts=stereo,"
        f"apad,atrim=end_sample={count * SAMPLE_RATE // rate}",
    ]
    ffmpeg.make_file(
        [
            *ffmpeg.file_input(source, INPUT_OPTIONS, "-threads", str(ENCODER_THREADS)),
            *("-map", "0:v:0", "-vf"),
            f"fps={rate}:start_time=0,{picture_filters(video_format)},tpad=stop=-1:stop_mode=clone",
            *encoder_arguments(video_format, count),
            *(sound if info.audio_codec else ["-an"]),
            *("-sn", "-dn"),
        ],
        destination,
        limits=CONFORM_LIMITS,
        duration_ms=video_format.milliseconds(count),
        report=report,
        check=check,
    )
    _prove(destination, video_format)


def conform_still(
    source: Path,
    destination: Path,
    video_format: VideoFormat,
    *,
    frames: int,
    check: Callable[[], None] = never_stop,
) -> None:
    """Make a silent mezzanine of ``frames`` that shows one picture. Arguments and errors as for ``conform``."""
    with source.open("rb") as file:
        demuxer = STILL_CONTAINERS.get(file.read(2))
    if demuxer is None:
        raise Unreadable("is not a JPEG, PNG or WebP picture")
    ffmpeg.make_file(
        [
            *ffmpeg.file_input(source, STILL_OPTIONS, "-f", demuxer),
            *("-map", "0:v:0", "-vf"),
            f"{picture_filters(video_format)},loop=loop=-1:size=1,setpts=N/{video_format.fps}/TB,fps={video_format.fps}",
            *encoder_arguments(video_format, frames),
            *("-an", "-sn", "-dn"),
        ],
        destination,
        limits=CONFORM_LIMITS,
        check=check,
    )
    _prove(destination, video_format)


def _prove(path: Path, video_format: VideoFormat) -> None:
    """Refuse to go on with a file that only looks like a mezzanine: films made from it would not play."""
    found = examine(path, video_format).differences
    if found:
        path.unlink(missing_ok=True)
        raise ConformFailed("; ".join(found))
