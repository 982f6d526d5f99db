from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from stations.safety.spool_end import append, create_spool, is_over


def test_spool_is_created_once(tmp_path: Path):
    create_spool(tmp_path / "run.jsonl")
    with pytest.raises(FileExistsError):
        create_spool(tmp_path / "run.jsonl")


def test_line_gets_its_time_unless_it_has_one(tmp_path: Path):
    create_spool(spool := tmp_path / "run.jsonl")
    append(spool, [{"k": "ladder", "at": 5.0}, {"k": "safe_state"}])
    first, second = [json.loads(line) for line in spool.read_text().splitlines()]
    assert first == {"k": "ladder", "at": 5.0}
    assert second["at"] > 1e9


def test_torn_line_is_closed_first(tmp_path: Path):
    (spool := tmp_path / "run.jsonl").write_text('{"k":"lo')
    append(spool, [{"k": "batch.ended", "at": 1.0}], last=True)
    assert spool.read_text() == '{"k":"lo\n{"k":"batch.ended","at":1.0}\n'


def test_last_lines_that_did_not_fit_are_written_once_by_the_next_try(tmp_path: Path):
    create_spool(spool := tmp_path / "run.jsonl")
    append(spool, [{"k": "log"}])
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (spool.stat().st_size + 60, unlimited[1]))
    try:
        with pytest.raises(OSError, match="is the disk full"):
            append(spool, [{"k": "safe_state"}, {"k": "batch.ended"}], last=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    append(spool, [{"k": "safe_state"}, {"k": "batch.ended"}], last=True)
    assert [json.loads(line)["k"] for line in spool.read_text().splitlines()] == ["log", "safe_state", "batch.ended"]


def test_spool_is_over_with_its_last_whole_line(tmp_path: Path):
    spool = tmp_path / "run.jsonl"
    for text, over in (
        ("", False),
        ('{"k":"log"}\n', False),
        ('{"k":"batch.ended"', False),
        ('{"k":"log"}\n{"k":"batch.ended","at":1}\n', True),
    ):
        spool.write_text(text)
        assert is_over(spool) is over
