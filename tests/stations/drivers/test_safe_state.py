"""The safe state of a whole slot: confirmed when it is, and within its time when it is not."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stations.drivers.loading import load_driver
from stations.drivers.safe_state import make_safe
from tests.stations.bench.running_bench import RunningBench
from tests.stations.drivers.conftest import OpenDriver

BUDGET_S = 5.0  # what can be confirmed takes a few milliseconds of it


def energize(opened: OpenDriver) -> None:
    supply, load, board = opened("supply"), opened("load"), opened("board")
    supply.set("voltage", 5)
    supply.set("output", True)
    load.write("INP ON")
    board.set("relay", True)
    board.close()


def test_everything_is_switched_off_and_confirmed(bench: RunningBench, opened: OpenDriver) -> None:
    energize(opened)
    proof = make_safe(bench.instruments, BUDGET_S)
    assert proof["confirmed"] is True
    assert proof["instruments"]["supply-1"]["wrote"] == ["OUTP OFF", "VOLT 0"]
    assert proof["instruments"]["board-1"]["read"] == ["RELAY? OFF"]
    assert (bench.state("supply-1")["output"], bench.state("load-1")["input"]) == (False, False)
    assert bench.state("board-1")["relay"] is False


def test_off_is_the_first_thing_an_instrument_hears(bench: RunningBench) -> None:
    make_safe(bench.instruments, BUDGET_S)
    assert bench.commands("supply-1") == ["OUTP OFF", "VOLT 0", "OUTP?", "VOLT?"]
    assert bench.commands("board-1")[0] == "RELAY OFF"


def test_checking_first_sends_nothing_to_what_is_safe(bench: RunningBench) -> None:
    proof = make_safe(bench.instruments, BUDGET_S, check_first=True)
    assert proof["confirmed"] is True
    assert bench.commands("supply-1") == ["OUTP?", "VOLT?"]
    assert proof["instruments"]["supply-1"]["wrote"] == []


def test_checking_first_writes_only_what_is_not_safe(bench: RunningBench, opened: OpenDriver) -> None:
    opened("supply").set("voltage", 5)
    proof = make_safe(bench.instruments, BUDGET_S, check_first=True)
    assert proof["instruments"]["supply-1"]["wrote"] == ["VOLT 0"]
    assert proof["confirmed"] is True


def test_checking_first_tells_a_mute_instrument_all_the_same(bench: RunningBench, opened: OpenDriver) -> None:
    energize(opened)
    bench.fault("supply-1", "mute")
    assert make_safe(bench.instruments, 1.0, check_first=True)["confirmed"] is False
    assert bench.state("supply-1")["output"] is False


def test_instrument_with_nothing_to_make_safe_is_left_alone_and_out_of_the_proof(bench: RunningBench) -> None:
    bench.fault("meter-1", "unplug")
    proof = make_safe(bench.instruments, BUDGET_S)
    assert (proof["confirmed"], list(proof["instruments"])) == (True, ["supply-1", "load-1", "board-1"])
    assert make_safe({"meter": bench.instruments["meter"]}, BUDGET_S) == {"confirmed": True, "instruments": {}}


@pytest.mark.parametrize("fault", [["unplug"], ["mute"], ["slow", "5"]])
def test_instrument_that_does_not_answer_is_reported_within_the_budget(bench: RunningBench, fault: list[str]) -> None:
    bench.fault("supply-1", *fault)
    started = time.monotonic()
    proof = make_safe(bench.instruments, 1.0)
    assert time.monotonic() - started < 1.3
    assert [name for name, each in proof["instruments"].items() if not each["confirmed"]] == ["supply-1"]
    assert "supply-1" in str(proof["instruments"]["supply-1"]["error"])


def test_instrument_that_refuses_to_switch_off_is_not_confirmed(bench: RunningBench, opened: OpenDriver) -> None:
    energize(opened)
    bench.fault("supply-1", "error")
    proof = make_safe(bench.instruments, 1.0)["instruments"]["supply-1"]
    assert (proof["confirmed"], proof["read"]) == (False, ["OUTP? 1", "VOLT? 5.000"])
    assert "is not in its safe state: it answered OUTP? 1, VOLT? 5.000" in str(proof["error"])


def test_instrument_that_comes_back_within_the_budget_is_made_safe(bench: RunningBench) -> None:
    bench.fault("supply-1", "unplug")
    command = [sys.executable, "-m", "stations.bench.faults", "--data-dir", str(bench.folder), "supply-1", "replug"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as replug:
        assert make_safe(bench.instruments, 10.0)["confirmed"] is True
    assert replug.returncode == 0


def test_one_client_instrument_is_made_safe_after_its_client_was_killed(bench: RunningBench) -> None:
    bench.fault("supply-1", "one_client")
    host, port = bench.instruments["supply"]["resource"].split("::")[1:3]
    script = f"import socket, time; s = socket.create_connection(({host!r}, {port})); print(flush=True); time.sleep(60)"
    # Whatever fails here, the client must not live on: it would keep the instrument from the tests that follow.
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as client:
        try:
            assert client.stdout is not None and client.stdout.readline()
            assert make_safe(bench.instruments, 0.2)["instruments"]["supply-1"]["confirmed"] is False
        finally:
            client.kill()
    assert make_safe(bench.instruments, BUDGET_S)["confirmed"] is True


def test_dead_address_does_not_outlast_the_budget(bench: RunningBench) -> None:
    settings = bench.instruments["supply"]
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent:
        settings["resource"] = f"TCPIP::127.0.0.1::{silent.getsockname()[1]}::SOCKET"
        started = time.monotonic()
        proof = make_safe({"supply": settings}, 0.3)
    assert time.monotonic() - started < 0.4
    assert proof["confirmed"] is False


def test_driver_that_cannot_be_loaded_does_not_stop_the_others(bench: RunningBench) -> None:
    instruments = bench.instruments
    instruments["load"]["driver"] = "no.such.Driver"
    proof = make_safe(instruments, BUDGET_S)
    assert "not allowed here" in str(proof["instruments"]["load-1"]["error"])
    assert proof["instruments"]["supply-1"]["confirmed"] is True


def test_slot_without_instruments_is_safe() -> None:
    assert make_safe({}, BUDGET_S) == {"confirmed": True, "instruments": {}}


def test_serial_line_with_an_old_answer_under_way_is_made_safe(bench: RunningBench, opened: OpenDriver) -> None:
    energize(opened)
    with Path(bench.instruments["board"]["resource"]).open("wb", buffering=0) as line:
        line.write(b"ECHO OFF\nRELAY O")
    assert make_safe(bench.instruments, BUDGET_S)["confirmed"] is True
    assert load_driver(bench.instruments["board"]).make_safe(BUDGET_S, check_first=True)["wrote"] == []
