"""The steps of a package as its source shows them: for people who look it up before anything of it runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from sequences.flow_check import declared_members
from sequences.package_files import FileProblem
from sequences.sequence_check import FILE_NAME
from sequences.syntax import NotPython, authoring_names, meant, parse_module, sequence_classes

# The names of the groups in a plan, in the order in which they run.
GROUPS = {"setup": "setup", "step": "main", "teardown": "teardown"}


@dataclass(frozen=True)
class OutlinedStep:
    """A step, where it is written, what its author says of it, and its options as they stand there."""

    name: str
    group: str
    within: str  # the nested groups that it belongs to, outermost first: "charge/trickle"
    line: int
    says: str  # the first line of its docstring
    options: dict[str, str]
    around: list[dict[str, str]]  # the options of those groups, outermost first


def read_outline(folder: Path) -> list[OutlinedStep]:
    """The steps in the order in which they run; none of a module that cannot be read."""
    try:
        tree = parse_module(folder / FILE_NAME)
    except (FileProblem, NotPython):
        return []  # the validator says why
    names = authoring_names(tree)
    members = [
        member
        for cls in sequence_classes(tree, names)[:1]
        for member in declared_members(cls, lambda mark: meant(mark, names))
        if member.word in GROUPS
    ]
    return [
        OutlinedStep(
            name=member.node.name,
            group=GROUPS[member.word],
            within="/".join(group.node.name for group in member.within),
            line=member.node.lineno,
            says=(ast.get_docstring(member.node) or "").partition("\n")[0],
            options=_options(member.mark),
            around=[_options(group.mark) for group in member.within],
        )
        for member in members
    ]


def _options(mark: ast.expr) -> dict[str, str]:
    keywords = mark.keywords if isinstance(mark, ast.Call) else []
    return {keyword.arg: ast.unparse(keyword.value) for keyword in keywords if keyword.arg is not None}
