"""All instruments of a slot into their safe state, at once and within a time that holds whatever they do."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping

from stations.contracts import InstrumentProof, InstrumentSettings, SafeProof
from stations.drivers.loading import load_driver

# A driver gets a little less than the budget, so that its own report is there when the budget ends.
REPORTING_S = 0.1


def make_safe(
    instruments: Mapping[str, InstrumentSettings],
    budget_s: float,
    *,
    check_first: bool = False,
    allowed: Collection[str] = (),
) -> SafeProof:
    """Bring every instrument of a slot (by role) into its safe state, in parallel, over fresh connections.

    Returns after `budget_s` at the latest, with a dead or mute instrument too. With `check_first` an instrument that is
    already safe is sent nothing. Never raises: what went wrong stands in the proof of its instrument. An instrument
    without a safe state has nothing to prove: it is left alone, and out of the proof.
    """
    deadline = time.monotonic() + budget_s
    proofs: dict[str, InstrumentProof] = {}
    workers = {}
    for settings in {each["name"]: each for each in instruments.values() if each["safe_state"]}.values():
        worker = threading.Thread(
            target=_make_one_safe,
            args=(settings, max(budget_s - REPORTING_S, 0.0), check_first, allowed, proofs),
            daemon=True,  # one that is stuck in the operating system must not keep the process alive
        )
        worker.start()
        workers[settings["name"]] = worker
    for name, worker in workers.items():
        worker.join(max(0.0, deadline - time.monotonic()))
        proofs.setdefault(name, _unconfirmed(f"{name} gave no sign within {budget_s:g} s", budget_s))
    return SafeProof(
        confirmed=all(proofs[name]["confirmed"] for name in workers),
        instruments={name: proofs[name] for name in workers},
    )


def _make_one_safe(
    settings: InstrumentSettings,
    budget_s: float,
    check_first: bool,
    allowed: Collection[str],
    proofs: dict[str, InstrumentProof],
) -> None:
    try:
        proof = load_driver(settings, allowed).make_safe(budget_s, check_first=check_first)
    except Exception as error:  # a driver that does not even load: report it, the other instruments go on
        proof = _unconfirmed(str(error), 0.0)
    proofs.setdefault(settings["name"], proof)


def _unconfirmed(error: str, took_s: float) -> InstrumentProof:
    return InstrumentProof(confirmed=False, wrote=[], read=[], error=error, took_ms=took_s * 1000)
