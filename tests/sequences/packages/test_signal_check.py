"""The package that analyses data: a waveform from a file, or made up."""

from __future__ import annotations

from math import pi, sin
from pathlib import Path

import pytest

from sequences import trial
from sequences.catalogue import read_package
from tests.sequences.packages.conftest import ROOT

PACKAGE = ROOT / "sequences" / "packages" / "signal_check"


def wave(tmp_path, level=lambda time: sin(2 * pi * 50 * time), count=1000) -> str:
    file = tmp_path / "wave.csv"
    file.write_text("time,level\n" + "".join(f"{n / 2000},{level(n / 2000)}\n" for n in range(count)))
    return str(file)


def test_package_is_without_problems_or_warnings():
    package = read_package(PACKAGE)
    assert (package.problems, package.warnings) == ([], [])


def test_made_sine_passes_and_is_kept():
    record = trial.run(PACKAGE)
    assert record.passed, record.story
    assert record.measurements["rms"]["value"] == pytest.approx(0.707, abs=0.01)
    assert record.attachments["samples.csv"].startswith(b"time_s,level_V\r\n")
    assert record.steps[0]["output_count"] == 2000
    assert record.verdict["result"]["outcomes"]["Spectrum"] == "PASS"


def test_wrong_frequency_leaves_out_what_depends_on_it():
    record = trial.run(PACKAGE, {"frequency": 51})
    assert record.verdict["cause"] == "measure_frequency"
    assert (record.outcomes["measure_distortion"], record.outcomes["report"]) == ("SKIPPED", "PASS")


def test_spectrum_is_a_branch():
    record = trial.run(PACKAGE, {"with_spectrum": False})
    assert (record.outcomes["measure_distortion"], record.verdict["outcome"]) == ("SKIPPED", "PASS")


def test_file_is_read_and_its_harmonics_are_found(tmp_path):
    distorted = wave(tmp_path, lambda time: sin(2 * pi * 50 * time) + 0.1 * sin(2 * pi * 150 * time))
    record = trial.run(PACKAGE, {"file": distorted})
    assert record.measurements["distortion"]["value"] == pytest.approx(10, abs=0.2)
    assert record.outcomes["measure_distortion"] == "FAIL"


def test_clipped_signal_is_judged_no_further(tmp_path):
    record = trial.run(PACKAGE, {"file": wave(tmp_path, lambda time: max(-0.7, min(0.7, sin(2 * pi * 50 * time))))})
    assert (record.outcomes["look_at_samples"], record.outcomes["measure_level"]) == ("FAIL", "SKIPPED")


def test_line_without_numbers_is_named(tmp_path):
    file = wave(tmp_path)
    Path(file).write_text(f"{Path(file).read_text()}0.5,broken\n")
    record = trial.run(PACKAGE, {"file": file})
    assert record.verdict["message"].startswith(
        f"Step 'read_samples' ended with an error: ValueError: {file}:1002: two"
    )


def test_file_that_is_not_there_is_an_error():
    assert trial.run(PACKAGE, {"file": "/no/such.csv"}).verdict["outcome"] == "ERROR"
