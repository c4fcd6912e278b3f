"""The examples in docs/api.md, read out of it and asked as they stand there."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from accounts.models import ApiToken, User
from projects.models import Project
from scenes.models import Script
from tests.api.conftest import Program
from tests.world import World

pytestmark = pytest.mark.django_db
GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
ROW = re.compile(r"^\| [^|]+ \| `(GET|POST|PUT|PATCH|DELETE) (/\S+?)(?: (\{.*\}))?` \| ([\d ]+) \|$", re.MULTILINE)
EXAMPLES = ROW.findall(GUIDE)


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
    ids["script"] = str(Script.objects.filter(project=project).latest("version").pk)
    alice, wrong = program_of(cast.alice), []
    for method, path, body, answers in EXAMPLES:
        sent = json.loads(_filled(body, ids)) if body else None
        with transaction.atomic():
            answer = alice(method, f"/api/v1{_filled(path, ids)}", sent)
            transaction.set_rollback(True)
        if str(answer.status_code) not in answers.split():
            wrong.append(f"{method} {path}: {answer.status_code}, not {answers}; {answer.content[:300]!r}")
    assert not wrong, "\n".join(wrong)


def _filled(text: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], text)
