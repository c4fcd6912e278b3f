"""What the official clients' typed requests say of a field: its name on the wire, whether it is required, its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin

import typing_extensions


@dataclass(frozen=True)
class Field:
    """One field of a typed request."""

    kind: Any
    required: bool

    @property
    def words(self) -> set[Any]:
        """The values that are enumerated, also inside a union or a list."""
        return set(_words(self.kind))

    @property
    def inside(self) -> dict[str, Field]:
        """The fields of the object that it takes, or of the objects in the list that it takes."""
        return {name: field for part in _parts(self.kind) for name, field in fields_of(part).items()}


def fields_of(request: Any, *, unmarked: bool = False) -> dict[str, Field]:
    """Return the fields of a typed request by their name on the wire; none when it is no typed request.

    Args:
        request: a ``TypedDict``.
        unmarked: whether a field that is marked neither way is required.
    """
    if not typing_extensions.is_typeddict(request):
        return {}
    found = {}
    for name, hint in typing_extensions.get_type_hints(request, include_extras=True).items():
        alias, must, kind = name, unmarked, hint
        around: Any = get_origin(kind)
        while around in (Annotated, Required, NotRequired):
            if around is Annotated:
                alias = next((note.alias for note in get_args(kind)[1:] if getattr(note, "alias", None)), alias)
            else:
                must = around is Required
            kind = get_args(kind)[0]
            around = get_origin(kind)
        found[alias] = Field(kind, must)
    return found


def _words(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif get_origin(kind) in (Union, UnionType):
        for part in get_args(kind):
            yield from _words(part)


def _parts(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _parts(get_args(kind)[0])
    elif get_args(kind) and get_origin(kind) is not Literal:
        for part in get_args(kind):
            if part is not NoneType:
                yield from _parts(part)
    else:
        yield kind
