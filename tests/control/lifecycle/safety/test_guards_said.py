"""What guards answer, in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from control.lifecycle.safety.guards_said import after_reset, after_stop, record_note, reset_verdict, stop_verdict
from stations.contracts import GuardStatus, Latch, Unsafe
from stations.safety.emergency import NO_GUARD, RELEASED, STILL_LATCHED

LATCH = Latch(id="", scope="demo", by="anna", face="PAGE", reason="smoke", at=0.0)


def status(
    safe: bool | None, proof: Any = None, latch: Latch | None = None, unsafe: Unsafe | None = None, **more: Any
) -> GuardStatus:
    who: Any = {"slot": "s", "pid": 1, "run": None, "runner": None, "parked": True, "closing": False, "last": None}
    return GuardStatus(safe=safe, proof=proof, latch=latch, unsafe=unsafe, **who, **more)


MARK = Unsafe(since=0.0, why="run", problems={"supply": "no answer"}, confirmed_at=None, refused="")


def proof(**errors: str | None) -> Any:
    instruments = {name: {"confirmed": error is None, "error": error} for name, error in errors.items()}
    return {"confirmed": not any(errors.values()), "instruments": instruments}


SAFE = status(True, proof(load=None, supply=None))
SILENT = status(False, proof(load=None, supply="no answer"))


@pytest.mark.parametrize(
    ("answer", "confirmed", "sentence"),
    [
        (SAFE, True, "safe state confirmed (load, supply)"),
        (status(True), True, "stopped"),
        (SILENT, False, "SAFE STATE NOT CONFIRMED: supply: no answer"),
        (status(None), False, "SAFE STATE NOT CONFIRMED: no proof yet"),
        (NO_GUARD, False, f"NOT CONFIRMED: {NO_GUARD}"),
    ],
)
def test_slot_after_a_stop(answer: GuardStatus | str, confirmed: bool, sentence: str) -> None:
    assert after_stop({"demo/slot-1": answer}) == [
        {"slot": "demo/slot-1", "confirmed": confirmed, "sentence": sentence}
    ]


@pytest.mark.parametrize(
    ("answer", "confirmed", "sentence"),
    [
        (SAFE, True, "ready"),
        (SILENT, True, "no longer latched, but not known to be safe yet"),
        (status(True, latch=LATCH), False, "still latched by anna"),
        (
            status(True, unsafe=MARK, answer="reset"),
            False,
            "its safe state was not confirmed; an engineer has to clear that",
        ),
        (
            status(False, proof(load=None, supply="no answer"), unsafe=MARK, answer="done"),
            False,
            "not cleared, as the safe state is still NOT CONFIRMED: supply: no answer",
        ),
        (status(True, unsafe=MARK, answer="busy"), False, "a run is ending there; try again"),
        (status(True, latch=Latch(**{**LATCH, "by": ""})), False, "still latched"),
        (RELEASED, True, RELEASED),
        (STILL_LATCHED, False, STILL_LATCHED),
    ],
)
def test_slot_after_a_reset(answer: GuardStatus | str, confirmed: bool, sentence: str) -> None:
    assert after_reset({"demo/slot-1": answer}) == [
        {"slot": "demo/slot-1", "confirmed": confirmed, "sentence": sentence}
    ]


def test_slots_that_need_somebody_come_first() -> None:
    answers = {"a": SAFE, "d": NO_GUARD, "b": SILENT, "c": SAFE}
    assert [line["slot"] for line in after_stop(answers)] == ["b", "d", "a", "c"]


@pytest.mark.parametrize(
    ("answers", "recorded", "sentence"),
    [
        ({"a": SAFE, "b": SAFE}, False, "the safe state is confirmed."),
        ({"a": SAFE, "b": SILENT}, True, "NOT CONFIRMED. Check the bench before anybody touches it."),
        (
            {},
            True,
            "NOT CONFIRMED. No guard of it runs on this host; its own host hears of it through the database.",
        ),
        ({}, False, "NOTHING WAS REACHED. No guard of it runs on this host, and the database does not answer."),
    ],
)
def test_verdict_on_a_stop(answers: dict[str, GuardStatus | str], recorded: bool, sentence: str) -> None:
    assert stop_verdict("demo", answers, recorded=recorded) == f"Emergency stop of demo: {sentence}"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"a": SAFE, "b": RELEASED}, "The emergency stop of demo is lifted. Nothing was started."),
        (
            {"a": SAFE, "b": STILL_LATCHED},
            "The emergency stop of demo is lifted, but another one still holds b.",
        ),
        ({}, "The emergency stop of demo is lifted. Its own host takes the latches away."),
        (
            {"demo": status(True, unsafe=MARK, answer="reset")},
            "The emergency stop of demo is lifted, but it stays UNSAFE until an engineer clears it.",
        ),
        (
            {"demo": status(False, unsafe=MARK, answer="done")},
            "demo is not cleared: its safe state is still NOT CONFIRMED. It takes no work.",
        ),
    ],
)
def test_verdict_on_a_reset(answers: dict[str, GuardStatus | str], sentence: str) -> None:
    assert reset_verdict("demo", answers) == sentence


@pytest.mark.parametrize(("answers", "recorded"), [({"a": SAFE}, True), ({}, False), ({}, True)])
def test_nothing_is_said_about_a_record_that_is_there_or_will_never_be(answers: Any, recorded: bool) -> None:
    assert record_note(answers, recorded=recorded) == ""


def test_record_that_follows_is_told() -> None:
    sentence = "It is not written down yet, as the database does not answer. That follows by itself."
    assert record_note({"a": SAFE}, recorded=False) == sentence
