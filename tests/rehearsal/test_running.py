"""One server per installation, whoever runs it and however that one dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings as configured
from django.core.management import CommandError, call_command

from generation.rehearsal import Books, RehearsalServer, running
from tests.rehearsal.calling import RUNWAY_HEADERS, STILL

_ASK = """
import sys, time
from django.conf import settings
settings.configure(DATA_DIR=sys.argv[1], REHEARSAL_URL="", REHEARSAL_SPEED=0.0)
from generation.rehearsal import running
print(running.address(), flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _own_installation(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    settings.REHEARSAL_URL = ""
    settings.REHEARSAL_SPEED = 0.0
    yield
    running.stop()


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Return a function that starts a process of the same installation and gives what it was told."""
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _ASK, str(tmp_path)], cwd=configured.BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def order(address: str) -> requests.Response:
    return requests.post(f"{address}/runway/v1/text_to_image", json=STILL, headers=RUNWAY_HEADERS, timeout=10)


def test_processes_share_one_server_and_the_next_takes_over(other_process: Callable[[], Any], tmp_path: Path) -> None:
    first, told_first = other_process()
    _, told_second = other_process()
    assert told_first == told_second == running.address()
    task_id = order(told_first).json()["id"]

    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    again = running.address()

    assert again == told_first, "the port of last time"
    shown = requests.get(f"{again}/runway/v1/tasks/{task_id}", headers=RUNWAY_HEADERS, timeout=10).json()
    assert shown["status"] == "SUCCEEDED", "the books of last time"
    assert Books(tmp_path / "rehearsal").accepted() == 1
    assert running.address() == again


def test_an_order_that_was_answered_is_in_the_books_after_a_kill(
    other_process: Callable[[], Any], tmp_path: Path
) -> None:
    process, address = other_process()
    answered: list[str] = []
    killed = threading.Event()

    def keep_ordering() -> None:
        while not killed.is_set():
            try:
                answered.append(order(address).json()["id"])
            except requests.RequestException:
                return

    with ThreadPoolExecutor(6) as pool:
        for _ in range(6):
            pool.submit(keep_ordering)
        while len(answered) < 60:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        killed.set()
    books = Books(tmp_path / "rehearsal")
    (line,) = books.by_body().values()
    assert set(answered) <= set(line.task_ids)
    # Taken, and the answer died with the process: what a client can never know.
    assert len(answered) <= line.accepted <= line.received <= len(answered) + 6
    assert line.charged == line.accepted * books.task(answered[0]).cost


def test_another_port_when_that_of_last_time_is_taken(other_process: Callable[[], Any]) -> None:
    first = running.address()
    running.stop()
    with RehearsalServer(running.folder() / "other", port=int(first.rpartition(":")[2])):
        second = running.address()
        assert second != first
        assert order(second).status_code == 200


def test_a_server_named_in_the_settings_is_believed(settings: Any) -> None:
    settings.REHEARSAL_URL = "http://rehearsal.example:8099"
    assert running.address() == "http://rehearsal.example:8099"
    assert not (running.folder() / "lock").exists()


def test_a_forked_child_does_not_hold_the_parents_lock() -> None:
    address = running.address()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"x" if running._running is None else b"-")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 1) == b"x"
    assert running.address() == address


@pytest.mark.parametrize(("option", "words"), [("--faults=2", "share"), ("--speed=-1", "negative")])
def test_the_command_refuses_what_makes_no_sense(option: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("rehearse", option)


def test_the_command_says_which_port_is_taken() -> None:
    port = running.address().rpartition(":")[2]
    with pytest.raises(CommandError, match=f"Port {port} at 127.0.0.1 cannot be used"):
        call_command("rehearse", f"--port={port}")


ASKS_EACH = """
from django.conf import settings
from generation.models import ProviderAccount
from generation.vendors import connection
for provider in settings.PROVIDERS:
    check = connection.ask(ProviderAccount(provider=provider))
    print(provider, check.outcome, check.text)
"""


def test_the_command_serves_and_ends(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    command = [sys.executable, "manage.py", "rehearse", "--port=0", "--speed=0"]
    process = subprocess.Popen(
        command, cwd=configured.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline()
    address = said.split(" at ")[1].split(",")[0]
    assert order(address).status_code == 200
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if line.startswith("Ctrl+C"):
            break

    # What it prints, taken over as it stands, is an installation that reaches every provider there.
    told = dict(line.split("=", 1) for line in lines if re.fullmatch(r"[A-Z_]+=\S+", line))
    asked = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", ASKS_EACH],
        env=environment | told | {"DJANGO_SETTINGS_MODULE": "config.settings.dev"},
        cwd=configured.BASE_DIR, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert sorted(asked.stdout.splitlines()) == sorted(f"{name} ok " for name in configured.PROVIDERS), asked.stderr
    assert all(value.startswith(address) for name, value in told.items() if name.endswith("_URL"))

    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()
