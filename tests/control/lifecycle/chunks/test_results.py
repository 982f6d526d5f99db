"""The file with what became of each item, for the steps that follow."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from control.lifecycle.chunks.over import PAGE, end_step_over_items, is_settled, results_file, results_of, write_results
from control.models import Batch, ChunkedStep, Dataset, DatasetFile
from sequences.items.results import read_results
from stations.paths import StationPaths
from tests.control.lifecycle.chunks.work_over_items import all_done, begun, claimed, step_over, tried

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR, settings.STATION_PATHS = tmp_path, StationPaths(tmp_path)


def opened_with_failures() -> ChunkedStep:
    opened = step_over(12, target=3)
    first, second = claimed(opened, 2)
    tried(second, bad=[13])
    tried(first, bad=[4])
    return opened


def test_results_are_in_order_with_their_sides_and_reasons() -> None:
    opened = opened_with_failures()
    over = end_step_over_items(opened)
    found = list(read_results(results_file(opened.batch_id, opened)))
    assert over == {"step": 0, "total": 15, "completed": 13, "failed": 2, "results": over["results"]}
    assert [item.index for item in found] == list(range(15))
    assert [item.side for item in found] == ["dataset"] * 12 + ["target_dataset"] * 3
    assert [item.path for item in found[11:13]] == ["00011.png", "00000.png"]
    assert {item.index: item.error for item in found if not item.ok} == {4: "it is empty", 13: "it is empty"}
    assert (found[3].result, found[3].size, found[3].thumbnail) == ({"i": 3}, 1000, None)
    opened.refresh_from_db()
    assert opened.over and opened.ended_at is not None


def test_ending_a_step_again_says_the_same() -> None:
    opened = opened_with_failures()
    first, text = end_step_over_items(opened), results_file(opened.batch_id, opened).read_text()
    opened.refresh_from_db()
    ended_at = opened.ended_at
    assert (end_step_over_items(opened), results_file(opened.batch_id, opened).read_text()) == (first, text)
    opened.refresh_from_db()
    assert opened.ended_at == ended_at


def test_results_keep_their_sides_and_claim_nothing_of_files_that_were_read_again() -> None:
    opened = opened_with_failures()
    batch = opened.batch
    Dataset.objects.filter(pk=batch.dataset_id).update(total_files=2, read_at=timezone.now())
    DatasetFile.objects.filter(dataset=batch.dataset).update(size=7, sha256="f" * 64)
    write_results(Batch.objects.get(), opened, results_file(batch.pk, opened))
    found = list(read_results(results_file(batch.pk, opened)))
    assert [item.side for item in found] == ["dataset"] * 12 + ["target_dataset"] * 3
    assert {(item.size, item.sha256) for item in found} == {(0, "")}
    assert (found[3].path, found[3].result) == ("00003.png", {"i": 3})


def test_step_is_settled_once_nothing_waits_or_is_in_work() -> None:
    opened = step_over(12)
    told = [is_settled(opened)]
    first, second = claimed(opened, 2)
    tried(first, failed=[1]), tried(second)
    told.append(is_settled(opened))
    [again] = claimed(opened)
    told.append(is_settled(opened))
    tried(again)
    assert [*told, is_settled(opened)] == [False, False, False, True]


def test_results_that_are_missing_are_written_again_for_a_later_run() -> None:
    opened = opened_with_failures()
    end_step_over_items(opened)
    file = results_file(opened.batch_id, opened)
    text = file.read_text()
    file.unlink()
    assert results_of(Batch.objects.get()) == {"m": str(file)}
    assert file.read_text() == text


def test_results_of_a_step_that_was_cut_short_are_nobodys() -> None:
    opened = step_over(12)
    tried(claimed(opened)[0])
    ChunkedStep.objects.update(over=True)  # its batch was stopped
    assert results_of(Batch.objects.get()) == {}


def test_second_step_has_results_of_its_own() -> None:
    first = opened_with_failures()
    end_step_over_items(first)
    second = begun(first.batch, 1, "n")
    all_done(second)
    over = end_step_over_items(second)
    assert (over["total"], over["completed"], over["failed"]) == (13, 13, 0)
    assert [item.index for item in read_results(results_file(second.batch_id, second))] == [
        index for index in range(15) if index not in (4, 13)
    ]
    assert list(results_of(Batch.objects.get())) == ["m", "n"]


def test_thumbnails_are_told_where_the_reader_made_one() -> None:
    opened = step_over(3)
    all_done(opened)
    DatasetFile.objects.filter(index=1).update(thumbnail=True)
    end_step_over_items(opened)
    found = [item.thumbnail for item in read_results(results_file(opened.batch_id, opened))]
    folder = results_file(opened.batch_id, opened)
    assert [found[0], found[2]] == [None, None]
    assert str(found[1]).endswith(f"datasets/{opened.batch.dataset_id}/thumbnails/1.jpg") and folder.exists()


def test_results_of_many_items_take_a_query_per_page() -> None:
    opened = step_over(2 * PAGE + 1, chunk_size=500)
    all_done(opened)
    with CaptureQueriesContext(connection) as queries:
        end_step_over_items(opened)
    pages = [query for query in queries.captured_queries if "control_datasetfile" in query["sql"]]
    assert (len(pages), len(list(read_results(results_file(opened.batch_id, opened))))) == (3, 2 * PAGE + 1)
