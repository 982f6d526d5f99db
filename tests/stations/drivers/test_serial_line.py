"""The serial driver against the bench's pseudo terminal."""

from __future__ import annotations

import os
import signal
import termios
import threading
import time
import tty
from pathlib import Path
from types import FrameType

import pytest

from stations.drivers.driver import InstrumentError
from stations.drivers.loading import load_driver
from stations.drivers.serial_line import SerialLine
from stations.drivers.serial_link import port_settings
from stations.drivers.visa_link import resource_manager
from tests.installations import wait_until
from tests.stations.bench.running_bench import RunningBench
from tests.stations.drivers.conftest import OpenDriver


class Interruption(BaseException):
    """What a signal handler raises."""


def power(opened: OpenDriver) -> None:
    supply = opened("supply")
    supply.set("voltage", 5)
    supply.set("output", True)
    time.sleep(0.35)


def test_open_does_not_need_a_board_with_power(opened: OpenDriver) -> None:
    board = opened("board")
    assert board.read("relay") is False


def test_open_of_a_missing_port_names_instrument_and_path(bench: RunningBench, opened: OpenDriver) -> None:
    bench.fault("board-1", "unplug")
    with pytest.raises(InstrumentError, match=r"board-1 at /.*/board-1.tty cannot be reached"):
        opened("board")


def test_port_is_opened_exclusively(bench: RunningBench, opened: OpenDriver) -> None:
    opened("board")
    with pytest.raises(InstrumentError, match=rf"cannot be reached \(process {os.getpid()} \(.+\) has it open\)"):
        load_driver(bench.instruments["board"]).open()


def test_port_is_exclusive_for_classes_that_open_it_over_visa_too(bench: RunningBench, opened: OpenDriver) -> None:
    resource = f"ASRL{bench.instruments['board']['resource']}::INSTR"
    ours = opened("board")
    with pytest.raises(BlockingIOError, match="another program has this port"):
        resource_manager().open_resource(resource)
    ours.close()
    theirs = resource_manager().open_resource(resource)
    with pytest.raises(InstrumentError, match="has it open"):
        opened("board")
    theirs.close()


def test_set_waits_for_the_acknowledgement(opened: OpenDriver) -> None:
    board = opened("board")
    board.set("relay", True)
    assert board.read("relay") is True


def test_set_that_the_device_refuses_is_an_error(bench: RunningBench, opened: OpenDriver) -> None:
    board = opened("board")
    bench.fault("board-1", "error")
    with pytest.raises(InstrumentError, match="answered 'ERR execution' to 'RELAY ON' instead of 'OK'"):
        board.set("relay", True)


def test_board_without_power_does_not_answer(opened: OpenDriver) -> None:
    with pytest.raises(InstrumentError, match=r"did not answer '\*IDN\?'"):
        opened("board", timeout_s=0.1).identify()


def test_board_with_power_identifies_itself(opened: OpenDriver) -> None:
    power(opened)
    assert opened("board").identify() == "Gwanje,DEMO-BOARD,SN-7,1.0"


def test_late_reply_is_never_taken_for_the_next_answer(bench: RunningBench, opened: OpenDriver) -> None:
    power(opened)
    board = opened("board", timeout_s=0.2)
    board.query("MODE?")
    bench.fault("board-1", "slow", "0.3")
    with pytest.raises(InstrumentError):
        board.query("SERIAL?")
    bench.fault("board-1", "slow", "0")
    assert board.query("MODE?") == "IDLE"


def test_late_reply_is_dropped_without_a_sync_question_too(bench: RunningBench, opened: OpenDriver) -> None:
    board = opened("board", sync="", timeout_s=0.1)
    bench.fault("board-1", "slow", "0.15")
    with pytest.raises(InstrumentError):
        board.query("ECHO late")
    bench.fault("board-1", "slow", "0")
    assert board.query("RELAY?") == "OFF"


def test_blocked_read_is_interrupted_by_a_signal_handler(bench: RunningBench, opened: OpenDriver) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interruption

    board = opened("board", timeout_s=10)
    bench.fault("board-1", "mute")
    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    started = time.monotonic()
    try:
        with pytest.raises(Interruption):
            board.query("RELAY?")
        assert time.monotonic() - started < 0.3
    finally:
        signal.signal(signal.SIGALRM, previous)
    bench.fault("board-1", "clear")
    assert board.query("RELAY?") == "OFF"


def test_unplugged_line_fails_until_it_is_back(bench: RunningBench, opened: OpenDriver) -> None:
    board = opened("board")
    bench.fault("board-1", "unplug")
    for _ in range(2):
        with pytest.raises(InstrumentError):
            board.query("RELAY?")
    bench.fault("board-1", "replug")
    assert board.query("RELAY?") == "OFF"


def test_half_a_line_of_a_predecessor_does_not_spoil_the_first_command(bench: RunningBench, opened: OpenDriver) -> None:
    with open(bench.instruments["board"]["resource"], "wb", buffering=0) as line:  # noqa: PTH123  (a terminal)
        line.write(b"RELAY O")
    board = opened("board")
    board.set("relay", True)
    assert bench.commands("board-1")[0] == "RELAY O"
    assert board.read("relay") is True


def test_serial_server_is_opened_by_its_url(bench: RunningBench) -> None:
    settings = bench.instruments["board"]
    port = bench.instruments["meter"]["resource"].split("::")[2]
    settings["resource"] = f"socket://127.0.0.1:{port}"
    settings["options"] = {"timeout_s": 0.5}
    driver = load_driver(settings)
    driver.open()
    assert "SIMULATED-METER" in driver.identify()
    driver.close()


def test_board_tells_its_boot_log_when_power_comes_and_answers_are_not_taken_from_it(
    bench: RunningBench, opened: OpenDriver
) -> None:
    board, supply = opened("board"), opened("supply")
    assert isinstance(board, SerialLine)
    supply.set("voltage", 5)
    supply.set("output", True)
    answers = {board.read("relay") for _ in range(30)}  # while it boots
    assert answers == {False}
    wait_until(lambda: board.query("RELAY?") and any("DEMO-BOARD ready" in line for line in board.log), 5)
    assert [line.split("] ")[1] for line in board.log][:2] == [
        "bootloader 1.0, reset by power-on",
        "memory: 512 KiB ok",
    ]
    supply.set("output", False)
    board.log.clear()
    supply.set("output", True)
    supply.set("output", False)  # a board that loses its power says no more
    board.query("RELAY?")
    assert list(board.log) == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"parity": "sometimes"}, "`parity` must be one of none, even, odd, mark, space, it is 'sometimes'"),
        ({"bytesize": 9}, "`bytesize` must be one of 5, 6, 7, 8, it is 9"),
        ({"stopbits": 3}, "`stopbits` must be one of 1, 1.5, 2, it is 3"),
        ({"flow_control": "rts"}, "`flow_control` must be one of none, hardware, dsr, software, it is 'rts'"),
        ({"read_terminator": ""}, "without `read_terminator` needs `read_length`"),
        ({"read_length": -1}, "`read_length` must be a number of bytes"),
        ({"encoding": "klingon"}, "`encoding` and terminators do not fit"),
    ],
)
def test_option_that_no_port_can_have_is_refused(bench: RunningBench, options: dict[str, object], problem: str) -> None:
    settings = bench.instruments["board"]
    settings["options"] = options
    with pytest.raises(InstrumentError, match=problem):
        load_driver(settings)


def test_port_is_set_as_its_options_say(bench: RunningBench, opened: OpenDriver) -> None:
    # A pseudo terminal takes what makes sense without a wire: no parity, and bytes of eight bits.
    opened("board", baudrate=9600, stopbits=2, flow_control="software")
    with Path(bench.instruments["board"]["resource"]).open("rb") as line:
        flags, _, control, _, speed, *_ = termios.tcgetattr(line)
    assert speed == termios.B9600
    assert (bool(control & termios.CSTOPB), bool(flags & termios.IXON)) == (True, True)
    asked = port_settings({"parity": "Even", "bytesize": 7, "flow_control": "hardware"})
    assert (asked["parity"], asked["bytesize"], asked["rtscts"]) == ("E", 7, True)


@pytest.mark.parametrize(
    ("options", "sent", "answer", "understood"),
    [
        ({"write_terminator": "\r\n", "read_terminator": "\r\n"}, b"TEMP?\r\n", b"21.5\r\n", "21.5"),
        ({"write_terminator": "\\r", "read_terminator": "\\r"}, b"TEMP?\r", b"21.5\r", "21.5"),
        ({"write_terminator": "", "read_terminator": "", "read_length": 6}, b"TEMP?", b"021.5C", "021.5C"),
        ({"encoding": "latin-1", "read_terminator": ";"}, b"TEMP?\n", b"21.5 \xb0C;", "21.5 °C"),
    ],
)
def test_lines_end_as_the_device_wants_them(
    bench: RunningBench, options: dict[str, object], sent: bytes, answer: bytes, understood: str
) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    settings = bench.instruments["board"]
    settings["resource"], settings["options"] = os.ttyname(theirs), {"timeout_s": 2, **options}
    driver = load_driver(settings)
    driver.connect()
    os.read(ours, 4096) if options.get("write_terminator") != "" else None  # the line end that opening sends
    threading.Timer(0.05, os.write, (ours, answer)).start()
    assert driver.query("TEMP?") == understood
    assert os.read(ours, 4096) == sent
    driver.close()
    os.close(ours)
    os.close(theirs)
