"""The socket of a page, in a real browser; the test plays the server and the clock, message by message."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.pages.in_chromium import evaluate

# The far end of the line: `Line.open` are the connections that live.js has, the newest last.
FAR_END = """
  let now = 1000;
  const pings = [];
  performance.now = () => now;
  const setTimer = setInterval;
  globalThis.setInterval = (work, every) => (every === 4000 ? pings.push(work) : setTimer(work, every));
  class Line {
    static open = [];
    said = [];
    closed = false;
    constructor() { Line.open.push(this); }
    send(text) { this.said.push(JSON.parse(text)); }
    close(code = 1000) { this.closed = true; setTimeout(() => this.onclose({ code })); }
    tell(message) { this.onmessage({ data: JSON.stringify(message) }); }
  }
  globalThis.WebSocket = Line;
  const { live } = await import("/live.js");
  const statuses = [];
  live.onStatus((status) => statuses.push(status));
  const newest = () => Line.open.at(-1);
  const pass = (seconds) => { now += 1000 * seconds; for (const ping of pings) ping(); };
  const until = async (found) => {
    for (let tries = 0; !found(); tries += 1) {
      if (tries > 500) throw new Error(`not within 5 s: ${found}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const events = (a, b) => {
    const told = Array.from({ length: b - a + 1 }, (_, index) => ({ seq: a + index }));
    return { t: "ev", s: "board", a, b, head: b, e: told };
  };
  const hello = { t: "hello", v: 1 };
"""


def in_page(config: pytest.Config, script: str) -> Any:
    return evaluate(config, f"async () => {{ {FAR_END} {script} }}")


def test_a_page_asks_for_more_once_it_has_dealt_with_a_frame(pytestconfig: pytest.Config):
    said = in_page(
        pytestconfig,
        """
        const seen = [];
        live.subscribe("board", { after: 2, onEvents: (events) => { seen.push(...events.map(({ seq }) => seq)); } });
        newest().tell(hello);
        newest().tell(events(2, 4));
        await until(() => newest().said.length === 2);
        return [seen, newest().said, statuses];
        """,
    )
    asked = [{"t": "sub", "s": "board", "after": 2}, {"t": "more", "s": "board", "after": 4}]
    assert said == [[3, 4], asked, ["connecting", "live"]]


def test_a_page_that_fails_at_an_event_says_so_and_is_not_called_live(pytestconfig: pytest.Config):
    """What it shows is no more than a guess from then on: it neither goes on nor connects again."""
    found = in_page(
        pytestconfig,
        """
        live.subscribe("board", { after: 0, onEvents: () => { throw new Error("an event like no other"); } });
        newest().tell(hello);
        newest().tell(events(1, 1));
        await until(() => newest().closed);
        live.subscribe("alerts", { onEvents() {} });
        await new Promise((resolve) => setTimeout(resolve, 500));
        pass(60);
        return [statuses, Line.open.length];
        """,
    )
    assert found == [["connecting", "live", "outdated"], 1]


def test_a_hidden_page_whose_timers_are_slow_stays_connected(pytestconfig: pytest.Config):
    """A browser lets them run once a minute."""
    found = in_page(
        pytestconfig,
        """
        live.subscribe("board", { after: 0, onEvents() {} });
        newest().tell(hello);
        for (let minute = 0; minute < 5; minute += 1) {
          pass(60);
          newest().tell({ t: "pong" });
        }
        return [newest().said.map(({ t }) => t), Line.open.length, statuses];
        """,
    )
    assert found == [["sub", *["ping"] * 5], 1, ["connecting", "live"]]


def test_a_connection_that_answers_no_ping_is_replaced(pytestconfig: pytest.Config):
    found = in_page(
        pytestconfig,
        """
        live.subscribe("board", { after: 7, onEvents() {} });
        newest().tell(hello);
        pass(20);
        document.dispatchEvent(new Event("visibilitychange"));  // somebody looks: no reason to give up at once
        const patient = Line.open.length === 1 && statuses.at(-1) === "live";
        pass(20);
        await until(() => Line.open.length === 2);
        newest().tell(hello);
        return [patient, Line.open[0].closed, newest().said, statuses];
        """,
    )
    again = [{"t": "sub", "s": "board", "after": 7}]
    assert found == [True, True, again, ["connecting", "live", "offline", "live"]]


def test_a_server_that_says_no_hello_is_told_as_lost_and_tried_again(pytestconfig: pytest.Config):
    found = in_page(
        pytestconfig,
        """
        live.subscribe("board", { after: 7, onEvents() {} });
        pass(4);
        const patient = statuses.length === 1;
        pass(4);
        await until(() => Line.open.length === 2);
        newest().tell(hello);
        return [patient, Line.open[0].closed, newest().said, statuses];
        """,
    )
    assert found == [True, True, [{"t": "sub", "s": "board", "after": 7}], ["connecting", "offline", "live"]]


def test_a_server_that_has_failed_is_tried_again(pytestconfig: pytest.Config):
    found = in_page(
        pytestconfig,
        """
        live.subscribe("board", { after: 7, onEvents() {} });
        newest().tell(hello);
        newest().tell({ t: "err", code: 4500, msg: "The server has failed." });
        newest().close(4500);
        await until(() => Line.open.length === 2);
        newest().tell(hello);
        return [newest().said, statuses];
        """,
    )
    assert found == [[{"t": "sub", "s": "board", "after": 7}], ["connecting", "live", "offline", "live"]]
