"""Batches over items: figures, chunks, items and the files made from them; what was found out about a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from control.access.rights import Role
from control.api.analyses import AnalysisFacts
from control.api.items import ChunkFacts, ItemFacts, KeptFile
from control.api.statistics import StatisticsFacts
from control.models import Batch, ChunkedStep, Dataset, DatasetFile, Item
from stations.models import Slot, Station
from tests.control.api.callers import Caller, with_key
from tests.control.api.test_attachments import content_of
from tests.rows import dataset_row, queued
from tests.work_over_items import batch_over_items, finish, items_station, work

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
OF_KEY = 2


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    items_station(monkeypatch)


@pytest.fixture
def opened() -> ChunkedStep:
    return batch_over_items()


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


def read(caller: Caller, address: str, **query: Any) -> Any:
    answer = caller.get(f"/api/{address}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_batch_tells_its_items_chunks_pace_and_time_left(caller: Caller, opened: ChunkedStep):
    work(opened, 2, failing={1}, ms=500)
    found = read(caller, f"control/batches/{opened.batch_id}/")
    told = {name: found[name] for name in found if "items" in name or "chunks" in name or name in ("lanes",)}
    told.pop("items_options")
    assert told == {
        "total_items": 6,
        "completed_items": 3,
        "failed_items": 1,
        "total_chunks": 3,
        "completed_chunks": 1,
        "failed_chunks": 1,
        "items_per_second": 2.0,
        "lanes": 1,
    }
    assert found["seconds_left"] == 1.0


def test_a_batch_without_dataset_has_no_figures_of_items(caller: Caller):
    found = read(caller, f"control/batches/{queued().pk}/")
    assert (found["total_items"], found["completed_chunks"], found["lanes"]) == (None, None, None)


def test_the_time_left_before_the_first_item_is_that_of_earlier_batches(caller: Caller, opened: ChunkedStep):
    work(opened, ms=10_000)
    finish(opened)
    Batch.objects.update(expected_s=None)
    second = batch_over_items(dataset_row(files=12, name="more", sha256="1" * 64))
    Batch.objects.filter(pk=second.batch_id).update(expected_s=None)
    left = read(caller, f"control/batches/{second.batch_id}/")["seconds_left"]
    assert 110 < left <= 120  # 12 items at 10 s on one lane


@pytest.mark.parametrize("batches", [1, 3])
def test_a_list_of_batches_over_items_costs_a_fixed_number_of_queries(
    batches: int, caller: Caller, django_assert_num_queries: Callable[[int], Any]
):
    for number in range(batches):
        opened = batch_over_items(dataset_row(files=6, name=str(number)), parameters={"bins": number + 1})
        work(opened, 1)
        Batch.objects.filter(pk=opened.batch_id).update(slot=f"demo/lane-{1 if number == batches - 1 else 2}")
        if number < batches - 1:
            finish(opened)
    with django_assert_num_queries(OF_KEY + 1 + 5):  # the page; datasets, steps, their last chunks, helpers, plans
        found = read(caller, "control/batches/")["results"]
    assert [batch["total_items"] for batch in found] == [6] * batches


def test_chunks_come_in_order_and_by_state(caller: Caller, opened: ChunkedStep):
    work(opened, failing={2})
    address = f"control/batches/{opened.batch_id}/chunks/"
    chunks = read(caller, address)["results"]
    assert [(one["number"], one["items"], one["state"]) for one in chunks] == [
        (0, [0, 1], "COMPLETED"),
        (1, [2, 3], "FAILED"),
        (2, [4, 5], "COMPLETED"),
    ]
    assert [one["number"] for one in read(caller, address, state="failed")["results"]] == [1]
    assert set(ChunkFacts().fields) == set(chunks[0])


def test_chunks_come_in_pages_without_gap(caller: Caller):
    opened = batch_over_items(dataset_row(files=7), chunk_size=1)
    work(opened)
    page = read(caller, f"control/batches/{opened.batch_id}/chunks/", limit=3)
    found = page["results"]
    while page["next"]:
        page = caller.get(page["next"]).json()
        found += page["results"]
    assert [one["number"] for one in found] == [*range(7)]


def test_failed_items_tell_why_where_and_where_the_original_is(caller: Caller, opened: ChunkedStep):
    work(opened, failing={1, 5})
    found = read(caller, f"control/batches/{opened.batch_id}/items/", state="FAILED")["results"]
    assert [(one["index"], one["stage"], one["error"], one["slot"], one["attempts"]) for one in found] == [
        (1, "decode", "0 bytes: it is empty", "demo/lane-1", 1),
        (5, "decode", "0 bytes: it is empty", "demo/lane-1", 1),
    ]
    dataset = Dataset.objects.get()
    assert found[1]["original"] == f"http://testserver/api/datasets/{dataset.pk}/files/5/"
    assert set(ItemFacts().fields) == set(found[0])


def test_an_item_of_the_target_is_told_with_its_own_dataset(caller: Caller, opened: ChunkedStep):
    target = dataset_row(files=2, name="target", sha256="1" * 64)
    Batch.objects.filter(pk=opened.batch_id).update(target_dataset=target)
    Item.objects.create(batch_id=opened.batch_id, step=1, index=7, path="1.png", state="COMPLETED", at=opened.began_at)
    found = read(caller, f"control/batches/{opened.batch_id}/items/7/")
    assert (found["side"], found["original"]) == (
        "target_dataset",
        f"http://testserver/api/datasets/{target.pk}/files/1/",
    )


@pytest.mark.parametrize("query", [{"state": "lost"}, {"step": "x"}, {"step": "-1"}, {"stat": "FAILED"}])
@pytest.mark.parametrize("what", ["items", "chunks"])
def test_a_filter_that_means_nothing_is_refused(caller: Caller, opened: ChunkedStep, what: str, query: dict[str, str]):
    answer = caller.get(f"/api/control/batches/{opened.batch_id}/{what}/", query)
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, [*query])


@pytest.mark.parametrize("index", [5, 6, 2**40])
def test_an_item_that_is_not_settled_is_not_there(caller: Caller, opened: ChunkedStep, index: int):
    work(opened, 2)
    assert caller.get(f"/api/control/batches/{opened.batch_id}/items/{index}/").status_code == 404


@pytest.mark.parametrize("items", [2, 6])
def test_items_cost_a_fixed_number_of_queries(
    items: int, caller: Caller, opened: ChunkedStep, django_assert_num_queries: Callable[[int], Any]
):
    work(opened, items // 2)
    with django_assert_num_queries(OF_KEY + 5):  # the batch, its steps twice, the page, the files
        found = read(caller, f"control/batches/{opened.batch_id}/items/")["results"]
    assert len(found) == items


def kept(opened: ChunkedStep, content: bytes = b"<script>") -> str:
    """Keep a file with item 0; its checksum."""
    sha256 = hashlib.sha256(content).hexdigest()
    file = settings.STATION_PATHS.attachments_of(str(opened.batch_id)) / sha256
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    facts = {"name": "edges.html", "media_type": "text/html", "size": len(content), "sha256": sha256}
    Item.objects.filter(index=0).update(files=[facts])
    return sha256


def test_a_file_made_from_an_item_is_saved_by_a_browser_and_never_run(caller: Caller, opened: ChunkedStep):
    work(opened)
    kept(opened)
    [file] = read(caller, f"control/batches/{opened.batch_id}/items/0/")["files"]
    answer = caller.get(file["url"])
    assert content_of(answer) == b"<script>"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename="edges.html"'
    assert set(KeptFile().fields) == set(file)


def test_a_file_that_was_not_kept_or_is_gone_is_not_found(caller: Caller, opened: ChunkedStep):
    work(opened)
    sha256 = kept(opened)
    address = f"/api/control/batches/{opened.batch_id}/items/0/files/"
    assert caller.get(f"{address}other.html/").status_code == 404
    (settings.STATION_PATHS.attachments_of(str(opened.batch_id)) / sha256).unlink()
    assert caller.get(f"{address}edges.html/").status_code == 404


def test_a_file_made_by_a_lane_of_another_host_is_said_to_be_there(caller: Caller, opened: ChunkedStep):
    work(opened)
    sha256 = kept(opened)
    (settings.STATION_PATHS.attachments_of(str(opened.batch_id)) / sha256).unlink()
    south = Station.objects.create(id="south", name="South", host="south-pc")
    Slot.objects.create(id="south/lane-1", station=south, name="lane-1", kind=Slot.Kind.LANE, position=1)
    Item.objects.filter(batch=opened.batch_id, index=0).update(slot="south/lane-1")
    answer = caller.get(f"/api/control/batches/{opened.batch_id}/items/0/files/edges.html/")
    assert answer.json()["detail"] == (
        "The file of 'edges.html' is on the host of station south, south-pc. Ask the web process there."
    )


def test_a_dataset_tells_what_was_found_out_and_what_runs(caller: Caller, opened: ChunkedStep):
    work(opened)
    done = finish(opened)
    Batch.objects.filter(pk=done.pk).update(result={"kind": "attributes"})
    dataset = Dataset.objects.get()
    waiting = queued("dataset_work", slot=None, dataset=str(dataset.pk), parameters={"bins": 3})
    [found] = read(caller, f"datasets/{dataset.pk}/analyses/")["results"]
    assert (found["sequence"], found["latest"]["id"], found["latest"]["result"]) == (
        "dataset_work",
        str(done.pk),
        {"kind": "attributes"},
    )
    assert [one["id"] for one in found["running"]] == [str(waiting.pk)]
    assert set(AnalysisFacts().fields) == set(found)


def test_statistics_count_what_ended(caller: Caller, opened: ChunkedStep):
    work(opened, failing={3}, ms=100)
    finish(opened)
    found = read(caller, "statistics/", period="1h")
    assert (found["completed_items"], found["failed_items"], found["item_ms"]) == (5, 1, 100.0)
    assert found["batches"]["COMPLETED"] == 1
    assert (found["chunks"]["ended"], found["chunks"]["failed"], found["chunks"]["median_s"]) == (3, 1, 0.2)
    assert sum(part["completed_items"] for part in found["parts"]) == 5
    assert [(lane["slot"], lane["chunks"], lane["busy_s"]) for lane in found["lanes"]] == [("demo/lane-1", 3, 0.6)]
    assert set(StatisticsFacts().fields) == set(found)


def test_statistics_of_nothing_and_of_an_unknown_period(caller: Caller):
    found = read(caller, "statistics/")
    assert (found["period"], found["completed_items"], found["item_ms"], found["lanes"]) == ("24h", 0, None, [])
    assert (len(found["parts"]), found["chunks"]["median_s"]) == (24, None)
    answer = caller.get("/api/statistics/", {"period": "2h"})
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["period"])


def test_workers_tell_the_same_time_left_as_the_batch(caller: Caller, opened: ChunkedStep):
    work(opened, 2, ms=500)
    [station] = read(caller, "workers/")["results"]
    [busy] = [place for place in station["places"] if place["batch"]]
    assert (busy["id"], busy["batch"]["seconds_left"]) == ("demo/lane-1", 2.0 * 500 / 1000)


def test_items_of_an_ended_batch_keep_to_their_files_when_the_dataset_is_read_again(caller: Caller):
    """A new file comes first, so that all others have moved; one is gone."""
    target = dataset_row(files=2, name="target", sha256="1" * 64)
    opened = batch_over_items()
    Batch.objects.filter(pk=opened.batch_id).update(target_dataset=target)
    work(opened)
    Item.objects.create(batch=finish(opened), step=1, index=7, path="1.png", state="COMPLETED", at=timezone.now())
    files = DatasetFile.objects.filter(dataset=opened.batch.dataset)
    files.filter(index=1).delete()
    for file in files.order_by("-index"):
        files.filter(pk=file.pk).update(index=file.index + 1, thumbnail=True)
    Dataset.objects.filter(pk=opened.batch.dataset_id).update(total_files=9)
    found = read(caller, f"control/batches/{opened.batch_id}/items/")["results"]
    at = f"http://testserver/api/datasets/{opened.batch.dataset_id}/files"
    assert [item["original"] for item in found[:3]] == [f"{at}/1/", None, f"{at}/3/"]
    assert [item["thumbnail"] for item in found[:3]] == [f"{at}/1/thumbnail/", None, f"{at}/3/thumbnail/"]
    assert (found[-1]["side"], found[-1]["original"]) == (
        "target_dataset",
        f"http://testserver/api/datasets/{target.pk}/files/1/",
    )
