"""Target 10: from nothing to the first page, from a stop to the first page, and what a command costs to start."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import requests

from benchmarks import processes
from benchmarks.table import Row, Section

COMMAND_RUNS, LATER_STARTS = 7, 3
LIMIT = 180.0  # seconds for a start, before it counts as failed

HOW = f"""*First start*: `git clone` of the last commit, `make`'s rules for an empty machine, then the server, until
the log-in page answers; the film of the sample begins meanwhile. Empty cache: the caches of pip, uv and npm are empty
folders, so everything comes from the package index that the machine has; full: a second clone with the caches of the
first. *Later start*: `manage.py serve --first-run` (all that `make run` then does) on a furnished data folder, until
the same page; median of {LATER_STARTS}. *Check*: processor time of `manage.py check`, against a project of Django,
its admin and the REST framework alone, in turn, medians of {COMMAND_RUNS}, compiled bytecode for both."""


def measure() -> Section:
    """Measure the starts, then the command."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        env = _fresh(place)
        empty = _first_start(place / "one", env)
        full = _first_start(place / "two", env)
        later = _later_starts(place)
        ours, bare = _checks(place)
    return Section(
        "10. Start",
        HOW,
        (
            Row("first start, empty package cache", empty, "s", most=60),
            Row("first start, full package cache", full, "s"),
            Row("later start to the first page", later, "s", most=4),
            Row("manage.py check", ours, "CPU s", "bare Django + DRF", bare, most_ratio=1.4),
        ),
    )


def _fresh(place: Path) -> dict[str, str]:
    """Return an environment in which nothing has been downloaded and nothing is configured."""
    env = processes.environment(place)
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DATABASE_URL", "SECRET_KEY"):
        env.pop(name, None)
    return env | {
        "UV_CACHE_DIR": str(place / "uv"),
        "PIP_CACHE_DIR": str(place / "pip"),
        "npm_config_cache": str(place / "npm"),
    }


def _first_start(clone: Path, env: Mapping[str, str]) -> float:
    """Clone, start, and return the seconds to the first page."""
    begun = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", str(processes.ROOT), str(clone)], check=True)
    port = processes.spare_port()
    env = {**env, "DATA_DIR": str(clone / "var"), "PYTHONDONTWRITEBYTECODE": ""}
    _until_page(["make", "run", f"ARGS=--port {port}"], port, cwd=clone, env=env)
    return time.monotonic() - begun


def _later_starts(place: Path) -> float:
    env = processes.environment(place / "later")
    processes.call("benchmarks.opening.house", "furnish", env=env, django=True)
    times = []
    for _ in range(LATER_STARTS):
        port = processes.spare_port()
        begun = time.monotonic()
        command = [sys.executable, "manage.py", "serve", "--first-run", "--port", str(port)]
        _until_page(command, port, cwd=processes.ROOT, env=env)
        times.append(time.monotonic() - begun)
    return statistics.median(times)


def _until_page(command: list[str], port: int, *, cwd: Path, env: Mapping[str, str]) -> None:
    """Run a server until its first page has come; then end it with all that it started."""
    server = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, start_new_session=True)
    ends = time.monotonic() + LIMIT
    try:
        while True:
            if server.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"{command[:2]} did not come up ({server.returncode}).")
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"http://127.0.0.1:{port}/", timeout=10).ok:
                    return
            time.sleep(0.05)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _checks(place: Path) -> tuple[float, float]:
    ours = processes.environment(place)
    bare = {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.opening.bare_settings"}
    pairs = [
        (_cpu(["manage.py", "check"], ours), _cpu(["-m", "django", "check"], bare)) for _ in range(COMMAND_RUNS + 1)
    ]
    # The first pair writes what bytecode is missing.
    return statistics.median(one for one, _ in pairs[1:]), statistics.median(other for _, other in pairs[1:])


def _cpu(arguments: list[str], env: Mapping[str, str]) -> float:
    """Return the processor seconds of a command."""
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=processes.ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments} ended with {process.returncode}.")
    return used.ru_utime + used.ru_stime
