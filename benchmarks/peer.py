"""Programs of others that do the same work, in an environment of their own: their requirements never meet ours."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PYTHON = Path(sys.prefix) / "peers" / "bin" / "python"
# Each is a script that takes the number of steps and the file for its record, and prints the seconds that they took.
LOOPS = {
    "OpenHTF": Path(__file__).with_name("openhtf_loop.py"),
    "pytest": Path(__file__).with_name("pytest_loop.py"),
    "Robot": Path(__file__).with_name("robot_loop.py"),
}


@dataclass(frozen=True)
class PeerRun:
    executed_s: float  # executing the steps and writing the record
    process_s: float  # the whole process


def run_peer(name: str, steps: int) -> PeerRun:
    """Run the trivial step in one of `LOOPS`. Raises RuntimeError when it is not there or fails."""
    if not PYTHON.exists():
        raise RuntimeError("The peers are not installed: start the benchmarks with `make bench`.")
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [str(PYTHON), str(LOOPS[name]), str(steps), f"{folder}/record"]
        done = subprocess.run(command, capture_output=True, text=True)
        process_s = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return PeerRun(float(done.stdout.splitlines()[-1]), process_s)
