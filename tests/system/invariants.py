"""What must hold whatever has been killed: read with the plain driver, compared with the spools and the bench."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from stations.safety import client
from tests.installations import wait_until
from tests.system.running_station import WORDS, RunningStation, as_time, command_of, parent_of

LEGAL_ENDS = {
    ("COMPLETED", "PASS"), ("COMPLETED", "FAIL"), ("FAILED", "ERROR"), ("FAILED", "TIMEOUT"),
    ("STOPPED", "NONE"), ("ABORTED", "NONE"), ("CRASHED", "ERROR"),
}  # fmt: skip
LIVE = "('QUEUED', 'RUNNING', 'PAUSED')"


def check_invariants(station: RunningStation, within_s: float = 15, stories: Collection[str] | None = None) -> None:
    """Wait until nothing lives any more, then every promise about rows, stories and outputs. The bench must run.

    `stories`: only those of these batches.
    """
    query = station.installation.query
    sql = f"SELECT id, state FROM control_batch WHERE state IN {LIVE}"
    wait_until(lambda: not query(sql), within_s, "the end of every batch")
    ends = query("SELECT state, outcome, id FROM control_batch")
    assert [end for end in ends if end[:2] not in LEGAL_ENDS] == []
    assert query("SELECT batch_id, name, state FROM control_step WHERE state <> 'ENDED'") == []
    assert query("SELECT batch_id, key FROM control_prompt WHERE state = 'WAITING'") == []
    assert query("SELECT id FROM control_batch WHERE open_prompt <> ''") == []
    assert query("SELECT holder FROM stations_lease") == []
    assert query("SELECT kind FROM control_controlevent WHERE batch_id IS NOT NULL AND delivered_at IS NULL") == []
    check_streams(station)
    for batch in (str(UUID(str(batch))) for _state, _outcome, batch in ends):
        if stories is None or batch in stories:
            check_story(station, UUID(batch))
    wait_until(lambda: not station.bench.left_on(), 5, "outputs that are off")


def check_processes(station: RunningStation) -> None:
    """One owner for everything, and nobody without a parent. The station must be calm."""
    wait_until(lambda: not orphans(station), 5, f"the end of those without a parent: {orphans(station)}")
    commands = [command_of(pid) for pid in station.pids("stations.safety.guard")]
    assert sorted(command.split()[-1] for command in commands) == sorted(client.slots_known(station.paths))
    assert [len(station.pids(WORDS.get(who, who))) for who in ("warden", "cluster", "housekeeping")] == [1, 2, 1]


def orphans(station: RunningStation) -> dict[int, str]:
    """Whoever lost its parent became a child of the test."""
    found = {pid for pid in station.installation.processes() if parent_of(pid) == os.getpid()}
    return {pid: command_of(pid) for pid in found - station.started}


def check_streams(station: RunningStation) -> None:
    """Every stream is numbered from its first number to its last, without a gap; only those of nobody get shorter."""
    sql = (
        "SELECT s.name, s.first_seq, s.last_seq, COUNT(e.id), COALESCE(MIN(e.seq), s.first_seq), "
        "COALESCE(MAX(e.seq), s.first_seq - 1) FROM control_stream s LEFT JOIN control_event e ON e.stream_id = s.id "
        "GROUP BY s.id, s.name, s.first_seq, s.last_seq"
    )
    for name, first, last, count, lowest, highest in station.installation.query(sql):
        assert (name, lowest, highest, count) == (name, first, last, last - first + 1)
        assert first == 1 or name in ("board", "alerts", "safety")


def check_story(station: RunningStation, batch: UUID) -> None:
    """Every line of a spool is exactly one event, in the same order and with the same content."""
    told = [event for event in _events(station, batch) if not _is_of_the_control_side(*event)]
    written = station.spool(str(batch))
    assert [_shape(line) for line in written] == [
        (kind, None if kind == "torn" else at, message) for kind, at, message, _ in told
    ]
    assert [line["k"] for line in written].count("batch.ended") == (1 if written else 0)


def _events(station: RunningStation, batch: UUID) -> list[tuple[str, datetime, str, dict[str, Any]]]:
    sql = (
        "SELECT e.kind, e.at, e.message, e.data FROM control_event e JOIN control_stream s ON s.id = e.stream_id "
        f"WHERE s.name = 'batch/{batch}' ORDER BY e.seq"
    )
    return [(kind, as_time(at), message, _data(data)) for kind, at, message, data in station.installation.query(sql)]


def _is_of_the_control_side(kind: str, _at: datetime, _message: str, data: dict[str, Any]) -> bool:
    """Queued, asked, pressed, never started: lines that no runner and no guard has written."""
    return kind == "batch.queued" or (kind == "control" and "word" not in data) or data.get("why") == "never started"


def _shape(line: dict[str, Any]) -> tuple[str, datetime | None, str]:
    if line["k"] == "torn":
        return "torn", None, "a line cut in two"
    return line["k"], datetime.fromtimestamp(line["at"], UTC), line.get("message") or ""


def _data(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found
