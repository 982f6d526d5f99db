"""Whether what Gwanje runs on is there, in the versions that it was tried with."""

from __future__ import annotations

import platform
import re
import sqlite3
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from control import __version__
from control.management.doctor.finding import Finding, Level, attention, good, wrong

REQUIREMENTS = Path(__file__).resolve().parents[3] / "requirements.txt"
# `psycopg[binary,pool]>=3.2,<4`
REQUIREMENT = re.compile(r"(?P<name>\w[\w.-]*)(?:\[[\w,-]*\])?(?P<range>(?:[<>=]+[\w.]+,?)*)")
CLAUSE = re.compile(r"(?P<sign>>=|<)(?P<version>[\w.]+)")
INSTALL = "Run `make start`, or: .venv/bin/python -m pip install -r requirements.txt"


def look_at_software() -> Iterator[Finding]:
    system = platform.system()
    about = f"Gwanje {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {system}"
    if system == "Linux":
        yield good(about)
    else:
        yield attention(about, "Gwanje is made for Linux; elsewhere guards and wardens cannot keep their promises.")
    yield from look_at_dependencies()


def look_at_dependencies(requirements: Path = REQUIREMENTS) -> Iterator[Finding]:
    """Compare what is installed with the ranges of requirements.txt."""
    try:
        lines = requirements.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        yield attention(f"{requirements} cannot be read: {error.strerror}.", "Versions were not compared.")
        return
    wanted = (line.partition("#")[0].strip() for line in lines)
    found = [_look_at_line(line) for line in wanted if line and not line.startswith("-")]
    bad = [finding for finding in found if finding.level != Level.OK]
    yield from bad or [good(f"{len(found)} dependencies are installed, all in the versions they should have")]


def _look_at_line(line: str) -> Finding:
    match = REQUIREMENT.match(line)
    if match is None:
        return attention(f"{line!r} in requirements.txt is no dependency.", "Its version was not compared.")
    name, wanted = match["name"], match["range"]
    try:
        installed = version(name)
    except PackageNotFoundError:
        return wrong(f"{name} is not installed.", INSTALL)
    if all(_holds(installed, clause) for clause in CLAUSE.finditer(wanted)):
        return good(f"{name} {installed}")
    return attention(f"{name} is {installed}, but {wanted} was asked for.", INSTALL)


def _holds(installed: str, clause: re.Match[str]) -> bool:
    found, limit = _numbers(installed), _numbers(clause["version"])
    return found >= limit if clause["sign"] == ">=" else found < limit


def _numbers(text: str) -> tuple[int, ...]:
    """`5.2.0rc1` → (5, 2): what a release is compared by."""
    release = re.match(r"\d+(?:\.\d+)*", text)
    numbers = [int(part) for part in release[0].split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
