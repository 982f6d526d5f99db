"""A thousand items, five of which are as bad as items can be: exactly these fail, each with its reason."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from sequences import trial
from sequences.items.results import read_results

STEPS = """
@setup
def load(self, run):
    from PIL import Image
    Image.init()  # takes long on a busy machine: not in the time of an item
@step(items=True, item_timeout_s=1)
def look(self, run, item):
    run.stage("decode")
    content = item.read_bytes()
    if b"segfault" in content:
        faulthandler.disable()
        ctypes.string_at(0)
    if b"hang" in content:
        while True: pass
    return item.open_image().size
@step
def summarise(self, run):
    run.result = {"completed": sum(each.ok for each in run.items("look"))}
"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """1,000 small pictures. Pillow reads what has more behind its end, and a comment of ours decides what happens."""
    made = tmp_path / "pictures"
    made.mkdir()
    Image.new("L", (4, 4), 9).save(made / "0000.png")
    content = (made / "0000.png").read_bytes()
    for number in range(1, 1000):
        (made / f"{number:04}.png").write_bytes(content)
    (made / "0111.png").write_bytes(content + b"segfault")
    (made / "0222.png").write_bytes(content + b"hang")
    (made / "0333.png").write_bytes(b"")
    (made / "0444.jpg").write_text("a text under another name")
    (made / "0444.png").unlink()
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    (made / "0555.png").write_bytes(content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:])
    return made


def test_only_bad_items_fail(write_over_items: Callable[..., Path], pictures: Path):
    record = trial.run(write_over_items(STEPS), items=pictures)
    found = list(read_results(record.folder / "look.jsonl"))
    assert len(found) == 1000
    assert {result.path: result.error for result in found if not result.ok} == {
        "0111.png": "its process died of it: signal SIGSEGV",
        "0222.png": "it took longer than its 1 s",
        "0333.png": "it is empty: 0 bytes",
        "0444.jpg": "it is no image, or of no format that can be read",
        "0555.png": ("it has 20000 × 20000 pixels, which are 400.0 million: 100 million are allowed (max_pixels)"),
    }
    assert record.steps[1]["message"] == "5 of 1000 items failed"
    assert record.verdict["result"] == {"completed": 995}
    tries = [failed["index"] for line in record.of_kind("chunk.ended") for failed in line["failed"]]
    assert (tries.count(111), tries.count(222), len(tries)) == (4, 4, 8)
