"""What a list may ask of the database: as much for three rows as for one, and of large tables never everything."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from control.admin.registry import PAGES
from control.models import (
    ApiKey,
    Attachment,
    Batch,
    Chunk,
    ChunkedStep,
    ControlEvent,
    Dataset,
    ErrorLog,
    Event,
    Item,
    Measurement,
    Schedule,
    Step,
    Stream,
)
from stations.models import Instrument, Slot, Station
from tests.control.admin.story import administered, change, changelist, rows_of, tell
from tests.rows import dataset_row, scheduled

pytestmark = pytest.mark.any_database

# Session, user and groups are three of each, the newest alert of the bell is one, and so is what is UNSAFE.
BUDGETS = {
    Batch: 9,
    Step: 6,
    Measurement: 6,
    Attachment: 6,
    Dataset: 7,
    ChunkedStep: 6,
    Chunk: 6,
    Item: 6,
    Event: 8,
    ControlEvent: 6,
    ErrorLog: 6,
    Stream: 6,
    Station: 6,
    Slot: 7,
    Instrument: 7,
    Schedule: 7,
    User: 7,
    Group: 6,
    ApiKey: 6,
}
LARGE = ("control_batch", "control_step", "control_measurement", "control_event", "control_controlevent",
         "control_errorlog", "control_stream", "control_attachment",
         "control_chunkedstep", "control_chunk", "control_item")  # fmt: skip
IN_BATCH = (Step, Measurement, Attachment, Event, ControlEvent, ErrorLog, Stream, ChunkedStep, Chunk, Item)
ONE_ROW = re.compile(r'WHERE \(?"\w+"\."(id|name|batch_id|stream_id|chunked_step_id)" = ')


def asked(client, url) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in queries]


def unlimited(statements: list[str]) -> list[str]:
    """Statements that could read a large table to its end: without LIMIT and not after one row or one batch."""
    of_large = [sql for sql in statements if any(f'FROM "{table}"' in sql for table in LARGE)]
    return [sql for sql in of_large if "LIMIT" not in sql and not ONE_ROW.search(sql)]


def list_of(model, batch):
    return changelist(model, batch=batch.pk) if model is Event else changelist(model)


@pytest.mark.parametrize("model", PAGES)
def test_a_list_of_three_asks_no_more_than_a_list_of_one(station, admin, model):
    batch = tell("first")
    administered()
    scheduled()
    dataset_row()
    one = asked(admin, list_of(model, batch))
    tell("second", slot="demo/slot-2")
    tell("third")
    scheduled(name="second")
    scheduled(name="third")
    dataset_row()
    dataset_row()
    User.objects.create_user("second").groups.set(Group.objects.all())
    three = asked(admin, list_of(model, batch))
    assert (len(one), len(three)) == (BUDGETS[model], BUDGETS[model])


@pytest.mark.parametrize("model", PAGES)
def test_a_list_reads_no_large_table_to_its_end(station, admin, model):
    batch = tell()
    administered()
    assert unlimited(asked(admin, list_of(model, batch))) == []


@pytest.mark.parametrize(
    "chosen", ["state=FAILED", "outcome=ERROR", "days=7", "sequence=board_test", "q=Board", "overview=other_today"]
)
def test_a_filtered_list_of_batches_reads_no_large_table_to_its_end(station, viewer, chosen):
    tell()
    statements = asked(viewer, f"{changelist(Batch)}?{chosen}")
    assert (len(statements), unlimited(statements)) == (9, [])


def test_a_second_page_counts_no_further_than_ten_thousand(station, viewer):
    tell()
    counts = [sql for sql in asked(viewer, changelist(Step) + "?p=2") if "COUNT(" in sql]
    assert [sql[-30:].split("LIMIT ")[1].split(")")[0] for sql in counts] == ["10001"]


@pytest.mark.parametrize("model", [Batch, *IN_BATCH])
def test_the_page_of_a_row_reads_no_large_table_to_its_end(station, viewer, model):
    statements = asked(viewer, change(rows_of(tell())[model]))
    assert unlimited(statements) == []


def test_the_page_of_a_batch_asks_as_much_for_three_steps_as_for_one(station, viewer):
    batch = tell()
    viewer.get(change(batch))  # fills the cache of content types
    one = len(asked(viewer, change(batch)))
    for index in (1, 2):
        Step.objects.create(batch=batch, index=index, name="next", group="main")
    assert (one, len(asked(viewer, change(batch)))) == (22, 22)


def test_a_list_leaves_large_columns_in_the_database(station, viewer):
    tell()
    lists = [sql for model in (Batch, Step, Measurement, ErrorLog) for sql in asked(viewer, changelist(model))]
    assert [sql for sql in lists if '"control_batch"."station_configuration"' in sql] == []
