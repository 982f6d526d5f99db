"""A peer: the same trivial step in Robot Framework, recorded in its output.xml. Runs in the environment of the peers.

`python robot_loop.py STEPS FILE` prints the seconds that execution and record took, without the start of the process.
"""

from __future__ import annotations

import sys
import time

from robot.api import TestSuite


def main(steps: int, file: str) -> None:
    suite = TestSuite("loop")
    for number in range(steps):
        suite.tests.create(f"count {number}").body.create_keyword("Should Be True", args=[f"{number} >= 0"])
    began = time.perf_counter()
    result = suite.run(output=file, console="none")
    took_s = time.perf_counter() - began
    if result.return_code:
        raise SystemExit("Robot Framework's suite did not pass")
    print(took_s)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
