"""From what an order wants to a file: made at the first look, kept, and never made twice."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from threading import Lock

from generation.media.partial import finished_or_nothing
from generation.rehearsal.media import clips, pictures, sounds
from generation.rehearsal.tasks import Wanted

_VARIANTS = 6  # how many different looks a clip of one size and length may have
_KEPT_SIGNED = 64  # bytes of identity in a clip
_PICTURES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}

_making = Lock()


def extension(media_type: str) -> str:
    """The usual extension, without a dot."""
    return {**_PICTURES, **sounds.EXTENSIONS, "video/mp4": "mp4"}.get(media_type, "bin")


def result(wanted: Wanted, number: int, *, title: str, name: str, faults: Collection[str], folder: Path) -> Path:
    """One result of an order.

    Args:
        wanted: what was ordered.
        number: which of its results, from 0.
        title: the model's name, to be shown.
        name: what tells this result from all others.
        faults: ``black``, ``frozen``, ``wrong_size``, ``wrong_duration``, ``silent``, ``corrupt``.
        folder: where made things are kept.
    """
    seed = wanted.seed + number
    if "wrong_size" in faults:
        wanted = replace(wanted, width=max(64, wanted.width // 2), height=max(64, wanted.height // 2))
    if "wrong_duration" in faults:
        wanted = replace(wanted, duration_ms=max(500, wanted.duration_ms // 3))
    signed = _path(folder, "result", name, number, sorted(faults), suffix=extension(wanted.media_type))
    if signed.exists():
        return signed
    if wanted.kind == "video":
        _clip(wanted, seed, title, name, faults, signed, folder)
    elif wanted.kind == "audio":
        sounds.make(
            signed,
            media_type=wanted.media_type,
            duration_ms=wanted.duration_ms,
            sort=wanted.words,
            seed=seed,
            silent="silent" in faults,
        )
    else:
        picture = pictures.draw(
            wanted.width,
            wanted.height,
            title=title,
            below=f"seed {seed}",
            seed=seed,
            black="black" in faults,
            clear=wanted.clear,
        )
        pictures.write(picture, wanted.media_type, signed)
    if "corrupt" in faults:
        _spoil(signed)
    return signed


def _clip(
    wanted: Wanted, seed: int, title: str, name: str, faults: Collection[str], signed: Path, folder: Path
) -> None:
    variant = seed % _VARIANTS
    black, frozen, sound = "black" in faults, "frozen" in faults, wanted.sound and "silent" not in faults
    shape = (wanted.width, wanted.height, wanted.duration_ms, wanted.fps)
    plain = _path(folder, "clip", title, shape, variant, black, frozen, sound, suffix="mp4")
    with _making:
        if not plain.exists():
            clips.make(
                plain,
                width=wanted.width,
                height=wanted.height,
                duration_ms=wanted.duration_ms,
                fps=wanted.fps,
                title=title,
                seed=variant,
                sound=sound,
                black=black,
                frozen=frozen,
            )
    digest = hashlib.sha256(f"{name} {seed}".encode()).hexdigest()[:_KEPT_SIGNED]
    clips.sign(plain, signed, digest)


def _path(folder: Path, *parts: object, suffix: str) -> Path:
    return folder / f"{parts[0]}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}.{suffix}"


def _spoil(path: Path) -> None:
    """Overwrite the middle: its beginning and end look right, and no decoder gets through."""
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = bytes(third)
    with finished_or_nothing(path) as temporary:
        temporary.write_bytes(content)
