"""The examples of docs/sequences.md: cut out of the page, put together to packages and scripts.

A comment above each block, which readers do not see, says to which example it belongs:

    <!-- example: hello_board -->                      a yaml block is its manifest, a python block its sequence
    <!-- example: sweep {"parameters": {"n": 3}} -->   how it is run: arguments of trial.run, and the "outcome"
    <!-- example: looks {"items": "pictures"} -->      over the files of a folder; of that name the test makes one
    <!-- example: sweep {"file": "board.py"} -->       another file of the package
    <!-- example: hello_board test -->                 a test that pytest runs beside the package
    <!-- example: hello_board script -->               a script, run in the folder of the packages
    <!-- example: hello_board commands -->             commands, of which every one of ours must be there
    <!-- no example: why -->                           not run

Python that is no module but methods of steps is wrapped into a class. What a manifest leaves out is added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any

from sequences import authoring

PAGE = Path(__file__).parents[2] / "docs" / "sequences.md"
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(
    r"<!-- (?:example: (?P<name>[a-z][a-z0-9_]*)(?: (?P<kind>test|script|commands))?(?: (?P<options>\{.*\}))?"
    r"|no example: (?P<why>\S.*)) -->\n\s*$",
    re.DOTALL,
)
HEADER = f"""\
from __future__ import annotations
from sequences.authoring import {", ".join(authoring.__all__)}

VOLTAGES = [4.5, 5.0, 5.5]


@sequence
class Example:
"""
ONE_STEP = "    @step\n    def example(self, run: Run) -> None:\n        pass\n"


@dataclass(frozen=True)
class Block:
    """One fenced block. `name` is empty where nothing says what it is, `kind` "none" where it is not to be run."""

    line: int
    language: str
    text: str
    name: str = ""
    kind: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def is_marked(self) -> bool:
        return bool(self.name) or self.kind == "none"


@dataclass
class Example:
    """The files of one package, and how it is run."""

    name: str
    files: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        options = dict(block.options)
        file = options.pop("file", {"yaml": "manifest.yaml", "python": "sequence.py"}.get(block.language, ""))
        assert file, f"{PAGE.name}:{block.line}: a block of '{block.language}' needs a \"file\" in its mark"
        self.files[file] = self.files.get(file, "") + block.text
        self.options |= options

    def write(self, folder: Path) -> Path:
        package = folder / self.name
        package.mkdir(parents=True, exist_ok=True)
        completed = {"manifest.yaml": self._manifest(), "sequence.py": self._sequence()}
        for name, text in (self.files | completed).items():
            (package / name).write_text(text)
        return package

    def _manifest(self) -> str:
        text = self.files.get("manifest.yaml", "")
        for key, value in {"version": '"1.0"', "name": self.name}.items():
            if not re.search(rf"^{key}:", text, re.MULTILINE):
                text = f"{key}: {value}\n{text}"
        roles = sorted(set(re.findall(r"run\.instruments\.(\w+)", self.files.get("sequence.py", ""))))
        if roles and not re.search(r"^instruments:", text, re.MULTILINE):
            text += "instruments: {" + ", ".join(f"{role}: of the example" for role in roles) + "}\n"
        return text

    def _sequence(self) -> str:
        text = self.files.get("sequence.py", "")
        if "@sequence" in text:
            return text
        return HEADER + (indent(text, "    ") if "def " in text else ONE_STEP)


def blocks(page: str) -> Iterator[Block]:
    """Every fenced block of a page, in order."""
    for found in FENCE.finditer(page):
        before = page[: found.start()]
        line, language, text = before.count("\n") + 1, found[2], _dedented(found[3], found[1])
        mark = MARK.search(before[before.rfind("<!--") :]) if "<!--" in before else None
        if mark is None:
            yield Block(line, language, text)
        elif mark["why"]:
            yield Block(line, language, text, kind="none")
        else:
            options = json.loads(mark["options"] or "{}")
            yield Block(line, language, text, mark["name"], mark["kind"] or "package", options)


def examples(found: list[Block]) -> dict[str, Example]:
    """The packages that the blocks come to, by name."""
    packages: dict[str, Example] = {}
    for block in found:
        if block.kind == "package":
            packages.setdefault(block.name, Example(block.name)).add(block)
    return packages


def _dedented(text: str, by: str) -> str:
    return "".join(line.removeprefix(by) for line in text.splitlines(keepends=True))
