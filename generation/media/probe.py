"""What a sound or moving picture is, read from its container without decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.media.boxes import is_iso_media, track_rotation
from generation.media.formats import HEADER_OPTIONS, INPUT_OPTIONS, STILL_CODECS

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

MICROSECONDS = 1_000_000


class Unreadable(Exception):
    """The file is not a sound or film that we read, or it is damaged."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """The facts of one file. What it does not have is 0, empty or ``Fraction(0)``.

    Attributes:
        kind: ``"image"``, ``"video"`` or ``"audio"``.
        container: ffmpeg's name of the container, or Pillow's of the picture format in lower case.
        width, height: pixels as stored, before ``rotation``.
        frame_rate: average frames per second.
        frames: pictures in the file, counted by its index or estimated from duration and rate where it has none.
        duration_ms: of the longest stream.
        rotation: degrees counter-clockwise by which the picture wants to be turned for display.
        size: bytes.
        dark: share of the pictures looked at that are black, 0 to 1; known only of what the gate has decoded.
        still: share of the moments looked at between which nothing moves, 0 to 1; known only of decoded films.
    """

    kind: str
    container: str
    size: int
    width: int = 0
    height: int = 0
    rotation: int = 0
    video_codec: str = ""
    frame_rate: Fraction = Fraction(0)
    frames: int = 0
    duration_ms: int = 0
    audio_codec: str = ""
    sample_rate: int = 0
    channels: int = 0
    dark: float = 0.0
    still: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """A form that ``json`` takes and ``from_json`` gives back."""
        return {name: getattr(self, name) for name in self.__slots__} | {"frame_rate": str(self.frame_rate)}

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> MediaInfo:
        """The record that ``as_json`` wrote down."""
        return cls(**facts | {"frame_rate": Fraction(facts["frame_rate"])})

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height as a viewer sees them."""
        return (self.height, self.width) if self.rotation % 180 else (self.width, self.height)


def open_media(path: Path, demuxer: str | None = None) -> InputContainer:
    """Open a file with the decoders and protocols that we allow, and no others.

    Args:
        path: a local file.
        demuxer: ffmpeg's name of the container, when it is known; nothing else is then tried.

    Raises:
        Unreadable
    """
    return _open(path, INPUT_OPTIONS, demuxer)


def open_tables(path: Path) -> InputContainer:
    """Open an MP4 or QuickTime file by its tables alone; no packet is read and no decoder is started.

    Raises:
        Unreadable: it is neither, or damaged.
    """
    return _open(path, HEADER_OPTIONS, "mov")


def _open(path: Path, options: dict[str, str], demuxer: str | None) -> InputContainer:
    import av

    try:
        return av.open(f"file:{path.resolve()}", format=demuxer, options=options, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise Unreadable(f"cannot be opened: {error}") from error


def moving_picture(container: InputContainer) -> VideoStream | None:
    """The first video stream that is not the cover picture of a sound file."""
    import av.stream

    for stream in container.streams.video:
        if (
            not stream.disposition & av.stream.Disposition.attached_pic
            and stream.codec_context.name not in STILL_CODECS
        ):
            return stream
    return None


def probe(path: Path) -> MediaInfo:
    """Read the facts of a film, clip or sound that we made or that the gate has admitted.

    For any other file use ``gate.admit``, which looks at it in a process of its own.

    Raises:
        Unreadable
    """
    size = path.stat().st_size
    if is_iso_media(path):
        with open_tables(path) as container:
            if container.duration:  # those in fragments do not say how long they are
                return describe(container, size, track_rotation(path))
    with open_media(path) as container:
        return describe(container, size, picture_rotation(container))


def describe(container: InputContainer, size: int, rotation: int) -> MediaInfo:
    """The facts of an open file.

    Args:
        size: in bytes.
        rotation: of its picture, from ``track_rotation`` or ``picture_rotation``.

    Raises:
        Unreadable: it holds neither sound nor moving picture.
    """
    video = moving_picture(container)
    audio = container.streams.audio[0] if container.streams.audio else None
    duration_ms = _duration_ms(container, video, audio)
    facts: dict[str, Any] = {}
    if video is not None:
        rate = Fraction(video.average_rate or video.guessed_rate or 0)
        facts |= {
            "video_codec": video.codec_context.codec.canonical_name,
            "width": video.codec_context.width,
            "height": video.codec_context.height,
            "frame_rate": rate,
            "frames": video.frames or round(duration_ms * rate / 1000),
            "rotation": rotation,
        }
    if audio is not None:
        facts |= {
            "audio_codec": audio.codec_context.codec.canonical_name,
            "sample_rate": audio.codec_context.sample_rate,
            "channels": audio.codec_context.channels,
        }
    if not facts:
        raise Unreadable("holds neither sound nor moving picture")
    return MediaInfo(
        kind="audio" if video is None else "video",
        container=container.format.name,
        size=size,
        duration_ms=duration_ms,
        **facts,
    )


def _duration_ms(container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> int:
    lengths = [
        stream.duration * stream.time_base
        for stream in (video, audio)
        if stream is not None and stream.duration and stream.time_base
    ]
    if not lengths and container.duration:
        lengths = [Fraction(container.duration, MICROSECONDS)]
    return round(max(lengths, default=Fraction(0)) * 1000)


def picture_rotation(container: InputContainer) -> int:
    """Degrees counter-clockwise, from the display matrix that travels with the first decoded picture; 0 for sounds."""
    import av

    video = moving_picture(container)
    if video is not None:
        try:
            for frame in container.decode(video):
                return int(frame.rotation)
        except av.FFmpegError:
            pass
    return 0
