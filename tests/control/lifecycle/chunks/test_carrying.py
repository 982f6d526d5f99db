"""What a step over items takes over from the batch before, page by page, before it begins."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from control.journal.append import Fenced
from control.journal.read import read_after
from control.lifecycle.chunks import carry
from control.lifecycle.chunks.carry import carry_items_over
from control.lifecycle.claim import take_over
from control.models import Batch, Chunk, ChunkedStep, Dataset, Item, Stream
from control.worker.spool_follower import BatchFollower
from stations.models import Station
from stations.paths import StationPaths
from tests import spool_lines as lines
from tests.control.lifecycle.chunks.work_over_items import after, all_done, begun, claimed, items, step_over, tried

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(carry, "PAGE", 10)
    monkeypatch.setattr(settings, "STATION_PATHS", StationPaths(tmp_path))
    settings.STATION_PATHS.spools.mkdir()


@pytest.fixture
def done() -> ChunkedStep:
    """All 25 items are completed."""
    opened = step_over(25)
    all_done(opened)
    return opened


def stream_of(batch: Batch) -> Stream:
    return Stream.objects.select_related("batch").get(batch=batch)


def carrying(batch: Batch) -> Iterator[None]:
    return carry_items_over(stream_of(batch), 0, "m")


def carried(batch: Batch) -> int:
    return Item.objects.filter(batch=batch, step=0).count()


def cut(opened: ChunkedStep) -> list[list[int]]:
    return [chunk.items for chunk in claimed(opened, 100)]


def test_items_that_the_batch_before_completed_are_carried_over() -> None:
    opened = step_over(25)
    first, _second = claimed(opened, 2)
    tried(first, bad=[3, 4])
    carried = begun(after(opened.batch))
    assert (carried.total_items, carried.carried_items, carried.uncut_items) == (25, 8, 17)
    assert items(carried) == dict.fromkeys([0, 1, 2, 5, 6, 7, 8, 9], "COMPLETED")
    assert cut(carried) == [[3, 4, *range(10, 18)], [*range(18, 25)]]


def test_nothing_is_carried_over_from_files_that_were_read_anew_since() -> None:
    opened = step_over(25)
    all_done(opened)
    following = after(opened.batch)
    Dataset.objects.filter(pk=opened.batch.dataset_id).update(read_at=following.created_at)
    assert (begun(following).carried_items, begun(following).uncut_items) == (0, 25)


def test_all_carried_over_leaves_nothing_to_cut() -> None:
    opened = step_over(25)
    all_done(opened)
    carried = begun(after(opened.batch))
    assert (carried.carried_items, carried.uncut_items, cut(carried)) == (25, 0, [])


def test_each_page_stands_by_itself(done: ChunkedStep) -> None:
    batch = after(done.batch)
    assert [carried(batch) for _page in carrying(batch)] == [10, 20, 25]


def test_whoever_begins_again_goes_on_behind_the_last_page(done: ChunkedStep) -> None:
    batch = after(done.batch)
    next(carrying(batch))
    assert [carried(batch) for _page in carrying(batch)] == [20, 25]
    opened = begun(batch)
    assert (opened.carried_items, opened.uncut_items) == (25, 0)


def test_supervisor_that_was_replaced_carries_nothing(done: ChunkedStep) -> None:
    batch = after(done.batch)
    pages = carrying(batch)
    next(pages)
    assert take_over(stream_of(batch)) is not None
    with pytest.raises(Fenced):
        next(pages)
    assert carried(batch) == 10


def test_nothing_is_carried_into_a_step_that_has_begun(done: ChunkedStep) -> None:
    """Its lane was lost, and its next run comes to the step again."""
    batch = after(done.batch)
    begun(batch)
    Item.objects.filter(batch=batch, index=24).delete()
    assert list(carrying(batch)) == []


def test_batch_that_never_came_to_the_step_passes_on_what_it_would_have_taken_over(done: ChunkedStep) -> None:
    again = {"step": 0, "chunks": [0]}
    opened = begun(after(after(done.batch, items_again=again)))
    assert (opened.carried_items, cut(opened)) == (15, [list(range(10))])


def test_batch_that_took_over_no_items_passes_none_on(done: ChunkedStep) -> None:
    assert begun(after(after(done.batch, items=False))).carried_items == 0


@pytest.fixture
def from_second_step(done: ChunkedStep) -> Batch:
    """It took the first step over as a whole from a batch that did all; in the second one item 3 failed."""
    all_done(begun(done.batch, 1, "n"))
    batch = after(done.batch, finished=[0], items=False)
    for chunk in claimed(begun(batch, 1, "n"), 3):
        tried(chunk, bad=[3] if 3 in chunk.items else [])
    return batch


def test_failed_items_of_a_batch_that_began_at_a_later_step_are_those_of_that_step(from_second_step: Batch) -> None:
    batch = after(from_second_step)
    first = begun(batch)
    assert (first.carried_items, first.uncut_items) == (25, 0)
    second = begun(batch, 1, "n")
    assert (second.carried_items, second.uncut_items, cut(second)) == (24, 1, [[3]])


def test_what_failed_anew_in_the_step_before_is_not_carried_over(from_second_step: Batch) -> None:
    """Its first step was pruned with the batch that did it, and so is done again."""
    origin = Batch.objects.get(pk=from_second_step.origin_id)
    batch = after(from_second_step)
    origin.delete()
    for chunk in claimed(begun(batch), 3):
        tried(chunk, bad=[5, 6] if 5 in chunk.items else [])
    second = begun(batch, 1, "n")
    assert (second.total_items, second.carried_items, second.uncut_items) == (23, 22, 1)
    all_done(second)
    assert items(second) == dict.fromkeys([*range(5), *range(7, 25)], "COMPLETED")


def test_chosen_chunks_are_done_anew_in_steps_that_a_batch_in_between_never_came_to(done: ChunkedStep) -> None:
    all_done(begun(done.batch, 1, "n"))
    between = after(done.batch)
    begun(between)
    Chunk.objects.create(chunked_step=between.chunked_steps.get(), number=0, items=[4, 5], state="COMPLETED")
    batch = after(between, items_again={"step": 0, "chunks": [0]})
    first = begun(batch)
    all_done(first)
    second = begun(batch, 1, "n")
    assert (cut(first), cut(second)) == ([], [[4, 5]])


def test_cutting_looks_at_few_of_many_carried_items(done: ChunkedStep) -> None:
    opened = begun(after(done.batch, items_again={"step": 0, "chunks": [2]}))
    with CaptureQueriesContext(connection) as queries:
        assert cut(opened) == [[20, 21, 22, 23, 24]]
    assert sum("BETWEEN" in query["sql"] for query in queries.captured_queries) == 1


Keep = Callable[[int, bytes], Path]


@pytest.fixture
def keep(done: ChunkedStep) -> Keep:
    """`keep(index, content)`: a file that was made from an item."""
    folder = settings.STATION_PATHS.attachments_of(str(done.batch_id))
    folder.mkdir(parents=True)

    def keep_one(index: int, content: bytes) -> Path:
        file = folder / content.hex()
        file.write_bytes(content)
        kept = {"name": "edges.png", "media_type": "image/png", "size": len(content), "sha256": content.hex()}
        Item.objects.filter(batch=done.batch_id, index=index).update(files=[kept])
        return file

    return keep_one


def kept(batch: Batch) -> dict[int, bytes]:
    """What the files hold that a batch tells of, by item."""
    folder = settings.STATION_PATHS.attachments_of(str(batch.pk))
    rows = Item.objects.filter(batch=batch).exclude(files=[]).values_list("index", "files")
    return {index: (folder / files[0]["sha256"]).read_bytes() for index, files in rows}


def test_files_of_items_are_linked(done: ChunkedStep, keep: Keep) -> None:
    file = keep(3, b"three")
    batch = after(done.batch)
    for _ in range(2):  # the first time, it died before the rows were written
        list(carrying(batch))
        assert (kept(batch), file.stat().st_nlink) == ({3: b"three"}, 2)
        Item.objects.filter(batch=batch).delete()


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="a second file system is needed")
def test_files_of_items_are_copied_from_another_file_system(done: ChunkedStep, keep: Keep) -> None:
    file = keep(3, b"three")
    elsewhere = Path(tempfile.mkdtemp(dir="/dev/shm")) / "attachments"
    try:
        shutil.move(file.parent, elsewhere)
        file.parent.symlink_to(elsewhere)
        assert file.stat().st_dev != settings.STATION_PATHS.data.stat().st_dev
        batch = after(done.batch)
        list(carrying(batch))
        folder = settings.STATION_PATHS.attachments_of(str(batch.pk))
        assert (kept(batch), len(list(folder.iterdir()))) == ({3: b"three"}, 1)
    finally:
        shutil.rmtree(elsewhere.parent)


def warnings(batch: Batch) -> list[tuple[int | None, str]]:
    return [(line.step, line.message) for line in read_after(f"batch/{batch.pk}") if line.level == "WARNING"]


def test_files_of_items_that_are_gone_are_left_out_and_told_once(done: ChunkedStep, keep: Keep) -> None:
    Station.objects.update(host=socket.gethostname())
    keep(3, b"three"), keep(4, b"four").unlink(), keep(24, b"last").unlink()
    batch = after(done.batch)
    list(carrying(batch))
    assert kept(batch) == {3: b"three"}
    why = "2 files that were made from items are not here any more, the first one: edges.png of 00004.png"
    assert warnings(batch) == [(0, why)]


def test_files_that_a_lane_of_another_host_has_kept_are_told_to_be_there(done: ChunkedStep, keep: Keep) -> None:
    Station.objects.update(host="bench-2")
    keep(3, b"three"), keep(4, b"four").unlink()
    batch = after(done.batch)
    list(carrying(batch))
    assert kept(batch) == {3: b"three"}
    why = (
        "1 files that were made from items stay behind on another host, bench-2, the first one: edges.png of 00004.png"
    )
    assert warnings(batch) == [(0, why)]


Tell = Callable[..., BatchFollower]


def tell(batch: Batch, *more: lines.Line) -> None:
    lines.write(settings.STATION_PATHS.spool(batch.run_name), more)


def follower_of(batch: Batch) -> BatchFollower:
    stream = take_over(stream_of(batch))
    assert stream is not None
    follower = BatchFollower(stream)
    follower.resynchronise()
    return follower


def test_step_begins_when_all_is_carried_whoever_was_killed_meanwhile(done: ChunkedStep) -> None:
    batch = after(done.batch)
    begin = lines.line("items.begun", step=0, name="m")
    tell(batch, lines.started("m", "n"), lines.step_started(0, "m"), begin)
    killed = follower_of(batch)
    assert killed.import_page() and killed.behind
    assert (carried(batch), batch.chunked_steps.count(), killed.offset) == (10, 0, 0)
    follower = follower_of(batch)
    seen: list[Any] = []
    while follower.import_page():
        seen.append((carried(batch), batch.chunked_steps.count()))
    assert seen == [(20, 0), (25, 0), (25, 1)]
    with pytest.raises(Fenced):
        killed.import_page()
    opened = batch.chunked_steps.get()
    assert (opened.carried_items, opened.uncut_items, items(opened)) == (25, 0, dict.fromkeys(range(25), "COMPLETED"))
