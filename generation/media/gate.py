"""The gate: every file that did not come from us passes here before anything else touches it.

Three stages, each narrower than the one before: the bytes are sniffed against an allow-list, the outer structure is
walked (nothing after the end, nothing missing), and the file is decoded from end to end in a sandboxed process that
has no network, limited memory and one decoder to choose from.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from generation.media.children import GIBIBYTE, MEBIBYTE, ChildLimits, ChildTimedOut, never_stop, run_child
from generation.media.probe import MediaInfo
from generation.media.sniffing import NotWhole, Sniffed, TwoThings, brand, sniff

IMAGE, VIDEO, AUDIO = "image", "video", "audio"
ALL_KINDS = frozenset({IMAGE, VIDEO, AUDIO})

_ROOT = Path(__file__).resolve().parents[2]
_START_INSPECTOR = (
    "import sys; sys.path.insert(0, sys.argv[1]); from generation.media.inspector import main; main(sys.argv[2:])"
)

_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
}

_TAKEN = {
    IMAGE: "a JPEG, PNG or WebP picture",
    VIDEO: "an MP4, MOV or WebM film",
    AUDIO: "a WAV, MP3, M4A, FLAC or OGG sound",
}

_REFUSALS = {
    "empty": "This file is empty. Choose the file again, or export it anew.",
    "damaged": "This file is damaged or incomplete. Upload it again, or export it anew from where it was made.",
    "two_things": "This file holds something else beside the picture or sound. Export it anew and upload that copy.",
    "animated": "This picture moves. Upload it as an MP4 film, or as a still picture.",
    "codec": "This file uses a format that we cannot read. Export it as MP4 (H.264 and AAC) and upload that copy.",
    "too_many_streams": "This file has too many tracks. Export it with one picture and one sound track.",
    "too_slow": "This file takes too long to read. Export a shorter or smaller copy and upload that.",
}


class MediaRefused(Exception):
    """The gate turned a file away.

    Args:
        public: a sentence for the person who brought the file; says what to do.
        code: short machine-readable reason, stable over time.
    """

    def __init__(self, public: str, *, code: str) -> None:
        super().__init__(public)
        self.public = public
        self.code = code


@dataclass(frozen=True, slots=True)
class GateLimits:
    """How large a file may be. Durations in milliseconds, sizes in bytes, pixels as width times height."""

    max_bytes: int = 2 * GIBIBYTE
    max_image_bytes: int = 50 * MEBIBYTE
    max_pixels: int = 50_000_000
    max_video_pixels: int = 4096 * 2304
    max_duration_ms: int = 30 * 60 * 1000
    max_streams: int = 8
    wall_seconds: float = 300


@dataclass(frozen=True, slots=True)
class Admitted:
    """A file that may be stored: what it is by its content, whatever it was called.

    ``extension`` comes without a dot; ``sha256`` is of the whole file, in hex.
    """

    media_type: str
    extension: str
    info: MediaInfo
    sha256: str


def admit(
    path: Path,
    *,
    kinds: Collection[str] = ALL_KINDS,
    limits: GateLimits | None = None,
    check: Callable[[], None] = never_stop,
) -> Admitted:
    """Let one file in, or say why not.

    Args:
        path: a local copy in a private folder; it is only read.
        kinds: any of ``"image"``, ``"video"``, ``"audio"``.
        limits: what is too much.
        check: called at least once a second while the file is decoded; may raise.

    Raises:
        MediaRefused
    """
    limits = limits or GateLimits()
    size = path.stat().st_size
    if size == 0:
        raise _refusal("empty")
    if size > limits.max_bytes:
        raise _too_large(limits.max_bytes)
    try:
        sniffed = sniff(path)
    except NotWhole as error:
        raise _refusal("damaged") from error
    except TwoThings as error:
        raise _refusal("two_things") from error
    if sniffed is None or (sniffed.kind != "moving" and sniffed.kind not in kinds):
        raise _wrong_kind(kinds)
    if sniffed.kind == IMAGE and size > limits.max_image_bytes:
        raise _too_large(limits.max_image_bytes)
    info = _inspect(path, sniffed, limits, check)
    if info.kind not in kinds:
        raise _wrong_kind(kinds)
    media_type = _media_type(path, sniffed, info)
    return Admitted(media_type, _EXTENSIONS[media_type], info, _sha256(path, check))


def _inspect(path: Path, sniffed: Sniffed, limits: GateLimits, check: Callable[[], None]) -> MediaInfo:
    """Have the file decoded in the sandbox."""
    max_pixels = limits.max_pixels if sniffed.kind == IMAGE else limits.max_video_pixels
    wanted = {
        "path": str(path.resolve()),
        "kind": sniffed.kind,
        "formats": sniffed.formats,
        "limits": {
            "max_pixels": max_pixels,
            "max_duration_ms": limits.max_duration_ms,
            "max_streams": limits.max_streams,
        },
    }
    try:
        finished = run_child(
            [sys.executable, "-I", "-c", _START_INSPECTOR, str(_ROOT), json.dumps(wanted)],
            limits=ChildLimits(
                wall_seconds=limits.wall_seconds,
                cpu_seconds=int(limits.wall_seconds * 2),
                memory_bytes=2 * GIBIBYTE,
                file_bytes=0,
            ),
            check=check,
        )
    except ChildTimedOut as error:
        raise _refusal("too_slow") from error
    try:
        answer = json.loads(finished.output)
    except ValueError as error:
        # The decoder crashed or was ended by one of its limits: nothing more can be known about the file.
        raise _refusal("damaged") from error
    if "refused" in answer:
        code = str(answer["refused"])
        if code == "too_many_pixels":
            raise MediaRefused(
                f"This picture is too large: at most {max_pixels // 1_000_000} million pixels. Upload a smaller copy.",
                code=code,
            )
        if code == "too_long":
            minutes = limits.max_duration_ms / 60_000
            raise MediaRefused(f"This is longer than {minutes:g} minutes. Upload it in shorter pieces.", code=code)
        raise _refusal(code)
    return MediaInfo.from_json(answer["info"])


def _media_type(path: Path, sniffed: Sniffed, info: MediaInfo) -> str:
    if sniffed.kind != "moving":
        return sniffed.media_type
    if info.kind == AUDIO:
        return "audio/webm" if sniffed.media_type == "video/webm" else "audio/mp4"
    if sniffed.media_type == "video/mp4" and brand(path) in {"qt", ""}:
        return "video/quicktime"
    return sniffed.media_type


def _sha256(path: Path, check: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(MEBIBYTE):
            digest.update(chunk)
            check()
    return digest.hexdigest()


def _refusal(code: str) -> MediaRefused:
    return MediaRefused(_REFUSALS[code], code=code)


def _too_large(max_bytes: int) -> MediaRefused:
    return MediaRefused(
        f"This file is larger than {max_bytes // MEBIBYTE} MB. Upload a smaller copy.", code="too_large"
    )


def _wrong_kind(kinds: Collection[str]) -> MediaRefused:
    wanted = " or ".join(_TAKEN[kind] for kind in (IMAGE, VIDEO, AUDIO) if kind in kinds)
    return MediaRefused(f"This is not {wanted}, whatever its name says. Upload {wanted}.", code="wrong_type")
