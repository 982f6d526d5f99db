"""Schedules in the admin: typed in, judged by the lifecycle, run by POST."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from control.admin.schedule_words import next_run_of, what_of, when_of
from control.models import Batch, ControlEvent, Schedule
from tests.control.admin.story import VISITORS, change, changelist, shown, visitor
from tests.control.lifecycle.work import PACKAGES
from tests.rows import dataset, scheduled

ADD = "/admin/control/schedule/add/"
FORM = {
    **{"name": "nightly", "enabled": "on", "station": "", "action": "RUN_SEQUENCE", "sequence": "board_test"},
    **{"slot": "demo/slot-1", "subject": "SN-1", "batch_name": "", "priority": "HIGH", "parameters": ""},
    **{"keep_days": "", "older_than_days": "", "cron": "30 2 * * *", "every": "", "time_zone": ""},
}


@pytest.fixture
def engineer(station):
    return visitor("engineer")


def errors(response):
    return dict(response.context["adminform"].form.errors)


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_a_new_schedule_waits_and_names_its_author(engineer):
    assert engineer.post(ADD, FORM).status_code == 302
    schedule = Schedule.objects.get()
    assert (schedule.name, schedule.order["subject"], schedule.order["priority"]) == ("nightly", "SN-1", "HIGH")
    event = ControlEvent.objects.get()
    assert (event.kind, event.by, event.face, event.scope) == ("SCHEDULE_CHANGE", "engineer", "ADMIN", "nightly")
    assert schedule.created_by == event.user


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"action": "BACKUP"}, {"action": "BACKUP", "options": {"keep_days": 7}, "order": {}}),
        ({"action": "PRUNE", "older_than_days": "90"}, {"action": "PRUNE", "options": {"older_than_days": 90}}),
        ({"cron": "", "every": "12h"}, {"cron": "", "every_s": 43_200}),
        ({"cron": " 0  8 * * 1 "}, {"cron": "0 8 * * 1", "every_s": None}),
        ({"time_zone": "Europe/Berlin"}, {"time_zone": "Europe/Berlin"}),
    ],
)
def test_what_is_typed_is_kept(engineer, typed, kept):
    engineer.post(ADD, {**FORM, **typed})
    assert Schedule.objects.values(*kept).get() == kept


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"action": "os.system"}, "action", "Select a valid choice."),
        ({"sequence": ""}, "sequence", "Say which sequence to run."),
        ({"slot": "demo/lane-1"}, "__all__", "Slot demo/lane-1 has no board"),
        ({"parameters": "{"}, "parameters", "This is no JSON:"),
        ({"parameters": "[1]"}, "parameters", "Write names and values: {…}."),
        ({"parameters": r'{"burn_in_time": "\u0000"}'}, "parameters", "It holds a character that cannot be kept"),
        ({"parameters": '{"bogus": 1}'}, "parameters", "There is no parameter 'bogus'."),
        ({"action": "PRUNE"}, "older_than_days", "'older_than_days' takes a whole number of days"),
        ({"cron": "0 2 * *"}, "cron", "A cron line has five fields"),
        ({"every": "12h"}, "cron", "Say when: either a cron line or an interval, not both."),
        ({"cron": "", "every": "soon"}, "every", "This is no time. Write it such as 15m, 12h or 7d."),
        ({"cron": "", "every": "30s"}, "every", "An interval takes from 60"),
        ({"cron": "", "every": "61500ms"}, "every", "This is no time."),
        ({"time_zone": "Mars/Base"}, "time_zone", "There is no time zone 'Mars/Base'."),
    ],
)
@pytest.mark.any_database
def test_what_is_wrong_is_said_at_its_field(engineer, typed, field, sentence):
    found = errors(engineer.post(ADD, {**FORM, **typed}))
    assert (list(found), found[field][0][: len(sentence)]) == ([field], sentence)
    assert Schedule.objects.count() == 0


def test_the_form_shows_what_is_kept(engineer):
    schedule = scheduled(cron="", every_s=5400)
    form = engineer.get(change(schedule)).context["adminform"].form
    shown_now = {name: form.get_initial_for_field(form.fields[name], name) for name in ("every", "sequence", "slot")}
    assert shown_now == {"every": "90m", "sequence": "board_test", "slot": "demo/slot-1"}


def test_saving_what_is_shown_changes_nothing(engineer):
    schedule = scheduled()
    form = engineer.get(change(schedule)).context["adminform"].form
    values = {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields}
    assert engineer.post(change(schedule), {name: value or "" for name, value in values.items()}).status_code == 302
    assert (ControlEvent.objects.count(), Schedule.objects.get().next_at) == (1, schedule.next_at)


def test_a_change_is_on_record(engineer):
    schedule = scheduled()
    engineer.post(change(schedule), {**FORM, "cron": "0 8 * * *"})
    event = ControlEvent.objects.latest("pk")
    assert (event.details, event.before["cron"], event.after["cron"]) == (
        {"change": "changed"},
        "30 2 * * *",
        "0 8 * * *",
    )


def test_the_page_shows_the_next_three_runs(engineer):
    schedule = scheduled(time_zone="UTC")
    text = engineer.get(change(schedule)).content.decode()
    days = [(schedule.next_at + timedelta(days=day)).strftime("%Y-%m-%d 02:30:00") for day in range(3)]
    assert re.findall(r">(\S+ 02:30:00)<", text) == days


def test_a_deleted_schedule_is_on_record(engineer):
    schedule = scheduled()
    engineer.post(f"/admin/control/schedule/{schedule.pk}/delete/", {"post": "yes"})
    assert (Schedule.objects.count(), ControlEvent.objects.latest("pk").details) == (0, {"change": "deleted"})


def test_selected_schedules_are_deleted_on_record(engineer):
    selected = [scheduled(name=name).pk for name in "ab"]
    post = {"action": "delete_selected", "_selected_action": selected, "post": "yes"}
    engineer.post(changelist(Schedule), post)
    changes = [event.details["change"] for event in ControlEvent.objects.order_by("pk")]
    assert (Schedule.objects.count(), changes) == (0, ["created", "created", "deleted", "deleted"])


@pytest.mark.parametrize(
    ("action", "enabled", "message"),
    [("enable", True, "nightly is enabled."), ("disable", False, "nightly is disabled.")],
)
def test_schedules_are_enabled_and_disabled_from_the_list(engineer, action, enabled, message):
    schedule = scheduled(enabled=not enabled)
    response = engineer.post(changelist(Schedule), {"action": action, "_selected_action": [schedule.pk]})
    assert (Schedule.objects.get().enabled, told(response)) == (enabled, [message])


def test_run_now_is_a_batch_of_whoever_presses_or_a_sentence(engineer):
    post = {"action": "run_now", "_selected_action": [scheduled().pk]}
    responses = [engineer.post(changelist(Schedule), post) for _ in range(2)]
    batch = Batch.objects.get()
    assert (batch.trigger, batch.submitted_by) == ("MANUAL", "engineer")
    refused = "nightly: The last run of schedule 'nightly' has not ended yet. Wait for it, or stop its batch."
    assert told(responses[1]) == ["nightly runs now.", refused]


@pytest.mark.parametrize("who", VISITORS)
@pytest.mark.any_database
def test_schedules_are_changed_by_engineers_and_administrators_alone(station, who):
    schedule = scheduled(enabled=False)
    client = visitor(who)
    client.post(ADD, {**FORM, "name": "other"})
    client.post(change(schedule), {**FORM, "enabled": ""})
    client.post(changelist(Schedule), {"action": "run_now", "_selected_action": [schedule.pk]})
    client.post(f"/admin/control/schedule/{schedule.pk}/delete/", {"post": "yes"})
    allowed = who in ("engineer", "admin")
    left = sorted(Schedule.objects.values_list("name", flat=True))
    assert (left, Batch.objects.count()) == ((["other"], 1) if allowed else (["nightly"], 0))


@pytest.mark.any_database
def test_a_schedule_is_not_run_without_a_token_of_the_page(engineer):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = engineer.cookies
    post = {"action": "run_now", "_selected_action": [scheduled().pk]}
    assert (strict.post(changelist(Schedule), post).status_code, Batch.objects.count()) == (403, 0)


def test_who_was_late_is_told_so(engineer):
    schedule = scheduled()
    address = change(schedule)
    schedule.delete()
    assert engineer.post(address, FORM).status_code == 302


def test_schedules_are_found_by_name_and_filters(engineer):
    first, second = scheduled(name="first"), scheduled(name="second", enabled=False)
    chosen = ({"q": "fir"}, {"enabled": "False"}, {"action": "BACKUP"}, {"station": "demo"})
    assert [shown(engineer, changelist(Schedule, **one)) for one in chosen] == [
        [first.pk],
        [second.pk],
        [],
        [first.pk, second.pk],
    ]


@pytest.mark.parametrize(
    ("timing", "words"),
    [
        ({"cron": "0 8 * * *"}, "Every day at 08:00"),
        ({"cron": "30 6 * * 1"}, "Every week, Monday at 06:30"),
        ({"cron": "30 6 * * 7"}, "Every week, Sunday at 06:30"),
        ({"cron": "30 6 * * 0"}, "Every week, Sunday at 06:30"),
        ({"cron": "30 6 * * SAT"}, "Every week, Saturday at 06:30"),
        ({"cron": "5 * * * *"}, "Every hour at minute 5"),
        ({"cron": "*/15 * * * *"}, "Every 15 minutes"),
        ({"cron": "* * * * *"}, "Every 1 minute"),
        ({"cron": "*/45 * * * *"}, "*/45 * * * *"),
        ({"cron": "0 8 1 * *"}, "0 8 1 * *"),
        ({"every_s": 60}, "Every 1 minute"),
        ({"every_s": 5400}, "Every 90 minutes"),
        ({"every_s": 43_200}, "Every 12 hours"),
        ({"every_s": 86_400}, "Every 1 day"),
        ({"every_s": 90}, "Every 90 seconds"),
    ],
)
def test_usual_times_are_told_in_words(timing, words):
    assert when_of(Schedule(**timing)) == words


def test_actions_are_told_in_words():
    made = [
        Schedule(action="RUN_SEQUENCE", order={"sequence": "step_loop", "slot": None}),
        Schedule(action="BACKUP", options={"keep_days": 7}),
        Schedule(action="PRUNE", options={"older_than_days": 1}),
    ]
    told_so = ["step_loop", "Back up (kept for 7 days)", "Remove old batches (older than 1 day)"]
    assert [what_of(schedule) for schedule in made] == told_so


def test_the_next_run_is_told_in_the_zone_of_the_schedule_and_from_now():
    schedule = Schedule(
        cron="0 8 * * *", time_zone="Asia/Seoul", next_at=timezone.now() + timedelta(hours=3, minutes=1)
    )
    assert next_run_of(schedule).endswith("<small>in 3\xa0hours</small>")
    schedule.next_at = timezone.now() + timedelta(seconds=20)
    assert next_run_of(schedule).endswith("<small>in less than a minute</small>")
    schedule.next_at = datetime(2026, 6, 1, 23, tzinfo=UTC)
    assert "2026-06-02 08:00:00" in next_run_of(schedule)


def test_schedule_keeps_its_dataset_and_how_it_goes_over_items_when_it_is_changed(engineer, settings):
    settings.SEQUENCE_DIRS = [*settings.SEQUENCE_DIRS, PACKAGES]
    tiles = dataset("tiles")
    of_items = {"sequence": "dataset_work", "slot": "", "on_dataset": str(tiles.pk)}
    assert engineer.post(ADD, {**FORM, **of_items}).status_code == 302
    schedule = Schedule.objects.get()
    Schedule.objects.update(order={**schedule.order, "chunk_size": 0, "lanes": 1})
    typed = {**FORM, **of_items, "name": "renamed", "fresh": "on"}
    assert engineer.post(f"/admin/control/schedule/{schedule.pk}/change/", typed).status_code == 302
    schedule.refresh_from_db()
    kept = {name: schedule.order[name] for name in ("dataset", "chunk_size", "lanes", "fresh")}
    assert (schedule.name, kept) == (
        "renamed",
        {"dataset": str(tiles.pk), "chunk_size": 0, "lanes": 1, "fresh": True},
    )


def test_schedule_without_the_dataset_that_it_needs_is_refused_beside_the_field(engineer, settings):
    settings.SEQUENCE_DIRS = [*settings.SEQUENCE_DIRS, PACKAGES]
    response = engineer.post(ADD, {**FORM, "sequence": "dataset_work", "slot": ""})
    assert list(errors(response)) == ["on_dataset"]
