"""Puts the simulated instruments of a station together: one circuit for each board, a port for each instrument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stations.bench.board import Board
from stations.bench.chamber import Chamber
from stations.bench.circuit import Circuit
from stations.bench.command_log import CommandLog
from stations.bench.electronic_load import ElectronicLoad
from stations.bench.fault_switches import FaultSwitches
from stations.bench.fixture import Fixture
from stations.bench.http_port import HttpPort
from stations.bench.modbus_port import ModbusPort
from stations.bench.multimeter import Multimeter
from stations.bench.power_supply import PowerSupply
from stations.bench.pty_port import PtyPort
from stations.bench.simulated_instrument import Model, SimulatedInstrument
from stations.bench.switch_unit import SwitchUnit
from stations.bench.tcp_port import TcpPort
from stations.drivers.address import network_address
from stations.station_file import Instrument, Simulation, Station

MODELS: dict[str, Callable[[str, Circuit, FaultSwitches], Model]] = {
    "power_supply": PowerSupply,
    "multimeter": Multimeter,
    "load": ElectronicLoad,
    "switch": SwitchUnit,
    "modbus_device": Chamber,
    "http_device": Fixture,
}
# What else than lines of text they talk.
PORTS = {"modbus_device": ModbusPort, "http_device": HttpPort}


class Workbench:
    """All simulated instruments of one station."""

    def __init__(self, station: Station, log: CommandLog) -> None:
        self._circuits: dict[str, Circuit] = {}
        self._log = log
        self._ports = {
            name: self._port(instrument, instrument.simulation)
            for name, instrument in station.instruments.items()
            if instrument.simulation is not None
        }

    async def plug_all(self) -> None:
        """Raises OSError, which names the instrument and its address, when an address is taken."""
        # Serial ports last: their links replace what a bench before us left, and a taken port says that it still plays.
        for name, port in sorted(self._ports.items(), key=lambda each: isinstance(each[1], PtyPort)):
            try:
                await port.plug()
            except OSError as error:
                where = port.link if isinstance(port, PtyPort) else ":".join(map(str, port.address))
                reason = error.strerror or str(error)
                raise OSError(f"{name} cannot be served at {where} ({reason}); is a bench already running?") from error

    def unplug_all(self) -> None:
        for port in self._ports.values():
            port.unplug()

    def resources(self) -> dict[str, str]:
        """Where each simulated instrument can be reached, by its name."""
        return {name: port.resource for name, port in self._ports.items()}

    async def obey(self, words: list[str]) -> dict[str, Any]:
        """`state`, or `INSTRUMENT FAULT [VALUE]`. Raises ValueError for anything else."""
        if words == ["state"]:
            return {"state": {name: port.instrument.state() for name, port in self._ports.items()}}
        if len(words) not in (2, 3):
            raise ValueError("say 'state' or 'INSTRUMENT FAULT [VALUE]'")
        if words[0] not in self._ports:
            raise ValueError(f"there is no instrument {words[0]!r}; instruments are {', '.join(self._ports)}")
        port = self._ports[words[0]]
        port.instrument.faults.switch(words[1], words[2] if len(words) == 3 else "")
        if words[1] == "drop":
            await port.drop()
        elif port.instrument.faults.unplugged:
            port.unplug()
        else:
            await port.plug()
        return port.instrument.state()

    def _port(self, instrument: Instrument, simulation: Simulation) -> TcpPort | PtyPort:
        circuit = self._circuits.setdefault(simulation.board, Circuit())
        faults = FaultSwitches()
        model = _model(instrument.name, simulation, circuit, faults)
        simulated = SimulatedInstrument(instrument.name, model, faults, self._log)
        if isinstance(model, Board):
            model.tell_later = simulated.tell_later
        address = network_address(instrument.resource)
        if address is None:
            return PtyPort(simulated, Path(instrument.resource))
        return PORTS.get(simulation.model, TcpPort)(simulated, *address)


def _model(name: str, simulation: Simulation, circuit: Circuit, faults: FaultSwitches) -> Model:
    if simulation.model == "board":
        return Board(name, circuit, faults, simulation.serial_number)
    return MODELS[simulation.model](name, circuit, faults)
