"""What the engine has to make of each package: cases C1 to C5, as other systems have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "packages"


@dataclass(frozen=True)
class Expected:
    """`steps`: each attempt's name and outcome, in order. `because`: how messages of skipped steps begin, by name."""

    state: str
    outcome: str
    cause: str
    steps: str
    because: dict[str, str] = field(default_factory=dict)
    marginal: bool = False


CASES = {
    "case_limits": Expected(
        "COMPLETED",
        "FAIL",
        "hertz",
        "text PASS, other_text PASS, four_texts PASS, seconds PASS, hertz FAIL, table PASS",
    ),
    "case_marginal": Expected("COMPLETED", "PASS", "", "nearly PASS", marginal=True),
    "case_exception": Expected(
        "FAILED",
        "ERROR",
        "second",
        "first PASS, second ERROR, third SKIPPED, off PASS",
        {"third": "step 'second' ended with an error"},
    ),
    "case_retry": Expected(
        "COMPLETED",
        "FAIL",
        "never_lucky",
        "third_time_lucky FAIL, third_time_lucky FAIL, third_time_lucky PASS, "
        "never_lucky FAIL, never_lucky FAIL, never_lucky FAIL, never_lucky FAIL, never_lucky FAIL, "
        "bad_cable ERROR, bad_cable PASS, stops_it FAIL, stops_it FAIL, stops_it FAIL, after SKIPPED",
        {"after": "step 'stops_it' failed"},
    ),
    "case_not_retried": Expected("FAILED", "ERROR", "wrong", "wrong ERROR"),
    "case_nested": Expected(
        "FAILED",
        "ERROR",
        "transmit",
        "power_on PASS, radio_on PASS, transmit ERROR, receive SKIPPED, fails FAIL, radio_off PASS, "
        "camera_on SKIPPED, look SKIPPED, camera_off SKIPPED, after SKIPPED, power_off PASS",
        {
            "receive": "step 'transmit' ended with an error",
            "look": "step 'transmit' ended with an error",
            "camera_off": "nothing was set up",
        },
    ),
    "case_setup_fails": Expected(
        "FAILED",
        "ERROR",
        "second",
        "first PASS, second FAIL, work SKIPPED, fails ERROR, off PASS",
        {"work": "step 'second' failed"},
    ),
    "case_gate": Expected(
        "COMPLETED",
        "FAIL",
        "three",
        "one PASS, two PASS, three FAIL, four PASS, long SKIPPED",
        {"long": "the gate before 'long' is closed: step 'three' failed"},
    ),
    "case_stop_on_fail": Expected("COMPLETED", "FAIL", "bad", "bad FAIL, next SKIPPED", {"next": "step 'bad' failed"}),
    "case_dependencies": Expected(
        "COMPLETED",
        "FAIL",
        "a",
        "a FAIL, b SKIPPED, c PASS, d SKIPPED, look_closer PASS, slow_check SKIPPED, must_hold FAIL, after SKIPPED, "
        "off PASS",
        {
            "b": "depends on 'a', which failed",
            "d": "depends on 'b', which was skipped",
            "slow_check": "not needed: 'thorough' is off",
            "after": "step 'must_hold' failed",
        },
    ),
}
