"""What the resource, the texts and the options of our own drivers must look like. A driver refuses the same when it is
made; here the line of the file is known, and nobody has to wait until a safe state fails for a slip of the pen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from stations.checked_yaml import Entry
from stations.contracts import InstrumentSettings
from stations.drivers.address import network_address
from stations.drivers.http_text import Request
from stations.drivers.instrument_error import InstrumentError
from stations.drivers.loading import load_driver
from stations.drivers.modbus_text import check_text

LAST_PORT = 65_535
HOST = r"(\[[^\]\s]+\]|[^:/\s]+)"
SCPI = "stations.drivers.scpi.ScpiInstrument"
SERIAL = "stations.drivers.serial_line.SerialLine"
HTTP = "stations.drivers.http.HttpInstrument"
MODBUS = "stations.drivers.modbus_tcp.ModbusTcp"
RESOURCES = {
    SCPI: (
        # A device behind a host is named (inst0, hislip0); a mere number is a port that lacks its SOCKET.
        rf"TCPIP\d*::{HOST}::\d{{1,5}}::SOCKET|TCPIP\d*::{HOST}(::(?!\d+(::|$))[^:\s]+(\[\S+\])?)?(::INSTR)?"
        r"|(USB|GPIB|VICP|PRLGX-\w+)\d*::\S+",
        "no VISA resource for SCPI; write it like TCPIP::192.0.2.10::5025::SOCKET, a serial port takes the driver "
        + SERIAL,
    ),
    SERIAL: (
        rf"/.+|socket://{HOST}:\d{{1,5}}",
        "no serial port; write it like /dev/ttyUSB0 or socket://192.0.2.10:4001",
    ),
    HTTP: (
        rf"https?://{HOST}(:\d{{1,5}})?(/[^?#\s]*)?",
        "no address of a service; write it like http://192.0.2.10:8080/api",
    ),
    MODBUS: (
        rf"modbus://{HOST}(:\d{{1,5}})?(/(\d\d?|1\d\d|2[0-4]\d|25[0-5]))?",
        "no address of a Modbus device; write it like modbus://192.0.2.10:502/1",
    ),
}
# Raise ValueError for a text that is none; the second argument says whether it is there to write something.
TEXTS: dict[str, Callable[[str, bool], object]] = {
    HTTP: lambda text, writes: Request.parse(text),
    MODBUS: check_text,
}


def check_language(entry: Entry, name: str, instrument: dict[str, Any]) -> None:
    """Add a problem for everything that the instrument's driver, one of our own, would refuse when it is made."""
    driver, resource = instrument.get("driver", ""), instrument.get("resource", "")
    if driver in TEXTS:
        _check_texts(entry, instrument, TEXTS[driver])
    if driver not in RESOURCES or not resource:
        return
    form, problem = RESOURCES[driver]
    is_network = "://" in resource or resource.upper().endswith("::SOCKET")
    _, port = network_address(resource) or ("", 0)
    if not re.fullmatch(form, resource, re.IGNORECASE) or (is_network and not 0 < port <= LAST_PORT):
        entry.at("resource").problem(f"is {problem}")
        return
    settings = InstrumentSettings(
        name=name,
        driver=driver,
        resource=resource,
        options=instrument.get("options") or {},
        commands={},
        safe_state=[],
    )
    try:
        load_driver(settings)
    except InstrumentError as refusal:
        entry.at("options").problem(str(refusal.__cause__))


def _check_texts(entry: Entry, instrument: dict[str, Any], check: Callable[[str, bool], object]) -> None:
    parts = [(("commands", name), fields) for name, fields in instrument.get("commands", {}).items()]
    parts += [(("safe_state", at), step) for at, step in enumerate(instrument.get("safe_state", []))]
    for path, fields in parts:
        for key in fields.keys() & {"write", "query", "check"}:
            text = fields[key].replace("{value}", "1")
            try:
                check(text, key == "write")
            except ValueError as problem:
                entry.at(*path, key).problem(str(problem).replace(text, fields[key]))
