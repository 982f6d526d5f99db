"""What all sockets share: one reading for everybody, nothing missed when bells, rows or connections get lost."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from control.journal.append import Entry, append
from control.journal.kinds import stream_of
from control.live import topics, watcher, wire
from control.live.topics import Page, Topic
from control.models import Batch, Event, Stream
from tests.control.live.sockets import Socket, Web, tell
from tests.installations import wait_until
from tests.rows import demo_station, queued


def numbers(frame: dict) -> list[int]:
    return [event["seq"] for event in frame["e"]]


def tell_silently(stream: str, *messages: str) -> None:
    """As if the bell were lost."""
    row = Stream.objects.get(name=stream)
    with transaction.atomic():
        for seq, message in enumerate(messages, row.last_seq + 1):
            at = Event.objects.latest("pk").at
            Event.objects.create(stream=row, seq=seq, at=at, kind="log", message=message)
        Stream.objects.filter(pk=row.pk).update(last_seq=row.last_seq + len(messages))


def test_a_lost_bell_costs_a_second_and_no_event(socket: Socket):
    tell("board", "one")
    socket.say("sub", "board")
    socket.hear()
    socket.say("more", "board", after=1)
    tell_silently("board", "two", "three")
    assert numbers(socket.hear()) == [2, 3]


def test_a_stream_that_begins_later_is_followed_too(socket: Socket):
    socket.say("sub", "alerts")
    assert socket.hear()["head"] == 0
    socket.say("more", "alerts", after=0)
    tell("alerts", "one")
    assert numbers(socket.hear()) == [1]


def test_events_that_are_kept_no_longer_are_refused(socket: Socket):
    tell("board", "one", "two", "three")
    Event.objects.filter(seq__lt=3).delete()
    Stream.objects.filter(name="board").update(first_seq=3)
    socket.say("sub", "board", after=0)
    error = socket.hear()
    assert (error["t"], error["code"], error["s"], error["first"]) == ("err", 4409, "board", 3)
    socket.say("sub", "board", after=error["first"] - 1)
    assert numbers(socket.hear()) == [3]


def test_a_stream_of_which_nothing_is_kept_goes_on_with_what_comes(socket: Socket):
    tell("board", "one", "two")
    Event.objects.all().delete()
    Stream.objects.filter(name="board").update(first_seq=3)
    socket.say("sub", "board", after=1)
    assert socket.hear()["first"] == 3
    socket.say("sub", "board", after=2)
    assert numbers(socket.hear()) == []
    socket.say("more", "board", after=2)
    tell("board", "three")
    assert numbers(socket.hear()) == [3]


def test_a_stream_without_its_events_is_refused(socket: Socket):
    tell("board", "one")
    Event.objects.all().delete()
    socket.say("sub", "board", after=0)
    assert socket.hear()["code"] == 4409


def test_a_stream_that_is_deleted_under_its_followers_is_told(socket: Socket, monkeypatch):
    demo_station(monkeypatch)
    batch = queued()
    socket.say("sub", stream_of(batch.pk))
    socket.hear()
    socket.say("more", stream_of(batch.pk), after=1)
    Batch.objects.all().delete()
    assert socket.hear()["code"] == 4409
    socket.say("sub", stream_of(batch.pk))
    assert socket.hear()["code"] == 4404


def test_a_stream_whose_number_goes_back_is_told(socket: Socket):
    """As after a restored backup."""
    tell("board", "one", "two")
    socket.say("sub", "board")
    socket.hear()
    socket.say("more", "board", after=2)
    Stream.objects.filter(name="board").update(last_seq=1)
    assert socket.hear()["code"] == 4409


def test_a_lost_stream_is_lost_to_nobody_who_begins_anew(web: Web, key: str, socket: Socket):
    """Not even while somebody who has not said `more` for long still stands in the old one."""
    tell("board", "one", "two")
    slow = web.enter(key)
    for each in (slow, socket):
        each.say("sub", "board", after=0)
        each.hear()
    socket.say("more", "board", after=2)
    Stream.objects.filter(name="board").update(last_seq=1)
    assert socket.hear()["code"] == 4409
    socket.say("sub", "board", after=0)
    assert numbers(socket.hear()) == [1, 2]
    slow.say("more", "board", after=2)
    assert slow.hear()["code"] == 4409
    socket.say("unsub", "board")
    # The hub's thread forgets it when it comes to it.
    wait_until(lambda: (web.hub._topics, web.hub._watcher._tails) == ({}, {}), what="a hub that watches nothing")


def test_many_sockets_share_one_frame(web: Web, key: str, monkeypatch):
    made: list[str] = []
    make = wire.events_frame
    monkeypatch.setattr(wire, "events_frame", lambda *parts: made.append(parts[0]) or make(*parts))
    sockets = [web.enter(key) for _ in range(20)]
    for each in sockets:
        each.say("sub", "board")
        each.hear()
        each.say("more", "board", after=0)
    web.ask(lambda: None)  # all that was said before has been heard
    made.clear()
    tell("board", "one")
    assert [numbers(each.hear()) for each in sockets] == [[1]] * 20
    assert made == ["board"]


def test_many_who_come_back_share_one_reading(web: Web, key: str, monkeypatch):
    read: list[int] = []
    read_page = watcher._read_page
    monkeypatch.setattr(watcher, "_read_page", lambda *where: read.append(where[2]) or read_page(*where))
    tell("board", *map(str, range(10)))

    async def come_back() -> list[topics.Frame]:
        hub = await web._hub()
        async with hub.topic("board") as topic:
            return await asyncio.gather(*(topic.frame_after(0) for _ in range(20)))

    frames = web.run(come_back())
    assert (len(frames), len(set(frames)), read) == (20, 1, [0])


def test_nobody_watches_costs_nothing(web: Web, socket: Socket):
    """The thread sleeps, and listens to nothing."""
    for stream in ("board", "overview"):
        socket.say("sub", stream)
        socket.hear()
        socket.say("unsub", stream)
    inside = web.hub._watcher
    wait_until(lambda: inside._idle_s() == watcher.NOTHING_WATCHED_S, 5, "a thread without anything to do")
    assert inside._listener._names == {}


def test_a_client_that_just_vanishes_leaves_nothing_behind(web: Web, socket: Socket):
    socket.say("sub", "board")
    socket.hear()
    socket.say("sub", "slots")
    socket.hear()
    socket.goes()
    web.ask(lambda: None)
    hub = web.hub
    assert (hub._topics, hub._states, hub._members) == ({}, {}, set())
    assert (hub._watcher._tails, hub._watcher._states) == ({}, {})


def test_a_killed_connection_to_the_database_is_replaced(socket: Socket):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection that could be killed")
    socket.say("sub", "board")
    socket.hear()
    with connection.cursor() as cursor:
        cursor.execute(  # those of this database alone: other tests have theirs on the same server
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    socket.say("more", "board", after=0)
    tell("board", "one")
    assert numbers(socket.hear()) == [1]


def test_large_events_that_no_frame_holds_are_followed_on_at_once(web: Web, socket: Socket, monkeypatch):
    monkeypatch.setattr(watcher, "LOOK_EVERY_S", 3600.0)
    large = "x" * (wire.FRAME_LENGTH // 3)
    socket.say("sub", "board")
    socket.hear()
    tell("board", *[large] * 9)
    topic = web.hub._topics["board"]
    wait_until(lambda: topic.head == 9, 5, "the last of the large events")


def test_a_question_that_fails_holds_up_nobody(web: Web, socket: Socket):
    def fail() -> None:
        raise DataError("no such value")

    with pytest.raises(DataError):
        web.ask(fail)
    socket.say("get", what="slots")
    assert socket.hear()["t"] == "snap"


def test_those_who_catch_up_hold_up_nobody_who_follows(web: Web, socket: Socket):
    """Each has its next question ready before the one before is answered."""
    socket.say("sub", "board")
    socket.hear()
    socket.say("more", "board", after=0)
    heard = threading.Event()

    async def catch_up() -> None:
        ask = (await web._hub())._watcher.ask
        while not heard.is_set():
            await asyncio.gather(*(ask(lambda: time.sleep(0.01)) for _ in range(3)))

    many = [asyncio.run_coroutine_threadsafe(catch_up(), web.loop) for _ in range(3)]
    tell("board", "one")
    try:
        assert numbers(socket.hear()) == [1]
    finally:
        heard.set()
        for each in many:
            each.result(timeout=10)


def test_a_bell_that_cannot_be_hung_up_is_the_fault_of_nobody_else(
    web: Web, key: str, socket: Socket, settings, caplog
):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL needs no file for a bell")
    caplog.set_level("CRITICAL")
    paths = settings.STATION_PATHS
    settings.STATION_PATHS = SimpleNamespace(bells=Path("/nowhere/bells"))
    socket.say("sub", "board")
    assert (socket.hear()["code"], socket.hear()) == (4500, 4500)
    settings.STATION_PATHS = paths
    assert web.enter(key)


def test_what_is_asked_while_the_database_is_away_is_answered_later(web: Web):
    """Also when nobody watches anything, and so nothing else would wake the thread."""
    answers = [OperationalError("away"), OperationalError("away"), "back"]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert web.ask(ask) == "back"


def test_four_writers_at_once_are_told_without_gap_or_double(socket: Socket):
    socket.say("sub", "board", after=0)
    socket.hear()

    def write() -> None:
        for number in range(50):
            tell("board", str(number))
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    heard: list[int] = []
    while len(heard) < 200:
        socket.say("more", "board", after=len(heard))
        heard += numbers(socket.hear())
    for writer in writers:
        writer.join()
    assert heard == list(range(1, 201))


def test_one_event_costs_one_query(web: Web, socket: Socket):
    """However many sockets: the bell says which stream it was."""
    socket.say("sub", "board")
    socket.hear()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            tail = web.hub._watcher._tails["board"]
            web.hub._watcher._read_on(tail)
        return len(queries)

    tell("board", "one")
    socket.say("more", "board", after=0)
    assert numbers(socket.hear()) == [1]
    assert web.ask(count) == 1


def test_what_a_topic_remembers_is_bounded():
    topic = Topic("board", lambda _topic, _after: asyncio.Future())
    large = "x" * 1000
    loop = asyncio.new_event_loop()

    async def fill() -> None:
        for last in range(1000, 5001, 1000):
            topic.extend(Page(last, [large] * 1000, False))

    loop.run_until_complete(fill())
    loop.close()
    assert len(topic._recent) == topics.RECENT_LENGTH // 1000
    assert topic._recent_length == len(topic._recent) * 1000
    assert topic.head == 5000


def test_an_error_of_the_hub_itself_reaches_the_client_and_nobody_else(web: Web, key: str, socket: Socket, caplog):
    caplog.set_level("CRITICAL")
    append("board", [Entry("log", "one")])
    web.hub._watcher.read_page = lambda *_: 1 / 0  # type: ignore[method-assign]
    socket.say("sub", "board", after=0)
    assert (socket.hear()["code"], socket.hear()) == (4500, 4500)
    del web.hub._watcher.read_page
    assert numbers_of_a_new_one(web, key) == [1]


def numbers_of_a_new_one(web: Web, key: str) -> list[int]:
    socket = web.enter(key)
    socket.say("sub", "board", after=0)
    return numbers(socket.hear())
