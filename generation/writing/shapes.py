"""The form of what a model answers with where it must be data, and the check of it. Nothing else of an answer is used.

The schema that models are given is plain: sorts of values, names, and which must be there. How long and how many is
said in words and checked here, because no two makers take the same bounds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from scenes.screenplay.drafts import Angle
from scenes.screenplay.reading import clean_text

MOST_SCENES = 200
MOST_SHOTS = 12
MOST_TEXT = 60_000
_PLAIN = frozenset({"type", "properties", "required", "items", "enum", "$ref", "$defs", "additionalProperties"})


class NotInForm(ValueError):
    """An answer is not in the form that was asked for; the message says what is wrong with it, without its words."""


def _one_line(text: str) -> str:
    return " ".join(clean_text(text)[0].split())


def _cleaned(text: str) -> str:
    return clean_text(text)[0].strip()


def _line(most: int, *, least: int = 1) -> Any:
    return Annotated[str, AfterValidator(_one_line), Field(min_length=least, max_length=most)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OutlineScene(_Form):
    """One scene of an outline; ``minutes`` is how long it lasts in the film."""

    heading: _line(160)  # type: ignore[valid-type]
    happens: _line(2000)  # type: ignore[valid-type]
    minutes: Annotated[float, Field(gt=0, le=60)]


class Outline(_Form):
    """What the film tells, scene by scene."""

    title: _line(120)  # type: ignore[valid-type]
    logline: _line(400)  # type: ignore[valid-type]
    scenes: Annotated[list[OutlineScene], Field(min_length=1, max_length=MOST_SCENES)]


class ProposedShot(_Form):
    """One shot of a scene."""

    angle: Angle
    description: _line(600)  # type: ignore[valid-type]
    seconds: Annotated[float, Field(ge=0.5, le=30)]


class Shots(_Form):
    """Shots for a scene, in order."""

    shots: Annotated[list[ProposedShot], Field(min_length=1, max_length=MOST_SHOTS)]


class Words(_Form):
    """Words that would stand for others."""

    text: Annotated[str, AfterValidator(_cleaned), Field(min_length=1, max_length=MOST_TEXT)]


def schema_of(form: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a form without bounds and remarks, which not every model's maker takes."""
    plain: dict[str, Any] = _plain(form.model_json_schema())
    return plain


def read(form: type[BaseModel], text: str) -> dict[str, Any]:
    """Return an answer as data, once it has passed its check.

    Args:
        form: what was asked for.
        text: the answer; a fence around the data is passed over.

    Raises:
        NotInForm: it is something else, or out of bounds.
    """
    try:
        answer = json.loads(_unfenced(text))
        return form.model_validate(answer).model_dump(mode="json")
    except RecursionError as error:
        raise NotInForm("it is nested without end") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:80] or "the whole"
        raise NotInForm(f"{place}: {first['msg'][:160]}") from error
    except ValueError as error:
        raise NotInForm("it is no JSON") from error


def given(form: type[BaseModel], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data that a person has changed, once it has passed the same check as a model's.

    Raises:
        NotInForm: as for ``read``.
    """
    return read(form, json.dumps(data))


def _unfenced(text: str) -> str:
    text = text.strip()
    if text.startswith("```"):
        text = text.partition("\n")[2].rpartition("```")[0] or text
    return text


def _plain(node: Any, *, names: bool = False) -> Any:
    """Leave out of a schema what is not in ``_PLAIN``; keys of ``properties`` and ``$defs`` are names."""
    if isinstance(node, dict):
        return {
            key: _plain(value, names=key in ("properties", "$defs") and not names)
            for key, value in node.items()
            if names or key in _PLAIN
        }
    return [_plain(each) for each in node] if isinstance(node, list) else node
