"""Starting work over a dataset from a page, and being led to the batch that does it already."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from control.models import Batch, Dataset
from control.states import State
from tests.control.lifecycle.work import PACKAGES
from tests.control.pages.people import browser_of
from tests.rows import dataset, demo_station

PATH = "/control/batches/new/"
WORK = {"sequence": "dataset_work", "priority": "0", "parameter-bins": "10", "parameter-threshold": "0.5"}


@pytest.fixture
def tiles(db: None, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    demo_station(monkeypatch)
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [*settings.SEQUENCE_DIRS, PACKAGES])
    return dataset("tiles", total_bytes=5_000_000)


def post(tiles: Dataset | None, **fields: str) -> Any:
    chosen = {"dataset": str(tiles.pk)} if tiles else {}
    return browser_of("operator").post(PATH, {**WORK, **chosen, **fields})


def form(**query: Any) -> Any:
    return browser_of("operator").get(PATH, {"sequence": "dataset_work", **query}).context["form"]


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def ended(batch: Batch) -> None:
    at = timezone.now() - timedelta(minutes=3)
    columns = {"started_at": at, "ended_at": at, "outcome": "PASS", "slot_id": "demo/lane-1"}
    Batch.objects.filter(pk=batch.pk).update(state=State.COMPLETED, **columns)


def test_form_offers_the_datasets_that_are_ready(tiles: Dataset) -> None:
    dataset("half", state="READING", sha256="")
    choices = [text for key, text in form().fields["dataset"].widget.choices if key]
    assert choices == ["tiles · 3 files, 4.8\xa0MB"]


def test_form_begins_with_the_dataset_of_a_link(tiles: Dataset) -> None:
    assert form(dataset=str(tiles.pk))["dataset"].value() == str(tiles.pk)


def test_form_of_a_sequence_without_datasets_asks_for_none(tiles: Dataset) -> None:
    fields = browser_of("operator").get(PATH, {"sequence": "step_loop"}).context["form"].fields
    assert [name for name in ("dataset", "chunk_size", "lanes", "fresh") if name in fields] == []


def test_only_what_can_be_cached_asks_whether_to_do_it_afresh(tiles: Dataset) -> None:
    pair = browser_of("operator").get(PATH, {"sequence": "dataset_pair"}).context["form"].fields
    assert (sorted(pair.keys() & {"dataset", "target_dataset", "fresh"}), "fresh" in form().fields) == (
        ["dataset", "target_dataset"],
        True,
    )


def test_batch_has_the_dataset_and_options_that_were_chosen(tiles: Dataset) -> None:
    answer = post(tiles, chunk_size="auto", lanes="2")
    batch = Batch.objects.get()
    assert answer.headers["Location"] == reverse("control:batch", args=[batch.pk])
    assert (batch.dataset, batch.items_options["chunk_size"], batch.items_options["lanes"]) == (tiles, 0, 2)
    assert told(answer) == []


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"dataset": ""}, "dataset", "'dataset_work' works on a dataset."),
        ({"dataset": "nowhere"}, "dataset", "There is no dataset 'nowhere'."),
        ({"chunk_size": "many"}, "chunk_size", "A chunk has from 1 to 500 items"),
        ({"chunk_size": "501"}, "chunk_size", "A chunk has from 1 to 500 items"),
        ({"lanes": "1.5"}, "lanes", "From 1 to 1000 lanes may work on a batch"),
    ],
)
def test_wrong_value_is_told_beside_its_field(
    tiles: Dataset, fields: dict[str, str], field: str, sentence: str
) -> None:
    answer = post(tiles, **fields)
    errors = answer.context["form"].errors
    assert (answer.status_code, list(errors), Batch.objects.count()) == (400, [field], 0)
    assert errors[field][0].startswith(sentence)


def test_dataset_that_is_read_again_meanwhile_is_told_beside_its_field(tiles: Dataset) -> None:
    Dataset.objects.update(state="READING", sha256="", read_files=1)
    errors = post(tiles).context["form"].errors
    assert dict(errors) == {"dataset": ["Dataset 'tiles' is being read: 1 of 3 files. Submit it again afterwards."]}


def test_same_work_leads_to_the_batch_that_does_it(tiles: Dataset) -> None:
    first, again = post(tiles), post(tiles, fresh="on")
    assert again.headers["Location"] == first.headers["Location"]
    assert told(again) == ["This is the batch that does it already. Nothing new was started."]
    assert Batch.objects.count() == 1


def test_finished_work_leads_to_its_result_and_offers_to_do_it_afresh(tiles: Dataset) -> None:
    post(tiles)
    batch = Batch.objects.get()
    ended(batch)
    again = post(tiles)
    link = f'<a class="underline" href="{PATH}?like={batch.pk}&amp;fresh=1">Do it afresh</a>'
    assert told(again) == [f"This was done 3\xa0minutes ago with the same content, so nothing was started. {link}"]
    afresh = browser_of("operator").get(PATH, {"like": str(batch.pk), "fresh": "1"})
    assert (afresh.context["form"]["fresh"].value(), afresh.context["form"]["dataset"].value()) == ("1", str(tiles.pk))
    assert post(tiles, fresh="on").status_code == 302
    assert Batch.objects.count() == 2


def test_page_of_the_batch_names_its_dataset_and_how_it_goes_over_items(tiles: Dataset) -> None:
    post(tiles)
    text = browser_of("viewer").get(reverse("control:batch", args=[Batch.objects.get().pk])).content.decode()
    assert ("tiles</dd>" in text or "tiles</a></dd>" in text, "Items in a chunk" in text) == (True, True)


def test_who_may_only_look_starts_nothing(tiles: Dataset) -> None:
    answer = browser_of("viewer").post(PATH, {**WORK, "dataset": str(tiles.pk)})
    assert (answer.status_code, Batch.objects.count()) == (403, 0)
