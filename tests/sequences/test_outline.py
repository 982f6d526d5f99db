"""The steps of a package as its source shows them."""

from __future__ import annotations

import re

from sequences.json_schema import parameters_schema
from sequences.outline import read_outline


def test_steps_stand_in_the_order_in_which_they_run(write_package):
    package = write_package(
        """
        @teardown
        def off(self, run): pass

        @step(timeout_s=5, attempts=3)
        def measure(self, run):
            '''Takes the current.

            At length.
            '''

        @setup
        def on(self, run): pass

        def no_step(self, run): pass
        """
    )
    steps = read_outline(package)
    assert [(step.group, step.name) for step in steps] == [("setup", "on"), ("main", "measure"), ("teardown", "off")]
    assert (steps[1].says, steps[1].options) == ("Takes the current.", {"timeout_s": "5", "attempts": "3"})
    assert [step.line for step in steps] == [19, 12, 9]


def test_module_that_cannot_be_read_has_no_steps(write_package, tmp_path):
    assert read_outline(write_package("def")) == []
    assert read_outline(tmp_path / "nowhere") == []


def test_parameters_are_told_as_json_schema():
    declared = {
        "voltage": {"type": "number", "unit": "V", "minimum": 1, "maximum": 30},
        "cycles": {"type": "integer", "default": 3, "live": True, "description": "how often"},
    }
    assert parameters_schema(declared) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "voltage": {"type": "number", "x-unit": "V", "minimum": 1, "maximum": 30},
            "cycles": {"type": "integer", "default": 3, "x-live": True, "description": "how often"},
        },
        "required": ["voltage"],
        "additionalProperties": False,
    }


def test_pattern_of_a_parameter_means_the_whole_value_in_its_schema() -> None:
    declared = {"serial": {"type": "string", "pattern": r"SN-\d+|spare"}}
    pattern = parameters_schema(declared)["properties"]["serial"]["pattern"]
    assert [bool(re.search(pattern, text)) for text in ("SN-1", "spare", "SN-1x", "a spare")] == [
        True,
        True,
        False,
        False,
    ]
