"""Instruments that nobody holds: connected to and left alone, or looked for in the file system."""

from __future__ import annotations

import os
import pty
import socket
from pathlib import Path

import pytest

from control.management.doctor.instruments import look_at_instrument
from stations.station_file import Instrument


def look(resource: str) -> tuple[str, str]:
    found = look_at_instrument(Instrument(name="meter", driver="any", resource=resource))
    return found.level.value, found.text


@pytest.mark.parametrize("resource", ["TCPIP::127.0.0.1::{}::SOCKET", "socket://127.0.0.1:{}"])
def test_instrument_that_listens_is_reached_and_gets_no_command(resource: str):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert look(resource.format(port)) == ("ok", f"meter: 127.0.0.1:{port} can be reached")
        client, _ = listener.accept()
        with client:
            assert client.recv(100) == b""


def test_instrument_that_is_off_is_wrong():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    text = f"meter: nothing can be reached at 127.0.0.1:{port}: Connection refused."
    assert look(f"TCPIP::127.0.0.1::{port}::SOCKET") == ("wrong", text)


def test_serial_port_is_there_or_not(tmp_path: Path):
    ours, theirs = pty.openpty()
    port = os.ttyname(theirs)
    assert [look(port), look(f"ASRL{port}::INSTR")] == [("ok", f"meter: {port} is there")] * 2
    assert look(str(tmp_path / "ttyUSB0")) == ("wrong", f"meter: there is no {tmp_path}/ttyUSB0.")
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("resource", ["USB0::0x1AB1::0x0E11::DP8C1::INSTR", "GPIB0::7::INSTR", "socket://nowhere"])
def test_instrument_that_only_a_driver_can_reach_is_left_alone(resource: str):
    assert look(resource)[0] == "ok"
