"""`python -m tests.faults`: the whole matrix on both databases, and its page. `make faults` calls it."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.faults.reliability import DATABASES, FIGURES, PAGE, milliseconds, write_page
from tests.installations import HOUSE

# The page is written afterwards: a new row is not on it yet.
STALE = "tests/faults/test_matrix.py::test_published_page_shows_every_cell"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description="Try every ending of every activity.")
    parser.add_argument("--database", choices=tuple(DATABASES), help="only this one")
    parser.add_argument("--repeat", type=int, default=1, help="how often each cell is tried")
    parser.add_argument("-k", dest="only", help="some cells, as pytest chooses them; the page then stays as it is")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gwanje-faults-") as folder:
        file = Path(folder) / "measured.jsonl"
        file.touch()
        codes = [_try(database, chosen, file) for database in DATABASES if chosen.database in (None, database)]
        measured = [json.loads(line) for line in file.read_text().splitlines()]
    for one in measured:
        sys.stdout.write(_line(one) + "\n")
    if not chosen.only:
        failed = write_page(measured)
        sys.stdout.write(f"{PAGE.relative_to(HOUSE)} is written; {failed} cells failed or are missing.\n")
    return max(codes)


def _try(database: str, chosen: argparse.Namespace, measured: Path) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "tests/faults", "--cells=all", f"--database={database}"]
    command += [f"--repeat={chosen.repeat}", f"--measured={measured}", *(["-k", chosen.only] if chosen.only else [])]
    command += ["--deselect", STALE]
    sys.stdout.write(f"\n== {DATABASES[database]}\n")
    sys.stdout.flush()
    return subprocess.run(command, cwd=HOUSE).returncode


def _line(seen: dict[str, Any]) -> str:
    figures = "  ".join(f"{name} {milliseconds(seen[column]):>7}" for name, column in FIGURES.items())
    verdict = f"{seen['state']}/{seen['outcome']}"
    problems = "; ".join(seen["problems"])
    return f"{seen['database']:10}  {seen['ending'] + '-' + seen['activity']:34}  {verdict:17}  {figures}  {problems}"


if __name__ == "__main__":
    sys.exit(main())
