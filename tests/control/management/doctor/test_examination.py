"""Checks do not wait for each other, and one that fails or hangs says so in its own place."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from django.db import OperationalError

from control.management.doctor.examination import Check, examine
from control.management.doctor.finding import Finding, good


def well() -> Iterator[Finding]:
    yield good("well")


def told(*checks: Check) -> list[tuple[str, list[str]]]:
    return [(topic, [f"{finding.level} {finding.text}" for finding in found]) for topic, found in examine(checks)]


def test_findings_come_in_the_order_of_the_checks():
    assert told(Check("one", well), Check("other", well)) == [("one", ["ok well"]), ("other", ["ok well"])]


def test_check_that_hangs_keeps_what_it_found_and_stops_nobody():
    for_ever = threading.Event()

    def hang() -> Iterator[Finding]:
        yield good("began")
        for_ever.wait()

    found = told(Check("slow", hang, timeout_s=0.1), Check("other", well))
    for_ever.set()
    assert found == [("slow", ["ok began", "wrong No answer within 0.1 s."]), ("other", ["ok well"])]


def test_check_that_fails_is_reported_as_an_error_of_the_program():
    def fail() -> Iterator[Finding]:
        raise ZeroDivisionError("by zero")

    text = "wrong The look itself failed: ZeroDivisionError: by zero"
    assert told(Check("bad", fail), Check("other", well)) == [("bad", [text]), ("other", ["ok well"])]


def test_what_the_database_could_not_tell_is_said_once():
    def ask() -> Iterator[Finding]:
        raise OperationalError("the server is away\nDETAIL: nowhere")

    found = told(Check("clock", ask), Check("other", well), Check("slots", ask))
    assert found == [
        ("other", ["ok well"]),
        ("not known", ["attention The database could not tell of clock, slots: the server is away"]),
    ]


def test_missing_permission_is_said_with_its_remedy():
    def forbidden() -> Iterator[Finding]:
        raise PermissionError(13, "Permission denied", "/somewhere")

    ((_, (finding,)),) = examine([Check("folder", forbidden)])
    assert finding.remedy == "Run the doctor as the user that runs Gwanje."
