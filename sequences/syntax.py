"""The modules of a package as syntax trees: parsed by one thread at a time, with what their decorators mean."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

AUTHORING = "sequences.authoring"
# In CPython 3.11 all threads share one counter in the parser, and two of them at once raise SystemError now and then.
_PARSER = threading.Lock()


def parse_module(file: Path) -> ast.Module:
    """The syntax tree. Raises OSError or SyntaxError; ValueError, RecursionError or MemoryError for what is absurd."""
    source = file.read_bytes()
    with _PARSER:
        return ast.parse(source, str(file))


def authoring_names(tree: ast.Module) -> dict[str, str]:
    """What the module calls the decorators: its own name for each -> ours."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == AUTHORING
        for alias in node.names
    }


def meant(decorator: ast.expr, names: dict[str, str]) -> str | None:
    """Our name of a decorator: `@step`, `@step(…)` and `@authoring.step` alike."""
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    if isinstance(decorator, ast.Attribute):
        return decorator.attr
    return names.get(decorator.id) if isinstance(decorator, ast.Name) else None
