"""What a run that is driven by hand tells becomes who drives it, its readings, and answers to commands."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from control.history.slots import read_slots
from control.journal.kinds import BOARD
from control.journal.read import read_after
from control.lifecycle.slots.instruments import Asked
from control.lifecycle.slots.manual import await_answer, command
from control.models import Batch
from control.worker.spool_follower import BatchFollower
from tests import spool_lines as lines
from tests.rows import ANNA, demo_station, running

pytestmark = pytest.mark.django_db
SLOT = "demo/slot-1"


def reading(**instruments: Any) -> lines.Line:
    return lines.line("reading", instruments={name.replace("_", "-"): told for name, told in instruments.items()})


def test_readings_and_answers_are_kept_while_somebody_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    stream = running(slot=SLOT)
    follower = BatchFollower(stream)
    follower.resynchronise()

    def tell(*more: lines.Line) -> Batch:
        lines.write(settings.STATION_PATHS.spool(str(stream.batch_id)), more)
        while follower.import_page():
            pass
        return Batch.objects.get()

    begun = lines.line("manual.begun", by="anna", idle_limit_s=900, message="")
    batch = tell(lines.started("serve"), lines.step_started(0, "serve"), begun)
    assert (batch.manual_by, read_after(BOARD)[-1].kind) == ("anna", "manual.begun")
    assert read_slots(pk=SLOT)[0]["state"] == "MANUAL"
    tell(reading(supply_1={"values": {"voltage": 0.0, "mode": "OFF"}}, meter_1={"problem": "mute"}))
    batch = tell(reading(supply_1={"values": {"mode": "CV"}}), reading(meter_1={"problem": "", "values": {"x": None}}))
    assert batch.readings == {
        "supply-1": {"values": {"voltage": 0.0, "mode": "CV"}, "problem": ""},
        "meter-1": {"values": {"x": None}, "problem": ""},
    }
    told = {"instrument": "supply-1", "command": "voltage", "unit": "V", "text": "", "took_ms": 1.5}
    good, bad = (command(SLOT, Asked("supply", "voltage", value), by=ANNA) for value in (5.0, 6.0))
    batch = tell(
        lines.line("manual.answered", control=str(good.pk), value=5.0, error="", **told),
        lines.line("manual.answered", control=str(bad.pk), value=None, error="it is mute", **told),
    )
    assert batch.readings["supply-1"]["values"]["voltage"] == 5.0
    good, bad = await_answer(good, 0.0), await_answer(bad, 0.0)
    assert (good.after["value"], good.after["took_ms"], good.obeyed_at is None) == (5.0, 1.5, False)
    assert (bad.after["error"], bad.obeyed_at, bad.before["value"]) == ("it is mute", None, 0.0)
    late = command(SLOT, Asked("supply", "voltage", 7.0), by=ANNA)
    ended = lines.line("manual.ended", why="idle", message="")
    assert (tell(ended).manual_by, read_after(BOARD)[-1].kind) == ("", "manual.ended")
    batch = tell(lines.step_ended(0, "serve"), lines.ended())
    assert (batch.state, batch.manual_by, batch.readings) == ("COMPLETED", "", {})
    assert await_answer(late, 0.0).after["note"] == "the batch had ended"
    assert late.requested_at <= timezone.now()
