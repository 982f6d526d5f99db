"""Pruning: whole batches or none, never one that somebody needs, in small portions, and on record."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from control.journal.append import Entry, append
from control.journal.kinds import BOARD, stream_of
from control.lifecycle import retention
from control.lifecycle.retention import Old, count_old, prune
from control.models import Attachment, Batch, ChunkedStep, ControlEvent, ErrorLog, Event, Measurement, Step, Stream
from control.states import LIVE, TERMINAL, State
from stations.paths import StationPaths
from tests.rows import ANNA, attached, demo_station, queued

pytestmark = pytest.mark.django_db
AGO = timedelta(days=100)
MODELS = (Batch, Step, Measurement, Attachment, ErrorLog, ControlEvent, Stream, Event)


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    demo_station(monkeypatch)
    settings.DATA_DIR, settings.STATION_PATHS = tmp_path, StationPaths(tmp_path)
    settings.STATION_PATHS.spools.mkdir()


def ended(state: State = State.COMPLETED, steps: int = 1, **more: Any) -> Batch:
    """A batch that ended long ago, with a row of everything, a spool, a file of a large event and an attached one."""
    batch, at = queued(), timezone.now() - AGO
    append(stream_of(batch.pk), [Entry("log", data={"text": "x" * 9000})])
    rows = Step.objects.bulk_create(Step(batch=batch, index=i, name=f"step {i}", group="main") for i in range(steps))
    Measurement.objects.bulk_create(Measurement(step=step, name="rail", type="number", at=at) for step in rows)
    attached(rows[0])
    ErrorLog.objects.create(batch=batch, at=at, category="engine", exception="E", message="", fingerprint="f")
    Stream.objects.filter(batch=batch).update(spool_offset=spool_of(batch).write_text("line\n"))
    Batch.objects.filter(pk=batch.pk).update(**{"state": state, "started_at": at, "ended_at": at, **more})
    batch.refresh_from_db()
    return batch


def spool_of(batch: Batch) -> Path:
    return retention.settings.STATION_PATHS.spool(str(batch.pk))


def overflow_of(batch: Batch) -> Path:
    return retention.settings.DATA_DIR / "events" / str(batch.stream.pk)


def files_of(batch: Batch) -> Path:
    return retention.settings.STATION_PATHS.attachments_of(str(batch.pk))


def pruned(days: float = 30, **more: Any) -> retention.Pruned:
    *_, last = prune(Old(days, **more), by=ANNA, rest=lambda seconds: None)
    return last


def ids() -> set[Any]:
    return set(Batch.objects.values_list("pk", flat=True))


def test_an_old_batch_goes_with_everything_of_its_own() -> None:
    batch = ended()
    files = [spool_of(batch), overflow_of(batch), files_of(batch)]
    (files_of(batch) / ("0" * 64)).touch()  # a death has left it: no row speaks of it
    assert [file.exists() for file in files] == [True, True, True]
    assert pruned().batches == 1
    left = {model.__name__: model.objects.count() for model in MODELS if model not in (Stream, Event)}
    assert left == {"Batch": 0, "Step": 0, "Measurement": 0, "Attachment": 0, "ErrorLog": 0, "ControlEvent": 1}
    assert list(Stream.objects.values_list("name", flat=True)) == [BOARD]
    assert set(Event.objects.values_list("stream__name", flat=True)) == {BOARD}
    assert [file.exists() for file in files] == [False, False, False]


def test_a_young_and_a_kept_batch_stay() -> None:
    young = ended(ended_at=timezone.now() - timedelta(days=29))
    kept = ended(keep=True)
    ended()
    assert (pruned().batches, ids()) == (1, {young.pk, kept.pk})
    assert Event.objects.filter(stream__batch=kept).count() == 2


@pytest.mark.parametrize("state", LIVE)
def test_a_live_batch_and_what_it_goes_on_from_stay(state: State) -> None:
    origin = ended(State.CRASHED)
    Batch.objects.filter(pk=queued(slot="demo/slot-2").pk).update(
        state=state, origin=origin, created_at=timezone.now() - AGO
    )
    assert (pruned().batches, len(ids())) == (0, 2)


def test_what_was_taken_over_on_the_way_to_a_live_batch_stays() -> None:
    """Items are passed on from one batch to the next; what began anew took nothing over."""
    carried = {"batch": "", "steps": [], "saved": {}, "items": True}
    before = ended()
    first = ended(origin=before)
    second = ended(origin=first, carried=carried)
    last = queued(slot="demo/slot-2")
    Batch.objects.filter(pk=last.pk).update(origin=ended(origin=second, carried=carried), carried=carried)
    assert pruned().batches == 1
    assert ids() == {first.pk, second.pk, last.pk, Batch.objects.get(pk=last.pk).origin_id}


def test_a_batch_whose_items_a_running_one_takes_stays() -> None:
    """It goes on from one that went on from it, and had not come to its second step over items."""
    first, between, last = ended(), ended(keep=True), queued(slot="demo/slot-2")
    known = {"first_of_target": 1, "total_items": 1, "uncut_items": 0, "began_at": timezone.now()}
    before = ChunkedStep.objects.create(batch=first, step=0, name="m", **known)
    ChunkedStep.objects.create(batch=last, step=1, name="n", after=before, **known)
    assert pruned().batches == 0
    Batch.objects.filter(pk=last.pk).update(state=State.COMPLETED, ended_at=timezone.now())
    assert (pruned().batches, ids()) == (1, {between.pk, last.pk})


def test_an_ended_follower_forgets_where_it_came_from() -> None:
    origin = ended()
    follower = ended(origin=origin, origin_kind="RERUN", keep=True)
    assert pruned().batches == 1
    follower.refresh_from_db()
    assert (follower.origin_id, follower.origin_kind) == (None, "RERUN")


def test_a_batch_whose_spool_is_not_imported_stays() -> None:
    batch = ended()
    with spool_of(batch).open("a") as spool:
        spool.write("one more\n")
    found = pruned()
    assert (found.batches, found.unimported, ids()) == (0, 1, {batch.pk})
    assert Stream.objects.filter(batch=batch).exists()


@pytest.mark.parametrize(
    ("only", "stay"), [({"states": (State.FAILED,)}, "COMPLETED"), ({"sequence": "step_loop"}, "COMPLETED")]
)
def test_a_filter_narrows_it_and_leaves_board_and_alerts_alone(only: dict[str, Any], stay: str) -> None:
    ended(), ended(State.FAILED, sequence="step_loop")
    Event.objects.update(at=timezone.now() - AGO)
    assert (pruned(**only).batches, Batch.objects.get().state) == (1, stay)
    assert Stream.objects.get(name=BOARD).first_seq == 1


def test_a_large_batch_goes_in_small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 10)
    batch = ended(steps=25)
    rests: list[int] = []
    for _ in prune(Old(30), by=ANNA, rest=lambda seconds: rests.append(Step.objects.filter(batch=batch.pk).count())):
        pass
    assert ([count for count in rests if count], ids()) == ([25, 25, 23, 13, 3], set())


def test_an_interrupted_run_leaves_whole_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 5)
    first, second = ended(steps=8), ended(steps=8)
    next(prune(Old(30), by=ANNA, rest=lambda seconds: None))
    assert ids() == {second.pk}
    assert (Step.objects.count(), Measurement.objects.count(), Stream.objects.filter(batch=second).count()) == (8, 8, 1)
    assert not spool_of(first).exists()


def test_a_killed_run_is_finished_by_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 5)
    batch = ended(steps=8)

    def die(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(prune(Old(30), by=ANNA, rest=die))
    assert (ids(), Stream.objects.filter(batch=batch).exists()) == ({batch.pk}, False)
    Batch.objects.update(keep=True)  # too late: it had been decided
    assert (pruned(days=10_000).batches, ids(), Step.objects.count()) == (1, set(), 0)


def test_board_begins_later_and_says_where() -> None:
    for _ in range(3):
        append(BOARD, [Entry("batch.ended", at=timezone.now() - AGO)])
    append(BOARD, [Entry("batch.ended")])
    append(BOARD, [Entry("batch.ended", at=timezone.now() - AGO)])  # told late: what follows a young one stays
    assert pruned().events == 3
    board = Stream.objects.get(name=BOARD)
    assert (board.first_seq, board.last_seq) == (4, 5)
    assert list(Event.objects.filter(stream=board).values_list("seq", flat=True)) == [4, 5]


def test_a_board_of_which_nothing_is_left_goes_on_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 2)
    for _ in range(5):
        append(BOARD, [Entry("batch.ended", at=timezone.now() - AGO)])
    assert pruned().events == 5
    assert append(BOARD, [Entry("batch.ended")]) == 6
    board = Stream.objects.get(name=BOARD)
    assert (board.first_seq, Event.objects.get(stream=board).seq) == (6, 6)


def test_one_control_event_says_who_and_how_many() -> None:
    ended(), ended()
    append(BOARD, [Entry("log", at=timezone.now() - AGO)])
    Event.objects.filter(stream__name=BOARD).update(at=timezone.now() - AGO)
    pruned()
    event = ControlEvent.objects.get()
    assert (event.kind, event.by, event.after) == ("PRUNE", "anna", {"batches": 2, "events": 3})
    assert event.details == {"days": 30, "states": list(TERMINAL), "sequence": ""}
    assert event.obeyed_at is not None


def test_nothing_to_do_is_no_control_event() -> None:
    assert (pruned().batches, ControlEvent.objects.count()) == (0, 0)


def test_what_would_go_is_counted() -> None:
    ended(), ended(keep=True)
    append(BOARD, [Entry("log", at=timezone.now() - AGO)])
    assert count_old(Old(30)) == (1, 3)
    assert (Batch.objects.count(), Event.objects.filter(stream__name=BOARD).count()) == (2, 3)


def test_files_that_another_host_has_left_go(settings: Any) -> None:
    batch, folder = ended(keep=True), settings.DATA_DIR / "events"
    for name in ("999", "998"):
        (folder / name).mkdir()
    long_ago = (timezone.now() - AGO).timestamp()
    for path in (folder / "999", overflow_of(batch)):
        os.utime(path, (long_ago, long_ago))
    pruned()
    assert {path.name for path in folder.iterdir()} == {"998", str(batch.stream.pk)}


def test_attached_files_that_a_killed_run_has_left_go(settings: Any) -> None:
    """Killed after the last rows, and before the files."""
    gone, kept, young = ended(), ended(keep=True), ended(ended_at=timezone.now())
    Stream.objects.filter(batch=gone).delete()
    Batch.objects.filter(pk=gone.pk).delete()
    (settings.STATION_PATHS.attachments / "somebody's notes").mkdir()
    long_ago = (timezone.now() - AGO).timestamp()
    for folder in settings.STATION_PATHS.attachments.iterdir():
        os.utime(folder, (long_ago, long_ago))
    pruned()
    left = {folder.name for folder in settings.STATION_PATHS.attachments.iterdir()}
    assert left == {str(kept.pk), str(young.pk), "somebody's notes"}


def test_one_batch_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        ended()
    with django_assert_max_num_queries(3 * 40 + 13):
        assert pruned().batches == 3
