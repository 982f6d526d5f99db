"""What came of a trial: a table for people, JSON for scripts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from control.management.following import exit_code
from control.management.terminal_words import duration_text, marked, value_text, visible
from control.management.trying.running import OneTrial
from control.states import StepOutcome
from sequences.items.feeding import Tally
from sequences.limit_words import limits_text

Line = dict[str, Any]

# Narrower than this, columns would be a few letters wide.
NARROW = 60
# Of a step that is repeated ten thousand times nobody reads all rows: those that did not pass, and the last ones.
MOST_STEPS = 60
MOST_FAILURES = 50  # of one step over items


class Row(NamedTuple):
    """One line of the table."""

    name: str
    outcome: str
    value: str  # what was measured, or how long a step took
    limits: str  # or why a step failed
    style: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self.name, self.outcome, self.value, self.limits


def show_table(trial: OneTrial, console: Console) -> None:
    """Each step that counts with its measurements. A terminal folds it; in a pipe each row is one line."""
    rows = list(_rows(trial))
    if not rows:
        return
    console.print()
    if console.is_terminal and console.width >= NARROW:
        console.print(_table(rows))
        return
    widths = [max(len(row.cells[column]) for row in rows) for column in range(4)]
    if console.is_terminal:
        widths = [0] * 4  # no columns: the terminal breaks what is too long
    for row in rows:
        text = "  ".join(cell.ljust(width) for cell, width in zip(row.cells, widths, strict=True) if cell or width)
        console.print(Text(text.rstrip(), row.style), soft_wrap=not console.is_terminal)


def show_failed_items(trial: OneTrial, console: Console) -> None:
    """The items that failed, with their reasons."""
    for step, tally in trial.items.tallies.items():
        if not tally.failures:
            continue
        console.print()
        console.print(Text(f"{len(tally.failures):,} of {tally.total:,} items of {visible(step)} failed:", "bold"))
        for path, reason in tally.failures[:MOST_FAILURES]:
            told = Text.assemble("  ", visible(path), ("  " + visible(reason), "red"))
            console.print(told, soft_wrap=not console.is_terminal)
        if len(tally.failures) > MOST_FAILURES:
            console.print(Text(f"  … {len(tally.failures) - MOST_FAILURES:,} more: --json names all of them", "dim"))


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("step", overflow="fold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("measured", justify="right", overflow="fold")
    table.add_column("limits", overflow="fold")
    for row in rows:
        indented = row.name.startswith(" ")
        table.add_row(
            Text(visible(row.name), "" if indented else "bold"),
            Text(row.outcome, row.style),
            Text(visible(row.value), row.style if indented else "dim"),
            Text(visible(row.limits), "dim" if indented else row.style),
        )
    return table


def _rows(trial: OneTrial) -> Iterator[Row]:
    steps, measured = trial.record.steps, measurements_by_attempt(trial)
    if len(steps) > MOST_STEPS:
        bad = [step for step in steps[:-MOST_STEPS] if step["outcome"] != StepOutcome.PASS][:MOST_STEPS]
        left_out = len(steps) - MOST_STEPS - len(bad)
        yield Row(f"… {left_out} more", "", "", "", "dim")
        steps = [*bad, *steps[-MOST_STEPS:]]
    for step in steps:
        yield _step_row(step)
        for measurement in measured[step["step"], step["attempt"]]:
            yield _measurement_row(measurement)


def _step_row(step: Line) -> Row:
    outcome = StepOutcome(step["outcome"])
    sign, style = marked(outcome, marginal=step["marginal"])
    took = "" if outcome == StepOutcome.SKIPPED else duration_text(step["duration_ms"])
    again = f" (attempt {step['attempt']})" if step["attempt"] > 1 else ""
    return Row(f"{step['name']}{again}", f"{sign} {outcome.value}", took, step["message"], style)


def _measurement_row(measurement: Line) -> Row:
    outcome = StepOutcome(measurement["outcome"])
    sign, style = marked(outcome, marginal=measurement["marginal"])
    value = value_text(measurement["type"], measurement["value"], measurement["unit"])
    limits = limits_text(measurement["limits"], measurement["unit"])
    judged = "" if outcome == StepOutcome.NONE else f"{sign} {outcome.value}"
    return Row(f"  {measurement['name']}", judged, value, limits, style if judged else "")


def measurements_by_attempt(trial: OneTrial) -> Mapping[tuple[int, int], list[Line]]:
    """What each attempt measured, in order, by the index of its step and its number."""
    found: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in trial.record.of_kind("measurement"):
        found[line["step"], line["attempt"]].append(line)
    return found


def as_json(trial: OneTrial) -> dict[str, Any]:
    """Everything about the trial, with the names that the API has for it."""
    batch, place, measured = trial.batch, trial.place, measurements_by_attempt(trial)
    return {
        "sequence": batch.sequence,
        "version": batch.version,
        "sha256": batch.sha256,
        "subject": batch.subject,
        "parameters": batch.parameters,
        "slot": place.slot if place.instruments else None,
        "simulated": place.simulated,
        "state": str(batch.state),
        "outcome": str(batch.outcome),
        "marginal": batch.marginal,
        "message": batch.message,
        "cause": batch.cause,
        "result": batch.result,
        "exit_code": exit_code(batch),
        "steps": [_step_as_json(step, measured) for step in trial.record.attempts],
        "items": {step: _tally_as_json(tally) for step, tally in trial.items.tallies.items()},
        "attachments": [_without(line, "k", "at", "id", "message") for line in trial.record.of_kind("attachment")],
        "logs": [_without(line, "k", "at") for line in trial.record.of_kind("log")],
        "errors": [_without(line, "k", "at") for line in trial.record.of_kind("error")],
        "safe_state": trial.safe_state,
    }


def _step_as_json(step: Line, measured: Mapping[tuple[int, int], list[Line]]) -> Line:
    own = [_without(line, "k", "at", "step", "attempt") for line in measured[step["step"], step["attempt"]]]
    return {**_without(step, "k", "at", "progress"), "measurements": own}


def _tally_as_json(tally: Tally) -> Line:
    failures = [{"path": path, "reason": reason} for path, reason in tally.failures]
    return {"total": tally.total, "completed": tally.completed, "failed": failures}


def _without(line: Line, *keys: str) -> Line:
    return {key: value for key, value in line.items() if key not in keys}
