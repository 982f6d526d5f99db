"""manage.py check_sequences: problems with file, line and hint, and an exit code for scripts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rows import HOUSE

pytestmark = pytest.mark.any_database
BUNDLED = len(list((HOUSE / "sequences" / "packages").glob("*/manifest.yaml")))
SEQUENCE = '''"""Does nothing."""

from sequences.authoring import Run, sequence, step


@sequence
class Idle:
    @step
    def idle(self, run: Run) -> None:
        run.measure("rails", 1)
'''


def check(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Where there is no database and no station."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    nowhere = {"GWANJE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "GWANJE_STATION_FILE": "/nowhere.yaml"}
    return subprocess.run(
        [sys.executable, str(HOUSE / "manage.py"), "check_sequences", *arguments],
        cwd=folder,
        env={**kept, **nowhere, "GWANJE_DATA_DIR": str(folder / "data"), **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    for name, manifest in {
        "fine": "",
        "wrong": "colour: red\n",
        "doubtful": "limits: {rail: {minimum: 1}}\n",
    }.items():
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True)
        (folder / "manifest.yaml").write_text(f'name: {name}\nversion: "1"\n{manifest}')
        (folder / "sequence.py").write_text(SEQUENCE)
    return tmp_path / "packages"


def test_folder_of_the_catalogue_that_is_not_there_is_named(tmp_path: Path):
    done = check(tmp_path, GWANJE_SEQUENCE_DIRS=f"{tmp_path}/lost:{tmp_path}")
    assert (done.returncode, done.stderr) == (0, f"GWANJE_SEQUENCE_DIRS names {tmp_path}/lost, which is no folder.\n")


def test_whole_catalogue_is_checked_without_database_and_station(tmp_path: Path):
    done = check(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{BUNDLED} packages checked: no problems.\n", "")


def test_every_problem_has_its_place_and_its_hint(packages: Path):
    done = check(packages.parent, "packages")
    lines = done.stdout.splitlines()
    assert (done.returncode, lines[0].split(":")[:3]) == (
        1,
        ["packages/doubtful/sequence.py", "10", " W301 measurement 'rails' has no limits in manifest.yaml"],
    )
    assert [line.split(" (known")[0] for line in lines[1:4]] == [
        "    Correct the name, or give the measurement limits of its own.",
        "packages/wrong/manifest.yaml:3: E104 unknown key 'colour'",
        "    Correct the spelling, or remove the key: docs/sequences.md lists all of them.",
    ]
    assert lines[4:] == ["3 packages checked: 1 problem, 1 warning."]


def test_one_package_may_be_named_in_any_way(packages: Path):
    assert check(packages / "wrong", ".").stdout.splitlines()[-1] == "1 package checked: 1 problem."
    doubtful = check(packages, str(packages / "doubtful"))
    assert (doubtful.returncode, doubtful.stdout.splitlines()[-1]) == (0, "1 package checked: 1 warning.")


def test_folders_of_the_environment_belong_to_the_catalogue(packages: Path):
    done = check(packages, GWANJE_SEQUENCE_DIRS=str(packages))
    assert done.stdout.splitlines()[-1] == f"{BUNDLED + 3} packages checked: 1 problem, 1 warning."


@pytest.mark.parametrize("path", ["nowhere", "packages/fine/sequence.py", "empty"])
def test_path_without_a_package_is_refused(packages: Path, path: str):
    (packages.parent / "empty").mkdir()
    done = check(packages.parent, path)
    told = f"CommandError: There is no sequence package at {path}: name a folder with a manifest.yaml, or a folder of"
    assert (done.returncode, done.stdout, done.stderr[: len(told)]) == (2, "", told)


def test_folder_with_a_sequence_alone_is_a_package_without_manifest(packages: Path):
    (packages / "fine" / "manifest.yaml").unlink()
    done = check(packages, "fine")
    assert (done.returncode, done.stdout.split(" ")[:2]) == (1, ["fine/manifest.yaml:1:", "E101"])


def test_machines_get_all_of_it(packages: Path):
    done = check(packages, ".", "--json")
    told = {package["name"]: package["problems"] for package in json.loads(done.stdout)["packages"]}
    assert (done.returncode, list(told), told["fine"]) == (1, ["doubtful", "fine", "wrong"], [])
    (problem,) = told["wrong"]
    assert (problem["file"], problem["line"], problem["code"]) == (str(packages / "wrong/manifest.yaml"), 3, "E104")
    assert problem["hint"].startswith("Correct the spelling")


def test_name_that_is_no_text_can_be_printed(packages: Path):
    odd = Path(os.fsdecode(os.fsencode(packages) + b"/caf\xe9"))
    shutil.move(packages / "wrong", odd)
    for more in ([], ["--json"]):
        done = check(packages, ".", *more)
        assert (done.returncode, "caf\\" in done.stdout) == (1, True)
