"""A bare pool of processes that does what the sequence `work_over_items` does: no record, no retry, no control.

`python -m benchmarks.pool KIND ITEM_MS LANES FOLDER` prints the seconds and the processor seconds that it took.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import resource
import sys
import time
from functools import partial
from pathlib import Path


def work(kind: str, seconds: float, file: Path) -> str:
    content = file.read_bytes()
    if kind == "waiting":
        time.sleep(seconds)
    else:
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            content = hashlib.sha256(content).digest()
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    kind, item_ms, lanes, folder = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    began = time.monotonic()
    files = sorted(folder.iterdir())
    with multiprocessing.Pool(lanes) as pool:
        done = sum(1 for _ in pool.imap_unordered(partial(work, kind, item_ms / 1000), files, chunksize=10))
    took_s = time.monotonic() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_s = sum(one.ru_utime + one.ru_stime for one in used)
    print(done, took_s, cpu_s)


if __name__ == "__main__":
    main()
