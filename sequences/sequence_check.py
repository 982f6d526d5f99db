"""Checks sequence.py as a syntax tree: its class, its steps and their options."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator
from pathlib import Path

from sequences.manifest import Manifest
from sequences.problems import Problem
from sequences.prompt_check import check_prompts
from sequences.step_options import option_problems
from sequences.usage_check import check_usage

FILE_NAME = "sequence.py"
AUTHORING = "sequences.authoring"
STEP_DECORATORS = ("setup", "step", "teardown")
# In CPython 3.11 all threads share one counter there, and two of them at once raise SystemError now and then.
_PARSER = threading.Lock()


def check_sequence(folder: Path, manifest: Manifest | None) -> list[Problem]:
    """Every problem of the module. Without a manifest what refers to it is not checked."""
    file = folder / FILE_NAME
    try:
        source = file.read_bytes()
        with _PARSER:
            tree = ast.parse(source, str(file))
    except OSError as error:
        return [Problem(file, 1, "E201", f"cannot be read: {error.strerror}")]
    except SyntaxError as error:
        return [Problem(file, error.lineno or 1, "E202", f"syntax error: {error.msg}")]
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes, absurd nesting
        return [Problem(file, 1, "E202", f"cannot be parsed: {error}")]
    return [Problem(file, line, code, message) for line, code, message in _findings(tree, manifest, folder)]


Finding = tuple[int, str, str]  # line, code, message


def _findings(tree: ast.Module, manifest: Manifest | None, folder: Path) -> Iterator[Finding]:
    names = _authoring_names(tree)
    classes = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(_meant(mark, names) == "sequence" for mark in node.decorator_list)
    ]
    if len(classes) != 1:
        line = classes[1].lineno if classes else 1
        yield line, "E203", f"needs exactly one class with @sequence, it has {len(classes)}"
        return
    steps = list(_steps(classes[0], names))
    if not any(group == "step" for _, _, group in steps):
        yield classes[0].lineno, "E204", f"class {classes[0].name} has no method with @step"
    yield from _duplicates(classes[0], {function.name for function, _, _ in steps})
    for function, mark, group in steps:
        yield from _signature(function, group)
        yield from _options(function, mark, group, manifest)
    run_names = {"run", *(function.args.args[1].arg for function, _, _ in steps if len(function.args.args) > 1)}
    yield from check_usage(tree, run_names, manifest)
    in_teardown = [function for function, _, group in steps if group == "teardown"]
    yield from check_prompts(tree, run_names, in_teardown, folder)


def _authoring_names(tree: ast.Module) -> dict[str, str]:
    """What the module calls the decorators: its own name for each -> ours."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == AUTHORING
        for alias in node.names
    }


def _meant(decorator: ast.expr, names: dict[str, str]) -> str | None:
    """Our name of a decorator: `@step`, `@step(…)` and `@authoring.step` alike."""
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    if isinstance(decorator, ast.Attribute):
        return decorator.attr
    return names.get(decorator.id) if isinstance(decorator, ast.Name) else None


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _steps(cls: ast.ClassDef, names: dict[str, str]) -> Iterator[tuple[Function, ast.expr, str]]:
    for node in cls.body:
        if isinstance(node, Function):
            for mark in node.decorator_list:
                group = _meant(mark, names)
                if group in STEP_DECORATORS:
                    yield node, mark, group


def _duplicates(cls: ast.ClassDef, steps: set[str]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for node in cls.body:
        if isinstance(node, Function) and node.name in steps:
            if node.name in first:
                yield node.lineno, "E205", f"step '{node.name}' is already defined in line {first[node.name]}"
            first.setdefault(node.name, node.lineno)


def _signature(function: Function, group: str) -> Iterator[Finding]:
    arguments = function.args
    given = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    if len(given) != 2 or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
        shown = ", ".join(given)
        yield function.lineno, "E206", f"{group} '{function.name}' must take (self, run), it takes ({shown})"
    if isinstance(function, ast.AsyncFunctionDef):
        yield function.lineno, "E207", f"{group} '{function.name}' must be a plain function, it is async"
    elif any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function)):
        yield function.lineno, "E207", f"{group} '{function.name}' must be a plain function, it has a yield"


def _options(function: Function, mark: ast.expr, group: str, manifest: Manifest | None) -> Iterator[Finding]:
    if not isinstance(mark, ast.Call):
        return
    if mark.args:
        yield mark.lineno, "E208", f"step '{function.name}': options are given by name, as in timeout_s=5"
    for keyword in mark.keywords:
        try:
            value = ast.literal_eval(keyword.value)
        except ValueError:  # a constant or an expression: checked when it runs
            continue
        parameters = None if manifest is None else manifest.parameters
        for problem in option_problems(keyword.arg or "**", value, parameters, in_main=group == "step"):
            yield keyword.value.lineno, "E208", f"step '{function.name}': {problem}"
