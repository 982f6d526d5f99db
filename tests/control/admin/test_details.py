"""The pages of rows: read-only, tidy, linked with their neighbours, and safe whatever a sequence has written."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from control.admin.registry import PAGES
from control.lifecycle.follow import Mode, rerun_batch
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop
from control.lifecycle.steer import stop_batch
from control.models import (
    Attachment,
    Batch,
    Chunk,
    ChunkedStep,
    ControlEvent,
    ErrorLog,
    Event,
    Item,
    Measurement,
    Step,
    Stream,
)
from stations.models import Instrument, Slot
from tests.control.admin.story import change, changelist, rows_of, shown, tell
from tests.control.lifecycle.work import PACKAGES
from tests.rows import ANNA, dataset, queued, running

pytestmark = pytest.mark.any_database

HISTORY = [model for model in PAGES if model._meta.app_label in ("control", "stations") and model.__name__ != "ApiKey"]
IN_BATCH = [Step, Measurement, Attachment, Event, ControlEvent, ErrorLog, Stream, ChunkedStep, Chunk, Item]


def page(client, row):
    return client.get(change(row)).content.decode()


@pytest.mark.parametrize("model", HISTORY)
def test_the_page_of_a_row_has_nothing_to_save_or_delete(station, viewer, model):
    text = page(viewer, rows_of(tell())[model])
    assert re.findall(r'name="_(?:save|continue|addanother|saveasnew)"|/delete/"|/history/"', text) == []


@pytest.mark.parametrize("model", HISTORY)
def test_the_page_of_a_row_shows_its_values_as_text(station, viewer, model):
    form = page(viewer, rows_of(tell())[model]).split('id="content-main"')[1]
    assert re.findall(r"<(?:textarea|select)|<input(?! type=.hidden)", form) == []


@pytest.mark.parametrize("model", IN_BATCH)
def test_every_row_of_a_batch_leads_back_to_it_and_to_its_live_page(station, viewer, model):
    batch = tell()
    text = page(viewer, rows_of(batch)[model])
    assert [f'href="{url}"' in text for url in (change(batch), reverse("control:batch", args=[batch.pk]))] == [True] * 2


def test_a_batch_leads_to_all_its_rows_with_their_number(station, viewer):
    batch = tell()
    links = viewer.get(change(batch)).context["neighbours"]
    assert [(link["url"], link["count"]) for link in links] == [
        (changelist(model, batch=batch.pk), "1")
        for model in (Step, Measurement, Attachment, Event, ControlEvent, ErrorLog)
    ]


def test_a_batch_over_items_leads_to_its_chunks_and_items(station, viewer):
    batch = tell()
    Batch.objects.filter(pk=batch.pk).update(dataset=dataset())
    links = viewer.get(change(batch)).context["neighbours"]
    assert [(link["url"], link["count"]) for link in links[-3:]] == [
        (changelist(model, batch=batch.pk), "1") for model in (ChunkedStep, Chunk, Item)
    ]


def test_step_over_items_chunk_and_item_lead_to_each_other(station, viewer):
    rows = rows_of(batch := tell())
    opened, chunk, item = rows[ChunkedStep], rows[Chunk], rows[Item]
    of_step = escape(changelist(Chunk, batch=batch.pk, chunked_step=opened.pk, state="FAILED"))
    assert f'href="{of_step}">1</a>' in page(viewer, opened)
    assert [f'href="{change(row)}"' in page(viewer, chunk) for row in (opened, item)] == [True, True]
    assert f'href="{change(chunk)}"' in page(viewer, item)


def test_item_that_was_carried_over_leads_to_no_chunk(station, viewer):
    item = rows_of(tell())[Item]
    Item.objects.update(chunk=None)
    assert viewer.get(change(item)).context["neighbours"][0]["text"] == "Batch"


def test_a_batch_shows_its_steps_and_its_newest_events(station, viewer):
    batch = tell()
    steps, _files, _controls, events = viewer.get(change(batch)).context["tables"]
    assert [steps["table"]["rows"][0][0], events["table"]["rows"][0][3]] == [1, "batch.queued"]


def test_a_batch_and_a_file_lead_to_its_content(station, viewer):
    file = Attachment.objects.get(batch=tell())
    link = f'href="{reverse("control:attachment", args=[file.batch_id, file.pk])}">Download</a>'
    pages = [page(viewer, file.batch), page(viewer, file), viewer.get(changelist(Attachment)).content.decode()]
    assert [link in text for text in pages] == [True] * 3
    assert "4 bytes" in pages[1]


def test_a_batch_leads_to_the_one_from_which_it_comes(station, viewer):
    batch = stop_batch(queued(name="Morning").pk, by=ANNA)
    new = rerun_batch(batch.pk, Mode.SAME, by=ANNA)
    assert f'href="{change(batch)}">Morning</a>' in page(viewer, new)


@pytest.mark.parametrize(("message", "said"), [("skipped by request: tea", True), ("not begun", False)])
def test_a_step_that_somebody_wanted_skipped_says_so(station, viewer, message, said):
    step = tell().steps.get()
    Step.objects.filter(pk=step.pk).update(outcome="SKIPPED", message=message)
    assert ("On request" in page(viewer, step)) == said


@pytest.mark.parametrize("scope", ["demo/slot-1", "demo", "all"])
def test_a_batch_leads_to_the_emergency_stop_that_met_it(station, viewer, scope):
    batch = running("demo/slot-1").batch
    stop = record_emergency_stop(new_latch(scope, by=ANNA), delivered=True)
    context = viewer.get(change(batch)).context
    count = next(link["count"] for link in context["neighbours"] if link["text"] == "Control events")
    table = context["tables"][1]
    assert (count, table["title"], change(stop) in str(table["table"]["rows"])) == ("2", "Control events", True)
    assert shown(viewer, table["all_url"])[0] == UUID(str(stop.pk))


def test_a_reason_that_nobody_gave_is_told_in_words(station, viewer):
    event = ControlEvent.objects.get(batch=tell())
    pages = [viewer.get(url).content.decode() for url in (changelist(ControlEvent), change(event), change(event.batch))]
    texts = [re.sub("<script.*?</script>", "", text, flags=re.DOTALL) for text in pages]
    assert [("USER_REQUEST" in text, "no reason given" in text) for text in texts] == [(False, True)] * 3


def test_a_batch_shows_no_more_than_a_hundred_steps(station, viewer):
    batch = tell()
    Step.objects.bulk_create(Step(batch=batch, index=index, name="again", group="main") for index in range(1, 150))
    response = viewer.get(change(batch))
    steps = response.context["tables"][0]
    assert (len(steps["table"]["rows"]), steps["cut"], response.context["neighbours"][0]["count"]) == (100, True, "150")


def test_what_a_sequence_writes_is_escaped(station, viewer):
    batch = tell("<script>alert(1)</script>")
    Batch.objects.filter(pk=batch.pk).update(
        error="<img src=x>", message="<i>m</i>", result={"<u>": "</pre>"}, current_step="<s>"
    )
    batch.steps.update(name="<em>", message="<b>")
    text = page(viewer, batch) + viewer.get(changelist(Step, batch=batch.pk)).content.decode()
    assert re.findall(r"<script>alert|<img src=x|<i>m|<u>|<em>|<s>|<b>", text) == []


def test_a_step_shows_what_it_measured(station, viewer):
    step = tell().steps.get()
    (table,) = viewer.get(change(step)).context["tables"]
    assert [str(cell) for cell in table["table"]["rows"][0][1:]] == ["5.01 V", "≥ 4.5 V", "–"]


def test_a_curve_is_named_in_lists_and_cut_on_its_page(station, viewer):
    step = tell().steps.get()
    points = {"columns": [], "rows": [[index, index] for index in range(20_000)]}
    curve = Measurement.objects.create(step=step, name="sweep", type="curve", value=points, at=timezone.now())
    listed = viewer.get(changelist(Measurement)).content.decode()
    assert ["Curve" in listed, "19999" in listed, "more characters" in page(viewer, curve)] == [True, False, True]


def test_an_event_shows_its_data(station, viewer):
    batch = tell()
    event = rows_of(batch)[Event]
    Event.objects.filter(pk=event.pk).update(data={"answer": "forty-two"})
    assert "forty-two" in page(viewer, event)


def test_a_control_event_without_a_batch_has_a_page(station, viewer):
    event = ControlEvent.objects.create(
        kind="RESET", scope="demo", by="anna", face="PAGE", reason="done", requested_at=timezone.now()
    )
    assert viewer.get(change(event)).context["heading"]["name"] == "Reset"


def test_the_board_leads_to_its_events(station, viewer):
    tell()
    response = viewer.get(change(Stream.objects.get(name="board")))
    assert response.context["neighbours"][0]["url"] == changelist(Event, stream="board")


def test_an_instrument_leads_to_the_slots_that_use_it(station, viewer):
    slot = Slot.objects.get(pk="demo/slot-1")
    used = Instrument.objects.get(pk=f"demo/{slot.instruments['supply']}")
    assert viewer.get(change(used)).context["neighbours"] == [{"text": slot.pk, "url": change(slot)}]


def test_a_batch_shows_its_dataset_and_who_asked_for_it_again(station, viewer, settings):
    settings.SEQUENCE_DIRS = [*settings.SEQUENCE_DIRS, PACKAGES]
    tiles = dataset("tiles of may")
    batch, again = (queued("dataset_work", slot=None, dataset=str(tiles.pk)) for _ in range(2))
    text = page(viewer, batch)
    assert (batch == again, "tiles of may" in text, "asked for the same once more" in text) == (True, True, True)
