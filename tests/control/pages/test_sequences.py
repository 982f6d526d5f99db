"""The catalogue as people see it."""

from __future__ import annotations

import os
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.timezone import localtime
from django.utils.translation import gettext

from control.models import Batch, ControlEvent, Sequence
from sequences.catalogue import find_packages
from tests.control.pages.people import WHO, browser_of
from tests.rows import demo_station, queued

pytestmark = pytest.mark.django_db

LIST = "/control/sequences/"
ONE = "/control/sequences/step_loop/"
SEQUENCE = """
from sequences.authoring import sequence, step

@sequence
class Ours:
    @step(timeout_s=5)
    def look(self, run):
        '''Looks at it.'''
"""

NESTED = """
from sequences.authoring import group, sequence, setup, step

@sequence
class Ours:
    @setup
    def power_on(self, run): pass

    @step
    def look(self, run): pass

    @group(run_if="with_radio")
    class Radio:
        @setup
        def radio_on(self, run): pass

        @group(gate=True)
        class Antenna:
            @step(repeat=3)
            def sweep(self, run): pass
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of our own beside those that come with Gwanje."""
    folder = tmp_path / "packages" / "ours"
    folder.mkdir(parents=True)
    (folder / "manifest.yaml").write_text('name: ours\nversion: "1.0"\ntitle: Ours\n')
    (folder / "sequence.py").write_text(SEQUENCE)
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [*settings.SEQUENCE_DIRS, folder.parent])
    return folder


def page(path: str, who: str = "engineer", **query: str) -> str:
    answer = browser_of(who).get(path, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_list_shows_every_sequence_and_its_last_run(monkeypatch, package):
    demo_station(monkeypatch)
    batch = queued("step_loop", None)
    text = page(LIST)
    assert [name in text for name in ("board_test", "step_loop", "ours")] == [True] * 3
    assert f'<a href="/control/batches/{batch.pk}/">' in text
    assert ("Comes with Gwanje" in text, str(package.parent) in text) == (True, True)


@pytest.mark.any_database
def test_reload_shows_an_edited_package(package):
    assert "Ours" in page(LIST)
    (package / "manifest.yaml").write_text('name: ours\nversion: "1.1"\ntitle: Edited\n')
    assert "Edited" in page(LIST) and "1.1" in page(f"{LIST}ours/")


@pytest.mark.parametrize(("q", "found"), [("OURS", ["ours"]), ("loop", ["step_loop"]), ("nothing at all", [])])
@pytest.mark.any_database
def test_search_finds_names_titles_and_descriptions(package, q, found):
    text = page(LIST, q=q)
    shown = [name for name in ("board_test", "ours", "step_loop") if f'href="{LIST}{name}/"' in text]
    assert (shown, "No sequence has" in text) == (found, not found)


@pytest.mark.any_database
def test_empty_catalogue_says_what_to_do(monkeypatch):
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [Path("/nowhere")])
    assert "GWANJE_SEQUENCE_DIRS" in page(LIST)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_as_many_queries_for_three_as_for_one(monkeypatch, tmp_path, django_assert_num_queries, rows):
    demo_station(monkeypatch)
    for number in range(rows):
        folder = tmp_path / f"s{number}"
        folder.mkdir()
        (folder / "manifest.yaml").write_text(f'name: s{number}\nversion: "1"\n')
        (folder / "sequence.py").write_text(SEQUENCE)
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [tmp_path])
    for number in range(rows):
        queued(f"s{number}", None)
    browser = browser_of("viewer")
    browser.get(LIST)
    with django_assert_num_queries(7):
        browser.get(LIST)


def test_page_of_a_sequence_shows_what_it_takes_and_does(monkeypatch):
    demo_station(monkeypatch)
    text = page(f"{LIST}board_test/")
    for said in (
        "input_voltage",
        "demo/slot-1",
        "demo/slot-2",
        "Setup",
        "Teardown",
        "What its author says",
        "Start a batch",
    ):
        assert said in text


@pytest.mark.any_database
def test_steps_stand_as_they_run_with_what_must_hold_for_their_groups(package):
    (package / "sequence.py").write_text(NESTED)
    (package / "manifest.yaml").write_text(
        'name: ours\nversion: "1.0"\nparameters: {with_radio: {type: boolean, default: true}}\n'
    )
    text = " ".join(strip_tags(unescape(page(f"{LIST}ours/")).partition('id="steps-title"')[2]).split())
    shown = "Setup power_on line 7 Main look line 10 Radio run_if='with_radio' radio_on Setup line 15"
    antenna = "Radio › Antenna run_if='with_radio' · gate=True sweep repeat=3 · line 20 Versions that ran"
    assert f"{shown} {antenna}" in text


@pytest.mark.any_database
def test_defaults_are_shown_as_people_write_them(package):
    (package / "manifest.yaml").write_text(
        'name: ours\nversion: "1.0"\nparameters:\n  fast: {type: boolean, default: true}\n'
        "  delay: {type: number, default: 0.0, unit: s}\n"
        '  note: {type: string, default: ""}\n  serial: {type: string}\n'
    )
    rows = re.findall(r"<td>(.*?)</td>", page(f"{LIST}ours/"))
    assert rows[1::3] == ["yes", "0 s", "–", '<span class="g-muted">must be given</span>']


@pytest.mark.any_database
def test_hint_is_told_in_the_language_of_the_reader(package):
    (package / "manifest.yaml").write_text('name: ours\nversion: "1.0"\ncolour: red\n')
    problem = find_packages([package.parent])["ours"].problems[0]
    with translation.override("ko"):
        korean = gettext(problem.hint)
    answer = browser_of("viewer").get(f"{LIST}ours/", headers={"accept-language": "ko"})
    assert korean != problem.hint and korean in unescape(answer.content.decode())


def test_versions_that_ran_are_shown_with_their_times(monkeypatch):
    demo_station(monkeypatch)
    batch = queued("step_loop", None)
    shown = date_format(localtime(batch.created_at), "DATETIME_FORMAT")
    assert page(ONE).count(f"<td>{shown}</td>") == 2


@pytest.mark.any_database
def test_problem_stands_there_with_file_line_and_code(package):
    (package / "manifest.yaml").write_text('name: ours\nversion: "1.0"\ncolour: red\n')
    text = page(f"{LIST}ours/")
    assert f"<code>{package / 'manifest.yaml'}:3</code> <strong>E104</strong>" in text
    assert "Start a batch" not in text


@pytest.mark.any_database
def test_readme_is_shown_as_text_and_no_further_than_its_limit(package):
    (package / "README.md").write_text("<script>alert(1)</script>" + "x" * 70_000 + "END")
    text = page(f"{LIST}ours/")
    assert ("&lt;script&gt;" in text, "END" in text) == (True, False)


@pytest.mark.any_database
def test_role_called_items_is_shown_like_any_other(package):
    (package / "manifest.yaml").write_text('name: ours\nversion: "1.0"\ninstruments: {items: what is counted}\n')
    assert "what is counted" in page(f"{LIST}ours/")


@pytest.mark.parametrize("name", ["lost", "..%2F..", "a%00b", "x" * 300])
@pytest.mark.any_database
def test_unknown_sequence_is_404_with_the_way_back(name):
    answer = browser_of("viewer").get(f"{LIST}{name}/")
    assert answer.status_code == 404


def post(who: str, word: str, **fields: str) -> Any:
    return browser_of(who).post(f"{ONE}{word}/", fields)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("word", ["enable", "disable"])
@pytest.mark.any_database
def test_only_engineers_switch_a_sequence(who, word):
    answer = post(who, word, reason="wrong limits")
    allowed = who in ("engineer", "admin")
    assert answer.status_code == (302 if allowed or who == "anonymous" else 403)
    assert Sequence.objects.filter(enabled=False).exists() == (allowed and word == "disable")
    assert ('id="switch-dialog"' in page(ONE, who)) == allowed if who in ("viewer", "operator", "engineer") else True


def test_disabled_sequence_says_by_whom_and_why_and_cannot_be_chosen(monkeypatch):
    demo_station(monkeypatch)
    assert post("engineer", "disable", reason="wrong limits").headers["Location"] == ONE
    assert "wrong limits" in page(ONE) and "Start a batch" not in page(ONE)
    choice = page(reverse("control:new_batch"), "operator", sequence="step_loop")
    assert "is disabled (engineer: wrong limits)" in choice and 'href="?sequence=step_loop"' not in choice
    event = ControlEvent.objects.get(kind="SEQUENCE_CHANGE")
    assert (event.face, event.by, event.scope) == ("PAGE", "engineer", "step_loop")
    assert post("engineer", "enable").status_code == 302
    assert "Start a batch" in page(ONE)


def test_disabling_without_a_reason_is_refused_on_the_page():
    answer = browser_of("engineer").post(f"{ONE}disable/", {"reason": ""}, follow=True)
    assert "Say why: whoever wants to start the sequence is told." in answer.content.decode()
    assert Sequence.objects.count() == 0


def test_batch_page_tells_what_the_catalogue_has_by_now(monkeypatch, package):
    demo_station(monkeypatch)
    batch = queued("ours", None)
    (package / "manifest.yaml").write_text('name: ours\nversion: "1.1"\n')
    for file in package.iterdir():
        os.utime(file)
    text = page(f"/control/batches/{batch.pk}/", "operator")
    assert "Runs version 1.0 as submitted; the catalogue has 1.1." in text
    assert f'href="/control/batches/new/?like={batch.pk}"' in text


def test_batch_page_tells_that_the_catalogue_has_no_such_sequence_any_more(monkeypatch, package):
    demo_station(monkeypatch)
    batch = queued("ours", None)
    assert 'href="/control/sequences/ours/"' in page(f"/control/batches/{batch.pk}/", "operator")
    shutil.rmtree(package)
    text = page(f"/control/batches/{batch.pk}/", "operator")
    assert "Runs version 1.0 as submitted; the catalogue has no such sequence any more." in text
    assert ("<dt>Sequence</dt><dd>ours 1.0</dd>" in text, "/control/sequences/ours/" in text) == (True, False)


def test_batch_page_offers_no_form_for_what_the_catalogue_cannot_run(monkeypatch, package):
    demo_station(monkeypatch)
    batch = queued("ours", None)
    Batch.objects.filter(pk=batch.pk).update(state="COMPLETED", outcome="PASS", ended_at=batch.created_at)
    path, form = f"/control/batches/{batch.pk}/", f"/control/batches/new/?like={batch.pk}"
    assert page(path, "operator").count(form) == 2
    (package / "manifest.yaml").write_text("name: [")
    text = page(path, "operator")
    assert ("what the catalogue has now cannot run" in text, form in text) == (True, False)
    (package / "manifest.yaml").unlink()
    assert form not in page(path, "operator")


def test_page_of_a_sequence_tells_about_datasets_and_work_that_is_not_done_twice(monkeypatch):
    demo_station(monkeypatch)
    packages = Path(__file__).parents[1] / "packages"
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [*settings.SEQUENCE_DIRS, packages])
    work = browser_of("viewer").get("/control/sequences/dataset_work/").context["work"]
    assert work == [
        "Works on a dataset.",
        "Chunks of 20 items; an item may take 5 s, an image have 100,000,000 pixels, 2 items fail.",
        "What has been done or is being done is not done again, unless somebody wants it afresh.",
    ]
    pair = browser_of("viewer").get("/control/sequences/dataset_pair/").context["work"]
    assert [pair[0], pair[1].split(";")[0]] == ["Compares two datasets.", "Chunks of a size that follows from the work"]
    assert browser_of("viewer").get(ONE).context["work"] == []
