"""What a guard does for those who send it a datagram. Every answer is its status, with a word about the order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stations.contracts import Ending, GuardStatus, Job, Latch, SafeReason, Wish
from stations.safety.datagrams import Mailbox
from stations.safety.latch import latch_slot, release_slot
from stations.safety.logs import complain
from stations.safety.run import Run
from stations.safety.run_slot import RunSlot
from stations.safety.spool_end import create_spool, is_over


class Orders:
    """Carries orders to a slot. Each may be repeated without harm."""

    def __init__(self, slot: RunSlot, mailbox: Mailbox) -> None:
        self.slot = slot
        self.mailbox = mailbox
        self._known = {"status": self._status, "run": self._run, "wish": self._wish, "reset": self._reset}
        # These are answered twice: that they are under way, and what came of it.
        self._slow = {"emergency": self._emergency, "make_safe": self._make_safe, "clear": self._clear}

    def obey_all(self) -> None:
        """Whatever has arrived. A message that makes no sense is answered, never a reason to fall over."""
        for message, sender in self.mailbox.messages():
            try:
                if slow := self._slow.get(message.get("op", "")):
                    slow(message, sender)
                else:
                    self.mailbox.send(self._known[message["op"]](message), sender)
            except (KeyError, TypeError, AttributeError) as error:
                self.mailbox.send(self._answer("unknown", f"not understood: {error!r}"), sender)
            except OSError as error:
                self.mailbox.send(self._answer("unknown", f"the station's folder cannot be written: {error}"), sender)

    def _status(self, _: dict[str, Any]) -> GuardStatus:
        return self.slot.status()

    def _run(self, message: dict[str, Any]) -> GuardStatus:
        """Start a run, once: the spool is its proof, and tells the end of one that may not start too."""
        job: Job = message["job"]
        if self.slot.run is not None and self.slot.run.name == job["run"]:
            return self._answer("running")
        try:
            run = Run(job["run"], self.slot.paths.spool(job["run"]), self.slot.paths.spool_bell(job["run"]))
            if run.spool.exists():
                return self._close_lost(run)
            if latch := self.slot.latch():
                return self._refuse_latched(run, latch)
            if why := self.slot.why_wait():
                return self._answer("wait", why)
            create_spool(run.spool)
            self._start(job, run.spool)
        except OSError as error:
            return self._answer("wait", f"the station's folder cannot be written: {error}")
        return self._answer("running")

    def _start(self, job: Job, spool: Path) -> None:
        try:
            self.slot.start(job)
        except (OSError, KeyError):
            spool.unlink()  # it has not started: it may be asked for again
            raise

    def _close_lost(self, run: Run) -> GuardStatus:
        if not is_over(run.spool):
            run.ending, run.message = Ending.LOST, "Nobody knows this run any more: the host was restarted during it."
            run.close(self.slot.keeper.safe, None)
        return self._answer("over")

    def _refuse_latched(self, run: Run, latch: Latch) -> GuardStatus:
        create_spool(run.spool)
        run.ending, run.message = Ending.EMERGENCY, f"Nothing was started: {_sentence(latch)}"
        run.close(self.slot.keeper.safe, None)
        return self._answer("over", run.message)

    def _wish(self, message: dict[str, Any]) -> GuardStatus:
        wish: Wish = message["wish"]
        run = self.slot.run
        if run is None or run.name != message["run"]:
            return self._answer("unknown", f"run {message['run']} is not in this slot")
        if run.runner is None or run.verdict is not None:
            return self._answer("unknown", f"run {run.name} is ending")
        if wish["word"] == "stop":
            run.ask_to_end(wish)
        elif not run.runner.send(wish):
            return self._answer("unknown", "the runner does not read its wishes; try again")
        return self._answer("delivered")

    def _emergency(self, message: dict[str, Any], sender: str | bytes) -> None:
        """Kill, begin to switch off, say so, latch, prove it: in this order, and never refused."""
        latch: Latch = message["latch"]
        self.slot.kill(Ending.EMERGENCY, _sentence(latch), latch["id"])
        self.mailbox.send(self._answer("accepted"), sender)
        try:
            latch_slot(self.slot.paths, self.slot.name, latch)
        except OSError as error:
            self.slot.unwritten_latch = latch
            complain(f"latched only until this guard ends, or the latch can be written: {error}")
        self.slot.tell_when_safe(lambda: self.mailbox.send(self.slot.status(), sender))

    def _reset(self, message: dict[str, Any]) -> GuardStatus:
        """Take the latch away. A slot that is not safe becomes so only by a fresh confirmation."""
        if release_slot(self.slot.paths, self.slot.name, message["latch"]):
            self.slot.unwritten_latch = None
        if self.slot.keeper.safe is False:
            self.slot.keeper.want(check_first=False)
        return self._answer("reset")

    def _make_safe(self, message: dict[str, Any], sender: str | bytes) -> None:
        """Switch off and prove it now. Not in the middle of a run, which would go on with its outputs off."""
        if self._is_busy(sender):
            return
        self.slot.keeper.want(check_first=False, why=SafeReason.DEMAND, control=message["control"])
        self.mailbox.send(self._answer("accepted"), sender)
        self.slot.tell_when_safe(lambda: self.mailbox.send(self._answer("done"), sender))

    def _clear(self, message: dict[str, Any], sender: str | bytes) -> None:
        """Take the unsafe mark away, if a fresh safe state is confirmed. Otherwise it stays."""
        control: str = message["control"]
        if self.slot.unsafe.held is None:
            self.mailbox.send(self._answer("done"), sender)
        elif not self._is_busy(sender):
            self.slot.keeper.want(check_first=False, why=SafeReason.CLEAR, control=control)
            self.mailbox.send(self._answer("accepted"), sender)
            self.slot.tell_when_safe(lambda: self._conclude_clear(control, sender))

    def _conclude_clear(self, control: str, sender: str | bytes) -> None:
        if not (self.slot.keeper.safe and self.slot.unsafe.clear()):
            self.slot.unsafe.refuse(control)
        self.mailbox.send(self._answer("done"), sender)

    def _is_busy(self, sender: str | bytes) -> bool:
        """Whether a run holds the slot; then whoever asked is told so."""
        if self.slot.run is None:
            return False
        self.mailbox.send(self._answer("busy", f"the slot is busy with run {self.slot.run.name}"), sender)
        return True

    def _answer(self, answer: str, why: str = "") -> GuardStatus:
        status = self.slot.status()
        status["answer"], status["why"] = answer, why
        return status


def _sentence(latch: Latch) -> str:
    reason = f": {latch['reason']}" if latch["reason"] else ""
    return f"emergency stop of {latch['scope']} by {latch['by']}{reason}"
