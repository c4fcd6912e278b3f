"""From an order to the request that is sent, and to one in older words where an endpoint does not know the newer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from generation.providers.base import Context, Json, Operation, Order
from generation.providers.errors import Refused

WORDS, PICTURES = "/chat/completions", "/images/generations"


def body_of(order: Order, context: Context, label: str) -> Json:
    """Return path, request and prices.

    Raises:
        Refused: nobody has said which model is meant.
    """
    own = context.own_models.get(order.model)
    name = own["name"] if own is not None else order.model
    if not name:
        raise Refused(
            f"Nobody has said which model of {label[0].lower()}{label[1:]} to use. Enter its name under Providers and "
            "keys.",
            code="no_such_model",
        )
    request = _picture(order, name) if order.operation is Operation.TEXT_TO_IMAGE else _words(order, name)
    prices = {} if own is None else {key: own[key] for key in ("input", "output", "image") if own.get(key) is not None}
    path = PICTURES if order.operation is Operation.TEXT_TO_IMAGE else WORDS
    return {"path": path, "json": request, "prices": prices}


def in_older_words(request: Json, refusal: str) -> Json | None:
    """Return a request that asks for the same in words that an endpoint may know; None where there are no older ones.

    Args:
        request: as it was refused with 400 or 422.
        refusal: what the endpoint said, in lower case.
    """
    form = request.get("response_format")
    strict = isinstance(form, Mapping) and form["type"] == "json_schema"
    if strict and ("schema" in refusal or "response_format" in refusal):
        return _with_schema_in_words(request, request["response_format"]["json_schema"]["schema"])
    if "max_completion_tokens" in refusal and "max_tokens" in request:
        newer = {name: value for name, value in request.items() if name != "max_tokens"}
        return {**newer, "max_completion_tokens": request["max_tokens"]}
    # Usage can be reckoned, and pictures come in the answer or as a link, whichever the endpoint likes.
    optional = "stream_options" if "stream_options" in request else "response_format" if form == "b64_json" else ""
    if optional and optional in refusal:
        return {name: value for name, value in request.items() if name != optional}
    return None


def _with_schema_in_words(request: Json, schema: Any) -> Json:
    asked = f"Answer with JSON alone that fits this schema:\n{json.dumps(schema)}"
    first, *rest = request["messages"]
    if first["role"] == "system":
        messages = [{**first, "content": f"{first['content']}\n\n{asked}"}, *rest]
    else:
        messages = [{"role": "system", "content": asked}, first, *rest]
    return {**request, "messages": messages, "response_format": {"type": "json_object"}}


def cost_of(body: Json, read: int, written: int) -> int | None:
    """Return what tokens cost by the prices that the order was frozen with, in micro-units; None without any."""
    prices = body["prices"]
    if "input" not in prices or "output" not in prices:
        return None
    cost: int = -(-read * prices["input"] // 1_000_000) - (-written * prices["output"] // 1_000_000)
    return cost


def _words(order: Order, name: str) -> dict[str, Any]:
    parameters = order.parameters
    system = [{"role": "system", "content": parameters["system"]}] if parameters.get("system") else []
    request: dict[str, Any] = {
        "model": name,
        "messages": [*system, {"role": "user", "content": order.prompt}],
        "max_tokens": parameters["max_tokens"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if parameters.get("schema"):
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": dict(parameters["schema"])},
        }
    return request


def _picture(order: Order, name: str) -> dict[str, Any]:
    width, height = order.parameters["width"], order.parameters["height"]
    return {
        "model": name,
        "prompt": order.prompt,
        "n": order.parameters.get("outputs", 1),
        "size": f"{width}x{height}",
        "response_format": "b64_json",
    }
