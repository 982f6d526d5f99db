"""Goes over files: some are bad, some kill their process or hang, pictures are opened."""

from __future__ import annotations

import ctypes
import faulthandler
import time
from typing import Any

from sequences.authoring import BadItem, Item, ItemRun, Run, sequence, step


@sequence
class OverItems:
    @step(items=True)
    def look(self, run: ItemRun, item: Item) -> dict[str, Any]:
        run.stage("read")
        content = item.read_bytes()
        time.sleep(run.parameters.item_ms / 1000)
        if b"segfault" in content:
            faulthandler.disable()
            ctypes.string_at(0)
        if b"hang" in content:
            while True:
                time.sleep(1)
        if content.startswith(b"bad"):
            raise BadItem("it says so itself")
        if item.path.endswith(".txt"):
            return {"number": int(content)}
        run.stage("decode")
        with item.open_image() as picture:
            return {"number": picture.width}

    @step
    def summarise(self, run: Run) -> None:
        seen = list(run.items("look"))
        run.result = {
            "indexes": [item.index for item in seen],
            "failed": [item.path for item in seen if not item.ok],
            "sum": sum(item.result["number"] for item in seen if item.ok),
        }
