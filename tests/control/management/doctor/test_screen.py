"""How findings read: in colour on a terminal, and before anything is loaded when something is missing."""

from __future__ import annotations

import os
import pty
import subprocess
from io import StringIO
from pathlib import Path

import pytest

from control.management.doctor.finding import Finding, Level, attention, good, wrong
from control.management.doctor.screen import show, worst
from tests.control.conftest import Manage
from tests.installations import Installation

# As if a dependency had never been installed.
WITHOUT_RICH = """
import importlib.metadata as metadata
real = metadata.version
def version(name):
    if name == "rich":
        raise metadata.PackageNotFoundError(name)
    return real(name)
metadata.version = version
"""
SICK = wrong("no guard", "wait")


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([good("fine")], "All is well."),
        ([good("fine"), attention("dusty", "sweep")], "1 thing needs attention."),
        ([SICK, attention("dusty", "sweep"), attention("hot", "open")], "1 wrong, 2 things need attention."),
    ],
)
def test_last_line_counts_what_is_not_well(findings: list[Finding], verdict: str):
    out = StringIO()
    show([("house", findings)], out)
    assert out.getvalue().splitlines()[-1] == verdict


def test_line_has_level_topic_sentence_and_remedy():
    out = StringIO()
    show([("guards", [SICK])], out)
    assert out.getvalue().splitlines()[0].split(maxsplit=2) == ["wrong", "guards", "no guard -> wait"]


def test_worst_of_nothing_is_good():
    assert (worst([]), worst([("a", [good("x")]), ("b", [SICK])])) == (Level.OK, Level.WRONG)


def test_terminal_gets_marks_and_colours(tmp_path: Path):
    installed = Installation(tmp_path / "installed", f"sqlite:///{tmp_path}/installed/data/gwanje.sqlite3")
    installed.environment["TERM"] = "xterm"
    ours, theirs = pty.openpty()
    installed.manage("doctor", capture_output=False, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert shown.startswith("\x1b[32m✓ ok")


def test_missing_dependency_is_named_before_anything_is_loaded(manage: Manage, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_RICH)
    done = manage("doctor", PYTHONPATH=str(tmp_path))
    remedy = "Run `make start`, or: .venv/bin/python -m pip install -r requirements.txt"
    assert (done.returncode, done.stderr) == (1, f"wrong: rich is not installed. {remedy}\n")
