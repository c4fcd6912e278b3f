"""The description of the API: complete, and nothing that was promised is gone without a word."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from config.api import description
from config.contract import breaking, contract_of

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    """The description, as it is served."""
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    made: dict[str, Any] = json.loads(answer.content)
    return made


def test_the_description_that_is_written_is_the_one_that_is_served(served: dict[str, Any], tmp_path: Path) -> None:
    call_command("openapi", tmp_path / "new" / "openapi.json", stdout=io.StringIO())
    assert json.loads((tmp_path / "new" / "openapi.json").read_text()) == served


def test_what_was_promised_is_kept_or_declared(served: dict[str, Any]) -> None:
    promised = json.loads((DOCS / "api-promise.json").read_text())
    declared = (DOCS / "api-changes.md").read_text()
    undeclared = [one for one in breaking(promised, contract_of(served)) if one not in declared]
    assert not undeclared, "Declare these in docs/api-changes.md, in these words, or take them back:\n" + "\n".join(
        undeclared
    )


def test_it_says_how_to_use_it_and_what_each_chapter_is_about(served: dict[str, Any]) -> None:
    assert served["openapi"].startswith("3.1")
    assert served["servers"]
    told = {one["name"] for one in served["tags"] if one["description"]}
    operations = [one for methods in served["paths"].values() for one in methods.values()]
    assert {tag for one in operations for tag in one["tags"]} == told
    for word in ("Authorization: Bearer", "Idempotency-Key", "If-Match", "next", "error_code", "Retry-After"):
        assert word in served["info"]["description"]
    for one in operations:
        assert one["summary"], one["operationId"]
    assert len({one["operationId"] for one in operations}) == len(operations)


def test_every_refusal_is_in_the_one_form(served: dict[str, Any]) -> None:
    for name, answer in served["components"]["responses"].items():
        schema = answer["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Refusal"}, name
    for path, methods in served["paths"].items():
        for method, one in methods.items():
            if one.get("security"):
                assert {"400", "401", "403", "429"} <= set(one["responses"]), f"{method} {path}"


def test_it_is_written_once_for_a_process() -> None:
    assert description() is description()
