"""The file with what became of every item."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequences.items.results import ItemResult, KnownResults, read_results, write_line

FACTS = {
    "index": 4,
    "path": "ä/4.png",
    "side": "dataset",
    "size": 12,
    "sha256": "ab",
    "media_type": "image/png",
    "width": 3,
    "height": None,
    "ok": True,
    "result": {"line": "one\ntwo"},
    "error": "",
}


def test_what_is_written_is_read(tmp_path: Path):
    lines = [FACTS, {**FACTS, "index": 5, "ok": False, "error": "no", "thumbnail": "/t/5.jpg"}, FACTS]
    (tmp_path / "look.jsonl").write_text("".join(map(write_line, lines)))
    first, second, _ = read_results(tmp_path / "look.jsonl")
    assert first == ItemResult(**FACTS)
    assert (second.index, second.ok, second.error, second.thumbnail) == (5, False, "no", Path("/t/5.jpg"))


def test_steps_are_known_by_name(tmp_path: Path):
    (tmp_path / "look.jsonl").write_text(write_line(FACTS))
    known = KnownResults({})
    known.add("look", str(tmp_path / "look.jsonl"))
    assert [found.index for found in known.read("look")] == [4]
    with pytest.raises(ValueError, match=r"no step over items named 'see' has ended before this one \(ended: look\)"):
        known.read("see")
    with pytest.raises(ValueError, match=r"\(ended: none\)"):
        KnownResults({}).read("look")
