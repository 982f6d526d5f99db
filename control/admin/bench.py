"""Stations, slots and instruments, as the station file describes them: to change them, edit that file."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.cells import EMPTY, chip, json_of, list_url, row_link, time_of, yes_of
from control.admin.filters import choice_filter, stations, yes_filter
from control.admin.skin import ReadOnlyAdmin
from control.journal.kinds import SAFETY
from control.models import Batch, Event
from stations.models import Instrument, Slot, Station

NO_STATION = gettext_lazy("No station file has been taken in yet. It is, when the station is started.")


class StationAdmin(ReadOnlyAdmin):
    list_display = ("name", "id", "host", "time_zone", "default_sequence", "heartbeat")
    search_fields = ("id", "name")
    ordering = ("id",)
    empty_text = NO_STATION
    fieldsets = (
        (None, {"fields": (("name", "id"), ("host", "time_zone"), ("default_sequence", "heartbeat"))}),
        (gettext_lazy("Station file"), {"fields": ("configuration_sha256", "shown_configuration")}),
    )

    heartbeat = time_of("heartbeat_at", gettext_lazy("last sign of life"))
    shown_configuration = json_of("configuration", gettext_lazy("configuration"))

    def detail(self, request: HttpRequest, obj: Station) -> dict[str, Any]:
        lists = {Slot: _("Slots"), Instrument: _("Instruments"), Batch: _("Batches")}
        return {
            "heading": {"name": obj.name},
            "neighbours": [{"text": text, "url": list_url(model, station=obj.pk)} for model, text in lists.items()],
        }


class SlotAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "station_link", "sequence", "roles", "serving", "known_safe", "latched")
    list_filter = (
        choice_filter(gettext_lazy("Station"), "station", stations),
        choice_filter(gettext_lazy("Kind"), "kind", Slot.Kind.choices),
        yes_filter(gettext_lazy("In service"), "in_service"),
    )
    search_fields = ("id",)
    ordering = ("station", "-kind", "position")
    list_select_related = ("station",)
    empty_text = NO_STATION
    fieldsets = (
        (None, {"fields": (("id", "kind"), ("station", "position"), ("sequence", "serving"), "known_safe")}),
        (None, {"fields": ("shown_instruments", "shown_latch", "shown_unsafe")}),
    )

    serving = yes_of("in_service", gettext_lazy("in service"))
    shown_instruments = json_of("instruments", gettext_lazy("instruments"))
    shown_latch = json_of("latch", gettext_lazy("latch"))
    shown_unsafe = json_of("unsafe", gettext_lazy("not confirmed"))

    @display(description=gettext_lazy("safe"))
    def known_safe(self, slot: Slot) -> Any:
        """What nobody has cleared yet counts more than the guard's last word."""
        if slot.unsafe is not None or slot.safe is False:
            return chip("bad", _("NOT CONFIRMED"))
        return EMPTY if slot.safe is None else _("Yes")

    @display(description=gettext_lazy("station"))
    def station_link(self, slot: Slot) -> Any:
        return row_link(slot.station)

    @display(description=gettext_lazy("instruments"))
    def roles(self, slot: Slot) -> str:
        return ", ".join(f"{role}: {name}" for role, name in slot.instruments.items())

    @display(description=gettext_lazy("latch"))
    def latched(self, slot: Slot) -> Any:
        return chip("bad", _("Latched")) if slot.latch is not None else EMPTY

    def detail(self, request: HttpRequest, obj: Slot) -> dict[str, Any]:
        batches = {"text": _("Batches"), "url": list_url(Batch, slot=obj.pk)}
        safety = {"text": _("Safe states beside runs"), "url": list_url(Event, stream=SAFETY)}
        labels = [self.latched(obj)] if obj.latch is not None else []
        labels += [self.known_safe(obj)] if obj.unsafe is not None else []
        return {"heading": {"name": obj.pk, "labels": labels}, "neighbours": [batches, safety]}


class InstrumentAdmin(ReadOnlyAdmin):
    list_display = ("id", "station_link", "driver", "resource", "calibration")
    list_filter = (choice_filter(gettext_lazy("Station"), "station", stations),)
    search_fields = ("id", "driver", "resource")
    ordering = ("id",)
    list_select_related = ("station",)
    empty_text = NO_STATION
    fieldsets = ((None, {"fields": (("id", "station"), "driver", "resource", "calibration")}),)

    station_link = SlotAdmin.station_link

    @display(description=gettext_lazy("calibration due"))
    def calibration(self, instrument: Instrument) -> str:
        return instrument.calibration_due.isoformat() if instrument.calibration_due else EMPTY

    def detail(self, request: HttpRequest, obj: Instrument) -> dict[str, Any]:
        return {"heading": {"name": obj.pk}}
