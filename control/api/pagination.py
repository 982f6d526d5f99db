"""Lists in pages that stay right while rows are added: `{results, next, previous}`, `?limit=` and `?cursor=`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as WrongValue
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination, Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

LIMIT = "limit"
CURSOR = "cursor"
PARAMETERS = (LIMIT, CURSOR)

LINK = {"type": "string", "format": "uri", "nullable": True, "description": "The address of the page, or null."}


def page_schema(results: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The schema of a list."""
    return {
        "type": "object",
        "required": ["results", "next", "previous", *more],
        "properties": {"results": results, "next": LINK, "previous": LINK, **more},
    }


def whole_list(results: list[Any]) -> Response:
    """A list that is always short enough for one page."""
    return Response({"results": results, "next": None, "previous": None})


class WholeList(BasePagination):
    """For lists that `whole_list` answers: the same shape, and always one page."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return page_schema(schema)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return []


class Pages(CursorPagination):
    """In the order that the view names, which must be unique or nearly so."""

    page_size = 20
    max_page_size = 200
    page_size_query_param = LIMIT
    cursor_query_param = CURSOR

    def get_ordering(self, request: Request, queryset: QuerySet, view: APIView) -> tuple[str, ...]:
        self.first = queryset.model._meta.get_field(view.ordering[0].lstrip("-"))
        return view.ordering

    def get_page_size(self, request: Request) -> int:
        return read_whole_number(request, LIMIT, self.page_size, 1, self.max_page_size)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Only cursors that came from here: a position that is no value of its column would break the query."""
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self.first.to_python(cursor.position)
        except (NotFound, WrongValue) as error:
            problem = _("This is no cursor. Follow the links 'next' and 'previous' of a list as they are.")
            raise ValidationError({CURSOR: [problem]}) from error
        return cursor

    def get_paginated_response(self, data: list[Any]) -> Response:
        return Response({"results": data, "next": self.get_next_link(), "previous": self.get_previous_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return page_schema(schema)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [
            {"name": LIMIT, "in": "query", "description": "How many rows at most.", "schema": limit},
            {
                "name": CURSOR,
                "in": "query",
                "description": "A place in the list. Taken from `next` and `previous`, never made up.",
                "schema": {"type": "string"},
            },
        ]


def read_whole_number(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    """A query parameter. Raises ValidationError that names what is expected."""
    text = request.query_params.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if not lowest <= number <= highest:
        words = {"lowest": lowest, "highest": highest, "given": text}
        problem = _("It must be a whole number from %(lowest)s to %(highest)s, it is '%(given)s'.") % words
        raise ValidationError({name: [problem]})
    return number
