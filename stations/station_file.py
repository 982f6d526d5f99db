"""Reads station.yaml: which slots the station has, which instruments stand at them, and how those are spoken to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from stations.checked_yaml import Problems, read_checked_yaml
from stations.contracts import InstrumentSettings, Resources, SlotSettings
from stations.declared_keys import read_keys
from stations.run_limits import Ladder
from stations.station_checks import check_whole
from stations.station_keys import CONCURRENT, STATION_FILE


class StationFileError(Exception):
    """Everything that is wrong with a station file, one `file:line: key: problem` line each."""


@dataclass(frozen=True)
class Simulation:
    """How the simulated bench plays an instrument. Instruments on the same `board` share one circuit."""

    model: str
    board: str
    serial_number: str = ""


@dataclass(frozen=True)
class Instrument:
    """One instrument of the station."""

    name: str
    driver: str
    resource: str
    options: dict[str, Any] = field(default_factory=dict)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)
    safe_state: list[dict[str, str]] = field(default_factory=list)
    calibration_due: date | None = None
    shared: bool | str = False  # True: batches of several slots take turns; CONCURRENT: they use it at once
    simulation: Simulation | None = None

    def settings(self) -> InstrumentSettings:
        settings = InstrumentSettings(
            name=self.name,
            driver=self.driver,
            resource=self.resource,
            options=self.options,
            commands=self.commands,
            safe_state=self.safe_state,
        )
        if self.shared == CONCURRENT:
            settings["concurrent"] = True
        return settings


@dataclass(frozen=True)
class Slot:
    """A place for one subject, with the instruments around it by role."""

    id: str
    instruments: dict[str, str]
    sequence: str = ""
    auto_start: bool = False


@dataclass(frozen=True)
class Server:
    """What the station's host does beside its bench. `workers` None: a lane per processor, at least three."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int | None = None
    analyses: int = 2


@dataclass(frozen=True)
class Backend:
    """The central server. `sync_interval`: seconds. The key is shown nowhere and kept in no row."""

    url: str
    key: str = field(repr=False)
    sync_interval: float = 30.0


@dataclass(frozen=True)
class Station:
    """A checked station file. `time_zone` None: the host's."""

    id: str
    name: str
    slots: list[Slot]
    instruments: dict[str, Instrument]
    time_zone: str | None = None
    default_sequence: str = ""
    server: Server = Server()
    backend: Backend | None = None
    ladder: Ladder = field(default_factory=Ladder)
    resources: Resources = field(default_factory=Resources)


def read_station_file(file: Path, allowed: Collection[str] = (), *, shown: str = "") -> Station:
    """The station that `file` describes. Raises StationFileError, which names every problem in the file at once.

    `allowed`: drivers that are not ours, see `stations.drivers.loading`. `shown`: how the problems call the file; its
    name, where nothing is said.
    """
    problems = Problems(file, shown)
    top = read_checked_yaml(file, problems)
    read: dict[str, Any] = {}
    if top is not None:
        read = read_keys(top, STATION_FILE)
        check_whole(top, read, allowed)
    if problems.found:
        raise StationFileError(str(problems))
    return _station(read)


def slot_settings(station: Station) -> list[SlotSettings]:
    """What each slot's guard needs to know. Slots are named `station/slot`."""
    return [
        SlotSettings(
            slot=f"{station.id}/{slot.id}",
            instruments={role: station.instruments[name].settings() for role, name in slot.instruments.items()},
        )
        for slot in station.slots
    ]


def _station(read: dict[str, Any]) -> Station:
    """What was read has no problem: each key has a value of its kind, or is left out."""
    about = dict(read["station"])
    return Station(
        **{"name": about["id"], **about, "ladder": Ladder(**about.get("ladder", {}))},
        server=Server(**read.get("server", {})),
        backend=Backend(**read["backend"]) if "backend" in read else None,
        slots=[Slot(**slot) for slot in read["slots"]],
        instruments={name: _instrument(name, fields) for name, fields in read["instruments"].items()},
    )


def _instrument(name: str, fields: dict[str, Any]) -> Instrument:
    simulation = Simulation(**fields["simulation"]) if "simulation" in fields else None
    return Instrument(name=name, **{**fields, "simulation": simulation})
