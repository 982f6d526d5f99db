"""Where a station keeps its files and sockets. Every process derives them from the data directory alone."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SlotPaths:
    """The files and the socket of one slot's guard."""

    lock: Path
    state: Path
    latch: Path
    unsafe: Path
    story: Path
    socket: Path


@dataclass(frozen=True)
class StationPaths:
    """All paths below one data directory.

    Files that must survive a reboot lie in `data`; sockets lie in a short directory of their own, because the
    address of a unix socket is limited to 108 bytes.
    """

    data: Path

    @property
    def runtime(self) -> Path:
        digest = hashlib.sha1(str(self.data.resolve()).encode()).hexdigest()[:10]
        return Path(f"/tmp/gwanje-{os.getuid()}-{digest}")

    @property
    def bells(self) -> Path:
        return self.runtime / "bells"

    @property
    def spools(self) -> Path:
        return self.data / "spools"

    @property
    def packages(self) -> Path:
        """The contents of packages that batches were submitted with, by their sha256."""
        return self.data / "packages"

    @property
    def slots(self) -> Path:
        return self.data / "slots"

    @property
    def instrument_locks(self) -> Path:
        """One file per instrument, locked by whoever may talk to it now."""
        return self.data / "instruments"

    @property
    def bench(self) -> Path:
        return self.data / "bench"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def supervisors(self) -> Path:
        """One locked file per running supervisor: an unlocked one tells that its supervisor has died."""
        return self.data / "supervisors"

    @property
    def heartbeats(self) -> Path:
        return self.data / "heartbeats"

    def heartbeat(self, child: str) -> Path:
        """The file that a child of the warden touches again and again: an old one tells that it hangs."""
        return self.heartbeats / child

    @property
    def warden_lock(self) -> Path:
        return self.data / "warden.lock"

    @property
    def warden_config(self) -> Path:
        return self.data / "warden.config.json"

    @property
    def warden_state(self) -> Path:
        return self.data / "warden.state.json"

    @property
    def warden_socket(self) -> Path:
        return self.runtime / "warden.sock"

    @property
    def stopping_lock(self) -> Path:
        """Held while the station is being stopped."""
        return self.data / "stopping.lock"

    @property
    def web_lock(self) -> Path:
        """Shared by the web processes that use this directory."""
        return self.data / "web.lock"

    @property
    def archive_lock(self) -> Path:
        """Held by a backup, a pruning or a restore."""
        return self.data / "archive.lock"

    @property
    def unfinished_restore(self) -> Path:
        """The archive that is being restored: there until nothing in the database would start by itself any more."""
        return self.data / "restore-unfinished.json"

    @property
    def attachments(self) -> Path:
        """One folder per run that has kept files."""
        return self.data / "attachments"

    def attachments_of(self, run: str) -> Path:
        """The files that the steps of a run have attached, each named by the sha256 of its content."""
        return self.attachments / run

    def spool(self, run: str) -> Path:
        return self.spools / f"{run}.jsonl"

    def spool_bell(self, run: str) -> Path:
        """The datagram socket on which the supervisor of a run hears that its spool has grown."""
        return self.runtime / f"spool-{hashlib.sha1(run.encode()).hexdigest()[:16]}.sock"

    def slot(self, slot: str) -> SlotPaths:
        stem = slot.replace("/", "--")
        digest = hashlib.sha1(slot.encode()).hexdigest()[:16]
        return SlotPaths(
            lock=self.slots / f"{stem}.lock",
            state=self.slots / f"{stem}.state.json",
            latch=self.slots / f"{stem}.latch.json",
            unsafe=self.slots / f"{stem}.unsafe.json",
            story=self.slots / f"{stem}.story.jsonl",
            socket=self.runtime / f"guard-{digest}.sock",
        )

    def prepare(self) -> None:
        """Create the directories. Raises PermissionError when the runtime directory belongs to somebody else."""
        # What lies here is for this user alone: stories, the database file, the warden's configuration.
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = (self.spools, self.packages, self.slots, self.instrument_locks, self.bench, self.logs)
        for folder in (*kept, self.supervisors, self.heartbeats):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.runtime, self.bells):
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
                raise PermissionError(f"{folder} must be a directory that only you can read; remove it and start again")
