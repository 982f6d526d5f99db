"""manage.py check_sequences [PATH]: everything that is wrong with packages, before anybody runs them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from control.management.terminal_words import counted
from sequences.catalogue import package_folders
from sequences.installed import installed_packages
from sequences.manifest import FILE_NAME as MANIFEST_FILE
from sequences.problems import Problem, readable
from sequences.sequence_check import FILE_NAME as SEQUENCE_FILE
from sequences.validator import validate

NOTHING_TO_CHECK = 2  # exit code


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # neither a database nor a station is needed
    help = (
        "Check sequence packages without importing or running anything of them. "
        "Exit code: 0 no problem, 1 some package cannot run, 2 there is no package at PATH."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", help="a package, or a folder of packages; default: the whole catalogue")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        folders = _catalogue() if options["path"] is None else _packages_at(options["path"])
        if options["path"] is None:
            for folder in filter(lambda folder: not Path(folder).is_dir(), settings.SEQUENCE_DIRS):
                self.stderr.write(f"GWANJE_SEQUENCE_DIRS names {readable(str(folder))}, which is no folder.")
        found = {folder: validate(folder)[1] for folder in folders}
        problems = [problem for of_package in found.values() for problem in of_package]
        told = _as_json(found) if options["json"] else "\n".join([*_lines(problems), _summary(len(found), problems)])
        self.stdout.write(told)
        self.stdout.flush()
        sys.exit(1 if any(problem.is_error for problem in problems) else 0)


def _catalogue() -> list[Path]:
    """Those in folders, and of installed wheels that hold what they promise; of the others the pages tell."""
    wheels = [wheel.path for wheel in installed_packages() if not wheel.problem]
    return [*(package for folder in settings.SEQUENCE_DIRS for package in package_folders(folder)), *wheels]


def _packages_at(text: str) -> list[Path]:
    """The package at a path, or those in it. Raises CommandError when there is neither."""
    path = Path(os.path.abspath(text))  # noqa: PTH100 - a link keeps the name by which it is called
    if any(os.path.lexists(path / name) for name in (MANIFEST_FILE, SEQUENCE_FILE)):
        return [path]
    packages = package_folders(path)
    if not packages:
        raise CommandError(
            f"There is no sequence package at {readable(text)}: name a folder with a {MANIFEST_FILE}, "
            "or a folder of such folders.",
            returncode=NOTHING_TO_CHECK,
        )
    return packages


def _lines(problems: Iterable[Problem]) -> Iterable[str]:
    for problem in problems:
        yield str(problem).removeprefix(f"{readable(str(Path.cwd()))}/")
        if problem.hint:
            yield f"    {problem.hint}"


def _summary(packages: int, problems: list[Problem]) -> str:
    errors = sum(problem.is_error for problem in problems)
    warnings = len(problems) - errors
    found = [counted(errors, "problem")] if errors else []
    found += [counted(warnings, "warning")] if warnings else []
    return f"{counted(packages, 'package')} checked: {', '.join(found) or 'no problems'}."


def _as_json(found: dict[Path, list[Problem]]) -> str:
    packages = [
        {
            "name": readable(folder.name),
            "path": readable(str(folder)),
            "problems": [
                {
                    "file": readable(str(problem.file)),
                    "line": problem.line,
                    "code": problem.code,
                    "message": readable(problem.message),
                    "hint": problem.hint,
                }
                for problem in problems
            ],
        }
        for folder, problems in found.items()
    ]
    return json.dumps({"packages": packages}, indent=2, ensure_ascii=False)
