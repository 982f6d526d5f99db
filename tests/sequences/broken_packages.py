"""Fifteen packages that are deliberately broken, and what the validator says of each: `file:line: CODE`."""

from __future__ import annotations

import shutil
from pathlib import Path

BROKEN = Path(__file__).parent / "broken"
EXPECTED = {
    "alias_bomb": ["manifest.yaml:6: E102"],
    "bad_yaml": ["manifest.yaml:8: E102"],
    "catastrophic_pattern": [
        "manifest.yaml:7: E121",
        "manifest.yaml:10: E123",
        "manifest.yaml:11: E123",
        "manifest.yaml:12: E123",
        "sequence.py:17: E214",
    ],
    "cyclic_dependency": ["sequence.py:10: E218", "sequence.py:18: E217"],
    "duplicate_step": ["sequence.py:19: E205", "sequence.py:23: E205"],
    "limit_upside_down": [
        "manifest.yaml:7: E121",
        "manifest.yaml:9: E123",
        "manifest.yaml:10: E123",
        "manifest.yaml:11: E123",
        "manifest.yaml:12: E123",
        "sequence.py:17: E214",
    ],
    "missing_file": ["sequence.py:1: E201"],
    "missing_import": [
        "decode.py:3: E221",
        "sequence.py:8: E221",
        "sequence.py:9: E221",
        "sequence.py:10: E221",
        "sequence.py:12: E221",
        "sequence.py:14: E221",
        "sequence.py:26: E204",
        "sequence.py:29: E221",
    ],
    "syntax_error": ["decode.py:5: E202", "sequence.py:15: E202"],
    "undeclared_instrument": ["sequence.py:16: E211", "sequence.py:20: E211", "sequence.py:20: E212"],
    "unknown_key": [
        "manifest.yaml:10: E104",
        "manifest.yaml:11: E104",
        "manifest.yaml:11: E106",
        "manifest.yaml:12: E132",
    ],
    "unreadable_file": ["sequence.py:1: E201", "table:1: E141"],
    "wrong_default": [
        "manifest.yaml:7: E121",
        "manifest.yaml:8: E121",
        "manifest.yaml:9: E121",
        "manifest.yaml:10: E121",
        "manifest.yaml:11: E121",
        "manifest.yaml:13: E123",
    ],
    "wrong_items": [
        "manifest.yaml:7: E145",
        "manifest.yaml:9: E139",
        "manifest.yaml:10: E139",
        "manifest.yaml:11: E139",
        "manifest.yaml:12: E143",
        "manifest.yaml:13: E145",
        "manifest.yaml:14: E144",
    ],
    "wrong_unit": ["manifest.yaml:7: E121", "manifest.yaml:9: E123", "sequence.py:17: E213", "sequence.py:18: E213"],
}


def copy_broken(folder: Path) -> Path:
    """All of them, and what no repository can hold: files that nobody can read, root neither."""
    shutil.copytree(BROKEN, folder)
    package = folder / "unreadable_file"
    (package / "sequence.py").unlink()
    (package / "sequence.py").mkdir()
    (package / "table").symlink_to("/proc/self/mem")
    return folder
