"""Filters that cost the database nothing: their choices are known beforehand or come from small tables."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import ListFilter, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from control.history.ids import first_id_at
from control.models import Batch
from stations.models import Slot, Station

LAST_CHARACTER = "\U0010ffff"
Choices = Iterable[tuple[str, Any]]


def parameters_of(list_filter: Iterable[type[ListFilter]]) -> set[str]:
    """The names that these filters read from an address."""
    return {name for one in list_filter for name in getattr(one, "parameters", None) or [one.parameter_name]}


class ChoiceFilter(SimpleListFilter):
    """One of some choices. What is not among them finds nothing, and never reaches the database."""

    template = "control/admin_filter.html"
    path = ""
    offered: Callable[[HttpRequest], Choices]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(type(self).offered(request))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value()
        if not chosen:
            return queryset
        if chosen not in {str(value) for value, _text in self.lookup_choices}:
            return queryset.none()
        return queryset.filter(**{self.path: chosen})

    def has_output(self) -> bool:
        return bool(self.lookup_choices) or bool(self.value())

    def chosen_text(self) -> Any:
        return next((text for value, text in self.lookup_choices if str(value) == self.value()), self.value())


def choice_filter(
    title: Any, parameter: str, offered: Choices | Callable[[HttpRequest], Choices], path: str = ""
) -> type[ChoiceFilter]:
    """A filter by `path` (the parameter's name unless given) with fixed choices, or those that a function returns."""
    known = offered if callable(offered) else lambda request: offered
    return type(
        f"{parameter.title()}Filter",
        (ChoiceFilter,),
        {"title": title, "parameter_name": parameter, "path": path or parameter, "offered": staticmethod(known)},
    )


def yes_filter(title: Any, parameter: str, path: str = "") -> type[ChoiceFilter]:
    return choice_filter(title, parameter, [("True", _("Yes")), ("False", _("No"))], path)


def sequences_run(request: HttpRequest) -> Choices:
    """Every sequence that ever ran, by one look into the index for each of them and not by reading the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE known(found) AS (SELECT MIN(sequence) FROM control_batch UNION ALL SELECT"
            " (SELECT MIN(sequence) FROM control_batch WHERE sequence > found) FROM known WHERE found IS NOT NULL)"
            " SELECT found FROM known WHERE found IS NOT NULL LIMIT 200"
        )
        return [(name, name) for (name,) in cursor.fetchall()]


def stations(request: HttpRequest) -> Choices:
    return [(pk, pk) for pk in Station.objects.order_by("pk").values_list("pk", flat=True)[:200]]


def slots(request: HttpRequest) -> Choices:
    """The slots of the station that is chosen, else all of them."""
    found = Slot.objects.order_by("station", "-kind", "position")
    if station := request.GET.get("station"):
        found = found.filter(station=station.replace("\0", ""))
    return [(pk, pk) for pk in found.values_list("pk", flat=True)[:500]]


def begins(field: str, text: str) -> Q:
    """How a text begins, answered by its index: LIKE on SQLite finds none, and takes a for A besides."""
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + LAST_CHARACTER})
    return Q(**{f"{field}__startswith": text})


def batch_in(request: HttpRequest) -> uuid.UUID | None:
    return as_uuid(request.GET.get("batch", ""))


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


def the_batch(request: HttpRequest) -> Choices:
    """Only the one that the address names: a batch is chosen on its page, not from a list of a million."""
    pk = batch_in(request)
    if pk is None:
        return []
    name = Batch.objects.filter(pk=pk).values_list("name", flat=True).first()
    return [(request.GET["batch"], name or str(pk))]


def the_row(model: type[Model], parameter: str) -> Callable[[HttpRequest], Choices]:
    """Only the row with a name that the address names by its number."""

    def named(request: HttpRequest) -> Choices:
        chosen = request.GET.get(parameter, "")
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) <= 18):
            return []
        name = model._default_manager.filter(pk=int(chosen)).values_list("name", flat=True).first()
        return [(chosen, name or chosen)]

    return named


def batch_filter(path: str = "batch") -> type[ChoiceFilter]:
    return choice_filter(_("Batch"), "batch", the_batch, path)


class DateFilter(ListFilter):
    """Today, the last 7 or 30 days, or from one day to another. `path` is a time, or an id that grows with time."""

    template = "control/admin_date_filter.html"
    title = _("Date")
    parameter_name = "days"
    path = "at"
    of_ids = False
    parameters = ("days", "since", "until")
    spans = (("1", _("Today")), ("7", _("7 days")), ("30", _("30 days")))

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameters:
            if values := params.pop(name, None):
                self.used_parameters[name] = values[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return list(self.parameters)

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """The first moment that counts and the first that no longer does, in the zone of the station."""
        today = timezone.localdate()
        days = self.used_parameters.get("days")
        if days in dict(self.spans):
            return _midnight(today - timedelta(days=int(days) - 1)), None
        since, until = (_as_date(self.used_parameters.get(name)) for name in ("since", "until"))
        return since and _midnight(since), until and _midnight(until + timedelta(days=1))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        for operator, moment in zip(("gte", "lt"), self.bounds(), strict=True):
            if moment is not None:
                bound = first_id_at(moment) if self.of_ids else moment
                queryset = queryset.filter(**{f"{self.path}__{operator}": bound})
        return queryset

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        others = {name: values for name, values in changelist.filter_params.items() if name not in self.parameters}
        without = changelist.get_query_string(remove=list(self.parameters))
        yield {
            "display": _("All"),
            "selected": not self.used_parameters,
            "query_string": without,
            "hidden": [(name, value) for name, values in others.items() for value in values],
            "since": self.used_parameters.get("since", ""),
            "until": self.used_parameters.get("until", ""),
        }
        for days, text in self.spans:
            query = changelist.get_query_string({"days": days}, remove=["since", "until"])
            yield {"display": text, "selected": self.used_parameters.get("days") == days, "query_string": query}

    def chosen_text(self) -> Any:
        known = dict(self.spans)
        days = self.used_parameters.get("days")
        if days in known:
            return known[days]
        return " – ".join(self.used_parameters.get(name, "") for name in ("since", "until"))


def date_filter(path: str, *, of_ids: bool = False) -> type[DateFilter]:
    return type("DateFilterOf" + path.title().replace("_", ""), (DateFilter,), {"path": path, "of_ids": of_ids})


def active_filters(changelist: ChangeList) -> list[dict[str, Any]]:
    """The filters in use, each with the address of the list without it."""
    used = [spec for spec in changelist.filter_specs if any(spec.used_parameters.values())]
    return [
        {
            "title": spec.title,
            "text": spec.chosen_text(),
            "remove": changelist.get_query_string(remove=spec.expected_parameters()),
        }
        for spec in used
        if hasattr(spec, "chosen_text")
    ]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _as_date(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 1970 <= day.year < 9999 else None
