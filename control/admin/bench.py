"""Stations, slots and instruments, as the station file describes them: to change them, edit that file."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.access.rights import Right, may
from control.admin.cells import EMPTY, chip, json_of, list_url, row_link, row_url, text_of, time_of, yes_of
from control.admin.filters import choice_filter, stations, yes_filter
from control.admin.skin import ReadOnlyAdmin
from control.history.durations import duration_text
from control.history.facts import instrument_state
from control.journal.kinds import SAFETY
from control.lifecycle.slots.service import why_out_of_service
from control.metrics.calibration import is_overdue
from control.models import Batch, Event
from control.states import InstrumentState
from stations.models import Instrument, Slot, Station

STATE_TONES = {
    InstrumentState.PRESENT: "good",
    InstrumentState.ABSENT: "bad",
    InstrumentState.PROBLEM: "bad",
    InstrumentState.UNKNOWN: "plain",
}
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
    list_display = ("id", "kind", "station_link", "sequence", "roles", "serving", "why_out", "known_safe", "latched")
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
        (
            None,
            {"fields": (("id", "kind"), ("station", "position"), ("sequence", "known_safe"), ("serving", "why_out"))},
        ),
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

    @display(description=gettext_lazy("out of service"))
    def why_out(self, slot: Slot) -> str:
        return why_out_of_service(slot) or EMPTY

    def detail(self, request: HttpRequest, obj: Slot) -> dict[str, Any]:
        batches = {"text": _("Batches"), "url": list_url(Batch, slot=obj.pk)}
        safety = {"text": _("Safe states beside runs"), "url": list_url(Event, stream=SAFETY)}
        labels = [self.latched(obj)] if obj.latch is not None else []
        labels += [self.known_safe(obj)] if obj.unsafe is not None else []
        return {
            "heading": {"name": obj.pk, "labels": labels},
            "neighbours": [batches, safety],
            "service": _service_form(obj) if may(request.user, Right.ENGINEER) else None,
        }


def _service_form(slot: Slot) -> dict[str, Any] | None:
    """What takes a slot out of service, or puts it back where somebody has taken it out."""
    if not slot.in_file:
        return None
    back = slot.taken_out is not None
    word = "control:in_service" if back else "control:out_of_service"
    return {"back": back, "url": reverse(word, args=[slot.station_id, slot.name])}


class InstrumentAdmin(ReadOnlyAdmin):
    list_display = ("id", "station_link", "state", "identity", "answered", "response", "calibration")
    list_filter = (
        choice_filter(gettext_lazy("Station"), "station", stations),
        yes_filter(gettext_lazy("Present"), "present"),
    )
    search_fields = ("id", "driver", "resource")
    ordering = ("id",)
    list_select_related = ("station",)
    empty_text = NO_STATION
    fieldsets = (
        (None, {"fields": (("id", "station"), "driver", "resource", "calibration")}),
        (gettext_lazy("Health"), {"fields": (("state", "identity"), ("answered", "response"), "shown_problem")}),
    )

    station_link = SlotAdmin.station_link

    answered = time_of("last_answer_at", gettext_lazy("last answer"))
    shown_problem = text_of("problem", gettext_lazy("problem"))

    @display(description=gettext_lazy("state"))
    def state(self, instrument: Instrument) -> Any:
        state = instrument_state(instrument)
        return chip(STATE_TONES[state], state.label)

    @display(description=gettext_lazy("response time"))
    def response(self, instrument: Instrument) -> str:
        return EMPTY if instrument.response_ms is None else duration_text(max(1, round(instrument.response_ms)) / 1000)

    @display(description=gettext_lazy("calibration due"))
    def calibration(self, instrument: Instrument) -> Any:
        due = instrument.calibration_due
        if due is None:
            return EMPTY
        return chip("warning", _("was due %(date)s") % {"date": due}) if is_overdue(instrument) else due.isoformat()

    def detail(self, request: HttpRequest, obj: Instrument) -> dict[str, Any]:
        slots = Slot.objects.filter(station=obj.station_id)
        using = [slot for slot in slots if obj.name in slot.instruments.values()]
        return {
            "heading": {"name": obj.pk},
            "neighbours": [{"text": slot.pk, "url": row_url(slot)} for slot in using],
        }
