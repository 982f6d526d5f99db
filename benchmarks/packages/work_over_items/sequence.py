"""The same work as `benchmarks.pool`, which does it without a station."""

from __future__ import annotations

import hashlib
import time

from sequences.authoring import Item, ItemRun, sequence, step


@sequence
class WorkOverItems:
    @step(items=True)
    def work(self, run: ItemRun, item: Item) -> dict[str, str]:
        content = item.read_bytes()
        seconds = run.parameters.item_ms / 1000
        if run.parameters.kind == "waiting":
            time.sleep(seconds)
        else:
            until = time.thread_time() + seconds
            while time.thread_time() < until:
                content = hashlib.sha256(content).digest()
        return {"sha256": hashlib.sha256(content).hexdigest()}
