"""Which packages there are. Reads manifests and syntax trees only: nothing of a package is imported or run."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sequences.installed import InstalledPackage
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
    wheel: str = ""  # the installed wheel that brings it: "acme-tests 1.2"
    hides: tuple[Path, ...] = ()  # packages of the same name that are not used

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
_KNOWN_LIMIT = 1000


def find_packages(
    folders: Iterable[Path], wheels: Iterable[InstalledPackage] = (), only: str | None = None
) -> dict[str, Package]:
    """Every package in `folders` and of installed wheels, by name; `only`: just that of this name, which costs less.

    Where two carry one name, the folder that is named first wins, and every folder wins over a wheel; the winner
    has a warning that names the others.
    """
    found: dict[str, list[Package]] = {}
    for package in _all_packages(folders, wheels, only):
        others = found.setdefault(package.name, [])
        if all(package.path != other.path for other in others):
            others.append(package)
    return {name: _with_hidden(*packages) for name, packages in found.items()}


def _all_packages(folders: Iterable[Path], wheels: Iterable[InstalledPackage], only: str | None) -> Iterator[Package]:
    for folder in folders:
        yield from map(read_package, _package_folders(Path(folder), only))
    for promised in wheels:
        if only not in (None, promised.path.name, promised.name):
            continue
        if promised.problem:
            problem = Problem(promised.path / FILE_NAME, 1, "E109", promised.problem)
            manifest = Manifest(promised.name, promised.version, title=promised.name)
            yield Package(promised.name, promised.path, "", manifest, [problem], [], promised.wheel)
        else:
            yield replace(read_package(promised.path), wheel=promised.wheel)


def _package_folders(folder: Path, only: str | None) -> list[Path]:
    """A package is called by its folder, whatever else may be wrong with it."""
    if only is None:
        return package_folders(folder)
    place = folder / only
    if only == ".." or place.parent != folder:
        return []
    with suppress(OSError):  # no name of a file
        return [place] if os.path.lexists(place / FILE_NAME) else []
    return []


def _with_hidden(used: Package, *hidden: Package) -> Package:
    if not hidden:
        return used
    places = tuple(package.path for package in hidden)
    message = f"the package of this name in {used.path} is used, and not that in {', '.join(map(str, places))}"
    warning = Problem(used.path / FILE_NAME, 1, "W309", message)
    return replace(used, warnings=[*used.warnings, warning], hides=places)


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
        if len(_known) >= _KNOWN_LIMIT:
            _known.clear()  # long since other contents than those
        _known[path] = (stamp, package)
    return package


def _stamp(path: Path) -> _Stamp:
    found = []
    for file in files_of(path):
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
    for name, file in sorted((file.relative_to(path).as_posix(), file) for file in files_of(path)):
        content = read_file(file, SIZE_LIMIT)
        digest.update(os.fsencode(f"{name}\0{len(content)}\0") + content)
    return digest.hexdigest()


def files_of(path: Path) -> list[Path]:
    """The files that make up a package, in order: all but compiled ones and what tools leave there."""
    return look_into(path).files
