"""docs/api.md keeps its word: every endpoint stands there with its right, and its examples are what the schema says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from control.access.rights import RIGHTS, Right, Role
from control.api.batches import BatchFilter
from control.api.bodies import Reason
from control.api.datasets import NewDatasetBody
from control.api.emergency import ResetScope, Scope
from control.api.following import RerunBody
from control.api.new_batch import NewBatch
from control.api.problems import TYPES, Problem
from control.api.prompts import AnswerBody
from control.api.queue import MoveBody
from control.api.schedules import NewSchedule, ScheduleChange
from control.api.steering import SettingsBody, SkipBody
from tests.rows import HOUSE

TEXT = (HOUSE / "docs" / "api.md").read_text()
EXAMPLES = dict(re.findall(r"```json (\w+)\n(.*?)```", TEXT, re.DOTALL))
SHAPES: dict[str, Any] = {
    "submit_batch": NewBatch,
    "stop_batch": Reason,
    "skip_step": SkipBody,
    "change_settings": SettingsBody,
    "move_batch": MoveBody,
    "answer_prompt": AnswerBody,
    "rerun_batch": RerunBody,
    "emergency_stop": Scope,
    "reset": ResetScope,
    "make_slot_safe": Reason,
    "create_dataset": NewDatasetBody,
    "create_schedule": NewSchedule,
    "change_schedule": ScheduleChange,
    "problem": Problem,
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_example_is_what_the_schema_says(name: str):
    given = json.loads(EXAMPLES[name])
    shape = SHAPES[name](data=given)
    assert shape.is_valid(), shape.errors
    assert set(given) <= set(shape.fields)


def test_every_example_is_checked():
    assert set(EXAMPLES) == set(SHAPES)


def test_every_endpoint_is_documented():
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    known = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert set(re.findall(r"^\| `(GET|POST|PATCH|DELETE) (/api/[^`]*)` \|", TEXT, re.MULTILINE)) == known


@pytest.mark.parametrize("right", Right)
def test_the_table_of_rights_is_the_one_that_decides(right: Right):
    (row,) = re.findall(rf"^\| `{right}` \|(.*)\|$", TEXT, re.MULTILINE)
    said = [cell.strip() == "yes" for cell in row.split("|")[:4]]
    assert said == [right in RIGHTS[role] for role in Role]


def test_every_filter_is_documented():
    table = TEXT[TEXT.index("### Filters") : TEXT.index("### Pages")]
    names = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert names == set(BatchFilter.base_filters)


def test_every_type_of_problem_is_documented():
    documented = dict(re.findall(r"^\| `urn:gwanje:([a-z-]+)` \| (\d+) \|", TEXT, re.MULTILINE))
    assert documented == {name: str(status) for name, status in TYPES.items()}
