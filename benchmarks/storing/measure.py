"""Target 7: a provider's result on its way to our disk, and from there into S3."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import processes
from benchmarks.storing.files import ACCESS, SECRET, s3_server
from benchmarks.table import Row, Section

SIZES = (10, 200)
# What a process does first, so that it has imported and connected all; too small to make it ask for its memory.
WARM = 1
ROUNDS = 5
WAYS = "benchmarks.storing.ways"

HOW = f"""A file of {SIZES[0]} and of {SIZES[1]} MB over loopback HTTP, each way in a process of its own that has done
it once before with {WARM} MB; ours and the peers in turn, medians of {ROUNDS}, of peaks the highest. *Peak* is by
how much memory grew at most. *To disk*: ours is the adapters' `download` (public addresses only, bounded in size and
time, a file that is whole or not there); peers are `requests` with `iter_content(1 MiB)`, and the naive `.content`.
*To S3*: from a local file to `rclone serve s3`, which checks signatures; ours is the storage's `put`, peers are boto3's
`upload_file` as it comes (ten threads) and django-storages' `save`."""


def measure() -> Section:
    """Measure both ways of a result."""
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory() as served,
        tempfile.TemporaryDirectory() as data,
        s3_server(Path(data) / "s3") as s3,
        processes.Conversation("benchmarks.storing.files") as files,
    ):
        url = files.ask("serve", folder=served)
        made = {megabytes: files.ask("make", folder=served, megabytes=megabytes) for megabytes in (WARM, *SIZES)}
        env = processes.environment(Path(data) / "house", **s3)
        target = str(Path(data) / "fetched")
        given = {"endpoint": s3["S3_ENDPOINT_URL"], "access": ACCESS, "secret": SECRET}
        for megabytes in SIZES:
            fetched: dict[str, dict[str, Any]] = {
                way: {
                    "url": f"{url}/{megabytes}.mp4",
                    "path": target,
                    "warm": {"url": f"{url}/{WARM}.mp4"},
                }
                for way in ("ours", "iter_content", "content")
            }
            got = _rounds(fetched, env)
            rows += _rows(
                f"to disk, {megabytes} MB", megabytes, got, "ours", {"iter_content": 0.75, "content": None}, 8
            )
        for megabytes in SIZES:
            path, warm = made[megabytes], {"path": made[WARM]}
            stored: dict[str, dict[str, Any]] = {
                "put": {"path": path, "warm": warm},
                "upload_file": {"path": path, "warm": warm, **given},
                "save": {"path": path, "warm": warm},
            }
            got = _rounds(stored, env)
            rows += _rows(f"to S3, {megabytes} MB", megabytes, got, "put", {"upload_file": 0.8, "save": None}, 16)
    return Section("7. Result to storage", HOW, tuple(rows))


def _rounds(ways: dict[str, dict[str, Any]], env: dict[str, str]) -> dict[str, list[dict[str, float]]]:
    """Measure each way in turn, several times."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, arguments in ways.items():
            found[way].append(processes.call(WAYS, "measured", env=env, django=True, way=way, **arguments))
    return found


def _rows(
    name: str,
    megabytes: int,
    found: dict[str, list[dict[str, float]]],
    ours: str,
    peers: dict[str, float | None],
    most_peak: float,
) -> list[Row]:
    """Make the rows of one file.

    Args:
        name: where it goes, and its size.
        megabytes: its size.
        found: by way.
        ours: our way.
        peers: the others, with the least share of their speed that ours must have.
        most_peak: in megabytes.
    """

    def speed(way: str) -> float:
        return megabytes / median(one["seconds"] for one in found[way])

    def peak(way: str) -> float:
        return max(one["peak"] for one in found[way])

    def cpu(way: str) -> float:
        return median(one["cpu"] for one in found[way]) * 1000 / megabytes

    rows = []
    for peer, share in peers.items():
        shown = f"`{'.' if peer == 'content' else ''}{peer}`"
        least = share * speed(peer) if share else None
        rows += [
            Row(f"{name}: speed", speed(ours), "MB/s", shown, speed(peer), least=least),
            Row(f"{name}: processor time", cpu(ours), "ms/MB", shown, cpu(peer)),
            Row(f"{name}: peak", peak(ours), "MB", shown, peak(peer), most=most_peak if share else None),
        ]
    return rows
