"""Checks a package without importing it: the manifest as data, the sequence as a syntax tree. Every problem at once."""

from __future__ import annotations

from pathlib import Path

from sequences.manifest import Manifest
from sequences.manifest_check import check_manifest
from sequences.problems import Problem
from sequences.sequence_check import check_sequence


def validate(folder: Path) -> tuple[Manifest | None, list[Problem]]:
    """The manifest, if it can be used, and every problem of the package in order of file and line."""
    manifest, problems = check_manifest(folder)
    problems += check_sequence(folder, manifest)
    return manifest, sorted(problems)
