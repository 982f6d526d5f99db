"""A station with three lanes, and batches over files of a folder that it may read."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from stations.safety import client
from tests.installations import Installation, wait_until
from tests.system.running_station import RunningStation, as_time, environment_of, parent_of

LANES = ("demo/lane-1", "demo/lane-2", "demo/lane-3")

TAKE_IN = """
import time
from control.lifecycle.actor import SYSTEM
from control.lifecycle.datasets.changes import NewDataset, create_dataset
from control.models import Dataset
made = create_dataset(NewDataset(kind=Dataset.Kind.FOLDER, location={folder!r}), by=SYSTEM)
while made.state == Dataset.State.READING:
    time.sleep(0.1)
    made.refresh_from_db()
assert made.state == Dataset.State.READY, made.message
print(made.pk)
"""

SUBMIT = """
from control.lifecycle.actor import SYSTEM
from control.lifecycle.submit import Order, submit
from control.models import Batch
order = Order("over_items", dataset={dataset!r}, parameters={parameters!r}, **{more!r})
print(submit(order, by=SYSTEM, trigger=Batch.Trigger.MANUAL).pk)
"""

STEER = """
from control.lifecycle.actor import SYSTEM
from control.lifecycle.steer import ask
from control.states import Control
ask(Control({word!r}), {batch!r}, by=SYSTEM, reason="for the test")
"""

GIVE_UP = """
from django.db import transaction
from django.utils import timezone
from control.journal.append import lock_story
from control.lifecycle.chunks.help import end_help
from control.models import Helper
for helper in Helper.objects.filter(ended_at=None).select_related("chunked_step"):
    with transaction.atomic():
        lock_story(helper.chunked_step.batch_id)
        end_help(helper, lost=True, at=timezone.now())
"""


class ItemBatch:
    """A batch over items, as its rows tell of it."""

    def __init__(self, station: ItemStation, batch: str) -> None:
        self.station, self.id = station, batch
        self.key = station.key(batch)

    def rows(self, columns: str, table: str = "item", more: str = "") -> list[tuple[Any, ...]]:
        sql = f"SELECT {columns} FROM control_{table} WHERE batch_id = '{self.key}' {more}"
        return self.station.installation.query(sql)

    def of_step(self, columns: str, table: str, more: str = "") -> list[tuple[Any, ...]]:
        """Rows that hang on its step over items."""
        join = f"JOIN control_chunkedstep s ON s.id = t.chunked_step_id WHERE s.batch_id = '{self.key}'"
        return self.station.installation.query(f"SELECT {columns} FROM control_{table} t {join} {more}")

    @property
    def state(self) -> str:
        return self.station.verdict(self.id)[0]

    def done(self) -> int:
        """How many of its items are settled."""
        return int(self.rows("COUNT(*)")[0][0])

    def wait_for(self, items: int) -> None:
        wait_until(lambda: self.done() >= items, 60, f"{items} items:\n{self.station.output}")

    def wait_for_state(self, state: str, timeout_s: float = 60) -> None:
        wait_until(lambda: self.state == state, timeout_s, f"{state}, not {self.state}")

    def end(self, timeout_s: float = 120) -> dict[str, Any]:
        """What it came to, once it has ended."""
        sql = f"SELECT ended_at FROM control_batch WHERE id = '{self.key}'"
        query = self.station.installation.query
        wait_until(lambda: query(sql)[0][0], timeout_s, f"the end of the batch:\n{self.station.output}")
        (found,) = query(f"SELECT result FROM control_batch WHERE id = '{self.key}'")
        result = json.loads(found[0]) if isinstance(found[0], str) else found[0]
        return result or {}

    def helping(self) -> set[str]:
        return {lane for (lane,) in self.of_step("t.slot_id", "helper", "AND t.ended_at IS NULL")}

    def wait_for_lanes(self, number: int) -> None:
        wait_until(lambda: len(self.helping()) >= number - 1, 30, f"{number} lanes")

    def chunks(self) -> Counter[str]:
        return Counter(state for (state,) in self.of_step("t.state", "chunk"))

    def settled_at(self) -> list[float]:
        """When (epoch) each of its items was settled, in order of time."""
        return sorted(as_time(at).timestamp() for (at,) in self.rows("at"))


class ItemStation(RunningStation):
    """`pid(who)` also knows the cluster of the lanes, and the process that works on the items of a lane."""

    slots = (*RunningStation.slots, *LANES)

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation)
        self.folder = installation.folder / "items"
        self.folder.mkdir()
        installation.environment["GWANJE_WORKERS"] = str(len(LANES))
        installation.environment["GWANJE_DATASET_ROOTS"] = str(self.folder)

    def take_in(self, folder: Path) -> str:
        """Make a dataset of a folder, and wait until it is read."""
        return self._shell(TAKE_IN.format(folder=str(folder)))

    def submit(self, dataset: str, item_ms: float = 0, **more: Any) -> ItemBatch:
        return ItemBatch(self, self._shell(SUBMIT.format(dataset=dataset, parameters={"item_ms": item_ms}, more=more)))

    def steer(self, word: str, batch: ItemBatch) -> None:
        """Pause, resume or stop it."""
        self._shell(STEER.format(word=word, batch=batch.id))

    def give_up_helpers(self) -> None:
        """Take all helping lanes for lost, as the supervisor of a batch does with a host that is silent."""
        self._shell(GIVE_UP)

    def _shell(self, text: str) -> str:
        done = self.manage("shell", "--no-imports", "-c", text)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def pid(self, who: str, slot: str = LANES[0]) -> int | None:
        if who == "cluster":
            return next((pid for pid in self.pids("qcluster") if "demo.lanes" in environment_of(pid)), None)
        if who == "item process":
            runner = self.pid("runner", slot)
            return next((pid for pid in self.installation.processes() if runner and parent_of(pid) == runner), None)
        return super().pid(who, slot)

    def run_on(self, lane: str) -> str | None:
        return (self.status(lane) or {}).get("run")

    def at_work(self) -> list[str]:
        """The lanes that run something."""
        found = {lane: client.status(self.paths, lane, 0.5) for lane in LANES}
        return [lane for lane, status in found.items() if status and status["run"]]
