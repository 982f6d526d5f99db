"""Checks a manifest: its keys, and what each of them holds."""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sequences.driver_check import driver_problems
from sequences.limits import is_number, limit_problems
from sequences.manifest import KEYS, Manifest, Source, build_manifest, read_source
from sequences.parameters import schema_problems
from sequences.problems import Problem
from sequences.wording import quoted, shown
from sequences.work_check import check_concurrent, check_failed_items, check_items, check_needs, instrument_problems
from stations.contracts import Resources

_NAME = re.compile(r"[a-z][a-z0-9_]*")
RESOURCES = tuple(Resources.__annotations__)
FEWEST_FILES = 16
MOST_RESTARTS = 100
# As the records of a batch keep them.
LONGEST_NAME = 100
LONGEST_VERSION = 40


def check_manifest(folder: Path) -> tuple[Manifest | None, list[Problem]]:
    """The manifest if it can be used, and every problem of it."""
    source, problems = read_source(folder)
    if source is None:
        return None, problems
    if not isinstance(source.data, dict):
        return None, [*problems, source.problem("E102", "must be a mapping of keys, starting with name and version")]
    problems += _key_problems(source)
    for key, (code, check) in CHECKS.items():
        if source.data.get(key) is not None:
            problems += [source.problem(code, message, key, *path) for path, message in check(source.data[key])]
    problems += driver_problems(source, folder)
    problems += instrument_problems(source)
    name = source.data.get("name")
    if not problems and name != folder.name:
        problems.append(source.problem("E111", f"name '{name}' must be that of its folder, '{folder.name}'", "name"))
    return (None if problems else build_manifest(source.data)), problems


def _key_problems(source: Source) -> Iterator[Problem]:
    for key in source.data:
        if key not in KEYS:
            near = difflib.get_close_matches(quoted(key), KEYS, n=1, cutoff=0.7)
            told = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(KEYS)}"
            yield source.problem("E104", f"unknown key '{quoted(key)}' ({told})", key)
    for key in ("name", "version"):
        if source.data.get(key) is None:
            yield source.problem("E105", f"key '{key}' is missing")


Finding = tuple[tuple[str, ...], str]  # where below the key, and what


def _name(value: object) -> Iterator[Finding]:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        yield (), f"name must be lower-case letters, digits and _, starting with a letter, it is {shown(value)}"
    elif len(value) > LONGEST_NAME:
        yield (), f"name has {len(value)} characters, at most {LONGEST_NAME} are kept"


def _version(value: object) -> Iterator[Finding]:
    if not isinstance(value, str) and not is_number(value):
        yield (), f"version must be a text, it is {shown(value)}"
    elif len(str(value)) > LONGEST_VERSION:
        yield (), f"version has {len(str(value))} characters, at most {LONGEST_VERSION} are kept"


def _text(value: object) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield (), f"must be a text, it is {shown(value)}"


def _boolean(value: object) -> Iterator[Finding]:
    if not isinstance(value, bool):
        yield (), f"must be true or false, it is {shown(value)}"


def _seconds(value: object) -> Iterator[Finding]:
    if not is_number(value) or value <= 0:
        yield (), f"must be a positive number of seconds, it is {shown(value)}"


def _parameters(value: object) -> Iterator[Finding]:
    for name, declared in _entries(value):
        yield from _identifier(name)
        yield from (((name,), problem) for problem in schema_problems(name, declared))
    yield from _not_a_mapping(value)


def _instruments(value: object) -> Iterator[Finding]:
    for role, purpose in _entries(value):
        yield from _identifier(role)
        if not isinstance(purpose, str):
            yield (role,), f"instrument '{role}' must say in words what it is for, it says {shown(purpose)}"
    yield from _not_a_mapping(value)


def _limits(value: object) -> Iterator[Finding]:
    for name, declared in _entries(value):
        if not isinstance(declared, dict):
            yield (name,), f"limits of '{name}' must be a mapping, for example {{unit: V, minimum: 3.2, maximum: 3.4}}"
            continue
        for problem in limit_problems(declared):
            yield (name,), f"limits of '{name}': {problem}"
    yield from _not_a_mapping(value)


def _retry(value: object) -> Iterator[Finding]:
    for key, given in _entries(value):
        if key == "attempts":
            if not isinstance(given, int) or isinstance(given, bool) or given < 1:
                yield (key,), f"attempts must be a whole number of at least 1, it is {shown(given)}"
        elif key == "delay_s":
            if not is_number(given) or given < 0:
                yield (key,), f"delay_s must be a number of seconds, it is {shown(given)}"
        else:
            yield (key,), f"unknown key '{key}' (known: attempts, delay_s)"
    yield from _not_a_mapping(value)


def _restarts(value: object) -> Iterator[Finding]:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_RESTARTS:
        allowed = f"a whole number from 0 to {MOST_RESTARTS}"
        yield (), f"must be how many automatic restarts are allowed, {allowed}, it is {shown(value)}"


def _resources(value: object) -> Iterator[Finding]:
    for key, given in _entries(value):
        if key not in RESOURCES:
            yield (key,), f"unknown key '{key}' (known: {', '.join(RESOURCES)})"
        elif key == "files":
            if not isinstance(given, int) or isinstance(given, bool) or given < FEWEST_FILES:
                yield (key,), f"files must be a whole number of at least {FEWEST_FILES}, it is {shown(given)}"
        elif not is_number(given) or given <= 0:
            yield (key,), f"{key} must be a positive number, it is {shown(given)}"
    yield from _not_a_mapping(value)


def _entries(value: object) -> list[tuple[str, Any]]:
    return [(str(name), entry) for name, entry in value.items()] if isinstance(value, dict) else []


def _not_a_mapping(value: object) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield (), f"must be a mapping, it is {shown(value)}"


def _identifier(name: str) -> Iterator[Finding]:
    if not name.isidentifier() or keyword.iskeyword(name):
        yield (name,), f"'{name}' must be usable as run.….{name}: letters, digits and _"


CHECKS: dict[str, tuple[str, Callable[[object], Iterator[Finding]]]] = {
    "name": ("E111", _name),
    "version": ("E112", _version),
    "title": ("E113", _text),
    "description": ("E113", _text),
    "kind": ("E113", _text),
    "parameters": ("E121", _parameters),
    "instruments": ("E122", _instruments),
    "limits": ("E123", _limits),
    "timeout_s": ("E131", _seconds),
    "step_timeout_s": ("E131", _seconds),
    "retry": ("E132", _retry),
    "stop_on_fail": ("E133", _boolean),
    "stop_grace_s": ("E131", _seconds),
    "term_grace_s": ("E131", _seconds),
    "deadline_grace_s": ("E131", _seconds),
    "resumable": ("E133", _boolean),
    "restartable": ("E134", _restarts),
    "resources": ("E135", _resources),
    "needs": ("E138", check_needs),
    "items": ("E139", check_items),
    "max_failed_items": ("E143", check_failed_items),
    "unique": ("E133", _boolean),
    "cacheable": ("E133", _boolean),
    "concurrent": ("E144", check_concurrent),
}
