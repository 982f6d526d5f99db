"""Reads a waveform, judges its frequency, level and distortion, and keeps the samples with the batch."""

from __future__ import annotations

import csv
import itertools
import random
from io import StringIO
from math import cos, hypot, pi, sin, sqrt
from pathlib import Path

from sequences.authoring import Run, group, sequence, setup, step

MADE_SAMPLES, MADE_SECONDS = 2000, 0.5
SHOWN = 400  # points of the curve on the page
HARMONICS = range(2, 8)


@sequence
class SignalCheck:
    @setup
    def read_samples(self, run: Run) -> None:
        """Times in s and levels in V."""
        self.samples = read_file(Path(run.parameters.file)) if run.parameters.file else make_sine(run)
        run.count(items_out=len(self.samples))
        run.log(f"{len(self.samples)} samples")

    @step(critical=True)
    def look_at_samples(self, run: Run) -> None:
        """What is too short or cut off cannot be judged any further."""
        levels = [level for _, level in self.samples]
        run.measure("samples", len(levels))
        highest = max(map(abs, levels), default=0.0)
        run.measure("clipped", sum(abs(level) == highest for level in levels) > len(levels) / 20)
        run.record_curve("waveform", {"time": "s", "level": "V"}, self.samples[:: max(1, len(self.samples) // SHOWN)])
        run.attach("samples.csv", as_csv(self.samples))

    @step
    def measure_frequency(self, run: Run) -> dict[str, float]:
        """By its rising zero crossings: https://en.wikipedia.org/wiki/Zero_crossing."""
        found = frequency_of(self.samples)
        run.measure("frequency", found)
        return {"period_s": 1 / found if found else 0.0}

    @step
    def measure_level(self, run: Run) -> None:
        run.measure("rms", sqrt(sum(level**2 for _, level in self.samples) / len(self.samples)))

    @group(run_if="with_spectrum", depends_on="measure_frequency")
    class Spectrum:
        outer: SignalCheck

        @setup
        def find_fundamental(self, run: Run) -> None:
            self.frequency = frequency_of(self.outer.samples)
            self.fundamental = part_at(self.outer.samples, self.frequency)

        @step
        def measure_distortion(self, run: Run) -> None:
            """Total harmonic distortion: root of the harmonics' power over that of the fundamental, IEEE 1459."""
            parts = []
            for number in HARMONICS:
                parts.append(part_at(self.outer.samples, number * self.frequency))
                run.progress(number - 1, len(HARMONICS), f"harmonic {number}")
                run.boundary()
            run.measure("distortion", 100 * hypot(*parts) / self.fundamental)

    @step
    def report(self, run: Run) -> None:
        run.result = {
            "samples": len(self.samples),
            "outcomes": {name: str(each) for name, each in run.outcomes.items()},
        }


def read_file(file: Path) -> list[tuple[float, float]]:
    """Raises OSError, or ValueError that names the line."""
    found = []
    with file.open(newline="") as stream:
        for number, row in enumerate(csv.reader(stream), 1):
            try:
                found.append((float(row[0]), float(row[1])))
            except (IndexError, ValueError) as error:
                if number > 1:  # the line of headings
                    raise ValueError(f"{file}:{number}: two numbers are needed, time and level, not {row}") from error
    return found


def make_sine(run: Run) -> list[tuple[float, float]]:
    asked, dice = run.parameters, random.Random(run.parameters.seed)
    times = [MADE_SECONDS * place / MADE_SAMPLES for place in range(MADE_SAMPLES)]
    return [
        (time, asked.amplitude * sin(2 * pi * asked.frequency * time) + dice.gauss(0, asked.noise)) for time in times
    ]


def frequency_of(samples: list[tuple[float, float]]) -> float:
    """In Hz, from the first to the last rising zero crossing; 0 without two of them. Noise crosses in clusters: those
    closer than half of the longest distance count once.
    """
    rising = [
        before[0] - before[1] * (after[0] - before[0]) / (after[1] - before[1])
        for before, after in itertools.pairwise(samples)
        if before[1] < 0 <= after[1]
    ]
    if len(rising) < 2:
        return 0.0
    period = max(after - before for before, after in itertools.pairwise(rising))
    apart = rising[:1]
    for time in rising[1:]:
        if time - apart[-1] > period / 2:
            apart.append(time)
    return (len(apart) - 1) / (apart[-1] - apart[0]) if len(apart) > 1 else 0.0


def part_at(samples: list[tuple[float, float]], frequency: float) -> float:
    """The amplitude of one frequency in V: a single bin of the discrete Fourier transform."""
    real = sum(level * cos(2 * pi * frequency * time) for time, level in samples)
    imaginary = sum(level * sin(2 * pi * frequency * time) for time, level in samples)
    return 2 * hypot(real, imaginary) / len(samples)


def as_csv(samples: list[tuple[float, float]]) -> str:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["time_s", "level_V"])
    writer.writerows(samples)
    return text.getvalue()
