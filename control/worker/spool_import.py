"""From lines of a spool to rows and events: what one page says, gathered before it is written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from control.journal.append import Entry
from control.journal.kinds import Kind
from control.lifecycle.failures import fingerprint
from control.lifecycle.finish import End
from control.models import Batch, ErrorLog
from control.states import State, StepOutcome, StepState, settle
from control.worker.prompt_import import PromptLines
from control.worker.readings import answered_reading
from sequences.outcomes import Outcome
from stations.contracts import Ending

StepKey = tuple[int, int]  # index, attempt
Line = dict[str, Any]
Row = dict[str, Any]

_ENVELOPE = {"k", "at", "level", "message", "step"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
# More than this many alerts of one page say nothing more to a person.
_ALERTS_PER_PAGE = 10
OF_ITEMS = (Kind.CHUNK_ENDED, "chunk.begun", "item")
# How a run ends whose lane was lost: none of these is the fault of what it did, as far as anybody knows.
_LOST = (Ending.CRASHED, Ending.GUARD_LOST, Ending.WARDEN_LOST, Ending.LOST)


@dataclass
class Page:
    """What some lines of a spool come to. Gathering touches no database, so a failed write can simply be repeated."""

    batch: Batch
    running: dict[StepKey, Row] = field(default_factory=dict)  # steps that began in this page or one before
    prompts: PromptLines = field(default_factory=PromptLines)
    entries: list[Entry] = field(default_factory=list)
    steps: dict[StepKey, Row] = field(default_factory=dict)
    measurements: dict[tuple[StepKey, str], Row] = field(default_factory=dict)
    attachments: dict[tuple[StepKey, str], Row] = field(default_factory=dict)
    errors: list[ErrorLog] = field(default_factory=list)
    obeyed: dict[str, Row] = field(default_factory=dict)  # control event -> its columns
    refused: dict[str, str] = field(default_factory=dict)  # control event -> why it had no effect
    settings: dict[str, Any] = field(default_factory=dict)  # that hold from now on
    saved: dict[str, Any] = field(default_factory=dict)
    readings: list[Line] = field(default_factory=list)  # that change what is known of instruments
    columns: dict[str, Any] = field(default_factory=dict)  # of the batch
    over_items: list[Line] = field(default_factory=list)  # steps over items that began
    of_items: list[Line] = field(default_factory=list)  # what became of chunks and items
    end: End | None = None
    lost: str = ""  # why the run is over, where its lane died
    goes_on: bool = False  # in another run of the same batch

    def take(self, line: Line) -> None:
        """Add one line: exactly one event, and whatever rows its kind stands for. Those of items are rows alone."""
        kind = line["k"]
        if kind in OF_ITEMS:
            for told in (line, *line.get("failed", [])):
                for file in told.get("files") or []:
                    _check_names_file(file["sha256"])
            self.of_items.append(line)
            if kind != Kind.CHUNK_ENDED:
                return
            line = {**line, "failed": len(line["failed"])}
        at = datetime.fromtimestamp(line.get("at") or time.time(), UTC)
        entry = Entry(
            kind,
            line.get("message") or "",
            line.get("level") or _level(line),
            line.get("step"),
            at,
            {name: value for name, value in line.items() if name not in _ENVELOPE},
        )
        self.entries.append(entry)
        if kind in _TAKERS:
            _TAKERS[kind](self, line, at)

    def alerts(self) -> list[Entry]:
        """The lines that every open page should see at once."""
        loud = [entry for entry in self.entries if entry.level in ("WARNING", "ERROR")]
        name = {"batch": str(self.batch.pk), "name": self.batch.name}
        shown = [Entry(e.kind, e.message, e.level, e.step, e.at, name) for e in loud[:_ALERTS_PER_PAGE]]
        if len(loud) > len(shown):
            shown.append(Entry(Kind.LOG, f"{len(loud) - len(shown)} more warnings and errors", "WARNING", data=name))
        return [*shown, *self.prompts.alerts(self.batch)]


def _step_row(page: Page, line: Line, **known: Any) -> Row:
    """The row of a step as a line tells of it; the first word of a step says only that it will come."""
    row: Row = {
        "batch": page.batch.pk,
        "index": line["step"],
        "attempt": line["attempt"],
        "name": line["name"],
        "group": line["group"],
        "within": line.get("within") or "",
        "state": StepState.PENDING,
        "outcome": StepOutcome.NONE,
        "marginal": False,
        "retrying": False,
        "started_at": None,
        "ended_at": None,
        "duration_ms": None,
        "input_count": None,
        "output_count": None,
        "result": None,
        "message": "",
    }
    row.update(known)
    return row


def _take_batch_started(page: Page, line: Line, at: datetime) -> None:
    page.columns["drivers"] = line.get("drivers") or {}
    page.columns["plan"] = line["plan"]
    for planned in line["plan"]:
        page.steps[planned["index"], 1] = _step_row(page, {**planned, "step": planned["index"], "attempt": 1})


def _take_step_started(page: Page, line: Line, at: datetime) -> None:
    key = (line["step"], line["attempt"])
    begun = page.running.get(key)  # by a run of the same batch whose lane was lost
    since = begun["started_at"] if begun else at
    page.steps[key] = page.running[key] = _step_row(page, line, state=StepState.RUNNING, started_at=since)
    page.columns["current_step"] = line["name"]


def _take_step_ended(page: Page, line: Line, at: datetime) -> None:
    key = (line["step"], line["attempt"])
    begun = page.running.pop(key, None)
    page.steps[key] = _step_row(
        page,
        line,
        state=StepState.ENDED,
        outcome=line["outcome"],
        marginal=line.get("marginal", False),
        retrying=line.get("retrying", False),
        started_at=begun["started_at"] if begun else None,
        ended_at=at,
        duration_ms=line.get("duration_ms"),
        input_count=line.get("input_count"),
        output_count=line.get("output_count"),
        result=line.get("result"),
        message=line.get("message") or "",
    )
    if page.batch.dataset_id is None:  # else its items tell how far it is
        page.columns["progress"] = line["progress"]
    if page.prompts.end_step(key, at):
        page.columns["open_prompt"] = ""


def _take_measurement(page: Page, line: Line, at: datetime) -> None:
    value = line["value"]
    is_number = line["type"] == "number" and isinstance(value, int | float)
    key = (line["step"], line["attempt"])
    page.measurements[key, line["name"]] = {
        "name": line["name"],
        "type": line["type"],
        "number": float(value) if is_number else None,
        "value": value,
        "unit": line.get("unit") or "",
        "limits": line.get("limits"),
        "outcome": line["outcome"],
        "marginal": line.get("marginal", False),
        "at": at,
    }


def _check_names_file(sha256: str) -> None:
    """It is the name of a file in the folder of the batch, and leads nowhere else. Raises ValueError."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError("sha256 must be 64 hexadecimal digits")


def _take_attachment(page: Page, line: Line, at: datetime) -> None:
    _check_names_file(line["sha256"])
    facts = {name: line[name] for name in ("name", "media_type", "size", "sha256")}
    page.attachments[(line["step"], line["attempt"]), line["name"]] = {
        "id": UUID(line["id"]),
        "batch": page.batch.pk,
        **facts,
        "width": line.get("width"),
        "height": line.get("height"),
        "at": at,
    }


def _take_progress(page: Page, line: Line, at: datetime) -> None:
    page.columns["progress"] = line["progress"]
    if line.get("message"):
        page.columns["message"] = line["message"]


def _take_error(page: Page, line: Line, at: datetime) -> None:
    page.errors.append(
        ErrorLog(
            batch=page.batch,
            step=line.get("step"),
            attempt=line.get("attempt"),
            at=at,
            category=line["category"],
            exception=line["exception"],
            message=line["message"],
            traceback=line.get("traceback") or "",
            fingerprint=fingerprint(line),
        )
    )


def _take_paused(page: Page, line: Line, at: datetime) -> None:
    page.columns["state"] = State.PAUSED if line["k"] == Kind.BATCH_PAUSED else State.RUNNING
    _take_control(page, line, at)


def _take_prompt(page: Page, line: Line, at: datetime) -> None:
    page.columns["open_prompt"] = page.prompts.take(line, at)
    if line["k"] == Kind.PROMPT_ANSWERED:
        _take_control(page, line, at)


def _take_control(page: Page, line: Line, at: datetime) -> None:
    if not line.get("control"):
        return
    if line.get("obeyed", True):
        page.obeyed[line["control"]] = {"obeyed_at": at, **_after(line)}
        page.settings |= line.get("settings") or {}
    else:
        page.refused[line["control"]] = line["message"]


def _after(line: Line) -> Row:
    """How things stand once a wish is obeyed. What a stop comes to is known at the end."""
    if line["k"] in (Kind.BATCH_PAUSED, Kind.BATCH_RESUMED):
        return {"after": {"state": State.PAUSED if line["k"] == Kind.BATCH_PAUSED else State.RUNNING}}
    if line["k"] == Kind.PROMPT_ANSWERED:
        return {"after": {"answer": line["value"]}}
    if line["k"] in (Kind.MANUAL_BEGUN, Kind.MANUAL_ENDED):
        return {"after": {"by": line["by"]} if line["k"] == Kind.MANUAL_BEGUN else {"ended": line["why"]}}
    return {"after": {"settings": line["settings"]}} if line.get("settings") else {}


def _take_manual(page: Page, line: Line, at: datetime) -> None:
    page.columns["manual_by"] = line["by"] if line["k"] == Kind.MANUAL_BEGUN else ""
    if line["k"] == Kind.MANUAL_BEGUN:
        page.readings, page.columns["readings"] = [], {}
    _take_control(page, line, at)


def _take_manual_answered(page: Page, line: Line, at: datetime) -> None:
    answer = {name: line[name] for name in ("value", "unit", "text", "error", "took_ms")}
    page.obeyed[line["control"]] = {"obeyed_at": None if line["error"] else at, "after": answer}
    page.readings.append(answered_reading(line))


def _take_reading(page: Page, line: Line, at: datetime) -> None:
    page.readings.append(line["instruments"])


def _take_saved(page: Page, line: Line, at: datetime) -> None:
    page.saved[line["name"]] = line["value"]


def _take_items_begun(page: Page, line: Line, at: datetime) -> None:
    page.over_items.append(line)


def _take_batch_ended(page: Page, line: Line, at: datetime) -> None:
    page.lost = (line.get("message") or line["why"]) if line["why"] in _LOST else ""
    verdict = line.get("verdict") or {}
    state, outcome, unfinished = settle(Ending(line["why"]), line.get("verdict"))
    page.end = End(
        state=state,
        outcome=StepOutcome(outcome.value),
        at=at,
        message=verdict.get("message") or line.get("message") or "",
        unfinished=StepOutcome(unfinished.value),
        cause=verdict.get("cause") or "",
        marginal=bool(verdict.get("marginal")) and outcome is Outcome.PASS,
        result=verdict.get("result"),
    )


_LEVELS = {Kind.ERROR: "ERROR", Kind.LADDER: "WARNING", Kind.TORN: "WARNING"}


def _level(line: Line) -> str:
    """How loud a line is that does not say so itself. The first rung is how every stop begins: nothing is wrong yet."""
    return "INFO" if line.get("rung") == "interrupt" else _LEVELS.get(line["k"], "INFO")


_TAKERS: dict[str, Callable[[Page, Line, datetime], None]] = {
    Kind.BATCH_STARTED: _take_batch_started,
    Kind.STEP_STARTED: _take_step_started,
    Kind.STEP_ENDED: _take_step_ended,
    Kind.MEASUREMENT: _take_measurement,
    Kind.ATTACHMENT: _take_attachment,
    Kind.PROGRESS: _take_progress,
    Kind.SAVED: _take_saved,
    Kind.ERROR: _take_error,
    Kind.BATCH_PAUSED: _take_paused,
    Kind.BATCH_RESUMED: _take_paused,
    Kind.PROMPT_ASKED: _take_prompt,
    Kind.PROMPT_ANSWERED: _take_prompt,
    Kind.PROMPT_CLOSED: _take_prompt,
    Kind.CONTROL: _take_control,
    Kind.MANUAL_BEGUN: _take_manual,
    Kind.MANUAL_ENDED: _take_manual,
    Kind.MANUAL_ANSWERED: _take_manual_answered,
    Kind.READING: _take_reading,
    Kind.ITEMS_BEGUN: _take_items_begun,
    Kind.BATCH_ENDED: _take_batch_ended,
}
