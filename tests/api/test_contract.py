"""What a change of the API would break, told of two descriptions."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from config.contract import breaking, contract_of, written

SHOT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string", "enum": ["draft", "approved"]},
        "of": {"$ref": "#/components/schemas/Shot"},
        "note": {"type": ["string", "null"]},
    },
    "required": ["id", "status"],
}
BODY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "prompt": {"type": "string", "maxLength": 100},
        "angle": {"type": "string", "enum": ["low", "high"]},
        "seconds": {"type": "integer", "minimum": 1},
    },
    "required": ["prompt"],
}
WHOLE: dict[str, Any] = {
    "paths": {
        "/shots": {
            "get": {
                "parameters": [{"in": "query", "name": "project", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "content": {"a": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Shot"}}}}
                    },
                    "404": {"$ref": "#/components/responses/Refused404"},
                },
            },
            "post": {"requestBody": {"content": {"a": {"schema": BODY}}}, "responses": {"204": {}}},
        }
    },
    "components": {"schemas": {"Shot": SHOT}},
}


def changed(change: Callable[[dict[str, Any]], Any]) -> list[str]:
    """Return what a change breaks."""
    other = copy.deepcopy(WHOLE)
    change(other)
    return breaking(contract_of(WHOLE), contract_of(other))


def shot(whole: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = whole["components"]["schemas"]["Shot"]
    return fields


def body(whole: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = whole["paths"]["/shots"]["post"]["requestBody"]["content"]["a"]["schema"]
    return sent


BREAKING: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda it: it["paths"]["/shots"].pop("post"), "POST /shots is gone"),
    (lambda it: it["paths"].pop("/shots"), "GET /shots is gone"),
    (lambda it: it["paths"]["/shots"]["get"]["parameters"].clear(), "GET /shots: query project is gone"),
    (lambda it: shot(it)["properties"].pop("note"), "GET /shots: 200[] note is gone"),
    (lambda it: shot(it)["properties"]["id"].update(type="integer"), "200[] id was string and is integer"),
    (lambda it: shot(it)["properties"]["id"].update(type=["string", "null"]), "200[] id was string and is null|string"),
    (lambda it: shot(it)["properties"]["status"].update(enum=["draft"]), "200[] status is never again approved"),
    (lambda it: shot(it).update(required=["id"]), "200[] status may be left out"),
    (lambda it: body(it)["properties"].pop("angle"), "POST /shots: body angle is gone"),
    (lambda it: body(it)["properties"]["angle"].update(enum=["low"]), "body angle is never again high"),
    (lambda it: body(it)["properties"]["prompt"].update(enum=["x"]), "body prompt takes a few words only"),
    (lambda it: body(it)["properties"]["prompt"].update(maxLength=50), "body prompt has maxLength 50"),
    (lambda it: body(it)["properties"]["seconds"].update(minimum=2), "body seconds has minimum 2"),
    (lambda it: body(it)["properties"]["seconds"].update(maximum=2), "body seconds has maximum 2"),
    (lambda it: body(it).update(required=["prompt", "angle"]), "body angle is required"),
    (
        lambda it: (body(it)["properties"].update(new={"type": "string"}), body(it)["required"].append("new")),
        "POST /shots: body new is required",
    ),
]


@pytest.mark.parametrize(("change", "told"), BREAKING, ids=[told for _, told in BREAKING])
def test_what_callers_would_miss_is_told(change: Callable[[dict[str, Any]], Any], told: str) -> None:
    assert any(told in sentence for sentence in changed(change)), changed(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda it: None,
        lambda it: it["paths"].update({"/takes": {"get": {"responses": {"204": {}}}}}),
        lambda it: shot(it)["properties"].update(angle={"type": "string"}),
        lambda it: shot(it)["properties"]["status"]["enum"].append("in_review"),
        lambda it: shot(it)["properties"]["note"].update(type="string"),
        lambda it: body(it)["properties"].update(lens={"type": "string"}),
        lambda it: body(it)["properties"]["angle"]["enum"].append("dutch"),
        lambda it: body(it)["properties"]["prompt"].update(maxLength=200, type=["string", "null"]),
        lambda it: body(it).update(required=[]),
    ],
)
def test_what_gives_callers_more_is_none_of_it(change: Callable[[dict[str, Any]], Any]) -> None:
    assert changed(change) == []


def test_it_is_written_a_line_for_each_field() -> None:
    contract = contract_of(WHOLE)
    assert json.loads(written(contract)) == contract
    assert max(len(line) for line in written(contract).splitlines()) < 200
