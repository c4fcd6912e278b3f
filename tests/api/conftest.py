"""Programs: clients that carry a token of somebody's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from accounts.access import open_team
from accounts.models import Team, User
from accounts.policies import Right
from accounts.rest.tokens import create_token
from tests.scenes.conftest import bucket, bucket_server
from tests.world import make_world, people

__all__ = ["Program", "bucket", "bucket_server", "make_world", "people", "program_of"]


class Program:
    """Asks the API as a program does: JSON, a token, no cookies."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask ``/api/v1/{path}``; ``If_Match="…"`` sets a header."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = sent.pop("Content-Type", "application/json")
        address = path if path.startswith("/") else f"/api/v1/{path}"
        return self.client.generic(method, address, data, content_type=kind, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Make or do something."""
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        """Change."""
        return self("PATCH", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        """Put in place."""
        return self("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        """Remove."""
        return self("DELETE", path, **headers)


@pytest.fixture
def program_of(db: None) -> Callable[..., Program]:
    """Return a function that gives a program with a token of somebody's, in their team, with all scopes unless said."""

    def make(
        person: User | None, scopes: Sequence[str] = ("read", "write", "spend"), team: Team | None = None
    ) -> Program:
        if person is None:
            return Program()
        where = team or person.teams.order_by("pk").first()
        assert where is not None
        opened = open_team(person, where.pk, Right.SEE)
        return Program(create_token(opened=opened, name="Tests", scopes=scopes)[1])

    return make
