"""What a batch's page draws of single facts: the head of a run that was cut short, wishes, and the axes of a curve."""

from __future__ import annotations

from typing import Any

import pytest

from control.pages.batch_words import batch_words
from control.pages.words import shell_words
from tests.control.pages.in_chromium import evaluate

HEADER = """async ({ batch, steps, total }) => {
  const names = ["state", "outcome", "slot", "created_at", "started_at", "ended_at", "percent", "current", "steps",
    "outcomes", "verdict", "verdict-title", "verdict-text", "proof"];
  const parts = names.map((name) => `<p data-batch="${name}"></p>`).join("");
  document.body.innerHTML += `<div id="batch-page">${parts}<div data-batch="progress"><div></div></div></div>`;
  const { drawHeader } = await import("/batch_header.js");
  drawHeader({ batch, steps, hidden: {}, total_steps: total, controls: [], safe_state: null, position: null }, {});
  const shown = (name) => document.querySelector(`[data-batch="${name}"]`);
  const bar = shown("progress").firstElementChild.style.width;
  return [shown("percent").textContent, shown("steps").textContent, bar, shown("verdict-title").textContent];
}"""
TIMES = """async (control) => {
  document.body.innerHTML += "<ol id=controls></ol>";
  const { drawControls } = await import("/batch_controls.js");
  drawControls(document.getElementById("controls"), { controls: [control] });
  return [...document.querySelectorAll("[data-time]")].map((one) => one.textContent);
}"""
AXES = """async (rows) => {
  const { drawMeasurement } = await import("/batch_measurements.js");
  const columns = [{ name: "voltage", unit: "V" }, { name: "current", unit: "A" }];
  const curve = { name: "iv", type: "curve", unit: "", limits: null, outcome: "NONE", marginal: false };
  const drawn = drawMeasurement({ ...curve, value: { columns, rows, total: rows.length } });
  return [...drawn.querySelectorAll(".b-plot-x > :not(:nth-child(2)), .b-plot-y > :not(:nth-child(2))")]
    .map((end) => end.textContent);
}"""


def drawn(config: pytest.Config, script: str, argument: Any) -> Any:
    blocks = {"shell": {"urls": {}, "csrf": "x", "time_zone": "UTC"}, "words": shell_words()}
    return evaluate(config, script, argument, **blocks, **{"page-words": batch_words()})


def batch(state: str, **facts: Any) -> dict[str, Any]:
    times = {"created_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:00:01Z", "ended_at": None}
    plain = {"outcome": "NONE", "marginal": False, "slot": None, "message": "", "error": "", "cause": ""}
    return {"state": state, "current_step": "", **plain, **times, **facts}


def step(outcome: str) -> dict[str, Any]:
    return {"state": "ENDED", "outcome": outcome, "retrying": False}


ENDED = {"ended_at": "2026-01-01T00:00:09Z"}


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        (batch("RUNNING", progress=0.609), ["60%", "8 of 10 steps", "60%", ""]),
        (batch("STOPPED", progress=1, **ENDED), ["", "8 of 10 steps", "80%", "Stopped on request."]),
        (batch("COMPLETED", progress=1, **ENDED), ["100%", "8 of 10 steps", "100%", "The run went to its end."]),
    ],
)
def test_only_a_completed_run_is_told_in_percent(pytestconfig: pytest.Config, facts: Any, shown: list[str]) -> None:
    steps = [step("PASS")] * 8 + [step("SKIPPED")] * 2
    assert drawn(pytestconfig, HEADER, {"batch": facts, "steps": steps, "total": 10}) == shown


def test_what_was_aborted_while_it_waited_never_began(pytestconfig: pytest.Config) -> None:
    facts = batch("ABORTED", progress=0, **{**ENDED, "started_at": None})
    shown = ["", "", "0%", "It never began: nothing was run."]
    assert drawn(pytestconfig, HEADER, {"batch": facts, "steps": [], "total": None}) == shown


def test_a_wish_is_never_obeyed_before_it_was_delivered(pytestconfig: pytest.Config) -> None:
    wish = {"id": "1", "kind": "BATCH_STOP", "by": "anna", "face": "PAGE", "scope": "", "reason": "", "note": ""}
    times = {f"{name}_at": f"2026-01-01T08:00:00.{ms}Z" for name, ms in [("requested", "100"), ("delivered", "132")]}
    found = drawn(pytestconfig, TIMES, {**wish, **times, "obeyed_at": "2026-01-01T08:00:00.131Z"})
    assert found == ["requested 08:00:00.100", "delivered 08:00:00.131", "obeyed 08:00:00.131"]


@pytest.mark.parametrize(
    ("rows", "ends"),
    [
        ([[0, -5e-6], [5, 0.000287]], ["0.00029", "0", "0", "5"]),
        ([[0.1, 1.43721], [4.98, 3.61234]], ["3.6", "1.4", "0.1", "5"]),
        ([[1, 2], [1, 2]], ["2", "2", "1", "1"]),
    ],
)
def test_axes_end_at_numbers_that_can_be_read(pytestconfig: pytest.Config, rows: Any, ends: list[str]) -> None:
    assert drawn(pytestconfig, AXES, rows) == ends
