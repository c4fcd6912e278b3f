"""Long lists, a page at a time: each page is as fast as the first, and no row comes twice or not at all.

A cursor says after or before which row a page begins, by all the columns that the list is ordered by. Those end with
the row's id, so that no two rows have the same place, and what comes and goes between two pages moves nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from django.core import signing
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.constants import LOOKUP_SEP
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from accounts.rest.errors import field_error

ROWS = 50
FEW = 1000
_SALT = "accounts.rest.pages"


class _Cursor(NamedTuple):
    """Where a page begins, as its address carries it.

    Attributes:
        order: the columns that it belongs to.
        backwards: the page ends before the place instead of beginning behind it.
        place: the row's columns as text; empty: the end of the list.
    """

    order: str
    backwards: bool
    place: list[str]


class Pages:
    """The pages of one list.

    Args:
        request: its address is that of the other pages, too.
        asked: what a ``PageQuery`` has found in it: which page, of how many rows.
        order: paths to columns that are never empty, all with ``-`` or none; the id follows by itself.
    """

    def __init__(self, request: Request, asked: Mapping[str, Any], order: Sequence[str]) -> None:
        self._address = request.build_absolute_uri()
        self._limit = asked.get("limit", ROWS)
        self._down = order[0].startswith("-")
        self._columns = list(dict.fromkeys([*(name.removeprefix("-") for name in order), "pk"]))
        self._order = ",".join(order)
        self._cursor = self._read(asked.get("cursor"))
        self._previous: _Cursor | None = None
        self._next: _Cursor | None = None

    def rows_of(self, rows: models.QuerySet[Any]) -> list[Any]:
        """Return the rows of the page, in the list's order."""
        cursor = self._cursor
        down = self._down != cursor.backwards
        if cursor.place:
            rows = rows.filter(*self._beyond(rows.model, cursor.place, down))
        rows = rows.order_by(*(F(name).desc() if down else F(name) for name in self._columns))
        found = list(rows[: self._limit + 1])
        more, page = len(found) > self._limit, found[: self._limit]
        # Whoever came here by a cursor came from somewhere.
        before, after = bool(cursor.place) or cursor.backwards, more
        if cursor.backwards:
            page.reverse()
            before, after = more, bool(cursor.place)
        # Where all rows of a page have gone meanwhile, beside it lies the end that it was reached from.
        first, last = (self._place(page[0]), self._place(page[-1])) if page else ([], [])
        self._previous = _Cursor(self._order, True, first) if before else None
        self._next = _Cursor(self._order, False, last) if after else None
        return page

    def answer(self, shown: Any) -> Response:
        """Answer with the rows as they are shown, and the addresses of the pages beside."""
        links = {"next": self._link(self._next), "previous": self._link(self._previous)}
        return Response({**links, "results": shown})

    def _beyond(self, model: type[models.Model], place: list[str], down: bool) -> list[Any]:
        """Return the conditions on rows that lie behind a place."""
        values = [
            Value(field.to_python(text), output_field=field)
            for field, text in zip((_field(model, name) for name in self._columns), place, strict=True)
        ]
        conditions: list[Any] = [_Beyond([F(name) for name in self._columns], values, down)]
        if LOOKUP_SEP in self._columns[0]:
            # No index reaches over two tables: without this, each page would be looked for from the list's beginning.
            conditions.append(Q(**{f"{self._columns[0]}__{'lte' if down else 'gte'}": values[0]}))
        return conditions

    def _place(self, row: Any) -> list[str]:
        found = [attrgetter(name.replace(LOOKUP_SEP, "."))(row) for name in self._columns]
        return [value.isoformat() if hasattr(value, "isoformat") else str(value) for value in found]

    def _read(self, text: str | None) -> _Cursor:
        """Return where to begin; a cursor that was not handed out for this list is the sender's mistake."""
        if text is None:
            return _Cursor(self._order, False, [])
        try:
            cursor = _Cursor(*signing.loads(text, salt=_SALT))
        except signing.BadSignature as error:
            raise _bad_cursor() from error
        if cursor.order != self._order:
            raise _bad_cursor()
        return cursor

    def _link(self, cursor: _Cursor | None) -> str | None:
        if cursor is None:
            return None
        if not cursor.place and not cursor.backwards:
            return remove_query_param(self._address, "cursor")
        return replace_query_param(self._address, "cursor", signing.dumps(list(cursor), salt=_SALT))


def ids_of_few(rows: models.QuerySet[Any]) -> list[Any] | None:
    """Return the ids of rows where they are few; None where whoever walks through the whole list soon meets enough.

    For lists whose order no index has together with what they are narrowed to: the few are sorted, among the many one
    walks in the list's order.
    """
    found = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return found if len(found) <= FEW else None


class _Beyond(Func):
    """Whether a row lies behind a place in the order: both databases compare rows of values, and by one index."""

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, columns: list[F], values: list[Value], down: bool) -> None:
        self.width, self.sign = len(columns), "<" if down else ">"
        super().__init__(*columns, *values)

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **extra: Any) -> tuple[str, Any]:
        """Return ``(a, b) > (%s, %s)``."""
        parts, params = zip(*(compiler.compile(one) for one in self.get_source_expressions()), strict=True)
        ours, theirs = ", ".join(parts[: self.width]), ", ".join(parts[self.width :])
        return f"({ours}) {self.sign} ({theirs})", [param for some in params for param in some]


def _field(model: type[models.Model], path: str) -> models.Field[Any, Any]:
    *way, name = path.split(LOOKUP_SEP)
    for step in way:
        model = model._meta.get_field(step).related_model  # type: ignore[assignment]
    return model._meta.pk if name == "pk" else model._meta.get_field(name)  # type: ignore[return-value]


def _bad_cursor() -> ValidationError:
    return field_error("cursor", "Take the cursor from “next” or “previous” of an earlier answer, unchanged.")
