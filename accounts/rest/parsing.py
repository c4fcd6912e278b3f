"""Reading what programs send: strict, because what is guessed today is relied upon tomorrow."""

from __future__ import annotations

import json
import math
import re
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser

DEEPEST = 32
LARGEST = 4 * 1024 * 1024
_LONGEST_NUMBER = 40
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 has it, and nothing that readers understand differently: no key twice, no NaN, no NUL."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the body.

        Raises:
            ParseError: it is not that; the sentence says what it is instead.
        """
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ParseError(f"A JSON body has at most {LARGEST // 1024 // 1024} MB. Upload files in parts instead.")
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise ParseError("JSON is written in UTF-8.") from error
        if not text.strip():
            return {}
        try:
            body = json.loads(
                text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int
            )
        except RecursionError as error:
            raise ParseError(f"JSON is nested at most {DEEPEST} deep.") from error
        except ValueError as error:
            raise ParseError(f"This is not JSON: {error}") from error
        _check(body, DEEPEST)
        return body


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name comes twice in an object")
    return made


def _constant(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON")


def _int(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if len(digits) > _LONGEST_NUMBER or not math.isfinite(number):
        raise ValueError("a number is too long or too large")
    return number


def _check(value: Any, deeper: int) -> None:
    if isinstance(value, str):
        if _UNUSABLE.search(value):
            raise ParseError("A text has a NUL or half a character in it. Send whole UTF-8 text.")
    elif isinstance(value, (dict, list)):
        if not deeper:
            raise ParseError(f"JSON is nested at most {DEEPEST} deep.")
        for inner in value.items() if isinstance(value, dict) else value:
            if isinstance(value, dict):
                _check(inner[0], 1)
                _check(inner[1], deeper - 1)
            else:
                _check(inner, deeper - 1)


__all__ = ["FormParser", "MultiPartParser", "StrictJSONParser"]
