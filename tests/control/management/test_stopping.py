"""What is told of a stop, where not everything went well; the good end is told by the tests of whole stations."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from control.management.stopping import StopStory
from stations.contracts import SlotSettings
from stations.paths import StationPaths

pytestmark = pytest.mark.any_database

SLOTS = [
    SlotSettings(slot="demo/slot-1", instruments={"supply": {}}),  # type: ignore[typeddict-item]
    SlotSettings(slot="demo/lane-1", instruments={}),
]


@pytest.fixture
def paths(tmp_path: Path) -> StationPaths:
    found = StationPaths(tmp_path)
    found.prepare()
    return found


def test_slot_whose_guard_does_not_answer_is_told_loudly(paths: StationPaths):
    said: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as guard:  # it reads its mail no more
        guard.bind(str(paths.slot("demo/slot-1").socket))
        story = StopStory(paths, SLOTS, said.append, lambda sentence: said.append(f"! {sentence}"))
    story.look()
    story.look()
    story.conclude()
    assert said == [
        "Stopping. No new work is taken.",
        "Nothing runs.",
        "! Safe state NOT CONFIRMED: demo/slot-1. Check the bench before anybody touches it.",
    ]


def test_results_that_are_not_in_the_database_yet_are_told(paths: StationPaths):
    said: list[str] = []
    (paths.supervisors / "01900000-0000-7000-8000-000000000000").write_text(json.dumps("demo/slot-1"))
    story = StopStory(paths, SLOTS[1:], said.append, lambda sentence: said.append(f"! {sentence}"))
    story.conclude()
    assert said[-1] == "! Not every result is in the database yet. The next start brings the rest."
