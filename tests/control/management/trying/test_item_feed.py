"""`manage.py try_sequence … --items`: a sequence over the files of a folder, without station and database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.control.management.trying.desk import Desk
from tests.installations import wait_until
from tests.terminals import CTRL_C

pytestmark = pytest.mark.any_database

LOOK = """\
@step(items=True)
def look(self, run, item):
    if item.index == 7:
        os._exit(3)
    if item.index == 20:
        raise BadItem("it is too dark")
    return item.side
@step
def summarise(self, run):
    run.result = {"completed": sum(each.ok for each in run.items("look"))}
"""
HEADER = "from sequences.authoring import BadItem\n"


@pytest.fixture
def folder(desk: Desk, tmp_path: Path) -> str:
    made = tmp_path / "pictures"
    made.mkdir()
    for number in range(30):
        (made / f"{number:02}.txt").write_text(f"picture {number}")
    return str(made)


def over_items(desk: Desk, steps: str = LOOK, manifest: str = "") -> str:
    name = desk.package(steps, manifest)
    source = desk.packages / name / "sequence.py"
    source.write_text(HEADER + source.read_text())
    return name


def test_failed_items_are_listed_with_their_reasons(desk: Desk, folder: str):
    done = desk.attempt(over_items(desk), "--items", folder)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    listed = lines[lines.index("2 of 30 items of look failed:") :]
    assert [line.split(maxsplit=1) for line in listed[1:3]] == [
        ["20.txt", "it is too dark"],
        ["07.txt", "its process died of it: exit code 3"],
    ]
    assert lines[-1] == "Step 'look' failed: 2 of 30 items failed"


def test_json_names_them_too(desk: Desk, folder: str):
    manifest = "max_failed_items: 2"
    done = desk.attempt(over_items(desk, manifest=manifest), "--items", folder, "--chunk-size", "7", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["outcome"], told["result"]) == (0, "PASS", {"completed": 28})
    assert told["items"] == {
        "look": {
            "total": 30,
            "completed": 28,
            "failed": [
                {"path": "20.txt", "reason": "it is too dark"},
                {"path": "07.txt", "reason": "its process died of it: exit code 3"},
            ],
        }
    }


def test_two_folders_are_compared(desk: Desk, folder: str):
    steps = LOOK.replace("item.index == 7", "False").replace("item.index == 20", "False")
    counted = "run.result = {side: sum(each.result == side for each in run.items('look')) for side in SIDES}"
    package = over_items(
        desk, steps.split("    run.result")[0] + f"    SIDES = ('dataset', 'target_dataset')\n    {counted}"
    )
    done = desk.attempt(package, "--items", folder, "--target-items", folder, "--json")
    assert json.loads(done.stdout)["result"] == {"dataset": 30, "target_dataset": 30}


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (["--items", "nowhere"], "The items cannot be read: there is no folder "),
        (["--items", ".", "--chunk-size", "0"], "--chunk-size is a number from 1 to 200, not 0."),
        (["--items", ".", "--chunk-size", "201"], "--chunk-size is a number from 1 to 200, not 201."),
        (["--chunk-size", "5"], "--target-items and --chunk-size are for a run with --items."),
        (["--target-items", "."], "--target-items and --chunk-size are for a run with --items."),
    ],
)
def test_what_cannot_be_is_refused(desk: Desk, options: list[str], refusal: str):
    done = desk.attempt(over_items(desk), *options)
    assert done.returncode == 2
    assert refusal in done.stderr


def test_without_a_folder_it_stops_and_says_why(desk: Desk):
    done = desk.attempt(over_items(desk))
    assert done.returncode == 4
    assert "It goes over items: give it the folder with them by --items." in done.stdout


def test_terminal_shows_how_far_it_is_and_ctrl_c_stops_it(desk: Desk, folder: str):
    package = over_items(desk, LOOK.replace("    return", "    time.sleep(0.2)\n    return"))
    with desk.terminal(package, "--items", folder) as terminal:
        terminal.wait_for("3 of 30 items")
        terminal.press(CTRL_C)
        assert terminal.end() == 4
        assert "STOPPED" in terminal.text
    wait_until(lambda: not desk.installation.processes(), 10)


def test_what_items_print_and_log_is_told_with_them(desk: Desk, folder: str):
    lines = [
        "print('unfinished', end='')",
        "logging.warning('logged')",
        "os.write(1, b'by the system\\n')",
        "run.log('said')",
    ]
    body = "\n        ".join(lines)
    steps = "@setup\ndef on(self, run): print('before', end='')\n@step(items=True)\ndef look(self, run, item):\n"
    steps += f"    import logging\n    if item.index == 3:\n        {body}\n    if item.index == 4: os._exit(3)\n"
    told = json.loads(desk.attempt(over_items(desk, steps), "--items", folder, "--json").stdout)
    assert sorted((line["message"], line["origin"], line.get("item")) for line in told["logs"]) == [
        ("before", "stdout", None),  # once, though each process for items begins as a copy of this one
        ("by the system", "stdout", None),
        ("logged", "root", 3),
        ("said", "sequence", 3),
        ("unfinished", "stdout", 3),
    ]
