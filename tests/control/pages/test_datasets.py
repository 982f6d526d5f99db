"""Datasets as people see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.html import strip_tags

from control.access.rights import Role
from control.models import ControlEvent, Dataset, DatasetFile
from stations.models import Station
from tests.control.datasets.pictures import picture
from tests.control.lifecycle.datasets.filled import ready, receiving, send, station_here, uploaded, working_on
from tests.control.pages.people import WHO, browser_of
from tests.rows import dataset_row

pytestmark = pytest.mark.django_db

LIST = "/control/datasets/"
SEERS, OPERATORS = set(Role.values), {"operator", "engineer", "admin"}
JSON = {"accept": "application/json"}
State = Dataset.State


@pytest.fixture(autouse=True)
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with station_here(monkeypatch) as found:
        yield found


def text_of(address: str, who: str = "operator") -> str:
    return re.sub(r"\s+", " ", unescape(strip_tags(browser_of(who).get(address).content.decode())))


def one(dataset: Dataset, more: str = "") -> str:
    return f"{LIST}{dataset.pk}/{more}"


def expected(who: str, allowed: set[str], success: int, *, script: bool = False) -> int:
    if who in allowed:
        return success
    return (401 if script else 302) if who == "anonymous" else 403


@pytest.mark.parametrize("who", WHO)
def test_pages_open_for_those_who_may_see(who: str):
    dataset = ready({"a.txt": b"a"})
    pages = (LIST, one(dataset), one(dataset, "files/0/"))
    assert {browser_of(who).get(page).status_code for page in pages} == {expected(who, SEERS, 200)}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("word", ["complete", "read", "delete"])
def test_changes_are_taken_from_operators(who: str, word: str):
    dataset = ready({"a": b"1"}) if word == "read" else receiving()
    if word == "complete":
        send(dataset, {"a": b"1"})
    status = browser_of(who).post(one(dataset, f"{word}/"), headers=JSON).status_code
    assert status == expected(who, OPERATORS, 202, script=True)


@pytest.mark.parametrize("who", WHO)
def test_new_ones_are_made_by_operators(who: str):
    answer = browser_of(who).post(f"{LIST}new/", {"kind": "UPLOAD", "name": "tiles"}, headers=JSON)
    assert answer.status_code == expected(who, OPERATORS, 202, script=True)
    assert Dataset.objects.count() == (who in OPERATORS)


def test_script_is_told_the_id_of_what_it_makes():
    answer = browser_of("operator").post(f"{LIST}new/", {"kind": "UPLOAD", "name": "tiles"}, headers=JSON)
    dataset = Dataset.objects.get()
    assert (answer.json()["id"], dataset.state, dataset.submitted_by) == (str(dataset.pk), State.RECEIVING, "operator")
    assert ControlEvent.objects.get().face == "PAGE"


def test_folder_is_read_from_a_plain_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_ROOTS", [tmp_path])
    answer = browser_of("operator").post(f"{LIST}new/", {"kind": "FOLDER", "location": str(tmp_path)})
    assert (answer.status_code, answer.headers["Location"]) == (302, one(Dataset.objects.get()))


@pytest.mark.parametrize("kind", ["FOLDER", "BUCKET"])
def test_folder_and_bucket_that_are_not_allowed_are_told(kind: str):
    answer = browser_of("operator").post(f"{LIST}new/", {"kind": kind, "location": "/etc"}, follow=True)
    assert f"GWANJE_DATASET_{'ROOTS' if kind == 'FOLDER' else 'BUCKETS'}" in answer.content.decode()
    assert Dataset.objects.count() == 0


def test_empty_list_tells_what_to_do():
    assert "Drop files or a folder above to make the first one." in text_of(LIST)
    assert "Operators can add one." in text_of(LIST, "viewer")
    assert "New dataset" not in text_of(LIST, "viewer")


def test_card_shows_counts_state_and_thumbnails():
    ready({**{f"{number}.png": picture(30, 20, "PNG") for number in range(8)}, "bad.png": b""})
    page = browser_of("viewer").get(LIST).content.decode()
    assert len(re.findall(r"/files/\d+/thumbnail/", page)) == 6
    text = text_of(LIST)
    assert ("9 files" in text, "Ready" in text, "1 with a problem" in text) == (True, True, True)


def test_what_is_being_read_is_asked_for_again():
    dataset = uploaded({"a": b"1"})
    Dataset.objects.update(total_files=200, read_files=50)
    for page in (LIST, one(dataset)):
        html = browser_of("viewer").get(page).content.decode()
        assert ("data-busy" in html, 'value="25"' in html, "50 of 200 read" in html) == (True, True, True)


def test_what_is_ready_is_not_asked_for_again():
    dataset = ready({"a": b"1"})
    assert ["data-busy" in browser_of("viewer").get(page).content.decode() for page in (LIST, one(dataset))] == [
        False
    ] * 2


def test_reading_that_waits_for_its_station_is_told():
    dataset = uploaded({"a": b"1"})
    Station.objects.update(heartbeat_at=None)
    assert "Station demo is not running." in text_of(one(dataset))


def test_dataset_that_cannot_be_read_says_why_and_can_be_read_again():
    dataset = dataset_row(State.FAILED, message="The folder is gone.")
    text = text_of(one(dataset))
    assert ("The folder is gone." in text, "Read again" in text) == (True, True)


def test_files_are_shown_with_size_and_problem():
    dataset = ready({"sub/a.png": picture(30, 20, "PNG"), "sub/b.png": b"text"})
    text = text_of(one(dataset))
    assert ("30 × 20" in text, "Its name says image/png, but its content is no image" in text) == (True, True)
    problems = text_of(one(dataset, "?only=problems"))
    assert ("b.png" in problems, "a.png" in problems) == (True, False)


def test_files_come_in_pages():
    dataset = dataset_row(files=70)
    counts = [
        browser_of("viewer").get(one(dataset, query)).content.decode().count('class="d-file')
        for query in ("", "?page=2", "?page=99", "?page=x")
    ]
    assert counts == [61, 11, 11, 61]  # and the list itself


def test_dataset_in_use_names_its_batch_and_stays():
    dataset = ready({"a": b"1"})
    batch = working_on(dataset)
    answer = browser_of("operator").post(one(dataset, "delete/"), follow=True)
    assert f"Batch &#x27;{batch.name}&#x27; uses dataset" in answer.content.decode()
    assert Dataset.objects.get().state == State.READY


def test_deleted_dataset_that_batches_name_still_has_its_page():
    dataset = ready({"a.png": picture()})
    working_on(dataset, state="COMPLETED", ended_at=dataset.created_at)
    browser_of("operator").post(one(dataset, "delete/"))
    text = text_of(one(dataset))
    assert ("It has been deleted." in text, "a.png" in text, "Delete …" in text) == (True, True, False)
    assert "tiles" not in text_of(LIST)


@pytest.mark.parametrize("more", ["", "files/0/"])
def test_unknown_dataset_is_told(more: str):
    answer = browser_of("viewer").get(f"{LIST}01900000-0000-7000-8000-000000000000/{more}")
    assert (answer.status_code, "There is no dataset" in answer.content.decode()) == (404, True)


def test_names_never_become_markup():
    dataset = dataset_row(name="<b>bold</b>")
    DatasetFile.objects.update(path="<img src=x onerror=alert(1)>", problem="<i>bad</i>")
    for page in (LIST, one(dataset)):
        html = browser_of("viewer").get(page).content.decode()
        assert [tag for tag in ("<b>bold", "<img src=x", "<i>bad") if tag in html] == []


def test_sizes_are_told_in_the_language_of_the_reader():
    dataset = dataset_row()
    korean = browser_of("viewer").get(one(dataset), headers={"accept-language": "ko"}).content.decode()
    assert ("1바이트" in korean, "1 bytes" in korean) == (True, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_cost_the_same_whatever_they_hold(rows: int, django_assert_max_num_queries: Callable[[int], Any]):
    datasets = [dataset_row(files=rows) for _ in range(rows)]
    browser = browser_of("operator")
    with django_assert_max_num_queries(10):
        browser.get(LIST)
    with django_assert_max_num_queries(14):  # with the analyses
        browser.get(one(datasets[0]))
