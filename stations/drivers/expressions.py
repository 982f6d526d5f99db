"""The texts of third-party classes: `voltage`, `ch_1.measure("DC")`, `output = True`. Parsed, never evaluated."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Expression:
    """Where something stands on an object: names, calls and indices with literal arguments."""

    tree: ast.expr
    value: Any = None
    assigns: bool = False

    @classmethod
    def parse(cls, text: str) -> Expression:
        """`text` as one expression or one assignment of a literal. Raises ValueError for anything else."""
        try:
            (statement,) = ast.parse(text.strip()).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise _refusal(text) from None
        if isinstance(statement, ast.Expr):
            _check(statement.value, text)
            return cls(statement.value)
        if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
            raise _refusal(text)
        (target,) = statement.targets
        if not isinstance(target, (ast.Name, ast.Attribute)):
            raise _refusal(text)
        _check(target, text)
        return cls(target, _literal(statement.value, text), assigns=True)

    def find(self, root: Any) -> Any:
        """What stands there. Raises AttributeError, and whatever a call raises."""
        return _found(self.tree, root)

    def place(self, root: Any) -> tuple[Any, str]:
        """The object and the name of its attribute that an assignment sets."""
        if isinstance(self.tree, ast.Attribute):
            return _found(self.tree.value, root), self.tree.attr
        assert isinstance(self.tree, ast.Name)
        return root, self.tree.id


def _check(tree: ast.expr, text: str) -> None:
    if isinstance(tree, (ast.Name, ast.Attribute)):
        if (tree.id if isinstance(tree, ast.Name) else tree.attr).startswith("_"):
            raise ValueError(f"{text!r} names what is private to the class; use what its documentation offers")
        if isinstance(tree, ast.Attribute):
            _check(tree.value, text)
    elif isinstance(tree, ast.Subscript):
        _literal(tree.slice, text)
        _check(tree.value, text)
    elif isinstance(tree, ast.Call) and all(named.arg for named in tree.keywords):
        for argument in [*tree.args, *(named.value for named in tree.keywords)]:
            _literal(argument, text)
        _check(tree.func, text)
    else:
        raise _refusal(text)


def _found(tree: ast.expr, root: Any) -> Any:
    if isinstance(tree, ast.Name):
        return getattr(root, tree.id)
    if isinstance(tree, ast.Attribute):
        return getattr(_found(tree.value, root), tree.attr)
    if isinstance(tree, ast.Subscript):
        return _found(tree.value, root)[ast.literal_eval(tree.slice)]
    assert isinstance(tree, ast.Call)
    arguments = [ast.literal_eval(argument) for argument in tree.args]
    return _found(tree.func, root)(
        *arguments, **{str(each.arg): ast.literal_eval(each.value) for each in tree.keywords}
    )


def _literal(tree: ast.expr, text: str) -> Any:
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise _refusal(text) from None


def _refusal(text: str) -> ValueError:
    return ValueError(
        f"{text!r} is neither a name like 'voltage' or 'ch_1.voltage', nor a call like 'set_output(1, True)', nor an "
        "assignment like 'voltage = 5'; values are plain numbers, texts, True and False"
    )
