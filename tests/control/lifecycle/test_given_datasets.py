"""An order names exactly the datasets that its sequence needs, and how to go over them."""

from __future__ import annotations

from typing import Any

import pytest

from control.lifecycle.follow import order_of
from control.lifecycle.refusals import BadValue, WrongState
from control.models import Batch, Dataset
from stations.models import Slot, Station
from tests.control.lifecycle.work import work_station
from tests.rows import dataset, queued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


def work(sequence: str = "dataset_work", **more: Any) -> Batch:
    return queued(sequence, slot=None, **more)


def refusal(error: type[Exception] = BadValue, **order: Any) -> tuple[str, str]:
    """The field and the sentence; nothing was written."""
    with pytest.raises(error) as refused:
        work(**order)
    assert not Batch.objects.exists()
    return getattr(refused.value, "field", ""), str(refused.value)


def test_batch_keeps_its_dataset_and_what_the_manifest_says_of_items() -> None:
    tiles = dataset()
    batch = work(dataset=str(tiles.pk))
    assert (batch.dataset, batch.target_dataset) == (tiles, None)
    assert batch.items_options == {
        "chunk_size": 20,
        "timeout_s": 5,
        "max_pixels": 100_000_000,
        "max_failed_items": 2,
        "lanes": 0,
    }


def test_batch_that_nobody_names_is_called_after_its_datasets() -> None:
    tiles, night = dataset(name="tiles"), dataset(name="night " + "x" * 190)
    assert work(dataset=str(tiles.pk)).name == "Dataset work tiles"
    compared = work("dataset_pair", dataset=str(tiles.pk), target_dataset=str(night.pk)).name
    assert (compared[:26], len(compared)) == ("Dataset pair tiles / night", 113)
    assert work(dataset=str(tiles.pk), subject="SN-1").name == "Dataset work SN-1"
    assert work(dataset=str(tiles.pk), subject="SN-2", name="Night run").name == "Night run"


def test_order_says_otherwise_how_to_go_over_items() -> None:
    asked = {"chunk_size": 0, "item_timeout_s": 0.5, "max_pixels": 1_000, "lanes": 3}
    batch = work(dataset=str(dataset().pk), **asked)
    assert batch.items_options == {
        "chunk_size": 0,
        "timeout_s": 0.5,
        "max_pixels": 1000,
        "max_failed_items": 2,
        "lanes": 3,
    }


def test_dataset_may_be_given_by_a_name_that_only_one_has() -> None:
    tiles = dataset("tiles")
    assert work(dataset="tiles").dataset == tiles
    dataset("tiles")
    with pytest.raises(BadValue) as refused:
        work(dataset="tiles", fresh=True)
    assert str(refused.value).startswith("Several datasets are called 'tiles'.")


def test_sequence_that_compares_takes_two() -> None:
    batch = work("dataset_pair", dataset=str(dataset("a").pk), target_dataset=str(dataset("b").pk))
    assert (batch.dataset.name, batch.target_dataset.name) == ("a", "b")
    assert (batch.items_options["chunk_size"], batch.work_key) == (0, "")


@pytest.mark.parametrize(
    ("order", "field", "sentence"),
    [
        ({}, "dataset", "'dataset_work' works on a dataset. Name one"),
        ({"sequence": "dataset_pair", "dataset": "tiles"}, "target_dataset", "'dataset_pair' compares two datasets."),
        ({"dataset": "tiles", "target_dataset": "tiles"}, "target_dataset", "'dataset_work' takes no 'target_dataset'"),
        ({"sequence": "lane_work", "dataset": "tiles"}, "dataset", "'lane_work' takes no 'dataset'. Leave it out"),
        ({"sequence": "lane_work", "lanes": 2}, "lanes", "'lane_work' does not work on a dataset"),
        ({"dataset": "0192f0c0-0000-7000-8000-000000000000"}, "dataset", "There is no dataset '0192f0c0-0000"),
        ({"dataset": "no\0name"}, "dataset", "There is no dataset 'no\0name'."),
        ({"dataset": "tiles", "chunk_size": 501}, "chunk_size", 'A chunk has from 1 to 500 items, or "auto"'),
        ({"dataset": "tiles", "chunk_size": True}, "chunk_size", 'A chunk has from 1 to 500 items, or "auto"'),
        ({"dataset": "tiles", "item_timeout_s": 0.01}, "item_timeout_s", "An item may take from 0.1 to 3600 seconds"),
        ({"dataset": "tiles", "max_pixels": 0}, "max_pixels", "The limit of pixels is from 1 to 1000000000"),
        ({"dataset": "tiles", "lanes": -1}, "lanes", "From 1 to 1000 lanes may work on a batch"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(order: dict[str, Any], field: str, sentence: str) -> None:
    dataset("tiles")
    named, said = refusal(**order)
    assert named == field
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"state": "READING", "read_files": 2}, "Dataset 'tiles' is being read: 2 of 3 files."),
        ({"state": "RECEIVING"}, "Dataset 'tiles' still receives files. Complete it first"),
        ({"state": "FAILED", "message": "The folder is gone."}, "Dataset 'tiles' cannot be read: The folder is gone."),
    ],
)
def test_dataset_that_is_not_ready_says_how_far_it_is(columns: dict[str, Any], sentence: str) -> None:
    _field, said = refusal(WrongState, dataset=str(dataset(sha256="", **columns).pk))
    assert said.startswith(sentence)


def test_batch_may_wait_for_a_dataset_that_is_being_read() -> None:
    """Where its content is known."""
    reading = dataset(state="READING")
    batch = work(dataset=str(reading.pk))
    assert (batch.dataset, len(batch.work_key)) == (reading, 64)


def elsewhere(**more: Any) -> Dataset:
    """A dataset on the host of another station, which has one lane."""
    other = Station.objects.create(id="annex", host="annex-pc", time_zone="UTC")
    lane = {"kind": Slot.Kind.LANE, "in_file": True, "position": 0}
    Slot.objects.create(id="annex/lane-1", station=other, name="lane-1", **lane)
    return dataset(station_id="annex", **more)


def test_batch_goes_to_the_station_that_has_the_files() -> None:
    assert work(dataset=str(elsewhere().pk)).station_id == "annex"


def test_files_of_an_object_storage_are_read_from_everywhere() -> None:
    bucket = elsewhere(kind=Dataset.Kind.BUCKET)
    Slot.objects.filter(station="annex").update(latch={"id": "x", "by": "anna"})
    assert work(dataset=str(bucket.pk)).station_id == "demo"


def test_lane_of_a_host_without_the_files_is_refused() -> None:
    there = elsewhere()
    with pytest.raises(BadValue) as refused:
        queued("dataset_work", slot="demo/lane-1", dataset=str(there.pk))
    assert (refused.value.field, "host of station annex" in str(refused.value)) == ("slot", True)


def test_batch_is_refused_while_no_lane_has_the_files() -> None:
    there = elsewhere()
    Slot.objects.filter(station="annex").update(latch={"id": "x", "by": "anna"})
    _field, said = refusal(WrongState, dataset=str(there.pk))
    assert said == "Its files lie on the host of station annex, none of whose lanes takes work now."


def test_datasets_on_two_hosts_cannot_be_compared() -> None:
    field, said = refusal(
        sequence="dataset_pair", dataset=str(dataset("here").pk), target_dataset=str(elsewhere(content="there").pk)
    )
    assert field == "target_dataset"
    assert said.endswith("lie on the hosts of different stations: here: demo, there: annex.")


def test_order_for_the_same_again_keeps_datasets_and_options() -> None:
    first, second = dataset("a"), dataset("b")
    batch = work("dataset_pair", dataset=str(first.pk), target_dataset=str(second.pk), chunk_size=7, lanes=2)
    order = order_of(batch)
    assert (order.dataset, order.target_dataset) == (str(first.pk), str(second.pk))
    assert (order.chunk_size, order.item_timeout_s, order.max_pixels, order.lanes) == (7, 60.0, 100_000_000, 2)
