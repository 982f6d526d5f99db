"""Which packages there are. Reads manifests and syntax trees only: nothing of a package is imported or run."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sequences.manifest import FILE_NAME, Manifest
from sequences.package_files import SIZE_LIMIT, FileProblem, look_into, read_file
from sequences.problems import Problem, readable
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


# What a package is known by while none of its files changes: name, size, time, inode and rights of each.
_Stamp = tuple[tuple[str, int, int, int, int], ...]
# Files that have changed this recently may change again without their time telling it.
_SETTLED_NS = 1_000_000_000
_known: dict[Path, tuple[_Stamp, Package]] = {}


def find_packages(folders: Iterable[Path]) -> dict[str, Package]:
    """Every package in `folders`, by name. Where two carry one name, the folder that is named first wins."""
    found: dict[str, Package] = {}
    for folder in folders:
        for path in package_folders(Path(folder)):
            package = read_package(path)
            found.setdefault(package.name, package)
    return found


def package_folders(folder: Path) -> list[Path]:
    """The packages in a folder, in order of their names: what has a manifest, be it one that nobody can read."""
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if os.path.lexists(path / FILE_NAME))
    return []


def read_package(path: Path) -> Package:
    """One package, with everything that is wrong with it; read anew as soon as one of its files has changed."""
    path = Path(path).resolve()
    stamp = _stamp(path)
    known = _known.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    package = _read(path)
    settled = time.time_ns() - max((changed for _, _, changed, _, _ in stamp), default=0) > _SETTLED_NS
    # What it imports may be installed, and what it has no right to read be granted, without a change of its files.
    if settled and not any(problem.code in ("E141", "E221") for problem in package.problems):
        _known[path] = (stamp, package)
    return package


def _stamp(path: Path) -> _Stamp:
    found = []
    for file in look_into(path).files:
        with suppress(OSError):  # somebody is editing: the next look finds another stamp
            about = file.stat()
            found.append((str(file), about.st_size, about.st_mtime_ns, about.st_ino, about.st_mode))
    return tuple(sorted(found))


def _read(path: Path) -> Package:
    manifest, found = validate(path)
    problems = [problem for problem in found if problem.is_error]
    warnings = [problem for problem in found if not problem.is_error]
    if manifest is None:
        name = readable(path.name)
        manifest = Manifest(name=name, version="", title=name)
    sha256 = ""  # of a package that cannot run nobody asks for it, and some cannot be read
    if not problems:
        try:
            sha256 = content_hash(path)
        except (OSError, FileProblem) as error:  # somebody is editing it
            problems = [Problem(path, 1, "E141", f"changes while it is read: {error}")]
    return Package(manifest.name, path, sha256, manifest, problems, warnings)


def content_hash(path: Path) -> str:
    """sha256 over path, length and bytes of every file of a package, in order of paths; compiled files do not count.

    Raises FileProblem for a file that cannot be read.
    """
    digest = hashlib.sha256()
    for name, file in sorted((file.relative_to(path).as_posix(), file) for file in look_into(path).files):
        content = read_file(file, SIZE_LIMIT)
        digest.update(os.fsencode(f"{name}\0{len(content)}\0") + content)
    return digest.hexdigest()
