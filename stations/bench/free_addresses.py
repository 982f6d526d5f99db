"""Addresses for a bench of one's own: it meets no other bench, whatever addresses the station file names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from stations.drivers.address import network_address, tcp_address
from stations.station_file import Instrument, Station

ANY_PORT = 0  # the kernel chooses one that is free


def at_free_addresses(station: Station, folder: Path) -> Station:
    """The station with its simulated instruments at free ports of this host, and at serial lines in `folder`."""
    return replace(
        station,
        instruments={
            name: replace(instrument, resource=_free(instrument, folder)) if instrument.simulation else instrument
            for name, instrument in station.instruments.items()
        },
    )


def tcp_resource(host: str, port: int) -> str:
    return f"TCPIP::{host}::{port}::SOCKET"


def _free(instrument: Instrument, folder: Path) -> str:
    if address := tcp_address(instrument.resource):
        return tcp_resource(address[0], ANY_PORT)
    if address := network_address(instrument.resource):
        return f"{urlsplit(instrument.resource).scheme}://{address[0]}:{ANY_PORT}"
    return str(folder / f"{instrument.name}.tty")
