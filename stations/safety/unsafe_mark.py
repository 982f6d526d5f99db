"""Unsafe marks: a slot whose safe state was not confirmed in time, until a person clears it. The file is the truth."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeGuard

from stations.contracts import SafeProof, SafeReason, Unsafe
from stations.paths import StationPaths
from stations.safety.durable import read_json, sync_folder, write_json
from stations.safety.logs import complain


def read_unsafe(paths: StationPaths, slot: str) -> Unsafe | None:
    """The mark of a slot. A file that cannot be read marks too: nobody can tell that it does not."""
    path = paths.slot(slot).unsafe
    found = read_json(path)
    if _is_mark(found):
        return found
    try:
        written_at = path.stat().st_mtime
    except FileNotFoundError:
        return None
    return Unsafe(since=written_at, why="", problems={"": f"{path} cannot be read"}, confirmed_at=None, refused="")


def unsafe_marks(paths: StationPaths, slots: Iterable[str]) -> dict[str, Unsafe]:
    """The marks that stand now, by slot."""
    found = {slot: read_unsafe(paths, slot) for slot in slots}
    return {slot: mark for slot, mark in found.items() if mark is not None}


def told_in_english(mark: Unsafe) -> str:
    """Since when, why, and what has become of it since: for logs and terminals."""
    since = f"not confirmed since {_when(mark['since'])}"
    problems = "; ".join(f"{name}: {problem}" if name else problem for name, problem in mark["problems"].items())
    if mark["confirmed_at"] is None:
        return f"{since} ({problems})"
    return f"{since} ({problems}), confirmed OFF by {_when(mark['confirmed_at'])} and not cleared yet"


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


class UnsafeMark:
    """The mark of one slot, in the hands of its guard. A full disk keeps it from the file, never from holding."""

    def __init__(self, paths: StationPaths, slot: str) -> None:
        self._paths, self._slot = paths, slot
        self._written = True
        self.held = read_unsafe(paths, slot)
        if self.held is not None and self.held["confirmed_at"] is not None:
            # Nobody knows what happened since. Written later: nothing comes before the first safe state of a guard.
            self.held["confirmed_at"], self._written = None, False

    def note(self, proof: SafeProof, why: SafeReason) -> None:
        """What a try came to: the first one that failed marks the slot, and none that succeeds clears it."""
        if proof["confirmed"]:
            if self.held is not None and self.held["confirmed_at"] is None:
                self._replace({**self.held, "confirmed_at": time.time()})
        else:
            self._note_problems(proof, why)
        if not self._written:
            self._write()

    def _note_problems(self, proof: SafeProof, why: SafeReason) -> None:
        problems = {
            name: each["error"] or "not confirmed"
            for name, each in proof["instruments"].items()
            if not each["confirmed"]
        }
        if self.held is None:
            mark = Unsafe(since=time.time(), why=why, problems=problems, confirmed_at=None, refused="")
            self._replace(mark)
        elif self.held["confirmed_at"] is not None or problems.keys() - self.held["problems"].keys():
            # What each said first stays: later sentences differ in their milliseconds.
            self._replace({**self.held, "confirmed_at": None, "problems": {**problems, **self.held["problems"]}})

    def refuse(self, control: str) -> None:
        """Somebody wanted it cleared, and the safe state could not be confirmed."""
        if self.held is not None:
            self._replace({**self.held, "refused": control})

    def clear(self) -> bool:
        """Take it away, safe against power loss. False when the file cannot be removed: then it holds on."""
        path = self._paths.slot(self._slot).unsafe
        try:
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
        except OSError as error:
            complain(f"the unsafe mark cannot be removed: {error}")
            return False
        self.held, self._written = None, True
        return True

    def _replace(self, mark: Unsafe) -> None:
        self.held = mark
        self._write()

    def _write(self) -> None:
        self._written = False
        with suppress(OSError):  # it is written with the next try that finds room
            write_json(self._paths.slot(self._slot).unsafe, self.held)
            self._written = True


def _is_mark(content: Any) -> TypeGuard[Unsafe]:
    return isinstance(content, dict) and content.keys() >= Unsafe.__required_keys__
