"""Checks the files of a package: that all of them can be read, and that there are not too many or too large ones."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sequences.package_files import COUNT_LIMIT, SIZE_LIMIT, Contents, why_unreadable
from sequences.problems import Problem


def check_files(folder: Path, contents: Contents, read_elsewhere: Collection[Path]) -> list[Problem]:
    """Every problem with the files as files. Those of `read_elsewhere` are read, and complained of, by other checks."""
    problems = [Problem(path, 1, "E141", f"cannot be looked into: {why}") for path, why in contents.closed]
    problems += [
        Problem(path, 1, "W302", f"{what}: it is no part of the package and of its hash")
        for path, what in contents.beside
        if path not in read_elsewhere and not path.name.startswith(".")
    ]
    if not contents.is_whole:
        return [*problems, Problem(folder, 1, "E142", f"the package has more than {COUNT_LIMIT:,} files")]
    if contents.bytes > SIZE_LIMIT:
        size, most = contents.bytes / 1024**2, SIZE_LIMIT // 1024**2
        problems.append(Problem(folder, 1, "E142", f"the package has {size:,.0f} MiB, at most {most} MiB are allowed"))
    for file in contents.files:
        why = None if file in read_elsewhere else why_unreadable(file)
        if why is not None:
            problems.append(Problem(file, 1, "E141", f"cannot be read: {why}"))
    return problems
