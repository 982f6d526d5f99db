"""The words of the socket, protocol v1: what a client may say, what the server answers. docs/events.md has it whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import IntEnum
from json.encoder import encode_basestring
from typing import Any, NamedTuple
from uuid import UUID

from control.journal.kinds import COMMON
from control.journal.read import RawEvent

HELLO = '{"t":"hello","v":1}'
PONG = '{"t":"pong"}'

STATES = ("overview", "slots", "unsafe")

# One frame holds at most this much; it is also all that is ever under way to a client of one stream.
FRAME_ROWS = 2000
FRAME_LENGTH = 512 * 1024
MESSAGE_LENGTH = 4096
STREAMS_PER_SOCKET = 20
SOCKETS_PER_USER = 50
# What a client that never reads could have pile up for it. `more` of what follows is not counted: the stream bounds it.
WITHIN_S = 10.0
REQUESTS = 200
BEGINNINGS = 40  # each may earn a whole frame that was earned before: `sub`, `get`, and `more` that goes back


class Code(IntEnum):
    """Of `err` frames, which concern one stream, and of closes, which end the socket."""

    FAILED = 4500
    BAD_MESSAGE = 4400
    LOGIN = 4401
    FORBIDDEN = 4403
    UNKNOWN = 4404
    PRUNED = 4409
    TOO_MANY = 4429


class Wrong(Exception):
    """What a client is told in an `err` frame. Without a stream it also closes the socket.

    `first`: the oldest event that the stream still has.
    """

    def __init__(self, code: Code, text: str, stream: str | None = None, first: int | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.stream, self.first = code, text, stream, first

    def frame(self) -> str:
        about: dict[str, Any] = {} if self.stream is None else {"s": self.stream}
        if self.first is not None:
            about["first"] = self.first
        return _text({"t": "err", "code": int(self.code), "msg": self.text, **about})


class Message(NamedTuple):
    """One message of a client. `after` is checked by whoever knows the stream."""

    word: str
    name: str = ""  # of a stream or a state
    after: Any = None


def read_message(text: str | None) -> Message:
    """Raises Wrong, and then the client does not speak this protocol."""
    if text is None or len(text) > MESSAGE_LENGTH:
        raise Wrong(Code.BAD_MESSAGE, f"A message is a JSON object of at most {MESSAGE_LENGTH} characters of text.")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Wrong(Code.BAD_MESSAGE, "That is not JSON.") from None
    word = found.get("t") if isinstance(found, dict) else None
    if not isinstance(word, str) or word not in _NAME_OF:
        raise Wrong(Code.BAD_MESSAGE, f'A message is a JSON object whose "t" is one of {", ".join(_NAME_OF)}.')
    name = found.get(_NAME_OF[word], "")
    if not isinstance(name, str):
        raise Wrong(Code.BAD_MESSAGE, f'"{_NAME_OF[word]}" of {word} is a text.')
    return Message(word, name, found.get("after"))


# Which key of a message names its stream or state.
_NAME_OF = {"sub": "s", "more": "s", "unsub": "s", "get": "what", "ping": ""}


def is_stream(name: str) -> bool:
    """Whether a stream may have this name; whether it exists is another question."""
    if name in COMMON:
        return True
    kind, _, batch = name.partition("/")
    try:
        return kind == "batch" and str(UUID(batch)) == batch
    except ValueError:
        return False


def pruned(name: str, first: int | None) -> Wrong:
    return Wrong(Code.PRUNED, "These events are kept no longer: begin anew.", name, first)


def unknown(name: str) -> Wrong:
    return Wrong(Code.UNKNOWN, "There is no such stream or state.", name)


def check_number(name: str, after: Any, highest: int) -> int:
    """A number of an event that a client may stand at. Raises Wrong."""
    if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= highest:
        raise Wrong(Code.BAD_MESSAGE, f'"after" is a whole number from 0 to {highest}.', name)
    return after


def event_text(event: RawEvent) -> str:
    """An event under the names of `event_facts`; JSON is put together here, since its data is JSON already."""
    seq, at, kind, level, step, message, data = event
    return (
        f'{{"seq":{seq},"at":"{at}","kind":{encode_basestring(kind)},"level":"{level}",'
        f'"step":{"null" if step is None else step},"message":{encode_basestring(message)},"data":{data}}}'
    )


def events_frame(name: str, after: int, last: int, head: int, events: Iterable[str]) -> str:
    """What follows `after`, up to `last`. Empty: it tells a client where it stands."""
    return f'{{"t":"ev","s":"{name}","a":{after + 1},"b":{last},"head":{head},"e":[{",".join(events)}]}}'


def end_frame(name: str, last: int) -> str:
    return _text({"t": "end", "s": name, "last": last})


def snap_frame(name: str, data: Any) -> str:
    return _text({"t": "snap", "what": name, "data": data})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
