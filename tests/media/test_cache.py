"""Pieces are whole or not there, and the oldest go first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from generation.media import ffmpeg
from generation.media.cache import PieceCache


def aged(cache: PieceCache, name: str, hours: float, size: int = 1000) -> Path:
    path = cache.folder / name
    path.write_bytes(b"x" * size)
    then = time.time() - hours * 3600
    os.utime(path, (then, then))
    return path


def writing(text: str) -> Callable[[Path], None]:
    def make(to: Path) -> None:
        to.write_text(text)

    return make


def test_a_piece_is_made_once(tmp_path):
    cache = PieceCache(tmp_path / "new" / "folder")
    path = cache.path("join", ".mp4", ["a", 1])
    assert cache.ensure(path, writing("one"))
    assert not cache.ensure(path, writing("two"))
    assert path.read_text() == "one"


def test_other_ingredients_are_another_piece(tmp_path):
    cache = PieceCache(tmp_path)
    paths = {
        cache.path("a", ".x", [1]),
        cache.path("a", ".x", [2]),
        cache.path("b", ".x", [1]),
        cache.path("a", ".x", [1]),
    }
    assert len(paths) == 3


def test_a_failure_leaves_nothing(tmp_path):
    cache = PieceCache(tmp_path)

    def fail(to: Path) -> None:
        to.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cache.ensure(cache.path("a", ".x", []), fail)
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_used_longest_goes_first(tmp_path):
    cache = PieceCache(tmp_path)
    old, newer, fresh = aged(cache, "old", 50), aged(cache, "newer", 5), aged(cache, "fresh", 0)
    assert cache.prune(max_bytes=2000) == 1000
    assert not old.exists()
    assert newer.exists()
    assert cache.prune(max_bytes=0) == 1000
    assert fresh.exists()


def test_leftovers_of_a_killed_render_go(tmp_path):
    cache = PieceCache(tmp_path)
    leftover, running = aged(cache, ".join-1.part.mp4", 20), aged(cache, ".join-2.part.mp4", 0.1)
    cache.prune(max_bytes=10**9)
    assert not leftover.exists()
    assert running.exists()


def test_ffmpeg_is_taken_from_where_it_is_said_to_be(tmp_path, monkeypatch):
    ffmpeg.binary.cache_clear()
    try:
        program = tmp_path / "ffmpeg"
        program.write_text("#!/bin/sh\nexit 7\n")
        program.chmod(0o755)
        monkeypatch.setenv("FFMPEG_BINARY", str(program))
        assert ffmpeg.binary() == str(program)
        ffmpeg.binary.cache_clear()
        monkeypatch.setenv("FFMPEG_BINARY", str(tmp_path / "nowhere"))
        with pytest.raises(ffmpeg.FfmpegMissing, match="FFMPEG_BINARY"):
            ffmpeg.binary()
    finally:
        ffmpeg.binary.cache_clear()
