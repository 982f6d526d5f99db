"""Checks what sequence.py and the modules it uses import: that it is there, found without importing it."""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.machinery import all_suffixes
from importlib.util import find_spec
from pathlib import Path

from sequences import authoring
from sequences.problems import Problem

AUTHORING = authoring.__name__
Import = ast.Import | ast.ImportFrom
Finding = tuple[int, str]  # line, message
PARTS = ("body", "orelse", "handlers", "finalbody", "cases")


def check_imports(main: Path, trees: Mapping[Path, ast.Module]) -> list[Problem]:
    """Imports of `main`, and of each module beside it that it imports, that would fail when it runs.

    Modules that it does not use, such as tests, may import what they like. So may code that is ready for the failure.
    """
    problems = []
    waiting, seen = [main], {main}
    while waiting:
        file = waiting.pop()
        for node in _certain_imports(trees[file]):
            problems += [Problem(file, line, "E221", message) for line, message in _problems(node, file, main.parent)]
            for used in _modules_beside(node, file.parent):
                if used in trees and used not in seen:
                    seen.add(used)
                    waiting.append(used)
    return problems


def _certain_imports(tree: ast.Module) -> Iterator[Import]:
    """Imports that no condition holds back and no handler catches."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Import):
            yield node
        elif not isinstance(node, ast.If) and not _is_ready_for_failure(node):
            for part in PARTS:  # only statements can hold statements
                waiting += getattr(node, part, ())


def _is_ready_for_failure(node: ast.AST) -> bool:
    """`try: import … except ImportError`, and `with suppress(ImportError)`."""
    caught: list[ast.expr | None] = []
    if isinstance(node, ast.Try):
        caught = [handler.type for handler in node.handlers]
    elif isinstance(node, ast.With):
        caught = [
            name for item in node.items if isinstance(item.context_expr, ast.Call) for name in item.context_expr.args
        ]
    names = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return any(
        one is None or any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(one)) for one in caught
    )


def _problems(node: Import, file: Path, package: Path) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _absolute(node.lineno, alias.name, file.parent, f"from . import {alias.name}")
    elif node.level == 0:
        yield from _absolute(node.lineno, str(node.module), file.parent, f"from .{node.module} import …")
        if node.module == AUTHORING:
            yield from _of_authoring(node)
    else:
        yield from _relative(node, file, package)


def _absolute(line: int, name: str, folder: Path, instead: str) -> Iterator[Finding]:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or _is_installed(top):
        return
    if _beside(folder, top):
        yield line, f"module '{top}' lies beside this file: write '{instead}'"
    else:
        yield line, f"module '{top}' is neither installed nor part of Python"


def _is_installed(top: str) -> bool:
    try:
        return find_spec(top) is not None
    except (ValueError, ImportError):  # loaded by other means than an import; a finder that gives up
        return top in sys.modules


def _of_authoring(node: ast.ImportFrom) -> Iterator[Finding]:
    for alias in node.names:
        if alias.name != "*" and not hasattr(authoring, alias.name):
            near = difflib.get_close_matches(alias.name, dir(authoring), n=1)
            hint = f" (did you mean '{near[0]}'?)" if near else ""
            yield node.lineno, f"{AUTHORING} has no '{alias.name}'{hint}"


def _relative(node: ast.ImportFrom, file: Path, package: Path) -> Iterator[Finding]:
    dots = "." * node.level
    folder = _start(node, file.parent)
    if folder != package and package not in folder.parents:
        yield node.lineno, f"'{dots}{node.module or ''}' leads out of the package"
    elif node.module is not None:
        if not _beside(folder, node.module):
            yield node.lineno, f"there is no module '{dots}{node.module}'{_near(node.module, folder)}"
    elif file.parent == package and node.level == 1 and file.stem == "sequence":
        for alias in node.names:  # elsewhere it may be a name that sequence.py defines
            if alias.name != "*" and not _beside(folder, alias.name):
                yield node.lineno, f"there is no module '.{alias.name}'{_near(alias.name, folder)}"


def _start(node: ast.ImportFrom, folder: Path) -> Path:
    return folder if node.level == 1 else folder.joinpath(*[".."] * (node.level - 1)).resolve()


def _near(name: str, folder: Path) -> str:
    with suppress(OSError):
        modules = [path.stem for path in folder.iterdir() if path.suffix == ".py"]
        for near in difflib.get_close_matches(name, modules, n=1):
            return f" beside this file (did you mean '.{near}'?)"
    return " beside this file"


def _beside(folder: Path, name: str) -> list[Path]:
    """The file or folder that holds the module `name`, dots and all, below a folder; empty when there is none."""
    place = folder.joinpath(*name.split("."))
    with suppress(OSError, ValueError):
        if place.is_dir():
            return [place / "__init__.py"]
        return [found for suffix in all_suffixes() if (found := place.with_name(place.name + suffix)).is_file()]
    return []


def _modules_beside(node: Import, folder: Path) -> Iterator[Path]:
    """Modules of the package that an import loads."""
    if isinstance(node, ast.ImportFrom) and node.level:
        start = _start(node, folder)
        if node.module is not None:
            yield from _beside(start, node.module)
            start = start.joinpath(*node.module.split("."))
        for alias in node.names:
            yield from _beside(start, alias.name)
