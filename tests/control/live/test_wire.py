"""The texts of frames: the same facts as everywhere else, whatever stands in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from control.history.facts import event_facts
from control.journal.append import Entry, append
from control.journal.read import read_after, read_raw, standings
from control.live import wire
from control.models import Stream

AWKWARD = 'quotes " and \\ and </script>, a line\nbreak, 한국어, µ, \u2028, \x01, emoji 🔌'
ENTRIES = [
    Entry("batch.queued", "Queued by anna", data={"slot": None, "n": 1.5, "deep": [{"a": [1, 2]}], "ok": True}),
    Entry("log", AWKWARD, "WARNING", step=3, data={AWKWARD: AWKWARD}),
    Entry("log", "", at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),  # not a microsecond
    Entry("log", "", at=datetime(2026, 1, 2, 3, 4, 5, 120_000, tzinfo=UTC)),
    Entry("measurement", "large", step=0, data={"curve": list(range(4000)), "unit": "V"}),
]


@pytest.mark.django_db
def test_a_frame_holds_the_facts_of_its_events():
    append("board", ENTRIES)
    rows = read_raw(Stream.objects.get(name="board").pk, 0, 100)
    frame = json.loads(wire.events_frame("board", 0, 5, 5, map(wire.event_text, rows)))
    assert frame["e"] == [event_facts(event, whole=False) for event in read_after("board")]


@pytest.mark.django_db
def test_raw_events_are_read_after_a_number_and_up_to_a_limit():
    append("board", ENTRIES)
    stream = Stream.objects.get(name="board").pk
    assert [event.seq for event in read_raw(stream, 1, 3)] == [2, 3, 4]
    assert list(read_raw(stream, 5, 3)) == []


@pytest.mark.django_db
def test_standings_tell_number_and_end_of_many_streams_in_one_query(django_assert_num_queries):
    append("board", ENTRIES)
    append("batch/x", [Entry("batch.queued"), Entry("batch.ended")])
    Stream.objects.create(name="alerts")
    with django_assert_num_queries(1):
        found = standings(["board", "batch/x", "alerts", "nothing"])
    assert {name: standing[1:] for name, standing in found.items()} == {
        "board": (5, False),
        "batch/x": (2, True),
        "alerts": (0, False),
    }


def test_standings_of_nothing_ask_nothing():
    assert standings([]) == {}


def test_an_error_of_a_stream_names_it():
    assert json.loads(wire.unknown("bord").frame()) == {
        "t": "err",
        "code": 4404,
        "msg": "There is no such stream or state.",
        "s": "bord",
    }
