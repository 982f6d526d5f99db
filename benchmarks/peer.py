"""OpenHTF as the peer. It has an environment of its own, so that its requirements never meet ours."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PYTHON = Path(sys.prefix) / "openhtf" / "bin" / "python"
LOOP = Path(__file__).with_name("openhtf_loop.py")


@dataclass(frozen=True)
class PeerRun:
    executed_s: float  # executing the steps and writing the record
    process_s: float  # the whole process


def run_openhtf(steps: int) -> PeerRun:
    """Run the trivial step in OpenHTF. Raises RuntimeError when it is not there or fails."""
    if not PYTHON.exists():
        raise RuntimeError("OpenHTF is not installed: start the benchmarks with `make bench`.")
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [str(PYTHON), str(LOOP), str(steps), f"{folder}/record.json"]
        done = subprocess.run(command, capture_output=True, text=True)
        process_s = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"OpenHTF failed:\n{done.stderr}")
    return PeerRun(float(done.stdout.splitlines()[-1]), process_s)
