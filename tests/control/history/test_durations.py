"""How long something took, and a guess of what is still to come: the same by the server and by scripts."""

from __future__ import annotations

import pytest

from control.history.durations import about_text
from control.pages.words import shell_words
from tests.control.pages.in_chromium import evaluate

ABOUT = {
    0.4: "10 s",
    25: "30 s",
    44: "40 s",
    58: "1 min",
    113: "1 min 50 s",
    597: "10 min",
    630: "11 min",
    720: "12 min",
    3599: "1 h",
    4180: "1 h 10 min",
    90000: "25 h",
}


def test_a_guess_is_rough_and_names_its_units() -> None:
    assert {seconds: about_text(seconds) for seconds in ABOUT} == ABOUT


@pytest.mark.any_database
@pytest.mark.django_db
def test_scripts_write_it_alike(pytestconfig: pytest.Config) -> None:
    ask = "async (all) => { const { roughly } = await import('/format.js'); return all.map(roughly); }"
    assert evaluate(pytestconfig, ask, list(ABOUT), words=shell_words()) == list(ABOUT.values())
