"""A peer: the same trivial step in OpenHTF, recorded by its JSON output. Runs in the environment of the peers.

`python openhtf_loop.py STEPS FILE` prints the seconds that execution and record took, without the start of the process.
"""

from __future__ import annotations

import sys
import time

import openhtf as htf
from openhtf.output.callbacks import json_factory


def count(number: int) -> htf.PhaseDescriptor:
    @htf.PhaseOptions(name=f"count {number}")
    @htf.measures(htf.Measurement("cycle").in_range(minimum=0))
    def step(test: htf.TestApi) -> None:
        test.measurements.cycle = number

    return step


def main(steps: int, file: str) -> None:
    test = htf.Test(*[count(number) for number in range(steps)])
    test.add_output_callbacks(json_factory.OutputToJSON(file, indent=None))
    began = time.perf_counter()
    passed = test.execute(test_start=lambda: "benchmark")
    took_s = time.perf_counter() - began
    if not passed:
        raise SystemExit("OpenHTF's test did not pass")
    print(took_s)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
