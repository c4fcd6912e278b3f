"""The whole description against the API: what it allows and what it does not, asked with each role.

Nothing may be a server error, nothing may be answered that is not described, and no body may be accepted that the
description refuses. ``SCHEMATHESIS_EXAMPLES=50`` asks more of each operation; by default a few, and always the same.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from unittest import SkipTest
from urllib.parse import urlsplit

import hypothesis
import pytest
import requests
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import ApiToken, User
from config.api import description
from projects.models import Project
from tests.api.conftest import Program
from tests.api.matrix import Asked, operations
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
# How many examples of each operation, by role: what the description allows, and what it does not.
ROLES = {
    "owner": (3, 3),
    "producer": (1, 0),
    "artist": (1, 0),
    "reviewer": (1, 1),
    "stranger": (1, 0),
    "visitor": (1, 0),
}
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BY_ADDRESS = {(one.method, one.view): one for one in operations() if one.said.media != "text/event-stream"}
TAGS = sorted({one.view.tag for one in BY_ADDRESS.values()})
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """Every operation of the description by its id."""
    return read(description())


def read(text: dict[str, Any]) -> dict[str, Any]:
    """Return every operation of a description by its id."""
    refused = list(range(400, 430))
    config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": refused}}})
    loaded = schemathesis.openapi.from_dict(text, config=config)
    found = [result.ok() for result in loaded.get_all_operations() if isinstance(result, Ok)]
    return {str(one.definition.raw["operationId"]): one for one in found}


def test_every_operation_is_described(described: dict[str, Any]) -> None:
    missing = {one.key for one in BY_ADDRESS.values() if one.operation_id not in described}
    assert missing == set()


def test_a_lie_of_the_description_is_found(
    cast: SimpleNamespace,
    project: Project,
    people: dict[str, User | None],
    make_world: Callable[[Project, User], World],
    program_of: Callable[..., Program],
) -> None:
    lie = copy.deepcopy(description())
    lie["components"]["schemas"]["TeamOut"]["properties"]["name"] = {"type": "integer"}
    asker = Asker(make_world(project, cast.alice), read(lie))
    by_key = {one.key: one for one in BY_ADDRESS.values()}
    asker.ask_all(by_key["GET teams"], "owner", program_of(cast.alice), POSITIVE, 1)
    assert any("violates schema" in key for key in asker.found), asker.found


def ask(program: Program, case: Any) -> schemathesis.Response:
    """Send a case through Django's own client, as a program would; whatever it does is undone."""
    said = case.as_transport_kwargs(base_url="http://testserver")
    said.pop("cookies", None)
    request = requests.Request(**said).prepare()
    parts = urlsplit(str(request.url))
    body = request.body or b""
    sent = body.encode() if isinstance(body, str) else body
    headers = {
        name: value if isinstance(value, str) else value.decode("latin-1") for name, value in request.headers.items()
    }
    kind = headers.pop("Content-Type", "application/json")
    headers.pop("Content-Length", None)
    if program.token:
        headers["Authorization"] = f"Bearer {program.token}"
    else:
        headers.pop("Authorization", None)
    with transaction.atomic():
        answer = program.client.generic(
            str(request.method), f"{parts.path}?{parts.query}", sent, content_type=kind, headers=headers
        )
        transaction.set_rollback(True)
    content = b"" if answer.streaming else answer.content
    return schemathesis.Response(
        status_code=answer.status_code,
        headers={name.lower(): [value] for name, value in answer.items()},
        content=content,
        request=request,
        elapsed=0.0,
        verify=False,
    )


class Asker:
    """Asks an operation as somebody, and collects what is wrong with the answers."""

    def __init__(self, world: World, described: dict[str, Any]) -> None:
        self.world, self.described = world, described
        self.found: dict[str, str] = {}

    def ask_all(self, one: Asked, who: str, program: Program, mode: Any, examples: int) -> None:
        """Ask with a number of examples of one kind."""
        api = self.described[one.operation_id]
        query = {name: str(value) for name, value in one.query(self.world).items()} if mode is POSITIVE else {}
        cases = api.as_strategy(
            generation_mode=mode,
            path_parameters={name: str(value) for name, value in one.ids_in(self.world).items()},
            query=query,
        )

        @hypothesis.settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def each(case: Any) -> None:
            if case.query:
                case.query.pop("wait", None)  # it waits
            if mode is POSITIVE and isinstance(case.body, dict) and one.said.body is not None:
                case.body = one.filled(self.world, one.said.body(), case.body, strict=False)
            answer = ask(program, case)
            try:
                case.validate_response(
                    answer, checks=CHECKS if mode is POSITIVE else [*CHECKS, negative_data_rejection]
                )
            except FailureGroup as group:
                for failure in group.exceptions:
                    key = f"{one.key} as {who}: {getattr(failure, 'title', failure)} ({answer.status_code})"
                    self.found.setdefault(
                        key, f"{key}\n{failure}\n{case.as_curl_command()[:600]}\n{answer.content[:300]!r}"
                    )

        # What takes nothing cannot be asked wrongly.
        with suppress(Unsatisfiable, SkipTest):
            each()


@pytest.mark.parametrize("tag", TAGS)
def test_the_api_keeps_to_its_description(
    tag: str,
    cast: SimpleNamespace,
    project: Project,
    people: dict[str, User | None],
    make_world: Callable[[Project, User], World],
    program_of: Callable[..., Program],
    described: dict[str, Any],
    settings: Any,
) -> None:
    settings.API_RATES = dict.fromkeys(ApiToken.Scope.values, 1_000_000)
    asker = Asker(make_world(project, cast.alice), described)
    for who in ROLES:
        program = program_of(people[who])
        for one in BY_ADDRESS.values():
            if one.view.tag == tag:
                right, wrong = ROLES[who]
                asker.ask_all(one, who, program, POSITIVE, EXAMPLES or right)
                if EXAMPLES or wrong:
                    asker.ask_all(one, who, program, NEGATIVE, EXAMPLES or wrong)
    assert not asker.found, "\n\n".join(asker.found.values())
