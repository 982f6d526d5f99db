"""Run again over items: only those that failed, those of some chunks; what a resumption takes over of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from control.lifecycle.chunks.begin import begin_step_over_items
from control.lifecycle.chunks.carry import carry_items_over
from control.lifecycle.claim import claim
from control.lifecycle.follow import Mode, rerun_batch, resume_batch
from control.lifecycle.refusals import BadValue, Refused, UnknownName, WrongState
from control.metrics.items import figures_of
from control.models import Batch, ChunkedStep, ControlEvent, Dataset, Item
from control.states import State
from stations.models import Slot
from tests.control.lifecycle.work import add_step, batch_in, plan_of
from tests.rows import ANNA, dataset_row
from tests.work_over_items import LANE, batch_over_items, finish, items_station, work

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    items_station(monkeypatch)


@pytest.fixture
def opened() -> ChunkedStep:
    """Six items in three chunks; 1 and 4 have failed."""
    read = timezone.now() - timedelta(hours=1)
    opened = batch_over_items(dataset_row(files=6, read_at=read))
    work(opened, failing={1, 4})
    return opened


def begun(batch: Batch, step: int = 1, name: str = "measure") -> ChunkedStep:
    """A follower, once its lane has come to its step over items."""
    batch.refresh_from_db()
    if batch.state == State.QUEUED:
        assert claim(Slot.objects.get(pk=LANE)) is not None
        Batch.objects.filter(pk=batch.pk).update(state=State.RUNNING)
    for _page in carry_items_over(batch.stream, step, name):
        pass
    return begin_step_over_items(batch.pk, step, name, at=timezone.now())


def done_here(opened: ChunkedStep) -> list[int]:
    """Items that this batch worked on itself."""
    return [
        *Item.objects.filter(batch=opened.batch_id, step=opened.step, chunk__isnull=False).values_list(
            "index", flat=True
        )
    ]


def test_only_failed_items_are_worked_on_again_and_the_others_keep_their_results(opened: ChunkedStep) -> None:
    old = finish(opened)
    new = rerun_batch(old.pk, Mode.FAILED_ITEMS, by=ANNA, reason="new files")
    assert (new.origin_id, new.origin_kind) == (old.pk, "RERUN")
    second = begun(new)
    work(second)
    assert done_here(second) == [1, 4]
    results = Item.objects.filter(batch=new).order_by("index").values_list("state", "result__brightness")
    assert [*results] == [("COMPLETED", index) for index in range(6)]
    [found] = figures_of([Batch.objects.get(pk=new.pk)]).values()
    assert (found["completed_items"], found["failed_items"]) == (6, 0)
    asked = ControlEvent.objects.get(kind="BATCH_RERUN")
    assert (asked.reason, asked.details) == ("new files", {"mode": "failed_items", "batch": str(new.pk)})


def test_chosen_chunks_are_worked_on_again(opened: ChunkedStep) -> None:
    new = rerun_batch(finish(opened).pk, Mode.CHUNKS, chunks=[2, 0], by=ANNA)
    second = begun(new)
    work(second)
    assert done_here(second) == [0, 1, 4, 5]
    assert ControlEvent.objects.get(kind="BATCH_RERUN").details["chunks"] == [0, 2]


def test_items_of_chosen_chunks_are_worked_on_again_in_every_later_step(opened: ChunkedStep) -> None:
    later = begun(opened.batch, 2, "judge")
    work(later)
    new = rerun_batch(finish(later).pk, Mode.CHUNKS, chunks=[0], step="measure", by=ANNA)
    again = begun(new)
    work(again)
    judged = begun(new, 2, "judge")
    work(judged)
    assert (done_here(again), done_here(judged)) == ([0, 1, 4], [0, 1, 4])


@pytest.mark.parametrize("mode", [Mode.FAILED_ITEMS, Mode.CHUNKS])
def test_a_batch_over_no_items_is_refused(mode: Mode) -> None:
    batch = batch_in(State.COMPLETED, outcomes="PPPPPP")
    with pytest.raises(WrongState, match="went over no items"):
        rerun_batch(batch.pk, mode, chunks=[0] if mode is Mode.CHUNKS else None, by=ANNA)


def test_where_nothing_failed_there_is_nothing_to_repeat() -> None:
    opened = batch_over_items(dataset_row(files=2, read_at=timezone.now() - timedelta(hours=1)))
    work(opened)
    with pytest.raises(WrongState, match="No item of this batch failed"):
        rerun_batch(finish(opened).pk, Mode.FAILED_ITEMS, by=ANNA)


@pytest.mark.parametrize("mode", [Mode.FAILED_ITEMS, Mode.CHUNKS])
def test_a_dataset_that_was_read_anew_is_refused_with_the_remedy(opened: ChunkedStep, mode: Mode) -> None:
    batch = finish(opened)
    Dataset.objects.update(read_at=timezone.now())
    with pytest.raises(WrongState, match=r"read anew since, .* Run all of it again\."):
        rerun_batch(batch.pk, mode, chunks=[0] if mode is Mode.CHUNKS else None, by=ANNA)


@pytest.mark.parametrize(
    "follow",
    [
        lambda batch: resume_batch(batch.pk, by=ANNA),
        lambda batch: rerun_batch(batch.pk, Mode.FAILED_STEPS, by=ANNA),
        lambda batch: rerun_batch(batch.pk, Mode.FROM_STEP, step="middle", by=ANNA),
    ],
)
def test_finished_steps_are_not_taken_over_where_a_dataset_was_read_anew(
    opened: ChunkedStep, follow: Callable[[Batch], Batch]
) -> None:
    """Steps behind them would work on other files, and one result would tell of both."""
    batch = finish(opened, State.STOPPED)
    Batch.objects.filter(pk=batch.pk).update(plan=plan_of(resumable=True))
    batch.refresh_from_db()
    add_step(batch, 1, "P"), add_step(batch, 2, "F")
    read_at = batch.dataset.read_at
    Dataset.objects.update(read_at=timezone.now())
    with pytest.raises(WrongState, match=r"read anew since, .* Run all of it again\."):
        follow(batch)
    Dataset.objects.update(read_at=read_at)
    assert follow(batch).carried["steps"][0]["first"] == 1


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        (
            {"mode": Mode.CHUNKS},
            BadValue,
            "Name the chunks to run again by their numbers: at least one, and at most 1000.",
        ),
        ({"mode": Mode.CHUNKS, "chunks": [1, 7, 8]}, BadValue, "There are no chunks 7, 8."),
        (
            {"mode": Mode.CHUNKS, "chunks": [1], "step": "judge"},
            UnknownName,
            "There is no step 'judge'. Known: measure.",
        ),
        ({"mode": Mode.SAME, "chunks": [1]}, BadValue, "Only the mode chunks takes chunks."),
        ({"mode": Mode.FAILED_ITEMS, "step": 1}, BadValue, "Only from_step takes a step."),
    ],
)
def test_what_does_not_fit_is_refused(opened: ChunkedStep, asked: dict, error: type[Refused], sentence: str) -> None:
    batch = finish(opened)
    with pytest.raises(error) as refused:
        rerun_batch(batch.pk, asked.pop("mode"), by=ANNA, **asked)
    assert str(refused.value) == sentence


def test_a_resumption_takes_over_completed_items_but_not_failed_ones() -> None:
    opened = batch_over_items(dataset_row(files=6, read_at=timezone.now() - timedelta(hours=1)))
    work(opened, 2, failing={1})
    batch = finish(opened, State.STOPPED)
    second = begun(resume_batch(batch.pk, by=ANNA))
    assert (second.carried_items, second.uncut_items) == (3, 3)
    work(second)
    assert done_here(second) == [1, 4, 5]


def test_files_made_from_items_go_along_and_outlive_the_batch_before(opened: ChunkedStep) -> None:
    old = finish(opened)
    folder = settings.STATION_PATHS.attachments_of(str(old.pk))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "abc").write_bytes(b"edges")
    Item.objects.filter(index=0).update(files=[{"name": "e", "media_type": "", "size": 5, "sha256": "abc"}])
    new = rerun_batch(old.pk, Mode.FAILED_ITEMS, by=ANNA)
    begun(new)
    (folder / "abc").unlink()
    assert (settings.STATION_PATHS.attachments_of(str(new.pk)) / "abc").read_bytes() == b"edges"
