"""What a simulated model writes: a small screenplay, a sentence, or data that fit a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_ASKS_FOR_SCRIPT = re.compile(r"screenplay|fountain|script|film|scene", re.IGNORECASE)
_SCRIPT_FIELDS = frozenset({"fountain", "screenplay", "script"})
_MOST_DEPTH = 12
_TITLE_WORDS = 6
# People mark what a message is about: <idea>…</idea>, the last of them being the matter itself.
_MARKED = re.compile(r"<[a-z][^>\n]*>\n(.*?)\n</[a-z]", re.DOTALL)
_GIVEN_TITLE = re.compile(r"^Title: (\w.{0,99})$", re.MULTILINE)

_SCREENPLAY = """Title: {title}
Credit: written in a rehearsal

FADE IN:

EXT. HARBOUR - DAWN

Fog lies over the water. ANNA (30), in a yellow coat, walks along the quay and counts the boats.

ANNA
One is missing.

A gull answers. She looks at her watch, then at the empty berth.

INT. HARBOUR OFFICE - MORNING

Maps, a kettle, an old radio. BEN (60) writes into a ledger and does not look up.

BEN
(quietly)
It left in the night. Without lights.

ANNA
Nobody leaves without lights, Ben.

He turns the ledger towards her. The last line has been crossed out.

CUT TO:

EXT. OPEN SEA - DAY

A small ferry drifts. On its deck stands a lamp, still burning.

ANNA (V.O.)
That was how it began: {title}.

FADE OUT.
"""


def answer_to(system: str, prompt: str, schema: Mapping[str, Any] | None) -> str:
    """Return what is answered to a message.

    Args:
        system: who the writer was told to be.
        prompt: the message.
        schema: the JSON schema that the answer must fit, if any.
    """
    if schema is not None:
        return json.dumps(fitting(schema, prompt), ensure_ascii=False)
    if _ASKS_FOR_SCRIPT.search(f"{system} {prompt}"):
        return screenplay(prompt)
    return f"This is a rehearsal, so nobody has thought about it. You asked: {prompt.strip()[:200]}"


def screenplay(prompt: str) -> str:
    """Return a small screenplay in Fountain."""
    return _SCREENPLAY.format(title=_title(prompt))


def _title(prompt: str) -> str:
    """The title that somebody has given, else the first words of what the message is about."""
    if given := _GIVEN_TITLE.search(prompt):
        return given[1].strip()
    subject = (_MARKED.findall(prompt) or [prompt])[-1]
    words = re.findall(r"[^\W\d_][\w'’-]*", re.sub(r"\[\[.*?\]\]", " ", subject))[:_TITLE_WORDS]
    # Only the first letter: words of other languages, and names, keep theirs.
    return " ".join(words)[:1].upper() + " ".join(words)[1:] or "The empty berth"


def fitting(schema: Mapping[str, Any], prompt: str) -> Any:
    """Return data that fit a JSON schema: every property, two of each list, numbers and words within their bounds."""
    return _value(schema, schema, prompt, "", _MOST_DEPTH)


def _value(schema: Mapping[str, Any], root: Mapping[str, Any], prompt: str, name: str, depth: int) -> Any:
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind == "object":
        required = schema.get("required", ())
        return {
            each: _value(inner, root, prompt, each, depth - 1)
            for each, inner in schema.get("properties", {}).items()
            if depth > 0 or each in required
        }
    if kind == "array":
        least = int(schema.get("minItems", 0))
        count = min(max(least, 2 if depth > 0 else 0), int(schema.get("maxItems", max(least, 2))))
        return [_value(schema.get("items", {}), root, prompt, name, depth - 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return _number(schema)
    return {"boolean": True, "null": None}[kind] if kind in ("boolean", "null") else _words(schema, prompt, name)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references and take the first of alternatives that is not null."""
    for _ in range(_MOST_DEPTH):
        if "$ref" in schema:
            target: Any = root
            for step in str(schema["$ref"]).removeprefix("#/").split("/"):
                target = target[step]
            schema = target
        elif choices := next((schema[word] for word in ("anyOf", "oneOf", "allOf") if schema.get(word)), None):
            schema = next((each for each in choices if each.get("type") != "null"), choices[0])
        else:
            break
    return schema


def _number(schema: Mapping[str, Any]) -> int | float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1 if "exclusiveMinimum" in schema else None)
    most = schema.get("maximum")
    wanted = 5 if least is None else max(5, least)
    number = wanted if most is None else min(wanted, most)
    return int(number) if schema.get("type") == "integer" else number


def _words(schema: Mapping[str, Any], prompt: str, name: str) -> str:
    if name.lower() in _SCRIPT_FIELDS:
        text = screenplay(prompt)
    elif name.lower() == "title":
        text = _title(prompt)
    elif name.lower() == "heading":
        text = "EXT. HARBOUR - DAWN"
    else:
        text = f"A rehearsed {name.replace('_', ' ') or 'answer'} about: {_title(prompt)}"
    least = int(schema.get("minLength", 0))
    return text.ljust(least, ".")[: int(schema.get("maxLength", len(text) + least))]
