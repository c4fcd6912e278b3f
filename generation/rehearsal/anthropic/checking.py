"""What is wrong with a message, by what Anthropic has published."""

from __future__ import annotations

from typing import Any

_KNOWN = """
    model max_tokens messages system stream stop_sequences thinking tools tool_choice output_config metadata
    service_tier cache_control container inference_geo speed
"""
_FIELDS = frozenset(_KNOWN.split())
_SAMPLING = ("temperature", "top_p", "top_k")
_MOST_TOKENS = 128_000
# Of JSON schema, what structured answers do not take.
_UNSUPPORTED = ("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def wrong_with(body: dict[str, Any]) -> str:
    """Return the first thing that is wrong with a request, in Anthropic's manner; empty when it is right."""
    for name in _SAMPLING:
        if name in body:
            return f"{name}: sampling parameters are not supported by this model"
    unknown = sorted(set(body) - _FIELDS)
    if unknown:
        return f"{unknown[0]}: Extra inputs are not permitted"
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            return f"{name}: Field required"
    limit = body["max_tokens"]
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return "max_tokens: Input should be greater than or equal to 1"
    if limit > _MOST_TOKENS:
        return f"max_tokens: {limit} > {_MOST_TOKENS}, which is the maximum allowed number of output tokens"
    return _messages(body["messages"]) or _output(body.get("output_config"))


def _messages(messages: Any) -> str:
    if not isinstance(messages, list) or not messages:
        return "messages: at least one message is required"
    for number, message in enumerate(messages):
        place = f"messages.{number}"
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            return f"{place}: Input should be an object with role and content"
        if message["role"] not in ("user", "assistant"):
            return f"{place}.role: Input should be 'user' or 'assistant'"
        content = message["content"]
        if not isinstance(content, str | list) or not content:
            return f"{place}: user messages must have non-empty content"
    return 'messages: first message must use the "user" role' if messages[0]["role"] != "user" else ""


def _output(config: Any) -> str:
    if config is None:
        return ""
    if not isinstance(config, dict) or set(config) - {"effort", "format"}:
        return "output_config: Extra inputs are not permitted"
    form = config.get("format")
    if form is None:
        return ""
    if not isinstance(form, dict) or form.get("type") != "json_schema" or not isinstance(form.get("schema"), dict):
        return "output_config.format: Input should be a json_schema"
    return _schema(form["schema"], "output_config.format.schema")


def _schema(schema: Any, place: str) -> str:
    """Walk through a schema: objects must be closed, and bounds are not supported."""
    if isinstance(schema, list):
        return next((wrong for each in schema if (wrong := _schema(each, place))), "")
    if not isinstance(schema, dict):
        return ""
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return f"{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
    kind = schema.get("type")
    found = [name for name in _UNSUPPORTED if name in schema and isinstance(kind, str)]
    if found:
        return f"{place}: For '{kind}' type, property '{found[0]}' is not supported"
    return next((wrong for each in schema.values() if (wrong := _schema(each, place))), "")
