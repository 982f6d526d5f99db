"""Where a sequence is tried: on a simulated bench of its own, at a slot of this host, or without instruments."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from control.lifecycle.refusals import UnknownName
from control.management.refusing import StartFailed
from control.management.station_processes import holding_the_station, prepare_folders
from stations.bench.own_bench import DEMO, BenchFailed, OwnBench, real_instruments
from stations.contracts import InstrumentSettings, SlotSettings
from stations.paths import StationPaths
from stations.safety.latch import read_latch
from stations.station_file import Slot, Station, StationFileError, read_station_file, slot_settings

NOWHERE = "desk/lane-1"


@dataclass(frozen=True)
class Place:
    """A slot with its instruments by role, and the files of whoever guards it meanwhile."""

    slot: str
    paths: StationPaths
    instruments: dict[str, InstrumentSettings] = field(default_factory=dict)
    station: Station = field(default_factory=lambda: Station(id="desk", name="Desk", slots=[], instruments={}))
    simulated: bool = False

    @property
    def is_real(self) -> bool:
        return bool(self.instruments) and not self.simulated

    @property
    def shown(self) -> str:
        if not self.instruments:
            return "without instruments"
        return f"on simulated instruments ({self.slot})" if self.simulated else f"on {self.slot}"

    def all_slots(self) -> list[SlotSettings]:
        """What a guard's configuration names: at a real place every slot, so that an emergency stop reaches all."""
        if self.is_real:
            return slot_settings(self.station)
        return [SlotSettings(slot=self.slot, instruments=self.instruments)]


@contextmanager
def opened_place(roles: dict[str, str], slot: str, *, simulate: bool) -> Iterator[Place]:
    """A place with an instrument for each role, as long as it is needed. `slot` empty: the one that fits.

    Raises StartFailed or UnknownName with what is missing, and what to do.
    """
    with ExitStack() as stack:
        if not roles:
            yield Place(NOWHERE, stack.enter_context(_temporary_paths()))
        elif simulate:
            yield _simulated(stack, roles, slot)
        else:
            yield _real(stack, roles, slot)


def _simulated(stack: ExitStack, roles: dict[str, str], slot: str) -> Place:
    """A slot of the station file whose instruments are all simulated, else, unless one is named, the demo bench."""
    station_file = Path(settings.STATION_FILE)
    own = [station_file] if slot or station_file.exists() else []
    for file in [*own, *([] if slot else [DEMO])]:
        described = _read(file)
        fitting = [each for each in _named(described, slot) if not _missing(each, roles)]
        simulated = [each for each in fitting if not real_instruments(described, each)]
        if simulated:
            chosen = simulated[0].id
            paths = stack.enter_context(_temporary_paths())
            try:
                bench = stack.enter_context(OwnBench(file))
            except BenchFailed as failure:
                raise StartFailed(str(failure)) from failure
            return Place(f"{described.id}/{chosen}", paths, bench.slot(chosen), described, simulated=True)
        if slot:
            _refuse_unfitting(described, slot, roles)
            real = ", ".join(real_instruments(described, fitting[0]))
            raise StartFailed(f"These instruments of {slot} have no `simulation` in {file}: {real}.")
    raise StartFailed(
        f"No simulated slot has an instrument for each of {', '.join(roles)}. "
        f"Give the instruments of a slot in {station_file} a `simulation`, or test it with objects of your own."
    )


def _real(stack: ExitStack, roles: dict[str, str], slot: str) -> Place:
    described = _read(Path(settings.STATION_FILE))
    fitting = [each for each in _named(described, slot) if not _missing(each, roles)]
    if not fitting:
        _refuse_unfitting(described, slot, roles)
    played = [each for each in fitting if len(real_instruments(described, each)) < len(each.instruments)]
    if len(played) == len(fitting):
        raise StartFailed(f"Instruments of {described.id}/{played[0].id} are simulated. Say --simulate.")
    if len(fitting) > 1:
        choices = " or ".join(f"--slot {described.id}/{each.id}" for each in fitting)
        raise StartFailed(f"Several slots fit. Say which: {choices}")
    name, paths = f"{described.id}/{fitting[0].id}", settings.STATION_PATHS
    prepare_folders(paths)
    try:
        stack.enter_context(holding_the_station(paths))
    except StartFailed as taken:
        raise StartFailed(f"{taken} Or let it do the work: manage.py run_batch … --slot {name}") from taken
    if latch := read_latch(paths, name):
        by, why = f" by {latch['by']}" if latch["by"] else "", f": {latch['reason']}" if latch["reason"] else ""
        raise StartFailed(
            f"{name} is latched by an emergency stop{by}{why}. "
            f'When it is safe: manage.py reset --slot {name} --reason "…"'
        )
    instruments = next(each["instruments"] for each in slot_settings(described) if each["slot"] == name)
    return Place(name, paths, instruments, described)


def _read(file: Path) -> Station:
    try:
        return read_station_file(file, settings.DRIVERS)
    except StationFileError as error:
        raise StartFailed(str(error)) from error


def _named(described: Station, slot: str) -> list[Slot]:
    """The slots that may be meant. Raises UnknownName."""
    found = [each for each in described.slots if slot in ("", each.id, f"{described.id}/{each.id}")]
    if slot and not found:
        raise UnknownName("slot", slot, [f"{described.id}/{each.id}" for each in described.slots])
    return found


def _missing(slot: Slot, roles: dict[str, str]) -> list[str]:
    return [role for role in roles if role not in slot.instruments]


def _refuse_unfitting(described: Station, slot: str, roles: dict[str, str]) -> None:
    """Raises StartFailed when no slot that may be meant has all the roles."""
    lacking = {each.id: _missing(each, roles) for each in _named(described, slot)}
    if lacking and not all(lacking.values()):
        return
    each = "; ".join(f"{described.id}/{name} has no {', '.join(roles)}" for name, roles in lacking.items())
    raise StartFailed(f"No slot has what it needs: {each or 'there is none'}. Add it to a slot in the station file.")


@contextmanager
def _temporary_paths() -> Iterator[StationPaths]:
    with tempfile.TemporaryDirectory(prefix="gwanje-try-", ignore_cleanup_errors=True) as folder:
        paths = StationPaths(Path(folder) / "data")
        prepare_folders(paths)
        try:
            yield paths
        finally:
            shutil.rmtree(paths.runtime, ignore_errors=True)
