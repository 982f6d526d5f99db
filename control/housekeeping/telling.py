"""What the housekeepings of several hosts see at once is told once: the alerts themselves say what was told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from control.journal.append import Entry, alert
from control.journal.kinds import ALERTS, Kind
from control.models import Event, Stream

log = logging.getLogger(__name__)


@contextmanager
def holding_alerts() -> Iterator[None]:
    """A transaction in which nobody else tells an alert: what was told stays so until it commits."""
    with transaction.atomic():
        Stream.objects.get_or_create(name=ALERTS)
        Stream.objects.select_for_update().get(name=ALERTS)
        yield


def tell(message: str, level: str, data: dict[str, Any]) -> None:
    """An alert, and before it a line of the log: a full disk may have no room for both, not everybody has a page."""
    log.log(logging.getLevelNamesMapping()[level], message, extra={"watch": data["watch"]})
    alert([Entry(Kind.LOG, message, level, data=data)])


def signed(watch: str, station: str) -> dict[str, Any]:
    """The data of every alert of a watcher. `station` is empty for what all stations of a database share."""
    return {"origin": "housekeeping", "watch": watch, "station": station}


def told_before(watch: str, station: str, **data: object) -> QuerySet[Event]:
    """What a watcher has told, newest first."""
    named = {"watch": watch, "station": station, **data}
    found = Event.objects.filter(stream__name=ALERTS, **{f"data__{name}": value for name, value in named.items()})
    return found.order_by("-seq")
