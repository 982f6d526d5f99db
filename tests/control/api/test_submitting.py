"""Work over datasets over the API, and work that need not be done twice."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from control.access.rights import Role
from control.models import Batch, Dataset
from control.states import State
from tests.control.api.callers import Caller, with_key
from tests.control.lifecycle.work import PACKAGES
from tests.rows import dataset, demo_station, running

pytestmark = pytest.mark.django_db
BATCHES = "/api/control/batches/"


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [*settings.SEQUENCE_DIRS, PACKAGES])


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.OPERATOR)


@pytest.fixture
def tiles() -> Dataset:
    return dataset("tiles")


def submit(caller: Caller, tiles: Dataset | None = None, key: str | None = None, **body: Any) -> Any:
    if tiles is not None:
        body = {"sequence": "dataset_work", "dataset": str(tiles.pk), **body}
    return caller.send(BATCHES, body, **({"headers": {"idempotency-key": key}} if key else {}))


def end(batch_id: str, minutes_ago: float = 3) -> None:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    columns = {"started_at": at, "ended_at": at, "outcome": "PASS", "slot_id": "demo/lane-1"}
    Batch.objects.filter(pk=batch_id).update(state=State.COMPLETED, **columns)


def about(answer: Any) -> tuple[int, bool, bool]:
    return answer.status_code, answer.json()["existing"], answer.json()["cached"]


def test_batch_tells_its_datasets_and_how_it_goes_over_items(caller: Caller, tiles: Dataset):
    target = dataset("newer tiles")
    answer = submit(
        caller, sequence="dataset_pair", dataset=str(tiles.pk), target_dataset=str(target.pk), chunk_size=5, lanes=2
    ).json()
    assert (answer["dataset"], answer["target_dataset"]) == (str(tiles.pk), str(target.pk))
    assert (answer["dataset_name"], answer["target_dataset_name"]) == ("tiles", "newer tiles")
    assert answer["items_options"] == {
        "chunk_size": 5,
        "timeout_s": 60.0,
        "max_pixels": 100_000_000,
        "max_failed_items": 0,
        "lanes": 2,
    }


def test_batch_without_datasets_says_so(caller: Caller):
    answer = submit(caller, sequence="step_loop").json()
    names = ("dataset", "target_dataset", "items_options", "dataset_name", "target_dataset_name")
    assert [answer[name] for name in names] == [None, None, None, "", ""]


def test_size_of_chunks_may_be_automatic(caller: Caller, tiles: Dataset):
    assert submit(caller, tiles, chunk_size="auto").json()["items_options"]["chunk_size"] == 0


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"sequence": "dataset_work"}, "dataset", "'dataset_work' works on a dataset. Name one: its id"),
        ({"chunk_size": "many"}, "chunk_size", "A valid integer is required."),
        ({"chunk_size": 501}, "chunk_size", 'A chunk has from 1 to 500 items, or "auto"; this is 501.'),
        ({"item_timeout_s": "1"}, "item_timeout_s", "A valid number is required."),
        ({"item_timeout_s": 7200}, "item_timeout_s", "An item may take from 0.1 to 3600 seconds; this is 7200."),
        ({"lanes": True}, "lanes", "A valid integer is required."),
        ({"fresh": "yes"}, "fresh", "Must be a valid boolean."),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    caller: Caller, tiles: Dataset, body: dict[str, Any], field: str, sentence: str
):
    answer = submit(caller, None if "sequence" in body else tiles, **body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert answer.json()["errors"][field][0].startswith(sentence)


def test_dataset_that_is_being_read_is_refused_with_how_far_it_is(caller: Caller):
    answer = submit(caller, dataset("tiles", state="READING", sha256="", read_files=1))
    detail = "Dataset 'tiles' is being read: 1 of 3 files. Submit it again afterwards."
    assert (answer.status_code, answer.json()["detail"]) == (409, detail)


def test_batches_of_a_dataset_are_found_on_either_side(caller: Caller, tiles: Dataset):
    other = dataset("other")
    submit(caller, tiles, name="alone")
    submit(caller, sequence="dataset_pair", dataset=str(other.pk), target_dataset=str(tiles.pk), name="against")
    found = caller.get(BATCHES, {"dataset": str(tiles.pk)}).json()["results"]
    assert [batch["name"] for batch in found] == ["against", "alone"]
    assert len(caller.get(BATCHES, {"dataset": str(other.pk)}).json()["results"]) == 1


def test_batches_of_a_dataset_that_does_not_exist_are_refused(caller: Caller):
    answer = caller.get(BATCHES, {"dataset": "nowhere"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["dataset"])


def test_same_work_is_answered_with_the_batch_that_does_it(caller: Caller, tiles: Dataset):
    first, again = submit(caller, tiles), submit(caller, tiles, fresh=True)
    assert (about(first), about(again)) == ((201, False, False), (200, True, False))
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Location"] == first.headers["Location"]


def test_work_that_was_done_is_answered_at_once_with_its_age(caller: Caller, tiles: Dataset):
    first = submit(caller, tiles)
    end(first.json()["id"])
    again = submit(caller, tiles)
    assert about(again) == (200, False, True)
    assert 175 < again.json()["age_s"] < 400
    assert (again.json()["id"], again.json()["state"]) == (first.json()["id"], "COMPLETED")
    assert about(submit(caller, tiles, fresh=True)) == (201, False, False)


def test_repeated_submit_is_answered_with_the_first_batch(caller: Caller):
    first, again = (submit(caller, key="k-1", sequence="step_loop") for _ in range(2))
    assert (about(first), about(again)) == ((201, False, False), (200, True, False))
    assert (first.json()["id"], Batch.objects.count()) == (again.json()["id"], 1)


def test_key_of_another_request_is_refused(caller: Caller):
    submit(caller, key="k-1", sequence="step_loop")
    answer = submit(caller, key="k-1", sequence="step_loop", subject="SN-2")
    assert (answer.status_code, answer.json()["type"], Batch.objects.count()) == (409, "urn:gwanje:wrong-state", 1)


def test_each_caller_has_keys_of_its_own(caller: Caller):
    others = with_key(Role.OPERATOR)
    assert [submit(who, key="k-1", sequence="step_loop").status_code for who in (caller, others)] == [201, 201]


def test_key_that_is_none_is_refused(caller: Caller):
    answer = submit(caller, key="x" * 201, sequence="step_loop")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])


def test_repeated_restart_begins_one_batch(caller: Caller):
    batch = running().batch
    first, again = (caller.send(f"{BATCHES}{batch.pk}/restart/", headers={"idempotency-key": "r-1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["id"], Batch.objects.count()) == (again.json()["id"], 2)


def test_repeated_run_again_begins_one_batch(caller: Caller, tiles: Dataset):
    batch = submit(caller, tiles).json()["id"]
    end(batch)
    first, again = (caller.send(f"{BATCHES}{batch}/rerun/", headers={"idempotency-key": "r-1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["origin"], first.json()["id"]) == (batch, again.json()["id"])


@pytest.mark.django_db(transaction=True)
def test_fifty_identical_submits_at_once_are_answered_with_one_batch(caller: Caller, tiles: Dataset):
    answers: list[Any] = []
    together = threading.Barrier(50)

    def send() -> None:
        mine = Caller(HTTP_AUTHORIZATION=caller.defaults["HTTP_AUTHORIZATION"])
        together.wait()
        try:
            answers.append(submit(mine, tiles))
        finally:
            connection.close()

    senders = [threading.Thread(target=send) for _ in range(50)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    [batch] = Batch.objects.all()
    assert Counter(map(about, answers)) == {(201, False, False): 1, (200, True, False): 49}
    assert {answer.json()["id"] for answer in answers} == {str(batch.pk)}
