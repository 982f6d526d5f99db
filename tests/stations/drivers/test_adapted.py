"""Classes that are not ours, unchanged: what a text may do with them, and what becomes of their errors."""

from __future__ import annotations

import signal
import socket
import time
from types import FrameType
from typing import Any

import pytest

from stations.contracts import InstrumentSettings
from stations.drivers.adapted import AdaptedInstrument
from stations.drivers.driver import InstrumentError
from stations.drivers.expressions import Expression
from stations.drivers.loading import load_driver
from stations.drivers.safe_state import make_safe
from tests.stations.drivers.foreign_classes import Supply

CLASSES = "tests.stations.drivers.foreign_classes"
COMMANDS = {
    "voltage": {"write": "channels[1].voltage = {value}", "query": "ch_1.voltage", "maximum": 20},
    "output": {"write": "output = {value}", "query": "output", "type": "boolean"},
    "doubled": {"query": "measure(1, scale=2.0)"},
    "label": {"write": "configure({'label': {value}})", "query": "label", "type": "text"},
}
SAFE = [{"write": "output = False", "check": "output", "expect": "False"}]


def settings(kind: str = "Supply", resource: str = "lab:0", **options: Any) -> InstrumentSettings:
    return InstrumentSettings(
        name="supply-1",
        driver=f"{CLASSES}.{kind}",
        resource=resource,
        options=options,
        commands=COMMANDS if kind == "Supply" else {},
        safe_state=SAFE if kind == "Supply" else [],
    )


def opened(kind: str = "Supply", **options: Any) -> AdaptedInstrument:
    driver = load_driver(settings(kind, **options), [f"{CLASSES}.*"])
    assert isinstance(driver, AdaptedInstrument)
    driver.open()
    return driver


def test_plain_class_is_set_and_read_by_its_attributes_properties_and_methods() -> None:
    supply = opened(arguments={"channels": 2})
    supply.set("voltage", 4.5)
    supply.set("output", True)
    supply.set("label", "it's 'mine'")
    assert (supply.read("voltage"), supply.read("output"), supply.read("doubled")) == (4.5, True, 9.0)
    assert supply.read("label") == "it's 'mine'"
    assert [supply.query(text) for text in ("measure", "mode", "serial_number", "channels[2].number")] == [
        "4.5",
        "constant voltage",
        "SN-1",
        "2",
    ]
    object = supply.object
    supply.close()
    assert object.closed is True
    with pytest.raises(InstrumentError, match="supply-1 at lab:0 is not open"):
        supply.read("voltage")


def test_ophyd_style_device_is_driven_by_its_signals() -> None:
    stage = opened("Stage", resource_as="", arguments={"name": "stage"})
    stage.write("setpoint = 2.5")
    stage.write("axis = -1.5")
    assert [stage.query(text) for text in ("setpoint", "axis", "setpoint.get()", "name", "connected")] == [
        "2.5",
        "-1.5",
        "2.5",
        "stage",
        "True",
    ]
    stage.write("axis.set(3.0)")  # and waited for
    assert stage.query("axis") == "3.0"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("volts", "AttributeError: 'Supply' object has no attribute 'volts'"),
        ("measure(7)", "KeyError: 7"),
        ("nothing", "LookupError: it gave nothing"),
    ],
)
def test_errors_of_the_class_name_the_instrument_and_the_text(text: str, problem: str) -> None:
    with pytest.raises(InstrumentError, match="supply-1 at lab:0 failed at") as error:
        opened().query(text)
    assert f"failed at {text!r} ({problem})" in str(error.value)


def test_attribute_that_is_not_there_is_never_made_up() -> None:
    with pytest.raises(InstrumentError, match=r"failed at 'volts = 5' .*volts"):
        opened().write("volts = 5")


def test_error_costs_the_object_so_that_nothing_late_is_left_in_it() -> None:
    supply = opened()
    first = supply.object
    with pytest.raises(InstrumentError):
        supply.write("output = 'no'")
    assert (supply.query("output"), supply.object is first, first.closed) == ("False", False, True)


def test_hanging_call_is_interrupted_by_a_signal_handler_and_the_next_has_a_new_object() -> None:
    class Interruption(BaseException):
        pass

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interruption

    supply = opened()
    first = supply.object
    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(Interruption):
            supply.query("hang")
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert (supply.query("measure"), supply.object is first) == ("0.0", False)


def test_class_that_cannot_connect_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        resource = f"lab:{closed.getsockname()[1]}"
    driver = load_driver(settings(resource=resource), [f"{CLASSES}.Supply"])
    with pytest.raises(InstrumentError, match=r"cannot be opened \(Supply: ConnectionRefusedError: .*its `resource`"):
        driver.open()
    started = time.monotonic()
    proof = make_safe({"supply": driver.settings}, 0.3, allowed=[f"{CLASSES}.Supply"])
    assert (proof["confirmed"], time.monotonic() - started < 0.5) == (False, True)


def test_safe_state_is_written_and_proved() -> None:
    proof = make_safe({"supply": settings()}, 5.0, allowed=[f"{CLASSES}.*"])["instruments"]["supply-1"]
    assert (proof["confirmed"], proof["wrote"], proof["read"]) == (True, ["output = False"], ["output False"])


def test_identity_is_asked_when_it_is_opened() -> None:
    assert opened(identify="serial_number", identity="SN-1").identify() == "SN-1"
    with pytest.raises(InstrumentError, match="is not the expected one: it says 'SN-1' and not 'SN-2'"):
        opened(identify="serial_number", identity="SN-2")


def test_constructor_takes_what_its_options_say() -> None:
    made = Supply.made
    assert opened(arguments=[2, "bench"]).query("label") == "bench"
    assert opened(resource_as="address", arguments={"label": "two"}).query("address") == "lab:0"
    assert Supply.made == made + 2


@pytest.mark.parametrize(
    "text",
    [
        "__class__",
        "ch_1.__dict__",
        "measure(open('/etc/passwd'))",
        "measure(*[1])",
        "measure(**{'channel': 1})",
        "voltage + 1",
        "voltage = other",
        "a = b = 1",
        "channels[number]",
        "lambda: 1",
        "import os",
        "one; two",
        "voltage = 1\noutput = True",
        "",
        "(",
        "del output",
    ],
)
def test_text_that_is_more_than_names_and_literals_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Expression.parse(text)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"arguments": 5}, "`arguments` must be a mapping or a list"),
        ({"visa": []}, "`visa` must be a mapping"),
        ({"identity": "x"}, "`identity` needs `identify`"),
        ({"identify": "1 +"}, "is neither a name"),
    ],
)
def test_description_that_cannot_work_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(InstrumentError, match=problem):
        load_driver(settings(**options), [f"{CLASSES}.*"])
