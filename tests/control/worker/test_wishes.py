"""What people ask for on its way to the guard."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.conf import settings

from control.journal.bell import Listener
from control.lifecycle.doorbell import wishes_of
from control.lifecycle.steer import pause_batch, stop_batch
from control.models import ControlEvent
from control.worker.spool_bell import SpoolBell
from control.worker.supervisor import Supervisor
from control.worker.wishes import deliver_wishes
from stations.safety import client
from stations.safety.datagrams import Mailbox
from tests import spool_lines as lines
from tests.rows import ANNA, demo_station, running

pytestmark = pytest.mark.django_db
SLOT = "demo/slot-1"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The words that arrive at a guard whose runner is stuck: it takes a stop, and nothing that is to be read."""
    demo_station(monkeypatch)
    settings.STATION_PATHS.prepare()
    mailbox = Mailbox(settings.STATION_PATHS.slot(SLOT).socket)
    mailbox.socket.setblocking(True)
    words: list[str] = []

    def answer() -> None:
        for message, sender in mailbox.messages():
            if message["op"] == "end":
                return
            if message["op"] == "run":
                mailbox.send({"answer": "running"}, sender)
                continue
            words.append(message["wish"]["word"])
            mailbox.send({"answer": "delivered" if words[-1] == "stop" else "unknown"}, sender)

    guard = threading.Thread(target=answer)
    guard.start()
    yield words
    with client.Caller(settings.STATION_PATHS) as caller:
        caller.send(SLOT, {"op": "end"})
    guard.join()
    mailbox.close()


def test_stop_does_not_wait_behind_what_a_stuck_runner_does_not_read(heard: list[str]) -> None:
    batch = running().batch
    for ask in (pause_batch, pause_batch, stop_batch):
        ask(batch.pk, by=ANNA)
    assert deliver_wishes(batch) == 1
    assert heard == ["pause", "stop"]
    undelivered = ControlEvent.objects.filter(batch=batch, delivered_at=None)
    assert [event.kind for event in undelivered] == ["BATCH_PAUSE", "BATCH_PAUSE"]


def test_stop_reaches_a_run_that_never_pauses_for_breath(heard: list[str]) -> None:
    """A step that logs every millisecond once kept its own stop waiting for eight seconds."""
    stream, paths = running(), settings.STATION_PATHS
    supervisor, batch = Supervisor(stream), str(stream.batch_id)
    with Listener(wishes_of(stream.batch_id)) as listener, SpoolBell(paths.spool_bell(batch)) as spool_bell:
        stop_batch(stream.batch_id, by=ANNA)
        for _ in range(2):
            lines.write(paths.spool(batch), [lines.line("log", level="INFO", message="chatter")])
            supervisor.turn(listener, spool_bell)
    assert heard == ["stop"]


def test_stop_reaches_a_run_whose_story_cannot_be_imported(heard: list[str]) -> None:
    """On a full disk, for example, its end may never be imported."""
    stream, paths = running(), settings.STATION_PATHS
    supervisor, batch = Supervisor(stream), str(stream.batch_id)
    paths.spool(batch).mkdir(parents=True)  # where a file should be
    with Listener(wishes_of(stream.batch_id)) as listener, SpoolBell(paths.spool_bell(batch)) as spool_bell:
        stop_batch(stream.batch_id, by=ANNA)
        with pytest.raises(OSError, match="directory"):
            supervisor.turn(listener, spool_bell)
    assert heard == ["stop"]
