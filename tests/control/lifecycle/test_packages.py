"""The content that a batch runs: that of its submit, whatever becomes of the package."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from control.history.sequences import content_notice
from control.lifecycle.follow import Mode, rerun_batch, restart_batch
from control.lifecycle.live_settings import live_schema
from control.lifecycle.packages import content_of, folder_to_run, remove_unused_contents, store
from control.lifecycle.refusals import BadValue, WrongState
from control.models import Batch
from control.states import State
from control.worker.hand_over import job_of
from sequences.catalogue import content_hash
from tests.rows import ANNA, demo_station, queued

pytestmark = pytest.mark.django_db

MANIFEST = 'name: ours\nversion: "{}"\nparameters:\n  pace: {{type: number, default: 1, live: true}}\n'
SEQUENCE = """
from sequences.authoring import sequence, step

@sequence
class Ours:
    @step
    def look(self, run): pass
"""


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """In a folder that GWANJE_SEQUENCE_DIRS names."""
    demo_station(monkeypatch)
    folder = tmp_path / "packages" / "ours"
    folder.mkdir(parents=True)
    (folder / "manifest.yaml").write_text(MANIFEST.format("1.0"))
    (folder / "sequence.py").write_text(SEQUENCE)
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [*settings.SEQUENCE_DIRS, folder.parent])
    return folder


def edit(package: Path, version: str = "1.1") -> None:
    (package / "manifest.yaml").write_text(MANIFEST.format(version))
    (package / "sequence.py").write_text(SEQUENCE + "# changed\n")


def remove(package: Path) -> None:
    for file in package.iterdir():
        file.unlink()


def end(batch: Batch) -> Batch:
    Batch.objects.filter(pk=batch.pk).update(
        state=State.COMPLETED, outcome="PASS", started_at=batch.created_at, ended_at=timezone.now()
    )
    batch.refresh_from_db()
    return batch


def test_batch_runs_from_the_store_and_says_where_its_package_was(package: Path):
    batch = queued("ours", None)
    job = job_of(batch)
    assert batch.package == str(package)
    assert job["package"] == str(settings.STATION_PATHS.packages / batch.sha256 / "ours")
    assert (content_hash(Path(job["package"])), job["sha256"], job["version"]) == (batch.sha256, batch.sha256, "1.0")


@pytest.mark.parametrize("change", [edit, remove])
def test_what_becomes_of_the_package_does_not_reach_a_waiting_batch(package: Path, change):
    batch = queued("ours", None)
    change(package)
    assert content_hash(Path(job_of(batch)["package"])) == batch.sha256
    assert list(live_schema(batch)) == ["pace"]


def test_next_batch_runs_the_new_content(package: Path):
    old = queued("ours", None)
    edit(package)
    new = queued("ours", None)
    assert (old.version, new.version, old.sha256 == new.sha256) == ("1.0", "1.1", False)
    assert content_hash(folder_to_run(new)) == new.sha256 == content_hash(package)


def test_run_again_keeps_the_content_and_says_what_the_catalogue_has(package: Path):
    old = end(queued("ours", None))
    assert content_notice(old) == ""
    edit(package)
    new = rerun_batch(old.pk, Mode.SAME, by=ANNA)
    assert (new.version, new.sha256, new.package) == ("1.0", old.sha256, str(package))
    assert content_notice(new) == "Runs version 1.0 as submitted; the catalogue has 1.1."


def test_restart_keeps_the_content_of_a_package_that_is_gone(package: Path):
    old = queued("ours", None)
    Batch.objects.filter(pk=old.pk).update(state=State.RUNNING, slot="demo/lane-1", started_at=timezone.now())
    remove(package)
    new = restart_batch(old.pk, by=ANNA)
    gone = "Runs version 1.0 as submitted; the catalogue has no such sequence any more."
    assert (new.sha256, content_notice(new)) == (old.sha256, gone)


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (MANIFEST.format("1.0") + "title: x\n", "; the catalogue has changed content under the same version."),
        ("name: [", "; what the catalogue has now cannot run."),
    ],
)
def test_notice_tells_how_the_catalogue_differs(package: Path, manifest: str, sentence: str):
    batch = queued("ours", None)
    (package / "manifest.yaml").write_text(manifest)
    assert content_notice(batch) == "Runs version 1.0 as submitted" + sentence


def test_content_that_is_nowhere_is_refused_with_the_remedy(package: Path):
    batch = end(queued("ours", None))
    edit(package)
    Batch.objects.filter(pk=batch.pk).update(sha256="0" * 64)
    with pytest.raises(WrongState) as refused:
        rerun_batch(batch.pk, Mode.SAME, by=ANNA)
    assert str(refused.value) == (
        "This host does not have sequence 'ours' any more as this batch ran it (version 1.0). "
        "Start a new batch with its values, which runs what the catalogue has now, or install that version again."
    )


def forget(batch: Batch) -> Path:
    """As on a host on which nobody has submitted it."""
    place = settings.STATION_PATHS.packages / batch.sha256
    for file in place.rglob("*"):
        if file.is_file():
            file.unlink()
    for folder in (place / "ours", place):
        folder.rmdir()
    return place / "ours"


def test_other_host_takes_the_content_from_its_own_catalogue(package: Path):
    batch = queued("ours", None)
    place = forget(batch)
    assert (folder_to_run(batch), content_hash(place)) == (place, batch.sha256)


def test_other_host_without_it_lets_the_runner_say_what_is_missing(package: Path):
    batch = queued("ours", None)
    place = forget(batch)
    edit(package)
    assert (content_of(batch), folder_to_run(batch), place.exists()) == (None, place, False)


def test_only_what_a_batch_refers_to_is_kept(package: Path):
    kept, gone = queued("ours", None), None
    edit(package)
    gone = queued("ours", None)
    Batch.objects.filter(pk=gone.pk).delete()
    for batch in (kept, gone):
        place = settings.STATION_PATHS.packages / batch.sha256
        assert place.is_dir()
        os.utime(place, (1_700_000_000, 1_700_000_000))
    remove_unused_contents()
    assert store().find(kept.sha256, "ours") is not None
    assert store().find(gone.sha256, "ours") is None


def test_what_cannot_be_kept_is_refused_and_nothing_is_written(package: Path, tmp_path: Path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "packages").write_text("in the way")
    monkeypatch.setattr(settings, "STATION_PATHS", type(settings.STATION_PATHS)(tmp_path / "data"))
    with pytest.raises(WrongState, match="Sequence 'ours' cannot be kept for its batch in "):
        queued("ours", None)
    assert Batch.objects.count() == 0


DRIVER = "class Supply:\n    def __init__(self, driver): self.driver = driver\n"


def with_driver(package: Path) -> None:
    (package / "manifest.yaml").write_text(
        'name: ours\nversion: "1.0"\ninstruments: {supply: power}\ndrivers: {supply: power.Supply}\n'
    )
    (package / "power.py").write_text(DRIVER)


def test_driver_classes_of_a_package_take_the_word_of_an_administrator(package: Path):
    with_driver(package)
    with pytest.raises(BadValue) as refused:
        queued("ours")
    assert str(refused.value) == (
        "Sequence 'ours' brings driver classes of its own (supply: power.Supply), which are not allowed on this host. "
        "An administrator allows them: GWANJE_PACKAGE_DRIVERS names the sequences that may, see docs/settings.md."
    )


@pytest.mark.parametrize("allowed", [["ours"], ["*"]])
def test_driver_classes_that_are_allowed_reach_the_runner(package: Path, monkeypatch, allowed: list[str]):
    with_driver(package)
    monkeypatch.setattr(settings, "PACKAGE_DRIVERS", allowed)
    batch = queued("ours")
    assert job_of(batch)["package_drivers"] is True
    monkeypatch.setattr(settings, "PACKAGE_DRIVERS", [])
    assert job_of(batch)["package_drivers"] is False
