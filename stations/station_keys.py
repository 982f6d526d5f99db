"""Every key of a station file: what it takes, and what it is for. The checker and the schema of editors read this."""

from __future__ import annotations

from stations.declared_keys import Key, Keys, Takes
from stations.drivers.command import TYPES
from stations.run_limits import Ladder

# The scheme of their resource; "" is a TCP socket in VISA's words, None a serial line.
SIMULATED_MODELS: dict[str, str | None] = {
    "power_supply": "",
    "multimeter": "",
    "load": "",
    "switch": "",
    "board": None,
    "modbus_device": "modbus",
    "http_device": "http",
}
# Of `shared`: batches of several slots use it at once.
CONCURRENT = "concurrent"
# No run comes to its first step with fewer files.
FEWEST_FILES, MOST_FILES = 16, 1_000_000
YEAR_S, TIB_MB = 31_536_000, 1_048_576


def _longest(about: str, high: float, name: str) -> Key:
    """Longer than `high` nobody waits for a run that is told to end, or for instruments that do not answer."""
    return Key(f"{about}, in seconds", Takes.POSITIVE, high=high, default=getattr(Ladder, name))


LADDER: Keys = {
    "stop_grace_s": _longest("From the interrupt of a stop to SIGTERM", 600, "stop_grace_s"),
    "term_grace_s": _longest("From SIGTERM to SIGKILL", 60, "term_grace_s"),
    "deadline_grace_s": _longest("From the deadline of a step or sequence to SIGKILL", 60, "deadline_grace_s"),
    "safe_budget_s": _longest("For all instruments of a slot to confirm their safe state", 5, "safe_budget_s"),
}
RESOURCES: Keys = {
    "memory_mb": Key("Resident memory of all processes of a run, in MiB", Takes.POSITIVE, high=16 * TIB_MB),
    "cpu_s": Key("Processor time of all processes of a run, in seconds", Takes.POSITIVE, high=YEAR_S),
    "wall_s": Key("From a run's first to its last moment, in seconds", Takes.POSITIVE, high=YEAR_S),
    "files": Key("Files open at a time, per process", Takes.INTEGER, low=FEWEST_FILES, high=MOST_FILES),
    "output_mb": Key("What a run prints and logs, in MiB", Takes.POSITIVE, high=TIB_MB),
    "spool_mb": Key("The whole story of a run, in MiB", Takes.POSITIVE, high=TIB_MB),
    "attachments_mb": Key("Files that the steps of a run attach, in MiB", Takes.POSITIVE, high=TIB_MB),
}
STATION: Keys = {
    "id": Key("Short name of the station. Its slots are called id/slot", Takes.SLUG, required=True),
    "name": Key("What pages call the station; its id, where nothing is said", longest=200),
    "time_zone": Key("Like Asia/Seoul; that of the host, where nothing is said", Takes.TIME_ZONE, longest=60),
    "default_sequence": Key("What runs when no sequence is named", longest=100),
    "ladder": Key("How long a run is asked before it is killed", Takes.MAPPING, keys=LADDER),
    "resources": Key("What no run on this station may exceed", Takes.MAPPING, keys=RESOURCES),
}
SERVER: Keys = {
    "host": Key("Where the pages listen; 0.0.0.0 for every network", default="127.0.0.1", longest=200),
    "port": Key("The port of the pages", Takes.INTEGER, low=1, high=65535, default=8000),
    "workers": Key(
        "Lanes for work without a bench; one per processor, at least 3, if left out", Takes.INTEGER, low=1, high=64
    ),
    "analyses": Key("How many analyses run at a time", Takes.INTEGER, low=1, high=64, default=2),
}
BACKEND: Keys = {
    "url": Key("Address of the central server", Takes.URL, required=True, longest=300),
    "key": Key("Its API key. Write ${NAME}, so that it stands in the environment alone", required=True, longest=500),
    "sync_interval": Key("Seconds between two looks for what to send", Takes.POSITIVE, high=86_400, default=30),
}
SLOT: Keys = {
    "id": Key("Short name of the slot", Takes.SLUG, required=True),
    "sequence": Key("What runs here when none is named; else the station's default_sequence", longest=100),
    "instruments": Key(
        "Instruments by the role in which sequences know them",
        Takes.NAMED,
        required=True,
        each=Key("A name from the file's `instruments`", longest=40),
    ),
    "auto_start": Key("Open and check the slot at start-up. Never starts a batch", Takes.BOOLEAN, default=False),
}
COMMAND: Keys = {
    "write": Key("Text that sets it, with {value} where the value goes"),
    "query": Key("Text that asks for it"),
    "unit": Key("Unit of the value, like V or degC", longest=40),
    "minimum": Key("Smallest value that is sent, in the unit", Takes.NUMBER),
    "maximum": Key("Largest value that is sent, in the unit", Takes.NUMBER),
    "type": Key("What the value is", one_of=TYPES, default="number"),
    "description": Key("One line for people"),
}
SAFE_STEP: Keys = {
    "write": Key("What is sent", required=True),
    "check": Key("What is asked afterwards, to prove it"),
    "expect": Key("What the answer to `check` has to be; numbers by value, words without case"),
}
SIMULATION: Keys = {
    "model": Key("What it plays", required=True, one_of=tuple(SIMULATED_MODELS)),
    "board": Key("Instruments with the same board share one circuit", required=True, longest=40),
    "serial_number": Key("What a simulated board says its serial number is", longest=100),
}
INSTRUMENT: Keys = {
    "driver": Key("Dotted path of the driver class", required=True, longest=200),
    "resource": Key(
        "Where it is: a VISA resource, a serial port, or an address as its driver takes it", required=True, longest=300
    ),
    "options": Key("What the driver needs to know", Takes.NAMED, each=Key("An option of the driver", Takes.ANY)),
    "commands": Key(
        "What people and sequences may set and read, by name",
        Takes.NAMED,
        each=Key("One quantity", Takes.MAPPING, keys=COMMAND),
    ),
    "safe_state": Key(
        "What makes the instrument safe, in order, and what proves it",
        Takes.LIST,
        each=Key("One thing to send", Takes.MAPPING, keys=SAFE_STEP),
    ),
    "calibration_due": Key("A date like 2027-06-30", Takes.DATE),
    "shared": Key(
        "Whether several slots may name the instrument: true lets their batches take turns, concurrent use it at once",
        Takes.BOOLEAN,
        default=False,
        one_of=(CONCURRENT,),
    ),
    "simulation": Key("Lets the simulated bench play the instrument", Takes.MAPPING, keys=SIMULATION),
}
STATION_FILE: Keys = {
    "station": Key("The station itself", Takes.MAPPING, required=True, keys=STATION),
    "server": Key("The web side of the station's host", Takes.MAPPING, keys=SERVER),
    "backend": Key("The central server that gets every result", Takes.MAPPING, keys=BACKEND),
    "slots": Key(
        "The places at which things are tested",
        Takes.LIST,
        required=True,
        each=Key("A place for one thing to be tested", Takes.MAPPING, keys=SLOT),
    ),
    "instruments": Key(
        "The instruments around the slots, by name",
        Takes.NAMED,
        required=True,
        each=Key("Anything that a step talks to", Takes.MAPPING, keys=INSTRUMENT),
    ),
}
