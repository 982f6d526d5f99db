"""docs/sequences.md: its example runs, and its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sequences import trial
from sequences.hints import HINTS
from sequences.manifest import KEYS
from sequences.outcomes import VERDICTS, Happening, Outcome
from sequences.run import Run
from sequences.step_options import OPTIONS
from stations.contracts import Resources

TEXT = (Path(__file__).parents[2] / "docs" / "sequences.md").read_text()


class PretendedSupply:
    def __init__(self):
        self.told = []

    def set(self, command, value):
        self.told.append((command, value))

    def read(self, command):
        return 0.1


def test_hint_at_the_limits_of_a_run_knows_them_all():
    assert [name for name in Resources.__annotations__ if name not in HINTS["E135"].text] == []


def test_first_example_runs(tmp_path):
    folder = tmp_path / "hello_board"
    folder.mkdir()
    manifest, sequence = (re.search(rf"```{kind}\n(.*?)```", TEXT, re.S)[1] for kind in ("yaml", "python"))
    (folder / "manifest.yaml").write_text(manifest)
    (folder / "sequence.py").write_text(sequence)
    supply = PretendedSupply()
    record = trial.run(folder, {"input_voltage": 5.5}, {"supply": supply})
    assert record.outcomes == {"power_on": "PASS", "measure_current": "PASS", "power_off": "PASS"}
    assert supply.told == [("voltage", 5.5), ("output", True), ("output", False)]


@pytest.mark.parametrize("word", [*KEYS, *OPTIONS, *(outcome.value for outcome in Outcome)])
def test_every_key_option_and_outcome_has_a_row(word):
    assert re.search(rf"^\|[^|]*\b{word}\b[^|]*\|", TEXT, re.M)


@pytest.mark.parametrize("method", [name for name in vars(Run) if not name.startswith("_")])
def test_every_method_of_run_has_a_row(method):
    assert re.search(rf"^\| [^|]*`run\.{method}\(", TEXT, re.M)


def test_table_of_verdicts_is_that_of_the_code():
    rows = re.findall(r"^\| ([^|]+) \| (COMPLETED|STOPPED|FAILED) \| (\w+) \|$", TEXT, re.M)
    told = [(state.lower(), outcome) for _, state, outcome in rows]
    of_code = [VERDICTS[happening] for happening in Happening if happening is not Happening.FAILURE_ENDED_IT]
    assert told == [(ending, outcome.value) for ending, outcome in of_code]
