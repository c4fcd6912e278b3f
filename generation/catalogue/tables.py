"""Tables of a catalogue file, read strictly: whatever is missing, of a wrong type or unknown names its place."""

from __future__ import annotations

from typing import Any, TypeVar

from generation.catalogue.errors import CatalogueError

T = TypeVar("T")


class Table:
    """A table that knows its place in the file. Each key is taken out once; ``done`` refuses what nobody took.

    Args:
        place: where it is, for messages.
        data: what should be a table.

    Raises:
        CatalogueError: it is none.
    """

    def __init__(self, place: str, data: object) -> None:
        self.place = place
        if not isinstance(data, dict):
            raise CatalogueError(f"{place} is {data!r}, not a table.")
        self._data: dict[str, Any] = dict(data)

    def __contains__(self, key: str) -> bool:
        """Return whether a key is there and has not been taken."""
        return key in self._data

    @property
    def keys(self) -> list[str]:
        """The keys that have not been taken."""
        return list(self._data)

    def wrong(self, key: str, what: str) -> CatalogueError:
        """Return the error that one of its keys is."""
        return CatalogueError(f"{self.place}: {key} {what}.")

    def any(self, key: str) -> Any:
        """Take a value of any type.

        Raises:
            CatalogueError: it is missing.
        """
        if key not in self._data:
            raise self.wrong(key, "is missing")
        return self._data.pop(key)

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """Take a value of a type; numbers are never below zero.

        Raises:
            CatalogueError: it is of another type, or missing and there is no default.
        """
        if key not in self._data and default is not None:
            return default
        value = self.any(key)
        if kind is float and isinstance(value, int):
            value = value if isinstance(value, bool) else float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(key, f"is {value!r}, not of type {kind.__name__}")
        if isinstance(value, int | float) and value < 0:
            raise self.wrong(key, f"is {value!r}, below zero")
        return value

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> Any:
        """Take a word that is one of those allowed.

        Raises:
            CatalogueError: it is another, or missing and there is no default.
        """
        value = self.take(key, str, default)
        if value not in allowed:
            raise self.wrong(key, f"is {value!r}, not one of {', '.join(filter(None, allowed))}")
        return value

    def items(self, key: str, kind: type[T]) -> tuple[T, ...]:
        """Take a list of values of one type; empty when it is not there.

        Raises:
            CatalogueError: it is no such list.
        """
        found = self._data.pop(key, [])
        if not isinstance(found, list) or not all(isinstance(value, kind) for value in found):
            raise self.wrong(key, f"is not a list of {kind.__name__}")
        return tuple(found)

    def table(self, key: str) -> Table:
        """Take a table; empty when it is not there."""
        return Table(f"{self.place}, {key}", self._data.pop(key, {}))

    def tables(self, key: str) -> list[Table]:
        """Take a list of tables; empty when it is not there."""
        return [Table(f"{self.place}, {key} {at}", each) for at, each in enumerate(self.items(key, dict), 1)]

    def over(self, base: dict[str, Any]) -> Table:
        """Return this table laid over another: its own keys win."""
        return Table(self.place, {**base, **self._data})

    def rest(self) -> dict[str, Any]:
        """Take all that is left."""
        data, self._data = self._data, {}
        return data

    def done(self) -> None:
        """Refuse what nobody took.

        Raises:
            CatalogueError: something is left; the message names it.
        """
        if self._data:
            raise self.wrong(min(self._data), "is not known")
