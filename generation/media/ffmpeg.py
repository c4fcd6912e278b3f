"""The one place that runs ffmpeg."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from generation.media.children import ChildLimits, Finished, never_stop, run_child
from generation.media.formats import INPUT_OPTIONS
from generation.media.partial import finished_or_nothing

ENVIRONMENT_VARIABLE = "FFMPEG_BINARY"


class FfmpegMissing(Exception):
    """There is no ffmpeg to run; the message says how to get one."""


class FfmpegFailed(Exception):
    """ffmpeg ended with an error.

    Args:
        returncode: its exit status, negative for a signal.
        errors: the end of what it wrote to stderr, for the log only: it may hold paths.
    """

    def __init__(self, returncode: int, errors: str) -> None:
        super().__init__(f"ffmpeg ended with {returncode}: {errors.strip()[-600:]}")
        self.returncode = returncode
        self.errors = errors


@functools.cache
def binary() -> str:
    """The absolute path of ffmpeg: ``FFMPEG_BINARY`` when set, else the one that the imageio-ffmpeg wheel brings.

    Raises:
        FfmpegMissing
    """
    chosen = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise FfmpegMissing(
                f"{ENVIRONMENT_VARIABLE} names {chosen!r}, which is not a program. Correct or unset it."
            )
        return str(Path(found).resolve())
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise FfmpegMissing(f"Install imageio-ffmpeg, or set {ENVIRONMENT_VARIABLE} to an ffmpeg program.") from error


def file_input(path: Path, options: Mapping[str, str] = INPUT_OPTIONS, *extra: str) -> list[str]:
    """Arguments that open one file and nothing that it may point to.

    Args:
        path: the file; odd names (a leading dash, colons) are safe.
        options: the whitelists, see ``formats``.
        extra: further input options, put before ``-i``.
    """
    whitelists = [part for name, value in options.items() for part in (f"-{name}", value)]
    return [*whitelists, *extra, "-i", f"file:{path.resolve()}"]


def run(
    arguments: Sequence[str],
    *,
    limits: ChildLimits,
    duration_ms: int = 0,
    report: Callable[[float], None] | None = None,
    check: Callable[[], None] = never_stop,
    loglevel: str = "error",
) -> Finished:
    """Run ffmpeg in the sandbox.

    Args:
        arguments: everything after the global options.
        limits: what it may use.
        duration_ms: how long the output will be, for the progress.
        report: takes progress from 0.0 to 1.0.
        check: called at least once a second; may raise, which kills ffmpeg.
        loglevel: ffmpeg's own; measuring filters speak at ``info``.

    Raises:
        FfmpegFailed, FfmpegMissing, ChildTimedOut, and whatever ``check`` raises.
    """

    def on_line(line: str) -> None:
        name, _, value = line.partition("=")
        if report is not None and duration_ms > 0 and name == "out_time_us" and value.strip().lstrip("-").isdigit():
            report(min(1.0, max(0.0, int(value) / 1000 / duration_ms)))

    finished = run_child(
        [binary(), "-nostdin", "-hide_banner", "-loglevel", loglevel, "-progress", "pipe:1", "-nostats", *arguments],
        limits=limits,
        check=check,
        on_line=on_line,
    )
    if finished.returncode != 0:
        raise FfmpegFailed(finished.returncode, finished.errors)
    return finished


def make_file(
    arguments: Sequence[str],
    destination: Path,
    *,
    limits: ChildLimits,
    duration_ms: int = 0,
    report: Callable[[float], None] | None = None,
    check: Callable[[], None] = never_stop,
) -> None:
    """Run ffmpeg so that ``destination`` appears whole or not at all. Arguments and errors as for ``run``."""
    with finished_or_nothing(destination) as temporary:
        run(
            [*arguments, "-y", f"file:{temporary.resolve()}"],
            limits=limits,
            duration_ms=duration_ms,
            report=report,
            check=check,
        )
