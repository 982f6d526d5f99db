"""The protocol as a client meets it: credit, frames, snapshots, ends, and what is refused."""

from __future__ import annotations

import pytest
from django.db import transaction

from control.history.facts import event_facts
from control.journal.append import Entry, append, lock_story
from control.journal.kinds import Kind, stream_of
from control.journal.read import read_after
from control.live import wire
from control.models import Batch, Stream
from tests.control.live.sockets import Socket, Web, tell
from tests.rows import demo_station, queued

pytestmark = pytest.mark.any_database

MANY = wire.FRAME_ROWS + 500
UNKNOWN = "019a0000-0000-7000-8000-00000000000a"


def numbers(frame: dict) -> list[int]:
    return [event["seq"] for event in frame["e"]]


def end_a_batch(stream: str) -> None:
    with transaction.atomic():
        append(stream, [Entry(Kind.BATCH_ENDED, "aborted")])


def a_batch(monkeypatch: pytest.MonkeyPatch) -> str:
    """The stream of a waiting batch: its one event is batch.queued."""
    demo_station(monkeypatch)
    return stream_of(queued().pk)


def test_a_stream_without_a_number_begins_at_its_head(socket: Socket):
    tell("board", "one", "two")
    socket.say("sub", "board")
    assert socket.hear() == {"t": "ev", "s": "board", "a": 3, "b": 2, "head": 2, "e": []}


def test_the_first_frame_holds_what_follows_the_number(socket: Socket):
    tell("board", "one", "two", "three")
    socket.say("sub", "board", after=1)
    expected = [event_facts(event, whole=False) for event in read_after("board", 1)]
    assert socket.hear() == {"t": "ev", "s": "board", "a": 2, "b": 3, "head": 3, "e": expected}


def test_a_frame_needs_credit(socket: Socket):
    socket.say("sub", "alerts", after=0)
    assert socket.hear()["e"] == []
    tell("alerts", "one")
    assert socket.hears_nothing()
    socket.say("more", "alerts", after=0)
    assert numbers(socket.hear()) == [1]


def test_credit_waits_for_something_new(socket: Socket):
    socket.say("sub", "alerts")
    socket.hear()
    socket.say("more", "alerts", after=0)
    assert socket.hears_nothing(0.1)
    tell("alerts", "one", "two")
    assert numbers(socket.hear()) == [1, 2]


def test_credit_is_never_more_than_one_frame(socket: Socket):
    socket.say("sub", "board")
    socket.hear()
    for _ in range(3):
        socket.say("more", "board", after=0)
    tell("board", "one")
    assert numbers(socket.hear()) == [1]
    tell("board", "two")
    assert socket.hears_nothing()


def test_a_slow_client_gets_bigger_frames(web: Web, key: str, socket: Socket):
    socket.say("sub", "board")
    socket.hear()
    other = web.enter(key)
    for count in range(5):
        tell("board", f"line {count}")
    other.say("sub", "board", after=5)
    assert other.hear()["head"] == 5
    socket.say("more", "board", after=0)
    assert numbers(socket.hear()) == [1, 2, 3, 4, 5]


def test_more_may_go_back(socket: Socket):
    tell("board", "one", "two")
    socket.say("sub", "board", after=0)
    socket.hear()
    socket.say("more", "board", after=1)
    assert numbers(socket.hear()) == [2]


def test_frames_of_a_long_story_are_contiguous_and_bounded(socket: Socket):
    tell("board", *map(str, range(MANY)))
    socket.say("sub", "board", after=0)
    first = socket.hear()
    socket.say("more", "board", after=first["b"])
    second = socket.hear()
    assert (first["a"], first["b"], len(first["e"])) == (1, wire.FRAME_ROWS, wire.FRAME_ROWS)
    assert (second["a"], second["b"], second["head"]) == (wire.FRAME_ROWS + 1, MANY, MANY)
    assert numbers(first) + numbers(second) == list(range(1, MANY + 1))


def test_frames_are_bounded_in_size_too(socket: Socket):
    large = "x" * (wire.FRAME_LENGTH // 3)
    tell("board", *[large] * 5)
    socket.say("sub", "board", after=0)
    assert numbers(socket.hear()) == [1, 2]
    socket.say("more", "board", after=2)
    assert numbers(socket.hear()) == [3, 4]


def test_what_was_just_told_is_remembered_within_bounds(web: Web, key: str, socket: Socket):
    socket.say("sub", "board")
    socket.hear()
    tell("board", *map(str, range(MANY)))
    heard: list[int] = []
    while len(heard) < MANY:
        socket.say("more", "board", after=len(heard))
        heard += numbers(socket.hear())
    late = web.enter(key)
    late.say("sub", "board", after=10)
    assert heard == list(range(1, MANY + 1))
    assert numbers(late.hear()) == list(range(11, 11 + wire.FRAME_ROWS))


def test_the_end_of_a_batch_is_told_after_its_last_event(socket: Socket, monkeypatch):
    stream = a_batch(monkeypatch)
    socket.say("sub", stream)
    socket.hear()
    socket.say("more", stream, after=1)
    tell(stream, "working")
    assert numbers(socket.hear()) == [2]
    socket.say("more", stream, after=2)
    append(stream, [Entry("batch.ended", "done")])
    assert numbers(socket.hear()) == [3]
    assert socket.hear() == {"t": "end", "s": stream, "last": 3}


@pytest.mark.parametrize("after", [0, 1, 2])
def test_the_end_of_an_ended_batch_is_told_at_once(socket: Socket, monkeypatch, after: int):
    stream = a_batch(monkeypatch)
    append(stream, [Entry("batch.ended", "done")])
    socket.say("sub", stream, after=after)
    assert numbers(socket.hear()) == list(range(after + 1, 3))
    assert socket.hear() == {"t": "end", "s": stream, "last": 2}


def test_more_of_a_stream_that_has_ended_is_no_mistake(socket: Socket, monkeypatch):
    stream = a_batch(monkeypatch)
    append(stream, [Entry("batch.ended", "done")])
    socket.say("sub", stream, after=0)
    socket.say("more", stream, after=2)
    assert [socket.hear()["t"], socket.hear()["t"]] == ["ev", "end"]
    socket.say("ping")
    assert socket.hear() == {"t": "pong"}


def test_a_stream_that_is_left_stays_silent(socket: Socket):
    socket.say("sub", "board")
    socket.hear()
    socket.say("more", "board", after=0)
    socket.say("unsub", "board")
    tell("board", "one")
    assert socket.hears_nothing()


def test_subscribing_again_begins_anew(socket: Socket):
    tell("board", "one", "two")
    socket.say("sub", "board", after=2)
    socket.say("sub", "board", after=0)
    frames = [socket.hear()]
    if not frames[0]["e"]:
        frames.append(socket.hear())
    assert numbers(frames[-1]) == [1, 2]


def test_a_client_that_knows_more_than_the_hub_is_believed(web: Web, key: str, socket: Socket):
    """It may have read the newest number from a page before the bell was heard here."""
    socket.say("sub", "board")
    socket.hear()
    other = web.enter(key)
    for number in range(1, 20):
        tell("board", "line")
        other.say("sub", "board", after=number)
        frame = other.hear()
        assert (frame["t"], frame["b"], frame["e"]) == ("ev", number, [])


@pytest.mark.parametrize("after", [-1, 3, "2", 1.5, True, [1]])
def test_a_number_outside_the_stream_is_refused(socket: Socket, after: object):
    tell("board", "one", "two")
    socket.say("sub", "board", after=after)
    error = socket.hear()
    assert (error["t"], error["code"], error["s"]) == ("err", 4400, "board")
    socket.say("ping")
    assert socket.hear() == {"t": "pong"}


@pytest.mark.parametrize("stream", ["board", "alerts"])
def test_what_belongs_to_no_batch_goes_on_after_the_end_of_one(socket: Socket, stream: str):
    end_a_batch(stream)
    socket.say("sub", stream, after=0)
    for number in (1, 2, 3):
        assert numbers(socket.hear()) == [number]
        socket.say("more", stream, after=number)
        end_a_batch(stream)


def test_more_beyond_what_was_delivered_is_refused(socket: Socket):
    tell("board", "one")
    socket.say("sub", "board", after=0)
    socket.hear()
    socket.say("more", "board", after=2)
    assert socket.hear()["code"] == 4400


@pytest.mark.parametrize("name", ["batch/1", f"batch/{UNKNOWN}", "bord", "", 'board"', f"batch/{UNKNOWN.upper()}"])
def test_an_unknown_stream_is_refused(socket: Socket, name: str):
    socket.say("sub", name)
    error = socket.hear()
    assert (error["t"], error["code"], error["s"]) == ("err", 4404, name)


NO_MESSAGES = [
    "",
    "{",
    "[]",
    "[" * 4000,
    '"sub"',
    "{}",
    '{"t":"subscribe"}',
    '{"t":[]}',
    '{"t":"sub","s":1}',
    b"\x00",
    "9" * 5000,
]


@pytest.mark.parametrize("text", NO_MESSAGES)
def test_what_is_no_message_closes_the_socket(socket: Socket, text: str | bytes):
    socket.say_raw(text)
    error = socket.hear()
    assert (error["t"], error["code"], "s" in error) == ("err", 4400, False)
    assert socket.hear() == 4400


def test_a_socket_follows_a_limited_number_of_streams(socket: Socket, monkeypatch):
    demo_station(monkeypatch)
    streams = [stream_of(queued().pk) for _ in range(wire.STREAMS_PER_SOCKET + 1)]
    for stream in streams:
        socket.say("sub", stream)
    heard = [socket.hear() for _ in streams]
    assert [frame["s"] for frame in heard if frame["t"] == "err" and frame["code"] == 4429] == streams[-1:]


def test_a_user_has_a_limited_number_of_sockets(web: Web, key: str, monkeypatch):
    monkeypatch.setattr(wire, "SOCKETS_PER_USER", 2)
    first, _second = web.enter(key), web.enter(key)
    third = web.open(authorization=f"Bearer {key}")
    assert (third.hear()["code"], third.hear()) == (4429, 4429)
    first.goes()
    assert web.enter(key)


def test_a_flood_of_requests_closes_the_socket(socket: Socket):
    for _ in range(wire.REQUESTS + 1):
        socket.say("ping")
    heard = [socket.hear() for _ in range(wire.REQUESTS + 2)]
    assert (heard[-2]["code"], heard[-1]) == (4429, 4429)


@pytest.mark.parametrize("word", ["sub", "get", "more"])
def test_a_client_that_never_reads_has_no_number_of_frames_pile_up(socket: Socket, word: str):
    """Nothing that is answered by a frame each time is answered without end."""
    tell("board", "one")
    socket.say("sub", "board", after=0)
    frames = [socket.hear()]
    for _ in range(wire.BEGINNINGS):
        socket.say(word, **({"what": "slots"} if word == "get" else {"stream": "board", "after": 0}))
        if word == "more":
            frames.append(socket.hear())
    while isinstance(frames[-1], dict):
        frames.append(socket.hear())
    assert (frames[-2]["code"], frames[-1]) == (4429, 4429)
    assert len(frames) <= wire.BEGINNINGS + 3


def test_reading_on_is_not_limited(socket: Socket, monkeypatch):
    monkeypatch.setattr(wire, "FRAME_ROWS", 1)
    monkeypatch.setattr(wire, "REQUESTS", 1)
    tell("board", *map(str, range(100)))
    socket.say("sub", "board", after=0)
    heard = numbers(socket.hear())
    while len(heard) < 100:
        socket.say("more", "board", after=heard[-1])
        heard += numbers(socket.hear())
    assert heard == list(range(1, 101))


def test_data_in_a_file_is_told_by_its_name(socket: Socket):
    append("board", [Entry("log", "large", data={"curve": list(range(5000)), "unit": "V"})])
    socket.say("sub", "board", after=0)
    (event,) = socket.hear()["e"]
    assert event["data"] == {"curve": None, "unit": "V", "file": f"{Stream.objects.get(name='board').pk}/1.json"}


def test_a_writer_that_holds_the_story_delays_nobody_else(socket: Socket, monkeypatch):
    demo_station(monkeypatch)
    batch: Batch = queued()
    with transaction.atomic():
        lock_story(batch.pk)
        socket.say("sub", stream_of(batch.pk), after=0)
        assert [event["kind"] for event in socket.hear()["e"]] == ["batch.queued"]
