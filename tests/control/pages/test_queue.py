"""The pages of what waits and of who works."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from control.access.rights import Role
from control.lifecycle.queue_moves import line_of
from control.models import Batch, ChunkedStep, ControlEvent, Helper
from control.states import State
from stations.models import Slot, Station
from tests.control.pages.people import WHO, browser_of
from tests.rows import demo_station, queued, running

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def shown(browser: Client, page: str = "control:queue") -> str:
    return re.sub(r"\s+", " ", browser.get(reverse(page)).content.decode())


def move(browser: Client, batch: Batch, *, script: bool = True, **fields: str):
    headers = {"accept": "application/json"} if script else {}
    return browser.post(reverse("control:move", args=[batch.pk]), fields, headers=headers)


@pytest.mark.parametrize("who", WHO)
def test_queue_is_moved_by_those_who_may(who: str) -> None:
    _first, second = queued(), queued()
    answer = move(browser_of(who), second, to="first").status_code
    may = who in ("operator", "engineer", "admin")
    assert answer == (202 if may else 401 if who == "anonymous" else 403)
    assert (line_of(second).first() == second) is may
    assert ControlEvent.objects.filter(kind="BATCH_MOVE", face="PAGE").count() == may


def test_queue_shows_what_waits_and_why() -> None:
    Station.objects.update(heartbeat_at=timezone.now())
    running(name="Morning")
    queued(name="Noon", subject="SN-7"), queued(name="Evening <b>")
    page = shown(browser_of("viewer"))
    assert "Morning runs there." in page and "board_test · SN-7 · by anna at" in page
    assert page.index("Noon") < page.index("Evening &lt;b&gt;")
    assert "<select" not in page and 'value="up"' not in page


def test_start_is_told_as_the_guess_that_it_is() -> None:
    Station.objects.update(heartbeat_at=timezone.now())
    Batch.objects.filter(pk=running().batch_id).update(expected_s=33.0)
    Batch.objects.filter(pk=queued().pk).update(expected_s=160.0)
    queued()
    page = shown(browser_of("viewer"))
    assert "Begins in about 30 s." in page and re.search(r"Begins in about 3 min( [12]0 s)?\.", page)


def test_empty_queue_says_so() -> None:
    assert "Nothing waits." in shown(browser_of("viewer"))


def test_long_queue_is_cut_but_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("control.history.waiting.SHOWN", 2)
    for _ in range(5):
        queued()
    page = shown(browser_of("operator"))
    assert (page.count('class="q-row"'), "and 3 more" in page, "5 waiting" in page) == (2, True, True)


def test_moves_are_offered_where_they_lead_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def offered() -> list[str]:
        rows = shown(browser_of("operator")).split('class="q-row"')[1:]
        return [" ".join(to for to in ("first", "up", "down") if moves(row, to)) for row in rows]

    def moves(row: str, to: str) -> bool:
        [button] = re.findall(rf'<button [^>]*value="{to}"[^>]*>', row)
        return "disabled" not in button

    monkeypatch.setattr("control.history.waiting.SHOWN", 4)
    queued(priority=Batch.Priority.URGENT), queued(priority=Batch.Priority.URGENT), queued(), queued()
    assert offered() == ["down", "first up", "down", "first up"]
    queued()  # is not shown, but there to be passed
    assert offered() == ["down", "first up", "down", "first up down"]


def test_form_without_scripts_leads_back_and_says_where_it_waits() -> None:
    _first, second = queued(name="one"), queued(name="two")
    operator = browser_of("operator")
    answer = move(operator, second, script=False, to="up", priority="LOW")  # a button that moves leaves the priority
    assert (answer.status_code, answer.headers["location"]) == (302, "/control/queue/")
    assert "two waits in place 1, with priority Normal." in shown(operator)
    move(operator, second, script=False, priority="LOW")
    assert "two waits in place 2, with priority Low." in shown(operator)


def test_move_of_what_has_begun_is_refused() -> None:
    batch = queued()
    Batch.objects.filter(pk=batch.pk).update(state=State.RUNNING, started_at=timezone.now())
    answer = move(browser_of("operator"), batch, to="up")
    assert (answer.status_code, "does not wait any more" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize("fields", [{}, {"to": "sideways"}, {"priority": "HIGHEST"}])
def test_move_to_nowhere_is_refused(fields: dict[str, str]) -> None:
    assert move(browser_of("operator"), queued(), **fields).status_code == 400


def test_workers_show_hosts_processes_and_what_is_in_hand() -> None:
    Station.objects.update(heartbeat_at=timezone.now(), host_load={"load": 1.5, "processors": 2})
    Slot.objects.filter(pk="demo/lane-2").update(guard_pid=4711, runner_pid=4712)
    batch = running("demo/lane-1", sequence="step_loop", name="Tiles").batch
    now = timezone.now()
    counts = {"first_of_target": 9, "total_items": 9, "uncut_items": 9}
    step = ChunkedStep.objects.create(batch=batch, step=0, name="measure", **counts, began_at=now)
    step.chunks.create(number=2, items=[0], state="RUNNING", slot_id="demo/lane-1")
    helper = Helper.objects.create(chunked_step=step, slot_id="demo/lane-2", began_at=now, seen_at=now)
    helper.chunks.create(chunked_step=step, number=3, items=[1, 2], state="RUNNING", slot_id="demo/lane-2")
    page = shown(browser_of("viewer"), "control:workers")
    assert "1.5 on 2 processors" in page and 'value="75"' in page and "bench-pc" in page
    assert "guard 4711 · run 4712" in page
    assert re.search(r"lane-1</span>.*Tiles</a>\s*<span[^>]*>chunk 2 of measure, 1 items", page, re.DOTALL)
    assert re.search(r"lane-2</span>.*helps <a [^>]*>Tiles</a> <span[^>]*>chunk 3 of measure, 2 items", page)
    assert "2 / 4" in page


def test_workers_of_no_station_say_what_to_do() -> None:
    Station.objects.all().delete()
    assert "No station has reported yet." in shown(browser_of("viewer"), "control:workers")


@pytest.mark.parametrize("role", Role.values)
def test_navigation_leads_to_both(role: str) -> None:
    page = shown(browser_of(role), "control:overview")
    assert 'href="/control/queue/"' in page and 'href="/control/workers/"' in page
