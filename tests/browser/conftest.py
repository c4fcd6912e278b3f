"""A real server in a process of its own, and a real Chromium in front of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from tests.film.conftest import Studio, studio, studio_with

__all__ = ["studio", "studio_with"]

_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip


@dataclass
class Server:
    """``manage.py serve`` on a free port; may be killed and started again on the same data."""

    studio: Studio
    port: int
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> None:
        """Start it and wait for the first page."""
        self.process = self.studio.start("serve", "--port", str(self.port), *arguments)
        for _ in range(900):
            try:
                if requests.get(f"{self.address}/accounts/login/", timeout=5).status_code == 200:
                    return
            except requests.ConnectionError:
                assert self.process.poll() is None, self.process.communicate()[0]
                time.sleep(0.1)
        raise AssertionError("the server did not answer within a minute and a half")

    def kill(self) -> None:
        """``kill -9``."""
        assert self.process is not None
        self.studio.kill(self.process)


@pytest.fixture
def server(studio: Studio) -> Server:
    """A server that is not started yet."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Server(studio, port)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = os.environ.get("TEST_CHROMIUM") or shutil.which("chromium")
    assert path, "Chromium is not installed: `make test-browser` installs it where it may"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page, and everything that its console complained about."""

    page: Page
    complaints: list[str]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a fresh browser window."""
    contexts = []

    def open_window(width: int = 1440, height: int = 900) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Visit(page, complaints)

    yield open_window
    for context in contexts:
        context.close()
