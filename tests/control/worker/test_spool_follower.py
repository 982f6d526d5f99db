"""A spool becomes events and rows, each line exactly once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from control.journal.append import Entry, Fenced, append
from control.journal.kinds import ALERTS, BOARD
from control.journal.read import read_after
from control.lifecycle.claim import take_over
from control.models import Attachment, Batch, ControlEvent, ErrorLog, Event, Measurement, Step, Stream
from control.states import State
from control.worker.spool_follower import BatchFollower
from stations.models import Lease
from tests import spool_lines as lines
from tests.rows import demo_station, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    demo_station(monkeypatch)
    return running()


@pytest.fixture
def told(stream: Stream) -> Callable[..., BatchFollower]:
    """`told(line, line, …)`: these lines are in the spool and imported."""
    follower = BatchFollower(stream)
    follower.resynchronise()

    def tell(*more: Any) -> BatchFollower:
        lines.write(settings.STATION_PATHS.spool(str(stream.batch_id)), more)
        while follower.import_page():
            pass
        return follower

    return tell


def kinds(stream: Stream) -> list[str]:
    return [event.kind for event in read_after(stream.name)]


def test_whole_run_ends_the_batch(told: Any, stream: Stream) -> None:
    assert told(*lines.whole_run()).over
    batch = Batch.objects.get()
    assert (batch.state, batch.outcome, batch.progress) == (State.COMPLETED, "PASS", 1.0)
    assert batch.drivers == {"supply": {"name": "supply-1"}}
    assert kinds(stream) == ["batch.queued", *[line["k"] for line in lines.whole_run()]]
    assert not Lease.objects.exists()


def test_steps_and_measurements_become_rows(told: Any) -> None:
    told(*lines.whole_run())
    assert list(Step.objects.values_list("index", "name", "state", "outcome", "duration_ms")) == [
        (0, "power_on", "ENDED", "PASS", 1.5),
        (1, "measure", "ENDED", "PASS", 1.5),
    ]
    rail = Measurement.objects.get()
    assert (rail.step.name, rail.number, rail.unit, rail.limits) == ("measure", 3.3, "V", {"maximum": 5})


def test_line_by_line_comes_to_the_same_rows(told: Any, stream: Stream) -> None:
    for line in lines.whole_run():
        told(line)
    assert Step.objects.filter(state="ENDED", started_at__isnull=False).count() == 2
    assert Measurement.objects.count() == 1
    assert [event.seq for event in read_after(stream.name)] == list(range(1, 9))


def test_every_attempt_is_a_row(told: Any) -> None:
    told(
        lines.started("measure"),
        lines.step_started(0, "measure"),
        lines.measured(0, "rail", 9.0, outcome="FAIL"),
        lines.step_ended(0, "measure", "FAIL", retrying=True),
        lines.step_started(0, "measure", attempt=2),
        lines.measured(0, "rail", 3.3, attempt=2),
        lines.step_ended(0, "measure", attempt=2),
    )
    assert list(Step.objects.values_list("attempt", "outcome", "retrying")) == [(1, "FAIL", True), (2, "PASS", False)]
    assert Measurement.objects.count() == 2


def kept() -> list[tuple[str, str, int, Any]]:
    return list(Attachment.objects.values_list("step__name", "name", "step__attempt", "width"))


def test_attachments_become_rows_of_their_steps(told: Any, stream: Stream) -> None:
    table = lines.attached(0, "a.csv")
    picture = lines.attached(1, "board.png", media_type="image/png", width=640, height=480)
    told(lines.step_started(0, "scan"), table, lines.step_ended(0, "scan"), lines.step_started(1, "look"), picture)
    told(lines.attached(1, "b.csv"))
    assert kept() == [("scan", "a.csv", 1, None), ("look", "board.png", 1, 640), ("look", "b.csv", 1, None)]
    row = Attachment.objects.get(name="board.png")
    assert (str(row.pk), row.batch, row.sha256) == (picture["id"], stream.batch, picture["sha256"])
    (event,) = [event for event in read_after(stream.name) if event.data.get("name") == "board.png"]
    assert (event.kind, event.message, event.step) == ("attachment", "board.png", 1)


def test_attachments_that_are_imported_again_are_the_same_rows(told: Any, stream: Stream) -> None:
    follower = told(lines.step_started(0, "scan"), lines.attached(0, "a.csv"), lines.attached(0, "b.csv"))
    before = list(Attachment.objects.values())
    Stream.objects.filter(pk=stream.pk).update(spool_offset=0)
    follower.resynchronise()
    assert follower.import_page()
    assert list(Attachment.objects.values()) == before


@pytest.mark.parametrize("wrong", [{"sha256": "../../secret-key"}, {"id": "7"}, {"sha256": None}])
def test_attachment_that_names_no_file_of_its_folder_is_refused(told: Any, stream: Stream, wrong: Any) -> None:
    told(lines.step_started(0, "scan"), lines.attached(0, "a.csv", **wrong), lines.attached(0, "b.csv"), lines.ended())
    assert [row[1] for row in kept()] == ["b.csv"]
    assert kinds(stream) == ["batch.queued", "step.started", "torn", "attachment", "batch.ended"]


def test_half_a_line_waits_for_its_other_half(told: Any) -> None:
    told(lines.started("measure"), b'{"k": "log", "at": 1, "mes')
    assert Event.objects.filter(kind="log").count() == 0
    told(b'sage": "hello"}\n')
    assert Event.objects.get(kind="log").message == "hello"


def test_line_that_a_death_cut_in_two_is_kept_as_what_it_is(told: Any, stream: Stream) -> None:
    told(b'{"k": "log", "mess\n', lines.ended("crashed"))
    assert kinds(stream) == ["batch.queued", "torn", "batch.ended"]
    assert Batch.objects.get().state == State.CRASHED


def test_text_that_a_database_refuses_is_made_storable(told: Any) -> None:
    told(lines.step_started(0, "measure"), lines.line("log", level="INFO", message="a\x00b \ud800"))
    told(lines.measured(0, "rail", float("nan"), outcome="FAIL"))
    assert Event.objects.get(kind="log").message == "a\ufffdb ?"
    assert (Measurement.objects.get().value, Measurement.objects.get().number) == ("NaN", None)


def test_number_beyond_every_column_is_kept(told: Any) -> None:
    told(lines.step_started(0, "scan"), lines.measured(0, "iccid", 2**70), lines.ended())
    assert (Measurement.objects.get().value, Batch.objects.get().state) == (2**70, State.COMPLETED)


def test_number_that_no_float_holds_does_not_stop_the_story(told: Any) -> None:
    told(lines.step_started(0, "scan"), lines.measured(0, "huge", 10**400), lines.ended())
    assert Batch.objects.get().state == State.COMPLETED


def test_line_that_cannot_be_stored_does_not_stop_the_story(told: Any, stream: Stream) -> None:
    told(lines.started("measure"), lines.line("step.started", step="no number"), lines.ended())
    assert kinds(stream) == ["batch.queued", "batch.started", "torn", "batch.ended"]
    assert Batch.objects.get().state == State.COMPLETED


def test_step_over_items_that_cannot_begin_stops_its_run_with_the_reason(told: Any, stream: Stream) -> None:
    """Its runner waits for chunks that would never come."""
    told(lines.started("measure"), lines.line("items.begun", step=-1, name="measure"))
    assert [(event.kind, event.level) for event in read_after(stream.name)][-2:] == [
        ("log", "ERROR"),
        ("control", "INFO"),
    ]
    wish = ControlEvent.objects.get(batch=stream.batch, by="gwanje")
    why = "its step over items could not begin (IntegrityError): measure"
    assert (wish.kind, wish.by, wish.reason) == ("BATCH_STOP", "gwanje", why)


def test_another_generation_fences(told: Any, stream: Stream) -> None:
    follower = told(lines.started("measure"))
    take_over(Stream.objects.get(pk=stream.pk))
    with pytest.raises(Fenced), transaction.atomic():
        told(lines.ended())
    assert not follower.resynchronise()
    assert follower.lost and Batch.objects.get().state == State.RUNNING


def test_successor_goes_on_where_the_first_one_stopped(told: Any, stream: Stream) -> None:
    told(lines.started("measure"), lines.step_started(0, "measure"))
    successor = BatchFollower(take_over(Stream.objects.get(pk=stream.pk)) or stream)
    successor.resynchronise()
    lines.write(
        settings.STATION_PATHS.spool(str(stream.batch_id)),
        [lines.measured(0, "rail", 3.3), lines.step_ended(0, "measure"), lines.ended()],
    )
    assert successor.import_page()
    assert Step.objects.get().started_at is not None
    assert Measurement.objects.get().step == Step.objects.get()


def test_control_side_and_spool_share_one_gapless_number(told: Any, stream: Stream) -> None:
    told(lines.started("measure"))
    append(stream.name, [Entry("control", "somebody asks")])
    told(lines.ended())
    assert [(event.seq, event.kind) for event in read_after(stream.name)] == [
        (1, "batch.queued"),
        (2, "batch.started"),
        (3, "control"),
        (4, "batch.ended"),
    ]


def test_pause_and_resume_move_the_state_and_are_obeyed(told: Any, stream: Stream) -> None:
    event = ControlEvent.objects.create(
        kind="BATCH_PAUSE", batch=stream.batch, by="anna", face="COMMAND", requested_at=stream.batch.created_at
    )
    told(lines.line("batch.paused", control=str(event.pk), word="pause", message=""))
    event.refresh_from_db()
    assert (Batch.objects.get().state, event.obeyed_at is not None) == (State.PAUSED, True)
    told(lines.line("batch.resumed", control="", word="resume", message=""))
    assert Batch.objects.get().state == State.RUNNING
    assert [line.kind for line in read_after(BOARD)][-2:] == ["batch.paused", "batch.resumed"]


def test_wish_without_effect_is_answered_and_not_obeyed(told: Any, stream: Stream) -> None:
    event = ControlEvent.objects.create(
        kind="BATCH_PAUSE", batch=stream.batch, by="anna", face="COMMAND", requested_at=stream.batch.created_at
    )
    why = "pause has no effect: the teardown is running"
    told(lines.line("control", control=str(event.pk), word="pause", message=why, obeyed=False))
    event.refresh_from_db()
    assert (event.obeyed_at, event.after) == (None, {"note": why})


def test_wish_that_was_overtaken_by_an_end_is_not_told_as_obeyed(told: Any, stream: Stream) -> None:
    event = ControlEvent.objects.create(
        kind="BATCH_SKIP", batch=stream.batch, by="anna", face="COMMAND", requested_at=stream.batch.created_at
    )
    why = "skip has no effect: the step has ended"
    told(lines.line("control", control=str(event.pk), word="skip", message="step 'a' will be skipped"))
    told(lines.line("control", control=str(event.pk), word="skip", message=why, obeyed=False))
    event.refresh_from_db()
    assert (event.obeyed_at, event.after) == (None, {"note": why})


def test_guard_that_insists_is_alerted_and_one_that_asks_is_not(told: Any) -> None:
    for rung in ("interrupt", "terminate", "kill"):
        told(lines.line("ladder", rung=rung, why="stop", control=""))
    assert list(Event.objects.filter(kind="ladder").exclude(stream__name=ALERTS).values_list("level", flat=True)) == [
        "INFO", "WARNING", "WARNING",
    ]  # fmt: skip
    assert [line.data["batch"] for line in read_after(ALERTS)] == [str(Batch.objects.get().pk)] * 2


def test_error_is_logged_grouped_and_alerted(told: Any) -> None:
    for number in (1, 2):
        told(
            lines.line(
                "error", step=0, attempt=1, category="hardware", exception="InstrumentError",
                message=f"supply-{number} does not answer", traceback="…",
            )
        )  # fmt: skip
    assert ErrorLog.objects.values("fingerprint").distinct().count() == 1
    assert [line.message for line in read_after(ALERTS)] == ["supply-1 does not answer", "supply-2 does not answer"]
    assert Batch.objects.get().error == "InstrumentError: supply-1 does not answer"


@pytest.mark.parametrize(
    ("why", "state", "unfinished"),
    [("crashed", "CRASHED", "ERROR"), ("timeout", "FAILED", "TIMEOUT"), ("emergency", "ABORTED", "NONE")],
)
def test_death_leaves_no_row_running(told: Any, why: str, state: str, unfinished: str) -> None:
    told(lines.started("boot", "measure"), lines.step_started(0, "boot"), lines.ended(why, message="gone"))
    assert Batch.objects.get().state == state
    assert list(Step.objects.values_list("name", "state", "outcome")) == [
        ("boot", "ENDED", unfinished),
        ("measure", "ENDED", "SKIPPED"),
    ]


def test_spool_that_power_loss_shortened_goes_on_at_its_last_line(told: Any, stream: Stream) -> None:
    told(lines.started("measure"), lines.step_started(0, "measure"))
    path = settings.STATION_PATHS.spool(str(stream.batch_id))
    path.write_bytes(path.read_bytes()[:40] + b"\n")
    assert told(lines.ended("lost")).over
    assert Batch.objects.get().state == State.CRASHED
