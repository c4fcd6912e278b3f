"""The examples in docs/api.md, read out of it and asked as they stand there."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.db import transaction

from accounts.models import ApiToken, User
from projects.models import Project
from scenes.models import Script
from tests.api.conftest import Program
from tests.api.test_client import TOKEN
from tests.browser.conftest import Server
from tests.film.conftest import Studio, studio, studio_with
from tests.film.looking import look
from tests.world import World

__all__ = ["studio", "studio_with"]

pytestmark = pytest.mark.django_db
GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
ROW = re.compile(r"^\| [^|]+ \| `(GET|POST|PUT|PATCH|DELETE) (/\S+?)(?: (\{.*\}))?` \| ([\d ]+) \|$", re.MULTILINE)
EXAMPLES = ROW.findall(GUIDE)
BEGIN = ROW.findall(GUIDE.partition("## Begin")[2].partition("\n## ")[0])


def test_every_row_is_an_example_and_every_system_has_some() -> None:
    asking = [line for line in GUIDE.splitlines() if re.match(r"\|.*`(GET|POST|PUT|PATCH|DELETE) /", line)]
    assert len(asking) == len(EXAMPLES)
    chapters = GUIDE.split("### S")[1:]
    assert [chapter[0] for chapter in chapters] == ["0", "1", "2", "3", "4"]
    for chapter in chapters:
        assert len(ROW.findall(chapter)) >= 5


def test_every_requirement_of_the_sources_is_named() -> None:
    """Those that are not about asking: rules of validation, timing, downloads, which every operation keeps to."""
    named = set(re.findall(r"S\d\.\d+", GUIDE))
    silent = {"S1.9", "S3.2", "S3.4", "S4.7", "S4.8", "S4.9"}
    counts = {0: 7, 1: 11, 2: 10, 3: 5, 4: 12}
    wanted = {f"S{system}.{number}" for system, most in counts.items() for number in range(1, most + 1)}
    assert wanted - named == silent


def test_the_examples_are_answered_as_they_say(
    cast: SimpleNamespace,
    project: Project,
    people: dict[str, User | None],
    make_world: Callable[[Project, User], World],
    program_of: Callable[..., Program],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Tests reach no name service.
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: found)
    settings.API_RATES = dict.fromkeys(ApiToken.Scope.values, 1_000_000)
    world = make_world(project, cast.alice)
    ids = {name.removesuffix("_id"): str(value) for name, value in world.ids.items()}
    ids["group"] = str(world.ids["group_id"])
    ids["script"] = str(Script.objects.filter(project=project).latest("version").pk)
    alice, wrong = program_of(cast.alice), []
    for method, path, body, answers in EXAMPLES:
        if (method, path, body, answers) in BEGIN:
            continue  # a story of their own
        sent = json.loads(_filled(body, ids)) if body else None
        with transaction.atomic():
            answer = alice(method, f"/api/v1{_filled(path, ids)}", sent)
            transaction.set_rollback(True)
        if str(answer.status_code) not in answers.split():
            wrong.append(f"{method} {path}: {answer.status_code}, not {answers}; {answer.content[:300]!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.local
@pytest.mark.slow
def test_a_newcomer_comes_to_a_film_by_the_first_table_alone(studio: Studio, tmp_path: Path) -> None:
    """Row by row against a running server, with ids from the answers before."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    server = Server(studio, port)
    server.start()
    status, output = studio.run("shell", "--no-imports", "-c", TOKEN)
    assert status == 0, output
    program = requests.Session()
    program.headers["Authorization"] = f"Bearer {output.split()[-1]}"
    ids: dict[str, str] = {}
    assert len(BEGIN) > 10
    for method, path, body, answers in BEGIN:
        sent = json.loads(_filled(body, ids)) if body else None
        while True:
            answer = program.request(method, f"{server.address}/api/v1{_filled(path, ids)}", json=sent, timeout=120)
            assert str(answer.status_code) in answers.split(), f"{method} {path}: {answer.text[:500]}"
            if "wait=" not in path or not answer.json()["open"]:
                break
        if path.endswith("/file"):
            (tmp_path / "film.mp4").write_bytes(answer.content)
        else:
            ids |= _ids_in(path, answer.json())
    looked = look(tmp_path / "film.mp4")
    assert looked.size == (1280, 720)
    assert looked.audio_ms > 0


def _ids_in(path: str, said: Any) -> dict[str, str]:
    """Return what an answer names, by the word that the guide has for it."""
    row = said.get("results", said) if isinstance(said, dict) else said
    row = row[0] if isinstance(row, list) else row
    last = re.sub(r"\?.*", "", path).rpartition("/")[2]
    if last == "renders":
        return {"asset": row["asset"]["id"], "subtitles": row["subtitles"]}
    word = {"make-film": "batch", "batches": "batch"}.get(last, last.removesuffix("s"))
    return {word: row["id"]} if "id" in row else {}


def _filled(text: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], text)
