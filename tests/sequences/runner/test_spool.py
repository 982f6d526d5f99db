"""Each line by one write; a full disk or a limit is said, not swallowed."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from pathlib import Path

import pytest

from sequences.host import SpoolFull
from sequences.runner.spool import Spool


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "run.jsonl").touch()
    return tmp_path / "run.jsonl"


def test_line_is_compact_json_with_kind_and_time_first(file: Path):
    with closing(Spool(file, 100_000, file)) as spool:
        spool.emit("log", message="Gerät 전압\ud800", path=Path("/x"))
    line = file.read_text()
    assert list(json.loads(line)) == ["k", "at", "message", "path"]
    assert line.startswith('{"k":"log","at":') and "Gerät 전압?" in line


def test_lines_beyond_the_limit_raise_but_use_the_reserve(file: Path):
    with closing(Spool(file, 1_000, file)) as spool:
        spool.emit("log", message="x" * 300)
        for _ in range(2):
            with pytest.raises(SpoolFull, match="exceeds"):
                spool.emit("log", message="y" * 200)
        assert len(file.read_text().splitlines()) == 3
        with pytest.raises(SpoolFull, match="1,000 bytes allowed"):
            spool.emit("log", message="z" * 900)
    assert file.stat().st_size < 1_000


def test_full_disk_is_a_full_spool():
    message = "No space left on device: the disk takes no more of this run"
    with closing(Spool(Path("/dev/full"), 100_000, Path("/nobody"))) as spool, pytest.raises(SpoolFull, match=message):
        spool.emit("log")


def test_supervisor_hears_of_the_end_of_a_step(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sequences.runner.spool.RING_EVERY_S", 60.0)
    bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with bell, closing(Spool(file, 100_000, tmp_path / "bell")) as spool:
        bell.bind(str(tmp_path / "bell"))
        bell.settimeout(2)
        spool.emit("log")
        spool.emit("step.ended")
        spool.emit("step.ended")
        assert bell.recv(10) == b""
        bell.settimeout(0.05)
        with pytest.raises(TimeoutError):
            bell.recv(10)
