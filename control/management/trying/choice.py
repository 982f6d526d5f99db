"""Which package somebody means, and what it is run with."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from control.lifecycle.packages import known_package, known_packages
from control.lifecycle.refusals import BadValue, UnknownName
from sequences.catalogue import Package, read_package
from sequences.manifest import FILE_NAME
from sequences.parameters import ParameterError, parse_parameter_texts, resolve_parameters


def chosen_package(given: str) -> Package:
    """A package by its folder, or by its name in the catalogue.

    Raises UnknownName, or BadValue with every problem of one that cannot run.
    """
    is_path = os.sep in given or given in (os.curdir, os.pardir)
    package = _in_folder(Path(given).expanduser()) if is_path else _in_catalogue(given)
    if package.problems:
        raise BadValue("\n".join([f"Sequence '{package.name}' cannot run:", *map(str, package.problems)]))
    return package


def chosen_parameters(package: Package, texts: Iterable[str]) -> dict[str, Any]:
    """The value of every parameter. Raises BadValue with everything that does not fit."""
    schema = package.manifest.parameters
    try:
        return resolve_parameters(schema, parse_parameter_texts(schema, texts))
    except ParameterError as error:
        raise BadValue(str(error)) from error


def _in_folder(folder: Path) -> Package:
    if not (folder / FILE_NAME).is_file():
        raise BadValue(f"There is no {FILE_NAME} in {folder}. Name the folder of a sequence package.")
    return read_package(folder)


def _in_catalogue(name: str) -> Package:
    package = known_package(name)
    if package is not None:
        return package
    if (Path(name) / FILE_NAME).is_file():
        raise BadValue(
            f"Neither a folder of GWANJE_SEQUENCE_DIRS nor a wheel holds '{name}'. "
            f"To try the one that is here: .{os.sep}{name}"
        )
    raise UnknownName("sequence", name, known_packages())
