"""Checks the order of a sequence as it is written: its groups, the names in it, and what depends on what."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Finding = tuple[int, str, str]  # line, code, message

PARTS = {"setup": 0, "step": 1, "group": 1, "teardown": 2}


@dataclass(eq=False)
class Member:
    """A step or a group as it stands in the file, `word` being its decorator."""

    node: Function | ast.ClassDef
    mark: ast.expr
    word: str
    within: list[Member] = field(default_factory=list)  # the groups around it, the outermost first
    begin: int = 0  # when it runs, counted in steps
    end: int = 0

    @property
    def owner(self) -> str:
        return f"{'group' if self.word == 'group' else 'step'} '{self.node.name}'"

    @property
    def depends_on(self) -> list[str]:
        """The names that stand there as plain text."""
        for keyword in self.mark.keywords if isinstance(self.mark, ast.Call) else ():
            if keyword.arg == "depends_on":
                given = (
                    keyword.value.elts if isinstance(keyword.value, ast.List | ast.Tuple | ast.Set) else [keyword.value]
                )
                return [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return []


def declared_members(cls: ast.ClassDef, meant: Callable[[ast.expr], str | None]) -> Iterator[Member]:
    """Every step and group below a class, in the order in which they run. `meant`: our name of a decorator."""
    yield from _members(cls, meant, [], [0])


def _members(
    cls: ast.ClassDef, meant: Callable[[ast.expr], str | None], within: list[Member], clock: list[int]
) -> Iterator[Member]:
    found = [Member(*marked, within) for node in cls.body for marked in _marked(node, meant)]
    for member in sorted(found, key=lambda member: PARTS[member.word]):
        member.begin = clock[0]
        yield member
        if isinstance(member.node, ast.ClassDef):
            yield from _members(member.node, meant, [*within, member], clock)
        else:
            clock[0] += 1
        member.end = clock[0]


def _marked(
    node: ast.stmt, meant: Callable[[ast.expr], str | None]
) -> Iterator[tuple[Function | ast.ClassDef, ast.expr, str]]:
    if isinstance(node, Function | ast.ClassDef):
        for mark in node.decorator_list:
            word = meant(mark)
            if word is not None and word in PARTS and (word == "group") == isinstance(node, ast.ClassDef):
                yield node, mark, word


def check_flow(cls: ast.ClassDef, members: list[Member]) -> Iterator[Finding]:
    """Names that stand twice, steps that nothing would run, and dependencies that cannot be."""
    yield from _duplicates(members)
    yield from _without_group(cls, {id(member.node) for member in members})
    by_name = {member.node.name: member for member in members}
    for member in members:
        for name in member.depends_on:
            problem = _dependency_problem(member, name, by_name)
            if problem:
                yield member.mark.lineno, *problem


def _duplicates(members: list[Member]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for member in sorted(members, key=lambda member: member.node.lineno):
        name, line = member.node.name, member.node.lineno
        if name in first:
            yield line, "E205", f"{member.owner.split()[0]} '{name}' is already defined in line {first[name]}"
        first.setdefault(name, line)


def _without_group(cls: ast.ClassDef, known: set[int]) -> Iterator[Finding]:
    """A class in a sequence whose author forgot `@group`."""
    for node in cls.body:
        if not isinstance(node, ast.ClassDef):
            continue
        if id(node) in known:
            yield from _without_group(node, known)
        elif any(
            _decorates(mark) for inner in ast.walk(node) if isinstance(inner, Function) for mark in inner.decorator_list
        ):
            yield node.lineno, "E216", f"class {node.name} has steps, but no @group: they would never run"


def _decorates(mark: ast.expr) -> bool:
    mark = mark.func if isinstance(mark, ast.Call) else mark
    name = mark.attr if isinstance(mark, ast.Attribute) else getattr(mark, "id", "")
    return name in ("setup", "step", "teardown")


def _dependency_problem(member: Member, name: str, by_name: dict[str, Member]) -> tuple[str, str] | None:
    found = by_name.get(name)
    if found is None:
        known = ", ".join(by_name)
        return "E217", f"{member.owner} depends on '{name}', which is no step or group (known: {known})"
    if found.end <= member.begin and found.word in ("step", "group"):
        return None  # a circle is told once, by its step that comes first
    circle = _circle(member.node.name, name, by_name)
    if circle:
        return "E218", f"{member.owner} depends on itself: {' → '.join(circle)}"
    if found.word not in ("step", "group"):
        return "E217", f"{member.owner} depends on '{name}', which is of the {found.word}: only main steps can be named"
    return "E217", f"{member.owner} depends on '{name}', which does not end before it: depend on what comes earlier"


def _circle(start: str, name: str, by_name: dict[str, Member]) -> list[str]:
    """The way from `start` over `name` back to `start`, if its dependencies lead there."""
    ways = [[start, name]]
    seen = {name}
    while ways:
        way = ways.pop()
        if way[-1] == start:
            return way
        for further in by_name[way[-1]].depends_on:
            if further in by_name and further not in seen:
                seen.add(further)
                ways.append([*way, further])
    return []
