"""Records what a step measures and tells, judges it, and writes it into the story."""

from __future__ import annotations

import math
import numbers
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sequences.limits import Limits, evaluate, violation, word_of
from sequences.outcomes import Outcome
from sequences.units import check_unit
from sequences.wording import figure, quoted

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
PROGRESS_INTERVAL_S = 0.5
MOST_ITEMS = 2**31 - 1
LONGEST_NAME = 200  # characters


class Emit(Protocol):
    def __call__(self, kind: str, **fields: Any) -> None: ...


class Recorder:
    """The record of the attempt that runs now. `outcome`, `message` and `marginal` are its judgement."""

    def __init__(self, limits: Mapping[str, Limits], emit: Emit, total_steps: int) -> None:
        self.emit = emit
        self.total_steps = total_steps
        self.steps_over = 0
        self.is_asked = False  # whether a step runs at all: until that is known nothing is recorded
        self._limits = {name: (limit, limit.as_dict()) for name, limit in limits.items()}
        self.begin(0, 1)

    def begin(self, step: int, attempt: int) -> None:
        """`step`: its index in the plan."""
        self.step, self.attempt = step, attempt
        self.outcome = Outcome.PASS
        self.message = ""
        self.marginal = False
        self.counts: dict[str, int] = {}
        self._names: set[str] = set()
        self._progress: tuple[float, float, str] | None = None
        self._progress_due = 0.0

    def fail(self, reason: str) -> None:
        self.outcome = Outcome.FAIL
        self.message = reason

    def measure(self, name: str, value: Any, unit: str, given: dict[str, Any]) -> bool:
        kind, value = _typed(value)
        limits, shown = self._limits_for(name, unit, given)
        self._claim(name)
        outcome, marginal = Outcome.NONE, False
        if limits is not None:
            unit = limits.unit
            outcome, marginal = evaluate(value, limits)
            self._judge(name, value, limits, outcome, marginal)
        if kind == "number" and not math.isfinite(value):
            value = str(value)  # JSON knows no nan and no inf
        self._write(name, kind, value, unit, shown, outcome, marginal)
        return outcome is not Outcome.FAIL

    def record_curve(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[float]]) -> None:
        for unit in columns.values():
            _check_unit(unit)
        table = [[_cell(value) for value in row] for row in rows]
        for number, row in enumerate(table, 1):
            if len(row) != len(columns):
                raise ValueError(f"row {number} of curve '{name}' has {len(row)} values for {len(columns)} columns")
        self._claim(name)
        curve = {"columns": [{"name": column, "unit": unit} for column, unit in columns.items()], "rows": table}
        self._write(name, "curve", curve, "", None, Outcome.NONE, False)

    def log(self, message: object, level: str) -> None:
        if level not in LEVELS:
            raise ValueError(f"unknown level '{level}' (known: {', '.join(LEVELS)})")
        self.emit("log", step=self.step, attempt=self.attempt, level=level, message=str(message), origin="sequence")

    def count(self, given: dict[str, int | None]) -> None:
        """Raises ValueError for what is no number of items."""
        self.check_recording()
        for name, number in given.items():
            if number is None:
                continue
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST_ITEMS:
                raise ValueError(f"items are counted in whole numbers from 0 to {MOST_ITEMS:,}, not {number!r}")
            self.counts[name] = number

    def save(self, name: str, value: Any) -> None:
        self.check_recording()
        self.emit("saved", step=self.step, attempt=self.attempt, name=name, value=value)

    def progress(self, done: float, total: float, message: str) -> None:
        """Keep the latest, and write it if the last one was long enough ago. Raises ValueError for NaN and infinity."""
        if not (math.isfinite(done) and math.isfinite(total)):
            raise ValueError(f"progress takes finite numbers, not {done} of {total}")
        self._progress = (done, total, message)
        if time.monotonic() >= self._progress_due:
            self.write_progress(self.emit)

    def write_progress(self, emit: Emit) -> None:
        """Write what has not been written yet."""
        if self._progress is None:
            return
        done, total, message = self._progress
        self._progress = None
        self._progress_due = time.monotonic() + PROGRESS_INTERVAL_S
        share = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
        overall = round((self.steps_over + share) / self.total_steps, 4)
        emit(
            "progress", step=self.step, attempt=self.attempt, done=done, total=total, message=message, progress=overall
        )

    def check_recording(self) -> None:
        """Raises RuntimeError while a step is asked whether it is needed: what it recorded would be another step's."""
        if self.is_asked:
            raise RuntimeError("a step that is asked whether it is needed records nothing and asks nobody")

    def _claim(self, name: str) -> None:
        self.check_recording()
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
            raise ValueError(
                f"a measurement has a name of 1 to {LONGEST_NAME} characters, not {name!r:.{LONGEST_NAME}}"
            )
        if name in self._names:
            raise ValueError(f"measurement '{name}' is already recorded in this attempt: give each its own name")
        self._names.add(name)

    def _limits_for(
        self, name: str, unit: str, given: dict[str, Any]
    ) -> tuple[Limits, dict[str, Any]] | tuple[None, None]:
        declared = self._limits.get(name)
        if given:
            known = declared[0].unit if declared else ""
            return Limits.declared({**given, "unit": unit or known}), given
        if declared is not None and unit and unit != declared[0].unit:
            known = declared[0].unit or "no unit"
            raise ValueError(f"measurement '{name}' is in {unit}, but its limits in the manifest are in {known}")
        if declared is None and unit:
            _check_unit(unit)
        return declared or (None, None)

    def _judge(self, name: str, value: Any, limits: Limits, outcome: Outcome, marginal: bool) -> None:
        self.marginal = self.marginal or marginal
        if outcome is Outcome.FAIL and self.outcome is not Outcome.FAIL:
            self.fail(f"{name}: {_reading(value, limits)} {limits.unit}".rstrip() + f" {violation(value, limits)}")

    def _write(
        self,
        name: str,
        kind: str,
        value: Any,
        unit: str,
        limits: dict[str, Any] | None,
        outcome: Outcome,
        marginal: bool,
    ) -> None:
        self.emit(
            "measurement",
            step=self.step,
            attempt=self.attempt,
            name=name,
            type=kind,
            value=value,
            unit=unit,
            limits=limits,
            outcome=outcome,
            marginal=marginal,
        )


def _typed(value: Any) -> tuple[str, Any]:
    """The type of a measurement and its value as Python's own type."""
    if type(value) is float:
        return "number", value
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int):
        return "number", int(value)
    if isinstance(value, str):
        return "text", str(value)
    if isinstance(value, numbers.Real):
        return "number", float(value)
    if type(value).__name__ in ("bool_", "bool"):  # numpy's own boolean
        return "boolean", bool(value)
    raise TypeError(f"a measurement is a number, a text or a boolean, not {type(value).__name__}")


def _reading(value: Any, limits: Limits) -> str:
    """A value that violates limits, in few digits, unless these would hold the limits."""
    if not isinstance(value, float):
        return quoted(word_of(value))
    short = f"{value:g}"
    return figure(value) if violation(float(short), limits) is None else short


def _cell(value: float) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _check_unit(unit: str) -> None:
    problems = check_unit(unit)
    if problems:
        raise ValueError(problems[0])
