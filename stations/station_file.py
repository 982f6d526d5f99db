"""Reads station.yaml: which slots the station has, which instruments stand at them, and how those are spoken to."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from stations.checked_yaml import Entry, Problems, read_checked_yaml
from stations.contracts import InstrumentSettings, Resources, SlotSettings
from stations.drivers.address import tcp_address
from stations.drivers.command import TYPES
from stations.drivers.loading import BUILT_IN
from stations.run_limits import Ladder

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
LOCAL_HOSTS = ("127.0.0.1", "localhost")
SIMULATED_MODELS = ("power_supply", "multimeter", "load", "board")
# Longer than this nobody waits for a run that is told to end, or for instruments that do not answer.
LONGEST_GRACES_S = {"stop_grace_s": 600.0, "term_grace_s": 60.0, "deadline_grace_s": 60.0, "safe_budget_s": 5.0}
# No run comes to its first step with less.
FEWEST_FILES, MOST_FILES = 16, 1_000_000
LARGEST_RESOURCES = {
    "memory_mb": 16_777_216.0,
    "cpu_s": 31_536_000.0,
    "wall_s": 31_536_000.0,
    "output_mb": 1_048_576.0,
    "spool_mb": 1_048_576.0,
    "attachments_mb": 1_048_576.0,
}
CONCURRENT = "concurrent"
COMMAND_KEYS = ("write", "query", "unit", "minimum", "maximum", "type", "description")


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
    """The web side of the station's host. `workers` None: one lane per processor."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int | None = None


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
    ladder: Ladder = field(default_factory=Ladder)
    resources: Resources = field(default_factory=Resources)


def read_station_file(file: Path) -> Station:
    """The station that `file` describes. Raises StationFileError, which names every problem in the file at once."""
    problems = Problems(file)
    top = read_checked_yaml(file, problems)
    station = None if top is None else _station(top)
    if problems.found or station is None:
        raise StationFileError(str(problems))
    return station


def slot_settings(station: Station) -> list[SlotSettings]:
    """What each slot's guard needs to know. Slots are named `station/slot`."""
    return [
        SlotSettings(
            slot=f"{station.id}/{slot.id}",
            instruments={role: station.instruments[name].settings() for role, name in slot.instruments.items()},
        )
        for slot in station.slots
    ]


def _station(top: Entry) -> Station:
    keys = top.mapping(("station", "server", "slots", "instruments"), required=("station", "slots", "instruments"))
    about = _below(
        keys, "station", ("id", "name", "time_zone", "default_sequence", "ladder", "resources"), required=("id",)
    )
    instruments = {name: _instrument(name, entry) for name, entry in _below(keys, "instruments").items()}
    entries = _below(keys, "instruments")
    _check_resources(instruments, entries)
    slots = [_slot(entry) for entry in keys["slots"].sequence()] if "slots" in keys else []
    if "slots" in keys:
        _check_slots(keys["slots"], slots, instruments)
    station_id = _slug(about["id"]) if "id" in about else ""
    return Station(
        id=station_id,
        name=_text(about, "name", station_id),
        time_zone=_time_zone(about["time_zone"]) if "time_zone" in about else None,
        default_sequence=_text(about, "default_sequence"),
        server=_server(_below(keys, "server", ("host", "port", "workers"))),
        slots=slots,
        instruments=instruments,
        ladder=_ladder(_below(about, "ladder", LONGEST_GRACES_S)),
        resources=_resources(_below(about, "resources", ("files", *LARGEST_RESOURCES))),
    )


def _server(keys: dict[str, Entry]) -> Server:
    return Server(
        host=_text(keys, "host", Server.host),
        port=keys["port"].integer(1, 65535) if "port" in keys else Server.port,
        workers=keys["workers"].integer(1, 64) if "workers" in keys else Server.workers,
    )


def _ladder(keys: dict[str, Entry]) -> Ladder:
    return Ladder(
        **{key: entry.positive(LONGEST_GRACES_S[key]) for key, entry in keys.items() if key in LONGEST_GRACES_S}
    )


def _resources(keys: dict[str, Entry]) -> Resources:
    limits = {key: entry.positive(LARGEST_RESOURCES[key]) for key, entry in keys.items() if key in LARGEST_RESOURCES}
    if "files" in keys:
        limits["files"] = keys["files"].integer(FEWEST_FILES, MOST_FILES)
    return cast(Resources, limits)


def _slot(entry: Entry) -> Slot:
    keys = entry.mapping(("id", "sequence", "instruments", "auto_start"), required=("id", "instruments"))
    return Slot(
        id=_slug(keys["id"]) if "id" in keys else "",
        instruments={role: name.text() for role, name in _below(keys, "instruments").items()},
        sequence=_text(keys, "sequence"),
        auto_start="auto_start" in keys and keys["auto_start"].boolean(),
    )


def _check_slots(entry: Entry, slots: list[Slot], instruments: dict[str, Instrument]) -> None:
    used: dict[str, str] = {}
    seen: set[str] = set()
    for slot, slot_entry in zip(slots, entry.sequence(), strict=True):
        if slot.id in seen:
            slot_entry.problem(f"is the second slot with the id {slot.id!r}; ids must differ")
        seen.add(slot.id)
        roles = _below(slot_entry.mapping(), "instruments")
        for role, name in slot.instruments.items():
            if name not in instruments:
                known = ", ".join(instruments) or "none"
                roles[role].problem(f"there is no instrument {name!r}; the file describes {known}")
            elif name in used and not instruments[name].shared:
                roles[role].problem(
                    f"{name!r} is already used by slot {used[name]!r}; give this slot its own, or set `shared: true`"
                )
            used.setdefault(name, slot.id)


def _instrument(name: str, entry: Entry) -> Instrument:
    known = ("driver", "resource", "options", "commands", "safe_state", "calibration_due", "shared", "simulation")
    keys = entry.mapping(known, required=("driver", "resource"))
    if not SLUG.fullmatch(name):
        entry.problem("is not a good name; use small letters, digits and hyphens")
    if "driver" in keys and (driver := keys["driver"].text()) not in BUILT_IN:
        keys["driver"].problem(f"there is no driver {driver!r}; choose {' or '.join(sorted(BUILT_IN))}")
    instrument = Instrument(
        name=name,
        driver=_text(keys, "driver"),
        resource=_text(keys, "resource"),
        options={option: value.value() for option, value in _below(keys, "options").items()},
        commands={command: _command(fields) for command, fields in _below(keys, "commands").items()},
        safe_state=_safe_state(keys["safe_state"]) if "safe_state" in keys else [],
        calibration_due=_date(keys["calibration_due"]) if "calibration_due" in keys else None,
        shared="shared" in keys and _shared(keys["shared"]),
        simulation=_simulation(keys["simulation"]) if "simulation" in keys else None,
    )
    if instrument.simulation is not None and "resource" in keys:
        _check_simulated_resource(keys["resource"], instrument.resource, instrument.simulation.model)
    return instrument


def _shared(entry: Entry) -> bool | str:
    return CONCURRENT if entry.value() == CONCURRENT else entry.boolean()


def _command(entry: Entry) -> dict[str, Any]:
    keys = entry.mapping(COMMAND_KEYS)
    convert: dict[str, Callable[[Entry], Any]] = {"minimum": Entry.number, "maximum": Entry.number}
    fields = {key: convert.get(key, Entry.text)(value) for key, value in keys.items() if key in COMMAND_KEYS}
    if "write" not in fields and "query" not in fields:
        entry.problem("has neither `write` nor `query`; add at least one")
    if "{value}" not in fields.get("write", "{value}"):
        keys["write"].problem("does not say where the value goes; write {value} there")
    if fields.get("type", "number") not in TYPES:
        keys["type"].problem(f"must be {', '.join(TYPES[:-1])} or {TYPES[-1]}")
    low, high = fields.get("minimum"), fields.get("maximum")
    if low is not None and high is not None and low > high:
        keys["minimum"].problem(f"is above the maximum ({low:g} > {high:g}); exchange them")
    return fields


def _safe_state(entry: Entry) -> list[dict[str, str]]:
    steps = []
    for item in entry.sequence():
        keys = item.mapping(("write", "check", "expect"), required=("write",))
        if ("check" in keys) != ("expect" in keys):
            item.problem("needs `check` and `expect` together, or neither")
        steps.append({key: value.text() for key, value in keys.items()})
    if steps and not any("check" in step for step in steps):
        entry.problem("nothing proves this safe state; give at least one entry a `check` and what to `expect`")
    return steps


def _simulation(entry: Entry) -> Simulation:
    keys = entry.mapping(("model", "board", "serial_number"), required=("model", "board"))
    model = _text(keys, "model")
    if "model" in keys and model not in SIMULATED_MODELS:
        keys["model"].problem(f"there is no simulated {model!r}; choose one of {', '.join(SIMULATED_MODELS)}")
    return Simulation(model=model, board=_text(keys, "board"), serial_number=_text(keys, "serial_number"))


def _check_simulated_resource(entry: Entry, resource: str, model: str) -> None:
    if model == "board":
        if not Path(resource).is_absolute() or resource.startswith("/dev/"):
            entry.problem("a simulated board needs the absolute path of a file that the bench may create, not in /dev")
    elif (address := tcp_address(resource)) is None or address[0] not in LOCAL_HOSTS:
        entry.problem("a simulated instrument needs an address on this host, like TCPIP::127.0.0.1::15101::SOCKET")


def _check_resources(instruments: dict[str, Instrument], entries: dict[str, Entry]) -> None:
    owners: dict[str, str] = {}
    for name, instrument in instruments.items():
        owner = owners.setdefault(instrument.resource, name)
        if owner != name and instrument.resource:
            entries[name].problem(f"has the same resource as {owner!r}; two instruments cannot share one address")


def _below(
    keys: dict[str, Entry], key: str, known: Collection[str] | None = None, required: Collection[str] = ()
) -> dict[str, Entry]:
    return keys[key].mapping(known, required) if key in keys else {}


def _text(keys: dict[str, Entry], key: str, default: str = "") -> str:
    return keys[key].text() if key in keys else default


def _slug(entry: Entry) -> str:
    text = entry.text()
    if not SLUG.fullmatch(text):
        entry.problem(f"{text!r} is not a good id; use up to 40 small letters, digits and hyphens")
    return text


def _time_zone(entry: Entry) -> str:
    text = entry.text()
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        entry.problem(f"there is no time zone {text!r}; write one like Asia/Seoul or Europe/Berlin")
    return text


def _date(entry: Entry) -> date | None:
    text = entry.text()
    try:
        return date.fromisoformat(text)
    except ValueError:
        entry.problem(f"{text!r} is not a date; write it like 2026-12-31")
        return None
