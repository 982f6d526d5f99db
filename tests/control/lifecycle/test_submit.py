"""submit: checked completely before anything is written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django_q.models import OrmQ

from control.journal.kinds import BOARD, stream_of
from control.journal.read import read_after
from control.lifecycle.refusals import BadValue, Refused, UnknownName, WrongState
from control.models import Batch, ControlEvent, Stream
from control.states import State
from stations.models import Slot
from tests.rows import OUT, demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def assert_nothing_written() -> None:
    assert not Batch.objects.exists() and not Stream.objects.exists() and not OrmQ.objects.exists()


def test_submit_writes_batch_story_and_control_event() -> None:
    batch = queued(subject="SN-1")
    assert (batch.state, batch.outcome, batch.name) == ("QUEUED", "NONE", "Board test SN-1")
    event = ControlEvent.objects.get()
    assert (event.kind, event.by, event.face, event.reason) == ("BATCH_START", "anna", "COMMAND", "USER_REQUEST")
    assert [line.kind for line in read_after(stream_of(batch.pk))] == ["batch.queued"]
    assert [line.data["batch"] for line in read_after(BOARD)] == [str(batch.pk)]


def test_submit_rings_the_cluster_of_the_slot() -> None:
    queued()
    assert [task.key for task in OrmQ.objects.all()] == ["demo.slots"]


def test_submit_without_instruments_goes_to_a_lane() -> None:
    batch = queued("step_loop", slot=None)
    assert batch.slot is None
    assert [task.key for task in OrmQ.objects.all()] == ["demo.lanes"]


def test_submit_stores_resolved_parameters_and_the_package() -> None:
    batch = queued("step_loop", slot=None, parameters={"cycles": 3})
    assert batch.parameters["cycles"] == 3
    assert set(batch.parameters) > {"cycles"}
    assert (batch.version, len(batch.sha256)) == ("1.0", 64)


def test_submit_chooses_the_first_free_fitting_slot() -> None:
    running("demo/slot-1")
    assert queued(slot=None).slot_id == "demo/slot-2"


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ({"sequence": "bord_test"}, UnknownName, "There is no sequence 'bord_test'. Did you mean 'board_test'?"),
        ({"slot": "demo/slot-7"}, UnknownName, "There is no slot 'demo/slot-7'. Did you mean 'demo/slot-2'?"),
        ({"slot": "demo/lane-1"}, BadValue, "Slot demo/lane-1 has no board, load, meter, supply"),
        ({"parameters": {"bogus": 1}}, BadValue, "There is no parameter 'bogus'."),
        ({"subject": "x" * 101}, BadValue, "The subject has 101 characters, at most 100 are kept."),
    ],
)
def test_submit_refuses_in_one_sentence_and_writes_nothing(
    wrong: dict[str, Any], error: type[Refused], sentence: str
) -> None:
    with pytest.raises(error) as refused:
        queued(**wrong)
    assert str(refused.value).startswith(sentence)
    assert_nothing_written()


def test_submit_refuses_a_latched_slot() -> None:
    Slot.objects.update(latch={"id": "x", "by": "anna"})
    with pytest.raises(WrongState) as refused:
        queued()
    assert "demo/slot-1 is latched: anna pressed the emergency stop" in str(refused.value)
    assert_nothing_written()


def test_submit_refuses_lane_work_while_every_lane_is_latched() -> None:
    Slot.objects.update(latch={"id": "x", "by": "anna"})
    with pytest.raises(WrongState, match="Every lane is latched or out of service"):
        queued("step_loop", slot=None)


def test_submit_waits_for_a_slot_whose_instruments_are_not_well() -> None:
    Slot.objects.filter(pk="demo/slot-1").update(health_problem={"instruments": {"supply-1": "gone"}, "at": 0})
    assert queued(slot="demo/slot-1").slot_id == "demo/slot-1"
    assert queued(slot=None).slot_id == "demo/slot-2"
    with pytest.raises(WrongState, match="out of service until its instruments are well again: supply-1"):
        queued(slot="demo/slot-1", wait=False)


def test_submit_refuses_a_slot_out_of_service() -> None:
    Slot.objects.update(taken_out=OUT)
    with pytest.raises(WrongState, match="out of service"):
        queued()


def test_submit_that_will_not_wait_is_refused_on_a_busy_slot() -> None:
    running("demo/slot-1")
    with pytest.raises(WrongState, match="busy"):
        queued(wait=False)
    assert Batch.objects.filter(state=State.QUEUED).count() == 0


def ended(seconds: float, **parameters: Any) -> Batch:
    """A run of the loop that took so long."""
    batch = queued("step_loop", slot=None, parameters=parameters)
    begin = batch.created_at
    times = {"started_at": begin, "ended_at": begin + timedelta(seconds=seconds)}
    Batch.objects.filter(pk=batch.pk).update(state=State.COMPLETED, **times)
    return batch


def test_expected_is_the_median_of_the_runs_with_the_same_parameters() -> None:
    for seconds in (10, 12, 14):
        ended(seconds, cycles=3)
    ended(60, cycles=30)
    assert queued("step_loop", slot=None, parameters={"cycles": 3}).expected_s == 12


def test_runs_with_other_parameters_tell_nothing() -> None:
    ended(12, cycles=3)
    assert queued("step_loop", slot=None, parameters={"cycles": 30}).expected_s is None


def test_runs_of_another_version_tell_nothing() -> None:
    Batch.objects.filter(pk=ended(12, cycles=3).pk).update(version="0.9")
    assert queued("step_loop", slot=None, parameters={"cycles": 3}).expected_s is None
