"""Manual control as the lifecycle decides it: who may drive a slot now, and what an instrument takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from control.history.manual import read_manual
from control.journal.read import read_after
from control.lifecycle.follow import Mode, rerun_batch, resume_batch
from control.lifecycle.packages import MANUAL_CONTROL, known_packages
from control.lifecycle.refusals import Refused
from control.lifecycle.slots import manual
from control.lifecycle.slots.instruments import Asked
from control.lifecycle.slots.manual import (
    await_answer,
    begin_session,
    command,
    end_session,
    find_slot,
    give_back,
    take_over,
    why_not_now,
)
from control.lifecycle.steer import pause_batch, skip_step
from control.models import Batch, ControlEvent, Stream
from control.states import SlotState, State
from control.worker.wishes import wish_of
from stations.models import Lease, Slot, Station
from tests.rows import ANNA, OUT, UNWELL, demo_station, queued, running

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
SLOT = "demo/slot-1"
MARK = {"since": 0.0, "why": "run", "problems": {}, "confirmed_at": None, "refused": ""}
VOLTAGE = Asked("supply", "voltage", 5.0)


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    Station.objects.update(heartbeat_at=timezone.now())


def driven(**columns: Any) -> Batch:
    """A session, or whatever `columns` make of it, that people drive."""
    begin_session(SLOT, by=ANNA)
    batch = Batch.objects.get()
    now = {"state": State.RUNNING, "started_at": timezone.now(), "manual_by": "anna", **columns}
    Batch.objects.filter(pk=batch.pk).update(**now)
    return Batch.objects.get()


def paused(**columns: Any) -> Batch:
    stream: Stream = running(slot=SLOT)
    Batch.objects.filter(pk=stream.batch_id).update(state=State.PAUSED, **columns)
    return Batch.objects.get(pk=stream.batch_id)


def refused(function: Any, *about: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as error:
        function(*about, by=ANNA)
    return error.value.status, str(error.value)


def test_a_session_is_a_batch_that_waits_for_nothing_and_is_in_no_list() -> None:
    batch = begin_session(SLOT, idle_limit_s=60, by=ANNA, reason="ripple")
    assert (batch.sequence, batch.slot_id, batch.state, batch.expected_s) == (MANUAL_CONTROL, SLOT, "QUEUED", None)
    assert batch.parameters == {"by": "anna", "idle_limit_s": 60}
    assert MANUAL_CONTROL not in known_packages()
    assert refused(begin_session, SLOT) == (
        409, "Batch 'Manual control' (started by anna) waits for demo/slot-1. Let it run, or stop it first.",
    )  # fmt: skip
    assert read_manual(find_slot(SLOT))["actions"] == ["end"]
    assert end_session(SLOT, by=ANNA).kind == "BATCH_STOP"
    assert Batch.objects.get().state == State.STOPPED
    assert refused(rerun_batch, batch.pk, Mode.SAME)[1].startswith("A manual session is begun at its slot")


@pytest.mark.parametrize("limit", [0.5, 1e9, "long", True])
def test_a_session_takes_only_limits_that_can_be(limit: Any) -> None:
    with pytest.raises(Refused, match="idle_limit_s"):
        begin_session(SLOT, idle_limit_s=limit, by=ANNA)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"taken_out": OUT}, "Slot demo/slot-1 is out of service (kim: new cables)."),
        ({"latch": {"by": "kim", "id": "1"}}, "Slot demo/slot-1 is latched: kim pressed the emergency stop."),
        ({"safe": False}, "Slot demo/slot-1 did not confirm its safe state."),
        ({"safe": True, "unsafe": MARK}, "Slot demo/slot-1 did not confirm its safe state."),
        ({"taken_out": OUT, "health_problem": UNWELL}, "Slot demo/slot-1 is out of service (kim: new cables)."),
    ],
)
def test_a_slot_that_must_not_start_anything_says_why(columns: dict[str, Any], told: str) -> None:
    Slot.objects.filter(pk=SLOT).update(**columns)
    slot = find_slot(SLOT)
    assert why_not_now(slot).startswith(told)
    assert refused(begin_session, SLOT)[1].startswith(told)
    assert refused(command, SLOT, VOLTAGE)[1].startswith(told)
    assert read_manual(slot)["actions"] == []


def test_a_slot_whose_instruments_are_not_well_is_driven_by_hand_and_its_batches_wait() -> None:
    Slot.objects.filter(pk=SLOT).update(health_problem=UNWELL)
    queued(slot=SLOT)
    assert read_manual(find_slot(SLOT))["actions"] == ["begin"]
    session = begin_session(SLOT, by=ANNA)
    facts = read_manual(find_slot(SLOT))
    assert (facts["actions"], facts["owner"]["batch"]) == (["end"], str(session.pk))
    Batch.objects.filter(pk=session.pk).update(state=State.RUNNING, started_at=timezone.now(), manual_by="anna")
    facts = read_manual(find_slot(SLOT))
    assert (facts["slot"]["state"], facts["slot"]["out_of_service"]["why"]) == (SlotState.MANUAL, "HEALTH")
    assert command(SLOT, VOLTAGE, by=ANNA).batch_id == session.pk


def test_a_session_that_could_not_begin_now_is_refused_instead_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = running(slot="demo/slot-2")
    Lease.objects.create(instrument_id="demo/meter-1", holder=stream.batch_id)
    used = "meter-1 of demo/slot-1 is used by Board test on demo/slot-2. Wait for its end, or stop it."
    assert (refused(begin_session, SLOT), why_not_now(find_slot(SLOT))) == ((409, used), used)
    Lease.objects.all().delete()
    monkeypatch.setattr("control.lifecycle.stopping.is_stopping", lambda station: True)
    assert refused(begin_session, SLOT)[1].startswith("Station 'demo' is being stopped")


def test_what_is_not_there_cannot_be_driven() -> None:
    assert refused(begin_session, "demo/slot-9")[0] == 404
    assert refused(begin_session, "demo/lane-1")[1] == "demo/lane-1 has no instruments that could be driven by hand."
    assert refused(end_session, SLOT)[1] == "There is no manual session on demo/slot-1."
    assert refused(give_back, SLOT)[1].startswith("Nobody has taken demo/slot-1 over")
    assert refused(take_over, SLOT)[1] == "No batch uses demo/slot-1: begin a manual session instead."
    assert refused(command, SLOT, VOLTAGE)[1].startswith("Nobody drives demo/slot-1 by hand now.")
    Station.objects.update(heartbeat_at=None)
    assert refused(begin_session, SLOT)[1].startswith("Station demo does not answer.")


def test_whoever_holds_the_slot_is_named() -> None:
    stream = running(slot=SLOT)
    used = "demo/slot-1 is used by batch 'Board test' (started by anna)"
    for function, more in ((begin_session, ()), (take_over, ()), (command, (VOLTAGE,))):
        assert refused(function, SLOT, *more) == (409, f"{used}. Stop or pause it first.")
    Batch.objects.filter(pk=stream.batch_id).update(state=State.PAUSED)
    assert refused(command, SLOT, VOLTAGE) == (409, f"{used}, which is paused. Take it over first.")
    Batch.objects.filter(pk=stream.batch_id).update(manual_by="kim")
    assert refused(take_over, SLOT)[1].startswith("kim has taken batch 'Board test' on demo/slot-1 over already: ")


def test_a_paused_batch_that_was_taken_over_is_not_resumed_before_it_is_given_back() -> None:
    batch = paused()
    asked = take_over(SLOT, by=ANNA, reason="look")
    assert (wish_of(asked)["word"], wish_of(asked)["by"], asked.before) == ("take-over", "anna", {"state": "PAUSED"})
    Batch.objects.filter(pk=batch.pk).update(manual_by="anna")
    assert refused(resume_batch, batch.pk)[1].startswith("anna has taken the batch over")
    assert wish_of(give_back(SLOT, by=ANNA))["word"] == "give-back"
    Batch.objects.filter(pk=batch.pk).update(manual_by="")
    assert resume_batch(batch.pk, by=ANNA).state == State.PAUSED


def test_a_command_is_on_record_with_what_was_before_and_travels_as_a_wish() -> None:
    batch = driven(readings={"supply-1": {"values": {"voltage": 3.3}, "problem": ""}})
    queued(slot=SLOT)
    event = command(SLOT, VOLTAGE, by=ANNA, reason="ripple")
    assert event.details == {"instrument": "supply-1", "command": "voltage", "unit": "V", "value": 5.0}
    assert (event.before, event.by, event.reason) == ({"state": "RUNNING", "value": 3.3}, "anna", "ripple")
    assert wish_of(event) == {
        "word": "command", "control": str(event.pk), "reason": "ripple", "by": "anna",
        "instrument": "supply-1", "command": "voltage", "value": 5.0,
    }  # fmt: skip
    line = read_after(f"batch/{batch.pk}")[-1]
    assert (line.kind, line.message) == ("control", "supply-1: voltage = 5 V by anna")
    raw = command(SLOT, Asked("supply-1", text=" *IDN? "), by=ANNA)
    assert (raw.details, wish_of(raw)["text"]) == ({"instrument": "supply-1", "text": "*IDN?"}, "*IDN?")
    assert wish_of(command(SLOT, Asked("meter"), by=ANNA)).get("command") is None
    assert await_answer(raw, 0.0).after == {}
    facts = read_manual(find_slot(SLOT))
    assert (facts["slot"]["state"], facts["manual_by"], facts["slot"]["waiting"]) == (SlotState.MANUAL, "anna", 1)
    assert [one["kind"] for one in facts["commands"]] == ["MANUAL_COMMAND"] * 3
    assert facts["idle_ends_at"] > facts["commands"][0]["requested_at"]
    assert refused(pause_batch, batch.pk)[1].startswith("anna drives the instruments by hand")
    assert refused(skip_step, batch.pk)[1].startswith("A manual session has no steps")
    assert wish_of(end_session(SLOT, by=ANNA))["word"] == "end"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked("suply", "voltage", 5), "The slot has no instrument 'suply'. Did you mean 'supply-1'?"),
        (Asked("supply", "volts", 5), "The instrument has no command 'volts'. Did you mean 'voltage'?"),
        (Asked("supply", "voltage", 15.1), "'voltage' takes 0 to 15 V, not 15.1."),
        (Asked("supply", "voltage", "5"), "'voltage' takes 0 to 15 V, not 5."),
        (Asked("supply", "voltage", True), "'voltage' takes 0 to 15 V, not yes."),
        (Asked("supply", "voltage", [5]), "'voltage' takes 0 to 15 V, not [5]."),
        (Asked("supply", "voltage", float("nan")), "'voltage' takes 0 to 15 V, not nan."),
        (Asked("supply", "voltage", 10**400), "'voltage' takes 0 to 15 V"),
        (Asked("supply", "output", 1), "'output' takes on or off, not 1."),
        (Asked("board", "mode", "IDLE;RST"), "'mode' takes one line of text without semicolons, not IDLE;RST."),
        (Asked("supply", "mode", "CV"), "'mode' can only be read."),
        (Asked("supply", text="  "), "Nothing to send. Write a command."),
        (Asked("supply", text="VOLT 1\nVOLT 2"), "A command is one line of visible characters."),
        (Asked("supply", text="x" * 1001), "The command has 1001 characters, at most 1000 are sent. Shorten it."),
    ],
)  # fmt: skip
def test_what_an_instrument_does_not_take_is_never_written_down(asked: Asked, told: str) -> None:
    driven()
    status, sentence = refused(command, SLOT, asked)
    assert (status, sentence[: len(told)]) == (400, told)
    assert not ControlEvent.objects.filter(kind="MANUAL_COMMAND").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_begin_a_session_at_once_one_is_told_who_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Batch] = []

    def first(*_: Any) -> Any:
        """Somebody else begins one after it was looked whether the slot is free."""
        monkeypatch.undo()
        begun.append(begin_session(SLOT, by=ANNA))
        return manual.manual_package()

    monkeypatch.setattr(manual, "manual_package", first)
    status, sentence = refused(begin_session, SLOT)
    assert (status, sentence.partition(" waits for")[0]) == (409, "Batch 'Manual control' (started by anna)")
    assert list(Batch.objects.all()) == begun
