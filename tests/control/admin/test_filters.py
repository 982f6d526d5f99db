"""Filters and searches of the lists: what they find, and that nothing else can be asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from control.admin.registry import PAGES
from control.history.ids import first_id_at
from control.models import (
    ApiKey,
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
from tests.control.admin.story import changelist, shown, tell
from tests.rows import queued


def long_ago(batch: Batch, days: int) -> Batch:
    """The same batch as if it had been submitted days ago: its id says when."""
    old = Batch.objects.get(pk=batch.pk)
    old.pk = first_id_at(timezone.now() - timedelta(days=days))
    old.save(force_insert=True)
    return old


@pytest.mark.parametrize(
    ("parameter", "good", "other"),
    [
        ("state", "FAILED", "QUEUED"),
        ("outcome", "ERROR", "PASS"),
        ("sequence", "board_test", "step_loop"),
        ("station", "demo", "elsewhere"),
        ("slot", "demo/slot-1", "demo/slot-2"),
        ("trigger", "MANUAL", "API"),
        ("q", "Board", "oard"),
        ("q", "SN-", "N-1"),
        ("q", "B", "board"),
    ],
)
def test_batches_are_found_by_a_choice_and_by_a_beginning(station, viewer, parameter, good, other):
    batch = tell(subject="SN-1")
    found = [shown(viewer, changelist(Batch, **{parameter: value})) for value in (good, other)]
    assert found == [[batch.pk], []]


def test_a_batch_is_found_by_its_id(station, viewer):
    batch, _other = tell(), tell("other")
    assert shown(viewer, changelist(Batch, q=f" {batch.pk} ")) == [batch.pk]


def test_batches_come_newest_first_whatever_the_address_asks(station, viewer):
    batches = [tell(name).pk for name in ("b", "c", "a")]
    assert shown(viewer, changelist(Batch, o="1")) == batches[::-1]


def test_dates_count_from_midnight(station, viewer):
    new = tell()
    week, month = long_ago(new, 6), long_ago(new, 29)
    long_ago(new, 31)
    found = [shown(viewer, changelist(Batch, days=days)) for days in (1, 7, 30)]
    assert found == [[new.pk], [new.pk, week.pk], [new.pk, week.pk, month.pk]]


def test_the_last_day_of_a_range_counts_whole(station, viewer):
    new = tell()
    old = long_ago(new, 10)
    day = (timezone.localtime() - timedelta(days=10)).date()
    found = [
        shown(viewer, changelist(Batch, since=day, until=day)),
        shown(viewer, changelist(Batch, since=day + timedelta(days=1))),
        shown(viewer, changelist(Batch, until=day - timedelta(days=1))),
    ]
    assert found == [[old.pk], [new.pk], []]


@pytest.mark.parametrize("nonsense", ["since=soon", "days=2", "since=0000-01-01", "until=9999-12-31", "p=nine", "p=-3"])
def test_nonsense_in_dates_and_pages_is_passed_over(station, viewer, nonsense):
    batch = tell()
    assert shown(viewer, f"{changelist(Batch)}?{nonsense}") == [batch.pk]


@pytest.mark.parametrize("nonsense", ["state=%00", "slot=%00", "station=%00", "sequence=%27", "state=BROKEN"])
def test_a_choice_that_is_not_offered_finds_nothing(station, viewer, nonsense):
    tell()
    assert shown(viewer, f"{changelist(Batch)}?{nonsense}") == []


@pytest.mark.parametrize("model", [Batch, Step, Measurement, Event, ControlEvent, ErrorLog, Stream, ApiKey, User])
def test_a_list_cannot_be_asked_for_more_than_its_filters(station, admin, caplog, model):
    for wrong in ("message__icontains", "digest__startswith", "password__startswith", "_to_field"):
        answer = admin.get(changelist(model, **{wrong: "a"}))
        assert (answer.status_code, "This list has no such filter" in answer.content.decode()) == (400, True)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("model", PAGES)
def test_what_is_no_id_has_no_page(station, admin, model):
    options = model._meta
    assert admin.get(f"/admin/{options.app_label}/{options.model_name}/%00/change/").status_code == 404


@pytest.mark.parametrize("model", PAGES)
def test_search_for_what_no_database_keeps_opens(station, admin, model):
    assert admin.get(changelist(model, q="a\0b")).status_code == 200


@pytest.mark.parametrize("model", [Step, Measurement, ControlEvent, ErrorLog, Stream, ChunkedStep, Chunk, Item])
@pytest.mark.parametrize("by", ["batch", "q"])
def test_rows_are_found_by_their_batch(station, viewer, model, by):
    batch, other = tell(), tell("other")
    found = [len(shown(viewer, changelist(model, **{by: one.pk}))) for one in (batch, other)]
    assert found == [1, 1]


@pytest.mark.parametrize("model", [Step, Measurement, Event, ControlEvent, ErrorLog, Stream, ChunkedStep, Chunk, Item])
@pytest.mark.parametrize("wrong", ["nonsense", "%00", "01a1fea5-46c3-75a7-80f1-ecf6101c7f5e"])
def test_rows_of_an_unknown_batch_are_none(station, viewer, model, wrong):
    tell()
    assert shown(viewer, f"{changelist(model)}?batch={wrong}") == []


@pytest.mark.parametrize(
    ("model", "name"),
    [(Step, "power"), (Measurement, "rai"), (ChunkedStep, "<b>"), (Chunk, "<b>mea"), (Chunk, "2"), (Item, "<b>tiles/")],
)
def test_names_are_searched_within_one_batch_only(station, viewer, model, name):
    batch = tell()
    found = [len(shown(viewer, changelist(model, q=name, **more))) for more in ({"batch": batch.pk}, {})]
    assert found == [1, 0]


def test_measurements_of_one_step_are_found(station, viewer):
    batch = tell()
    found = [len(shown(viewer, changelist(Measurement, step=pk))) for pk in (batch.steps.get().pk, "99999", "x" * 9)]
    assert found == [1, 0, 0]


def test_chunks_are_filtered_by_step_and_state_and_found_by_number(station, viewer):
    batch = tell()
    step = batch.chunked_steps.get().pk
    chosen = [{"chunked_step": step}, {"chunked_step": 99999}, {"state": "FAILED"}, {"state": "PENDING"}]
    assert [len(shown(viewer, changelist(Chunk, **one))) for one in chosen] == [1, 0, 1, 0]
    numbers = ["2", "22", "9" * 18, "9" * 5000]
    assert [len(shown(viewer, changelist(Chunk, batch=batch.pk, q=text))) for text in numbers] == [1, 0, 0, 0]


def test_errors_are_found_by_fingerprint_and_by_how_they_begin(station, viewer):
    tell()
    found = [len(shown(viewer, changelist(ErrorLog, q=text))) for text in ("f" * 16, "OSE", "Error")]
    assert found == [1, 1, 0]


def test_sequences_to_choose_from_are_those_that_ran(station, viewer):
    tell()
    queued("step_loop", slot=None)
    specs = viewer.get(changelist(Batch)).context["cl"].filter_specs
    offered = next(spec.lookup_choices for spec in specs if spec.parameter_name == "sequence")
    assert offered == [("board_test", "board_test"), ("step_loop", "step_loop")]


def test_slots_to_choose_from_are_those_of_the_station(station, viewer):
    def offered(**chosen):
        specs = viewer.get(changelist(Batch, **chosen)).context["cl"].filter_specs
        return next(([pk for pk, _text in spec.lookup_choices] for spec in specs if spec.parameter_name == "slot"), [])

    demo = ["demo/slot-1", "demo/slot-2", "demo/lane-1", "demo/lane-2"]
    assert [offered(), offered(station="demo"), offered(station="elsewhere")] == [demo, demo, []]


def test_filters_in_use_are_named_and_can_be_taken_away(station, viewer):
    batch = tell()
    response = viewer.get(changelist(Step, batch=batch.pk, state="ENDED", days="7"))
    used = [(str(one["title"]), str(one["text"])) for one in response.context["active_filters"]]
    assert used == [("Batch", "Board test"), ("State", "Ended"), ("Date", "7 days")]
    assert response.context["active_filters"][0]["remove"] == "?days=7&state=ENDED"
