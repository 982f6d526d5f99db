"""Packages that come as installed wheels: found through what their installer wrote, nothing of them is imported."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sequences.manifest import FILE_NAME

GROUP = "gwanje.sequences"
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
# A folder that has changed this recently may change again without its time telling it.
_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True)
class InstalledPackage:
    """What the entry point of a wheel promises: a folder with manifest.yaml and sequence.py."""

    name: str  # of the entry point
    wheel: str  # "acme-tests 1.2"
    version: str  # of the wheel
    path: Path  # where it is, or should be
    problem: str = ""  # why it cannot be used


_Places = tuple[tuple[str, int], ...]  # the folders of sys.path, and when each has changed
_known: tuple[_Places, list[InstalledPackage]] | None = None


def installed_packages() -> list[InstalledPackage]:
    """Everything that wheels promise in the group `gwanje.sequences`, also what was installed since this process began.

    Looked up anew as soon as a folder of sys.path has changed, and while a promise is not kept.
    """
    global _known
    places = tuple((place, _changed_ns(place)) for place in sys.path)
    if _known is not None and _known[0] == places:
        return _known[1]
    found = list(_look_up())
    settled = time.time_ns() - max((changed for _, changed in places), default=0) > _SETTLED_NS
    if settled and not any(package.problem for package in found):
        _known = places, found
    return found


def _changed_ns(place: str) -> int:
    try:
        return Path(place or ".").stat().st_mtime_ns
    except OSError:
        return 0


def _look_up() -> Iterator[InstalledPackage]:
    seen: set[str] = set()
    for distribution in distributions():
        try:
            text = distribution.read_text("entry_points.txt") or ""
        except (OSError, ValueError):
            continue
        if GROUP not in text:
            continue
        name = str(distribution.metadata["Name"] or "?")
        plain = re.sub(r"[-_.]+", "-", name).lower()
        if plain not in seen:  # the first one on sys.path is the one that Python imports
            seen.add(plain)
            yield from _promises(distribution, name)


def _promises(distribution: Distribution, name: str) -> Iterator[InstalledPackage]:
    version = str(distribution.metadata["Version"] or "?")
    wheel = f"{name} {version}"
    try:
        points = [(point.name, point.value) for point in distribution.entry_points if point.group == GROUP]
    except Exception as error:  # whatever somebody's file makes the parser raise
        path = Path(str(distribution.locate_file("entry_points.txt")))
        yield InstalledPackage(name, wheel, version, path, f"the entry points of {wheel} cannot be read: {error}")
        return
    for point, value in points:
        yield _kept_promise(distribution, point, value, wheel, version)


def _kept_promise(distribution: Distribution, name: str, value: str, wheel: str, version: str) -> InstalledPackage:
    roots = list(dict.fromkeys(_roots(distribution)))
    if not _DOTTED.fullmatch(value):
        problem = f"entry point '{name}' of {wheel} must name a package, as in acme.sequences.burn_in, it is {value!r}"
        return InstalledPackage(name, wheel, version, roots[0], problem)
    places = [root.joinpath(*value.split(".")) for root in roots]
    for place in places:
        if (place / FILE_NAME).is_file():
            return InstalledPackage(name, wheel, version, place)
    looked = ", ".join(map(str, places))
    problem = (
        f"{wheel} promises the package {value} (entry point '{name}'), but no {FILE_NAME} is there. Looked at: {looked}"
    )
    return InstalledPackage(name, wheel, version, places[0], problem)


def _roots(distribution: Distribution) -> Iterator[Path]:
    """Where its packages can lie: beside its metadata or, of an editable install, where its source is."""
    yield Path(str(distribution.locate_file("")))
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        source = urlsplit(origin.get("url", ""))
        if source.scheme == "file" and origin.get("dir_info", {}).get("editable"):
            yield from (Path(unquote(source.path)), Path(unquote(source.path)) / "src")
    except (ValueError, AttributeError):
        pass  # not as an installer writes it
    for file in distribution.files or []:
        if file.suffix == ".pth":
            yield from _lines_of(Path(str(file.locate())))


def _lines_of(pth: Path) -> Iterator[Path]:
    """The folders that a .pth file adds to sys.path."""
    try:
        lines = pth.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        if line.strip() and not line.startswith(("#", "import ", "import\t")):
            yield pth.parent / line.strip()
