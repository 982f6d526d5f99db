"""The API through a real web process, with a real station behind it."""

from __future__ import annotations

from typing import Any

from tests.installations import wait_until
from tests.system.running_station import SLOT, RunningStation
from tests.web.api_client import Api


def begin(api: Api, **body: Any) -> str:
    """A batch that blocks with everything switched on, and runs."""
    status, batch = api.post("/api/control/batches/", {"sequence": "interruptible", "slot": SLOT, **body})
    assert status == 201, batch
    running = api.until(batch["id"], "RUNNING")
    wait_until(lambda: api.get(f"/api/control/batches/{running['id']}/")["current_step"] == "work", 30, "the step")
    return str(batch["id"])


def test_a_script_submits_watches_and_stops(api: Api, station: RunningStation):
    batch = begin(api)
    assert api.post(f"/api/control/batches/{batch}/stop/", {"reason": "enough"})[0] == 202
    ended = api.until(batch, "STOPPED")
    page = api.get(f"/api/control/batches/{batch}/events/?limit=3")
    events = page["results"]
    while page["next"]:
        page = api.get(page["next"])
        events += page["results"]
    assert [event["seq"] for event in events] == list(range(1, page["head"] + 1))
    assert (events[-1]["kind"], ended["trigger"]) == ("batch.ended", "API")


def test_an_emergency_stop_is_confirmed_by_the_guards_and_lifted_again(api: Api, station: RunningStation):
    batch = begin(api)
    status, stopped = api.post("/api/emergency-stop/", {"slot": SLOT})
    assert (status, stopped["confirmed"], stopped["recorded"]) == (200, True, True)
    assert api.until(batch, "ABORTED")["outcome"] == "NONE"
    assert api.get(f"/api/slots/{SLOT}/")["state"] == "LATCHED"
    assert api.post("/api/control/batches/", {"sequence": "interruptible", "slot": SLOT})[0] == 409
    status, released = api.post("/api/reset/", {"slot": SLOT, "reason": "the test is over"})
    assert (status, released["slots"][0]["latched"]) == (200, False)
    wait_until(lambda: api.get(f"/api/slots/{SLOT}/")["state"] == "IDLE", 10, "a slot that is free again")


def test_an_emergency_stop_of_a_batch_latches_its_slot(api: Api, station: RunningStation):
    batch = begin(api)
    assert api.post(f"/api/control/batches/{batch}/emergency-stop/")[0] == 202
    api.until(batch, "ABORTED")
    assert api.get(f"/api/slots/{SLOT}/")["latch"]["by"] == "anna (tests)"
    station.reset()


def test_an_emergency_stop_waits_for_no_lock(api: Api, station: RunningStation):
    batch = begin(api)
    with station.installation.connection() as somebody:
        if station.installation.database_url.startswith("sqlite"):
            somebody.execute("BEGIN IMMEDIATE")
        else:
            somebody.execute("BEGIN")
            somebody.execute("LOCK TABLE control_controlevent")
        status, stopped = api.post("/api/emergency-stop/")
        somebody.execute("ROLLBACK")
    assert (status, stopped["scope"], stopped["confirmed"], stopped["recorded"]) == (200, "demo", True, False)
    api.until(batch, "ABORTED")
    recorded = f"SELECT count(*) FROM control_controlevent WHERE id = '{stopped['id'].replace('-', '')}'"
    wait_until(lambda: station.installation.query(recorded)[0][0], 10, "the record that follows")
    station.reset()
