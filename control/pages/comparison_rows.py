"""A comparison as its page shows it: texts in the reader's language, cell by cell."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from control.history.durations import duration_text
from control.history.facts import Facts
from control.history.limits import limits_text
from control.pages.values import NOTHING, change_text, difference_text, value_text
from control.pages.words import labels
from control.states import State, StepOutcome, StepState

Row = dict[str, Any]
CARRIED_OVER = "carried over"  # how the runner ends the message of a step that it takes over


def run_level_rows(facts: Facts, *, only_differences: bool) -> list[Row]:
    """The tables of what two runs used, without those that hold nothing."""
    tables = [
        (_("Parameters"), [_parameter(row) for row in facts["parameters"]]),
        (_("Limits"), [_limits(row) for row in facts["limits"]]),
        (_("What they ran with"), [_used(row) for row in facts["used"]]),
        (_("Drivers"), [line for row in facts["drivers"] for line in _driver(row)]),
        (_("Station configuration"), [_plain(row) for row in facts["station_configuration"]["changes"]]),
    ]
    hidden = facts["station_configuration"]["total"] - len(facts["station_configuration"]["changes"])
    return [
        {
            "title": title,
            "rows": [row for row in rows if row["differs"] or not only_differences],
            "same": _("The same in both."),
            "hidden": hidden if title == _("Station configuration") else 0,
        }
        for title, rows in tables
        if rows or title == _("Station configuration")
    ]


def head_of(facts: Facts) -> Row:
    """One of the two runs, above everything else."""
    outcomes = labels(StepOutcome)
    return {
        **facts,
        "state_word": State(facts["state"]).label,
        "outcome_word": "" if facts["outcome"] == StepOutcome.NONE else outcomes[facts["outcome"]],
        "duration": NOTHING if facts["elapsed_s"] is None else duration_text(facts["elapsed_s"]),
        "counts": [f"{count} {outcomes[outcome]}" for outcome, count in facts["ended_steps"].items()],
    }


def duration_difference(a: float | None, b: float | None) -> str:
    """By how many seconds a took longer than b."""
    if a is None or b is None:
        return ""
    sign = "" if round(1000 * abs(a - b)) == 0 else "-" if a < b else "+"
    return f"{sign}{duration_text(abs(a - b))}"


def step_rows(step: Facts) -> Row:
    """One repetition of a step with its measurements."""
    a, b = step["a"], step["b"]
    planned = max(step["repetitions"].values())
    seconds = [_seconds(a), _seconds(b)]
    return {
        "name": step["name"],
        "repetition": step["repetition"],
        "number": step["repetition"] + 1,
        "planned": planned,
        "differs": step["differs"],
        "a": _attempt(a, seconds[0]),
        "b": _attempt(b, seconds[1]),
        "difference": duration_difference(*seconds),
        "measurements": [_measurement(row) for row in step["measurements"]],
        "more": None if step["complete"] else step["total_measurements"],
    }


def _seconds(side: Facts | None) -> float | None:
    """How long it took; None for what never ran here: it was skipped, or carried over."""
    if side is None or side["duration_ms"] is None or side["outcome"] == StepOutcome.SKIPPED or _is_carried(side):
        return None
    return float(side["duration_ms"]) / 1000


def _is_carried(side: Facts) -> bool:
    return bool(side["message"].endswith(CARRIED_OVER))


def _attempt(side: Facts | None, seconds: float | None) -> Row | None:
    if side is None:
        return None
    ended = side["state"] == StepState.ENDED
    carried = _is_carried(side)
    return {
        "badge": side["outcome"] if ended else side["state"],
        "word": StepOutcome(side["outcome"]).label if ended else StepState(side["state"]).label,
        "marginal": side["marginal"],
        "took": "" if seconds is None else duration_text(seconds),
        "attempt": side["attempt"] if side["attempt"] > 1 else None,
        "carried": carried,
        "message": "" if carried else side["message"],
    }


def _measurement(row: Facts) -> Row:
    a, b = row["a"], row["b"]
    limits = [None if side is None else limits_text(side["limits"], side["unit"]) for side in (a, b)]
    known = [text for text in limits if text is not None]
    unit = (a or b)["unit"]
    return {
        "name": row["name"],
        "differs": row["differs"],
        "a": _measured(a),
        "b": _measured(b),
        "difference": _largest(row["largest"]) or difference_text(row["difference"], row["relative"], unit),
        "limits": known[0] if len(set(known)) == 1 else "",
        "limits_a": limits[0] or NOTHING if len(set(known)) > 1 else "",
        "limits_b": limits[1] or NOTHING if len(set(known)) > 1 else "",
    }


def _measured(side: Facts | None) -> Row | None:
    if side is None:
        return None
    judged = side["outcome"] != StepOutcome.NONE
    return {
        "text": value_text(side["value"], side["unit"]),
        "badge": side["outcome"] if judged else "",
        "word": StepOutcome(side["outcome"]).label if judged else "",
        "marginal": side["marginal"],
    }


def _largest(columns: list[Facts] | None) -> str:
    """Of two curves: how far apart they are at most, in each column."""
    apart = [column for column in columns or [] if column["difference"]]
    if columns is not None and not apart:
        return "0"
    texts = [f"{column['name']} {value_text(column['difference'], column['unit'])}" for column in apart]
    return _("at most %(differences)s") % {"differences": ", ".join(texts)} if texts else ""


def _parameter(row: Facts) -> Row:
    def shown(side: Facts | None) -> str:
        if side is None:
            return NOTHING
        if side["changed"]:
            return change_text(side["value"], side["now"], row["unit"])
        return value_text(side["value"], row["unit"])

    return {**row, "a": shown(row["a"]), "b": shown(row["b"])}


def _limits(row: Facts) -> Row:
    texts = {side: limits_text(row[side], (row[side] or {}).get("unit", "")) or NOTHING for side in ("a", "b")}
    return {**row, **texts}


def _plain(row: Facts) -> Row:
    return {**row, "a": value_text(row["a"]), "b": value_text(row["b"])}


def _used(row: Facts) -> Row:
    names = {
        "sequence": (_("Sequence"), ""),
        "version": (_("Version"), ""),
        "sha256": (_("Checksum of the package"), ""),
        "package": (_("Package"), ""),
        "station": (_("Station"), ""),
        "slot": (_("Slot"), ""),
        "subject": (_("Subject"), ""),
        "stop_grace_s": (_("Time to stop"), "s"),
        "term_grace_s": (_("Time after SIGTERM"), "s"),
        "deadline_grace_s": (_("Time after a deadline"), "s"),
        "restarts_left": (_("Automatic restarts left"), ""),
        "memory_mb": (_("Memory"), "MiB"),
        "cpu_s": (_("CPU time"), "s"),
        "wall_s": (_("Wall time"), "s"),
        "files": (_("Open files"), ""),
        "output_mb": (_("Output"), "MiB"),
        "spool_mb": (_("Story"), "MiB"),
    }
    name, unit = names.get(row["name"], (row["name"], ""))
    return {**row, "name": name, "a": value_text(row["a"], unit), "b": value_text(row["b"], unit)}


def _driver(row: Facts) -> list[Row]:
    """A line for each thing that is known of the instrument that plays a role."""
    words = {"name": _("Instrument"), "driver": _("Driver"), "version": _("Version"), "resource": _("Address")}
    a, b = row["a"] or {}, row["b"] or {}
    return [
        {
            "name": f"{row['name']} · {words.get(key, key)}",
            "a": value_text(a.get(key)),
            "b": value_text(b.get(key)),
            "differs": a.get(key) != b.get(key),
        }
        for key in {**a, **b}
    ]
