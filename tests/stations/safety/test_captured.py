from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from stations.output import LONGEST_LINE, OutputBudget
from stations.safety.captured import CapturedOutput


@pytest.fixture
def stream() -> Iterator[CapturedOutput]:
    stream = CapturedOutput("stdout", OutputBudget())
    yield stream
    stream.close()


def messages(lines: list[dict]) -> list[str]:
    return [line["message"] for line in lines]


def test_lines_are_put_together_from_portions(stream: CapturedOutput):
    os.write(stream.writing, b"one\ntw")
    assert messages(stream.lines()) == ["one"]
    os.write(stream.writing, b"o\nthr")
    assert messages(stream.rest()) == ["two", "thr"]
    stream.handed_over()


def test_endless_line_is_cut(stream: CapturedOutput):
    os.write(stream.writing, b"x" * (LONGEST_LINE + 10))
    stream.handed_over()
    assert [len(message) for message in messages(stream.lines())] == [LONGEST_LINE]


def test_flood_is_suppressed_and_counted(stream: CapturedOutput):
    kept: list[str] = []
    for _ in range(40):
        os.write(stream.writing, (b"y" * 999 + b"\n") * 50)
        kept += messages(stream.lines())
    stream.handed_over()
    assert len(kept) < 1_100
    assert stream.rest()[-1]["message"].endswith("lines suppressed: more than 1 MB/s of output")


def test_closed_end_is_noticed(stream: CapturedOutput):
    stream.handed_over()
    assert (stream.lines(), stream.closed) == ([], True)
