"""A station ends in order, or at once, and nobody is left over: with a batch running and every output on."""

from __future__ import annotations

import signal
import socket

import pytest

from stations.drivers.address import tcp_address
from tests.installations import wait_until
from tests.system.invariants import check_invariants
from tests.system.running_station import RunningStation

pytestmark = pytest.mark.any_database


def without_followers(station: RunningStation) -> set[int]:
    return station.installation.processes() - {process.pid for process in station.followers}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ordered_end_stops_the_running_batch(own_station: RunningStation, number: int):
    batch = own_station.start().begin(way="sleep", seconds=60)
    assert own_station.stop(number) < 20
    assert batch.verdict == ("STOPPED", "NONE")
    assert own_station.bench.switching() == ["on", "off"]
    assert own_station.output.splitlines()[-6:] == [
        "Stopping. No new work is taken.",
        "Being stopped, teardown first: demo/slot-1.",
        "demo/slot-1: the run has ended.",
        "Safe state confirmed: demo/slot-1, demo/slot-2.",
        "All results are in the database.",
        "Stopped.",
    ]
    wait_until(lambda: not without_followers(own_station), 5, "the end of all processes")


def test_ordered_end_kills_a_batch_that_does_not_yield(own_station: RunningStation):
    batch = own_station.start().begin(way="deadlock", seconds=60)
    assert own_station.stop() < 20
    assert batch.verdict == ("ABORTED", "NONE")
    assert own_station.bench.switching() == ["on", "off"]
    wait_until(lambda: not without_followers(own_station), 5, "the end of all processes")


@pytest.mark.parametrize(("way", "state"), [("sleep", "STOPPED"), ("deadlock", "ABORTED")])
def test_killed_parent_leaves_no_orphan_and_no_output_on(own_station: RunningStation, way: str, state: str):
    batch = own_station.start().begin(way=way, seconds=60)
    own_station.process.kill()
    wait_until(lambda: not without_followers(own_station), 20, "the end of all processes")
    assert own_station.bench.switching() == ["on", "off"]
    own_station.start()
    assert batch.verdict == (state, "NONE")
    check_invariants(own_station)
    assert own_station.run(seconds=0).verdict == ("COMPLETED", "PASS")


def test_second_station_on_the_same_folder_is_refused(station: RunningStation):
    done = station.manage("serve_station")
    assert done.returncode == 2
    assert "A station is already running" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert station.run(seconds=0).verdict == ("COMPLETED", "PASS")


def test_taken_port_of_the_bench_is_refused(own_station: RunningStation):
    address = tcp_address(own_station.bench.instruments["supply-1"]["resource"])
    with socket.create_server(address):
        done = own_station.manage("serve_station", "--with-bench")
    assert done.returncode == 2
    assert f"supply-1 cannot be served at {address[0]}:{address[1]}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert without_followers(own_station) == set()


def test_broken_station_file_is_refused_with_its_lines(installation):
    installation.station_file.write_text("station: {id: demo}\nslots: []\n")
    done = installation.manage("serve_station")
    assert done.returncode == 2
    assert f"{installation.station_file.name}:1: " in done.stderr


def test_configuration_of_the_warden_holds_no_secret(station: RunningStation):
    configuration = station.paths.warden_config.read_text()
    assert "GWANJE_DATABASE_URL" not in configuration and "SECRET" not in configuration
