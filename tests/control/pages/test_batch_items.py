"""The items on the page of their batch: figures, the grid of chunks, what failed, and running it again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from control.access.rights import Role
from control.history.batch_story import read_batch_story
from control.history.chunk_grid import TILES, read_grid
from control.models import Batch, ChunkedStep, ControlEvent, DatasetFile, Item
from control.states import State
from tests.control.pages.people import browser_of
from tests.rows import dataset_row, queued
from tests.work_over_items import batch_over_items, finish, items_station, work

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    items_station(monkeypatch)


@pytest.fixture
def opened() -> ChunkedStep:
    return batch_over_items(dataset_row(files=6, read_at=timezone.now() - timedelta(hours=1)))


def states(batch: Any) -> list[list[tuple[int, int, str]]]:
    return [[(tile.first, tile.last, tile.state.value) for tile in step["tiles"]] for step in read_grid(batch)]


def page(client: Client, batch: Any, part: str = "", **query: str) -> str:
    answer = client.get(f"/control/batches/{batch.pk}/{part}", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_grid_has_a_tile_for_each_chunk_also_for_those_not_made_yet(opened: ChunkedStep) -> None:
    work(opened, 2, failing={3})
    assert states(opened.batch) == [[(0, 0, "COMPLETED"), (1, 1, "FAILED"), (2, 2, "PENDING")]]
    batch = finish(opened, State.STOPPED)
    assert states(batch)[0][-1] == (2, 2, "CANCELLED")


def test_a_grid_of_thousands_of_chunks_has_few_tiles_and_the_worst_state_of_each(opened: ChunkedStep) -> None:
    ChunkedStep.objects.filter(pk=opened.pk).update(uncut_items=4000, next_index=6)
    opened.refresh_from_db()
    opened.chunks.create(number=0, items=[0, 1], state="COMPLETED")
    opened.chunks.create(number=1, items=[2, 3], state="FAILED")
    ChunkedStep.objects.filter(pk=opened.pk).update(next_number=2)
    [grid] = read_grid(opened.batch)
    assert (grid["total"], grid["of_tile"], len(grid["tiles"])) == (2002, 9, 223)
    assert len(grid["tiles"]) <= TILES
    assert (grid["tiles"][0].state, grid["tiles"][0].counts) == ("FAILED", {"COMPLETED": 1, "FAILED": 1, "PENDING": 7})
    assert (grid["tiles"][-1].first, grid["tiles"][-1].last) == (1998, 2001)


def test_the_page_shows_figures_tiles_and_failed_items_without_scripts(opened: ChunkedStep) -> None:
    work(opened, 2, failing={3})
    found = page(browser_of(Role.VIEWER), opened.batch)
    assert re.findall(r'data-items="(\w+)"[^>]*>([^<]+)<', found) == [("done", "3 / 6"), ("failed", "1")]
    assert re.findall(r'class="i-tile" data-state="(\w+)"[^>]* aria-label="([^"]+)"', found) == [
        ("COMPLETED", "Chunk 0: Completed"),
        ("FAILED", "Chunk 1: Failed"),
        ("PENDING", "Chunk 2: Waiting"),
    ]
    assert re.findall(r'<p class="i-why">([^<]+)<', found) == ["0 bytes: it is empty"]


def test_a_tile_opens_to_its_items_the_failed_ones_first(opened: ChunkedStep) -> None:
    DatasetFile.objects.filter(index=3).update(thumbnail=True)
    work(opened, failing={3})
    found = page(browser_of(Role.VIEWER), opened.batch, "items/", step="1", chunks="1")
    chosen = found[found.index('id="chunk"') : found.index('id="failed-title"')]
    assert re.findall(r'<p class="i-path"><a href="[^"]+/files/(\d)/">', chosen) == ["3", "2"]
    assert re.findall(r'<img src="([^"]+)"', chosen) == [f"/api/datasets/{opened.batch.dataset_id}/files/3/thumbnail/"]
    assert "stage decode" in chosen


def test_a_tile_of_many_chunks_counts_all_and_runs_all_again(opened: ChunkedStep) -> None:
    """Of 150 chunks with 20 items each; the only one that failed is the last item of all."""
    known = {"state": "COMPLETED", "completed_items": 20}
    opened.chunks.bulk_create(
        opened.chunks.model(chunked_step=opened, number=number, items=[*range(20 * number, 20 * number + 20)], **known)
        for number in range(150)
    )
    opened.chunks.filter(number=149).update(state="FAILED", completed_items=19, failed_items=1)
    opened.chunks.filter(number=148).update(state="RUNNING", completed_items=5)
    bad = {"batch": opened.batch, "step": 1, "index": 2999, "path": "bad.png", "state": "FAILED", "chunk": 149}
    Item.objects.create(**bad, message="it is empty", at=timezone.now())
    batch = finish(opened, State.STOPPED)
    found = page(browser_of(Role.OPERATOR), batch, "items/", step="1", chunks="0-149")
    chosen = found[found.index('id="chunk"') : found.index('id="failed-title"')]
    assert ("Chunk 0-149" in chosen, "2985 of 3000 items are settled." in chosen) == (True, True)
    assert re.findall(r'<p class="i-why">([^<]+)<', chosen) == ["it is empty"]
    assert [int(number) for number in re.findall(r'name="chunk" value="(\d+)"', chosen)] == [*range(150)]
    assert (chosen.count("g-badge") >= 100, "The first 100." in chosen) == (True, True)


@pytest.mark.parametrize(
    "query", [{"step": "1", "chunks": "9"}, {"step": "x", "chunks": "1"}, {"step": "1", "chunks": "-"}]
)
def test_a_tile_that_is_none_opens_nothing(opened: ChunkedStep, query: dict[str, str]) -> None:
    work(opened)
    assert 'id="chunk"' not in page(browser_of(Role.VIEWER), opened.batch, "items/", **query)


def test_an_analysis_leads_to_what_it_has_found(opened: ChunkedStep) -> None:
    work(opened)
    batch = finish(opened)
    assert "What was found" not in page(browser_of(Role.VIEWER), batch)
    Batch.objects.filter(pk=batch.pk).update(sequence="image_attributes")
    address = f'href="/control/datasets/{batch.dataset_id}/#result-image_attributes"'
    assert address in page(browser_of(Role.VIEWER), batch)


def test_a_batch_without_dataset_has_no_such_part() -> None:
    batch = queued()
    client = browser_of(Role.VIEWER)
    assert 'id="items"' not in page(client, batch)
    assert client.get(f"/control/batches/{batch.pk}/items/").status_code == 404


def test_operators_run_failed_items_again_and_viewers_see_no_button(opened: ChunkedStep) -> None:
    work(opened, failing={3})
    operator, viewer = browser_of(Role.OPERATOR), browser_of(Role.VIEWER)
    button = 'name="mode" value="failed_items"'
    assert button not in page(operator, opened.batch)  # it runs
    batch = finish(opened)
    assert (button in page(operator, batch), button in page(viewer, batch)) == (True, False)
    answer = operator.post(f"/control/batches/{batch.pk}/rerun/", {"mode": "failed_items"})
    new = Batch.objects.get(origin=batch)
    assert answer["Location"] == f"/control/batches/{new.pk}/"
    assert (new.carried["items"], "items_again" in new.carried) == (True, False)


def test_operators_run_the_items_of_a_tile_again(opened: ChunkedStep) -> None:
    work(opened, failing={3})
    batch = finish(opened)
    browser_of(Role.OPERATOR).post(
        f"/control/batches/{batch.pk}/rerun/", {"mode": "chunks", "chunk": ["1", "2"], "step": "1"}
    )
    assert Batch.objects.get(origin=batch).carried["items_again"] == {"step": 1, "chunks": [1, 2]}
    assert ControlEvent.objects.get(kind="BATCH_RERUN").face == "PAGE"


def test_the_story_tells_what_the_clock_of_the_page_reckons_with(opened: ChunkedStep) -> None:
    work(opened, 2, ms=1000)
    story = read_batch_story(opened.batch_id, timezone.now())
    assert story is not None and story["batch"]["items_seconds_left"] == 2.0
    Item.objects.all().delete()


@pytest.mark.parametrize("files", [4, 12])
def test_the_part_costs_a_fixed_number_of_queries(files: int, django_assert_num_queries: Any) -> None:
    opened = batch_over_items(dataset_row(files=files))
    work(opened, failing=range(files))
    client = browser_of(Role.VIEWER)
    page(client, opened.batch, "items/")
    with django_assert_num_queries(14):
        page(client, opened.batch, "items/")
