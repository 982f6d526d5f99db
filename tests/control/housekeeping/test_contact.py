"""A station that falls silent with live batches is told once, by whichever housekeeping notices it first."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from control.housekeeping.contact import ContactWatch
from control.journal.kinds import ALERTS
from control.journal.read import read_after
from control.models import Batch
from control.states import State
from stations.models import Station
from tests.rows import demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def last_heard(seconds_ago: float | None) -> None:
    at = None if seconds_ago is None else timezone.now() - timedelta(seconds=seconds_ago)
    Station.objects.filter(pk="demo").update(heartbeat_at=at)


def alerts() -> list[str]:
    return [event.message for event in read_after(ALERTS) if event.data.get("watch") == "contact"]


def test_silence_is_told_once_with_what_it_leaves() -> None:
    running()
    queued()
    last_heard(60)
    watch = ContactWatch("lab")
    assert [watch.tell_lost(), watch.tell_lost(), ContactWatch("third").tell_lost()] == [["demo"], [], []]
    assert alerts() == [
        "Contact with station demo on bench-pc is lost, while 2 of its batches ran or waited. "
        "Look after it there: nobody else moves them."
    ]
    assert set(Batch.objects.values_list("state", flat=True)) == {State.RUNNING, State.QUEUED}


def test_next_silence_is_told_again() -> None:
    running()
    watch = ContactWatch("lab")
    for seconds in (60, 30):
        last_heard(seconds)
        watch.tell_lost()
    assert len(alerts()) == 2


@pytest.mark.parametrize("seconds_ago", [1, None])
def test_station_that_lives_or_was_stopped_is_not_lost(seconds_ago: float | None) -> None:
    running()
    last_heard(seconds_ago)
    assert ContactWatch("lab").tell_lost() == []


def test_silent_station_without_live_batches_is_no_news() -> None:
    last_heard(60)
    assert ContactWatch("lab").tell_lost() == []


def test_own_station_is_not_told_by_its_own_housekeeping() -> None:
    running()
    last_heard(60)
    assert ContactWatch("demo").tell_lost() == []


@pytest.mark.django_db(transaction=True)
def test_five_housekeepings_at_once_tell_one_silence_once() -> None:
    running()
    last_heard(60)
    told: list[str] = []
    ready = threading.Barrier(5)

    def watch(name: str) -> None:
        ready.wait()
        told.extend(ContactWatch(name).tell_lost())
        connection.close()

    threads = [threading.Thread(target=watch, args=[f"lab-{number}"]) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (told, len(alerts())) == (["demo"], 1)
