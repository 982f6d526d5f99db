"""Fifteen broken packages in the catalogue: pages and API go on, and what is good still runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import translation

from control.access.rights import Role
from control.models import Batch
from sequences.hints import HINTS
from sequences.manifest_check import LONGEST_NAME, LONGEST_VERSION
from tests.control.api.callers import logged_in, with_key
from tests.rows import demo_station
from tests.sequences.broken_packages import EXPECTED, copy_broken

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: pytest.FixtureRequest) -> None:
    demo_station(monkeypatch)
    copy_broken(tmp_path / "broken")
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/broken/caf\xe9"))
    odd.mkdir()
    os.mkfifo(odd / "manifest.yaml")
    settings.SEQUENCE_DIRS = [*django_settings.SEQUENCE_DIRS, tmp_path / "broken"]


def test_catalogue_lists_them_with_their_problems(broken: None):
    answer = with_key(Role.VIEWER).get("/api/sequences/")
    found = {sequence["name"]: sequence for sequence in answer.json()["results"]}
    assert answer.status_code == 200
    bundled = {
        path.name for path in (django_settings.BASE_DIR / "sequences" / "packages").iterdir() if path.is_dir()
    } - {"__pycache__"}
    assert set(found) == {*EXPECTED, "caf\\udce9", *bundled}
    assert {name for name, sequence in found.items() if not sequence["problems"]} == bundled


@pytest.mark.parametrize(("language", "hint"), [("en", HINTS["E202"].text), ("ko", "")])
def test_page_shows_problems_and_what_to_do(broken: None, language: str, hint: str):
    caller = logged_in(Role.OPERATOR)
    caller.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    answer = caller.get("/control/batches/new/")
    page = answer.content.decode()
    with translation.override(language):
        hint = hint or translation.gettext(HINTS["E202"].text)
    assert (answer.status_code, page.count("sequence.py:15: E202"), hint in page) == (200, 1, True)


def test_what_is_good_still_runs_and_what_is_broken_is_refused(broken: None):
    caller = with_key(Role.OPERATOR)
    assert caller.send("/api/control/batches/", {"sequence": "step_loop"}).status_code == 201
    refused = caller.send("/api/control/batches/", {"sequence": "syntax_error"})
    assert (refused.status_code, "sequence.py:15: E202" in refused.content.decode()) == (400, True)


def test_what_the_validator_lets_through_the_records_can_hold():
    longest = [Batch._meta.get_field(name).max_length for name in ("sequence", "version")]
    assert longest == [LONGEST_NAME, LONGEST_VERSION]
