"""Which packages there are. Reads manifests and syntax trees only: nothing of a package is imported or run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sequences.manifest import FILE_NAME, Manifest
from sequences.problems import Problem
from sequences.validator import validate


@dataclass(frozen=True)
class Package:
    """A package folder. One with problems cannot run; its manifest is then as empty as need be."""

    name: str
    path: Path
    sha256: str
    manifest: Manifest
    problems: list[Problem]
    warnings: list[Problem]

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def title(self) -> str:
        return self.manifest.title

    @property
    def description(self) -> str:
        return self.manifest.description


# What a package is known by while none of its files changes: name, size, time and inode of each.
_Stamp = tuple[tuple[str, int, int, int], ...]
# Files that have changed this recently may change again without their time telling it.
_SETTLED_NS = 1_000_000_000
# Of a package, what Python and the author's tools leave in its folder is no part.
_LEFT_BY_TOOLS = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
_known: dict[Path, tuple[_Stamp, Package]] = {}


def find_packages(folders: Iterable[Path]) -> dict[str, Package]:
    """Every package in `folders`, by name. Where two carry one name, the folder that is named first wins."""
    found: dict[str, Package] = {}
    for folder in folders:
        for manifest in sorted(Path(folder).glob(f"*/{FILE_NAME}")):
            package = read_package(manifest.parent)
            found.setdefault(package.name, package)
    return found


def read_package(path: Path) -> Package:
    """One package, with everything that is wrong with it; read anew as soon as one of its files has changed."""
    path = Path(path).resolve()
    stamp = _stamp(path)
    known = _known.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    package = _read(path)
    if time.time_ns() - max((changed for _, _, changed, _ in stamp), default=0) > _SETTLED_NS:
        _known[path] = (stamp, package)
    return package


def _stamp(path: Path) -> _Stamp:
    found = []
    for file in _files(path):
        with suppress(FileNotFoundError):  # somebody is editing: the next look finds another stamp
            about = file.stat()
            found.append((str(file), about.st_size, about.st_mtime_ns, about.st_ino))
    return tuple(sorted(found))


def _read(path: Path) -> Package:
    manifest, found = validate(path)
    problems = [problem for problem in found if problem.is_error]
    warnings = [problem for problem in found if not problem.is_error]
    if manifest is None:
        manifest = Manifest(name=path.name, version="", title=path.name)
    return Package(manifest.name, path, content_hash(path), manifest, problems, warnings)


def content_hash(path: Path) -> str:
    """sha256 over path, length and bytes of every file of a package, in order of paths; caches do not count."""
    digest = hashlib.sha256()
    for name, file in sorted((file.relative_to(path).as_posix(), file) for file in _files(path)):
        content = file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file() and _LEFT_BY_TOOLS.isdisjoint(file.parts)]
