"""Long lists, a page at a time, each as fast as the first however long the list is."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

from accounts.rest.errors import field_error


class Pages(CursorPagination):
    """``?limit=`` rows from ``?cursor=`` on, which answers carry ready-made in ``next`` and ``previous``."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    cursor_query_param = "cursor"
    ordering: Any = ("-created_at", "-pk")

    def __init__(self, ordering: tuple[str, ...] | None = None) -> None:
        if ordering:
            self.ordering = ordering
        super().__init__()

    def decode_cursor(self, request: Any) -> Any:
        """Return where to begin; a cursor that nobody handed out is the sender's mistake."""
        try:
            return super().decode_cursor(request)
        except (NotFound, ValueError, OverflowError) as error:
            raise _bad_cursor() from error

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Return the rows of the page; a position that its column cannot hold is the sender's mistake, too."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, TypeError) as error:
            raise _bad_cursor() from error
        except Exception as error:
            # A forged position of the wrong kind is refused by the column it is compared with.
            if type(error).__name__ in ("ValidationError", "DataError") and request.query_params.get("cursor"):
                raise _bad_cursor() from error
            raise

    def get_paginated_response(self, data: Any) -> Response:
        """Answer with the rows and the addresses of the pages beside."""
        return Response({"next": self.get_next_link(), "previous": self.get_previous_link(), "results": data})


def _bad_cursor() -> ValidationError:
    return field_error("cursor", "Take the cursor from “next” or “previous” of an earlier answer, unchanged.")
