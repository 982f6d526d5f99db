"""The contents of packages that batches were submitted with, each in a folder named by its sha256.

A batch runs from here: whoever edits, replaces or deletes a package changes nothing for what was submitted before.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from sequences.catalogue import Package, content_hash, files_of, read_package

# What is being written or taken away; left behind only by who was killed at it.
_DRAFT = ".draft-"


class ContentChanged(Exception):
    """The files of the package are no longer those that were checked."""


class PackageStore:
    """`folder/<sha256>/<name>/…`: complete from the moment on at which it is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str, name: str) -> Path:
        return self.folder / sha256 / name

    def find(self, sha256: str, name: str) -> Package | None:
        """The content, unless it is not here or somebody has changed it."""
        path = self.path(sha256, name)
        if not path.is_dir():
            return None
        package = read_package(path)
        return package if package.sha256 == sha256 else None

    def keep(self, package: Package) -> Path:
        """Copy a package as it was read, unless it is here already, and return its folder in the store.

        Raises ContentChanged when its files have changed meanwhile, OSError when they cannot be copied.
        """
        target = self.path(package.sha256, package.name)
        if self.find(package.sha256, package.name) is not None:
            with suppress(FileNotFoundError):  # it is being removed: copied anew
                os.utime(target.parent)  # in use from now on: `remove` goes by this time
                return target
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=self.folder) as name:
            draft = Path(name) / package.sha256
            self._copy(package, draft / package.name)
            self._put(draft, package)
        return target

    def _copy(self, package: Package, draft: Path) -> None:
        draft.mkdir(parents=True)
        try:
            for file in files_of(package.path):
                _copy_file(file, draft / file.relative_to(package.path))
        except FileNotFoundError as error:
            raise ContentChanged(f"{error.filename} is gone") from error
        if content_hash(draft) != package.sha256:
            raise ContentChanged(f"{package.path} was changed while it was read")

    def _put(self, draft: Path, package: Package) -> None:
        place = self.folder / package.sha256
        try:
            draft.rename(place)
        except OSError:
            if self.find(package.sha256, package.name) is not None:
                return  # somebody else was faster
            place.rename(draft.with_name("damaged"))
            draft.rename(place)
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def older_than(self, age_s: float) -> set[str]:
        """The sha256 of every content that nobody has asked for lately."""
        if not self.folder.is_dir():
            return set()
        return {
            place.name for place in self.folder.iterdir() if not place.name.startswith(_DRAFT) and _age_s(place) > age_s
        }

    def remove(self, contents: Collection[str], older_than_s: float) -> int:
        """Delete these contents, and what somebody who was killed has left; return how many of them went."""
        removed = 0
        for sha256 in contents:
            place, aside = self.folder / sha256, self.folder / f"{_DRAFT}{sha256}"
            with suppress(OSError):  # somebody else removes it
                place.rename(aside)
                if _age_s(aside) > older_than_s:
                    shutil.rmtree(aside)
                    removed += 1
                else:
                    aside.rename(place)  # somebody has submitted a batch with it in this very moment
        for left in self.folder.glob(f"{_DRAFT}*"):
            if _age_s(left) > older_than_s:
                shutil.rmtree(left, ignore_errors=True)
        return removed


def _copy_file(source: Path, target: Path) -> None:
    """Its bytes, on the disk; nobody shall write there by mistake."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as old, target.open("wb") as new:
        shutil.copyfileobj(old, new)
        new.flush()
        os.fsync(new.fileno())
        os.fchmod(new.fileno(), os.fstat(old.fileno()).st_mode & 0o555 | 0o400)


def _age_s(place: Path) -> float:
    try:
        return time.time() - place.stat().st_mtime
    except FileNotFoundError:
        return 0.0
