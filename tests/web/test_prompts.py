"""A run that asks people, with real processes: answers, stops, pauses and deaths while it waits."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from tests.installations import wait_until
from tests.system.running_station import SLOT, RunningStation
from tests.web.api_client import Api

BATCHES = "/api/control/batches/"
ANSWERS = ["intact", 3, 80.1, True, "anna"]


def submit(api: Api, sequence: str = "operator_check", slot: str | None = None, **parameters: object) -> str:
    status, batch = api.post(BATCHES, {"sequence": sequence, "slot": slot, "parameters": parameters})
    assert status == 201, batch
    return str(batch["id"])


def asked(api: Api, batch: str, key: str = "p1") -> Any:
    """Wait until this prompt waits."""
    wait_until(lambda: api.get(f"{BATCHES}{batch}/")["prompt"] == key, 30, f"prompt {key}")
    return prompts(api, batch)[-1]


def prompts(api: Api, batch: str) -> list[Any]:
    return list(api.get(f"{BATCHES}{batch}/prompts/")["results"])


def answer(api: Api, batch: str, value: object, key: str = "p1") -> tuple[int, Any]:
    return api.post(f"{BATCHES}{batch}/answer/", {"prompt": key, "value": value})


def steps(api: Api, batch: str) -> dict[str, str]:
    return {step["name"]: step["outcome"] for step in api.get(f"{BATCHES}{batch}/steps/?limit=200")["results"]}


@pytest.mark.any_database
def test_an_inspection_is_answered_to_its_end(station: RunningStation, api: Api) -> None:
    batch = submit(api)
    for number, value in enumerate(ANSWERS, 1):
        asked(api, batch, f"p{number}")
        assert answer(api, batch, value, f"p{number}")[0] == 202
    ended = api.until(batch, "COMPLETED")
    assert (ended["outcome"], ended["result"], ended["prompt"]) == ("PASS", {"inspector": "anna"}, "")
    found = prompts(api, batch)
    assert [(one["state"], one["answer"], one["answered_by"]) for one in found] == [
        ("ANSWERED", value, "anna (tests)") for value in ANSWERS
    ]
    assert all(one["taken_at"] for one in found)
    events = api.get(f"{BATCHES}{batch}/control-events/")["results"]
    assert [event["after"] for event in events if event["kind"] == "PROMPT_ANSWER"] == [
        {"answer": value} for value in ANSWERS
    ]


@pytest.mark.any_database
def test_nobody_in_time_is_a_timeout(station: RunningStation, api: Api) -> None:
    ended = api.until(batch := submit(api, patience=0.3), "FAILED")
    assert (ended["outcome"], ended["cause"]) == ("TIMEOUT", "look_at_label")
    assert [(one["state"], one["closed_why"]) for one in prompts(api, batch)] == [("OVER", "timeout")]
    status, refused = answer(api, batch, "intact")
    assert (status, refused["detail"]) == (409, "The prompt is over: the batch has ended (Failed).")


def test_of_two_who_answer_at_once_the_first_one_counts(station: RunningStation, api: Api) -> None:
    batch = submit(api)
    asked(api, batch)
    ready, told = threading.Barrier(2), []

    def give(value: str) -> None:
        ready.wait()
        told.append((answer(api, batch, value)[0], value))

    threads = [threading.Thread(target=give, args=(value,)) for value in ("intact", "worn")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in told) == [202, 409]
    asked(api, batch, "p2")
    (held,) = [value for status, value in told if status == 202]
    (measured,) = api.get(f"{BATCHES}{batch}/measurements/")["results"]
    assert (prompts(api, batch)[0]["answer"], measured["value"]) == (held, held)
    api.post(f"{BATCHES}{batch}/stop/")
    api.until(batch, "STOPPED")


@pytest.mark.any_database
def test_a_stop_while_it_waits_tears_down(station: RunningStation, api: Api) -> None:
    batch = submit(api, "interruptible", SLOT, way="prompt")
    asked(api, batch)
    assert station.bench.is_on("supply-1")
    api.post(f"{BATCHES}{batch}/stop/")
    assert api.until(batch, "STOPPED")["outcome"] == "NONE"
    assert not station.bench.is_on("supply-1")
    assert steps(api, batch)["switch_off"] == "PASS"
    assert [(one["state"], one["closed_why"]) for one in prompts(api, batch)] == [("OVER", "ended")]


@pytest.mark.any_database
def test_an_answer_while_paused_holds_when_it_goes_on(station: RunningStation, api: Api) -> None:
    batch = submit(api)
    asked(api, batch)
    api.post(f"{BATCHES}{batch}/pause/")
    api.until(batch, "PAUSED")
    assert answer(api, batch, "intact")[0] == 202
    wait_until(lambda: prompts(api, batch)[0]["taken_at"], 10, "an answer that is kept")
    assert api.get(f"{BATCHES}{batch}/")["current_step"] == "look_at_label"
    api.post(f"{BATCHES}{batch}/resume/")
    asked(api, batch, "p2")
    api.post(f"{BATCHES}{batch}/stop/")
    api.until(batch, "STOPPED")


def test_a_killed_runner_leaves_no_question_behind(station: RunningStation, api: Api) -> None:
    batch = submit(api, "interruptible", SLOT, way="prompt")
    asked(api, batch)
    station.kill("runner", signal.SIGKILL, SLOT)
    assert api.until(batch, "CRASHED")["prompt"] == ""
    assert [(one["state"], one["closed_why"]) for one in prompts(api, batch)] == [("OVER", "ended")]
    assert answer(api, batch, True)[0] == 409


def test_a_killed_supervisor_takes_no_answer_with_it(station: RunningStation, api: Api) -> None:
    batch = submit(api)
    asked(api, batch)
    station.kill("cluster", signal.SIGKILL)
    assert answer(api, batch, "intact")[0] == 202
    asked(api, batch, "p2")
    api.post(f"{BATCHES}{batch}/stop/")
    api.until(batch, "STOPPED")


@pytest.mark.any_database
def test_a_skip_leaves_the_step_that_asks(station: RunningStation, api: Api) -> None:
    batch = submit(api)
    asked(api, batch)
    api.post(f"{BATCHES}{batch}/skip/")
    asked(api, batch, "p2")
    assert steps(api, batch)["look_at_label"] == "SKIPPED"
    assert prompts(api, batch)[0]["state"] == "OVER"
    api.post(f"{BATCHES}{batch}/stop/")
    api.until(batch, "STOPPED")
