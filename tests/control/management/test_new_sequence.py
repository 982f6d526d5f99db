"""`manage.py new_sequence`: what it writes works, and the commands it names do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands

from sequences.catalogue import content_hash, read_package
from tests.control.management.trying.desk import Desk
from tests.installations import HOUSE
from tests.terminals import Terminal

pytestmark = pytest.mark.any_database


@pytest.fixture
def desk(tmp_path: Path):
    made = Desk(tmp_path / "desk")
    yield made
    made.installation.remove()


def next_commands(output: str) -> list[str]:
    return [line.strip() for line in output.partition("\nNext:\n")[2].splitlines()]


@pytest.mark.parametrize("place", ["searched", "current", "named"])
def test_scaffold_works_by_the_commands_that_it_names(desk: Desk, tmp_path: Path, place: str):
    folder = {"searched": desk.packages, "current": desk.folder, "named": tmp_path / "my sequences"}[place]
    if place == "current":
        del desk.installation.environment["GWANJE_SEQUENCE_DIRS"]
    done = desk.manage("new_sequence", "power_test", *(["--folder", str(folder)] if place == "named" else []))
    assert (done.returncode, done.stderr) == (0, "")
    package = read_package(folder / "power_test")
    assert (package.title, package.problems, package.warnings) == ("Power test", [], [])
    before = content_hash(package.path)
    commands = next_commands(done.stdout)
    assert len(commands) == 3
    for command in commands:
        named = re.search(r"manage\.py (\w+)", command)
        if named is None or named[1] in get_commands():
            tried = subprocess.run(
                command, shell=True, cwd=desk.folder, env=desk.installation.environment, capture_output=True, text=True
            )
            assert tried.returncode == 0, f"{command}\n{tried.stdout}{tried.stderr}"
    assert content_hash(package.path) == before


def test_files_are_named_and_read_as_their_own(desk: Desk):
    done = desk.manage("new_sequence", "power_test")
    written = {file.name: file.read_text() for file in (desk.packages / "power_test").iterdir()}
    assert sorted(written) == ["README.md", "manifest.yaml", "sequence.py", "test_power_test.py"]
    assert all(name in done.stdout for name in written)
    assert [name for name, text in written.items() if re.search("my_?sequence", text, re.IGNORECASE)] == []
    assert "class PowerTest:" in written["sequence.py"]


def test_folder_that_is_not_searched_is_told(desk: Desk, tmp_path: Path):
    done = desk.manage("new_sequence", "power_test", "--folder", str(tmp_path / "other"))
    assert f"export GWANJE_SEQUENCE_DIRS={desk.packages}{os.pathsep}{tmp_path / 'other'}" in done.stdout
    searched = desk.manage("new_sequence", "power_test")
    assert "GWANJE_SEQUENCE_DIRS" not in searched.stdout


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Power-Test", "For example: power_test"),
        ("1st", "beginning with a letter"),
        ("class", "no word of Python"),
        ("../up", "cannot be the name of a sequence"),
        ("a" * 61, "at most 60"),
        ("board_test", "There is a sequence 'board_test' already, at "),
        ("taken", "Choose another name, or move it away."),
    ],
)
def test_refusal_writes_nothing(desk: Desk, name: str, sentence: str):
    (desk.packages / "taken").mkdir(parents=True)
    done = desk.manage("new_sequence", name)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert sentence in done.stderr
    assert [entry.name for entry in desk.packages.iterdir()] == ["taken"]


def test_folder_that_cannot_be_written_is_named(desk: Desk, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    done = desk.manage("new_sequence", "power_test", "--folder", str(tmp_path / "file"))
    assert (done.returncode, "Name another place with --folder." in done.stderr) == (2, True)


def test_full_disk_leaves_nothing_half_written(desk: Desk):
    limited = f"trap '' XFSZ; ulimit -f 0; exec {sys.executable} {HOUSE / 'manage.py'} new_sequence power_test"
    desk.packages.mkdir()
    desk.installation.environment["GWANJE_SECRET_KEY"] = "x" * 50  # else the settings write one, which fails before
    done = subprocess.run(
        ["bash", "-c", limited], env=desk.installation.environment, cwd=desk.folder, capture_output=True, text=True
    )
    assert (done.returncode, "cannot be written (File too large)" in done.stderr) == (2, True)
    assert list(desk.packages.iterdir()) == []


def test_terminal_gets_colours(desk: Desk):
    with Terminal("new_sequence", "power_test", environment=desk.installation.environment, folder=desk.folder) as shown:
        assert shown.end() == 0
        assert "\x1b[" in shown.shown
        assert len(next_commands(shown.text)) == 3
