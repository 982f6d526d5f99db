"""The guard of one slot, a process: `python -m stations.safety.guard --config FILE --slot demo/slot-1`.

One thread and one loop that never waits for an instrument, a runner or a database. Standard input is the warden's
lifeline: when it closes, the run is killed, the outputs are switched off, and the guard ends.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from math import inf
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from stations.contracts import Ending, SafeReason, WardenSettings, Wish
from stations.paths import StationPaths
from stations.safety.datagrams import Mailbox
from stations.safety.durable import read_json
from stations.safety.orders import Orders
from stations.safety.ownership import SlotTaken, claim_slot
from stations.safety.processes import become_subreaper
from stations.safety.run_slot import RunSlot

# Beyond the grace of a run, so long may the last safe state take before a leaving guard gives up.
LEAVING_S = 10.0


class Guard:
    """The loop: hears the warden, the senders of orders, the runners and the signals, and lets the slot advance."""

    def __init__(self, settings: WardenSettings, slot: str) -> None:
        """Raises SlotTaken, and OSError when the station's folders cannot be used."""
        become_subreaper()
        described = next(known for known in settings["slots"] if known["slot"] == slot)
        paths = StationPaths(Path(settings["data_dir"]))
        lock = claim_slot(paths.slot(slot))
        self.selector = DefaultSelector()
        self.slot = RunSlot(settings, described, paths, self.selector, lock)
        self.mailbox = Mailbox(paths.slot(slot).socket)
        self.orders = Orders(self.slot, self.mailbox)
        self.leave_by = inf
        self.selector.register(self.mailbox, EVENT_READ, self.orders.obey_all)
        self.selector.register(sys.stdin, EVENT_READ, self._hear_lifeline)
        self._listen_for_signals()

    def serve(self) -> None:
        """Until the slot may be left: asked to by a signal, or because the warden is gone."""
        self.slot.take_over()
        self.slot.advance(time.monotonic())
        while not self._may_leave():
            due = min(self.slot.due, self.leave_by)
            timeout = None if due == inf else max(0.0, due - time.monotonic())
            for key, _ in self.selector.select(timeout):
                if self.selector.get_map().get(key.fd) is key:  # an earlier one may have ended this one
                    key.data()
            self.slot.advance(time.monotonic())
            if time.monotonic() >= self.leave_by:
                self.slot.abandon()
        self.slot.clear()

    def _may_leave(self) -> bool:
        return self.slot.closing and self.slot.run is None and self.slot.keeper.settled

    def _hear_lifeline(self) -> None:
        if os.read(sys.stdin.fileno(), 64):
            return
        self.selector.unregister(sys.stdin)
        self.slot.kill(Ending.WARDEN_LOST, "The warden of this host died; the run was killed and the slot made safe.")
        self._leave(0.0)

    def _leave(self, grace_s: float) -> None:
        self.slot.closing = True
        self.leave_by = time.monotonic() + grace_s + LEAVING_S

    def _listen_for_signals(self) -> None:
        """SIGTERM and SIGINT become something to read, so that no handler runs in the middle of anything."""
        self.wake, woken = socket.socketpair()
        self.wake.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        self._woken = woken
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        self.selector.register(self.wake, EVENT_READ, self._close)

    def _close(self) -> None:
        """Asked to end: stop the run with its teardown, make safe, and go."""
        self.wake.recv(64)
        run = self.slot.run
        if run is not None:
            run.ask_to_end(Wish(word="stop", control="", reason="the station is being stopped"))
        elif not self.slot.keeper.safe:
            self.slot.keeper.want(check_first=False, why=SafeReason.LEAVING)
        self._leave(run.job["stop_grace_s"] + run.job["term_grace_s"] if run and run.job else 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description="Guard one slot until the lifeline on standard input closes.")
    parser.add_argument("--config", type=Path, required=True, help="the warden's configuration file")
    parser.add_argument("--slot", required=True, help="which of its slots, as demo/slot-1")
    arguments = parser.parse_args()
    settings = read_json(arguments.config)
    if not settings or arguments.slot not in [slot["slot"] for slot in settings["slots"]]:
        sys.exit(f"{arguments.config} does not describe {arguments.slot}; start the station again")
    try:
        guard = Guard(settings, arguments.slot)
    except (SlotTaken, OSError) as error:
        sys.exit(f"{arguments.slot} cannot be guarded: {error}")
    guard.serve()


if __name__ == "__main__":
    main()
