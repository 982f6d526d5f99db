"""Datasets in the admin: found, and with what is wrong in them first."""

from __future__ import annotations

import pytest

from control.models import ControlEvent, Dataset, DatasetFile
from tests.control.admin.story import change, changelist, shown
from tests.rows import dataset_row

pytestmark = pytest.mark.any_database

State = Dataset.State


def test_list_is_narrowed_by_state_kind_and_station(station, viewer):
    ready, failed = dataset_row(), dataset_row(State.FAILED, kind="FOLDER")
    assert shown(viewer, changelist(Dataset)) == [failed.pk, ready.pk]
    assert shown(viewer, changelist(Dataset, state="FAILED")) == [failed.pk]
    assert shown(viewer, changelist(Dataset, kind="UPLOAD")) == [ready.pk]
    assert shown(viewer, changelist(Dataset, station="demo")) == [failed.pk, ready.pk]


def test_search_finds_names_and_ids(station, viewer):
    tiles, other = dataset_row(name="Tiles of line 3"), dataset_row(name="other")
    found = {text: shown(viewer, changelist(Dataset, q=text)) for text in ("tiles", str(other.pk), "nothing")}
    assert found == {"tiles": [tiles.pk], str(other.pk): [other.pk], "nothing": []}


def test_files_with_a_problem_stand_first(station, viewer):
    dataset = dataset_row(files=60)
    DatasetFile.objects.filter(dataset=dataset, index=59).update(problem="It is empty.")
    response = viewer.get(change(dataset))
    (table,) = response.context["tables"]
    assert [row[0] for row in table["table"]["rows"][:3]] == [59, 0, 1]
    assert (table["cut"], response.context["live_url"]) == (True, f"/control/datasets/{dataset.pk}/")


def test_deleted_dataset_stays_in_the_history(station, viewer):
    dataset = dataset_row(State.REMOVED)
    assert shown(viewer, changelist(Dataset)) == [dataset.pk]
    assert "Removed" in viewer.get(change(dataset)).content.decode()


def test_control_event_names_the_dataset(station, viewer):
    details = {"name": "tiles", "change": "deleted"}
    ControlEvent.objects.create(
        kind="DATASET_CHANGE", scope="x", by="anna", face="PAGE", details=details, requested_at="2026-01-01T00:00Z"
    )
    assert "tiles: deleted" in viewer.get(changelist(ControlEvent)).content.decode()
