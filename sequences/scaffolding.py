"""Writes the beginning of a new package: a copy of the one in `sequences/scaffold/`, under its own name."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from pathlib import Path

TEMPLATE = Path(__file__).parent / "scaffold" / "my_sequence"
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class ScaffoldRefused(Exception):
    """Nothing was written. The sentence says why, and what to do."""


def check_name(name: str) -> None:
    """Raises ScaffoldRefused for what cannot be the name of a package."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        near = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_0123456789")[:60]
        hint = f" For example: {near}" if NAME.fullmatch(near) and not keyword.iskeyword(near) else ""
        raise ScaffoldRefused(
            f"{name!r} cannot be the name of a sequence: take lower-case letters, digits and _, "
            f"beginning with a letter, at most 60 of them, and no word of Python.{hint}"
        )


def write_scaffold(name: str, folder: Path) -> Path:
    """Write the package `name` into `folder`, which is made if need be: whole, or not at all.

    Raises ScaffoldRefused when something is there already, OSError when it cannot be written.
    """
    check_name(name)
    package = folder / name
    if package.exists() or package.is_symlink():
        raise ScaffoldRefused(f"There is something at {package} already. Choose another name, or move it away.")
    folder.mkdir(parents=True, exist_ok=True)
    # Where catalogues do not look, until it is complete.
    draft = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    try:
        _fill(draft / name, name)
        (draft / name).rename(package)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return package


def _fill(package: Path, name: str) -> None:
    package.mkdir()
    for source in sorted(TEMPLATE.iterdir()):
        if source.is_file():
            target = package / source.name.replace("my_sequence", name)
            target.write_text(_renamed(source.read_text(encoding="utf-8"), name), encoding="utf-8")


def _renamed(text: str, name: str) -> str:
    words = [word for word in name.split("_") if word]
    for ours, theirs in {
        "my_sequence": name,
        "MySequence": "".join(word.capitalize() for word in words),
        "My sequence": " ".join(words).capitalize(),
    }.items():
        text = text.replace(ours, theirs)
    return text
