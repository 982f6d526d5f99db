"""Whether the instruments can be reached. Only those that nobody holds are looked at, and none is commanded."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.db import Error

from control.management.doctor import processes
from control.management.doctor.finding import Finding, good, wrong
from stations.drivers.address import network_address
from stations.models import Lease, Station
from stations.provisioning import is_alive
from stations.station_file import Instrument, StationFileError, read_station_file

CONNECT_S = 2.0


def look_at_instruments() -> Iterator[Finding]:
    try:
        described = read_station_file(settings.STATION_FILE, settings.DRIVERS)
    except StationFileError:
        yield good("None are known without a station file")
        return
    if holder := _holder(described.id):
        yield good(f"{len(described.instruments)} instruments are held by {holder}; it looks after them itself")
        return
    real = [instrument for instrument in described.instruments.values() if instrument.simulation is None]
    if played := len(described.instruments) - len(real):
        yield good(f"{played} instruments are played by the simulated bench, which runs with the station")
    with ThreadPoolExecutor(max_workers=16) as pool:
        yield from pool.map(look_at_instrument, real)


def _holder(station: str) -> str:
    """Who has the instruments now; empty for nobody, and while the database cannot tell of other hosts."""
    warden = processes.warden()
    if warden is not None:
        return f"the station that runs here (process {warden.pid}){_leases(station)}"
    try:
        elsewhere = Station.objects.filter(pk=station).first()
        if elsewhere is not None and elsewhere.host != socket.gethostname() and is_alive(elsewhere):
            return f"station '{station}' on {elsewhere.host}"
    except Error:
        pass
    return ""


def _leases(station: str) -> str:
    try:
        leases = Lease.objects.filter(instrument__station=station).values_list("holder", flat=True)
        batches = sorted({str(holder) for holder in leases})
    except Error:
        return ""
    return f", for batch {', '.join(batches)}" if batches else ""


def look_at_instrument(instrument: Instrument) -> Finding:
    """Connect and hang up, or see whether the serial port is there."""
    resource = instrument.resource
    address = network_address(resource)
    if address is not None:
        return _look_at_address(instrument.name, address)
    port = resource[len("ASRL") :].removesuffix("::INSTR") if resource.startswith("ASRL") else resource
    if port.startswith("/"):
        return _look_at_port(instrument.name, Path(port))
    return good(f"{instrument.name}: {resource} is only known when a station opens it")


def _look_at_address(name: str, address: tuple[str, int]) -> Finding:
    where = "{}:{}".format(*address)
    try:
        socket.create_connection(address, timeout=CONNECT_S).close()
    except OSError as error:
        text = f"{name}: nothing can be reached at {where}: {error.strerror or error}."
        return wrong(text, "Switch it on, check cable and address, and whether another program holds it.")
    return good(f"{name}: {where} can be reached")


def _look_at_port(name: str, port: Path) -> Finding:
    if not port.exists():
        return wrong(f"{name}: there is no {port}.", "Plug it in. A path below /dev/serial/by-id stays the same.")
    if not os.access(port, os.R_OK | os.W_OK):
        text = f"{name}: this user may not use {port}."
        return wrong(text, f"Join its group ({port.group()}) and log in again: sudo usermod -aG {port.group()} $USER")
    return good(f"{name}: {port} is there")
