"""The example of docs/examples, as its readers run it: a generated client, a server, a script, a film."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.browser.conftest import Server
from tests.film.conftest import ROOT, Studio, short_script, studio, studio_with
from tests.film.looking import look

__all__ = ["short_script", "studio", "studio_with"]

TOKEN = """
from accounts.access import open_team
from accounts.models import User
from accounts.policies import Right
from accounts.rest.tokens import create_token
from accounts.services import create_team
person = User.objects.create_user("alice@example.com", name="Alice")
team = create_team(name="Harbour Pictures", owner=person)
opened = open_team(person, team.pk, Right.SEE)
print(create_token(opened=opened, name="Example", scopes=["read", "write", "spend"])[1])
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the client, generated as ``make client`` does."""
    folder = tmp_path_factory.mktemp("client")
    command = re.search(
        r"openapi-python-client (generate .*?)\n\t\t--output-path", (ROOT / "Makefile").read_text(), re.DOTALL
    )
    assert command is not None
    described = subprocess.run(
        [sys.executable, "manage.py", "openapi", str(folder / "openapi.json")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert described.returncode == 0, described.stderr
    generate = command[1].replace("\\", "").replace("$(DESCRIBED)", str(folder / "openapi.json"))
    made = subprocess.run(
        [f"{sys.prefix}/bin/openapi-python-client", *generate.split(),
         "--output-path", str(folder / "rushes_client")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout + made.stderr
    return folder


@pytest.mark.local
@pytest.mark.slow
def test_the_example_makes_a_film(client: Path, studio: Studio, short_script: Path, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    server = Server(studio, port)
    server.start()
    status, output = studio.run("shell", "--no-imports", "-c", TOKEN)
    assert status == 0, output
    film = tmp_path / "film.mp4"
    done = subprocess.run(
        [sys.executable, "docs/examples/make_film.py", server.address, output.split()[-1],
         str(short_script), str(film)],
        cwd=ROOT, env={"PYTHONPATH": str(client), "PATH": ""}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed, 0.000000 dollars" in done.stdout
    looked = look(film)
    assert looked.size == (1280, 720)
    assert looked.chapters == 2
