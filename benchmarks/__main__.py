"""`python -m benchmarks [NAME …] [--database KIND]`: measures on a station of its own and prints tables."""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module

from rich.console import Console

from benchmarks.station import DATABASES, running_station

WIDTH = 160
# Imported once the station's settings are known: Django reads them at the first import of a model.
BENCHMARKS = {
    "footprint": "benchmarks.footprint",
    "submit": "benchmarks.submitting",
    "emergency": "benchmarks.emergency",
    "overhead": "benchmarks.overhead",
    "import": "benchmarks.importing",
    "sockets": "benchmarks.sockets",
    "validate": "benchmarks.validating",
    "chunks": "benchmarks.chunks",
}
# On a station of its own, with more lanes than the others have.
ALONE = {"chunks": "4"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--database", choices=DATABASES, help="default: one after the other")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))} (known: {', '.join(BENCHMARKS)})")
    databases = DATABASES if options.database is None else (options.database,)
    runs = [(group, database) for database in databases for group in _groups(options.names or list(BENCHMARKS))]
    if len(runs) == 1:
        run(*runs[0])
        return 0
    # A process of its own for each: Django knows one database from its beginning to its end.
    command = [sys.executable, "-m", "benchmarks"]
    return max(subprocess.run([*command, *names, "--database", database]).returncode for names, database in runs)


def _groups(names: list[str]) -> list[list[str]]:
    """What can be measured on one station."""
    together = [name for name in names if name not in ALONE]
    return [*([together] if together else []), *([name] for name in names if name in ALONE)]


def run(names: list[str], database: str) -> None:
    """Print each table as soon as it is there."""
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)  # a pipe has no width, and a cut table no use
    console.rule(f"Gwanje on {database}")
    with running_station(database, ALONE.get(names[0])) as station:
        for name in names:
            console.print(import_module(BENCHMARKS[name]).measure(station))


if __name__ == "__main__":
    sys.exit(main())
