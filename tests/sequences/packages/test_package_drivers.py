"""A driver class of a package on real connections: steps speak through it, the station's driver does the rest."""

from __future__ import annotations

from pathlib import Path

from sequences import trial

MANIFEST = """
name: own_words
version: "1.0"
instruments: {supply: powers the board}
drivers: {supply: words.Words}
"""
WORDS = """
class Words:
    def __init__(self, driver):
        self.driver = driver
        self.who = driver.identify()  # it is open by now

    def power(self, on):
        self.driver.set("output", on)
        return self.driver.read("output")
"""
SEQUENCE = """
from sequences.authoring import sequence, step


@sequence
class OwnWords:
    @step
    def power(self, run):
        run.measure("said", bool(run.instruments.supply.who), equals=True)
        run.measure("on", run.instruments.supply.power(True), equals=True)
        run.measure("off", run.instruments.supply.power(False), equals=False)
"""


def test_steps_speak_in_the_words_of_the_package(bench, tmp_path: Path):
    package = tmp_path / "own_words"
    package.mkdir()
    for name, text in {"manifest.yaml": MANIFEST, "words.py": WORDS, "sequence.py": SEQUENCE}.items():
        (package / name).write_text(text)
    record = trial.run(package, slot=bench.instruments)
    assert record.outcomes == {"power": "PASS"}, record.verdict
    (started,) = record.of_kind("batch.started")
    supply = started["drivers"]["supply"]
    assert (supply["package_driver"], supply["driver"]) == ("words.Words", "stations.drivers.scpi.ScpiInstrument")
