"""How findings read: in colour on a terminal, line by line in a file or pipe, as JSON for machines."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from control import __version__
from control.management.doctor.finding import Finding, Level

MARKS = {Level.OK: ("✓ ok", "green"), Level.ATTENTION: ("! attention", "yellow"), Level.WRONG: ("✗ wrong", "bold red")}
WORST_FIRST = (Level.WRONG, Level.ATTENTION, Level.OK)

Told = tuple[str, list[Finding]]


def worst(told: Iterable[Told]) -> Level:
    levels = {finding.level for _, findings in told for finding in findings}
    return next((level for level in WORST_FIRST if level in levels), Level.OK)


def show(told: list[Told], out: TextIO) -> None:
    console = Console(file=out, highlight=False)
    if console.is_terminal:
        console.print(_table(told))
    else:
        out.writelines(_lines(told))
    console.print(Text(_verdict(told), MARKS[worst(told)][1]))


def _table(told: list[Told]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for topic, findings in told:
        for at, finding in enumerate(findings):
            mark, style = MARKS[finding.level]
            said = Text(finding.text, "" if finding.level == Level.OK else style)
            if finding.remedy:
                said.append(f"\n→ {finding.remedy}", "default")
            table.add_row(Text(mark, style), topic if at == 0 else "", said)
    return table


def _lines(told: list[Told]) -> Iterable[str]:
    """One finding per line, to be searched: level, topic, what it is, what to do."""
    for topic, findings in told:
        for finding in findings:
            remedy = f" -> {finding.remedy}" if finding.remedy else ""
            yield f"{finding.level:<10} {topic:<18} {finding.text}{remedy}\n"


def _verdict(told: list[Told]) -> str:
    levels = [finding.level for _, findings in told for finding in findings]
    wrong, attention = levels.count(Level.WRONG), levels.count(Level.ATTENTION)
    if not wrong and not attention:
        return "All is well."
    things = "1 thing needs" if attention == 1 else f"{attention} things need"
    return ", ".join([*([f"{wrong} wrong"] if wrong else []), *([f"{things} attention"] if attention else [])]) + "."


def as_json(told: list[Told]) -> str:
    findings = [
        {"topic": topic, "level": finding.level, "text": finding.text, "remedy": finding.remedy}
        for topic, found in told
        for finding in found
    ]
    about = {"version": __version__, "host": socket.gethostname(), "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    return json.dumps({**about, "level": worst(told), "findings": findings}, indent=1, ensure_ascii=False)
