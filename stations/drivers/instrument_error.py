"""The one error that everything in this package raises."""

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
