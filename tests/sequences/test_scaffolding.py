"""What new_sequence copies is a package like any other."""

from __future__ import annotations

import pytest

from sequences import trial
from sequences.catalogue import read_package
from sequences.scaffold.my_sequence import test_my_sequence as own_test
from sequences.scaffolding import TEMPLATE, ScaffoldRefused, check_name, write_scaffold


def test_template_is_a_package_without_problems_or_warnings():
    package = read_package(TEMPLATE)
    assert (package.name, package.problems, package.warnings) == ("my_sequence", [], [])


def test_template_passes_its_own_test():
    own_test.test_good_board_passes_and_is_left_without_power()
    own_test.test_bad_rail_fails_and_is_left_without_power()


@pytest.mark.parametrize("name", ["a", "power_test", "x_1_", "a" * 60, "my_sequence"])
def test_copy_runs_under_any_good_name(tmp_path, name: str):
    package = write_scaffold(name, tmp_path / "new" / "folder")
    found = read_package(package)
    assert (found.name, found.problems, found.warnings) == (name, [], [])
    with trial.simulated_bench() as bench:
        assert trial.run(package, slot=bench.slot()).passed


@pytest.mark.parametrize("name", ["", "A", "1", "_a", "a-b", "ä", "import", "a" * 61, "a\n"])
def test_bad_name_is_refused(name: str):
    with pytest.raises(ScaffoldRefused):
        check_name(name)


def test_dangling_link_in_its_place_is_refused(tmp_path):
    (tmp_path / "power_test").symlink_to(tmp_path / "gone")
    with pytest.raises(ScaffoldRefused):
        write_scaffold("power_test", tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["power_test"]
