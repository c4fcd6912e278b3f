"""What the tests of models of language share: an order, and a context that notes what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from generation.providers.base import Context, Operation, Order

CLAUDE_KEY = "sk-ant-api03-rehearsal-0123456789abcdef"
SCENES = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 3, "maxLength": 40},
        "scenes": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": {
                    "heading": {"type": "string"},
                    "light": {"enum": ["day", "night"]},
                    "seconds": {"type": "integer", "minimum": 1, "maximum": 60},
                },
                "required": ["heading", "light", "seconds"],
            },
        },
    },
    "required": ["title", "scenes"],
}


def order_of(model: str, prompt: str = "Write a screenplay about a ferry.", **changes: Any) -> Order:
    """An order for words."""
    parameters = {"system": "You write screenplays.", "max_tokens": 2000, **changes}
    return Order(uuid4(), Operation.TEXT_TO_TEXT, model, prompt, parameters)


class Listening:
    """What somebody hears while words come.

    Args:
        enough: how many pieces are wanted; None for all.
    """

    def __init__(self, enough: int | None = None) -> None:
        self.heard: list[str] = []
        self.enough = enough
        self.checks = 0

    def context(self, url: str, folder: Path, key: str = CLAUDE_KEY, **more: Any) -> Context:
        """What the engine would give to an adapter."""
        return Context(
            key=key,
            work_dir=folder,
            input_file=_no_file,
            report=lambda share: None,
            check=self._check,
            base_url=url,
            say=self.heard.append,
            wanted=lambda: self.enough is None or len(self.heard) < self.enough,
            **more,
        )

    def _check(self) -> None:
        self.checks += 1


def _no_file(sha256: str) -> Path:
    raise LookupError(sha256)
