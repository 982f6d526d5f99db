"""Checks a package without importing it: the manifest as data, the modules as syntax trees. Every problem at once."""

from __future__ import annotations

from pathlib import Path

from sequences.files_check import check_files
from sequences.manifest import FILE_NAME, Manifest
from sequences.manifest_check import check_manifest
from sequences.modules_check import check_modules
from sequences.package_files import look_into
from sequences.problems import Problem
from sequences.sequence_check import FILE_NAME as SEQUENCE_FILE


def validate(folder: Path) -> tuple[Manifest | None, list[Problem]]:
    """The manifest, if it can be used, and every problem of the package in order of file and line."""
    contents = look_into(folder)
    files = contents.files if contents.is_whole else []
    modules = [file for file in files if file.suffix == ".py"]
    manifest, problems = check_manifest(folder)
    problems += check_files(folder, contents, {folder / FILE_NAME, folder / SEQUENCE_FILE, *modules})
    problems += check_modules(folder, modules, manifest)
    return manifest, sorted(problems)
