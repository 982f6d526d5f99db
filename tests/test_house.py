"""Promises of the house itself: sizes, names, directions of import, and that what can be set is written down."""

from __future__ import annotations

import ast
import os
import re
import statistics
import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
LEFT_BESIDE = {".git", ".venv", ".hypothesis", "data", "__pycache__"}
APPS = ("control", "sequences", "stations")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "lib", "extras", "base"}
# What speaks of somebody's machine instead of the product.
MACHINE_PATHS = re.compile(r"/(?:home|root|Users|work)/\w")


def house_files(suffix: str = "") -> list[Path]:
    """The files of the repository, without what a person or a tool leaves beside them."""
    found: list[Path] = []
    for folder, below, names in os.walk(HOUSE):
        below[:] = [name for name in below if name not in LEFT_BESIDE and not name.endswith("_cache")]
        found += [Path(folder) / name for name in names if name.endswith(suffix) and name != ".env"]
    return sorted(found)


def product_files() -> list[Path]:
    return [file for file in house_files(".py") if file.relative_to(HOUSE).parts[0] in APPS]


def functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, kinds)]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def shown(files: list[Path]) -> list[str]:
    return [str(file.relative_to(HOUSE)) for file in files]


def test_no_file_is_longer_than_400_lines():
    written = [file for file in house_files(".py") if "migrations" not in file.parts]
    assert shown([file for file in written if len(file.read_text().splitlines()) > 400]) == []


def test_median_file_is_at_most_90_lines():
    sizes = [len(file.read_text().splitlines()) for file in product_files() if file.name != "__init__.py"]
    assert statistics.median(sizes) <= 90


def test_no_function_is_longer_than_60_lines():
    long = [f"{file.name}:{node.name}" for file in product_files() for node in functions(file) if length(node) > 60]
    assert long == []


def test_nine_of_ten_functions_are_at_most_30_lines():
    sizes = [length(node) for file in product_files() for node in functions(file)]
    assert statistics.quantiles(sizes, n=10)[-1] <= 30


def test_no_module_has_a_name_that_says_nothing():
    assert shown([f for f in house_files(".py") if FORBIDDEN_NAMES & {f.stem, *f.relative_to(HOUSE).parts[:-1]}]) == []


def test_every_module_says_what_lives_in_it():
    written = [file for file in product_files() if file.read_text().strip() and "migrations" not in file.parts]
    assert shown([file for file in written if not ast.get_docstring(ast.parse(file.read_text()))]) == []


def read_variables() -> set[str]:
    """The variables that the product reads."""
    return set(re.findall(r'"(GWANJE_[A-Z_]+)"', "\n".join(file.read_text() for file in product_files())))


@pytest.mark.parametrize("name", sorted(read_variables()))
def test_variable_is_documented(name):
    assert f"`{name}`" in (HOUSE / "docs" / "settings.md").read_text()


def test_settings_page_names_no_variable_that_is_not_read():
    named = set(re.findall(r"`(GWANJE_[A-Z_]+)`", (HOUSE / "docs" / "settings.md").read_text()))
    assert named == read_variables()


def test_example_of_the_environment_names_only_documented_variables():
    named = set(re.findall(r"^#?(GWANJE_[A-Z_]+)=", (HOUSE / ".env.example").read_text(), re.MULTILINE))
    assert named - read_variables() - {f"{name}_FILE" for name in read_variables()} == set()


def test_no_file_names_a_path_of_somebodys_machine():
    own = Path(__file__)
    found = [
        f"{file.relative_to(HOUSE)}: {match[0]}"
        for file in house_files()
        if file != own
        for match in MACHINE_PATHS.finditer(file.read_text(errors="replace"))
    ]
    assert found == []


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{page.relative_to(HOUSE)}: {target}"
        for page in house_files(".md")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_targets_of_make_are_listed_by_help():
    makefile = (HOUSE / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    listed = subprocess.run(["make", "help"], cwd=HOUSE, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\w+)", listed, re.MULTILINE)) == phony
