"""The options of each driver. Those of a driver that is not named here are its own affair, but for `timeout_s`."""

from __future__ import annotations

from stations.declared_keys import Key, Keys, Takes
from stations.drivers.serial_link import FLOW_CONTROLS, PARITIES

LONGEST_TIMEOUT_S = 3600
# What may let somebody in: options of these names are shown nowhere and kept in no row, whichever driver has them.
SECRET_OPTIONS = frozenset({"api_key", "auth", "headers", "key", "password", "token"})
# Of every driver.
TIMEOUT: Keys = {
    "timeout_s": Key("How long an answer may take, in seconds", Takes.POSITIVE, high=LONGEST_TIMEOUT_S, default=2),
}
IDENTITY = Key("Text that the answer must contain; anything else is refused when the instrument is opened")
LINES: Keys = {**TIMEOUT, "identify": Key("The question for what it is", default="*IDN?"), "identity": IDENTITY}
DRIVER_OPTIONS: dict[str, Keys] = {
    "stations.drivers.scpi.ScpiInstrument": {
        **LINES,
        "check_errors": Key("Ask SYST:ERR? after each command that sets something", Takes.BOOLEAN, default=True),
    },
    "stations.drivers.serial_line.SerialLine": {
        **LINES,
        "baudrate": Key("Bits per second", Takes.INTEGER, low=50, high=4_000_000, default=115_200),
        "bytesize": Key("Data bits, 5 to 8", Takes.INTEGER, low=5, high=8, default=8),
        "parity": Key("Parity bit", one_of=tuple(PARITIES), default="none"),
        "stopbits": Key("Stop bits: 1, 1.5 or 2", Takes.POSITIVE, high=2, default=1),
        "flow_control": Key("Who says when to wait", one_of=tuple(FLOW_CONTROLS), default="none"),
        "write_terminator": Key("What ends a line that is sent, like \\r\\n; a line feed if left out", one_line=False),
        "read_terminator": Key("What ends an answer; a line feed if left out", one_line=False),
        "read_length": Key("Bytes of an answer that has no terminator", Takes.INTEGER, low=1, high=65_536),
        "encoding": Key("How text becomes bytes", default="utf-8"),
        "log_prefix": Key("How lines begin that the device says unasked"),
        "acknowledge": Key("What the device answers to every command, like OK"),
        "sync": Key("A question with {token} in it, whose answer ends with the token, like ECHO {token}"),
    },
    "stations.drivers.http.HttpInstrument": {
        **TIMEOUT,
        "identify": Key("The request whose answer says what it is, like GET /about /model"),
        "identity": IDENTITY,
        "headers": Key("Sent with each request", Takes.NAMED, each=Key("A header; write ${NAME} for a secret")),
        "verify": Key("Take only certificates that can be verified", Takes.BOOLEAN, default=True),
    },
    "stations.drivers.modbus_tcp.ModbusTcp": {
        **TIMEOUT,
        "identify": Key("The place that says what it is, or `device` for the device identification"),
        "identity": IDENTITY,
        "word_order": Key("Which register of a wide value comes first", one_of=("big", "little"), default="big"),
    },
}
