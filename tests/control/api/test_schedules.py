"""Schedules over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from control.access.rights import Role
from control.api.schedules import ScheduleFacts
from control.models import Batch, ControlEvent, Schedule
from tests.control.api.callers import Caller, with_key
from tests.rows import demo_station, scheduled

pytestmark = pytest.mark.django_db

ALL = "/api/schedules/"
NIGHTLY = {
    "name": "nightly",
    "action": "RUN_SEQUENCE",
    "order": {"sequence": "board_test", "slot": "demo/slot-1", "priority": "HIGH"},
    "cron": "30 2 * * *",
}


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.ENGINEER)


def one(schedule: Schedule) -> str:
    return f"{ALL}{schedule.pk}/"


def change(caller: Caller, schedule: Schedule, **body: Any) -> Any:
    return caller.send(one(schedule), body, "patch")


def test_a_new_schedule_is_where_the_answer_says(caller: Caller):
    answer = caller.send(ALL, {**NIGHTLY, "reason": "burn-in"})
    made = answer.json()
    assert (answer.status_code, caller.get(answer.headers["Location"]).json()) == (201, made)
    assert list(made) == list(ScheduleFacts().fields)
    assert made["order"] == {**NIGHTLY["order"], "name": "", "subject": "", "parameters": {}}
    event = ControlEvent.objects.get()
    assert (event.face, event.by, event.reason) == ("API", f"{event.user} (ci)", "burn-in")


def test_a_schedule_tells_its_next_times_in_utc(caller: Caller):
    facts = caller.get(one(scheduled(time_zone="Europe/London", cron="0 12 1 1 *"))).json()
    assert [at[4:] for at in facts["next_times"]] == ["-01-01T12:00:00Z"] * 3
    assert (facts["next_at"], facts["time_zone"]) == (facts["next_times"][0], "Europe/London")


def test_a_disabled_schedule_has_no_next_times(caller: Caller):
    facts = caller.get(one(scheduled(enabled=False))).json()
    assert (facts["next_at"], facts["next_times"]) == (None, [])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"action": "EXEC"}, "action"),
        ({"action": "os.system"}, "action"),
        ({"func": "os.system"}, "func"),
        ({"order": None}, "sequence"),
        ({"order": {"sequence": "bord_test"}}, "sequence"),
        ({"order": {"sequence": "board_test", "slot": "demo/slot-9"}}, "slot"),
        ({"order": {"sequence": "board_test", "parameters": {"bogus": 1}}}, "parameters"),
        ({"order": {"sequence": "board_test", "wait": False}}, "order"),
        ({"cron": "nightly"}, "cron"),
        ({"every_s": 60}, "cron"),
        ({"cron": "", "every_s": 59}, "every_s"),
        ({"cron": "", "every_s": "60"}, "every_s"),
        ({"cron": "", "every_s": True}, "every_s"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"station": "mars"}, "station"),
        ({"action": "BACKUP", "order": None, "options": {"keep_days": -1}}, "keep_days"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(caller: Caller, wrong: dict[str, Any], field: str):
    answer = caller.send(ALL, {**NIGHTLY, **wrong})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert Schedule.objects.count() == 0


def test_a_change_leaves_the_rest_as_it_is(caller: Caller):
    schedule = scheduled()
    before = caller.get(one(schedule)).json()
    after = change(caller, schedule, name="daily").json()
    assert {name for name in after if after[name] != before[name]} == {"name"}


def test_cron_and_interval_take_each_others_place(caller: Caller):
    schedule = scheduled()
    answers = [change(caller, schedule, **body).json() for body in ({"every_s": 600}, {"cron": "0 8 * * *"})]
    assert [(answer["cron"], answer["every_s"]) for answer in answers] == [("", 600), ("0 8 * * *", None)]


def test_another_action_has_none_of_the_old_ones_options(caller: Caller):
    schedule = scheduled()
    changed = change(caller, schedule, action="BACKUP", options={"keep_days": 3}).json()
    assert (changed["order"], changed["options"]) == (None, {"keep_days": 3})


def test_a_schedule_is_removed_and_then_not_found(caller: Caller):
    schedule = scheduled()
    assert [caller.delete(one(schedule)).status_code for _ in range(2)] == [204, 404]


def test_run_now_answers_with_the_new_batch(caller: Caller):
    schedule = scheduled(enabled=False)
    answer = caller.send(f"{one(schedule)}run/", {"reason": "hurry"})
    batch = Batch.objects.get()
    assert (answer.status_code, answer.json()["last_batch"], batch.trigger) == (202, str(batch.pk), "API")
    assert ControlEvent.objects.get(batch=batch).reason == "hurry"


def test_run_now_is_refused_while_the_last_run_goes_on(caller: Caller):
    schedule = scheduled()
    answers = [caller.send(f"{one(schedule)}run/").status_code for _ in range(2)]
    assert (answers, caller.get(one(schedule)).json()["going_on"]) == ([202, 409], True)


def test_a_list_of_three_costs_as_much_as_a_list_of_one(django_assert_num_queries: Callable[[int], Any]):
    caller = with_key(Role.VIEWER)
    for names in (["a"], ["b", "c"]):
        for name in names:
            scheduled(name=name)
        with django_assert_num_queries(3):  # two of them for the key
            page = caller.get(ALL).json()
    assert [row["name"] for row in page["results"]] == ["a", "b", "c"]
