"""Small packages, written by the test that runs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest
from hypothesis import HealthCheck, settings

# The machine may be busy, and an example found here belongs into a test of its own.
settings.register_profile("house", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

WritePackage = Callable[..., Path]

HEADER = """\
import os, signal, time
from pathlib import Path
from sequences.authoring import Run, group, sequence, setup, step, teardown

@sequence
class Sample:
"""


@pytest.fixture
def write_package(tmp_path: Path) -> WritePackage:
    """`write_package(steps, manifest)`: a package of these methods, and these keys on top of name and version."""

    def write(steps: str, manifest: str = "", name: str = "sample") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.yaml").write_text(f'name: {name}\nversion: "1.0"\n' + dedent(manifest))
        (folder / "sequence.py").write_text(HEADER + indent(dedent(steps), "    "))
        return folder

    return write
