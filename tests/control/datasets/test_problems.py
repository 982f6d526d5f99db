"""What rows hold in English, told in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from control.datasets import problems
from control.datasets.problems import told_problem

PLACES = {
    "NO_IMAGE": {"named": "image/jpeg"},
    "TOO_MANY_PIXELS": {"width": 20000, "height": 10000, "most": "100,000,000"},
    "TOO_SLOW": {"seconds": 20},
    "ENDED_PROCESS": {"how": "SIGSEGV"},
    "BROKEN": {"problem": "OSError: image file is truncated (3 bytes not processed)"},
    "UNREADABLE": {"problem": "Permission denied"},
    "FOLDER_UNREADABLE": {"problem": "Permission denied"},
    "TOO_LONG": {"part": 255, "whole": 1000},
    "ELSEWHERE": {"station": "demo", "host": "bench-pc"},
    "NOT_ALLOWED": {"folder": "/srv/images"},
    "LEADS_ELSEWHERE": {"folder": "/srv/images"},
    "READER_DIED": {"times": 4, "why": "killed by signal 9"},
}
NAMES = [name for name, value in vars(problems).items() if name.isupper() and isinstance(value, str)]


@pytest.mark.parametrize("name", NAMES)
def test_every_problem_is_told_with_its_values(name: str, monkeypatch: pytest.MonkeyPatch):
    template = getattr(problems, name)
    values = PLACES.get(name, {})
    assert ("%(" in template) == bool(values)
    monkeypatch.setattr(problems, "gettext", lambda text: f"<{text}>")
    stored = template % values
    assert told_problem(stored) == f"<{stored}>"


def test_what_nobody_knows_stays_as_it_is():
    with translation.override("ko"):
        assert [told_problem(text) for text in ("", "NoSuchBucket: photos")] == ["", "NoSuchBucket: photos"]
