"""The errors that everything in this package raises."""

from __future__ import annotations


class InstrumentError(Exception):
    """Something is wrong with one instrument. Reads as one sentence that names it, its address and what to do."""

    def __init__(self, instrument: str, address: str, problem: str, remedy: str = "") -> None:
        super().__init__(instrument, address, problem, remedy)
        self.instrument = instrument
        self.address = address
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        remedy = f": {self.remedy}" if self.remedy else ""
        return f"Instrument {self.instrument} at {self.address} {self.problem}{remedy}."


class WrongInstrument(InstrumentError):
    """Something answers, but it is not the expected one. `identity`: what it says it is."""

    def __init__(self, instrument: str, address: str, identity: str, expected: str) -> None:
        super().__init__(
            instrument,
            address,
            f"is not the expected one: it says {identity!r} and not {expected!r}",
            "check the cabling, or correct `options.identity` in station.yaml",
        )
        self.identity = identity
