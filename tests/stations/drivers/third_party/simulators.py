"""instro's simulated power supply, multimeter and Modbus device, which we did not write, in a process of their own.

`python -m tests.stations.drivers.third_party.simulators PSU DMM MODBUS` (ports) says "ready", and ends with its input.
"""

from __future__ import annotations

import asyncio
import sys
import threading

from instro.dmm.scpi_sim_server import FUNCTION_DC_VOLTAGE, SimulatedDMM, SimulatedDMMServer
from instro.modbus.sim_server import create_datastore
from instro.psu.scpi_sim_server import SimulatedPSU, SimulatedPSUServer
from pymodbus.server import StartAsyncTcpServer

METER_VOLTS = 12.003


def main() -> None:
    supply, meter, modbus = map(int, sys.argv[1:])
    SimulatedPSUServer(SimulatedPSU(num_channels=1), host="127.0.0.1", port=supply).start()
    SimulatedDMMServer(SimulatedDMM(stimulus={FUNCTION_DC_VOLTAGE: METER_VOLTS}), host="127.0.0.1", port=meter).start()
    serving = StartAsyncTcpServer(context=create_datastore(), address=("127.0.0.1", modbus))
    threading.Thread(target=asyncio.run, args=(serving,), daemon=True).start()
    print("ready", flush=True)  # noqa: T201  (whoever started us waits for it)
    sys.stdin.read()


if __name__ == "__main__":
    main()
