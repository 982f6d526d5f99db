"""Imports of a package: what is there, found without importing it, and what is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sequences.catalogue import read_package

HEAD = "from sequences.authoring import Run, sequence, step\n"
SEQUENCE = "@sequence\nclass Sample:\n    @step\n    def a(self, run: Run) -> None: pass\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "sample"
    (folder / "parts").mkdir(parents=True)
    (folder / "manifest.yaml").write_text('name: sample\nversion: "1"\n')
    (folder / "board.py").write_text("")
    (folder / "parts" / "relay.py").write_text("")
    return folder


def found(package: Path, code: str) -> list[str]:
    (package / "sequence.py").write_text(f"{HEAD}{code}\n{SEQUENCE}")
    return [f"{problem.line}: {problem.code} {problem.message}" for problem in read_package(package).problems]


@pytest.mark.parametrize(
    "code",
    [
        "import json, os.path, xml.etree.ElementTree as tree",
        "import yaml\nfrom sequences import trial",
        "from . import board\nfrom .board import decode\nfrom .parts import relay\nfrom .parts.relay import close",
        "try:\n    import nowhere_to_be_found\nexcept ImportError:\n    import nor_this_one",
        "try:\n    import nowhere_to_be_found\nexcept (ValueError, ModuleNotFoundError): pass",
        "try:\n    import nowhere_to_be_found\nexcept: pass",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import nowhere_to_be_found",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nowhere_to_be_found import Anything",
        "from sequences.authoring import *",
        "import __main__",
    ],
)
def test_import_that_would_succeed_or_may_fail_is_no_problem(package: Path, code: str):
    assert found(package, code) == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import nowhere_to_be_found", "module 'nowhere_to_be_found' is neither installed nor part of Python"),
        ("from nowhere.to.be import found", "module 'nowhere' is neither installed nor part of Python"),
        ("import json, nowhere", "module 'nowhere' is neither installed nor part of Python"),
        ("def late():\n    import nowhere", "module 'nowhere' is neither installed nor part of Python"),
        (
            "try:\n    import nowhere\nexcept ValueError: pass",
            "module 'nowhere' is neither installed nor part of Python",
        ),
        ("import board", "module 'board' lies beside this file: write 'from . import board'"),
        ("from board import decode", "module 'board' lies beside this file: write 'from .board import …'"),
        ("from .boards import decode", "there is no module '.boards' beside this file (did you mean '.board'?)"),
        ("from . import relay", "there is no module '.relay' beside this file"),
        ("from .parts.relais import close", "there is no module '.parts.relais' beside this file"),
        ("from .. import other", "'..' leads out of the package"),
        ("from ...a.b import other", "'...a.b' leads out of the package"),
        ("from sequences.authoring import stepp", "sequences.authoring has no 'stepp' (did you mean 'step'?)"),
    ],
)
def test_import_that_would_fail_is_named(package: Path, code: str, message: str):
    (problem,) = found(package, code)
    line, told = problem.split(": ", 1)
    assert (told, int(line) > 1) == (f"E221 {message}", True)


def test_modules_that_are_used_are_checked_as_well(package: Path):
    (package / "board.py").write_text("from .parts import relay\nfrom . import not_to_be_known\n")
    (package / "parts" / "relay.py").write_text("from .. import board\nimport nowhere\n")
    (package / "test_board.py").write_text("import nowhere_either\n")
    assert found(package, "from .board import decode") == [
        "2: E221 module 'nowhere' is neither installed nor part of Python"
    ]


def test_module_that_is_installed_later_is_found(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "installed").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "installed")
    assert len(found(package, "import arrives_later")) == 1
    (tmp_path / "installed" / "arrives_later.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path / "installed")  # forgets what was in the folder, as time does
    assert read_package(package).problems == []
    assert "arrives_later" not in sys.modules
