"""manifest.yaml: what a package says of itself. Read as data, with the line of every problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from sequences.problems import Problem
from stations.contracts import Resources

FILE_NAME = "manifest.yaml"
SIZE_LIMIT = 256 * 1024  # bytes
DEPTH_LIMIT = 20


@dataclass(frozen=True)
class Retry:
    """How often setup and main steps are tried that do not say it themselves."""

    attempts: int = 1
    delay_s: float = 0.0


@dataclass(frozen=True)
class Manifest:
    """The declarations of a package, checked. Timeouts are in seconds; `instruments` maps roles to their purpose.

    None: as the step, the station or the engine says.
    """

    name: str
    version: str
    title: str = ""
    description: str = ""
    kind: str = "test"
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    instruments: dict[str, str] = field(default_factory=dict)
    limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    timeout_s: float | None = None
    retry: Retry = Retry()
    stop_on_fail: bool = False
    stop_grace_s: float | None = None
    term_grace_s: float | None = None
    deadline_grace_s: float | None = None
    resumable: bool | None = None
    restartable: int = 0  # automatic restarts after a crash
    resources: Resources = field(default_factory=Resources)
    drivers: dict[str, str] = field(default_factory=dict)  # role -> "module.Class" of the package


KEYS = tuple(key.name for key in fields(Manifest))


# Written in C where PyYAML was built with it, which is ten times faster.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _bomb(content: bytes) -> tuple[int, str] | None:
    """Line and description of an alias, with which a small file can describe a gigantic one, or of a nesting so deep
    that composing it would crash the C library.
    """
    depth = 0
    for event in yaml.parse(content, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            return line, "aliases (*name) are not allowed"
        if depth > DEPTH_LIMIT:
            return line, "it is nested too deeply"
    return None


class Source:
    """The text of a manifest: its data, and where each key stands."""

    def __init__(self, file: Path, node: yaml.Node | None, data: Any) -> None:
        self.file = file
        self.data = data
        self._node = node

    def problem(self, code: str, message: str, *path: str) -> Problem:
        return Problem(self.file, self.line(*path), code, message)

    def line(self, *path: str) -> int:
        """The line of the key at `path`, or of the nearest key above that exists."""
        node, line = self._node, 1
        for name in path:
            for key, value in _items(node):
                if key.value == name:
                    node, line = value, key.start_mark.line + 1
                    break
            else:
                break
        return line

    def duplicates(self) -> Iterator[Problem]:
        """Keys that stand twice in one mapping: YAML would silently take the last one."""
        waiting = [self._node]
        while waiting:
            node = waiting.pop()
            seen: set[str] = set()
            for key, value in _items(node):
                if key.value in seen:
                    yield Problem(self.file, key.start_mark.line + 1, "E103", f"key '{key.value}' stands here twice")
                seen.add(key.value)
                waiting.append(value)


def _items(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def read_source(folder: Path) -> tuple[Source | None, list[Problem]]:
    """Read and parse the manifest of a package folder; no source if that is not possible."""
    file = folder / FILE_NAME
    try:
        with file.open("rb") as stream:
            content = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        return None, [Problem(file, 1, "E101", f"cannot be read: {error.strerror}")]
    if len(content) > SIZE_LIMIT:
        return None, [Problem(file, 1, "E101", f"is larger than {SIZE_LIMIT // 1024} KiB")]
    try:
        bomb = _bomb(content)
        if bomb is not None:
            return None, [Problem(file, bomb[0], "E102", f"cannot be used: {bomb[1]}")]
        loader = _Loader(content)
        node = loader.get_single_node()
        source = Source(file, node, loader.construct_document(node) if node is not None else None)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, [Problem(file, line, "E102", f"is not valid YAML: {error.problem}")]
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # no text, an impossible date, deep nesting
        return None, [Problem(file, 1, "E102", f"is not valid YAML: {error}")]
    return source, list(source.duplicates())


def build_manifest(data: dict[str, Any]) -> Manifest:
    """The manifest from data that has been checked."""
    chosen = {key: value for key, value in data.items() if value is not None}
    chosen["version"] = str(chosen["version"])
    chosen["retry"] = Retry(**chosen.get("retry", {}))
    chosen.setdefault("title", chosen["name"])
    return Manifest(**chosen)
