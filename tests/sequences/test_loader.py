"""Importing a package where it runs."""

from __future__ import annotations

import pytest

from sequences.catalogue import read_package
from sequences.loader import PackageError, load_definition, open_package

GOOD = "@step\ndef a(self, run): pass\n"


def test_definition_lists_the_steps_in_order(write_package):
    steps = GOOD + "@teardown\ndef off(self, run): pass\n@setup(timeout_s=3)\ndef on(self, run): pass\n"
    definition = load_definition(read_package(write_package(steps)))
    steps_in_order = [(step.group, step.name) for step in definition.members]
    assert steps_in_order == [("main", "a"), ("teardown", "off"), ("setup", "on")]
    assert [step.timeout_s for step in definition.steps_of("setup")] == [3]


def test_modules_beside_the_sequence_are_imported_from_the_package(write_package):
    package = write_package("from .numbers import ANSWER\n" + GOOD)
    (package / "numbers.py").write_text("ANSWER = 42\n")
    assert load_definition(read_package(package)).cls.ANSWER == 42


def test_problem_package_is_refused_with_every_problem(write_package):
    package = write_package("@step\ndef a(self): pass\n", "colour: red")
    with pytest.raises(PackageError, match=r"(?s)'sample' cannot run:\n.*E104.*\n.*E206"):
        open_package(package, "")


@pytest.mark.parametrize("line", ["import no_such_module", "raise SystemExit(3)", "1 / 0"])
def test_import_that_fails_is_a_clear_error_with_its_cause(write_package, line):
    package = read_package(write_package(f"{line}\n{GOOD}"))
    with pytest.raises(PackageError, match=r"sequence\.py cannot be imported: \w+: ") as error:
        load_definition(package)
    assert error.value.__cause__ is not None


def test_option_that_only_shows_when_running_is_refused(write_package):
    package = read_package(write_package("@step(timeout_s=float('-1'))\ndef a(self, run): pass\n"))
    with pytest.raises(PackageError, match="timeout_s must be a positive number of seconds"):
        load_definition(package)
