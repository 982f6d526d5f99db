"""Progress is for people: drawn at a terminal, and nothing at all in a log."""

from __future__ import annotations

import io

from django.core.management.base import OutputWrapper

from control.management.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(file: io.StringIO) -> str:
    with Progress(OutputWrapper(file)) as progress:
        progress.tell("one of three")
        progress.tell("two of three")  # too soon for an eye
    return file.getvalue()


def test_a_terminal_shows_one_line_and_takes_it_away_again():
    assert drawn(Terminal()) == "\r\x1b[Kone of three\r\x1b[K"


def test_a_log_stays_quiet():
    assert drawn(io.StringIO()) == ""
