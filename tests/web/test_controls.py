"""Every control over the API against a real station: what people ask is what becomes of the run."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.installations import wait_until
from tests.system.running_station import SLOT, RunningStation
from tests.web.api_client import Api

BATCHES = "/api/control/batches/"


def submit(api: Api, sequence: str, **parameters: object) -> str:
    status, batch = api.post(BATCHES, {"sequence": sequence, "parameters": parameters})
    assert status == 201, batch
    return str(batch["id"])


def ask(api: Api, batch: str, word: str, **body: object) -> Any:
    status, answer = api.post(f"{BATCHES}{batch}/{word}/", body)
    assert status in (201, 202), answer
    return answer


def steps(api: Api, batch: str) -> list[tuple[str, str, str]]:
    """Name, outcome and message of each."""
    found = api.get(f"{BATCHES}{batch}/steps/?limit=200")["results"]
    return [(step["name"], step["outcome"], step["error_message"]) for step in found]


def ended(api: Api, batch: str, count: int) -> None:
    """Wait until so many steps have ended."""
    wait_until(
        lambda: [outcome for _, outcome, _ in steps(api, batch)].count("PASS") >= count, 30, f"{count} ended steps"
    )


def kill_runner(station: RunningStation, api: Api, batch: str) -> None:
    slot = api.get(f"{BATCHES}{batch}/")["slot"]
    station.kill("runner", signal.SIGKILL, slot)
    api.until(batch, "CRASHED")


@pytest.mark.any_database
def test_resume_of_a_crashed_batch_repeats_no_finished_step(station: RunningStation, api: Api) -> None:
    batch = submit(api, "checkpoints", rounds=4, hold=60)
    ended(api, batch, 4)
    kill_runner(station, api, batch)
    new = ask(api, batch, "resume")["id"]
    ask_settings_until_taken(api, new, hold=0)
    assert api.until(new, "COMPLETED")["result"] == {"rounds": 4}
    assert [row for row in steps(api, new) if row[2] == "carried over"] == [("round", "PASS", "carried over")] * 4
    events = api.get(f"{BATCHES}{new}/events/?limit=1000")["results"]
    assert [event["data"]["name"] for event in events if event["kind"] == "step.started"] == ["hold", "count", "clear"]


def ask_settings_until_taken(api: Api, batch: str, **settings: object) -> None:
    api.until(batch, "RUNNING")
    ended(api, batch, 4)  # what was carried over: its plan is known by now
    ask(api, batch, "settings", settings=settings)


def test_settings_are_taken_over_in_the_middle_of_a_step(station: RunningStation, api: Api) -> None:
    batch = submit(api, "checkpoints", rounds=1, pace=0, hold=60)
    ended(api, batch, 1)
    ask(api, batch, "settings", settings={"hold": 0.5, "pace": 1}, reason="too long")
    batch_facts = api.until(batch, "COMPLETED")
    assert (batch_facts["outcome"], batch_facts["settings"]) == ("PASS", {"hold": 0.5, "pace": 1})
    changed = [e for e in api.get(f"{BATCHES}{batch}/control-events/")["results"] if e["kind"] == "BATCH_SETTINGS"]
    assert (changed[0]["before"]["settings"], changed[0]["after"]) == (
        {"hold": 60, "pace": 0},
        {"settings": {"hold": 0.5, "pace": 1}},
    )


def test_skip_leaves_out_the_running_step_and_a_coming_one(station: RunningStation, api: Api) -> None:
    batch = submit(api, "checkpoints", rounds=2, hold=60)
    ended(api, batch, 2)
    ask(api, batch, "skip", step="count")
    ask(api, batch, "skip", reason="known")
    api.until(batch, "COMPLETED")
    assert [outcome for _, outcome, _ in steps(api, batch)] == ["PASS", "PASS", "SKIPPED", "SKIPPED", "PASS"]
    answers = api.get(f"{BATCHES}{batch}/control-events/")["results"]
    assert all(event["obeyed_at"] for event in answers if event["kind"] == "BATCH_SKIP")


@pytest.mark.any_database
def test_restart_ends_with_the_teardown_and_runs_again(station: RunningStation, api: Api) -> None:
    status, first = api.post(BATCHES, {"sequence": "interruptible", "slot": SLOT, "parameters": {"seconds": 30}})
    assert status == 201
    wait_until(lambda: api.get(f"{BATCHES}{first['id']}/")["current_step"] == "work", 30, "the step")
    new = ask(api, first["id"], "restart")["id"]
    assert api.until(first["id"], "STOPPED")["outcome"] == "NONE"
    wait_until(lambda: api.get(f"{BATCHES}{new}/")["current_step"] == "work", 30, "the step again")
    assert station.bench.switching()[0] == station.bench.switching()[-1] == "on"
    assert "off" in station.bench.switching()
    ask(api, new, "stop")
    api.until(new, "STOPPED")


@pytest.mark.any_database
def test_resume_on_a_bench_without_a_point_refuses_with_the_hint(station: RunningStation, api: Api) -> None:
    status, batch = api.post(BATCHES, {"sequence": "interruptible", "slot": SLOT, "parameters": {"seconds": 30}})
    wait_until(lambda: api.get(f"{BATCHES}{batch['id']}/")["current_step"] == "work", 30, "the step")
    ask(api, batch["id"], "stop")
    api.until(batch["id"], "STOPPED")
    status, answer = api.post(f"{BATCHES}{batch['id']}/resume/")
    assert status == 409
    assert answer["detail"].endswith("declare one: resumable, in its manifest or at a step.")


def test_a_crash_is_answered_as_often_as_the_sequence_allows(station: RunningStation, api: Api) -> None:
    batch = submit(api, "tireless", rounds=2, hold=60)
    ended(api, batch, 2)
    kill_runner(station, api, batch)
    (new,) = wait_until(lambda: followers(api, batch), 15, "a restart")
    assert (new["origin_kind"], new["created_by"]) == ("RECOVERY", "gwanje")
    ended(api, new["id"], 2)
    kill_runner(station, api, new["id"])
    assert api.get(f"{BATCHES}{new['id']}/")["restarts_left"] == 0
    assert followers(api, new["id"]) == []


def followers(api: Api, batch: str) -> list[Any]:
    return [row for row in api.get(f"{BATCHES}?limit=50")["results"] if row["origin"] == batch]


@pytest.mark.parametrize(
    ("appetite", "limit"),
    [
        ("memory", "memory"),
        ("cpu", "CPU time"),
        ("wall", "wall time"),
        ("files", "open files"),
        ("spool", "the story of this run (spool_mb) exceeds"),
        ("attachments", "attachments: 1.1 MiB used, 1 MiB allowed"),
    ],
)
@pytest.mark.any_database
def test_a_limit_ends_a_run_and_is_named(station: RunningStation, api: Api, appetite: str, limit: str) -> None:
    batch = api.until(submit(api, "hungry", appetite=appetite), "FAILED")
    assert (batch["outcome"], limit in batch["message"]) == ("ERROR", True), batch["message"]
