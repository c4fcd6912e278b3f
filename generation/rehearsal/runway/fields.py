"""Runway's request validation: everything that is wrong with a body, all at once, in its own words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Issue = dict[str, Any]
Where = tuple[str | int, ...]

# Length in characters of the three forms of a media field, from the published schema.
_DATA_URI_MOST = {"image": 5_242_880, "video": 16_777_216, "audio": 16_777_216}
_URL_MOST, _UPLOAD_MOST, _MEDIA_LEAST = 2048, 5000, 13
_TAG = re.compile(r"[a-z][a-z0-9_]{2,15}")
_IP_HOST = re.compile(r"https://(\[|\d+\.\d+\.\d+\.\d+([:/?#]|$)|\d+([:/?#]|$))")


@dataclass(frozen=True, slots=True)
class Field:
    """One field's rule.

    Attributes:
        kind: text, int, number, bool, image, video, audio, one, list, either, object.
        parts: the values, the item, the alternatives, or the fields by name.
    """

    kind: str
    required: bool = False
    least: float | None = None
    most: float | None = None
    parts: Any = None


@cache
def fields() -> Mapping[str, Mapping[str, Mapping[str, Field]]]:
    """Every endpoint's models and their fields."""
    data = tomllib.loads(Path(__file__).with_name("fields.toml").read_text("utf-8"))
    shapes = data.pop("shapes")
    return {
        endpoint: {
            model: {name: _read(words, shapes) for name, words in named.items()} for model, named in models.items()
        }
        for endpoint, models in data.items()
    }


def _read(words: str, shapes: Mapping[str, Any]) -> Field:
    required = words.startswith("! ")
    kind, _, rest = words.removeprefix("! ").partition(" ")
    if kind.startswith("@"):
        return _shape(shapes[kind[1:]], shapes, required)
    if kind == "one":
        return Field("one", required, parts=tuple(rest.split()))
    least, _, most = rest.partition("..")
    return Field(kind, required, float(least) if least else None, float(most) if most else None)


def _shape(shape: Mapping[str, Any], shapes: Mapping[str, Any], required: bool) -> Field:
    if "one" in shape:
        return Field("one", required, parts=tuple(shape["one"]))
    if "either" in shape:
        return Field("either", required, parts=tuple(_read(words, shapes) for words in shape["either"]))
    if "list" in shape:
        return Field("list", required, shape.get("least"), shape.get("most"), _read(shape["list"], shapes))
    return Field("object", required, parts={name: _read(words, shapes) for name, words in shape["object"].items()})


def issues_of(endpoint: str, body: Any, known_upload: Callable[[str], bool]) -> list[Issue]:
    """Everything that is wrong with a body.

    Args:
        endpoint: ``image_to_video`` and so on.
        body: what was sent, parsed.
        known_upload: whether a ``runway://`` reference is the caller's own and has not expired.
    """
    if not isinstance(body, dict):
        return [_invalid_type("object", body, ())]
    models = fields()[endpoint]
    model = str(body.get("model"))
    if model not in models:
        return [
            {
                "code": "invalid_union", "errors": [], "note": "No matching discriminator", "discriminator": "model",
                "path": ["model"], "message": "Invalid input",
            }
        ]  # fmt: skip
    rest = {name: value for name, value in body.items() if name != "model"}
    found = _object(rest, models[model], (), known_upload)
    return found or _together(rest)


def _together(body: Mapping[str, Any]) -> list[Issue]:
    """What no single field can show."""
    frames = body.get("promptImage")
    if isinstance(frames, list):
        positions = [frame.get("position") for frame in frames if isinstance(frame, dict)]
        if "last" in positions and "first" not in positions:
            return [_custom("A last frame needs a first frame.", ("promptImage",))]
        if len({position for position in positions if position}) < len([p for p in positions if p]):
            return [_custom("Each position may be given once.", ("promptImage",))]
    tags = [item.get("tag") for item in body.get("referenceImages", ()) if isinstance(item, dict)]
    given = [tag for tag in tags if tag is not None]
    if len(set(given)) < len(given):
        return [_custom("Tags must be unique.", ("referenceImages",))]
    return []


def _object(
    value: Mapping[str, Any], rules: Mapping[str, Field], where: Where, known_upload: Callable[[str], bool]
) -> list[Issue]:
    found: list[Issue] = []
    for name, rule in rules.items():
        if name in value:
            found += _check(value[name], rule, (*where, name), known_upload)
        elif rule.required:
            found.append(_invalid_type(_expected(rule), None, (*where, name), missing=True))
    unknown = [name for name in value if name not in rules]
    if unknown:
        named = ", ".join(f'"{name}"' for name in unknown)
        message = f"Unrecognized key{'s' if len(unknown) > 1 else ''}: {named}"
        found.append({"code": "unrecognized_keys", "keys": unknown, "path": list(where), "message": message})
    return found


def _check(value: Any, rule: Field, where: Where, known_upload: Callable[[str], bool]) -> list[Issue]:
    if rule.kind == "either":
        tried = [_check(value, part, where, known_upload) for part in rule.parts]
        if [] in tried:
            return []
        # The alternative that is of the right sort says best what is wrong.
        fitting = [
            found
            for found in tried
            if not any(issue["code"] == "invalid_type" and issue["path"] == list(where) for issue in found)
        ]
        return (
            fitting[0]
            if fitting
            else [{"code": "invalid_union", "errors": tried, "path": list(where), "message": "Invalid input"}]
        )
    if rule.kind == "one":
        return [] if value in rule.parts and not isinstance(value, bool) else [_enumeration(rule.parts, where)]
    if rule.kind == "object":
        if not isinstance(value, dict):
            return [_invalid_type("object", value, where)]
        return _object(value, rule.parts, where, known_upload)
    if rule.kind == "list":
        return _list(value, rule, where, known_upload)
    if rule.kind in {"int", "number"}:
        return _number(value, rule, where)
    if rule.kind == "bool":
        return [] if isinstance(value, bool) else [_invalid_type("boolean", value, where)]
    if rule.kind == "anything":
        return []
    if not isinstance(value, str):
        return [_invalid_type("string", value, where)]
    if rule.kind == "text":
        if where[-1] == "tag" and not _TAG.fullmatch(value):
            return [_format("^[a-z][a-z0-9_]+$", where)]
        return _range(len(value.encode("utf-16-le")) // 2, rule.least, rule.most, "string", where)
    return _media(value, rule.kind, where, known_upload)


def _list(value: Any, rule: Field, where: Where, known_upload: Callable[[str], bool]) -> list[Issue]:
    if not isinstance(value, list):
        return [_invalid_type("array", value, where)]
    found = _range(len(value), rule.least, rule.most, "array", where)
    for number, item in enumerate(value):
        found += _check(item, rule.parts, (*where, number), known_upload)
    return found


def _number(value: Any, rule: Field, where: Where) -> list[Issue]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [_invalid_type("number", value, where)]
    if rule.kind == "int" and value != int(value):
        return [_invalid_type("int", value, where)]
    return _range(value, rule.least, rule.most, "number", where)


def _media(value: str, kind: str, where: Where, known_upload: Callable[[str], bool]) -> list[Issue]:
    if value.startswith("https://"):
        found = _range(len(value), _MEDIA_LEAST, _URL_MOST, "string", where)
        if not found and _IP_HOST.match(value):
            found = [_custom("Failed to fetch asset: the host must be a domain name, not an IP address.", where)]
        return found
    if value.startswith("runway://"):
        found = _range(len(value), _MEDIA_LEAST, _UPLOAD_MOST, "string", where)
        return found if found or known_upload(value) else [_custom("Upload not found or expired.", where)]
    if value.startswith(f"data:{kind}/"):
        return _range(len(value), _MEDIA_LEAST, _DATA_URI_MOST[kind], "string", where)
    return [_format(f"^(https://|runway://|data:{kind}/)", where)]


def _range(size: float, least: float | None, most: float | None, origin: str, where: Where) -> list[Issue]:
    if least is not None and size < least:
        return [
            {
                "code": "too_small", "minimum": _plain(least), "inclusive": True, "origin": origin, "path": list(where),
                "message": f"Too small: expected {origin} to be >={_plain(least)}",
            }
        ]  # fmt: skip
    if most is not None and size > most:
        return [
            {
                "code": "too_big", "maximum": _plain(most), "inclusive": True, "origin": origin, "path": list(where),
                "message": f"Too big: expected {origin} to be <={_plain(most)}",
            }
        ]  # fmt: skip
    return []


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _expected(rule: Field) -> str:
    names = {"int": "number", "number": "number", "bool": "boolean", "list": "array", "object": "object"}
    return names.get(rule.kind, "string")


def _invalid_type(expected: str, value: Any, where: Where, *, missing: bool = False) -> Issue:
    got = "undefined" if missing else "null" if value is None else _sort(value)
    message = f"Invalid input: expected {expected}, received {got}"
    return {"code": "invalid_type", "expected": expected, "path": list(where), "message": message}


def _sort(value: Any) -> str:
    sorts = ((bool, "boolean"), (str, "string"), (int | float, "number"), (list, "array"))
    return next((name for kind, name in sorts if isinstance(value, kind)), "object")


def _enumeration(values: Sequence[Any], where: Where) -> Issue:
    shown = "|".join(f'"{value}"' if isinstance(value, str) else str(value) for value in values)
    message = f"Invalid option: expected one of {shown}"
    return {"code": "invalid_value", "values": list(values), "path": list(where), "message": message}


def _format(pattern: str, where: Where) -> Issue:
    message = f"Invalid string: must match pattern /{pattern}/"
    return {"code": "invalid_format", "format": "regex", "pattern": pattern, "path": list(where), "message": message}


def _custom(message: str, where: Where) -> Issue:
    return {"code": "custom", "path": list(where), "message": message}
