"""A submit that brings its files: a dataset of just these, and a batch that waits until it has been read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from control.access.rights import Role
from control.datasets import places
from control.journal.kinds import stream_of
from control.journal.read import read_after
from control.lifecycle.claim import claim
from control.lifecycle.datasets.reading import fail_reading, read_dataset
from control.models import Batch, Dataset
from stations.models import Slot, Station
from tests.control.api.callers import Caller, logged_in, with_key
from tests.control.api.test_datasets import MULTIPART_CONTENT, multipart
from tests.control.datasets.pictures import picture
from tests.control.lifecycle.datasets.filled import station_here
from tests.control.lifecycle.work import PACKAGES

BATCHES = "/api/control/batches/"
WORK = {"sequence": "dataset_work"}
NO_FILE = "Send at least one file, in the field 'files'."
FILES = {"a.png": b"1", "sub/b.png": b"22"}


@pytest.fixture(autouse=True)
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "SEQUENCE_DIRS", [*settings.SEQUENCE_DIRS, PACKAGES])
    with station_here(monkeypatch):
        yield


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.OPERATOR)


def send(caller: Caller, files: dict[str, bytes], key: str | None = None, **fields: str) -> Any:
    headers = {"headers": {"idempotency-key": key}} if key else {}
    return caller.post(BATCHES, multipart(fields, files), content_type=MULTIPART_CONTENT, **headers)


def kept() -> list[str]:
    """The datasets that have not been removed again."""
    return list(Dataset.objects.exclude(state=Dataset.State.REMOVED).values_list("state", flat=True))


def about(answer: Any) -> tuple[int, bool, bool]:
    return answer.status_code, answer.json()["existing"], answer.json()["cached"]


def test_files_become_a_dataset_that_the_batch_works_on(caller: Caller) -> None:
    answer = send(caller, FILES, **WORK, subject="tiles", priority="HIGH", chunk_size="auto", parameters='{"bins": 7}')
    batch, dataset = Batch.objects.get(), Dataset.objects.get()
    assert (answer.status_code, answer.json()["id"], batch.dataset) == (201, str(batch.pk), dataset)
    assert (batch.state, batch.priority, batch.parameters["bins"]) == ("QUEUED", 10, 7)
    assert (dataset.state, dataset.total_files, dataset.name) == ("READING", 2, "tiles")
    assert batch.items_options["chunk_size"] == 0
    assert (places.uploads_of(dataset.pk) / "sub/b.png").read_bytes() == b"22"


def test_batch_begins_once_its_dataset_has_been_read(caller: Caller) -> None:
    send(caller, {"a.png": picture()}, **WORK)
    lane, batch = Slot.objects.get(pk="demo/lane-1"), Batch.objects.get()
    assert (claim(lane), len(batch.work_key)) == (None, 64)
    read_dataset(batch.dataset_id)
    claimed = claim(lane).batch
    assert (claimed, claimed.dataset.state, claimed.work_key) == (batch, "READY", batch.work_key)


def test_what_was_read_otherwise_than_it_was_sent_is_not_known_for_that_work(caller: Caller) -> None:
    send(caller, FILES, **WORK)
    dataset = Dataset.objects.get()
    (places.uploads_of(dataset.pk) / "a.png").write_bytes(b"a disk that forgets")
    read_dataset(dataset.pk)
    assert (Dataset.objects.get().sha256 != dataset.sha256, Batch.objects.get().work_key) == (True, "")
    assert about(send(caller, FILES, **WORK)) == (201, False, False)


@pytest.mark.parametrize("read", [False, True])
def test_same_files_again_are_the_same_work_and_kept_once(caller: Caller, read: bool) -> None:
    first = send(caller, FILES, **WORK)
    if read:
        read_dataset(Dataset.objects.get().pk)
    again = send(caller, FILES, **WORK)
    assert (about(first), about(again)) == ((201, False, False), (200, True, False))
    assert (first.json()["id"], kept()) == (again.json()["id"], ["READY" if read else "READING"])


def test_same_files_for_other_work_are_kept_and_read_once(caller: Caller) -> None:
    send(caller, FILES, **WORK)
    other = send(caller, FILES, **WORK, subject="others")
    assert (about(other), kept()) == ((201, False, False), ["READING"])
    assert Dataset.objects.get(state="READING").batches.count() == 2


@pytest.mark.parametrize("other", [{"kind": "FOLDER", "location": "/nowhere"}, {"station": "far"}])
def test_files_are_not_given_up_for_those_that_lie_elsewhere(caller: Caller, other: dict[str, str]) -> None:
    far = Station.objects.create(pk="far", host="far-host")
    Slot.objects.create(pk="far/lane-1", station=far, name="lane-1", kind=Slot.Kind.LANE, position=0)
    send(caller, FILES, **WORK)
    read_dataset(Dataset.objects.get().pk)
    Dataset.objects.update(**other)
    assert about(send(caller, FILES, **WORK, subject="other work")) == (201, False, False)
    elsewhere, sent = Dataset.objects.order_by("pk")
    assert Batch.objects.get(subject="other work").dataset == sent
    assert (sent.state, sent.sha256, sent.station_id) == ("READING", elsewhere.sha256, "demo")


def test_work_that_is_done_is_the_answer_to_its_files(caller: Caller) -> None:
    first = send(caller, FILES, **WORK)
    read_dataset(Dataset.objects.get().pk)
    end = {"state": "COMPLETED", "outcome": "PASS", "ended_at": timezone.now(), "slot_id": "demo/lane-1"}
    Batch.objects.update(**end)
    again = send(caller, FILES, **WORK)
    assert (about(again), again.json()["id"], kept()) == ((200, False, True), first.json()["id"], ["READY"])


def send_together(callers: Sequence[Caller], files: Any, **body: Any) -> list[Any]:
    """The answers to the same submit by all of them at the same moment."""
    together = Barrier(len(callers))

    def bring(caller: Caller) -> Any:
        together.wait(20)
        try:
            return send(caller, files, **body)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(callers)) as pool:
        return list(pool.map(bring, callers))


@pytest.mark.django_db(transaction=True)
def test_same_files_at_the_same_moment_are_one_batch() -> None:
    answers = send_together([with_key(Role.OPERATOR) for _ in range(6)], FILES, **WORK)
    assert sorted(map(about, answers)) == [(200, True, False)] * 5 + [(201, False, False)]
    assert ({answer.json()["id"] for answer in answers}, kept()) == ({str(Batch.objects.get().pk)}, ["READING"])


@pytest.mark.django_db(transaction=True)
def test_same_pair_at_the_same_moment_is_one_batch_though_its_target_is_being_read() -> None:
    """Both datasets came with submits, and nobody has read either of them yet."""
    caller = with_key(Role.OPERATOR)
    target = send(caller, {"old.png": b"3"}, **WORK).json()["dataset"]
    pair = {"sequence": "dataset_drift", "target_dataset": target}
    answers = send_together([caller] * 3, FILES, **pair)
    assert sorted(map(about, answers)) == [(200, True, False)] * 2 + [(201, False, False)]


def test_batch_whose_files_cannot_be_read_ends_with_the_reason(caller: Caller) -> None:
    answer = send(caller, FILES, **WORK, subject="tiles")
    fail_reading(Dataset.objects.get().pk, "The disk is broken.")
    batch = caller.get(f"{BATCHES}{answer.json()['id']}/").json()
    sentence = "Dataset 'tiles' cannot be read: The disk is broken."
    assert (batch["state"], batch["outcome"], batch["message"]) == ("FAILED", "ERROR", sentence)
    story = [(line.kind, line.message) for line in read_after(stream_of(batch["id"]))]
    assert story[1:] == [("log", sentence), ("batch.ended", sentence)]


def test_repeated_submit_keeps_its_files_once(caller: Caller) -> None:
    first, again = (send(caller, FILES, key="k-1", **WORK) for _ in range(2))
    assert (about(first), about(again)) == ((201, False, False), (200, True, False))
    assert (first.json()["id"], kept()) == (again.json()["id"], ["READING"])


def test_key_that_was_sent_with_other_files_is_refused(caller: Caller) -> None:
    send(caller, FILES, key="k-1", **WORK)
    answer = send(caller, {**FILES, "a.png": b"other"}, key="k-1", **WORK)
    assert (answer.status_code, kept(), Batch.objects.count()) == (409, ["READING"], 1)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"sequence": "step_loop"}, "files", "'step_loop' works on no files."),
        ({"sequence": "dataset_wrk"}, "sequence", "There is no sequence 'dataset_wrk'."),
        ({**WORK, "dataset": "tiles"}, "dataset", "This is not known here."),
        ({**WORK, "chunk_size": "501"}, "chunk_size", "A chunk has from 1 to 500 items"),
        ({**WORK, "parameters": '{"bins": 0}'}, "parameters", "Parameter 'bins' must be"),
        ({**WORK, "parameters": "{"}, "parameters", "Expected a dictionary"),
        ({**WORK, "fresh": "yes"}, "fresh", "Must be a valid boolean."),
        ({**WORK, "slot": "demo/lane-9"}, "slot", "There is no slot 'demo/lane-9'."),
        ({"sequence": "dataset_pair"}, "target_dataset", "'dataset_pair' compares two datasets."),
        ({"sequence": "dataset_pair", "target_dataset": "x"}, "target_dataset", "There is no dataset 'x'."),
    ],
)
def test_what_is_refused_leaves_nothing(caller: Caller, fields: dict[str, str], field: str, sentence: str) -> None:
    answer = send(caller, FILES, **fields)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert answer.json()["errors"][field][0].startswith(sentence)
    assert (kept(), Batch.objects.count()) == ([], 0)


def test_submit_without_a_file_says_what_is_missing(caller: Caller) -> None:
    answer = send(caller, {}, **WORK)
    assert (answer.status_code, answer.json()["errors"]) == (400, {"files": [NO_FILE]})
    assert (kept(), Batch.objects.count()) == ([], 0)


def test_dataset_that_is_not_there_is_an_unknown_name(caller: Caller) -> None:
    answer = caller.send(BATCHES, {**WORK, "dataset": "tils"})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:gwanje:unknown-name")
    assert list(answer.json()["errors"]) == ["dataset"]


def test_file_that_cannot_be_taken_leaves_nothing(caller: Caller) -> None:
    answer = send(caller, {**FILES, "../up.png": b"3"}, **WORK)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["files"])
    assert (kept(), Batch.objects.count()) == ([], 0)


def test_submit_with_files_needs_the_right_and_the_token_of_a_page() -> None:
    assert send(with_key(Role.VIEWER), FILES, **WORK).status_code == 403
    assert send(logged_in(Role.OPERATOR, enforce_csrf_checks=True), FILES, **WORK).status_code == 403
    assert send(Caller(), FILES, **WORK).status_code == 401
    assert (kept(), Batch.objects.count()) == ([], 0)
