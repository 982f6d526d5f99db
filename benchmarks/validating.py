"""Checking packages: a hundred of them, beside compiling the same files to bytecode."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from benchmarks.figures import Figure, Goal, Peer, figure_table
from sequences.catalogue import find_packages
from sequences.validator import validate
from tests.installations import HOUSE, Installation

PACKAGES = 100
RUNS = 9
LIKE = HOUSE / "sequences" / "packages" / "board_test"
GOAL = Goal(1000.0)
READ_AGAIN = Goal(50.0)
LONG_AGO = (1_700_000_000, 1_700_000_000)


def measure(station: Installation) -> Table:
    folder = Path(tempfile.mkdtemp(prefix="gwanje-bench-packages-"))
    try:
        packages = [_write(folder / f"{LIKE.name}_{number}") for number in range(PACKAGES)]
        sources = [str(package / "sequence.py") for package in packages]
        validated = _times(lambda: [_check(package) for package in packages])
        compiled = _times(lambda: [py_compile.compile(source, doraise=True) for source in sources])
        read_again = _times(lambda: find_packages([folder]))
        checking = _times(lambda: _run("manage.py", "check_sequences", str(folder), cwd=HOUSE, station=station))
        compiling = _times(lambda: _run("-m", "py_compile", *sources, cwd=folder, station=station))
    finally:
        shutil.rmtree(folder)
    what = f"{PACKAGES} packages"
    figures = [
        Figure(f"{what} validated", validated, "ms", GOAL),
        Figure(f"{what} validated", validated, "ms", Peer(_median(compiled), "py_compile")),
        Figure(f"catalogue of {what} looked up again", read_again, "ms", READ_AGAIN),
        Figure("check_sequences, whole process", checking, "ms", Peer(_median(compiling), "python -m py_compile")),
    ]
    return figure_table("Validator", figures)


def _write(package: Path) -> Path:
    shutil.copytree(LIKE, package, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = package / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace(f"name: {LIKE.name}", f"name: {package.name}"))
    for file in package.iterdir():
        os.utime(file, LONG_AGO)  # what has just been written is read anew each time
    return package


def _check(package: Path) -> None:
    problems = validate(package)[1]
    if problems:
        raise RuntimeError("\n".join(map(str, problems)))


def _run(*arguments: str, cwd: Path, station: Installation) -> None:
    subprocess.run([sys.executable, *arguments], cwd=cwd, env=station.environment, check=True, capture_output=True)


def _times(work: Callable[[], object]) -> list[float]:
    """Milliseconds. The first run warms up and does not count."""
    taken = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken[1:]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
