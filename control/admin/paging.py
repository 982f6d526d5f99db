"""Pages of long lists: counting ends where nobody cares any more."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNTED = 10_000


def count_up_to(rows: QuerySet, most: int) -> int:
    """How many rows there are, `most` + 1 when there are more; the database stops counting there."""
    return rows.order_by()[: most + 1].count()


def counted(number: int, most: int) -> str:
    """The number as people read it: 1,234 or 10,000+."""
    return f"{most:,}+" if number > most else f"{number:,}"


class CappedPaginator(Paginator):
    """A count of 10,001 stands for "more than 10,000"."""

    template_name = "control/admin_pages.html"

    @cached_property
    def count(self) -> int:
        return count_up_to(self.object_list, COUNTED)

    def count_text(self, found: int) -> str:
        return counted(found, COUNTED)


class UncountedPaginator(CappedPaginator):
    """For lines of a log: only previous and next."""

    count = 0

    def count_text(self, found: int) -> str:
        return ""
