"""Declared commands: what may be sent, and what an answer means."""

from __future__ import annotations

import pytest

from stations.drivers.command import Command, same_value

VOLTAGE = Command.declared("voltage", {"write": "VOLT {value}", "unit": "V", "minimum": 0, "maximum": 30})


@pytest.mark.parametrize(("value", "sent"), [(0, "VOLT 0"), (5.0, "VOLT 5"), (0.000125, "VOLT 0.000125")])
def test_number_is_written_into_the_command(value: float, sent: str) -> None:
    assert VOLTAGE.format(value) == sent


@pytest.mark.parametrize("value", [-0.1, 30.001, float("nan"), float("inf"), True, "5"])
def test_number_outside_its_range_or_type_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="takes"):
        VOLTAGE.format(value)


def test_refused_number_names_range_and_unit() -> None:
    with pytest.raises(ValueError, match="takes 0 to 30 V, not 31"):
        VOLTAGE.format(31)


@pytest.mark.parametrize("value", ["A\nOUTP ON", "A;OUTP ON", 5])
def test_text_that_would_carry_a_second_command_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="one line of text"):
        Command("mode", write="MODE {value}", type="text").format(value)


def test_command_without_write_can_only_be_read() -> None:
    with pytest.raises(ValueError, match="can only be read"):
        Command("current", query="MEAS:CURR?").format(1)


@pytest.mark.parametrize(
    ("kind", "reply", "value"),
    [("number", "+1.50E-01", 0.15), ("boolean", "1", True), ("boolean", "off", False), ("text", '"CV"', "CV")],
)
def test_reply_is_parsed_by_type(kind: str, reply: str, value: object) -> None:
    assert Command("any", query="ANY?", type=kind).parse(reply) == value


@pytest.mark.parametrize(("kind", "reply"), [("number", "3.3V"), ("boolean", "2")])
def test_reply_of_another_type_is_refused(kind: str, reply: str) -> None:
    with pytest.raises(ValueError):
        Command("any", query="ANY?", type=kind).parse(reply)


@pytest.mark.parametrize("reply", ["0", "0.000", "+0.0E+00", "-0"])
def test_read_back_compares_numbers_by_value(reply: str) -> None:
    assert same_value(reply, "0")


@pytest.mark.parametrize(("reply", "same"), [("OFF", True), ("off ", True), ("ON", False), ("0", False)])
def test_read_back_compares_words_without_case(reply: str, same: bool) -> None:
    assert same_value(reply, "OFF") is same
