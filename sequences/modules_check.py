"""Checks the modules of a package as syntax trees: sequence.py, those beside it, and what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from sequences.imports_check import check_imports
from sequences.manifest import Manifest
from sequences.package_files import FileProblem
from sequences.problems import Problem
from sequences.sequence_check import FILE_NAME, check_sequence
from sequences.syntax import NotPython, parse_module


def check_modules(folder: Path, files: Iterable[Path], manifest: Manifest | None) -> list[Problem]:
    """Every problem of the modules among `files`, and of sequence.py, which must be there."""
    main = folder / FILE_NAME
    trees: dict[Path, ast.Module] = {}
    problems = []
    for file in {main: None} | {file: None for file in files if file.suffix == ".py"}:
        try:
            trees[file] = parse_module(file)
        except FileProblem as error:
            problems.append(Problem(file, 1, "E201" if file == main else "E141", str(error)))
        except NotPython as error:
            problems.append(Problem(file, error.line, "E202", str(error)))
    if main in trees:
        problems += check_sequence(main, trees[main], manifest)
        problems += check_imports(main, trees)
    return problems
