"""Reads a YAML file that people write: each value knows its line, and all problems are collected, not only one."""

from __future__ import annotations

import difflib
import math
import os
import re
import stat
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
WORDS = {"true": True, "false": False, "null": None, "": None, "~": None}


@dataclass
class Problems:
    """What is wrong with one file, in `file:line: key: what is wrong and what to do` lines."""

    file: Path
    shown: str = ""  # how the file is called in them; its name, where nothing else is said
    found: set[tuple[int, str]] = field(default_factory=set)

    def add(self, line: int, key: str, text: str) -> None:
        self.found.add((line, f"{self.shown or self.file.name}:{line}: {key + ': ' if key else ''}{text}"))

    def __str__(self) -> str:
        return "\n".join(text for _, text in sorted(self.found))


class Entry:
    """One value of the file with its key, for example `slots[0].id`. Wrong values become problems, not exceptions."""

    def __init__(self, node: yaml.Node, key: str, problems: Problems) -> None:
        self._node = node
        self.key = key
        self._problems = problems

    @property
    def line(self) -> int:
        return int(self._node.start_mark.line) + 1

    def problem(self, text: str) -> None:
        self._problems.add(self.line, self.key, text)

    def mapping(self, known: Collection[str] | None = None, required: Iterable[str] = ()) -> dict[str, Entry]:
        """The entries below this one. With `known`, any other key is a problem."""
        if not isinstance(self._node, yaml.MappingNode):
            self.problem("must be a mapping of keys to values; indent its keys below it")
            return {}
        entries: dict[str, Entry] = {}
        for key_node, value_node in self._node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problems.add(key_node.start_mark.line + 1, self.key, "has a key that is no plain word; write one")
                continue
            name = str(key_node.value)
            entry = Entry(value_node, f"{self.key}.{name}" if self.key else name, self._problems)
            if name in entries:
                self._problems.add(key_node.start_mark.line + 1, entry.key, "appears twice; remove one of them")
            elif known is not None and name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(sorted(known))}"
                self._problems.add(key_node.start_mark.line + 1, entry.key, f"is not a known key; {hint}")
            entries[name] = entry
        for name in required:
            if name not in entries:
                self.problem(f"has no {name!r}; add it")
        return entries

    def sequence(self) -> list[Entry]:
        if not isinstance(self._node, yaml.SequenceNode):
            self.problem("must be a list; begin each of its items with '- '")
            return []
        return [Entry(node, f"{self.key}[{i}]", self._problems) for i, node in enumerate(self._node.value)]

    def at(self, *path: str | int) -> Entry:
        """The entry below this one at a path of keys and positions; the last one there is, where it ends early."""
        entry = self
        for part in path:
            node = entry._node
            if isinstance(part, int) and isinstance(node, yaml.SequenceNode) and part < len(node.value):
                entry = entry.sequence()[part]
            elif isinstance(node, yaml.MappingNode) and (below := entry.mapping().get(str(part))) is not None:
                entry = below
            else:
                break
        return entry

    @property
    def is_scalar(self) -> bool:
        return isinstance(self._node, yaml.ScalarNode)

    @property
    def written(self) -> str:
        """A single value as it stands in the file, with its references; empty for a list or mapping."""
        return str(self._node.value) if self.is_scalar else ""

    def text(self) -> str:
        """The value as it is written (`OFF` and `0` stay text), with `${NAME}` and `${NAME:-default}` filled in."""
        if not self.is_scalar:
            self.problem("must be a single value, not a list or a mapping")
            return ""
        if "${" in VARIABLE.sub("", self.written):
            self.problem("has a ${ that begins no reference; write ${NAME} or ${NAME:-default}")
        return VARIABLE.sub(self._environment, self.written)

    def number(self) -> float | None:
        text = self.text()
        with suppress(ValueError):
            if math.isfinite(found := float(text)):
                return found
        self.problem(f"must be a number, not {text!r}")
        return None

    def integer(self, low: int, high: int) -> int:
        text = self.text()
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        self.problem(f"must be a whole number from {low} to {high}, not {text!r}")
        return low

    def positive(self, high: float) -> float:
        """A number above 0, at most `high`."""
        text = self.text()
        with suppress(ValueError):
            if 0 < (found := float(text)) <= high:
                return found
        self.problem(f"must be a number above 0, at most {high:.12g}, not {text!r}")
        return high

    def boolean(self) -> bool:
        text = self.text()
        if text not in ("true", "false"):
            self.problem(f"must be true or false, not {text!r}")
        return text == "true"

    def value(self) -> Any:
        """The value as plain data: mappings, lists, numbers, true and false, text."""
        if isinstance(self._node, yaml.MappingNode):
            return {name: entry.value() for name, entry in self.mapping().items()}
        if isinstance(self._node, yaml.SequenceNode):
            return [entry.value() for entry in self.sequence()]
        text = self.text()
        if isinstance(self._node, yaml.ScalarNode) and self._node.style is not None:  # quoted
            return text
        if text in WORDS:
            return WORDS[text]
        try:
            found = int(text) if text.lstrip("+-").isdigit() else float(text)
        except ValueError:
            return text
        return found if math.isfinite(found) else text  # JSON has no other numbers

    def _environment(self, match: re.Match[str]) -> str:
        found: str | None = os.environ.get(match["name"]) or match["default"]
        if found is None:
            self.problem(f"refers to the environment variable {match['name']}, which is not set; set it")
            return ""
        return found


def _refusal(text: str) -> tuple[int, str, str] | None:
    """Line, key and text of the first thing that makes YAML expand or nest beyond what people write by hand."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            return line, "", f"uses the alias *{event.anchor}; write the value out"
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return line, "", "is nested too deeply; flatten it"
    return None


def _content(file: Path) -> bytes | None:
    """At most a byte more than is allowed. None for what is no ordinary file: a pipe nobody writes into has no end."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        mode = os.fstat(stream.fileno()).st_mode
        return stream.read(MAX_BYTES + 1) if stat.S_ISREG(mode) else None


def read_checked_yaml(file: Path, problems: Problems) -> Entry | None:
    """The top entry of a file; None, and a problem, when the file cannot be read at all."""
    try:
        content = _content(file)
        if content is None:
            problems.add(1, "", "is no ordinary file; name a text file")
            return None
        if len(content) > MAX_BYTES:
            problems.add(1, "", f"is larger than {MAX_BYTES // 1024} KiB; split it or remove what does not belong here")
            return None
        text = content.decode()
        if (refusal := _refusal(text)) is not None:
            problems.add(*refusal)
            return None
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        remedy = "name the file in it" if isinstance(error, IsADirectoryError) else f"check that {file} is there"
        problems.add(1, "", f"cannot be read ({error.strerror}); {remedy}")
    except UnicodeDecodeError:
        problems.add(1, "", "is not UTF-8 text; save it as UTF-8")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.add(line, "", f"is not valid YAML ({error.problem}); check indentation and quotes")
    except yaml.YAMLError as error:
        problems.add(1, "", f"is not valid YAML ({error})")
    else:
        if node is not None:
            return Entry(node, "", problems)
        problems.add(1, "", "is empty; describe the station in it")
    return None
