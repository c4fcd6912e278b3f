"""A change of the cut as programs say it, and as the cut's service takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

_BY_ID = ("shots", "sounds", "titles")
# In fields of sounds and titles an id names what it is of.
_IDS = {"shot": "shotId", "asset": "assetId"}
_NAMES = {name: short for short, name in _IDS.items()}
_CAPITAL = re.compile(r"(?=[A-Z])")


def to_service(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked body as ``change_cut`` takes it."""
    change: dict[str, Any] = {}
    for name, value in said.items():
        if name in _BY_ID:
            change[name] = {str(row["id"]): _camel({key: row[key] for key in row if key != "id"}) for row in value}
        elif name == "move":
            change[name] = {key: _plain(inner) for key, inner in value.items()}
        elif name == "order":
            change[name] = [str(one) for one in value]
        else:
            change[_camel_name(name)] = _camel(value)
    return change


def from_service(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change of the service's as programs send it."""
    said: dict[str, Any] = {}
    for name, value in change.items():
        if name in _BY_ID:
            said[name] = [{"id": row_id, **_snake(fields)} for row_id, fields in value.items()]
        elif name == "film":
            said[name] = _snake(value)
        else:
            said[name] = value
    return said


def _camel(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_IDS.get(name) or _camel_name(name): _plain(value) for name, value in values.items()}


def _snake(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(name) or _CAPITAL.sub("_", name).lower(): _plain(value) for name, value in values.items()}


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
