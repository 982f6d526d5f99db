"""The schema of station files: what editors accept is what the checker accepts, key by key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stations.driver_options import DRIVER_OPTIONS
from stations.drivers.loading import BUILT_IN
from stations.station_file import read_station_file
from stations.station_schema import schema_text, station_schema

pytestmark = pytest.mark.any_database

HOUSE = Path(__file__).parents[2]
WRONG = HOUSE / "tests" / "stations" / "wrong_files"
VALIDATOR = jsonschema.Draft202012Validator(station_schema())


def as_editors_read_it(text: str) -> Any:
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def complaints(text: str) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(as_editors_read_it(text))]


def examples(page: str) -> list[str]:
    """The blocks of a page, each made a whole file by what it leaves out."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", (HOUSE / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)
    empty: dict[str, Any] = {"station": {"id": "demo"}, "slots": [], "instruments": {}}
    return [yaml.safe_dump(empty | yaml.safe_load(block)) for block in blocks]


def test_schema_of_the_documentation_is_the_one_of_the_checker():
    jsonschema.Draft202012Validator.check_schema(station_schema())
    assert (HOUSE / "docs" / "station.schema.json").read_text() == schema_text()


def test_station_files_of_the_house_are_good_to_editors():
    text = (HOUSE / "station.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=docs/station.schema.json\n")
    assert complaints(text) == []


def test_examples_of_the_documentation_are_good_to_editors():
    found = examples("instruments.md") + examples("station-file.md")
    assert len(found) >= 3
    assert [complaints(text) for text in found] == [[] for _ in found]


def test_example_of_a_whole_file_is_good_to_the_checker(tmp_path: Path):
    [text] = examples("station-file.md")
    (tmp_path / "station.yaml").write_text(text)
    station = read_station_file(tmp_path / "station.yaml")
    assert (station.backend.url, station.backend.sync_interval) == ("https://gwanje.example", 30.0)
    assert "none yet" not in repr(station)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("missing_sections", ["$", "$", "$"]),
        ("wrong_server", ["$.server", "$.server.host", "$.server.port", "$.server.workers"]),
        ("wrong_options", ["$.instruments['board-1'].options", "$.instruments['board-1'].options.baudrate"]),
        ("wrong_simulation", ["$.instruments['thing-1'].simulation.model"]),
    ],
)
def test_editors_underline_what_the_checker_refuses(name: str, places: list[str]):
    found = complaints((WRONG / f"{name}.yaml").read_text())
    assert set(places) <= set(found) and found.count("$") == places.count("$")


def test_every_driver_that_comes_with_us_declares_its_options():
    assert set(DRIVER_OPTIONS) == set(BUILT_IN)
