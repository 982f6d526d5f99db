"""Taking a slot out of service and putting it back, by people and by the health of its instruments."""

from __future__ import annotations

import pytest
from django_q.models import OrmQ

from control.journal.kinds import ALERTS
from control.lifecycle.claim import claim
from control.lifecycle.refusals import BadValue, NotFound, WrongState
from control.lifecycle.slots.service import judge_health, put_into_service, take_out_of_service, why_out_of_service
from control.models import ControlEvent, Event
from stations.models import Slot, Station
from tests.rows import ANNA, demo_station, queued, running

pytestmark = pytest.mark.django_db

SLOT = "demo/slot-1"
MISSING = {"supply-1": "Instrument supply-1 at here cannot be reached."}


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> Station:
    return demo_station(monkeypatch)


def alerts() -> list[tuple[str, str]]:
    return list(Event.objects.filter(stream__name=ALERTS).order_by("seq").values_list("level", "message"))


def events() -> list[tuple[str, str, str, str, bool, bool]]:
    found = ControlEvent.objects.filter(scope=SLOT).order_by("pk")
    return [
        (one.kind, one.by, one.face, one.reason, one.before["in_service"], one.after["in_service"]) for one in found
    ]


def test_somebody_takes_a_slot_out_and_puts_it_back() -> None:
    slot = take_out_of_service(SLOT, by=ANNA, reason="new cables")
    assert (slot.in_service, slot.taken_out["by"], slot.taken_out["reason"]) == (False, "anna", "new cables")
    assert why_out_of_service(slot) == "Slot demo/slot-1 is out of service (anna: new cables)."
    slot = put_into_service(SLOT, by=ANNA, reason="done")
    assert (slot.in_service, slot.taken_out, why_out_of_service(slot)) == (True, None, "")
    assert events() == [
        ("SLOT_OUT_OF_SERVICE", "anna", "COMMAND", "new cables", True, False),
        ("SLOT_IN_SERVICE", "anna", "COMMAND", "done", False, True),
    ]
    assert alerts() == [
        ("WARNING", "Slot demo/slot-1 was taken out of service by anna: new cables"),
        ("INFO", "Slot demo/slot-1 was put back into service by anna: done"),
    ]


def test_what_is_so_already_changes_nothing_and_tells_nobody() -> None:
    put_into_service(SLOT, by=ANNA)
    take_out_of_service(SLOT, by=ANNA, reason="new cables")
    assert take_out_of_service(SLOT, by=ANNA, reason="something else").taken_out["reason"] == "new cables"
    assert (len(events()), len(alerts())) == (1, 1)


def test_refusals_say_what_is_missing() -> None:
    for reason in ("", "  ", "USER_REQUEST"):
        with pytest.raises(BadValue, match="Say why"):
            take_out_of_service(SLOT, by=ANNA, reason=reason)
    for name in ("demo/slot-9", "demo/\0"):
        with pytest.raises(NotFound):
            take_out_of_service(name, by=ANNA, reason="x")
    Slot.objects.filter(pk=SLOT).update(in_file=False)
    with pytest.raises(WrongState, match="the station file does not name it any more"):
        put_into_service(SLOT, by=ANNA)


def test_missing_instrument_takes_the_slot_out_and_its_return_brings_it_back() -> None:
    batch = queued()
    assert judge_health(SLOT, MISSING).in_service is False
    judge_health(SLOT, MISSING)
    since = Slot.objects.get(pk=SLOT).health_problem["at"]
    judge_health(SLOT, {**MISSING, "meter-1": "Instrument meter-1 is gone, too."})
    slot = Slot.objects.get(pk=SLOT)
    assert sorted(slot.health_problem["instruments"]) == ["meter-1", "supply-1"]
    assert slot.health_problem["at"] == since
    assert claim(slot) is None
    OrmQ.objects.all().delete()
    slot = judge_health(SLOT, {})
    assert (slot.in_service, slot.health_problem, OrmQ.objects.count()) == (True, None, 1)
    stream = claim(slot)
    assert stream is not None and stream.batch_id == batch.pk
    why = "Instrument supply-1 at here cannot be reached."
    back = "its instruments answer as expected"
    assert events() == [
        ("SLOT_OUT_OF_SERVICE", "health check", "SYSTEM", why, True, False),
        ("SLOT_IN_SERVICE", "health check", "SYSTEM", back, False, True),
    ]
    assert alerts() == [
        ("ERROR", f"Slot demo/slot-1 is out of service, as the health check found: {why}"),
        ("INFO", f"Slot demo/slot-1 is back in service: {back}."),
    ]


def test_what_a_person_says_stays_whatever_the_health_and_the_station_file_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_out_of_service(SLOT, by=ANNA, reason="new cables")
    judge_health(SLOT, MISSING)
    assert judge_health(SLOT, {}).in_service is False
    demo_station(monkeypatch)
    assert Slot.objects.get(pk=SLOT).in_service is False
    assert len(alerts()) == 1
    judge_health(SLOT, MISSING)
    assert put_into_service(SLOT, by=ANNA).in_service is False  # nobody holds it any more, its health does


def test_running_batch_goes_on_and_nothing_new_starts() -> None:
    stream = running()
    slot = take_out_of_service(SLOT, by=ANNA, reason="new cables")
    stream.batch.refresh_from_db()
    assert (stream.batch.state, claim(slot)) == ("RUNNING", None)
