"""A peer: the same trivial step in pytest, recorded in its JUnit XML. Runs in the environment of the peers.

`python pytest_loop.py STEPS FILE` prints the seconds that execution and record took, without the start of the process.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

TESTS = """
import pytest


@pytest.mark.parametrize("cycle", range({steps}))
def test_count(cycle, record_property):
    record_property("cycle", cycle)
    assert cycle >= 0
"""


def main(steps: int, file: str) -> None:
    tests = Path(file).with_name("test_loop.py")
    tests.write_text(TESTS.format(steps=steps))
    began = time.perf_counter()
    status = pytest.main(
        ["-qq", "--no-header", "--no-summary", "-p", "no:cacheprovider", f"--junitxml={file}", str(tests)]
    )
    took_s = time.perf_counter() - began
    if status:
        raise SystemExit("pytest's tests did not pass")
    print(f"\n{took_s}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
