"""The examples of docs/instruments.md describe instruments that their drivers take as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stations.bench.fault_switches import FAULTS
from stations.drivers.loading import ANY, BUILT_IN, load_driver
from stations.station_file import read_station_file
from stations.station_keys import SIMULATED_MODELS

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "instruments.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(instruments:\n.*?)```", GUIDE, re.DOTALL)
# Classes of somebody's laboratory, and of packages that come with nothing but the tests.
ELSEWHERE = ("my_lab.", "instro.", "pymeasure.")


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_example_is_a_station_file_whose_drivers_take_every_text(tmp_path: Path, example: str) -> None:
    file = tmp_path / "station.yaml"
    own = example.replace("my_lab.motors.Axis", "tests.stations.drivers.foreign_classes.Stage")
    file.write_text(f"station: {{id: test}}\nslots: [{{id: slot-1, instruments: {{}}}}]\n{own}")
    instruments = read_station_file(file, [ANY]).instruments
    assert instruments
    for instrument in instruments.values():
        driver = load_driver(instrument.settings(), [ANY])
        assert all(
            driver.formatted(name, _fitting(command)) for name, command in driver.commands.items() if command.write
        )


def _fitting(command: object) -> object:
    kind, low = getattr(command, "type", ""), getattr(command, "minimum", None)
    return {"boolean": True, "text": "dusk"}.get(kind, low or 0.0)


def test_guide_names_every_driver_model_and_fault() -> None:
    assert [path for path in BUILT_IN if f"`{path}`" not in GUIDE] == []
    assert [model for model in SIMULATED_MODELS if f"| `{model}` |" not in GUIDE] == []
    assert [fault for fault in FAULTS if fault != "clear" and f"`{fault}" not in GUIDE] == []


def test_drivers_of_the_guide_that_are_not_ours_are_said_to_be_elsewhere() -> None:
    named = set(re.findall(r"driver: ([\w.]+)", "\n".join(EXAMPLES))) - BUILT_IN
    assert all(path.startswith(ELSEWHERE) for path in named)
