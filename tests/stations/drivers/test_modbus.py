"""The Modbus driver against the bench's chamber, and against a socket that answers as it likes."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Any

import pytest

from stations.contracts import InstrumentSettings
from stations.drivers.driver import Driver, InstrumentError
from stations.drivers.loading import load_driver
from stations.drivers.modbus_text import parse_place
from stations.drivers.safe_state import make_safe
from tests.stations.bench.running_bench import RunningBench
from tests.stations.drivers.conftest import OpenDriver


def driver_at(port: int, **options: Any) -> Driver:
    return load_driver(
        InstrumentSettings(
            name="counter-1",
            driver="stations.drivers.modbus_tcp.ModbusTcp",
            resource=f"modbus://127.0.0.1:{port}/7",
            options=options,
            commands={},
            safe_state=[],
        )
    )


def test_commands_are_set_and_read_back_in_their_types(bench: RunningBench, opened: OpenDriver) -> None:
    chamber = opened("chamber")
    chamber.set("setpoint", 61.7)
    chamber.set("fan", 80)
    chamber.set("on", True)
    assert (chamber.read("setpoint"), chamber.read("fan"), chamber.read("on")) == (61.7, 80.0, True)
    assert chamber.read("door_closed") is True
    assert 40 < float(chamber.read("humidity")) < 50
    assert bench.state("chamber-1")["on"] is True
    assert bench.commands("chamber-1")[:2] == [
        "identify",
        f"write holding 0 {struct.unpack('>H', struct.pack('>f', 61.7)[:2])[0]} 52429",
    ]
    assert chamber.identify() == "Gwanje,SIMULATED-CHAMBER,1.0"


def test_what_the_device_refuses_is_named(bench: RunningBench, opened: OpenDriver) -> None:
    chamber = opened("chamber")
    with pytest.raises(InstrumentError, match=r"refused 'holding 90' \(illegal data address: there is nothing"):
        chamber.query("holding 90")
    with pytest.raises(InstrumentError, match=r"refused 'holding 0 float32 250' \(illegal data value"):
        chamber.set("setpoint", 250)
    bench.fault("chamber-1", "error")
    with pytest.raises(InstrumentError, match="device failure"):
        chamber.set("on", True)
    assert chamber.read("on") is False


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("voltage 5", "names no place"),
        ("holding 70000", "is no address"),
        ("holding 2 float16", "fits into uint16"),
        ("holding 2 float16 5", "is no type"),
        ("holding 2 70000", "fits into uint16, not '70000'"),
        ("input 2 5", "writes a value to holding or coil"),
        ("coil 0 maybe", "takes ON or OFF"),
    ],
)
def test_wrong_texts_are_refused_before_anything_is_sent(
    bench: RunningBench, opened: OpenDriver, text: str, problem: str
) -> None:
    chamber = opened("chamber")
    told = len(bench.commands("chamber-1"))
    with pytest.raises(InstrumentError, match=problem):
        chamber.write(text)
    assert len(bench.commands("chamber-1")) == told


@pytest.mark.parametrize(
    ("text", "value", "little"),
    [
        ("holding 0 int16", "-5", False),
        ("holding 0 uint32", "3000000000", True),
        ("holding 0 int64", "-9000000000", False),
        ("holding 0 float64", "0.1", True),
        ("holding 0 uint16 x0.1", "23.5", False),
        ("holding 0", "65535", False),
    ],
)
def test_number_is_the_same_after_its_registers(text: str, value: str, little: bool) -> None:
    place, _ = parse_place(text)
    registers = place.stored(value, little=little)
    assert (place.shown(registers, little=little), len(registers)) == (value, place.registers)


def test_little_word_order_puts_the_lowest_register_first() -> None:
    assert parse_place("holding 0 uint32")[0].stored("65537", little=True) == [1, 1]
    assert parse_place("holding 0 uint32")[0].stored("1", little=True) == [1, 0]


def test_mute_and_unplugged_devices_fail_within_their_time_until_they_are_back(
    bench: RunningBench, opened: OpenDriver
) -> None:
    chamber = opened("chamber", timeout_s=0.2)
    bench.fault("chamber-1", "mute")
    with pytest.raises(InstrumentError, match=r"did not answer 'coil 0' within 0.2 s"):
        chamber.read("on")
    bench.fault("chamber-1", "unplug")
    with pytest.raises(InstrumentError, match=r"chamber-1 at modbus://.* cannot be reached"):
        chamber.read("on")
    bench.fault("chamber-1", "clear")
    assert chamber.read("on") is False
    bench.fault("chamber-1", "drop")
    with pytest.raises(InstrumentError, match="was lost"):
        chamber.read("on")
    assert chamber.read("on") is False


def test_late_answer_is_never_taken_for_the_next_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        driver = driver_at(listener.getsockname()[1], timeout_s=0.2)
        driver.connect()
        with pytest.raises(InstrumentError, match="did not answer"):
            driver.query("holding 0")
        first = listener.accept()[0]
        # The answer comes now, under the number of whatever is asked next.
        first.sendall(b"".join(struct.pack(">HHHBBBH", number, 0, 5, 7, 3, 2, 99) for number in range(8)))
        threading.Thread(target=answer, args=(listener, 42)).start()
        assert driver.query("holding 1") == "42"
        driver.close()
        first.close()


def answer(listener: socket.socket, value: int) -> None:
    client = listener.accept()[0]
    transaction = client.recv(12)[:2]
    client.sendall(transaction + struct.pack(">HHBBBH", 0, 5, 7, 3, 2, value))
    client.recv(1)
    client.close()


def test_wrong_device_is_not_opened(bench: RunningBench, opened: OpenDriver) -> None:
    bench.fault("chamber-1", "wrong_identity")
    with pytest.raises(InstrumentError, match=r"is not the expected one: it says 'ACME,WRONG-DEVICE,0.0'"):
        opened("chamber")


def test_safe_state_switches_off_and_tells_a_stuck_output(bench: RunningBench, opened: OpenDriver) -> None:
    opened("chamber").set("on", True)
    bench.fault("chamber-1", "stuck_output")
    proof = make_safe({"chamber": bench.others["chamber"]}, 0.5)["instruments"]["chamber-1"]
    assert (proof["confirmed"], proof["read"]) == (False, ["coil 0 ON"])
    bench.fault("chamber-1", "clear")
    assert make_safe({"chamber": bench.others["chamber"]}, 5.0)["confirmed"] is True
    assert bench.state("chamber-1")["on"] is False


@pytest.mark.parametrize(
    ("resource", "options", "problem"),
    [
        ("TCPIP::h::1::SOCKET", {}, "no address like modbus://"),
        ("modbus://h/", {}, "no address like modbus://"),
        ("modbus://h", {"word_order": "middle"}, "`word_order` must be big or little"),
        ("modbus://h", {"identity": "ACME"}, "`identity` needs `identify`"),
        ("modbus://h", {"identify": "VOLT?"}, "names no place"),
    ],
)
def test_description_that_cannot_work_is_refused(resource: str, options: dict[str, Any], problem: str) -> None:
    settings = InstrumentSettings(
        name="x",
        driver="stations.drivers.modbus_tcp.ModbusTcp",
        resource=resource,
        options=options,
        commands={},
        safe_state=[],
    )
    with pytest.raises(InstrumentError, match=problem):
        load_driver(settings)
