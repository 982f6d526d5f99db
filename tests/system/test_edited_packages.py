"""Packages that are edited, replaced and deleted while batches of them wait and run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequences.catalogue import content_hash
from tests.installations import Installation, Template, wait_until
from tests.system.running_station import PACKAGES, Followed, RunningStation

pytestmark = pytest.mark.any_database

MANIFEST = 'name: edited\nversion: "{version}"\n'
SEQUENCE = """
from pathlib import Path
from sequences.authoring import Run, sequence, step

FOLDER = Path(__file__).parent


@sequence
class Edited:
    @step
    def wait(self, run: Run) -> None:
        gate = Path({gate!r})
        while not gate.exists():
            run.sleep(0.02)

    @step
    def look(self, run: Run) -> None:
        from . import late

        run.result["late"] = late.WORD
        run.result["data"] = (FOLDER / "data" / "word.txt").read_text()
"""


class Edited:
    """The package and the gate at which its batches wait."""

    def __init__(self, installation: Installation) -> None:
        self.folder = installation.folder / "packages" / "edited"
        self.gate = installation.folder / "gate"

    def write(self, word: str) -> str:
        """Write it as a version of this name; return the hash."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        (self.folder / "manifest.yaml").write_text(MANIFEST.format(version=word))
        (self.folder / "sequence.py").write_text(SEQUENCE.format(gate=str(self.gate)))
        (self.folder / "late.py").write_text(f"WORD = {word!r}\n")
        (self.folder / "data" / "word.txt").write_text(word)
        return content_hash(self.folder)


@pytest.fixture(scope="module")
def edited_station(
    installation_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningStation, Edited]]:
    installation = installation_template.install(tmp_path_factory.mktemp("station"))
    station = RunningStation(installation)
    package = Edited(installation)
    package.write("one")
    installation.environment["GWANJE_SEQUENCE_DIRS"] = f"{PACKAGES}:{package.folder.parent}"
    try:
        yield station.start(), package
        station.stop()
    finally:
        installation.remove()


@pytest.fixture
def edited(edited_station: tuple[RunningStation, Edited]) -> Iterator[Edited]:
    station, package = edited_station
    shutil.rmtree(package.folder, ignore_errors=True)
    package.gate.unlink(missing_ok=True)
    package.write("one")
    yield package
    package.gate.touch()
    station.forget_followers()
    station.settle()


@pytest.fixture
def station(edited_station: tuple[RunningStation, Edited]) -> RunningStation:
    return edited_station[0]


def submit(station: RunningStation) -> Followed:
    process = station.installation.start("run_batch", "edited")
    station.followers.append(process)
    return Followed(station, process)


def what_ran(station: RunningStation, batch: Followed) -> tuple[str, str, str, str]:
    """Version and hash of its row, and what its steps found."""
    assert batch.exit_code() == 0, batch.output
    sql = f"SELECT version, sha256 FROM control_batch WHERE id = '{station.key(batch.id)}'"
    ((version, sha256),) = station.installation.query(sql)
    (ended,) = [line for line in batch.lines() if line["k"] == "batch.ended"]
    result = ended["verdict"]["result"]
    return version, sha256, result["late"], result["data"]


def test_batch_finishes_on_the_old_content_and_the_next_uses_the_new_one(station: RunningStation, edited: Edited):
    old_hash = content_hash(edited.folder)
    old = submit(station)
    old.begun("wait")
    new_hash = edited.write("two")
    new = submit(station)
    assert new.id and old_hash != new_hash
    edited.gate.touch()
    assert what_ran(station, old) == ("one", old_hash, "one", "one")
    assert what_ran(station, new) == ("two", new_hash, "two", "two")


def test_batch_finishes_though_its_package_is_deleted(station: RunningStation, edited: Edited):
    old_hash = content_hash(edited.folder)
    running = submit(station)
    running.begun("wait")
    waiting = submit(station)
    assert waiting.id
    shutil.rmtree(edited.folder)
    edited.gate.touch()
    assert what_ran(station, running) == ("one", old_hash, "one", "one")
    assert what_ran(station, waiting) == ("one", old_hash, "one", "one")


def waiting_batch(station: RunningStation, edited: Edited) -> tuple[Followed, Followed, Path]:
    """One that holds the lane, one that waits for it, and where the content of the latter is kept."""
    holds = submit(station)
    holds.begun("wait")
    sha256 = edited.write("two")
    waits = submit(station)
    assert waits.id
    kept = station.paths.packages / sha256
    assert wait_until(kept.is_dir, what="the content")
    return holds, waits, kept


def test_host_on_which_nobody_submitted_takes_the_content_from_its_catalogue(station: RunningStation, edited: Edited):
    _holds, waits, kept = waiting_batch(station, edited)
    shutil.rmtree(kept)
    edited.gate.touch()
    assert what_ran(station, waits)[2:] == ("two", "two")
    assert content_hash(kept / "edited") == kept.name


def test_host_without_the_content_fails_the_batch_and_says_what_to_install(station: RunningStation, edited: Edited):
    _holds, waits, kept = waiting_batch(station, edited)
    shutil.rmtree(kept)
    edited.write("three")
    edited.gate.touch()
    assert waits.exit_code() == 3, waits.output
    assert waits.verdict == ("FAILED", "ERROR")
    sql = f"SELECT message FROM control_batch WHERE id = '{station.key(waits.id)}'"
    ((message,),) = station.installation.query(sql)
    assert "does not have sequence 'edited' as this batch was submitted with it: version two" in message
    assert f"checksum {kept.name[:12]}…" in message
    assert "Install exactly that there, in a folder of GWANJE_SEQUENCE_DIRS or as a wheel" in message
