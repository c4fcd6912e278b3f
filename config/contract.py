"""What the API has promised, and what of it a change would break.

A description is boiled down to what callers rely on: operations, what may be sent to each, what each answers. So the
promise is short enough to be read in a review, and two of them can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# What is sent may be allowed more, and what is answered may say more; the other way round breaks callers.
Field = Mapping[str, Any]
Contract = Mapping[str, Mapping[str, Field]]
_METHODS = ("get", "post", "put", "patch", "delete")
_LEAST, _MOST = ("minimum", "minLength", "minItems"), ("maximum", "maxLength", "maxItems")


def contract_of(description: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what a description (OpenAPI 3.1) promises: for each operation its fields.

    ``{"POST /api/v1/projects": {"body name": {"type": "string", "required": True}, "201 id": {…}}}``
    """
    return {
        f"{method.upper()} {path}": dict(sorted(_fields_of(description, methods[method])))
        for path, methods in sorted(description["paths"].items())
        for method in _METHODS
        if method in methods
    }


def breaking(before: Contract, now: Contract) -> list[str]:
    """Return what callers who rely on ``before`` would miss, a sentence for each."""
    found = []
    for operation, fields in before.items():
        if operation not in now:
            found.append(f"{operation} is gone")
            continue
        for name, field in fields.items():
            other = now[operation].get(name)
            change = "is gone" if other is None else _narrowed(name, field, other)
            if change:
                found.append(f"{operation}: {name} {change}")
        found.extend(
            f"{operation}: {name} is required"
            for name, field in now[operation].items()
            if name not in fields and field.get("required") and _is_sent(name)
        )
    return found


def written(contract: Contract) -> str:
    """Return it as JSON, a line for each field."""
    parts = []
    for operation, fields in contract.items():
        lines = [f"  {json.dumps(name)}: {json.dumps(field)}" for name, field in fields.items()]
        parts.append(f" {json.dumps(operation)}: {{\n" + ",\n".join(lines) + ("\n }" if lines else " }"))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _is_sent(name: str) -> bool:
    return not name[0].isdigit()


def _narrowed(name: str, before: Field, now: Field) -> str:
    types, others = set(before["type"].split("|")), set(now["type"].split("|"))
    sent = _is_sent(name)
    if "any" not in (others if sent else types) and (types - others if sent else others - types):
        return f"was {before['type']} and is {now['type']}"
    gone = set(map(str, before.get("enum", ()))) - set(map(str, now.get("enum", before.get("enum", ()))))
    if gone:
        return f"is never again {', '.join(sorted(gone))}"
    if not sent:
        return "may be left out" if before.get("required") and not now.get("required") else ""
    if "enum" in now and "enum" not in before:
        return "takes a few words only"
    if now.get("required") and not before.get("required"):
        return "is required"
    for bound in _LEAST:
        if now.get(bound, 0) > before.get(bound, 0):
            return f"has {bound} {now[bound]}"
    for bound in _MOST:
        if bound in now and (bound not in before or now[bound] < before[bound]):
            return f"has {bound} {now[bound]}"
    return ""


def _fields_of(whole: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in operation.get("parameters", ()):
        yield f"{one['in']} {one['name']}", _field(whole, one["schema"], bool(one.get("required")))
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from _inside(whole, content["schema"], "body", ())
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            continue  # all in the one form
        yield status, {"type": "answer"}
        for content in answer.get("content", {}).values():
            yield from _inside(whole, content.get("schema", {}), status, ())


def _inside(
    whole: Mapping[str, Any], schema: Mapping[str, Any], name: str, above: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the fields of a schema, those of objects in it included; what contains itself is walked through once."""
    names = above
    if "$ref" in schema:
        if schema["$ref"] in above:
            return
        names = (*above, schema["$ref"])
    schema = _plain(whole, schema)
    if "items" in schema:
        yield from _inside(whole, schema["items"], f"{name}[]", names)
    required = schema.get("required", ())
    for key, inner in schema.get("properties", {}).items():
        yield f"{name} {key}" if " " not in name else f"{name}.{key}", _field(whole, inner, key in required)
        yield from _inside(whole, inner, f"{name} {key}" if " " not in name else f"{name}.{key}", names)


def _field(whole: Mapping[str, Any], schema: Mapping[str, Any], required: bool) -> dict[str, Any]:
    schema = _plain(whole, schema)
    kinds = schema.get("type", "any")
    made: dict[str, Any] = {"type": "|".join(sorted(kinds)) if isinstance(kinds, list) else kinds}
    if required:
        made["required"] = True
    for name in ("enum", *_LEAST, *_MOST):
        if name in schema:
            made[name] = schema[name]
    return made


def _plain(whole: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with what it refers to, and its parts (``allOf``, or one of them or null) put together."""
    if "$ref" in schema:
        *_, kind, name = schema["$ref"].split("/")
        return _plain(whole, whole["components"][kind][name])
    for word in ("allOf", "oneOf", "anyOf"):
        parts = [_plain(whole, one) for one in schema.get(word, ())]
        full = [one for one in parts if one.get("type") != "null"]
        if len(full) == 1:
            kinds = full[0].get("type", "any")
            listed = kinds if isinstance(kinds, list) else [kinds]
            return {**full[0], "type": [*listed, "null"] if len(parts) > 1 else kinds}
    return schema
