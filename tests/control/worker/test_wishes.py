"""What people ask for on its way to the guard."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.conf import settings

from control.lifecycle.steer import pause_batch, stop_batch
from control.models import ControlEvent
from control.worker.wishes import deliver_wishes
from stations.safety import client
from stations.safety.datagrams import Mailbox
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
