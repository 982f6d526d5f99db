"""Lines of a spool as runner and guard write them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from uuid_utils.compat import uuid7

AT = 1_760_000_000.0
Line = dict[str, Any]


def line(kind: str, **fields: Any) -> Line:
    return {"k": kind, "at": AT, **fields}


def started(*names: str) -> Line:
    plan = [{"index": index, "name": name, "group": "main", "repeat": 1} for index, name in enumerate(names)]
    return line("batch.started", plan=plan, total_steps=len(plan), drivers={"supply": {"name": "supply-1"}})


def step_started(step: int, name: str, attempt: int = 1) -> Line:
    return line("step.started", step=step, attempt=attempt, name=name, group="main")


def step_ended(step: int, name: str, outcome: str = "PASS", attempt: int = 1, **more: Any) -> Line:
    common = {"marginal": False, "duration_ms": 1.5, "retrying": False, "message": "", "result": None, "progress": 0.5}
    return line("step.ended", step=step, attempt=attempt, name=name, group="main", outcome=outcome, **common | more)


def measured(step: int, name: str, value: Any, attempt: int = 1, **more: Any) -> Line:
    common = {"type": "number", "unit": "V", "limits": {"maximum": 5}, "outcome": "PASS", "marginal": False}
    return line("measurement", step=step, attempt=attempt, name=name, value=value, **common | more)


def attached(step: int, name: str, attempt: int = 1, **more: Any) -> Line:
    common = {"media_type": "text/csv", "size": 4300, "sha256": hashlib.sha256(name.encode()).hexdigest()}
    place = {"id": str(uuid7()), "width": None, "height": None, "message": name}
    return line("attachment", step=step, attempt=attempt, name=name, **common | place | more)


def asked(step: int = 0, prompt: str = "p1", message: str = "How long?", **more: Any) -> Line:
    common = {"type": "number", "choices": [], "unit": "mm", "minimum": 1, "maximum": 9, "default": None}
    told = {"image": None, "timeout_s": None, **common, **more}
    return line("prompt.asked", step=step, attempt=1, prompt=prompt, message=message, **told)


def answered(value: Any, control: str, step: int = 0, prompt: str = "p1") -> Line:
    return line("prompt.answered", step=step, attempt=1, prompt=prompt, control=control, value=value, by="anna")


def unanswered(step: int = 0, prompt: str = "p1") -> Line:
    return line("prompt.closed", step=step, attempt=1, prompt=prompt, why="timeout")


def ended(why: str = "finished", ending: str = "completed", outcome: str = "PASS", **more: Any) -> Line:
    verdict = {"ending": ending, "outcome": outcome, "message": "", "cause": None, "marginal": False, "result": None}
    return line("batch.ended", why=why, exit_code=0, verdict=verdict if why == "finished" else None, safe=True, **more)


def whole_run() -> list[Line]:
    return [
        started("power_on", "measure"),
        step_started(0, "power_on"),
        step_ended(0, "power_on"),
        step_started(1, "measure"),
        measured(1, "rail", 3.3),
        step_ended(1, "measure"),
        ended(),
    ]


def write(path: Path, lines: Iterable[Line | bytes]) -> None:
    """Append lines to a spool; bytes go in as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as spool:
        for one in lines:
            spool.write(one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n")
