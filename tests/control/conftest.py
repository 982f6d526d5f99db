"""A command run against an environment that a test has spoiled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.installations import Installation

Manage = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """`manage("check", GWANJE_WORKERS="0")`: without a database, so that nothing has to be migrated."""

    def run(*arguments: str, **changes: str) -> CompletedProcess[str]:
        installation = Installation(tmp_path / "installed", f"sqlite:///{tmp_path}/installed/data/gwanje.sqlite3")
        installation.environment |= changes
        return installation.manage(*arguments)

    return run
