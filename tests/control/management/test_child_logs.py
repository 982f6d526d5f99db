"""What of the processes' logs reaches the terminal."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management.base import OutputWrapper
from django.core.management.color import no_style

from control.management.child_logs import MOST_AT_ONCE, ChildLogs


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def logs(tmp_path, out):
    (tmp_path / "web.log").write_text("from the last time\n")
    return ChildLogs(tmp_path, OutputWrapper(out), no_style())


def add(logs, name, *lines):
    with (logs.folder / f"{name}.log").open("a") as file:
        file.writelines(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)


def test_warnings_are_told_with_what_they_carry(logs, out):
    add(logs, "web", {"level": "INFO", "message": "GET /"}, {"level": "WARNING", "message": "slow", "ms": 900})
    logs.tell_new()
    assert out.getvalue() == "web           | WARNING slow ms=900\n"


def test_what_visitors_are_refused_is_not_told(logs, out):
    refused = {"level": "WARNING", "logger": "django.request", "message": "Not Found: /x", "status_code": 404}
    add(logs, "web", refused, {**refused, "level": "ERROR", "message": "Internal Server Error: /x"})
    logs.tell_new()
    assert out.getvalue() == "web           | ERROR Internal Server Error: /x status_code=404\n"


def test_everything_is_told_when_asked_for(logs, out):
    logs.everything = True
    add(logs, "guard demo--slot-1", {"level": "INFO", "message": "parked", "time": "now", "logger": "guard"})
    logs.tell_new()
    assert out.getvalue() == "guard demo/slot-1 | INFO parked\n"


def test_error_is_told_with_the_last_line_of_its_traceback(logs, out):
    add(logs, "web", {"level": "ERROR", "message": "no", "traceback": "Traceback:\n  File …\nValueError: what"})
    logs.tell_new()
    assert out.getvalue() == "web           | ERROR no ValueError: what\n"


def test_last_words_of_a_program_are_told(logs, out):
    add(logs, "bench", "Segmentation fault", {"ready": {}})
    logs.tell_new()
    assert out.getvalue() == "bench         | Segmentation fault\n"


def test_line_is_told_once_and_whole(logs, out):
    (logs.folder / "bench.log").write_text("half a ")
    logs.tell_new()
    add(logs, "bench", "line")
    logs.tell_new()
    logs.tell_new()
    assert out.getvalue() == "bench         | half a line\n"


def test_log_that_was_emptied_is_read_from_its_beginning(logs, out):
    (logs.folder / "web.log").write_text("short\n")
    logs.tell_new()
    assert out.getvalue() == "web           | short\n"


def test_flood_is_cut_and_says_where_the_rest_is(logs, out):
    add(logs, "web", *(f"line {number}" for number in range(MOST_AT_ONCE + 5)))
    logs.tell_new()
    told = out.getvalue().splitlines()
    assert (len(told), told[-1]) == (MOST_AT_ONCE + 1, f"web           | … 5 more lines in {logs.folder / 'web.log'}")
