"""The modules of a package as syntax trees: parsed by one thread at a time, with what their decorators mean."""

from __future__ import annotations

import ast
import threading
from importlib.util import decode_source
from pathlib import Path

from sequences.package_files import read_file

AUTHORING = "sequences.authoring"
SIZE_LIMIT = 1024 * 1024  # bytes of a module
# In CPython 3.11 all threads share one counter in the parser, and two of them at once raise SystemError now and then.
_PARSER = threading.Lock()


class NotPython(Exception):
    """A module cannot be parsed. `line`: where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def parse_module(file: Path) -> ast.Module:
    """The syntax tree. Raises FileProblem or NotPython."""
    content = read_file(file, SIZE_LIMIT)
    try:
        source = decode_source(content)
        with _PARSER:
            return ast.parse(source, str(file))
    except SyntaxError as error:
        raise NotPython(max(error.lineno or 1, 1), f"syntax error: {error.msg}") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotPython(line, f"is not written in {error.encoding}: {error.reason}") from error
    except (LookupError, ValueError, RecursionError, MemoryError) as error:  # no encoding, null bytes, deep nesting
        raise NotPython(1, f"cannot be parsed: {str(error) or 'it is nested too deeply'}") from error


def authoring_names(tree: ast.Module) -> dict[str, str]:
    """What the module calls the decorators: its own name for each -> ours."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == AUTHORING
        for alias in node.names
    }


def sequence_classes(tree: ast.Module, names: dict[str, str]) -> list[ast.ClassDef]:
    """The classes with `@sequence`."""
    return [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(meant(mark, names) == "sequence" for mark in node.decorator_list)
    ]


def meant(decorator: ast.expr, names: dict[str, str]) -> str | None:
    """Our name of a decorator: `@step`, `@step(…)` and `@authoring.step` alike."""
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    if isinstance(decorator, ast.Attribute):
        return decorator.attr
    return names.get(decorator.id) if isinstance(decorator, ast.Name) else None
