"""Ways to bring a file home and to put it into storage, each measured in a process of its own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import requests
from django.core.files import File
from django.core.files.storage import default_storage

from benchmarks.storing.files import BUCKET, MEGABYTE
from generation.providers.http import download
from scenes import storage

MOST_BYTES = 2048 * MEGABYTE
DEADLINE = 600.0
KEY = "bench/clip.mp4"


def measured(way: str, warm: dict[str, str], **arguments: str) -> dict[str, float]:
    """Do it once to warm up, then once for the figures.

    Args:
        way: the name of one of the functions below.
        warm: what differs in the first round.
        arguments: of that function.

    Returns:
        ``seconds``, ``cpu`` in seconds, and ``peak``: the megabytes by which memory grew at its highest.
    """
    act: Callable[..., None] = WAYS[way]
    act(**{**arguments, **warm})
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before, cpu, begun = _memory("VmRSS"), time.process_time(), time.monotonic()
    act(**arguments)
    return {
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - cpu,
        "peak": _memory("VmHWM") - before,
    }


def _memory(name: str) -> float:
    """Return megabytes that the kernel counts for this process; ``VmHWM`` is the most since it was set back."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def ours(url: str, path: str) -> None:
    """Bring it home as our adapters do: guarded, bounded in size and time, a whole file or none."""
    origin = url.rpartition("/")[0]
    download(url, Path(path), fetch_origins=(origin,), most_bytes=MOST_BYTES, deadline=DEADLINE, check=lambda: None)


def iter_content(url: str, path: str) -> None:
    """Bring it home in pieces of a megabyte, as well as ``requests`` alone can."""
    with requests.get(url, stream=True, timeout=60) as response, Path(path).open("wb") as sink:
        sink.writelines(response.iter_content(MEGABYTE))


def content(url: str, path: str) -> None:
    """Bring it home whole."""
    Path(path).write_bytes(requests.get(url, timeout=60).content)


def put(path: str) -> None:
    """Put it into storage as our engine does."""
    storage.put_file(KEY, Path(path))


def upload_file(path: str, endpoint: str, access: str, secret: str) -> None:
    """Put it into storage as boto3 does when nobody tells it otherwise."""
    _client(endpoint, access, secret).upload_file(path, BUCKET, "bench/boto3.mp4")


@cache
def _client(endpoint: str, access: str, secret: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id=access, aws_secret_access_key=secret, region_name="us-east-1"
    )


def save(path: str) -> None:
    """Put it into storage as django-storages does."""
    with Path(path).open("rb") as source:
        default_storage.save("bench/saved.mp4", File(source))


WAYS = {function.__name__: function for function in (ours, iter_content, content, put, upload_file, save)}
