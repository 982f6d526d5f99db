"""How the record of a run reads: in one line where little room is, and as a story that says where it went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sequences.limit_words import limits_text
from stations.contracts import Verdict

Line = Mapping[str, Any]

# Beyond this a failing assertion is not read any more.
MOST_LINES = 200


def one_line(sequence: str, outcomes: Mapping[str, str], verdict: Verdict | None) -> str:
    """`hello_board FAIL: Step 'measure' failed: … (power_on PASS, measure FAIL, power_off PASS)`."""
    steps = ", ".join(f"{name} {outcome}" for name, outcome in outcomes.items()) or "no step"
    return f"{_heading(sequence, verdict)} ({steps})"


def tell_story(sequence: str, lines: Iterable[Line], verdict: Verdict | None) -> str:
    """The heading, then every step with what it measured and told below it."""
    told: list[str] = []
    inside: list[str] = []
    for line in lines:
        if line["k"] == "step.ended":
            told += [_step(line), *inside]
            inside = []
        else:
            inside += _told(line)
    told += inside
    left_out = len(told) - MOST_LINES
    if left_out > 0:
        told = [f"  … {left_out} lines before", *told[left_out:]]
    return "\n".join([_heading(sequence, verdict), *told])


def _heading(sequence: str, verdict: Verdict | None) -> str:
    if verdict is None:
        return f"{sequence} has no verdict"
    outcome = verdict["outcome"] if verdict["outcome"] != "NONE" else verdict["ending"].upper()
    return f"{sequence} {outcome}: {verdict['message']}".strip()


def _step(line: Line) -> str:
    again = " (tried again)" if line["retrying"] else ""
    message = f"   {line['message']}" if line["message"] else ""
    return f"  {line['outcome']:<8}{line['name']}{again}   {line['duration_ms']:.0f} ms{message}"


def _told(line: Line) -> Iterator[str]:
    kind = line["k"]
    if kind == "measurement":
        judged = "" if line["outcome"] == "NONE" else f"   {line['outcome']}"
        limits = f"   {limits_text(line['limits'], line['unit'])}" if line["limits"] else ""
        yield f"            {line['name']} = {_value(line)}{judged}{limits}"
    elif kind == "log":
        yield f"            {line['level']} {line['message']}"
    elif kind == "error" and line["step"] is None:  # that of a step is the message of the step
        yield f"  {line['exception']}: {line['message']}"
    elif kind in ("control", "batch.paused", "batch.resumed"):
        yield f"  {line['word']}: {line['message']}"
    elif kind in ("manual.begun", "manual.ended"):
        yield f"  {line['message']}"


def _value(line: Line) -> str:
    if line["type"] == "curve":
        return f"a curve of {len(line['value']['rows'])} points"
    return f"{line['value']!r} {line['unit']}".rstrip()
