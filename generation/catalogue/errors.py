"""What can be wrong with the catalogue, and with what is asked of it."""

from __future__ import annotations


class CatalogueError(Exception):
    """A catalogue file is wrong. The message names the file, the model and the key."""


class ImpossibleRequest(Exception):
    """A model cannot do what was asked; the message names what it can. Nothing was reserved or sent.

    Args:
        message: for the person who asked.
        field: what to change: ``prompt``, ``negative_prompt``, ``duration``, ``size``, ``seed``, ``references``,
            ``source``, ``voice``, ``options`` or ``model``; empty when it is none of them.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field
