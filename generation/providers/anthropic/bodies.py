"""From an order to the message that is sent."""

from __future__ import annotations

from typing import Any

from anthropic import transform_schema

from generation.providers.base import Json, Order


def body_of(order: Order) -> Json:
    """Return the whole request. Temperature and its kind are left out: current models refuse them."""
    parameters = order.parameters
    body: dict[str, Any] = {
        "model": order.model,
        "max_tokens": parameters["max_tokens"],
        "messages": [{"role": "user", "content": order.prompt}],
    }
    if parameters.get("system"):
        body["system"] = parameters["system"]
    if parameters.get("schema"):
        # Claude refuses bounds of lengths and numbers; the client puts them into words that Claude reads.
        schema = transform_schema(dict(parameters["schema"]))
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    return body
