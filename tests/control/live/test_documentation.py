"""docs/events.md says everything that a client has to know: each kind, field, code and limit stands there."""

from __future__ import annotations

import re
from typing import get_type_hints

import pytest

from control.journal.kinds import Kind
from control.live import wire
from sequences import contracts
from tests.installations import HOUSE

PAGE = (HOUSE / "docs" / "events.md").read_text()
ENVELOPE = {"step", "message", "level"}
PAYLOADS = {
    Kind.BATCH_STARTED: contracts.BatchStarted,
    Kind.BATCH_PAUSED: contracts.Control,
    Kind.STEP_STARTED: contracts.StepStarted,
    Kind.STEP_ENDED: contracts.StepEnded,
    Kind.MEASUREMENT: contracts.Measurement,
    Kind.ATTACHMENT: contracts.Attachment,
    Kind.LOG: contracts.Log,
    Kind.PROGRESS: contracts.Progress,
    Kind.PROMPT_ASKED: contracts.PromptAsked,
    Kind.PROMPT_ANSWERED: contracts.PromptAnswered,
    Kind.PROMPT_CLOSED: contracts.PromptClosed,
    Kind.MANUAL_BEGUN: contracts.ManualBegun,
    Kind.MANUAL_ANSWERED: contracts.ManualAnswered,
    Kind.MANUAL_ENDED: contracts.ManualEnded,
    Kind.READING: contracts.Reading,
    Kind.ERROR: contracts.Error,
    Kind.CONTROL: contracts.Control,
    Kind.SAVED: contracts.Saved,
}


def row(word: str) -> str:
    """The line of a table that begins with this word."""
    (found,) = re.findall(rf"^\| (?:`[a-z.]+` )*`?{re.escape(word)}`? .*$", PAGE, re.MULTILINE)
    return found


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_documented(kind: Kind):
    section = PAGE[PAGE.index("## Kinds in the story") : PAGE.index("## Kinds on the board")]
    assert len(re.findall(rf"^\|[^|]*`{re.escape(kind)}`[^|]*\|", section, re.MULTILINE)) == 1


@pytest.mark.parametrize(("kind", "payload"), PAYLOADS.items())
def test_every_field_of_a_kind_is_documented(kind: Kind, payload: type):
    section = PAGE[PAGE.index("## Kinds in the story") : PAGE.index("## Kinds on the board")]
    (line,) = re.findall(rf"^\|[^|]*`{re.escape(kind)}`.*$", section, re.MULTILINE)
    of_others = {"obeyed", "settings"} if kind == Kind.BATCH_PAUSED else set()
    fields = set(get_type_hints(payload)) - ENVELOPE - of_others
    assert fields - set(re.findall(r"`(\w+)`", line)) == set()


@pytest.mark.parametrize("code", wire.Code)
def test_every_code_is_documented(code: wire.Code):
    assert row(str(int(code))).count("|") == 4


@pytest.mark.parametrize("word", wire._NAME_OF)
def test_every_message_of_a_client_is_documented(word: str):
    assert PAGE.count(f'| `{{"t": "{word}"') == 1


def test_the_limits_are_documented():
    frame = f"{wire.FRAME_ROWS:,} events or {wire.FRAME_LENGTH:,} characters"
    streams = f"more than {wire.STREAMS_PER_SOCKET} streams on one socket"
    sockets = f"more than {wire.SOCKETS_PER_USER} sockets of one user"
    messages = f"more than {wire.REQUESTS} messages other than `more` within {wire.WITHIN_S:g} s"
    beginnings = f"more than {wire.BEGINNINGS} `sub`, `get` and `more` that go back within {wire.WITHIN_S:g} s"
    assert [PAGE.count(text) for text in (frame, streams, sockets, messages, beginnings)] == [1, 1, 1, 1, 1]
