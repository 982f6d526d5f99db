"""Setup, main and teardown: what runs, what is skipped, and what the verdict is."""

from __future__ import annotations

from sequences import trial

PASSED, SKIPPED = "PASS", "SKIPPED"

SIX_STEPS = """
@step
def text(self, run): run.measure("text", "hello")
@step
def other_text(self, run): run.measure("text", "world")
@step
def four_texts(self, run):
    for name in "abcd": run.measure(name, name.upper(), one_of=["A", "B", "C", "D"])
@step
def seconds(self, run): run.measure("time", 5, "s", minimum=0, maximum=10)
@step
def hertz(self, run):
    run.measure("frequency", 15, "Hz", minimum=0, maximum=10)
    run.measure("remark", "free text", equals="free text")
@step
def table(self, run):
    rows = [(t, 5.0, 0.5) for t in range(10)]
    run.record_curve("table", {"time": "ms", "voltage": "V", "current": "A"}, rows)
    run.measure("mean_voltage", 5.0, "V")
    run.measure("mean_current", 0.5, "A")
    run.measure("resistance", 10.0, "ohm", minimum=9, maximum=11)
"""


def test_failed_limit_does_not_stop_the_run(write_package):
    record = trial.run(write_package(SIX_STEPS))
    assert list(record.outcomes.values()) == [PASSED, PASSED, PASSED, PASSED, "FAIL", PASSED]
    in_hertz = [line["outcome"] for line in record.of_kind("measurement") if line["step"] == 4]
    assert in_hertz == ["FAIL", "PASS"]
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("completed", "FAIL")
    assert record.verdict["cause"] == "hertz"
    assert record.verdict["message"] == "Step 'hertz' failed: frequency: 15 Hz is above the maximum 10 Hz"


def test_marginal_value_marks_measurement_step_and_run(write_package):
    limits = "limits: {x: {minimum: 5, maximum: 17, marginal_minimum: 9, marginal_maximum: 11}}"
    record = trial.run(write_package("@step\ndef a(self, run): run.measure('x', 13)", limits))
    assert record.measurements["x"]["outcome"] == PASSED
    assert record.measurements["x"]["marginal"] and record.steps[0]["marginal"] and record.verdict["marginal"]
    assert record.verdict["outcome"] == PASSED


def test_exception_ends_main_and_goes_to_teardown(write_package):
    steps = """
    @step
    def first(self, run): raise OSError("cable is out")
    @step
    def second(self, run): pass
    @teardown
    def off(self, run): pass
    """
    record = trial.run(write_package(steps))
    assert record.outcomes == {"first": "ERROR", "second": SKIPPED, "off": PASSED}
    assert record.steps[0]["message"] == "OSError: cable is out"
    assert record.steps[1]["message"] == "step 'first' ended with an error"
    (error,) = record.of_kind("error")
    assert (error["exception"], error["category"], error["step"]) == ("OSError", "sequence", 0)
    assert "in first" in error["traceback"]
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "ERROR")
    assert record.verdict["cause"] == "first"


GROUP = """
@setup
def prepare(self, run): {prepare}
@step
def work(self, run): {work}
@step
def more_work(self, run): pass
@teardown
def clean(self, run): {clean}
@teardown
def off(self, run): pass
"""


def outcomes(write_package, manifest="", **bodies):
    package = write_package(GROUP.format(**{"prepare": "pass", "work": "pass", "clean": "pass"} | bodies), manifest)
    record = trial.run(package)
    return list(record.outcomes.values()), (record.verdict["ending"], record.verdict["outcome"])


def test_everything_passes(write_package):
    assert outcomes(write_package) == ([PASSED] * 5, ("completed", PASSED))


def test_error_in_setup_skips_main_and_tears_down(write_package):
    steps, verdict = outcomes(write_package, prepare="1 / 0")
    assert steps == ["ERROR", SKIPPED, SKIPPED, PASSED, PASSED]
    assert verdict == ("failed", "ERROR")


def test_failure_in_setup_skips_main_and_tears_down(write_package):
    steps, verdict = outcomes(write_package, prepare="run.fail('no fixture')")
    assert steps == ["FAIL", SKIPPED, SKIPPED, PASSED, PASSED]
    assert verdict == ("completed", "FAIL")


def test_failure_in_main_goes_on(write_package):
    steps, verdict = outcomes(write_package, work="run.fail('bad')")
    assert steps == [PASSED, "FAIL", PASSED, PASSED, PASSED]
    assert verdict == ("completed", "FAIL")


def test_stop_on_fail_ends_main(write_package):
    steps, verdict = outcomes(write_package, "stop_on_fail: true", work="run.fail('bad')")
    assert steps == [PASSED, "FAIL", SKIPPED, PASSED, PASSED]
    assert verdict == ("completed", "FAIL")


def test_every_teardown_step_runs_even_when_one_fails(write_package):
    steps, verdict = outcomes(write_package, clean="1 / 0")
    assert steps == [PASSED, PASSED, PASSED, "ERROR", PASSED]
    assert verdict == ("failed", "ERROR")


def test_failure_in_teardown_fails_the_run(write_package):
    steps, verdict = outcomes(write_package, "stop_on_fail: true", clean="run.fail('still on')")
    assert steps == [PASSED, PASSED, PASSED, "FAIL", PASSED]
    assert verdict == ("completed", "FAIL")


def test_stop_on_fail_of_a_step_counts_above_the_manifest(write_package):
    steps = """
    @step(critical=False)
    def first(self, run): run.fail("bad")
    @step
    def second(self, run): run.fail("bad")
    @step
    def third(self, run): pass
    """
    record = trial.run(write_package(steps, "stop_on_fail: true"))
    assert record.outcomes == {"first": "FAIL", "second": "FAIL", "third": SKIPPED}


def test_gate_before_a_long_step_holds(write_package):
    steps = """
    @step
    def a(self, run): pass
    @step
    def b(self, run): pass
    @step(critical=True)
    def c(self, run): run.fail("bad")
    @step
    def long(self, run): run.sleep(100)
    """
    record = trial.run(write_package(steps))
    assert record.outcomes == {"a": PASSED, "b": PASSED, "c": "FAIL", "long": SKIPPED}
    assert [line["name"] for line in record.of_kind("step.started")] == ["a", "b", "c"]


def test_repeated_step_takes_an_index_for_each_time(write_package):
    steps = """
    @step(repeat="cycles")
    def count(self, run): run.measure("n", run.index)
    @step
    def last(self, run): pass
    """
    manifest = "parameters: {cycles: {type: integer, default: 3}}"
    record = trial.run(write_package(steps, manifest))
    places = [(step["step"], step["name"]) for step in record.steps]
    assert places == [(0, "count"), (1, "count"), (2, "count"), (3, "last")]
    assert [line["value"] for line in record.of_kind("measurement")] == [0, 1, 2]
    assert [step["progress"] for step in record.steps] == [0.25, 0.5, 0.75, 1.0]
    assert record.lines[0]["total_steps"] == 4


def test_rest_of_a_repeated_step_is_skipped_with_one_line(write_package):
    steps = """
    @step(repeat=5, critical=True)
    def count(self, run): run.measure("n", run.index, maximum=1)
    @step(repeat=4)
    def later(self, run): pass
    """
    record = trial.run(write_package(steps))
    ends = [(step["step"], str(step["outcome"])) for step in record.steps]
    assert ends == [(0, "PASS"), (1, "PASS"), (2, "FAIL"), (3, "SKIPPED"), (5, "SKIPPED")]
    assert [step["progress"] for step in record.steps] == [0.1111, 0.2222, 0.3333, 0.5556, 1.0]


def test_sequence_without_cycles_passes(write_package):
    record = trial.run(write_package("@step(repeat=0)\ndef a(self, run): pass"))
    assert (record.steps, record.verdict["outcome"]) == ([], "PASS")


def test_steps_share_one_instance(write_package):
    steps = """
    @setup
    def remember(self, run): self.value = 7
    @step
    def recall(self, run): return self.value
    """
    assert trial.run(write_package(steps)).steps[1]["result"] == 7
