"""Long lists in pages, and the lines of one story."""

from __future__ import annotations

import pytest
from django.contrib.admin import site

from control.admin import paging
from control.journal.kinds import BOARD
from control.models import Batch, Event, Step, Stream
from tests.control.admin.story import changelist, shown, tell


@pytest.fixture
def short_pages(monkeypatch):
    for model in (Batch, Step, Event):
        monkeypatch.setattr(site.get_model_admin(model), "list_per_page", 2)


def pages(client, url):
    changes = client.get(url).context["cl"]
    return len(changes.result_list), changes.has_next, changes.count_text


def test_a_list_goes_on_to_its_last_page(station, viewer, short_pages):
    for name in "abc":
        tell(name)
    url = changelist(Batch)
    found = [pages(viewer, url), pages(viewer, f"{url}?p=2"), pages(viewer, f"{url}?p=9")]
    assert found == [(2, True, "3"), (1, False, "3"), (0, False, "3")]


def test_counting_ends_at_a_limit_and_pages_do_not(station, viewer, short_pages, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED", 2)
    for name in "abcde":
        tell(name)
    assert pages(viewer, changelist(Batch) + "?p=3") == (1, False, "2+")


def test_a_large_number_is_readable():
    assert [paging.counted(number, 10_000) for number in (0, 10_000, 10_001)] == ["0", "10,000", "10,000+"]


def test_previous_and_next_keep_the_filters(station, viewer, short_pages):
    for name in "abcde":
        tell(name)
    changes = viewer.get(changelist(Batch, state="FAILED", p=2)).context["cl"]
    assert (changes.previous_url, changes.next_url) == ("?p=1&state=FAILED", "?p=3&state=FAILED")


def test_events_without_a_batch_offer_batches(station, viewer):
    batch = tell()
    response = viewer.get(changelist(Event))
    assert list(response.context["cl"].result_list) == []
    assert [row["url"] for row in response.context["choose_from"]["rows"]] == [changelist(Event, batch=batch.pk)]


def story(batch, *messages):
    """More lines, as a supervisor would have written them."""
    stream = Stream.objects.get(batch=batch)
    first = Event.objects.get(stream=stream)
    for seq, message in enumerate(messages, start=2):
        Event.objects.create(stream=stream, seq=seq, at=first.at, kind="log", message=message)


def lines(client, **chosen):
    return [event.seq for event in client.get(changelist(Event, **chosen)).context["cl"].result_list]


def test_events_of_a_batch_come_in_their_order(station, viewer):
    batch = tell()
    tell("other")
    story(batch, "one", "two", "three")
    assert lines(viewer, batch=batch.pk) == [1, 2, 3, 4]


def test_events_are_paged_without_counting(station, viewer, short_pages):
    batch = tell()
    story(batch, "one", "two", "three", "four")
    found = [pages(viewer, changelist(Event, batch=batch.pk, p=page)) for page in (1, 3)]
    assert found == [(2, True, ""), (1, False, "")]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [({"q": "3"}, [3, 4]), ({"q": "TWO"}, [3]), ({"kind": "log"}, [2, 3, 4]), ({"level": "ERROR"}, [])],
)
def test_events_of_a_batch_are_found_by_number_word_kind_and_level(station, viewer, chosen, found):
    batch = tell()
    story(batch, "one", "two", "three")
    assert lines(viewer, batch=batch.pk, **chosen) == found


def test_the_board_is_a_story_of_its_own(station, viewer):
    tell()
    found = [shown(viewer, changelist(Event, stream=name)) for name in (BOARD, "batch", "%00")]
    assert found == [[Event.objects.get(stream__name=BOARD).pk], [], []]


@pytest.mark.parametrize("more", [{}, {"state": "PAUSED"}])
def test_an_empty_list_says_what_to_do(station, viewer, more):
    text = viewer.get(changelist(Batch, **more)).content.decode()
    shown_texts = [part in text for part in ("No batch has been submitted yet.", "Nothing matches")]
    assert shown_texts == [not more, bool(more)]
