"""Checks what a sequence asks people: prompts that could never be asked, pictures that are not there."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sequences.package_pictures import PictureError, read_picture
from sequences.questions import question_problems

Finding = tuple[int, str, str]  # line, code, message

# The arguments of each in their order, and the type of what it asks.
_ASKING: dict[str, tuple[str, tuple[str, ...]]] = {
    "ask_text": ("text", ("message",)),
    "ask_number": ("number", ("message", "unit", "minimum", "maximum")),
    "ask_choice": ("choice", ("message", "choices")),
    "confirm": ("confirm", ("message",)),
}


def check_prompts(
    tree: ast.Module, run_names: Collection[str], in_teardown: Iterable[ast.AST], folder: Path
) -> Iterator[Finding]:
    """Problems of every prompt as far as it stands there in so many words. `in_teardown`: the teardown's steps."""
    for node in _prompts(tree, run_names):
        for problem in _problems(node, folder):
            yield node.lineno, "E231", f"{node.func.attr}: {problem}"
    for function in in_teardown:
        for node in _prompts(function, run_names):
            yield node.lineno, "E232", f"{node.func.attr}: a teardown asks nobody, it must not wait for people"


def _prompts(tree: ast.AST, run_names: Collection[str]) -> Iterator[Any]:
    """Calls of `run.ask_…` and `run.confirm`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ASKING:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in run_names:
                yield node


def _problems(node: ast.Call, folder: Path) -> Iterator[str]:
    assert isinstance(node.func, ast.Attribute)
    kind, names = _ASKING[node.func.attr]
    given = dict(zip(names, node.args, strict=False)) | {each.arg: each.value for each in node.keywords if each.arg}
    asked: dict[str, Any] = {"type": kind}
    for name, value in given.items():
        with suppress(ValueError):  # an expression: checked when it runs
            asked[name] = ast.literal_eval(value)
    image, timeout_s = asked.pop("image", ""), asked.pop("timeout_s", None)
    yield from question_problems(asked)
    if isinstance(timeout_s, int | float) and timeout_s <= 0:
        yield f"timeout_s is a positive number of seconds, not {timeout_s:g}"
    if image and isinstance(image, str):
        try:
            read_picture(folder, image)
        except PictureError as problem:
            yield str(problem)
