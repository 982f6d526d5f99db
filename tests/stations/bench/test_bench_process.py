"""The bench as a process: addresses, faults by command, its record, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stations.bench.command_log import CommandLog
from tests.stations.bench.running_bench import RunningBench


def connect(bench: RunningBench, role: str) -> socket.socket:
    host, port = bench.instruments[role]["resource"].split("::")[1:3]
    return socket.create_connection((host, int(port)), timeout=2)


def ask(connection: socket.socket, question: str) -> str:
    connection.sendall(question.encode() + b"\n")
    return connection.recv(4096).decode().strip()


def faults(bench: RunningBench, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stations.bench.faults", "--data-dir", str(bench.folder), *words]
    return subprocess.run(command, capture_output=True, text=True)


def test_every_client_sees_the_same_instrument(bench: RunningBench) -> None:
    with connect(bench, "supply") as one, connect(bench, "supply") as other:
        ask(one, "VOLT 5;OUTP ON;*OPC?")
        assert ask(other, "VOLT?;OUTP?") == "5.000;1"
    assert bench.state("board-1")["powered"] is True


def test_commands_are_recorded_with_time_connection_and_reply(bench: RunningBench) -> None:
    before = time.time()
    with connect(bench, "supply") as one, connect(bench, "supply") as other:
        ask(one, "VOLT?")
        ask(other, "OUTP?")
    first, second = map(json.loads, (bench.folder / "bench" / "commands.jsonl").read_text().splitlines())
    assert (first["instrument"], first["command"], first["reply"]) == ("supply-1", "VOLT?", "0.000")
    assert second["connection"] == first["connection"] + 1
    assert before < first["at"] <= second["at"] < time.time()


def test_full_record_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stations.bench.command_log.MAX_BYTES", 250)
    log = CommandLog(tmp_path / "commands.jsonl")
    for number in range(5):
        log.record(1.0, "supply-1", 1, f"VOLT {number}", None)
    lines = [len((tmp_path / name).read_text().splitlines()) for name in ("commands.old.jsonl", "commands.jsonl")]
    assert lines == [3, 2]


def test_drop_closes_the_connections_and_welcomes_new_ones(bench: RunningBench) -> None:
    with connect(bench, "supply") as old:
        ask(old, "VOLT?")
        bench.fault("supply-1", "drop")
        assert old.recv(1) == b""
    with connect(bench, "supply") as new:
        assert ask(new, "VOLT?") == "0.000"


def test_unplug_refuses_and_replug_serves_again(bench: RunningBench) -> None:
    bench.fault("supply-1", "unplug")
    with pytest.raises(ConnectionRefusedError):
        connect(bench, "supply")
    bench.fault("supply-1", "replug")
    with connect(bench, "supply") as again:
        assert ask(again, "VOLT?") == "0.000"


def test_mute_instrument_obeys_without_answering(bench: RunningBench) -> None:
    bench.fault("supply-1", "mute")
    with connect(bench, "supply") as client:
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ask(client, "VOLT 5;VOLT?")
    bench.fault("supply-1", "mute", "off")
    with connect(bench, "supply") as client:
        assert ask(client, "VOLT?") == "5.000"


def test_one_client_instrument_lets_others_wait(bench: RunningBench) -> None:
    bench.fault("supply-1", "one_client", "on")
    first, second = connect(bench, "supply"), connect(bench, "supply")
    assert ask(first, "VOLT?") == "0.000"
    second.sendall(b"OUTP?\n")
    second.settimeout(0.2)
    with pytest.raises(TimeoutError):
        second.recv(1)
    first.close()
    second.settimeout(2)
    assert second.recv(16) == b"0\n"
    second.close()


def test_wrong_identity_can_be_switched_on_and_off(bench: RunningBench) -> None:
    bench.fault("supply-1", "wrong_identity")
    with connect(bench, "supply") as client:
        assert ask(client, "*IDN?") == "ACME,WRONG-MODEL,0,0.0"
        bench.fault("supply-1", "clear")
        assert ask(client, "*IDN?") == "Gwanje,SIMULATED-SUPPLY,supply-1,1.0"


def test_faults_command_orders_and_prints_the_state(bench: RunningBench) -> None:
    done = faults(bench, "supply-1", "drift", "0.25")
    assert (done.returncode, json.loads(done.stdout)["faults"]) == (0, {"drift": 0.25})
    assert json.loads(faults(bench, "state").stdout)["state"]["supply-1"]["faults"] == {"drift": 0.25}


def test_faults_command_refuses_unknown_words(bench: RunningBench) -> None:
    done = faults(bench, "supply-1", "explode")
    assert (done.returncode, "there is no fault 'explode'" in json.loads(done.stdout)["error"]) == (1, True)
    assert "instruments are supply-1" in json.loads(faults(bench, "toaster", "mute").stdout)["error"]


def test_faults_command_without_a_bench_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stations.bench.faults", "--data-dir", str(tmp_path), "state"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr.startswith(f"No bench is running for {tmp_path}")) == (1, True)


def test_taken_port_ends_with_one_sentence(bench: RunningBench, tmp_path: Path) -> None:
    (tmp_path / "station.yaml").write_text(bench.station_file.read_text())
    second = RunningBench(tmp_path)
    complaint = second.stop()
    assert second.is_ready is False
    assert complaint.startswith("supply-1 cannot be served at 127.0.0.1:")
    assert complaint.count("\n") == 1


def test_second_bench_leaves_the_first_one_its_serial_ports_and_orders(bench: RunningBench) -> None:
    second = RunningBench(bench.folder)
    assert (second.is_ready, second.stop()) == (
        False,
        f"A bench is already running for {bench.folder}. Use that one, or stop it first.\n",
    )
    assert Path(bench.instruments["board"]["resource"]).is_char_device()
    assert bench.fault("board-1", "clear")["ok"] is True


def test_bench_works_in_a_folder_with_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    bench = RunningBench(folder)
    assert bench.fault("state")["ok"] is True
    bench.stop()


def test_bench_ends_at_once_on_sigterm(tmp_path: Path) -> None:
    bench = RunningBench(tmp_path)
    client = connect(bench, "supply")
    bench.process.send_signal(signal.SIGTERM)
    assert bench.process.wait(timeout=1) == 0
    assert not Path(bench.instruments["board"]["resource"]).is_symlink()
    client.close()
    assert bench.stop() == ""


def test_bench_outlives_its_lifeline_by_two_seconds(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    bench = RunningBench(tmp_path, "--lifeline-fd", str(ours), keep=(ours,))
    os.close(ours)
    os.close(theirs)
    with pytest.raises(subprocess.TimeoutExpired):
        bench.process.wait(timeout=1.5)
    assert bench.process.wait(timeout=5) == 0
    bench.stop()
