"""Checks the modules of a package as syntax trees: sequence.py, those beside it, and what they import."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterable
from importlib.util import decode_source
from pathlib import Path

from sequences.imports_check import check_imports
from sequences.manifest import Manifest
from sequences.package_files import FileProblem, read_file
from sequences.problems import Problem
from sequences.sequence_check import FILE_NAME, check_sequence

SIZE_LIMIT = 1024 * 1024  # bytes of a module
# In CPython 3.11 all threads share one counter there, and two of them at once raise SystemError now and then.
_PARSER = threading.Lock()


def check_modules(folder: Path, files: Iterable[Path], manifest: Manifest | None) -> list[Problem]:
    """Every problem of the modules among `files`, and of sequence.py, which must be there."""
    main = folder / FILE_NAME
    trees: dict[Path, ast.Module] = {}
    problems = []
    for file in {main: None} | {file: None for file in files if file.suffix == ".py"}:
        parsed = parse_module(file, unreadable="E201" if file == main else "E141")
        if isinstance(parsed, Problem):
            problems.append(parsed)
        else:
            trees[file] = parsed
    if main in trees:
        problems += check_sequence(main, trees[main], manifest)
        problems += check_imports(main, trees)
    return problems


def parse_module(file: Path, unreadable: str) -> ast.Module | Problem:
    """The syntax tree of a module, or why there is none."""
    try:
        content = read_file(file, SIZE_LIMIT)
        source = decode_source(content)
        with _PARSER:
            return ast.parse(source, str(file))
    except FileProblem as error:
        return Problem(file, 1, unreadable, str(error))
    except SyntaxError as error:
        return Problem(file, max(error.lineno or 1, 1), "E202", f"syntax error: {error.msg}")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(file, line, "E202", f"is not written in {error.encoding}: {error.reason}")
    except (LookupError, ValueError, RecursionError, MemoryError) as error:  # no encoding, null bytes, deep nesting
        return Problem(file, 1, "E202", f"cannot be parsed: {str(error) or 'it is nested too deeply'}")
