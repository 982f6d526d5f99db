"""Every ending of every activity, with real processes: the state, the outputs, who switched them off, and the story."""

from __future__ import annotations

import re

import pytest

from tests.faults.activities import ACTIVITIES
from tests.faults.chosen import CHOSEN, ON_BOTH
from tests.faults.endings import ENDINGS
from tests.faults.matrix import NO_SENSE, Cell, all_cells
from tests.faults.reliability import PAGE
from tests.faults.trial import Seen, try_cell
from tests.installations import wait_until
from tests.system.invariants import check_invariants, check_processes

# The station's fixture chooses its database by itself.
pytestmark = [pytest.mark.database, pytest.mark.xdist_group("processes")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "cell" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption
    wanted = [cell for cell in all_cells() if option("--cells", default="chosen") == "all" or cell.name in CHOSEN]
    cells = [
        pytest.param(cell, id=cell.name, marks=() if cell.name in ON_BOTH else (pytest.mark.any_database,))
        for cell in wanted
        for _ in range(option("--repeat", default=1))
    ]
    metafunc.parametrize("cell", cells)


def test_cell(station, keep, cell: Cell):
    seen = Seen()
    try:
        seen = try_cell(station, cell)
        station.bench.calm()
        if bool((wait_until(station.status, 5, "the guard"))["unsafe"]) is not cell.expected.unsafe:
            seen.problems.append(f"the slot has {'no' if cell.expected.unsafe else 'an'} unsafe mark")
        station.lift()
        station.settle(40)
        check_invariants(station, stories=[seen.batch])
        check_processes(station)
    except Exception as error:  # whatever happens to a cell stands in its table
        seen.problems.append(f"{type(error).__name__}: {error}")
    finally:
        keep(cell, seen)
    assert seen.problems == []


def test_every_pair_is_tried_or_has_a_reason():
    pairs = {(ending.name, activity.name) for ending in ENDINGS for activity in ACTIVITIES}
    tried = {(cell.ending.name, cell.activity.name) for cell in all_cells()}
    assert (tried | NO_SENSE.keys(), tried & NO_SENSE.keys()) == (pairs, set())


def test_chosen_cells_meet_every_ending_and_every_activity():
    chosen = [cell for cell in all_cells() if cell.name in CHOSEN]
    assert len(chosen) == len(CHOSEN)
    assert {cell.ending.name for cell in chosen} == {ending.name for ending in ENDINGS}
    assert {cell.activity.name for cell in chosen} == {activity.name for activity in ACTIVITIES}
    assert ON_BOTH <= CHOSEN


def test_published_page_shows_every_cell():
    sections = re.split(r"^`(\S+)`$", PAGE.read_text(), flags=re.MULTILINE)[1:]
    shown = [
        f"{ending}-{activity}"
        for ending, table in zip(sections[::2], sections[1::2], strict=True)
        for activity in re.findall(r"^\| (\S+) \| [A-Z]+ / [A-Z]+ ", table, re.MULTILINE)
    ]
    assert shown == [cell.name for cell in all_cells()]
