"""What a batch's page draws of single facts: the head of a run that was cut short, wishes, and the axes of a curve."""

from __future__ import annotations

import json
from typing import Any

import pytest

from control.pages.batch_words import batch_words
from control.pages.words import shell_words
from tests.control.pages.in_chromium import evaluate

HEADER = """async ({ batch, steps, total }) => {
  const names = ["state", "outcome", "slot", "created_at", "started_at", "ended_at", "percent", "current", "steps",
    "outcomes", "verdict", "verdict-title", "verdict-text", "proof", "result"];
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
WISH = """async (control) => {
  document.body.innerHTML += "<ol id=controls></ol>";
  const { drawControls } = await import("/batch_controls.js");
  drawControls(document.getElementById("controls"), { controls: [control] });
  const shown = (name) => document.querySelector(`.b-control-${name}`);
  const texts = ["what", "details", "note"].map((name) => shown(name).textContent);
  return [...texts, shown("follower").firstElementChild?.getAttribute("href") ?? ""];
}"""
STEPS = """async ({ steps, controls }) => {
  document.body.innerHTML += "<div id=steps></div>";
  const { drawSteps } = await import("/batch_steps.js");
  const whole = steps.map((step, index) => ({ index, attempt: 1, group: "main", measurements: [], measured: 0,
    attachments: [], attached: 0,
    input_count: null, output_count: null, duration_ms: 1.5, retrying: false, marginal: false, ...step }));
  const state = { steps: whole, repeats: [], controls, doing: null, batch: { origin: "b0" } };
  drawSteps(document.getElementById("steps"), state);
  const text = (row, name) => row.querySelector(`[data-part=${name}]`).textContent;
  return [...document.querySelectorAll(".b-step")].map((row) => [
    text(row, "badge"), text(row, "wanted"), text(row, "took"),
    row.querySelector(".b-step-message").textContent, row.querySelector("a")?.getAttribute("href") ?? ""]);
}"""
REPEATED = """async ({ steps, repeats }) => {
  document.body.innerHTML += "<div id=steps></div>";
  const { drawSteps } = await import("/batch_steps.js");
  const none = { state: "PENDING", outcome: "NONE", group: "main", measurements: [], measured: 0, attachments: [],
    attached: 0, result: null, error_message: "", input_count: null, output_count: null };
  const attempts = steps.map(([index, name, attempt]) => ({ ...none, index, name, attempt }));
  const state = { steps: attempts, repeats, controls: [], doing: null, batch: {} };
  drawSteps(document.getElementById("steps"), state);
  const titles = document.querySelectorAll("section > ol > .b-step > .b-step-line .b-step-title");
  return [...titles].map((one) => one.textContent.trim());
}"""
RESULTS = """async (results) => {
  const { drawResult } = await import("/batch_result.js");
  const place = document.createElement("div");
  return results.map((told) => {
    drawResult(place, told);
    const [fold, before] = [place.querySelector("details"), place.firstChild];
    drawResult(place, structuredClone(told)); // the rows once more: what was unfolded stays so
    const kept = place.firstChild === before;
    const shown = fold ? fold.firstChild : place;
    return [place.hidden, shown.textContent, fold?.lastChild.textContent ?? "", kept];
  });
}"""
LOG = """async (events) => {
  document.body.innerHTML += `<div id=log><ol></ol><div class="b-log-lines"></div><p class="b-log-more"></p>
    <p class="b-log-count"></p><p class="b-log-empty"></p><select><option value="DEBUG"></select></div>`;
  const { Log } = await import("/batch_log.js");
  const log = new Log(document.getElementById("log"));
  const common = { at: "2026-01-01T00:00:00Z", level: "INFO", message: "", step: null };
  log.take(events.map((event, seq) => ({ seq, ...common, ...event })));
  log.draw();
  const message = (row) => row.querySelector(".b-log-message").textContent;
  return [...document.querySelectorAll("#log li")].map((row) => [row.dataset.level, message(row)]);
}"""
FILES = """async (files) => {
  const { drawAttachment } = await import("/batch_attachments.js");
  document.body.append(...files.map(drawAttachment));
  await new Promise((resolve) => setTimeout(resolve, 200)); // what is no picture here fails to load
  const link = (row) => row.querySelector("a");
  return [...document.querySelectorAll("li")].map((row) => [
    row.textContent, link(row).getAttribute("href"), link(row).target, "missing" in link(row).dataset]);
}"""
AXES = """async (rows) => {
  const { drawMeasurement } = await import("/batch_measurements.js");
  const columns = [{ name: "voltage", unit: "V" }, { name: "current", unit: "A" }];
  const curve = { name: "iv", type: "curve", unit: "", limits: null, outcome: "NONE", marginal: false };
  const drawn = drawMeasurement({ ...curve, value: { columns, rows, total: rows.length } });
  return [...drawn.querySelectorAll(".b-plot-x > :not(:nth-child(2)), .b-plot-y > :not(:nth-child(2))")]
    .map((end) => end.textContent);
}"""

LIMITS = """([limits, value, type]) => import("/batch_measurements.js").then(({ drawMeasurement }) => {
  const unit = type === "number" ? "V" : "";
  const drawn = drawMeasurement({ name: "rail", type, value, unit, limits, outcome: "PASS", marginal: false });
  const lines = [...drawn.querySelectorAll(".b-band-limit")].map((line) => Math.round(line.getAttribute("x1")));
  return [drawn.querySelector(".b-measurement-limits").textContent, lines];
})"""


def drawn(config: pytest.Config, script: str, argument: Any) -> Any:
    blocks = {
        "shell": {"urls": {"batch": "/batches/{batch}/"}, "csrf": "x", "time_zone": "UTC"},
        "words": shell_words(),
    }
    blocks["page-data"] = {
        "units": {"burn_in_time": "s"},
        "allowed": {"RUNNING": ["skip"]},
        "attachment": "/f/{attachment}/",
    }
    return evaluate(config, script, argument, **blocks, **{"page-words": batch_words()})


def batch(state: str, **facts: Any) -> dict[str, Any]:
    times = {"created_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:00:01Z", "ended_at": None}
    plain = {"outcome": "NONE", "marginal": False, "slot": None, "message": "", "error": "", "cause": ""}
    return {"state": state, "current_step": "", **plain, **times, **facts}


def step(outcome: str) -> dict[str, Any]:
    return {"state": "ENDED", "outcome": outcome, "retrying": False}


LIMIT = "Ended by a limit: the run used more than it may"
ENDED = {"ended_at": "2026-01-01T00:00:09Z"}


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        (batch("RUNNING", progress=0.609), ["60%", "8 of 10 steps", "60%", ""]),
        (batch("STOPPED", progress=1, **ENDED), ["", "8 of 10 steps", "80%", "Stopped on request."]),
        (batch("COMPLETED", progress=1, **ENDED), ["100%", "8 of 10 steps", "100%", "The run went to its end."]),
        (
            batch("FAILED", progress=1, message="memory: 612 MiB used, 512 MiB allowed", outcome="ERROR", **ENDED),
            ["", "8 of 10 steps", "80%", f"{LIMIT}, the subject could not be judged."],
        ),
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
    wish = {"id": "1", "kind": "BATCH_STOP", "by": "anna", "face": "PAGE", "scope": "", "reason": "", "after": {}}
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


@pytest.mark.parametrize(
    ("limits", "value", "kind", "told", "lines"),
    [
        ({"minimum": 3, "maximum": 4}, 3.5, "number", "3 … 4 V", [17, 103]),
        ({"nominal": 3.5, "within_percent": 10}, 3.5, "number", "3.5 V ± 10 %", [17, 103]),
        ({"nominal": 3.5, "within_percent": 10, "minimum": 3.5}, 3.5, "number", "≥ 3.5 V, 3.5 V ± 10 %", [17, 103]),
        ({"pattern": "v[0-9]"}, "v1", "text", "matches v[0-9]", []),
        ({"equals": True}, True, "boolean", "= yes", []),
        ({"one_of": ["v1", "x"], "pattern": "v[0-9]"}, "v1", "text", "one of v1, x, matches v[0-9]", []),
    ],
)
def test_limits_of_a_measurement_read_well(
    pytestconfig: pytest.Config, limits: Any, value: Any, kind: str, told: str, lines: list[int]
) -> None:
    assert drawn(pytestconfig, LIMITS, [limits, value, kind]) == [told, lines]


def test_files_are_linked_and_a_picture_that_is_not_there_says_so(pytestconfig: pytest.Config) -> None:
    file = {"id": "1", "name": "a<b>.csv", "size": 312, "width": None, "height": None}
    picture = {"id": "2", "name": "board.png", "size": 250_000, "width": 64, "height": 48}
    assert drawn(pytestconfig, FILES, [file, picture]) == [
        ["a<b>.csv 312 bytes", "/f/1/", "", False],
        ["The picture is not on this hostboard.png 244 KiB", "/f/2/", "_blank", True],
    ]


def wish(kind: str, **more: Any) -> dict[str, Any]:
    who = {"id": "1", "kind": kind, "by": "anna", "face": "PAGE", "scope": "", "reason": ""}
    times = {f"{name}_at": "2026-01-01T08:00:00Z" for name in ("requested", "delivered", "obeyed")}
    return {**who, **times, "details": {}, "before": {"state": "RUNNING"}, "after": {}, **more}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            wish("BATCH_SKIP", details={"step": 2, "name": "boot"}, after={"state": "COMPLETED"}),
            ["Skip a step: anna, Page", "step 3, boot", "", ""],
        ),
        (
            wish(
                "BATCH_SETTINGS", details={"settings": {"burn_in_time": 10}}, before={"settings": {"burn_in_time": 2}}
            ),
            ["Change settings: anna, Page", "burn_in_time: 2 → 10 s", "", ""],
        ),
        (
            wish("BATCH_SETTINGS", details={"settings": {"loud": True}}, after={"note": "skip has no effect: why"}),
            ["Change settings: anna, Page", "loud: yes", "skip has no effect: why", ""],
        ),
        (
            wish("BATCH_RESTART", details={"batch": "b2"}, after={"state": "ABORTED", "note": "the batch had ended"}),
            ["Restart: anna, Page", "", "Running → Aborted · the batch had ended", "/batches/b2/"],
        ),
        (
            wish("BATCH_RERUN", details={"mode": "from_step", "step": "load", "batch": "b2"}, after={"batch": "b2"}),
            ["Run again: anna, Page", "from step load on", "", "/batches/b2/"],
        ),
    ],
)
def test_a_wish_tells_what_was_asked_for_and_what_became_of_it(
    pytestconfig: pytest.Config, told: Any, shown: list[str]
) -> None:
    assert drawn(pytestconfig, WISH, told) == shown


def test_steps_tell_what_was_skipped_by_request_carried_over_or_never_begun(pytestconfig: pytest.Config) -> None:
    ended = {"name": "x", "state": "ENDED", "started_at": None, "ended_at": "2026-01-01T00:00:00Z"}
    pending = {"name": "x", "state": "PENDING", "outcome": "NONE", "duration_ms": None, "error_message": ""}
    steps = [
        {**ended, "outcome": "PASS", "error_message": "carried over"},
        {**ended, "outcome": "SKIPPED", "error_message": "skipped by request: carried over"},
        {**ended, "outcome": "SKIPPED", "error_message": "skipped by request: USER_REQUEST"},
        {**ended, "outcome": "SKIPPED", "error_message": "not begun"},
        pending,
        pending,
    ]
    refused = wish("BATCH_SKIP", details={"step": 5, "name": "x"}, after={"note": "no"})
    asked = wish("BATCH_SKIP", details={"step": 4, "name": "x"})
    carried = "Carried over: it did not run here. Where it ran"
    assert drawn(pytestconfig, STEPS, {"steps": steps, "controls": [asked, refused]}) == [
        ["Pass", "", "", carried, "/batches/b0/"],
        ["Skipped on request", "", "", carried, "/batches/b0/"],
        ["Skipped on request", "", "", "skipped by request: no reason given", ""],
        ["Skipped", "", "", "not begun", ""],
        ["Pending", "to be skipped", "", "", ""],
        ["Pending", "", "", "", ""],
    ]


def test_repetitions_of_a_step_are_numbered(pytestconfig: pytest.Config) -> None:
    steps = [[0, "boot", 1], [1, "scan", 1], [2, "scan", 1], [2, "scan", 2], [4, "scan", 1], [5, "off", 1]]
    found = drawn(pytestconfig, REPEATED, {"steps": steps, "repeats": [{"first": 1, "count": 4}]})
    assert found == ["boot", "scan 1 of 4", "scan 2 of 4", "scan 4 of 4", "off"]


def test_results_are_one_line_or_folded_and_never_markup(pytestconfig: pytest.Config) -> None:
    large = {"names": ["<b>x</b>"] * 20}
    results = [None, {"cells": 4, "names": ["a", "<i>"], "none": []}, 0, False, large]
    told = [{"result": result, "result_left_out": False} for result in results]
    assert drawn(pytestconfig, RESULTS, [*told, {"result": None, "result_left_out": True}]) == [
        [True, "", "", True],
        [False, 'Result {"cells": 4, "names": ["a", "<i>"], "none": []}', "", True],
        [False, "Result 0", "", True],
        [False, "Result false", "", True],
        [False, "Result, 231 bytes", json.dumps(large, indent=2), True],
        [False, "Result: too large for this page. The API has it.", "", True],
    ]


def test_the_log_tells_wishes_rungs_and_saved_values(pytestconfig: pytest.Config) -> None:
    who = {"control": "1", "by": "anna", "face": "PAGE", "reason": "USER_REQUEST"}
    carried = {"name": "boot", "attempt": 1, "outcome": "FAIL", "carried": True}
    rung = {"kind": "ladder", "level": "WARNING"}
    changed = {"details": {"settings": {"burn_in_time": 3}}, "before": {"settings": {"burn_in_time": 2}}}
    events = [
        {"kind": "control", "data": {**who, "kind": "BATCH_SKIP", "details": {"step": 0, "name": "boot"}}},
        {"kind": "control", "data": {**who, "kind": "BATCH_SETTINGS", **changed}},
        {
            "kind": "control",
            "message": "skip has no effect: the step has ended",
            "data": {"word": "skip", "obeyed": False},
        },
        {"kind": "attachment", "data": {"name": "a.csv", "size": 4300}},
        {"kind": "saved", "data": {"name": "offset", "value": 1}},
        {"kind": "step.ended", "data": carried},
        {**rung, "data": {"rung": "interrupt", "why": "limit", "control": "", "patience_s": 5}},
        {**rung, "data": {"rung": "kill", "why": "timeout", "control": ""}},
    ]
    assert drawn(pytestconfig, LOG, events) == [
        ["INFO", "Skip a step: anna, Page · step 1, boot"],
        ["INFO", "Change settings: anna, Page · burn_in_time: 2 → 3 s"],
        ["INFO", "skip has no effect: the step has ended"],
        ["INFO", "kept file a.csv (4.2 KiB)"],
        ["DEBUG", "saved offset"],
        ["WARNING", "The runner is asked to end its run: a limit is exceeded. It has 5 s."],
        ["WARNING", "The runner is killed: it did not move on at its deadline."],
    ]
