"""Versions are compared with what requirements.txt asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from control.management.doctor.software import look_at_dependencies, look_at_software
from tests.control.management.doctor.told import levels


def look(tmp_path: Path, *lines: str) -> list[tuple[str, str]]:
    file = tmp_path / "requirements.txt"
    file.write_text("\n".join(lines))
    return [(finding.level.value, finding.text) for finding in look_at_dependencies(file)]


def test_this_environment_has_what_it_should_have():
    assert levels(look_at_software()) == ["ok", "ok"]


def test_dependencies_in_their_ranges_are_counted(tmp_path: Path):
    lines = ["# a comment", "django>=5.0,<9", "psycopg[binary,pool]>=3.2", "-r other.txt", ""]
    assert look(tmp_path, *lines)[0][0] == "ok"


def test_dependency_that_is_missing_is_wrong(tmp_path: Path):
    assert look(tmp_path, "django>=5", "gwanje-of-nowhere>=1,<2") == [("wrong", "gwanje-of-nowhere is not installed.")]


@pytest.mark.parametrize(("asked", "level"), [(">=99", "attention"), ("<5", "attention"), (">=5.0.0,<99.0", "ok")])
def test_dependency_outside_its_range_needs_attention(tmp_path: Path, asked: str, level: str):
    assert look(tmp_path, f"django{asked}")[0][0] == level


def test_missing_list_of_dependencies_is_said(tmp_path: Path):
    assert levels(look_at_dependencies(tmp_path / "none.txt")) == ["attention"]
