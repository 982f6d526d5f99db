"""What a doctor said, to be compared."""

from __future__ import annotations

import json
from collections.abc import Iterable
from subprocess import CompletedProcess
from typing import Any

from control.management.doctor.finding import Finding


def levels(found: Iterable[Finding]) -> list[str]:
    return [finding.level.value for finding in found]


def findings(done: CompletedProcess[str], topic: str) -> list[dict[str, Any]]:
    """What `doctor --json` has found of a topic."""
    return [finding for finding in json.loads(done.stdout)["findings"] if finding["topic"] == topic]


def level_of(done: CompletedProcess[str], topic: str) -> list[str]:
    return [finding["level"] for finding in findings(done, topic)]
