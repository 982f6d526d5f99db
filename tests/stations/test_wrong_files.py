"""Station files as people get them wrong: every problem of each is told at once, with its line and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stations.station_file import StationFileError, read_station_file

pytestmark = pytest.mark.any_database

WRONG = sorted((Path(__file__).parent / "wrong_files").glob("*.yaml"))


def said_of(file: Path) -> str:
    with pytest.raises(StationFileError) as refusal:
        read_station_file(file)
    return f"{refusal.value}\n"


@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_every_problem_is_told_with_its_line(file: Path):
    assert said_of(file) == file.with_suffix(".txt").read_text()


def test_there_are_twenty_of_them():
    assert len(WRONG) >= 20


def test_password_in_an_address_is_not_repeated():
    assert "secret" not in said_of(next(file for file in WRONG if file.stem == "wrong_backend"))


def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path: Path):
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)  # nobody ever writes into it
    assert said_of(pipe) == "pipe.yaml:1: is no ordinary file; name a text file\n"
    assert said_of(Path("/dev/zero")) == "zero:1: is no ordinary file; name a text file\n"
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    assert said_of(folder).startswith("folder.yaml:1: ")


def test_huge_file_is_not_read_to_its_end(tmp_path: Path):
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as stream:
        stream.truncate(1024**4)  # a terabyte of nothing
    assert said_of(huge) == "huge.yaml:1: is larger than 256 KiB; split it or remove what does not belong here\n"


def test_file_nobody_may_read_is_named(tmp_path: Path):
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    assert said_of(loop).startswith("loop.yaml:1: cannot be read (Too many levels of symbolic links)")


@pytest.mark.parametrize(
    ("driver", "resource"),
    [
        ("scpi.ScpiInstrument", "TCPIP0::192.0.2.10::inst0::INSTR"),
        ("scpi.ScpiInstrument", "TCPIP::meter.example::hislip0,4880"),
        ("scpi.ScpiInstrument", "TCPIP::192.0.2.10::usb0[1234::5678::SN1]::INSTR"),
        ("scpi.ScpiInstrument", "tcpip::meter.example"),
        ("scpi.ScpiInstrument", "USB0::0x2A8D::0x1102::MY1::INSTR"),
        ("scpi.ScpiInstrument", "GPIB::5"),
        ("serial_line.SerialLine", "/dev/serial/by-id/usb-ACME_Controller-if00"),
        ("serial_line.SerialLine", "socket://[2001:db8::1]:4001"),
        ("http.HttpInstrument", "https://lamp.example/api/v1/"),
        ("modbus_tcp.ModbusTcp", "modbus://[2001:db8::1]"),
        ("modbus_tcp.ModbusTcp", "modbus://192.0.2.10:1502/255"),
    ],
)
def test_resource_that_its_driver_opens_is_taken(tmp_path: Path, driver: str, resource: str):
    file = tmp_path / "station.yaml"
    instrument = f"{{driver: stations.drivers.{driver}, resource: '{resource}'}}"
    file.write_text(f"station: {{id: demo}}\nslots: []\ninstruments:\n  it: {instrument}\n")
    assert read_station_file(file).instruments["it"].resource == resource
