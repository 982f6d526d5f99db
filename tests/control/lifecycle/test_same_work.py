"""Work that need not be done twice is answered with the batch that does it, or has done it."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from control.lifecycle import same_work
from control.lifecycle.follow import Mode, rerun_batch, restart_batch, resume_batch
from control.lifecycle.packages import find_package
from control.lifecycle.recover import recover_crashed
from control.lifecycle.same_work import TwinIsLive, batches_of_work, finished_twins
from control.lifecycle.steer import change_settings, skip_step
from control.lifecycle.submit import Answer, Order, submit_once
from control.models import Batch, ChunkedStep, ControlEvent, Dataset, Item
from control.states import State
from stations.models import Slot
from tests.control.lifecycle.work import add_step, plan_of, work_station
from tests.rows import ANNA, dataset

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


@pytest.fixture
def tiles() -> Dataset:
    return dataset("tiles")


def asked(tiles: Dataset, sequence: str = "dataset_work", **more: Any) -> Answer:
    order = Order(sequence, dataset=str(tiles.pk), **more)
    return submit_once(order, by=ANNA, trigger=Batch.Trigger.MANUAL)


def begun(batch: Batch) -> Batch:
    Batch.objects.filter(pk=batch.pk).update(state=State.RUNNING, slot="demo/lane-1", plan=plan_of(resumable=True))
    batch.refresh_from_db()
    return batch


def ended(batch: Batch, state: State = State.COMPLETED, **columns: Any) -> Batch:
    began = timezone.now() - timedelta(minutes=4)
    end = {"state": state, "started_at": began, "ended_at": began + timedelta(minutes=1), "slot_id": "demo/lane-1"}
    Batch.objects.filter(pk=batch.pk).update(**{**end, "outcome": "PASS", **columns})
    batch.refresh_from_db()
    return batch


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.PAUSED])
def test_same_work_is_answered_with_the_batch_that_does_it(tiles: Dataset, state: State) -> None:
    first = asked(tiles)
    Batch.objects.filter(pk=first.batch.pk).update(state=state, slot="demo/lane-1")
    again = asked(tiles)
    assert (first.existing, again.existing, again.cached, again.age_s) == (False, True, False, None)
    assert again.batch == first.batch


def test_batch_tells_who_asked_for_it_again(tiles: Dataset) -> None:
    batch = asked(tiles).batch
    order = Order("dataset_work", dataset=str(tiles.pk))
    for reason in ("for the report", "once more"):
        submit_once(order, by=replace(ANNA, name="kim"), trigger=Batch.Trigger.MANUAL, reason=reason)
    first, again = ControlEvent.objects.filter(batch=batch)
    assert (first.by, first.details) == ("anna", {})
    assert (again.by, again.reason, again.details) == ("kim", "for the report", {"asked_again": True})
    assert (again.kind, again.after, again.obeyed_at is None) == ("BATCH_START", {"state": "QUEUED"}, False)


def test_fresh_work_never_runs_beside_its_twin(tiles: Dataset) -> None:
    first = asked(tiles)
    assert asked(tiles, fresh=True) == Answer(first.batch, existing=True)


def test_name_priority_and_chunks_do_not_make_other_work(tiles: Dataset) -> None:
    first = asked(tiles, name="morning")
    again = asked(tiles, name="evening", priority=Batch.Priority.URGENT, chunk_size=3, lanes=1)
    assert again.batch == first.batch


def test_dataset_of_the_same_content_is_the_same_work(tiles: Dataset) -> None:
    assert asked(dataset("tiles", name="a copy")).batch == asked(tiles).batch


def test_a_whole_number_is_the_same_as_that_float(tiles: Dataset) -> None:
    assert asked(tiles, parameters={"threshold": 1}).batch == asked(tiles, parameters={"threshold": 1.0}).batch


@pytest.mark.parametrize(
    "more", [{"subject": "SN-1"}, {"parameters": {"bins": 11}}, {"max_pixels": 500}, {"item_timeout_s": 0.5}]
)
def test_other_subject_parameters_or_bounds_of_an_item_are_other_work(tiles: Dataset, more: dict[str, Any]) -> None:
    first, other = asked(tiles), asked(tiles, **more)
    assert (other.existing, other.batch != first.batch) == (False, True)


def test_bounds_of_an_item_count_as_what_they_come_to(tiles: Dataset) -> None:
    manifest = find_package("dataset_work").manifest.items
    asked_by_name = asked(tiles, max_pixels=manifest.max_pixels, item_timeout_s=manifest.timeout_s)
    assert asked_by_name.batch == asked(tiles).batch


def test_other_content_is_other_work(tiles: Dataset) -> None:
    first, other = asked(tiles), asked(dataset("stones"))
    assert (other.existing, other.batch != first.batch) == (False, True)


def test_changed_package_is_other_work(tiles: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    done = ended(asked(tiles).batch)
    Batch.objects.filter(pk=done.pk).update(work_key="0" * 64)  # what another content of the package comes to
    assert asked(tiles).cached is False


def test_changed_figure_that_packages_share_makes_other_work(
    tiles: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = ended(asked(tiles).batch)
    changed = shutil.copytree(same_work.SHARED, tmp_path / "images")
    monkeypatch.setattr(same_work, "SHARED", changed)
    assert asked(tiles).batch == done
    (changed / "drift.py").write_text("LIMIT = 0.3\n")
    assert asked(tiles).cached is False


def test_finished_work_is_answered_at_once_with_its_age(tiles: Dataset) -> None:
    done = ended(asked(tiles).batch)
    OrmQ.objects.all().delete()
    again = asked(tiles)
    assert (again.batch, again.existing, again.cached) == (done, False, True)
    assert 170 < again.age_s < 600
    assert (Batch.objects.count(), OrmQ.objects.count()) == (1, 0)


def test_finished_work_is_an_answer_also_while_no_lane_takes_work(tiles: Dataset) -> None:
    done = ended(asked(tiles).batch)
    Slot.objects.update(latch={"id": "x", "by": "anna"})
    assert asked(tiles).batch == done


def test_verdict_of_fail_is_an_answer(tiles: Dataset) -> None:
    done = ended(asked(tiles).batch, outcome="FAIL")
    assert asked(tiles).batch == done


def failed_item(batch: Batch, exception: str) -> None:
    what = {"path": "0.png", "state": "FAILED", "exception": exception, "at": timezone.now()}
    Item.objects.create(batch=batch, step=1, index=0, **what)


@pytest.mark.parametrize("exception", ["OSError", "ItemTimeout", "ItemLost", "ItemCrashed", "LaneLost"])
def test_work_with_items_that_failed_by_passing_trouble_is_no_answer(tiles: Dataset, exception: str) -> None:
    done = ended(asked(tiles).batch)
    failed_item(done, exception)
    again = asked(tiles)
    assert (again.cached, again.batch != done) == (False, True)


def test_work_with_bad_items_is_an_answer(tiles: Dataset) -> None:
    done = ended(asked(tiles).batch)
    failed_item(done, "BadItem")
    assert (asked(tiles).cached, asked(tiles).batch) == (True, done)


def test_newest_of_several_results_is_the_answer(tiles: Dataset) -> None:
    ended(asked(tiles).batch)
    newest = ended(asked(tiles, fresh=True).batch)
    assert asked(tiles).batch == newest


def test_fresh_does_it_anew(tiles: Dataset) -> None:
    done = ended(asked(tiles).batch)
    anew = asked(tiles, fresh=True)
    assert (anew.existing, anew.cached, anew.batch != done) == (False, False, True)


@pytest.mark.parametrize("state", [State.FAILED, State.STOPPED, State.ABORTED, State.CRASHED])
def test_what_did_not_come_to_its_end_is_no_answer(tiles: Dataset, state: State) -> None:
    ended(asked(tiles).batch, state, outcome="ERROR")
    assert asked(tiles).cached is False


def change(batch: Batch) -> Batch:
    return change_settings(begun(batch).pk, {"threshold": 0.7}, by=ANNA)


def skip(batch: Batch) -> Batch:
    return skip_step(begun(batch).pk, step="last", by=ANNA)


@pytest.mark.parametrize("touch", [change, skip])
def test_what_somebody_touched_is_neither_twin_nor_answer(tiles: Dataset, touch: Callable[[Batch], Batch]) -> None:
    touched = touch(asked(tiles).batch)
    beside = asked(tiles)
    assert (beside.existing, beside.batch != touched) == (False, True)
    ended(beside.batch, State.STOPPED)
    ended(touched)
    assert asked(tiles).cached is False


def with_results(batch: Batch) -> Batch:
    """It has done steps and items, and one of these failed."""
    now = timezone.now()
    for index in range(1, 5):
        add_step(batch, index, "P")
    counts = {"first_of_target": 3, "total_items": 3, "uncut_items": 0}
    ChunkedStep.objects.create(batch=batch, step=1, name="first", **counts, began_at=now, over=True)
    for index, state in enumerate(["COMPLETED", "FAILED", "COMPLETED"]):
        Item.objects.create(batch=batch, step=1, index=index, path=f"{index}.png", state=state, at=now)
    Dataset.objects.update(read_at=now - timedelta(hours=1))
    return batch


def resumed(batch: Batch) -> Batch:
    return resume_batch(ended(batch, State.STOPPED).pk, by=ANNA)


def repeated(mode: Mode, **more: Any) -> Callable[[Batch], Batch]:
    return lambda batch: rerun_batch(ended(batch).pk, mode, by=ANNA, **more)


TAKING_OVER = {
    "resume": resumed,
    "from a step": repeated(Mode.FROM_STEP, step="last"),
    "failed items": repeated(Mode.FAILED_ITEMS),
}


@pytest.mark.parametrize("goes_on", TAKING_OVER.values(), ids=TAKING_OVER)
@pytest.mark.parametrize(("touch", "is_answer"), [(change, False), (skip, False), (begun, True)])
def test_what_goes_on_from_a_batch_is_as_much_of_an_answer(
    tiles: Dataset, touch: Callable[[Batch], Batch], is_answer: bool, goes_on: Callable[[Batch], Batch]
) -> None:
    first = with_results(touch(asked(tiles).batch))
    second = goes_on(first)
    assert bool(second.work_key) is is_answer
    third = ended(goes_on(with_results(begun(second))))
    assert [answer.cached for answer in (asked(tiles), asked(tiles, parameters=third.parameters))] == [is_answer] * 2


def test_run_again_from_the_beginning_is_an_answer_whatever_was_touched_before(tiles: Dataset) -> None:
    again = ended(repeated(Mode.SAME)(skip(asked(tiles).batch)))
    assert asked(tiles).batch == again


def test_steps_of_another_content_are_no_answer(tiles: Dataset) -> None:
    first = ended(with_results(begun(asked(tiles).batch)))
    Dataset.objects.update(sha256="0" * 64)
    ended(repeated(Mode.FROM_STEP, step="last")(first))
    assert asked(Dataset.objects.get()).cached is False


def test_sequence_that_does_not_declare_it_runs_as_often_as_it_is_asked_for(tiles: Dataset) -> None:
    pair = {"sequence": "dataset_pair", "target_dataset": str(tiles.pk)}
    first, second = asked(tiles, **pair), asked(tiles, **pair)
    assert (first.batch != second.batch, second.existing, second.batch.work_key) == (True, False, "")


def test_restart_takes_the_work_over(tiles: Dataset) -> None:
    old = asked(tiles).batch
    Batch.objects.filter(pk=old.pk).update(state=State.RUNNING, slot="demo/lane-1", plan=[])
    new = restart_batch(old.pk, by=ANNA)
    assert (new.dataset, new.origin) == (tiles, old)
    assert asked(tiles).batch == new


def test_run_again_is_never_answered_with_the_old_result(tiles: Dataset) -> None:
    done = ended(asked(tiles).batch)
    new = rerun_batch(done.pk, Mode.SAME, by=ANNA)
    assert (new.origin, new.work_key, new != done) == (done, done.work_key, True)


def test_run_again_is_refused_beside_the_same_work(tiles: Dataset) -> None:
    done = ended(asked(tiles).batch)
    running = asked(tiles, fresh=True).batch
    with pytest.raises(TwinIsLive) as refused:
        rerun_batch(done.pk, Mode.SAME, by=ANNA)
    assert str(refused.value) == (
        f"The same work is being done already, as batch {running.pk}. Wait for it, or stop it first."
    )
    assert Batch.objects.count() == 2


def test_resumption_is_refused_beside_the_same_work(tiles: Dataset) -> None:
    stopped = ended(asked(tiles).batch, State.STOPPED, outcome="NONE")
    running = asked(tiles).batch
    with pytest.raises(TwinIsLive) as refused:
        resume_batch(stopped.pk, by=ANNA)
    assert refused.value.batch == running


def test_crash_is_answered_once_however_many_look(tiles: Dataset) -> None:
    crashed = ended(asked(tiles).batch, State.CRASHED, outcome="ERROR", restarts_left=1)
    [new] = recover_crashed("demo")
    assert recover_crashed("demo") == []
    crashed.refresh_from_db()
    assert (new.work_key, crashed.restarts_left) == (crashed.work_key, 1)


@pytest.mark.django_db(transaction=True)
def test_fifty_who_ask_at_once_get_one_batch(tiles: Dataset) -> None:
    answers: list[Answer] = []
    together = threading.Barrier(50)

    def ask() -> None:
        together.wait()
        try:
            answers.append(asked(tiles))
        finally:
            connection.close()

    people = [threading.Thread(target=ask) for _ in range(50)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    [batch] = Batch.objects.all()
    assert Counter(answer.existing for answer in answers) == {True: 49, False: 1}
    assert {answer.batch for answer in answers} == {batch}


def test_work_is_found_by_index_however_many_batches_there_are(tiles: Dataset) -> None:
    key = asked(tiles).batch.work_key
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = finished_twins(key).explain()
    assert ("batch_by_work" in plan, "item_failed" in plan) == (True, True)
    assert not batches_of_work("").exists()
