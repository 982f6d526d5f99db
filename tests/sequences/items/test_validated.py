"""What the validator says of steps over items."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from sequences.validator import validate
from tests.sequences.test_validator import DECLARED, FIRST_LINE, GOOD

OVER_ITEMS = "@step(items=True{})\ndef a(self, run, item): pass\n"
OF_ITEMS = [
    (
        "@step(items=True)\ndef a(self, run): pass",
        "E206",
        1,
        "step 'a' must take (self, run, item), it takes (self, run)",
    ),
    ("@step\ndef a(self, run, item): pass", "E206", 1, "step 'a' must take (self, run), it takes (self, run, item)"),
    (
        "@group\nclass g:\n" + indent(OVER_ITEMS.format(""), "    "),
        "E219",
        2,
        "step 'a' goes over items, so it cannot stand in a group",
    ),
    ("@setup(items=True)\ndef a(self, run, item): pass\n" + GOOD.replace("a(", "b("), "E208", 0, "step 'a': items is"),
    (OVER_ITEMS.replace("True", "1").format(""), "E208", 0, "step 'a': items must be True or False, it is 1"),
    (
        "@step(item_timeout_s=5)\ndef a(self, run): pass",
        "E208",
        0,
        "step 'a': item_timeout_s is an option of steps with",
    ),
    *(
        (
            OVER_ITEMS.format(f", item_timeout_s={value}"),
            "E208",
            0,
            "step 'a': item_timeout_s must be a positive number",
        )
        for value in ("0", "-1", "'1'")
    ),
    *(
        (
            OVER_ITEMS.format(f", {option}"),
            "E208",
            0,
            f"step 'a': {option.partition('=')[0]} is no option of a step over items",
        )
        for option in ("attempts=2", "retry_delay_s=1", "retry_on=ValueError", "repeat=2")
    ),
]


def problems_of(package: Path) -> list[str]:
    return [str(problem).removeprefix(f"{package}/") for problem in validate(package)[1]]


@pytest.mark.parametrize(("steps", "code", "line", "message"), OF_ITEMS)
def test_problem_of_a_step_over_items_is_named(write_package, steps, code, line, message):
    place, found_code, text = problems_of(write_package(steps))[0].split(" ", 2)
    assert (place, found_code) == (f"sequence.py:{FIRST_LINE + line}:", code)
    assert text.startswith(message)


def test_step_over_items_cannot_use_instruments(write_package):
    assert problems_of(write_package(OVER_ITEMS.format(", item_timeout_s=0.5, timeout_s=60, critical=False"))) == []
    (problem,) = problems_of(write_package(OVER_ITEMS.format(""), DECLARED))
    assert problem == (
        f"sequence.py:{FIRST_LINE}: E219 step 'a' goes over items, on any lane: its sequence cannot use instruments"
    )
