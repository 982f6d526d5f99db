"""What the web process writes about its answers."""

from __future__ import annotations

import logging

import pytest

from control.web_server import log_access

ANSWER = {"method": "GET", "status": 200, "client": "127.0.0.1:5", "time_taken": 0.0123, "size": 7}


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, "control.access")
    return lambda: [record.getMessage() for record in caplog.records]


def test_answer_is_one_line_with_its_facts(said, caplog):
    log_access("http", "complete", {**ANSWER, "path": "/control/"})
    assert said() == ["GET /control/ 200"]
    record = caplog.records[0]
    assert (record.client, record.ms, record.bytes) == ("127.0.0.1:5", 12, 7)


@pytest.mark.parametrize(
    ("protocol", "action", "line"),
    [("http", "complete", "GET /a 200"), ("websocket", "connected", "socket /a connected")],
)
def test_query_is_left_out(said, protocol, action, line):
    log_access(protocol, action, {**ANSWER, "path": "/a?key=gwanje_secret"})
    assert said() == [line]


def test_socket_that_is_only_asked_for_says_nothing(said):
    log_access("websocket", "connecting", {"path": "/ws/", "client": "127.0.0.1:5"})
    assert said() == []
