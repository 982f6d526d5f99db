"""Packages with steps over items, and folders for them to go over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

HEADER = """\
import ctypes, faulthandler, os, signal, sys, time
from pathlib import Path
from sequences.authoring import BadItem, Item, ItemRun, Run, group, sequence, setup, step, teardown

@sequence
class Sample:
"""


@pytest.fixture
def write_over_items(tmp_path: Path) -> Callable[..., Path]:
    """`write_over_items(steps, manifest)`: a package of these methods, and these keys on top of name and version."""

    def write(steps: str, manifest: str = "") -> Path:
        folder = tmp_path / "sample"
        folder.mkdir(exist_ok=True)
        (folder / "manifest.yaml").write_text(f'name: sample\nversion: "1.0"\n{dedent(manifest)}')
        (folder / "sequence.py").write_text(HEADER + indent(dedent(steps), "    "))
        return folder

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten small items, 0.txt to 9.txt."""
    made = tmp_path / "items"
    made.mkdir()
    for number in range(10):
        (made / f"{number}.txt").write_text(f"item {number}")
    return made
