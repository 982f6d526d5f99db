"""The options of each driver. Those of a driver that is not named here are its own affair, but for `timeout_s`."""

from __future__ import annotations

from stations.declared_keys import Key, Keys, Takes

LONGEST_TIMEOUT_S = 3600
# What may let somebody in: options of these names are shown nowhere and kept in no row, whichever driver has them.
SECRET_OPTIONS = frozenset({"api_key", "auth", "headers", "key", "password", "token"})
# Of every driver.
TIMEOUT: Keys = {
    "timeout_s": Key("How long an answer may take, in seconds", Takes.POSITIVE, high=LONGEST_TIMEOUT_S, default=2),
}
LINES: Keys = {
    **TIMEOUT,
    "identify": Key("The question for what it is", default="*IDN?"),
    "identity": Key("Text that the answer must contain; anything else is refused when the instrument is opened"),
}
DRIVER_OPTIONS: dict[str, Keys] = {
    "stations.drivers.scpi.ScpiInstrument": {
        **LINES,
        "check_errors": Key("Ask SYST:ERR? after each command that sets something", Takes.BOOLEAN, default=True),
    },
    "stations.drivers.serial_line.SerialLine": {
        **LINES,
        "baudrate": Key("Bits per second", Takes.INTEGER, low=50, high=4_000_000, default=115_200),
        "acknowledge": Key("What the device answers to every command, like OK"),
        "sync": Key("A question with {token} in it, whose answer ends with the token, like ECHO {token}"),
    },
}
