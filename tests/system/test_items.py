"""Batches over items on three lanes: whatever dies, every item comes once; they pause, stop and give way at items."""

from __future__ import annotations

import os
import random
import signal
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest
from PIL import Image

from tests.installations import Template, wait_until
from tests.system.conftest import serving
from tests.system.invariants import check_invariants
from tests.system.item_station import LANES, ItemBatch, ItemStation
from tests.system.running_station import as_time

SEED = 20_26
ITEMS = 600
BAD = [f"{number:04}.txt" for number in range(50, ITEMS, 90)]
KILLS = ["runner", "item process", "guard", "cluster"] * 7 + ["runner", "item process"]


@pytest.fixture(scope="module")
def served(installation_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ItemStation]:
    with serving(installation_template, tmp_path_factory.mktemp("station"), ItemStation) as station:
        assert isinstance(station, ItemStation)
        yield station


@pytest.fixture
def station(served: ItemStation) -> Iterator[ItemStation]:
    """Running, calm. A batch over items has a spool for each of its runs, which is no story of its own."""
    served.settle()
    yield served
    check_invariants(served, within_s=30, stories=())
    served.settle()


@pytest.fixture(scope="module")
def texts(served: ItemStation) -> str:
    """A dataset of 600 small files; some say that they are bad, the others have a number."""
    folder = served.folder / "texts"
    folder.mkdir()
    for number in range(ITEMS):
        name = f"{number:04}.txt"
        (folder / name).write_text("bad" if name in BAD else str(number))
    return served.take_in(folder)


@pytest.fixture(scope="module")
def pictures(served: ItemStation) -> str:
    """A dataset of 1,000 small pictures, five of which are poison."""
    folder = served.folder / "pictures"
    folder.mkdir()
    Image.new("L", (4, 4), 9).save(folder / "000.png")
    content = (folder / "000.png").read_bytes()
    for number in range(1, 1000):
        (folder / f"{number:03}.png").write_bytes(content)
    (folder / "011.png").write_bytes(content + b"segfault")
    (folder / "042.png").write_bytes(content + b"hang")
    (folder / "083.png").write_bytes(b"")
    (folder / "124.png").write_text("a text under another name")
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 10_000, 8, 0, 0, 0, 0)
    (folder / "165.png").write_bytes(content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:])
    return served.take_in(folder)


def check_complete(batch: ItemBatch) -> None:
    """Every item once, in the rows and in what the next step was given."""
    result = batch.end()
    assert batch.station.verdict(batch.id) == ("COMPLETED", "PASS"), batch.station.output
    assert result["indexes"] == list(range(ITEMS))
    assert result["failed"] == BAD
    assert result["sum"] == sum(number for number in range(ITEMS) if f"{number:04}.txt" not in BAD)
    rows = batch.rows("path, state")
    assert sorted(path for path, state in rows if state == "FAILED") == BAD
    assert len(rows) == len(set(rows)) == ITEMS
    assert set(batch.chunks()) <= {"COMPLETED", "FAILED"}
    assert batch.helping() == set()


def test_thirty_kills_lose_and_double_no_item(station: ItemStation, texts: str) -> None:
    batch, dice = station.submit(texts, item_ms=100), random.Random(SEED)
    killed = []
    for who in dice.sample(KILLS, len(KILLS)):
        wait_for_progress(batch)
        time.sleep(dice.uniform(0.0, 0.2))
        assert batch.state == "RUNNING", f"after {killed}: {station.output}"
        killed.append((who, kill_one(station, who, dice)))
    assert len(killed) == 30
    check_complete(batch)


def wait_for_progress(batch: ItemBatch) -> None:
    before = batch.done()
    wait_until(lambda: batch.done() > before, 60, f"another item after {before}:\n{batch.station.output}")


def kill_one(station: ItemStation, who: str, dice: random.Random) -> int:
    """A process of a lane that works now."""

    def killed() -> int | None:
        lanes = station.at_work()
        pid = station.pid(who, dice.choice(lanes)) if lanes else None
        with suppress(ProcessLookupError):
            if pid is not None:
                (os.killpg if who == "cluster" else os.kill)(pid, signal.SIGKILL)
                return pid
        return None

    return int(wait_until(killed, 30, who))


@pytest.mark.any_database
def test_supervisors_that_are_killed_leave_the_runs_alone(station: ItemStation, texts: str) -> None:
    batch = station.submit(texts, item_ms=20)
    batch.wait_for_lanes(3)
    runners: dict[str, int | None] = {}
    while not runners or None in runners.values():  # a lane helps before its run has begun
        runners = {lane: station.pid("runner", lane) for lane in LANES}
    for _ in range(3):
        station.kill("cluster")
        wait_for_progress(batch)
    assert {lane: station.pid("runner", lane) for lane in LANES} == runners
    check_complete(batch)
    assert batch.station.installation.query(f"SELECT runs FROM control_batch WHERE id = '{batch.key}'") == [(1,)]
    assert len(batch.of_step("t.id", "helper")) == 2


@pytest.mark.any_database
def test_pause_resume_and_stop_take_effect_within_an_item(station: ItemStation, texts: str) -> None:
    """A chunk has five items of 0.4 s: what ends after the wish is less than that of any lane's chunk."""
    batch = station.submit(texts, item_ms=400)
    batch.wait_for_lanes(3)
    batch.wait_for(9)
    station.steer("pause", batch)
    batch.wait_for_state("PAUSED", 10)
    time.sleep(1.5)
    done = batch.done()
    assert len([at for at in batch.settled_at() if at > station.asked_at("BATCH_PAUSE")]) <= 2 * len(LANES)
    time.sleep(1.5)
    assert (batch.done(), batch.state, batch.helping()) == (done, "PAUSED", set())
    station.steer("resume", batch)
    batch.wait_for(done + 6)
    batch.wait_for_lanes(3)
    station.steer("stop", batch)
    batch.end(30)
    assert batch.state == "STOPPED"
    assert len([at for at in batch.settled_at() if at > station.asked_at("BATCH_STOP")]) <= 2 * len(LANES)
    assert batch.chunks()["CANCELLED"] >= 1 and not {"PENDING", "RUNNING"} & set(batch.chunks())
    wait_until(lambda: not station.at_work(), 20, "lanes that are free")


@pytest.mark.any_database
def test_exactly_the_poison_fails(station: ItemStation, pictures: str) -> None:
    batch = station.submit(pictures, item_timeout_s=1.0)
    result = batch.end()
    assert station.verdict(batch.id) == ("COMPLETED", "PASS")
    assert result["indexes"] == list(range(1000))
    assert dict(batch.rows("path, message", more="AND state = 'FAILED'")) == {
        "011.png": "its process died of it: signal SIGSEGV",
        "042.png": "it took longer than its 1 s",
        "083.png": "it is empty: 0 bytes",
        "124.png": "it is no image, or of no format that can be read",
        "165.png": "it has 20000 × 10000 pixels, which are 200.0 million: 100 million are allowed (max_pixels)",
    }
    assert set(batch.rows("attempts", more="AND path IN ('011.png', '042.png')")) == {(4,)}
    assert batch.rows("attempts", more="AND state = 'COMPLETED' AND attempts > 4") == []


@pytest.mark.any_database
def test_lanes_that_were_given_up_too_early_become_free_and_help_again(station: ItemStation, texts: str) -> None:
    """A host that was silent for a while still has the runs of its lanes when it comes back."""
    batch = station.submit(texts, item_ms=20)
    wait_until(lambda: len(station.at_work()) == len(LANES), 30, "three lanes at work")
    before = {station.run_on(lane) for lane in LANES}
    station.give_up_helpers()
    wait_until(lambda: len({station.run_on(lane) for lane in LANES} - before - {None}) == 2, 30, "other runs")
    check_complete(batch)


@pytest.mark.any_database
def test_urgent_batch_begins_when_a_chunk_is_done(station: ItemStation, texts: str) -> None:
    long = station.submit(texts, item_ms=200)
    long.wait_for_lanes(3)
    urgent = station.submit(texts, item_ms=1, priority=20)
    urgent.wait_for(1)
    began, queued = urgent.station.installation.query(
        f"SELECT started_at, created_at FROM control_batch WHERE id = '{urgent.key}'"
    )[0]
    assert (as_time(began) - as_time(queued)).total_seconds() < 10
    check_complete(urgent)
    assert long.state == "RUNNING"
    station.steer("stop", long)
    long.end(30)
