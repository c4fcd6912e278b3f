"""Clips: a camera move over a still, encoded once in the house format."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from PIL import Image, ImageFilter, ImageOps

from generation.providers.errors import OutputUnusable

from .caption import labels
from .frames import Composer, Plane, planes
from .motion import Move, as_one_plane, move_for
from .picture import Layer, drawn_size, merged, paint
from .shot import Shot
from .still import remembered, shows

_MARGIN = 0.085
_LARGEST_STILL = 80_000_000
_HANDLE_MS = 500


@dataclass(frozen=True)
class ClipFormat:
    """Size in pixels (even), whole frames per second, and how many frames."""

    width: int
    height: int
    fps: int
    frames: int


def make_clip(
    shot: Shot,
    made_as: ClipFormat,
    still: Path | None,
    destination: Path,
    *,
    ffmpeg: str,
    fonts: Sequence[Path],
    report: Callable[[float], None],
    check: Callable[[], None],
) -> None:
    """Render and encode a clip.

    Args:
        still: the first frame; None draws it from the shot. One of our own is taken apart into its layers, so that near
            things move more than far ones; any other picture moves as one plane.
        check: called before every frame; what it raises ends the work, kills ffmpeg and removes what was written.

    Raises:
        OutputUnusable: the still cannot be read, or ffmpeg failed.
    """
    composer = Composer(
        made_as.width,
        made_as.height,
        _planes(shot, made_as, still, check),
        labels(shot.caption, shot.slate, made_as.width, made_as.height, fonts),
    )
    with _Encoder(ffmpeg, made_as, destination) as write:
        for number in range(made_as.frames):
            check()
            write(composer.frame(number / max(1, made_as.frames - 1)))
            report((number + 1) / made_as.frames)


def _planes(shot: Shot, made_as: ClipFormat, still: Path | None, check: Callable[[], None]) -> list[Plane]:
    duration_ms = made_as.frames * 1000 // made_as.fps
    picture = _opened(still) if still else None
    shown = shot if picture is None else remembered(picture)
    if shown is not None:
        width, height = drawn_size(made_as.width, made_as.height)
        margin = round(width * _MARGIN / 2) * 2
        layers = paint(shown, width, height, margin=margin, check=check)
        if picture is None or shows(picture, layers, margin=margin):
            return _moved(layers, move_for(_with_move(shown, shot), duration_ms), width / made_as.width)
    if picture is None:
        raise AssertionError("a drawn shot always shows itself")
    move = as_one_plane(move_for(shot, duration_ms))
    canvas = _filled(picture, made_as.width, made_as.height)
    return planes(canvas, lambda moment: move.view(moment, 1.0, 1.0), unit=canvas.width / made_as.width)


def _moved(layers: list[Layer], move: Move, unit: float) -> list[Plane]:
    if move.kind == "roll":  # turns everything alike, and turning is what costs: do it once
        layers = [Layer(merged(layers), layers[0].depth)]
    subject = layers[1].depth if len(layers) > 1 else layers[0].depth
    made: list[Plane] = []
    for layer in layers:
        made += planes(layer.image, partial(move.view, depth=layer.depth, subject=subject), unit=unit)
    return made


def _with_move(shown: Shot, asked: Shot) -> Shot:
    return Shot.from_json({**shown.to_json(), "move": asked.move})


def _opened(still: Path) -> Image.Image:
    try:
        with Image.open(still, formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > _LARGEST_STILL:
                raise OutputUnusable(
                    "The still is too large to be moved. Use one of at most 80 megapixels.", code="still_too_large"
                )
            opened.load()
            turned = ImageOps.exif_transpose(opened)
            made = turned.convert("RGB")
            made.info = dict(opened.info)
            return made
    except (
        OSError,
        ValueError,
        SyntaxError,
        LookupError,
        TypeError,
        struct.error,
        Image.DecompressionBombError,
    ) as error:
        raise OutputUnusable(
            "The still cannot be read as a picture. Choose another take or upload it again.",
            code="still_unreadable",
            internal=repr(error),
        ) from error


def _filled(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture in the shape of the clip, somewhat larger than it for sharpness.

    A slightly different shape is cropped; a very different one is shown whole on its own blurred enlargement.
    """
    wide, high = round(width * 1.12 / 2) * 2, round(height * 1.12 / 2) * 2
    covering = ImageOps.fit(picture, (wide, high), Image.Resampling.LANCZOS)
    shape, wanted = picture.width / picture.height, width / height
    if max(shape / wanted, wanted / shape) < 1.16:
        return covering
    ground = covering.filter(ImageFilter.GaussianBlur(high / 24)).point(lambda value: round(value * 0.5))
    whole = ImageOps.contain(picture, (wide, high), Image.Resampling.LANCZOS)
    ground.paste(whole, ((wide - whole.width) // 2, (high - whole.height) // 2))
    return ground


class _Encoder:
    """ffmpeg fed with raw frames; leaves nothing behind unless it ends well."""

    def __init__(self, ffmpeg: str, made_as: ClipFormat, destination: Path) -> None:
        self._destination = destination
        self._partial = destination.with_name(destination.name + ".part")
        self._log = destination.with_name(destination.name + ".log")
        self._command = [ffmpeg, *_options(made_as), "-f", "mp4", "-y", str(self._partial)]
        self._child: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> Callable[[bytes], None]:
        self._errors = self._log.open("wb")
        self._child = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._errors
        )
        return self._write

    def _write(self, frame: bytes) -> None:
        if self._child is None or self._child.stdin is None:
            raise AssertionError("used outside its block")
        try:
            self._child.stdin.write(frame)
        except BrokenPipeError as error:
            self._child.wait()
            raise self._failure() from error

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._child is None or self._child.stdin is None or self._errors is None:
            return
        try:
            if kind is not None:
                self._child.kill()
            with suppress(BrokenPipeError):
                self._child.stdin.close()
            self._child.wait()
            self._errors.close()
            if kind is None:
                if self._child.returncode:
                    raise self._failure()
                self._partial.replace(self._destination)
        finally:
            self._partial.unlink(missing_ok=True)
            self._log.unlink(missing_ok=True)

    def _failure(self) -> OutputUnusable:
        return OutputUnusable(
            "The clip could not be encoded. Try again; if it keeps failing, check the ffmpeg installation.",
            code="encoder_failed",
            internal=self._log.read_bytes()[-2000:].decode(errors="replace"),
        )


def _options(made_as: ClipFormat) -> list[str]:
    """Input and encoder options: those of ``generation/media/mezzanine.py``, so that it is not encoded twice."""
    fps = made_as.fps
    parameters = (
        f"stitchable=1:ref=1:bframes=0:weightp=0:8x8dct=1:cabac=1:keyint={fps}:min-keyint=1"
        ":scenecut=0:open-gop=0:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv:sar=1/1"
    )
    length_ms = made_as.frames * 1000 / fps
    # A quarter of a frame early: ffmpeg takes the first frame at or after the time, and rounding must not miss it.
    keys = sorted({at for at in (_HANDLE_MS, length_ms - _HANDLE_MS) if 0 < at < length_ms})
    forced = ",".join(f"{at / 1000 - 0.25 / fps:.6f}" for at in keys)
    return [
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe"),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{made_as.width}x{made_as.height}"),
        *("-framerate", str(fps), "-i", "pipe:0", "-an"),
        *("-vf", "setsar=1,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-profile:v", "high"),
        *("-x264-params", parameters, "-threads", "2", "-frames:v", str(made_as.frames)),
        *("-video_track_timescale", str(fps * 512), "-movflags", "+faststart"),
        *("-map_metadata", "-1", "-map_chapters", "-1"),
        *(("-force_key_frames", forced) if forced else ()),
    ]
