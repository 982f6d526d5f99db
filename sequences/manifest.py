"""manifest.yaml: what a package says of itself. Read as data, with the line of every problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from sequences.items.options import AUTO, AUTOMATIC, DeclaredItems
from sequences.package_files import FileProblem, read_file
from sequences.problems import Problem
from sequences.wording import quoted
from stations.contracts import Resources

FILE_NAME = "manifest.yaml"
SIZE_LIMIT = 256 * 1024  # bytes
DEPTH_LIMIT = 20
_UNKEPT = re.compile("[\0\ud800-\udfff]")


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
    step_timeout_s: float | None = None  # of setup and main steps that do not say it themselves
    retry: Retry = Retry()
    stop_on_fail: bool = False
    stop_grace_s: float | None = None
    term_grace_s: float | None = None
    deadline_grace_s: float | None = None
    resumable: bool | None = None
    restartable: int = 0  # automatic restarts after a crash
    resources: Resources = field(default_factory=Resources)
    drivers: dict[str, str] = field(default_factory=dict)  # role -> "module.Class" of the package
    needs: tuple[str, ...] = ()  # the datasets that a batch must be given: sequences.items.options.NEEDS
    items: DeclaredItems = field(default_factory=DeclaredItems)
    max_failed_items: int = 0
    unique: bool = False  # the same work is never done by two batches at a time; so it is with what is cacheable
    cacheable: bool = False  # the same work need not be done again
    concurrent: int | None = None  # at most so many batches of it run at a time, on each station


KEYS = tuple(key.name for key in fields(Manifest))


# Written in C where PyYAML was built with it, which is ten times faster.
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc, valid-type]
    """Names the line of an impossible date or number, too."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, ArithmeticError) as error:
            raise yaml.constructor.ConstructorError(problem=str(error), problem_mark=node.start_mark) from error


def _refused(content: bytes) -> tuple[int, str] | None:
    """Line and description of what is no plain data: an alias, with which a small file can describe a gigantic one, a
    tag, which makes YAML build something else, a nesting so deep that composing it would crash the C library, and a
    character that no database takes.
    """
    depth = 0
    for event in yaml.parse(content, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            return line, "aliases (*name) are not allowed"
        if getattr(event, "tag", None) is not None:
            return line, "tags (!name) are not allowed"
        if depth > DEPTH_LIMIT:
            return line, "it is nested too deeply"
        if isinstance(event, yaml.ScalarEvent) and _UNKEPT.search(event.value):
            return line, "it holds a character that cannot be kept: U+0000, or half of a pair"
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


TEXT_TAG = "tag:yaml.org,2002:str"
_KINDS = {
    f"tag:yaml.org,2002:{name}": kind
    for name, kind in {
        "bool": "a boolean",
        "int": "a number",
        "float": "a number",
        "null": "nothing",
        "timestamp": "a date",
        "merge": "a merge of mappings",
    }.items()
}


def _key_problems(file: Path, root: yaml.Node) -> Iterator[Problem]:
    """Keys that stand twice in one mapping, of which YAML would silently take the last one, and keys that are no names:
    `$ref` and the like, and what YAML reads as something else than a text.
    """
    waiting = [root]
    while waiting:
        node = waiting.pop()
        seen: set[str] = set()
        for key, value in _items(node):
            line, name = key.start_mark.line + 1, quoted(key.value)
            if key.value in seen:
                yield Problem(file, line, "E103", f"key '{name}' stands here twice")
            elif key.value.startswith("$"):
                yield Problem(file, line, "E106", f"key '{name}': nothing is read from elsewhere")
            elif key.tag != TEXT_TAG:
                kind = _KINDS.get(key.tag, "something else")
                yield Problem(file, line, "E106", f"key '{name}' is read as {kind}, a key must be a text")
            seen.add(key.value)
            waiting.append(value)
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _named(data: Any) -> Any:
    """Data without the keys that are no names: they have been told, and nobody else has to expect them."""
    if isinstance(data, list):
        return [_named(entry) for entry in data]
    if not isinstance(data, dict):
        return data
    return {key: _named(value) for key, value in data.items() if isinstance(key, str) and not key.startswith("$")}


def _items(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def read_source(folder: Path) -> tuple[Source | None, list[Problem]]:
    """Read and parse the manifest of a package folder; no source if that is not possible."""
    file = folder / FILE_NAME
    try:
        content = read_file(file, SIZE_LIMIT)
    except FileProblem as error:
        return None, [Problem(file, 1, "E101", str(error))]
    try:
        refused = _refused(content)
        if refused is not None:
            return None, [Problem(file, refused[0], "E102", f"cannot be used: {refused[1]}")]
        loader = _Loader(content)
        node = loader.get_single_node()
        if node is None:
            return Source(file, None, None), []
        problems = list(_key_problems(file, node))  # before merges are dissolved
        source = Source(file, node, _named(loader.construct_document(node)))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, [Problem(file, line, "E102", f"is not valid YAML: {error.problem}")]
    except yaml.reader.ReaderError as error:  # no text
        line = content.count(b"\n", 0, error.position) + 1
        return None, [Problem(file, line, "E102", f"is not valid YAML: {error.reason}")]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [Problem(file, 1, "E102", f"is not valid YAML: {error}")]
    return source, problems


def build_manifest(data: dict[str, Any]) -> Manifest:
    """The manifest from data that has been checked."""
    chosen = {key: value for key, value in data.items() if value is not None}
    chosen["version"] = str(chosen["version"])
    chosen["retry"] = Retry(**chosen.get("retry", {}))
    chosen["needs"] = tuple(chosen.get("needs", ()))
    chosen["unique"] = chosen.get("unique", False) or chosen.get("cacheable", False)
    chosen["items"] = _declared_items(chosen.get("items", {}))
    chosen.setdefault("title", chosen["name"])
    return Manifest(**chosen)


def _declared_items(given: dict[str, Any]) -> DeclaredItems:
    return DeclaredItems(**{key: AUTOMATIC if value == AUTO else value for key, value in given.items()})
