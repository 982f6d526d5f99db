"""Instruments in people's hands: commands and their answers, readings, and a paused run that somebody takes over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import sequences
from sequences import trial
from tests.sequences.wishing import answers, wish

pytestmark = pytest.mark.any_database
MANUAL = Path(sequences.__file__).parent / "built_in" / "manual_control"

WITH_SUPPLY = """
@step
def power(self, run):
    run.instruments.supply.set("voltage", 5.0)
    run.sleep(0.05)
    return run.instruments.supply.read("voltage")
"""


@pytest.fixture(scope="module")
def bench():
    with trial.simulated_bench() as bench:
        yield bench


class Hands(trial.Desk):
    """Somebody who waits for each answer before the next wish, and looks at the readings before the last one."""

    def __init__(self, *wishes, look_s=0.0):
        super().__init__()
        self._wishes, self._look_s = list(wishes), look_s

    def receive_wish(self, timeout_s):
        if not self.record.of_kind("step.started"):
            return None
        if len(self._wishes) == 1 and self._look_s > 0:
            began = time.monotonic()
            time.sleep(min(0.02 if timeout_s is None else timeout_s, 0.02))
            self._look_s -= time.monotonic() - began
            return None
        return self._wishes.pop(0) if self._wishes else None


def command(instrument, name="", control="c", **more):
    return wish("command", control, instrument=instrument, command=name, **more)


def session(bench, *wishes, look_s=0.0, idle_limit_s=60):
    parameters = {"by": "kim", "idle_limit_s": idle_limit_s}
    return trial.run(MANUAL, parameters, slot=bench.slot(), desk=Hands(*wishes, look_s=look_s))


def given(record):
    """What was answered: value, unit, text, and what went wrong."""
    return [
        tuple(line[name] for name in ("value", "unit", "text", "error")) for line in record.of_kind("manual.answered")
    ]


def last_readings(record, name):
    found = {}
    for line in record.of_kind("reading"):
        found |= line["instruments"].get(name, {}).get("values", {})
    return found


def test_commands_are_obeyed_and_answered_until_somebody_ends_it(bench):
    supply, meter = (bench.slot()[role]["name"] for role in ("supply", "meter"))
    record = session(
        bench,
        command(supply, "voltage", value=5.0, control="c1"),
        command(supply, "output", value=True, control="c2"),
        command(meter, "input_voltage", control="c3"),
        command(supply, text="VOLT?", control="c4"),
        command(supply, text="VOLT 4", control="c5"),
        command(supply, "voltage", value=99.0, control="c6"),
        command(supply, text="NONSENSE 1", control="c7"),
        command(supply, control="c8"),
        command("toaster", control="c9"),
        wish("pause", "c10"),
        wish("end", "c11", by="lee"),
        look_s=0.6,
    )
    answered = given(record)
    assert answered[0:2] == [(5.0, "V", "", ""), (True, "", "", "")]
    assert answered[2][0] == pytest.approx(5.0, abs=0.2)
    assert float(answered[3][2]) == 5.0
    assert answered[4] == (None, "", "", "")
    assert "was not asked to set 'voltage'" in answered[5][3]
    assert "reports an error" in answered[6][3]
    assert "SIMULATED-SUPPLY" in answered[7][2]
    assert answered[8][3].startswith("the slot has no instrument 'toaster'")
    assert [line["control"] for line in record.of_kind("manual.answered")] == [f"c{number}" for number in range(1, 10)]
    assert answers(record) == [("c10", "pause has no effect: the instruments are driven by hand", False)]
    begun, ended = record.of_kind("manual.begun")[0], record.of_kind("manual.ended")[0]
    assert (begun["by"], begun["idle_limit_s"]) == ("kim", 60)
    assert (ended["why"], ended["control"], ended["by"]) == ("asked", "c11", "lee")
    assert record.verdict["result"] == {"ended": "asked", "commands": 9}
    assert (record.verdict["ending"], record.verdict["outcome"], record.outcomes) == (
        "completed", "NONE", {"serve": "PASS"},
    )  # fmt: skip
    assert last_readings(record, supply)["output"] is True
    assert last_readings(record, meter)["input_voltage"] == pytest.approx(4.0, abs=0.2)


def test_what_stays_on_after_it_was_switched_off_is_no_good_answer(bench):
    supply = bench.slot()["supply"]["name"]
    bench.fault("supply", "stuck_output", "on")
    try:
        on, off = (command(supply, "output", value=value) for value in (True, False))
        switched_on, still_on = given(session(bench, on, off, wish("end")))
    finally:
        bench.fault("supply", "clear")
    assert (switched_on[0], switched_on[3], still_on[0]) == (True, "", True)
    assert "was told output = off, but still says on: look at it before anybody touches it." in still_on[3]


def test_what_was_held_up_for_long_switches_nothing_on_any_more(bench):
    supply = bench.slot()["supply"]["name"]
    late = [
        command(supply, "output", value=True, control="c1", until=1.0),
        command(supply, text="OUTP ON", control="c2", until=1.0),
        command(supply, "output", value=False, control="c3", until=1.0),
        command(supply, "output", control="c4", until=1.0),
    ]
    record = session(bench, *late, wish("end"))
    told = "command has no effect: it was given too long ago"
    assert answers(record) == [("c1", told, False), ("c2", told, False)]
    assert given(record) == [(False, "", "", "")] * 2


def test_it_ends_by_itself_when_nobody_commands(bench):
    record = session(bench, idle_limit_s=1)
    assert record.of_kind("manual.ended")[0]["why"] == "idle"
    assert record.verdict["result"] == {"ended": "idle", "commands": 0}


@pytest.mark.parametrize(
    ("call", "group", "told"),
    [("'', 60", "step", "ValueError"), ("'kim', 0", "step", "ValueError"), ("'kim', 1", "teardown", "RuntimeError")],
)
def test_it_needs_a_name_and_a_limit_and_no_teardown(write_package, call, group, told):
    last = f"@{group}\ndef b(self, run): run.serve_by_hand({call})"
    record = trial.run(write_package(f"@step\ndef a(self, run): pass\n{last}"))
    assert [error.partition(":")[0] for error in record.errors] == [told]
    assert record.of_kind("manual.begun") == []


def test_an_instrument_that_is_not_there_keeps_no_other_from_working(bench):
    slot = bench.slot()
    slot["supply"] = {**slot["supply"], "resource": "TCPIP::127.0.0.1::1::SOCKET"}
    meter, supply = slot["meter"]["name"], slot["supply"]["name"]
    desk = Hands(command(supply), command(meter, "input_voltage"), wish("end"), look_s=0.5)
    record = trial.run(MANUAL, {"by": "kim", "idle_limit_s": 60}, slot=slot, desk=desk)
    gone, read = given(record)
    assert ("cannot be reached" in gone[3], read[3]) == (True, "")
    problems = [line["instruments"].get(supply, {}).get("problem", "") for line in record.of_kind("reading")]
    assert any("cannot be reached" in problem for problem in problems)
    assert "input_voltage" in last_readings(record, meter)


def test_a_board_without_power_tells_first_what_can_be_switched_and_answers(bench):
    board = bench.slot()["board"]["name"]

    class Patient(Hands):
        def receive_wish(self, timeout_s):
            self._look_s = 0.0 if "relay" in last_readings(self.record, board) else 1.0
            return super().receive_wish(timeout_s)

    record = trial.run(MANUAL, {"by": "kim", "idle_limit_s": 30}, slot=bench.slot(), desk=Patient(wish("end")))
    told = last_readings(record, board)
    assert (told["led"], told["relay"], "identity" in told) == (None, False, False)


def test_a_mute_instrument_holds_up_only_itself(bench):
    slot = bench.slot()
    bench.fault("supply", "mute", "on")
    try:
        desk = Hands(command(slot["meter"]["name"], "input_voltage"), wish("end"), look_s=1.5)
        record = trial.run(MANUAL, {"by": "kim", "idle_limit_s": 60}, slot=slot, desk=desk)
    finally:
        bench.fault("supply", "clear")
    assert given(record)[0][3] == ""
    problems = [line["instruments"].get(slot["supply"]["name"], {}) for line in record.of_kind("reading")]
    assert any("did not answer" in told.get("problem", "") for told in problems)
    assert {"input_voltage", "rail_3v3", "rail_1v8"} <= last_readings(record, slot["meter"]["name"]).keys()


def test_a_paused_run_is_taken_over_and_given_back(bench, write_package):
    slot = bench.slot()
    package = write_package(WITH_SUPPLY, "instruments: {supply: the supply}")
    supply, meter = slot["supply"]["name"], slot["meter"]["name"]
    desk = Hands(
        wish("pause", "w1"),
        command(supply, "voltage", value=3.0, control="w2"),
        wish("take-over", "w3", by="kim"),
        wish("take-over", "w4", by="lee"),
        wish("resume", "w5"),
        command(supply, "voltage", value=7.0, control="w6"),
        command(meter, "input_voltage", control="w7"),
        wish("give-back", "w8", by="kim"),
        wish("resume", "w9"),
    )
    record = trial.run(package, slot=slot, desk=desk)
    assert answers(record) == [
        ("w2", "command has no effect: nobody drives the instruments by hand", False),
        ("w4", "take-over has no effect: kim drives the instruments by hand", False),
        ("w5", "resume has no effect: kim drives the instruments by hand", False),
    ]
    assert [one[0] for one in given(record)][:1] == [7.0]
    assert given(record)[1][3] == ""
    assert record.of_kind("manual.begun")[0]["control"] == "w3"
    ended = record.of_kind("manual.ended")[0]
    assert (ended["why"], ended["control"]) == ("given back", "w8")
    assert (record.steps[0]["result"], record.verdict["outcome"]) == (7.0, "PASS")


def test_a_stop_ends_what_is_driven_by_hand(bench, write_package):
    record = session(bench, wish("stop", "w1", "smoke"))
    assert (record.verdict["ending"], record.of_kind("manual.ended")[0]["why"]) == ("stopped", "stopped")
    taken = trial.run(
        write_package(WITH_SUPPLY, "instruments: {supply: the supply}"),
        slot=bench.slot(),
        desk=Hands(wish("pause"), wish("take-over", by="kim"), wish("stop", "w2", "smoke")),
    )
    assert (taken.verdict["ending"], taken.of_kind("manual.ended")[0]["why"]) == ("stopped", "stopped")
    assert taken.of_kind("batch.resumed") == []


def test_class_that_is_not_ours_is_driven_by_hand_where_it_is_allowed(bench):
    slot = bench.slot()
    foreign = {
        "driver": "tests.stations.drivers.foreign_classes.Supply",
        "resource": "lab:0",
        "options": {},
        "commands": {"voltage": {"write": "ch_1.voltage = {value}", "query": "ch_1.voltage", "unit": "V"}},
        "safe_state": [],
    }
    slot["supply"] = {**slot["supply"], **foreign}
    wishes = [command(slot["supply"]["name"], "voltage", value=4.5), wish("end", "c2", by="lee")]
    record = trial.run(MANUAL, {"by": "kim", "idle_limit_s": 60}, slot=slot, desk=Hands(*wishes, look_s=0.3))
    assert [answer[3] for answer in given(record)] == [""]
    assert last_readings(record, slot["supply"]["name"]) == {"voltage": 4.5}
