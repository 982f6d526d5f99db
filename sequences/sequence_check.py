"""Checks sequence.py as a syntax tree: its class, its steps and their options."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sequences.flow_check import Function, Member, check_flow, declared_members
from sequences.manifest import Manifest
from sequences.problems import Problem
from sequences.prompt_check import check_prompts
from sequences.step_options import items_problems, option_problems
from sequences.syntax import authoring_names, meant, sequence_classes
from sequences.usage_check import NO_LITERAL, UNKNOWN, check_usage

FILE_NAME = "sequence.py"


def check_sequence(file: Path, tree: ast.Module, manifest: Manifest | None) -> list[Problem]:
    """Every problem of the module. Without a manifest what refers to it is not checked."""
    return [Problem(file, line, code, message) for line, code, message in _findings(tree, manifest, file.parent)]


Finding = tuple[int, str, str]  # line, code, message


def _findings(tree: ast.Module, manifest: Manifest | None, folder: Path) -> Iterator[Finding]:
    names = authoring_names(tree)
    classes = sequence_classes(tree, names)
    if len(classes) != 1:
        line = classes[1].lineno if classes else 1
        yield line, "E203", f"needs exactly one class with @sequence, it has {len(classes)}"
        return
    members = list(declared_members(classes[0], lambda mark: meant(mark, names)))
    steps = [(member.node, member.word) for member in members if isinstance(member.node, Function)]
    yield from _emptiness(classes[0], members)
    over_items = {id(member.node) for member in members if _goes_over_items(member)}
    for function, word in steps:
        yield from _signature(function, word, over_items=id(function) in over_items)
    for member in members:
        if id(member.node) in over_items:
            yield from _place_of_items(member, manifest)
    for member in members:
        yield from _options(member, manifest)
    yield from check_flow(classes[0], members)
    run_names = {"run", *(function.args.args[1].arg for function, _ in steps if len(function.args.args) > 1)}
    yield from check_usage(tree, run_names, manifest)
    in_teardown = [function for function, word in steps if word == "teardown"]
    yield from check_prompts(tree, run_names, in_teardown, folder)


def _emptiness(cls: ast.ClassDef, members: list[Member]) -> Iterator[Finding]:
    if not any(member.word == "step" for member in members):
        yield cls.lineno, "E204", f"class {cls.name} has no method with @step"
    for group in members:
        if group.word == "group" and not any(member.within[-1:] == [group] for member in members):
            yield group.node.lineno, "E204", f"{group.owner} has no steps"


def _goes_over_items(member: Member) -> bool:
    return _literal_options(member).get("items") is True


def _literal_options(member: Member) -> dict[str, Any]:
    """The options of a decorator whose values stand there. What is only known when it runs is checked then."""
    found: dict[str, Any] = {}
    for keyword in member.mark.keywords if isinstance(member.mark, ast.Call) else ():
        try:
            found[keyword.arg or "**"] = ast.literal_eval(keyword.value)
        except NO_LITERAL:
            found[keyword.arg or "**"] = UNKNOWN
    return found


def _place_of_items(member: Member, manifest: Manifest | None) -> Iterator[Finding]:
    """Helping lanes have no instruments, and neither setup nor teardown."""
    if member.within:
        yield member.mark.lineno, "E219", f"{member.owner} goes over items, so it cannot stand in a group"
    if manifest is not None and manifest.instruments:
        sentence = "goes over items, on any lane: its sequence cannot use instruments"
        yield member.mark.lineno, "E219", f"{member.owner} {sentence}"


def _signature(function: Function, group: str, *, over_items: bool = False) -> Iterator[Finding]:
    arguments = function.args
    given = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    wanted = "self, run, item" if over_items else "self, run"
    if len(given) != (3 if over_items else 2) or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
        shown = ", ".join(given)
        yield function.lineno, "E206", f"{group} '{function.name}' must take ({wanted}), it takes ({shown})"
    if isinstance(function, ast.AsyncFunctionDef):
        yield function.lineno, "E207", f"{group} '{function.name}' must be a plain function, it is async"
    elif any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function)):
        yield function.lineno, "E207", f"{group} '{function.name}' must be a plain function, it has a yield"


def _options(member: Member, manifest: Manifest | None) -> Iterator[Finding]:
    mark, owner = member.mark, member.owner
    if not isinstance(mark, ast.Call):
        return
    if mark.args:
        yield mark.lineno, "E208", f"{owner}: options are given by name, as in timeout_s=5"
    yield from ((mark.lineno, "E208", f"{owner}: {problem}") for problem in items_problems(_literal_options(member)))
    for keyword in mark.keywords:
        if isinstance(keyword.value, ast.Lambda):
            yield from _function_of_the_run(owner, keyword)
        try:
            value = ast.literal_eval(keyword.value)
        except NO_LITERAL:  # a constant or an expression: checked when it runs
            continue
        parameters = None if manifest is None else manifest.parameters
        for problem in option_problems(keyword.arg or "**", value, parameters, word=member.word):
            yield keyword.value.lineno, "E208", f"{owner}: {problem}"


def _function_of_the_run(owner: str, keyword: ast.keyword) -> Iterator[Finding]:
    function = keyword.value
    assert isinstance(function, ast.Lambda)
    if keyword.arg != "run_if":
        yield function.lineno, "E208", f"{owner}: {keyword.arg} cannot be a function"
    elif len(function.args.args) != 1:
        yield function.lineno, "E208", f"{owner}: run_if takes a function of the run, as in lambda run: …"
