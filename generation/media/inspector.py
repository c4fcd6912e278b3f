"""The child's side of the gate: decodes one foreign file from end to end and says what it is.

It runs only inside the sandbox (see ``gate``), prints one JSON object and trusts nothing: whatever goes wrong here,
up to a crash of the decoder, ends this process alone.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.media.formats import AUDIO_CODECS, VIDEO_CODECS
from generation.media.probe import MediaInfo, Unreadable, describe, moving_picture, open_media, picture_rotation

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.stream import Stream

# A stray damaged packet is common in the wild and harmless; more than this means a broken file.
TOLERATED_DAMAGE = 0.02
# A few small looks a second tell black and frozen pictures from others.
LOOKS_A_SECOND = 4
LOOK_WIDTH, LOOK_HEIGHT = 32, 18
# Luma from 0 to 255. Video black is 16; a night scene has something brighter somewhere.
BLACK = 28
# Noise of the compression stays below; the slowest camera move does not.
SAME = 2


class Unacceptable(Exception):
    """The file is refused; the argument is one of the codes that ``gate`` has a sentence for."""


def inspect_still(path: Path, formats: list[str], limits: dict[str, Any]) -> MediaInfo:
    """Decode one picture completely."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = int(limits["max_pixels"])
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(path, formats=formats) as image:
            image.verify()
        with Image.open(path, formats=formats) as image:
            if getattr(image, "n_frames", 1) > 1:
                raise Unacceptable("animated")
            image.load()
            tiny = image.convert("L").resize((LOOK_WIDTH, LOOK_HEIGHT)).tobytes()
            return MediaInfo(
                kind="image",
                container=str(image.format).lower(),
                size=path.stat().st_size,
                width=image.width,
                height=image.height,
                dark=float(max(tiny) < BLACK),
            )
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Unacceptable("too_many_pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Unacceptable("damaged") from error


def inspect_media(path: Path, demuxer: str, limits: dict[str, Any]) -> MediaInfo:
    """Decode every picture and sound of one film, clip or sound."""
    with open_media(path, demuxer) as container:
        if len(container.streams) > limits["max_streams"]:
            raise Unacceptable("too_many_streams")
        video = moving_picture(container)
        audio = container.streams.audio[0] if container.streams.audio else None
        if video is not None:
            if video.codec_context.name not in VIDEO_CODECS:
                raise Unacceptable("codec")
            if video.codec_context.width * video.codec_context.height > limits["max_pixels"]:
                raise Unacceptable("too_many_pixels")
        if audio is not None and audio.codec_context.name not in AUDIO_CODECS:
            raise Unacceptable("codec")
        info = describe(container, path.stat().st_size, picture_rotation(container))
        if info.duration_ms > limits["max_duration_ms"]:
            raise Unacceptable("too_long")
    with open_media(path, demuxer) as container:
        watching = Watching(every=max(1, round(float(info.frame_rate or 24) / LOOKS_A_SECOND)))
        frames, length_ms = _decode_all(container, info, limits, watching)
    if length_ms < 1:
        raise Unacceptable("empty")
    if info.duration_ms and length_ms < 0.9 * info.duration_ms - 200:
        raise Unacceptable("damaged")
    return dataclasses.replace(
        info,
        frames=frames,
        duration_ms=info.duration_ms or length_ms,
        dark=watching.dark_share,
        still=watching.still_share,
    )


class Watching:
    """Looks at a picture now and then, very small and grey.

    Args:
        every: one look at so many pictures.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._seen = self._looks = self._dark = self._same = 0
        self._before: bytes | None = None

    def see(self, frame: VideoFrame) -> None:
        """Take the next picture."""
        self._seen += 1
        if (self._seen - 1) % self._every:
            return
        plane = frame.reformat(width=LOOK_WIDTH, height=LOOK_HEIGHT, format="gray").planes[0]
        rows = bytes(plane)
        now = b"".join(rows[at : at + LOOK_WIDTH] for at in range(0, plane.line_size * LOOK_HEIGHT, plane.line_size))
        self._looks += 1
        self._dark += max(now) < BLACK
        if self._before is not None:
            self._same += max(abs(a - b) for a, b in zip(now, self._before, strict=True)) <= SAME
        self._before = now

    @property
    def dark_share(self) -> float:
        """How much of what was seen is black."""
        return self._dark / self._looks if self._looks else 0.0

    @property
    def still_share(self) -> float:
        """Between how many of the looks nothing moved; a single picture says nothing."""
        return self._same / (self._looks - 1) if self._looks > 1 else 0.0


def _decode_all(
    container: InputContainer, info: MediaInfo, limits: dict[str, Any], watching: Watching
) -> tuple[int, int]:
    """Decode the first picture and the first sound stream. Returns pictures and the length in milliseconds."""
    import av
    from av import VideoFrame

    video = moving_picture(container)
    streams: list[Stream] = [video] if video is not None else []
    streams += container.streams.audio[:1]
    packets = damaged = pictures = samples = 0
    sound_ms = picture_ms = 0.0
    try:
        for packet in container.demux(streams):
            packets += 1
            try:
                decoded = packet.decode()
            except av.FFmpegError:
                damaged += 1
                continue
            for frame in decoded:
                if isinstance(frame, VideoFrame):
                    pictures += 1
                    if frame.width * frame.height > limits["max_pixels"]:
                        raise Unacceptable("too_many_pixels")
                    watching.see(frame)
                else:
                    samples += frame.samples  # type: ignore[union-attr]
            sound_ms = samples * 1000 / info.sample_rate if info.sample_rate else 0.0
            picture_ms = float(pictures * 1000 / info.frame_rate) if info.frame_rate else 0.0
            if max(sound_ms, picture_ms) > limits["max_duration_ms"] * 1.05:
                raise Unacceptable("too_long")
    except av.FFmpegError as error:
        raise Unacceptable("damaged") from error
    if damaged > max(1, TOLERATED_DAMAGE * packets) or (video is not None and pictures == 0):
        raise Unacceptable("damaged")
    length = picture_ms if info.kind == "video" and picture_ms else sound_ms
    return pictures, round(max(length, sound_ms))


def main(arguments: list[str]) -> None:
    """Inspect the file named in the JSON argument and print what it is, or why it is refused."""
    wanted = json.loads(arguments[0])
    path = Path(wanted["path"])
    answer: dict[str, Any]
    try:
        if wanted["kind"] == "image":
            info = inspect_still(path, wanted["formats"], wanted["limits"])
        else:
            info = inspect_media(path, wanted["formats"][0], wanted["limits"])
        answer = {"info": info.as_json()}
    except Unacceptable as refusal:
        answer = {"refused": str(refusal)}
    except Unreadable as error:
        answer = {"refused": "damaged", "detail": str(error)}
    except MemoryError:
        answer = {"refused": "too_many_pixels"}
    sys.stdout.write(json.dumps(answer))
