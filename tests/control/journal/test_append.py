"""Gapless numbers, the fence, and many writers at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from control.journal import overflow
from control.journal.append import Entry, Fenced, append, import_spool
from control.journal.kinds import BOARD
from control.journal.read import head, read_after
from control.models import Event, Stream


def entries(count: int) -> list[Entry]:
    return [Entry("log", f"line {number}") for number in range(count)]


@pytest.mark.django_db
def test_append_numbers_without_a_gap() -> None:
    append(BOARD, entries(3))
    append(BOARD, entries(2))
    assert [event.seq for event in read_after(BOARD)] == [1, 2, 3, 4, 5]
    assert head(BOARD) == 5


@pytest.mark.django_db
def test_append_makes_a_stream_that_is_missing() -> None:
    assert append("alerts", entries(1)) == 1
    assert Stream.objects.get(name="alerts").last_seq == 1


@pytest.mark.django_db
def test_read_after_pages() -> None:
    append(BOARD, entries(5))
    assert [event.seq for event in read_after(BOARD, after=1, limit=2)] == [2, 3]
    assert read_after(BOARD, after=5) == []


@pytest.mark.django_db
def test_rolled_back_append_leaves_no_gap() -> None:
    append(BOARD, entries(1))
    with pytest.raises(RuntimeError), transaction.atomic():
        append(BOARD, entries(7))
        raise RuntimeError
    append(BOARD, entries(1))
    assert [event.seq for event in read_after(BOARD)] == [1, 2]


@pytest.mark.django_db
def test_import_spool_takes_the_same_bytes_only_once() -> None:
    stream = Stream.objects.create(name="batch/x", generation=1)
    import_spool(stream, entries(2), offset=100)
    with pytest.raises(Fenced), transaction.atomic():
        import_spool(stream, entries(2), offset=100)
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_import_spool_refuses_an_older_generation() -> None:
    stream = Stream.objects.create(name="batch/x", generation=1)
    Stream.objects.update(generation=2)
    with pytest.raises(Fenced), transaction.atomic():
        import_spool(stream, entries(1), offset=10)
    assert Stream.objects.get().last_seq == 0


@pytest.mark.django_db
def test_large_data_goes_to_a_file_and_comes_back() -> None:
    from_sweep = {"name": "sweep", "rows": [[number, number / 7] for number in range(2000)]}
    append(BOARD, [Entry("measurement", data=from_sweep)])
    event = read_after(BOARD)[0]
    assert event.data == {"name": "sweep", "rows": None, "file": f"{event.stream_id}/1.json"}
    assert overflow.full_data(event) == from_sweep


@pytest.mark.django_db
def test_large_data_on_another_host_still_tells_its_small_values(settings: Any, tmp_path: Path) -> None:
    append(BOARD, [Entry("measurement", data={"name": "sweep", "rows": list(range(5000))})])
    settings.DATA_DIR = tmp_path
    assert overflow.full_data(read_after(BOARD)[0])["name"] == "sweep"


@pytest.mark.django_db(transaction=True)
def test_many_writers_leave_no_gap_and_no_double() -> None:
    Stream.objects.create(name=BOARD)

    def write() -> None:
        for _ in range(20):
            with transaction.atomic():
                append(BOARD, entries(3))
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [event.seq for event in read_after(BOARD, limit=1000)] == list(range(1, 241))
