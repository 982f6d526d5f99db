"""The steps of a package as its source shows them: for people who look it up before anything of it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sequences.sequence_check import FILE_NAME, STEP_DECORATORS
from sequences.syntax import authoring_names, meant, parse_module

# The names of the groups in a plan, in the order in which they run.
GROUPS = {"setup": "setup", "step": "main", "teardown": "teardown"}


@dataclass(frozen=True)
class OutlinedStep:
    """A step, where it is written, what its author says of it, and its options as they stand there."""

    name: str
    group: str
    within: str  # the nested groups that it belongs to, outermost first: "charge.trickle"
    line: int
    says: str  # the first line of its docstring
    options: dict[str, str]


def read_outline(folder: Path) -> list[OutlinedStep]:
    """The steps of setup, main and teardown, in this order; none of a module that cannot be read."""
    try:
        tree = parse_module(folder / FILE_NAME)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # the validator says why
    names = authoring_names(tree)
    classes = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(meant(mark, names) == "sequence" for mark in node.decorator_list)
    ]
    steps = [step for cls in classes[:1] for step in _steps(cls, names, "")]
    places = list(GROUPS.values())
    return sorted(steps, key=lambda step: places.index(step.group))


def _steps(cls: ast.ClassDef, names: dict[str, str], within: str) -> Iterator[OutlinedStep]:
    for node in cls.body:
        if isinstance(node, ast.ClassDef) and any(meant(mark, names) == "group" for mark in node.decorator_list):
            yield from _steps(node, names, f"{within}.{node.name}".lstrip("."))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for mark in node.decorator_list:
                word = meant(mark, names)
                if word in STEP_DECORATORS:
                    says = (ast.get_docstring(node) or "").partition("\n")[0]
                    yield OutlinedStep(node.name, GROUPS[word], within, node.lineno, says, _options(mark))


def _options(mark: ast.expr) -> dict[str, str]:
    keywords = mark.keywords if isinstance(mark, ast.Call) else []
    return {keyword.arg: ast.unparse(keyword.value) for keyword in keywords if keyword.arg is not None}
