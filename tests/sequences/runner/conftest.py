"""A runner as a real process, with the test in the place of its guard."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sequences.catalogue import read_package

ROOT = Path(__file__).resolve().parents[3]

PACKAGE = """
import logging, os, signal, sys, time
from sequences.authoring import Run, sequence, step, teardown

@sequence
class Example:
    @step
    def work(self, run: Run) -> None:
        {body}

    @teardown
    def tidy(self, run: Run) -> None:
        run.log("tidy")
"""


class GuardedRunner:
    """One runner, from its start to its exit code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sequences.runner", str(theirs.fileno())], cwd=ROOT, pass_fds=(theirs.fileno(),)
        )
        theirs.close()
        self.spool = folder / "run.jsonl"
        self.spool.touch()
        self.bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.bell.bind(str(folder / "bell"))
        assert self.socket.recv(100) == b"r"

    def run(self, body: str, manifest: str = "", **changes: Any) -> None:
        package = self.folder / "example"
        package.mkdir()
        (package / "manifest.yaml").write_text("name: example\nversion: 1.0.0\n" + manifest)
        (package / "sequence.py").write_text(PACKAGE.format(body=body))
        found = read_package(package)
        assert not found.problems, found.problems
        job = {
            "run": str(uuid.uuid4()),
            "package": str(package),
            "sha256": found.sha256,
            "parameters": {},
            "limits": {},
            "subject": "",
            "stop_grace_s": 1.0,
            "term_grace_s": 1.0,
            "deadline_grace_s": 1.0,
            "resources": {},
            "spool_limit": 10_000_000,
            "instruments": {},
            **changes,
        }
        self.send({"do": "run", "job": job, "spool": str(self.spool), "bell": str(self.folder / "bell")})

    def send(self, message: dict[str, Any]) -> None:
        self.socket.send(json.dumps(message).encode())

    def verdict(self) -> dict[str, Any]:
        while (message := self.socket.recv(200_000))[:1] != b"v":
            assert message, "the runner ended without a verdict"
        assert self.process.wait(5) == 0
        return json.loads(message[1:])

    def lines(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.spool.read_text().splitlines()) if line["k"] == kind]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.close()
        self.bell.close()


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[GuardedRunner]:
    made = GuardedRunner(tmp_path)
    yield made
    made.close()
