"""Checks how a sequence uses `run`: instruments, parameters, measurements, units, limits."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Collection, Iterator
from typing import Any

from sequences.limits import limit_problems
from sequences.manifest import Manifest
from sequences.units import check_unit

Finding = tuple[int, str, str]  # line, code, message


def check_usage(tree: ast.Module, run_names: Collection[str], manifest: Manifest | None) -> Iterator[Finding]:
    """Problems of everything that is reached through `run`, whatever the steps call it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and manifest is not None:
            yield from _undeclared(node, run_names, manifest)
        elif isinstance(node, ast.Call):
            yield from _call(node, run_names, manifest)


def _is_run(node: ast.expr, run_names: Collection[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in run_names


def _undeclared(node: ast.Attribute, run_names: Collection[str], manifest: Manifest) -> Iterator[Finding]:
    """`run.instruments.x` and `run.parameters.x` that the manifest does not declare."""
    owner = node.value
    if not isinstance(owner, ast.Attribute) or not _is_run(owner.value, run_names):
        return
    declared: dict[str, Collection[str]] = {"instruments": manifest.instruments, "parameters": manifest.parameters}
    codes = {"instruments": ("E211", "instrument"), "parameters": ("E212", "parameter")}
    if owner.attr in declared and node.attr not in declared[owner.attr]:
        code, word = codes[owner.attr]
        near = difflib.get_close_matches(node.attr, declared[owner.attr], n=1)
        told = f"did you mean '{near[0]}'?" if near else f"declared: {', '.join(declared[owner.attr]) or 'none'}"
        yield node.lineno, code, f"{word} '{node.attr}' is not declared in manifest.yaml ({told})"


def _call(node: ast.Call, run_names: Collection[str], manifest: Manifest | None) -> Iterator[Finding]:
    if not isinstance(node.func, ast.Attribute) or not _is_run(node.func.value, run_names):
        return
    if node.func.attr == "measure":
        yield from _measure(node, manifest)
    elif node.func.attr == "record_curve":
        columns = _literal(node.args[1]) if len(node.args) > 1 else _keywords(node).get("columns")
        for unit in columns.values() if isinstance(columns, dict) else ():
            yield from ((node.lineno, "E213", problem) for problem in check_unit(unit))


def _measure(node: ast.Call, manifest: Manifest | None) -> Iterator[Finding]:
    given = _keywords(node)
    name = _literal(node.args[0]) if node.args else given.get("name")
    unit = _literal(node.args[2]) if len(node.args) > 2 else given.get("unit", "")
    limits = {key: value for key, value in given.items() if key not in ("name", "value", "unit")}
    called = f"measurement '{name}'" if isinstance(name, str) else "a measurement"
    if isinstance(unit, str):
        yield from ((node.lineno, "E213", f"{called}: {problem}") for problem in check_unit(unit))
    known = {key: value for key, value in limits.items() if value is not UNKNOWN}
    if known:
        complete = len(known) == len(limits) and all(keyword.arg is not None for keyword in node.keywords)
        problems = limit_problems(known, complete=complete)
        yield from ((node.lineno, "E214", f"{called}: {problem}") for problem in problems)
    if not limits and manifest is not None and isinstance(name, str):
        yield from _against_manifest(node.lineno, name, unit, manifest)


def _against_manifest(line: int, name: str, unit: Any, manifest: Manifest) -> Iterator[Finding]:
    if name not in manifest.limits:
        for near in difflib.get_close_matches(name, manifest.limits, n=1, cutoff=0.75):
            yield line, "W301", f"measurement '{name}' has no limits in manifest.yaml: did you mean '{near}'?"
        return
    declared = manifest.limits[name].get("unit", "")
    if isinstance(unit, str) and unit and unit != declared:
        message = f"measurement '{name}' is in {unit}, but its limits in manifest.yaml are in {declared or 'no unit'}"
        yield line, "E215", message


UNKNOWN = object()  # a value that only the running program knows
# Of literal_eval: no literal at all, a list as a key, a nesting that is too deep, a number with too many digits.
NO_LITERAL = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError)


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except NO_LITERAL:
        return UNKNOWN


def _keywords(node: ast.Call) -> dict[str, Any]:
    return {keyword.arg: _literal(keyword.value) for keyword in node.keywords if keyword.arg is not None}
