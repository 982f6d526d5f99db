"""SCPI over HiSLIP and VXI-11, against servers of our own that know just enough of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from stations.bench.circuit import Circuit
from stations.bench.fault_switches import FaultSwitches
from stations.bench.power_supply import PowerSupply
from stations.contracts import InstrumentSettings
from stations.drivers.driver import InstrumentError
from stations.drivers.loading import load_driver
from stations.drivers.safe_state import make_safe
from tests.stations.drivers.message_servers import HislipServer, MessageServer, Vxi11Server


@pytest.fixture(params=[HislipServer, Vxi11Server])
def server(request: pytest.FixtureRequest) -> Iterator[MessageServer]:
    serving = request.param(PowerSupply("supply-1", Circuit(), FaultSwitches()).handle)
    yield serving
    serving.close()


def settings(server: MessageServer) -> InstrumentSettings:
    return InstrumentSettings(
        name="supply-1",
        driver="stations.drivers.scpi.ScpiInstrument",
        resource=server.resource,
        options={"timeout_s": 2, "identity": "SIMULATED-SUPPLY"},
        commands={"voltage": {"write": "VOLT {value}", "query": "VOLT?", "unit": "V"}},
        safe_state=[{"write": "OUTP OFF", "check": "OUTP?", "expect": "0"}],
    )


def test_instrument_is_opened_set_read_lost_renewed_and_made_safe(server: MessageServer) -> None:
    supply = load_driver(settings(server))
    supply.open()
    supply.set("voltage", 5)
    assert supply.read("voltage") == 5.0
    with pytest.raises(InstrumentError, match="Data out of range"):
        supply.set("voltage", 99)
    server.mute = True
    supply.timeout_s = 0.2
    with pytest.raises(InstrumentError, match=r"did not answer 'VOLT\?' within 0.2 s"):
        supply.read("voltage")
    server.mute = False
    supply.timeout_s = 2.0
    assert supply.query("*IDN?").startswith("Gwanje")  # and not the voltage that was asked for before
    server.drop()
    with pytest.raises(InstrumentError, match="was lost"):
        supply.read("voltage")
    assert supply.read("voltage") == 5.0
    supply.close()
    assert make_safe({"supply": settings(server)}, 5.0)["confirmed"] is True


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pyvisa-py forgets the socket that was refused
def test_nothing_behind_the_address_is_told(server: MessageServer) -> None:
    server.close()
    with pytest.raises(InstrumentError, match="cannot be reached"):
        load_driver(settings(server)).open()
    gc.collect()
