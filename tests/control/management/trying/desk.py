"""An author's desk: an installation without a database, and small packages to try."""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import dedent, indent

from tests.installations import Installation
from tests.stations.bench.running_bench import RunningBench
from tests.terminals import Terminal

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/none"
HEADER = """\
import ctypes, os, signal, time
from sequences.authoring import Run, sequence, setup, step, teardown

@sequence
class Sample:
"""
# Switches on, works, switches off.
HARDWARE = """\
@setup
def switch_on(self, run):
    run.instruments.supply.set("voltage", 5.0)
    run.instruments.supply.set("output", True)

@step{options}
def work(self, run):
    run.log("working")
    {work}

@teardown
def switch_off(self, run):
    run.instruments.supply.set("output", False)
"""
SUPPLY = "instruments: {supply: powers the board}"
DEADLOCK = "libc = ctypes.PyDLL(None); m = ctypes.create_string_buffer(64); [libc.pthread_mutex_lock(m) for _ in 'ab']"


class Desk:
    """Commands in a folder of one's own."""

    def __init__(self, folder: Path) -> None:
        self.installation = Installation(folder, NO_DATABASE)
        self.folder = folder
        self.packages = folder / "packages"
        self.installation.environment |= {"GWANJE_SEQUENCE_DIRS": str(self.packages), "LANG": "C.UTF-8"}

    def package(self, steps: str, manifest: str = "", name: str = "sample") -> str:
        package = self.packages / name
        package.mkdir(parents=True, exist_ok=True)
        (package / "manifest.yaml").write_text(f'name: {name}\nversion: "1.0"\ntitle: A sample\n{dedent(manifest)}\n')
        (package / "sequence.py").write_text(HEADER + indent(dedent(steps), "    "))
        return name

    def hardware(self, work: str, options: str = "", manifest: str = SUPPLY) -> str:
        return self.package(HARDWARE.format(work=work, options=options), manifest)

    def manage(self, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
        return self.installation.manage(*arguments, stdin=subprocess.DEVNULL, **options)

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.manage("try_sequence", *arguments)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return self.installation.start("try_sequence", *arguments, stdin=subprocess.DEVNULL)

    def terminal(self, *arguments: str, columns: int = 100) -> Terminal:
        environment = self.installation.environment
        return Terminal("try_sequence", *arguments, environment=environment, folder=self.folder, columns=columns)

    def with_real_instruments(self, bench: RunningBench) -> None:
        """A station file that calls the instruments of a running bench real."""
        told = [line for line in bench.station_file.read_text().splitlines() if "simulation:" not in line]
        self.installation.station_file.write_text("\n".join(told))
