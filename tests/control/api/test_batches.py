"""Batches over the API: submitted, listed, filtered, looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from control.access.rights import Role
from control.api.batches import BatchFacts, WholeBatch
from control.api.new_batch import NewBatch
from control.history.facts import batch_facts
from control.models import Batch, ControlEvent
from control.states import State
from stations.models import Slot, Station
from tests.control.api.callers import Caller, with_key
from tests.rows import demo_station, queued, running

pytestmark = pytest.mark.django_db
BATCHES = "/api/control/batches/"
BUNDLED = ", ".join(sorted(file.parent.name for file in settings.SEQUENCE_DIRS[0].glob("*/manifest.yaml")))
UNKNOWN = "is not known here. Known: LOW, NORMAL, HIGH, URGENT."


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.OPERATOR)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [batch["name"] for batch in answer.json()["results"]]


def test_submit_answers_with_the_batch_and_its_address(caller: Caller):
    answer = caller.send(BATCHES, {"sequence": "board_test", "slot": "demo/slot-1", "subject": "SN-1"})
    batch = Batch.objects.get()
    assert (answer.status_code, answer.json()["id"]) == (201, str(batch.pk))
    assert answer.headers["Location"] == f"http://testserver{BATCHES}{batch.pk}/"
    anew = {"existing": False, "cached": False, "age_s": None}
    assert {**caller.get(answer.headers["Location"]).json(), **anew} == answer.json()


def test_submit_keeps_everything_that_was_given(caller: Caller):
    given = {"name": "night run", "subject": "SN-7", "priority": "URGENT", "parameters": {"boot_time": 1.5}}
    answer = caller.send(BATCHES, {"sequence": "board_test", **given, "reason": "burn-in"}).json()
    assert {name: answer[name] for name in ("name", "subject", "priority")} == {
        name: given[name] for name in ("name", "subject", "priority")
    }
    assert answer["parameters"]["boot_time"] == 1.5
    event = ControlEvent.objects.get()
    assert (event.face, event.reason, event.by) == ("API", "burn-in", "user-0 (ci)")
    assert (answer["trigger"], answer["created_by"]) == ("API", "user-0 (ci)")


def test_submit_without_sequence_runs_the_default_of_the_station(caller: Caller):
    assert caller.send(BATCHES, {}).json()["sequence"] == "board_test"


def test_submit_without_sequence_runs_the_default_of_the_slot_first(caller: Caller):
    Slot.objects.filter(pk="demo/slot-2").update(sequence="step_loop")
    assert caller.send(BATCHES, {"slot": "demo/slot-2"}).json()["sequence"] == "step_loop"


def test_submit_without_any_default_says_what_there_is(caller: Caller):
    Station.objects.update(default_sequence="")
    answer = caller.send(BATCHES, {"slot": None})
    detail = f"No sequence was named, and there is no default one. Known: {BUNDLED}."
    assert (answer.status_code, answer.json()["detail"]) == (400, detail)


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"sequence": "board_tset"}, "sequence", "There is no sequence 'board_tset'. Did you mean 'board_test'?"),
        ({"slot": "demo/slot-3"}, "slot", "There is no slot 'demo/slot-3'. Did you mean 'demo/slot-2'?"),
        ({"sequnce": "x"}, "sequnce", "This is not known here. Did you mean 'sequence'?"),
        ({"sequence": 5}, "sequence", "Not a valid string."),
        ({"wait": "no"}, "wait", "Must be a valid boolean."),
        ({"priority": "high"}, "priority", f"'high' {UNKNOWN}"),
        ({"priority": "x" * 9999}, "priority", f"'{'x' * 100}…' {UNKNOWN}"),
        (
            {"sequence": "x" * 9999},
            "sequence",
            f"There is no sequence '{'x' * 100}…'. Known: {BUNDLED}.",
        ),
        ({"x" * 9999: 1}, "x" * 100 + "…", f"This is not known here. Known: {', '.join(sorted(NewBatch().fields))}."),
        ({"name": "x" * 201}, "name", "The name has 201 characters, at most 200 are kept. Shorten it."),
        ({"reason": "x" * 501}, "reason", "The reason has 501 characters, at most 500 are kept. Shorten it."),
        (
            {"subject": "SN\u202e1"},
            "subject",
            "The subject holds the invisible character U+202E. Write it on one line, without such characters.",
        ),
        (
            {"name": "night\a"},
            "name",
            "The name holds the invisible character U+0007. Write it on one line, without such characters.",
        ),
        (
            {"parameters": {"boot_time": "9" * 9999}},
            "parameters",
            f"Parameter 'boot_time' must be a number from 0 to 30 s, it is '{'9' * 99}….",
        ),
        ({"subject": "a\0b"}, "subject", "It holds a character that cannot be kept: U+0000, or half of a pair."),
        (
            {"parameters": {"boot_time": 99}},
            "parameters",
            "Parameter 'boot_time' must be a number from 0 to 30 s, it is 99.",
        ),
        ({"parameters": {"boot_time": 10**30}}, "parameters", "It holds a whole number of more than 64 bits."),
    ],
)
def test_submit_refuses_and_names_the_field(caller: Caller, body: dict[str, Any], field: str, sentence: str):
    answer = caller.send(BATCHES, body)
    assert (answer.status_code, answer.json()["errors"]) == (400, {field: [sentence]})
    assert not Batch.objects.exists()


def test_a_number_that_no_float_holds_is_told_as_it_was_written(caller: Caller):
    body = '{"sequence": "board_test", "parameters": {"boot_time": 1e400}}'
    answer = caller.post(BATCHES, body, content_type="application/json").json()
    assert answer["detail"] == "Parameter 'boot_time' must be a number from 0 to 30 s, it is 1e400."


def test_submit_that_may_not_wait_is_refused_by_a_busy_slot(caller: Caller):
    running()
    answer = caller.send(BATCHES, {"slot": "demo/slot-1", "wait": False})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:gwanje:wrong-state")


def test_submit_tells_how_many_are_ahead(caller: Caller):
    running()
    queued()
    assert caller.send(BATCHES, {"slot": "demo/slot-1"}).json()["ahead"] == 2


def test_batches_come_newest_first_in_pages(caller: Caller):
    for number in range(5):
        queued(name=str(number))
    first = caller.get(BATCHES, {"limit": 2})
    second = caller.get(first.json()["next"])
    third = caller.get(second.json()["next"])
    assert [names(page) for page in (first, second, third)] == [["4", "3"], ["2", "1"], ["0"]]
    assert (first.json()["previous"], third.json()["next"]) == (None, None)
    assert names(caller.get(third.json()["previous"])) == ["2", "1"]


def test_pages_stay_right_while_batches_are_added(caller: Caller):
    for number in range(3):
        queued(name=str(number))
    first = caller.get(BATCHES, {"limit": 2}).json()
    queued(name="late")
    assert names(caller.get(first["next"])) == ["0"]


def test_the_usual_page_has_twenty_batches(caller: Caller):
    Batch.objects.bulk_create(_copies(queued(), 21))
    assert len(names(caller.get(BATCHES))) == 20


def _copies(batch: Batch, count: int) -> list[Batch]:
    columns = {field.attname: getattr(batch, field.attname) for field in Batch._meta.fields if field.name != "id"}
    return [Batch(**columns) for _ in range(count)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "QUEUED"}, ["b"]),
        ({"state": ["QUEUED", "STOPPED"]}, ["b", "a"]),
        ({"outcome": "NONE"}, ["b", "a"]),
        ({"outcome": "PASS"}, []),
        ({"sequence": "step_loop"}, ["b"]),
        ({"station": "demo"}, ["b", "a"]),
        ({"slot": "demo/slot-2"}, ["a"]),
        ({"trigger": "MANUAL"}, ["b", "a"]),
        ({"trigger": "API"}, []),
        ({"subject": "SN-1"}, ["a"]),
        ({"subject": "SN"}, []),
        ({"state": "QUEUED", "sequence": "board_test"}, []),
    ],
)
def test_filters_narrow_the_list(caller: Caller, query: dict[str, Any], found: list[str]):
    stopped = queued(slot="demo/slot-2", name="a", subject="SN-1")
    Batch.objects.filter(pk=stopped.pk).update(state=State.STOPPED, ended_at=timezone.now())
    queued("step_loop", slot=None, name="b")
    assert names(caller.get(BATCHES, query)) == found


def test_filters_by_time_meet_without_overlap(caller: Caller):
    old, new = queued(name="old"), queued(name="new")
    Batch.objects.filter(pk=old.pk).update(created_at=new.created_at - timedelta(hours=1))
    moment = new.created_at.isoformat()
    assert names(caller.get(BATCHES, {"created_after": moment})) == ["new"]
    assert names(caller.get(BATCHES, {"created_before": moment})) == ["old"]


def test_a_day_alone_begins_at_midnight_of_the_host(caller: Caller):
    batch = queued(name="today")
    day = timezone.localtime(batch.created_at).date()
    assert names(caller.get(BATCHES, {"created_after": day.isoformat()})) == ["today"]
    assert names(caller.get(BATCHES, {"created_before": day.isoformat()})) == []
    assert names(caller.get(BATCHES, {"created_after": (day + timedelta(days=1)).isoformat()})) == []


def test_a_sequence_that_has_runs_but_no_package_can_be_filtered(caller: Caller):
    Batch.objects.filter(pk=queued(name="a").pk).update(sequence="of_last_year")
    assert names(caller.get(BATCHES, {"sequence": "of_last_year"})) == ["a"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "RUNING"}, "state"),
        ({"outcome": "pass"}, "outcome"),
        ({"trigger": "ME"}, "trigger"),
        ({"sequence": "nothing"}, "sequence"),
        ({"station": "nowhere"}, "station"),
        ({"slot": "slot-1"}, "slot"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_after": "0001-01-01T00:00:00+23:00"}, "created_after"),
        ({"created_before": "9999-12-31T23:59:59-23:00"}, "created_before"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "cD1mb28="}, "cursor"),  # p=foo
        ({"stat": "RUNNING"}, "stat"),
        ({"format": "xml"}, "format"),
        ({"slot": ""}, "slot"),
        ({"slot": ["demo/slot-1", "demo/slot-2"]}, "slot"),
    ],
)
def test_an_unknown_filter_or_value_is_refused_by_name(caller: Caller, query: dict[str, Any], field: str):
    answer = caller.get(BATCHES, query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_an_unknown_state_is_told_the_known_ones(caller: Caller):
    known = "QUEUED, RUNNING, PAUSED, COMPLETED, FAILED, STOPPED, ABORTED, CRASHED"
    answer = caller.get(BATCHES, {"state": "RUNING"})
    assert answer.json()["detail"] == f"state: 'RUNING' is not known here. Known: {known}."


def test_an_unknown_batch_is_not_found(caller: Caller):
    nobody = "018f0000-0000-7000-8000-000000000000"
    answer = caller.get(f"{BATCHES}{nobody}/")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        f"There is no batch {nobody}. It may have been pruned.",
    )


def test_nothing_on_the_way_keeps_an_answer(caller: Caller):
    answers = [caller.get(BATCHES), caller.send(BATCHES, {}), caller.get("/api/nothing/"), Caller().get(BATCHES)]
    assert ["no-store" in answer.headers["Cache-Control"] for answer in answers] == [True] * 4


def test_the_schema_describes_exactly_the_facts(caller: Caller):
    batch = queued()
    assert list(BatchFacts().fields) == list(batch_facts(batch, timezone.now()))
    assert set(WholeBatch().fields) == set(caller.get(f"{BATCHES}{batch.pk}/").json())
