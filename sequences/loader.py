"""Imports a sequence package. Only the process that runs it does this: importing is running its code."""

from __future__ import annotations

import importlib
import importlib.util
import socket
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType, ModuleType

from sequences.authoring import GroupDefinition
from sequences.catalogue import Package, read_package
from sequences.outline import read_outline

MODULE_FILE = "sequence.py"
_PREFIX = "gwanje_package_"


class _SourceLoader(SourceFileLoader):
    """Runs what stands in the file. Compiled files are known by size and second: one may be of an older content."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _PackageFinder(MetaPathFinder):
    """Finds the modules of sequence packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_PREFIX):
            return None
        loaders = (ExtensionFileLoader, EXTENSION_SUFFIXES), (_SourceLoader, SOURCE_SUFFIXES)
        found = (FileFinder(folder, *loaders).find_spec(fullname) for folder in path or ())
        return next(filter(None, found), None)


sys.meta_path.insert(0, _PackageFinder())


class PackageError(Exception):
    """The package cannot run. The message says why, where, and what to do."""


def open_package(path: Path, sha256: str, version: str = "") -> Package:
    """The checked package at `path`. Raises PackageError when it has problems or is not the one that was chosen."""
    if not path.is_dir():
        raise PackageError(
            f"Host {socket.gethostname()} does not have sequence '{path.name}' as this batch was submitted with it: "
            f"version {version or 'unknown'}, checksum {sha256[:12]}…, looked for at {path}. Install exactly that "
            "there, in a folder of GWANJE_SEQUENCE_DIRS or as a wheel, and run the batch again."
        )
    package = read_package(path)
    if package.problems:
        raise PackageError("\n".join([f"Sequence '{package.name}' cannot run:", *map(str, package.problems)]))
    if package.sha256 != sha256:
        raise PackageError(
            f"Sequence '{package.name}' at {path} was changed after the batch was submitted. "
            "Submit it again to run it as it is now."
        )
    return package


def load_definition(package: Package) -> GroupDefinition:
    """Import the package and return its sequence. The modules beside it are imported as `from .name import …`.

    Raises PackageError; whatever the package raised is its cause.
    """
    file = package.path / MODULE_FILE
    name = _module_name(package)
    loader = _SourceLoader(name, str(file))
    places = [str(package.path)]
    spec = importlib.util.spec_from_file_location(name, file, loader=loader, submodule_search_locations=places)
    if spec is None or spec.loader is None:
        raise PackageError(f"{file} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PackageError(f"{file} cannot be imported: {type(error).__name__}: {error}") from error
    definitions = [
        vars(member)["__sequence__"]
        for member in vars(module).values()
        if isinstance(member, type) and "__sequence__" in vars(member) and member.__module__ == name
    ]
    if len(definitions) != 1 or not isinstance(definitions[0], GroupDefinition):
        raise PackageError(f"{file} must hold exactly one class with @sequence, it holds {len(definitions)}.")
    written, found = [step.name for step in read_outline(package.path)], set(definitions[0].names())
    if lost := [name for name in written if name not in found]:
        raise PackageError(
            f"{file} holds steps that would not run: {', '.join(lost)}. A decorator of yours around a step must keep "
            "what it decorates, by functools.wraps."
        )
    return definitions[0]


def load_driver_classes(package: Package) -> dict[str, type]:
    """The classes that a package brings for its instruments, by role. Call after `load_definition`.

    Raises PackageError.
    """
    return {role: _load_class(package, role, path) for role, path in package.manifest.drivers.items()}


def _load_class(package: Package, role: str, path: str) -> type:
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(f"{_module_name(package)}.{module}"), name)
    except (Exception, SystemExit) as error:
        raise PackageError(f"The driver of '{role}', {path}, cannot be imported: {said(error)}") from error
    if not isinstance(found, type):
        raise PackageError(f"The driver of '{role}', {path}, must be a class, it is {found!r}")
    return found


def said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _module_name(package: Package) -> str:
    return f"{_PREFIX}{package.sha256[:12]}"
