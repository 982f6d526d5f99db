"""Analyses on the page of a dataset: begun by a button, told while they run, shown when they are done."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from control.access.rights import Role
from control.models import Batch, Dataset, DatasetFile, Item
from control.pages.dataset_findings import age_text, finding_of
from control.states import State
from tests.control.pages.people import browser_of
from tests.rows import dataset_row, demo_station, queued

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
HISTOGRAM = {
    "name": "brightness",
    "title": "Brightness",
    "unit": "",
    "edges": [0, 1, 2],
    "counts": [2, 4],
    "scale": "linear",
}
ATTRIBUTES = {
    "kind": "attributes",
    "summary": {"images": 6, "failed": 0, "total_bytes": 6, "outliers": 1, "near_duplicates": 1},
    "histograms": [HISTOGRAM],
    "outliers": [
        {"index": 4, "path": "4.png", "attribute": "brightness", "value": 250.0, "median": 90.0, "score": 9.0}
    ],
    "near_duplicates": [[1, 2]],
}
DRIFT = {
    "kind": "drift",
    "summary": {"images": 6, "failed": 0, "total_bytes": 6, "target_images": 6, "drifted": ["brightness"]},
    "histograms": [{**HISTOGRAM, "target_counts": [5, 1]}],
    "drift": [
        {
            "attribute": "brightness",
            "title": "Brightness",
            "unit": "",
            "psi": 0.9,
            "psi_limit": 0.2,
            "psi_marginal": 0.1,
        }
        | {"ks": 0.5, "ks_limit": 0.2, "p": 0.0, "median": 90, "target_median": 140, "verdict": "drifted", "words": "x"}
    ],
}


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def dataset() -> Dataset:
    made = dataset_row(files=6, read_at=timezone.now())
    DatasetFile.objects.update(thumbnail=True)
    return made


def done(sequence: str, result: Any, dataset: Dataset, **more: Any) -> Batch:
    batch = queued(sequence, slot=None, dataset=str(dataset.pk), **more)
    now = timezone.now()
    ended = {"state": State.COMPLETED, "result": result, "started_at": now, "ended_at": now, "slot": "demo/lane-1"}
    Batch.objects.filter(pk=batch.pk).update(**ended)
    known = {"batch": batch, "step": 1, "state": "COMPLETED", "at": timezone.now()}
    Item.objects.bulk_create(Item(index=index, path=f"{index}.png", **known) for index in range(6))
    return batch


def page(dataset: Dataset, client: Client | None = None) -> str:
    answer = (client or browser_of(Role.OPERATOR)).get(f"/control/datasets/{dataset.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def cards() -> str:
    return browser_of(Role.VIEWER).get("/control/datasets/").content.decode()


def thumbnails_in(found: str) -> list[int]:
    return [int(index) for index in re.findall(r"files/(\d)/thumbnail/", found)]


def offers(found: str) -> dict[str, bool]:
    """Which analyses can be begun."""
    forms = re.findall(r'name="sequence" value="(\w+)">(.*?)</form>', found, re.DOTALL)
    return {name: re.search(r"<button[^>]* disabled", form) is None for name, form in forms}


def test_a_button_begins_an_analysis_and_rests_while_it_is_made(dataset: Dataset) -> None:
    assert offers(page(dataset)) == {"image_attributes": True, "image_clustering": True, "dataset_drift": False}
    address = f"/control/datasets/{dataset.pk}/analyse/"
    answer = browser_of(Role.OPERATOR).post(address, {"sequence": "image_attributes"})
    assert answer["Location"] == f"/control/datasets/{dataset.pk}/#analyses-title"
    batch = Batch.objects.get()
    assert (batch.sequence, batch.dataset_id, batch.trigger) == ("image_attributes", dataset.pk, "MANUAL")
    found = page(dataset)
    assert offers(found) == {"image_attributes": False, "image_clustering": True, "dataset_drift": False}
    assert 'data-live="analyses" data-busy' in found
    assert browser_of(Role.OPERATOR).get("/control/datasets/").content.decode().count(">Analysing</a>") == 1


def test_drift_takes_the_other_dataset(dataset: Dataset) -> None:
    target = dataset_row(files=2, name="November", sha256="1" * 64)
    assert offers(page(dataset))["dataset_drift"] is True
    fields = {"sequence": "dataset_drift", "target": str(target.pk)}
    browser_of(Role.OPERATOR).post(f"/control/datasets/{dataset.pk}/analyse/", fields)
    assert Batch.objects.get().target_dataset_id == target.pk
    assert 'data-live="analyses" data-busy' in page(target)


def test_what_was_done_already_is_told_and_not_done_again(dataset: Dataset) -> None:
    done("image_attributes", ATTRIBUTES, dataset)
    client = browser_of(Role.OPERATOR)
    answer = client.post(
        f"/control/datasets/{dataset.pk}/analyse/",
        {"sequence": "image_attributes"},
        headers={"accept": "application/json"},
    )
    assert answer.json()["message"].startswith("This was done ")
    assert Batch.objects.count() == 1


def test_what_was_done_already_can_be_done_afresh(dataset: Dataset) -> None:
    target = dataset_row(files=2, name="November", sha256="1" * 64)
    done("dataset_drift", DRIFT, dataset, target_dataset=str(target.pk))
    client = browser_of(Role.OPERATOR)
    client.handler.enforce_csrf_checks = True
    address, offered = f"/control/datasets/{dataset.pk}/analyse/", page(dataset, client)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', offered)[1]
    fields = {"csrfmiddlewaretoken": token, "sequence": "dataset_drift", "target": str(target.pk)}
    assert client.post(address, fields)["Location"] == f"/control/datasets/{dataset.pk}/"
    [form] = re.findall(rf'<form method="post" action="{address}" class="inline">.*?</form>', page(dataset, client))
    afresh = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    client.post(address, afresh)
    _first, again = Batch.objects.order_by("pk")
    assert (again.sequence, again.target_dataset_id, again.state) == ("dataset_drift", target.pk, "QUEUED")
    assert afresh == {**fields, "csrfmiddlewaretoken": afresh["csrfmiddlewaretoken"], "fresh": "1"}


@pytest.mark.parametrize("fields", [{"sequence": "board_test"}, {"sequence": "dataset_drift"}, {}])
def test_what_is_no_analysis_is_refused(dataset: Dataset, fields: dict[str, str]) -> None:
    accept = {"accept": "application/json"}
    answer = browser_of(Role.OPERATOR).post(f"/control/datasets/{dataset.pk}/analyse/", fields, headers=accept)
    assert (answer.status_code, Batch.objects.count()) == (400, 0)


def test_viewers_see_what_was_found_and_no_buttons(dataset: Dataset) -> None:
    done("image_attributes", ATTRIBUTES, dataset)
    viewer = browser_of(Role.VIEWER)
    found = page(dataset, viewer)
    assert (offers(found), "Unusual images" in found) == ({}, True)
    assert viewer.post(f"/control/datasets/{dataset.pk}/analyse/", {"sequence": "image_attributes"}).status_code == 403


def test_results_show_unusual_and_similar_images_and_give_plots_to_the_script(dataset: Dataset) -> None:
    done("image_attributes", ATTRIBUTES, dataset)
    found = page(dataset)
    shown = found[found.index('id="result-image_attributes"') : found.index('id="files-title"')]
    assert thumbnails_in(shown) == [4, 1, 2]
    plots = json.loads(re.findall(r'<script id="plots" type="application/json">(.*?)</script>', found)[0])
    assert plots["image_attributes"]["histograms"] == [HISTOGRAM]


def test_pictures_are_those_of_the_analysis_after_the_dataset_was_read_again(dataset: Dataset) -> None:
    """A new file comes first, so that all others have moved; one is gone."""
    done("image_attributes", ATTRIBUTES, dataset)
    assert 'data-files="/control' in page(dataset)
    rows = DatasetFile.objects.filter(dataset=dataset)
    rows.filter(index=1).delete()
    for file in rows.order_by("-index"):
        rows.filter(pk=file.pk).update(index=file.index + 1)
    Dataset.objects.filter(pk=dataset.pk).update(read_at=timezone.now())
    found = page(dataset)
    assert thumbnails_in(found[found.index('id="result-image_attributes"') : found.index('id="files-title"')]) == [5, 3]
    assert 'data-files=""' in found


EARLIER, EARLIER_ON_CARD = "Of the files as they were on ", ">before it was read again</span>"


@pytest.mark.parametrize("read", [None, timezone.now])
def test_what_was_found_of_an_earlier_reading_is_told_so(dataset: Dataset, read: Any) -> None:
    done("image_attributes", ATTRIBUTES, dataset)
    told = [(EARLIER in page(dataset), EARLIER_ON_CARD in cards())]
    Dataset.objects.filter(pk=dataset.pk).update(read_at=read and read())
    told.append((EARLIER in page(dataset), EARLIER_ON_CARD in cards()))
    assert told == [(False, False), (True, True)]


def test_a_drift_from_an_earlier_reading_is_told_so_at_both_datasets(dataset: Dataset) -> None:
    target = dataset_row(files=6, name="November", sha256="1" * 64, read_at=timezone.now())
    done("dataset_drift", DRIFT, dataset, target_dataset=str(target.pk))
    told = [[EARLIER in page(one) for one in (dataset, target)]]
    Dataset.objects.filter(pk=target.pk).update(read_at=timezone.now())
    assert [*told, [EARLIER in page(one) for one in (dataset, target)]] == [[False, False], [True, True]]


def test_a_drift_is_shown_at_both_datasets_with_its_verdict(dataset: Dataset) -> None:
    target = dataset_row(files=6, name="November", sha256="1" * 64)
    done("dataset_drift", DRIFT, dataset, target_dataset=str(target.pk))
    for one in (dataset, target):
        found = page(one)
        assert "November compared with tiles" in found
        assert re.findall(r'data-verdict="(\w+)">([^<]+)<', found) == [("drifted", "✕ drifted")]
        assert "1 of 1 attributes have drifted: Brightness." in found
        assert re.findall(r">(&gt;|≤) 0.20<", found) == ["&gt;", "&gt;"]


def test_card_tells_how_the_last_analyses_ended(dataset: Dataset) -> None:
    target = dataset_row(files=6, name="November", sha256="1" * 64)
    for outcome in ("PASS", "FAIL"):
        drift = done("dataset_drift", DRIFT, dataset, target_dataset=str(target.pk), fresh=True)
        Batch.objects.filter(pk=drift.pk).update(outcome=outcome)
    done("image_attributes", ATTRIBUTES, target)
    last = rf'href="/control/datasets/({dataset.pk}|{target.pk})/#result-(\w+)"[^>]*>(\w+)</a>.*?data-state="(\w+)"'
    assert re.findall(last, cards()) == [
        (str(target.pk), "image_attributes", "Overview", "NONE"),
        (str(dataset.pk), "dataset_drift", "Drift", "FAIL"),
    ]


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        (["stable", "stable"], "No attribute has drifted."),
        (["stable", "moderate"], "No attribute has drifted, but 1 of 2 have moved moderately: Red."),
        ([], "There are too few images on one side: nothing was judged."),
    ],
)
def test_a_drift_is_summed_up(verdicts: list[str], sentence: str) -> None:
    rows = [
        {"attribute": name, "title": "", "verdict": verdict}
        for name, verdict in zip(("blue", "red"), verdicts, strict=False)
    ]
    assert finding_of({"result": {"kind": "drift", "drift": rows}, "outcome": "PASS"}) == sentence


@pytest.mark.parametrize(
    ("score", "word"),
    [(0.72, "the clusters stand apart"), (0.38, "weak, the clusters overlap"), (0.1, "hardly any structure")],
)
def test_clusters_are_told_with_how_well_they_stand_apart(dataset: Dataset, score: float, word: str) -> None:
    choices = [{"k": 2, "score": score}, {"k": 3, "score": score / 2}]
    note = "The most clusters that were tried fit best: with a larger k_max there may be a better number."
    done("image_clustering", {"kind": "clusters", "choices": choices, "summary": {"note": note}}, dataset)
    found = page(dataset)
    assert (note in found, word in found, f">{score:.2f} <" in found) == (True, True, True)


def test_age_is_told_from_a_minute_on() -> None:
    now = timezone.now()
    assert [age_text(now - timedelta(seconds=s)) for s in (20, 130)] == ["less than a minute", "2\xa0minutes"]


def test_large_figures_are_readable() -> None:
    dataset = dataset_row(files=6)
    Dataset.objects.filter(pk=dataset.pk).update(total_files=12345, read_files=12345)
    summary = {"images": 12345, "failed": 0, "total_bytes": 6}
    shares = [{"name": str(number), "count": 1} for number in range(11)]
    done("image_attributes", {"kind": "attributes", "summary": summary, "sizes": shares}, dataset)
    found = page(dataset)
    assert (found.count("12,345<"), "12345<" in found, ", and 3 more" in found) == (2, False, True)


def test_an_empty_page_says_what_to_do(dataset: Dataset) -> None:
    assert "Nothing was analysed yet. Begin with the overview" in page(dataset)
    assert "An operator can begin an analysis." in page(dataset, browser_of(Role.VIEWER))


def test_results_of_another_shape_are_left_alone(dataset: Dataset) -> None:
    done("image_clustering", {"kind": "clusters"}, dataset)
    done("image_attributes", None, dataset)
    found = page(dataset)
    assert ('id="result-image_clustering"' in found, 'id="result-image_attributes"' in found) == (True, False)
