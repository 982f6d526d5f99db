"""The SCPI driver against a real bench over real sockets."""

from __future__ import annotations

import resource
import signal
import socket
import threading
import time
from types import FrameType

import pytest

from stations.drivers.driver import InstrumentError
from stations.drivers.loading import load_driver
from stations.drivers.visa_link import resource_manager
from tests.stations.bench.running_bench import RunningBench
from tests.stations.drivers.conftest import OpenDriver


class Interruption(BaseException):
    """What a signal handler raises."""


def test_open_clears_foreign_errors_and_checks_the_identity(bench: RunningBench, opened: OpenDriver) -> None:
    opened("supply")
    assert bench.commands("supply-1") == ["*CLS", "*IDN?"]


def test_open_of_a_refused_port_names_instrument_and_address(bench: RunningBench) -> None:
    bench.fault("supply-1", "unplug")
    settings = bench.instruments["supply"]
    with pytest.raises(InstrumentError) as refusal:
        load_driver(settings).open()
    where = f"Instrument supply-1 at {settings['resource']} cannot be reached (nothing listens there)"
    assert str(refusal.value) == f"{where}: check that it is switched on and its `resource` in station.yaml."


def test_open_of_a_malformed_resource_is_an_instrument_error(bench: RunningBench) -> None:
    settings = bench.instruments["supply"]
    settings["resource"] = "TCPIP::nonsense"
    with pytest.raises(InstrumentError, match="cannot be reached"):
        load_driver(settings).open()


def test_open_refuses_another_instrument_at_the_address(bench: RunningBench, opened: OpenDriver) -> None:
    bench.fault("supply-1", "wrong_identity")
    with pytest.raises(InstrumentError, match=r"not the expected one.*WRONG-MODEL.*SIMULATED-SUPPLY"):
        opened("supply")


def test_set_and_read_use_declared_commands(bench: RunningBench, opened: OpenDriver) -> None:
    supply = opened("supply")
    supply.set("voltage", 5)
    supply.set("output", True)
    assert (supply.read("voltage"), supply.read("output"), supply.read("mode")) == (5.0, True, "CV")
    assert bench.state("supply-1")["output"] is True


def test_small_messages_are_not_held_back(opened: OpenDriver) -> None:
    opened("supply")
    sockets = [getattr(each, "interface", None) for each in resource_manager().visalib.sessions.values()]
    options = [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets if each is not None]
    assert options and set(options) == {1}


def test_set_outside_the_range_sends_nothing(bench: RunningBench, opened: OpenDriver) -> None:
    supply = opened("supply")
    with pytest.raises(InstrumentError, match="set 'voltage': it takes 0 to 20 V, not 21"):
        supply.set("voltage", 21)
    assert bench.commands("supply-1") == ["*CLS", "*IDN?"]


def test_undeclared_command_is_refused_with_the_known_ones(opened: OpenDriver) -> None:
    with pytest.raises(InstrumentError, match=r"no command 'volts': station.yaml declares identity, mode, output"):
        opened("supply").set("volts", 5)


def test_read_of_a_reply_that_does_not_fit_is_an_error(opened: OpenDriver) -> None:
    with pytest.raises(InstrumentError, match="which is not a number"):
        opened("supply").read("identity")


def test_set_reports_what_the_instrument_queues(opened: OpenDriver) -> None:
    supply = opened("supply")
    with pytest.raises(InstrumentError, match=r"refused 'VOLT 18'.*Data out of range"):
        supply.set("voltage", 18)
    supply.set("voltage", 5)


def test_set_does_not_ask_for_errors_when_told_so(bench: RunningBench, opened: OpenDriver) -> None:
    opened("supply", check_errors=False).set("voltage", 18)
    assert "SYST:ERR?" not in bench.commands("supply-1")


def test_self_check_reports_queued_errors(opened: OpenDriver) -> None:
    supply = opened("supply")
    supply.write("BOGUS")
    with pytest.raises(InstrumentError, match="Undefined header"):
        supply.self_check()


def test_mute_instrument_ends_in_a_timeout_that_names_the_question(bench: RunningBench, opened: OpenDriver) -> None:
    supply = opened("supply", timeout_s=0.1)
    bench.fault("supply-1", "mute")
    with pytest.raises(InstrumentError, match=r"did not answer 'VOLT\?' within 0.1 s"):
        supply.query("VOLT?")


def test_late_reply_is_never_taken_for_the_next_answer(bench: RunningBench, opened: OpenDriver) -> None:
    supply = opened("supply", timeout_s=0.1)
    bench.fault("supply-1", "slow", "0.3")
    with pytest.raises(InstrumentError):
        supply.query("*IDN?")
    bench.fault("supply-1", "slow", "0")
    time.sleep(0.3)
    assert supply.query("VOLT?") == "0.000"


def test_unread_answer_of_a_written_question_is_dropped(opened: OpenDriver) -> None:
    supply = opened("supply")
    supply.write("*IDN?")
    assert supply.query("VOLT?") == "0.000"


def test_closed_connection_is_noticed_at_once_without_spinning(bench: RunningBench, opened: OpenDriver) -> None:
    supply = opened("supply", timeout_s=5)
    bench.fault("supply-1", "slow", "5")
    dropping = threading.Timer(0.2, bench.fault, ("supply-1", "drop"))
    dropping.start()
    started, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with pytest.raises(InstrumentError, match="closed the connection"):
        supply.query("VOLT?")
    assert time.monotonic() - started < 4  # and not the 5 s of a silent instrument
    dropping.join()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - used < 0.2


def test_dropped_connection_fails_once_and_is_then_renewed(bench: RunningBench, opened: OpenDriver) -> None:
    supply = opened("supply")
    bench.fault("supply-1", "drop")
    time.sleep(0.05)
    with pytest.raises(InstrumentError, match="was lost"):
        supply.set("voltage", 5)
    supply.set("voltage", 6)
    assert supply.read("voltage") == 6.0


def test_unplugged_instrument_fails_until_it_is_back(bench: RunningBench, opened: OpenDriver) -> None:
    supply = opened("supply")
    bench.fault("supply-1", "unplug")
    for _ in range(3):
        with pytest.raises(InstrumentError):
            supply.query("VOLT?")
    bench.fault("supply-1", "replug")
    assert supply.query("VOLT?") == "0.000"


def test_blocked_read_is_interrupted_by_a_signal_handler(bench: RunningBench, opened: OpenDriver) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interruption

    supply = opened("supply", timeout_s=10)
    bench.fault("supply-1", "slow", "1")
    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    started = time.monotonic()
    try:
        with pytest.raises(Interruption):
            supply.query("*IDN?")
        assert time.monotonic() - started < 0.3
    finally:
        signal.signal(signal.SIGALRM, previous)
    bench.fault("supply-1", "slow", "0")
    assert supply.query("VOLT?") == "0.000"


def test_closed_driver_refuses_to_speak(bench: RunningBench, opened: OpenDriver) -> None:
    supply = opened("supply")
    supply.close()
    supply.close()
    with pytest.raises(InstrumentError, match="is not open"):
        supply.write("OUTP ON")
    assert "OUTP ON" not in bench.commands("supply-1")


def test_reply_may_come_in_pieces(bench: RunningBench) -> None:
    settings = bench.instruments["meter"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings["resource"] = f"TCPIP::127.0.0.1::{listener.getsockname()[1]}::SOCKET"
        driver = load_driver(settings)
        driver.connect()
        client = listener.accept()[0]
        for delay, piece in enumerate([b"3", b".3", b"0\r\n"]):
            threading.Timer(0.05 * (delay + 1), client.sendall, (piece,)).start()
        assert driver.query("MEAS?") == "3.30"
        driver.close()
        client.close()


def test_serial_ports_are_not_opened_over_visa(bench: RunningBench) -> None:
    settings = bench.instruments["supply"]
    settings["resource"] = "ASRL/dev/ttyUSB0::INSTR"
    with pytest.raises(InstrumentError, match=r"use stations.drivers.serial_line.SerialLine"):
        load_driver(settings)
