"""Driver classes that a package brings: what is refused before it runs, and what steps get when it does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sequences import trial
from sequences.catalogue import read_package
from sequences.driver_check import are_allowed
from sequences.executor import execute
from sequences.trial import Desk
from sequences.validator import validate

GUIDE = (Path(__file__).parents[2] / "docs" / "sequences.md").read_text()
STEPS = "@step\ndef power(self, run): run.instruments.supply.power(5.0)\n"
DECLARED = "instruments: {supply: powers the board}\n"
DRIVER = """
class BoardSupply:
    def __init__(self, driver):
        self.driver = driver

    def power(self, volts):
        self.driver.set("voltage", volts)
"""


class PretendedSupply:
    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def set(self, command: str, value: Any) -> None:
        self.told.append((command, value))


@pytest.mark.parametrize(
    ("drivers", "expected"),
    [
        ("drivers: supply", [(4, "E136")]),
        ("drivers: {meter: drivers.BoardSupply}", [(4, "E136")]),
        ("drivers:\n  supply: BoardSupply", [(5, "E136")]),
        ("drivers: {supply: ../drivers.BoardSupply}", [(4, "E136")]),
        ("drivers: {supply: sequence.Sample}", [(4, "E136")]),
        ("drivers: {supply: 3}", [(4, "E136")]),
        ("drivers: {supply: lost.BoardSupply}", [(4, "E137")]),
        ("drivers: {supply: drivers.Lost}", [(4, "E137")]),
        ("drivers: {supply: broken.BoardSupply}", [(4, "E137")]),
        ("drivers:\n  supply: lost.One\n  meter: drivers.Lost", [(5, "E137"), (6, "E136"), (6, "E137")]),
        ("drivers: {supply: drivers.BoardSupply}", []),
        ("drivers: {supply: parts.power.BoardSupply}", []),
        ("drivers: {supply: parts.BoardSupply}", []),
    ],
)
def test_what_is_declared_wrongly_has_its_line(write_package, drivers, expected):
    package = write_package(STEPS, DECLARED + drivers + "\n")
    (package / "drivers.py").write_text(DRIVER)
    (package / "broken.py").write_text("class BoardSupply(:\n")
    (package / "parts").mkdir()
    (package / "parts" / "power.py").write_text(DRIVER)
    (package / "parts" / "__init__.py").write_text(DRIVER)
    found = [problem for problem in validate(package)[1] if problem.file.name == "manifest.yaml"]
    assert [(problem.line, problem.code) for problem in found] == expected


def test_unknown_class_is_told_with_those_that_there_are(write_package):
    package = write_package(STEPS, DECLARED + "drivers: {supply: drivers.BoardSuply}\n")
    (package / "drivers.py").write_text(DRIVER)
    (problem,) = validate(package)[1]
    assert problem.message == "driver of 'supply': drivers.py has no class 'BoardSuply' (it has: BoardSupply)"


def with_driver(write_package, code: str = DRIVER) -> Path:
    package = write_package(STEPS, DECLARED + "drivers: {supply: drivers.BoardSupply}\n")
    (package / "drivers.py").write_text(code)
    return package


def test_steps_get_an_object_made_with_the_driver_of_the_role(write_package):
    supply = PretendedSupply()
    record = trial.run(with_driver(write_package), instruments={"supply": supply})
    assert (record.outcomes, supply.told) == ({"power": "PASS"}, [("voltage", 5.0)])


def test_example_of_the_guide_is_one(write_package):
    section = GUIDE.partition("## Driver classes of a package")[2]
    manifest, code = (re.search(rf"```{kind}\n(.*?)```", section, re.S)[1] for kind in ("yaml", "python"))
    package = write_package(STEPS, manifest)
    (package / "drivers.py").write_text(code)
    supply = PretendedSupply()
    assert trial.run(package, instruments={"supply": supply}).outcomes == {"power": "PASS"}
    assert supply.told == [("voltage", 5.0), ("output", True)]


def test_what_the_class_raises_is_told_and_no_step_runs(write_package):
    package = with_driver(write_package, DRIVER.replace("self.driver = driver", "raise ValueError('no such board')"))
    record = trial.run(package, instruments={"supply": PretendedSupply()})
    assert record.verdict["message"] == (
        "The driver of 'supply', class BoardSupply, could not be made: ValueError: no such board"
    )
    assert (record.verdict["ending"], record.outcomes) == ("failed", {"power": "SKIPPED"})
    assert [line["category"] for line in record.of_kind("error")] == ["sequence"]


def job(package: Path, **more: Any) -> Any:
    found = read_package(package)
    known = {"run": "x", "package": str(package), "sha256": found.sha256, "parameters": {}, "limits": {}}
    graces = {"stop_grace_s": 5.0, "term_grace_s": 1.0, "deadline_grace_s": 1.0}
    return {**known, **graces, "subject": "", "spool_limit": 0, "resources": {}, **more}


@pytest.mark.parametrize("more", [{}, {"package_drivers": False}])
def test_run_is_refused_where_the_installation_did_not_allow_it(write_package, more):
    desk = Desk()
    verdict = execute(job(with_driver(write_package), **more), desk, {"supply": PretendedSupply()})
    assert (verdict["ending"], verdict["outcome"]) == ("failed", "ERROR")
    assert verdict["message"].startswith(
        "Sequence 'sample' brings driver classes of its own (supply: drivers.BoardSupply), which are not allowed"
    )
    assert "GWANJE_PACKAGE_DRIVERS" in verdict["message"]


def test_names_and_the_star_allow():
    assert are_allowed("sample", ["sample"]) and are_allowed("sample", ["*"])
    assert not are_allowed("sample", []) and not are_allowed("sample", ["other"])
