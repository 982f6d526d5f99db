"""Driver classes that a package brings: declared in its manifest, found as syntax, allowed by the installation."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from sequences.manifest import Manifest, Source
from sequences.package_files import FileProblem
from sequences.problems import Problem
from sequences.syntax import NotPython, parse_module
from sequences.wording import Wording

ANY = "*"
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_NOT_ALLOWED = Wording(
    "Sequence '%(name)s' brings driver classes of its own (%(classes)s), which are not allowed on this host. An "
    "administrator allows them: GWANJE_PACKAGE_DRIVERS names the sequences that may, see docs/settings.md."
)


def are_allowed(name: str, allowed: Collection[str]) -> bool:
    """Whether a sequence may bring driver classes, by the names in GWANJE_PACKAGE_DRIVERS."""
    return ANY in allowed or name in allowed


def not_allowed(manifest: Manifest) -> Wording:
    """Why a package does not run here, and who can change that."""
    classes = ", ".join(f"{role}: {path}" for role, path in manifest.drivers.items())
    return Wording(_NOT_ALLOWED.text, {"name": manifest.name, "classes": classes})


def driver_problems(source: Source, folder: Path) -> Iterator[Problem]:
    """What is wrong with the key `drivers` of a manifest."""
    declared = source.data.get("drivers")
    if declared is None:
        return
    if not isinstance(declared, dict):
        yield source.problem("E136", f"drivers must be a mapping of roles to classes, it is {declared!r}", "drivers")
        return
    roles = source.data.get("instruments")
    for role, path in declared.items():
        place = ("drivers", str(role))
        if not isinstance(roles, dict) or role not in roles:
            known = ", ".join(map(str, roles)) if isinstance(roles, dict) else "none"
            yield source.problem("E136", f"driver of '{role}': no such role in instruments (declared: {known})", *place)
        if not _names_a_class(path):
            yield source.problem(
                "E136",
                f"driver of '{role}' must name a class in a module beside sequence.py, as in drivers.FastSupply, "
                f"it is {path!r}",
                *place,
            )
        elif problem := _class_problem(folder, path):
            yield source.problem("E137", f"driver of '{role}': {problem}", *place)


def _names_a_class(path: Any) -> bool:
    return isinstance(path, str) and _DOTTED.fullmatch(path) is not None and not path.startswith("sequence.")


def _class_problem(folder: Path, path: str) -> str:
    """Why there is no such class; empty when there is."""
    module, _, name = path.rpartition(".")
    place = folder.joinpath(*module.split("."))
    file = place.with_suffix(".py") if not place.is_dir() else place / "__init__.py"
    try:
        tree = parse_module(file)
    except FileProblem as error:
        return f"{file.relative_to(folder)} {error}"
    except NotPython as error:
        return f"{file.relative_to(folder)}:{error.line} {error}"
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    if name in classes:
        return ""
    return f"{file.relative_to(folder)} has no class '{name}' (it has: {', '.join(classes) or 'none'})"
