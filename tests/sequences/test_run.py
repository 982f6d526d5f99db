"""What steps do with `run`."""

from __future__ import annotations

import pytest

from sequences import trial


def trial_of(write_package, body, manifest="", **arguments):
    return trial.run(write_package(f"@step\ndef a(self, run):\n    {body}", manifest), **arguments)


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        ("2.5", "number", 2.5),
        ("7", "number", 7),
        ("True", "boolean", True),
        ("'ok'", "text", "ok"),
        ("float('nan')", "number", "nan"),
        ("-float('inf')", "number", "-inf"),
        ("__import__('fractions').Fraction(1, 4)", "number", 0.25),
    ],
)
def test_measure_keeps_numbers_texts_and_booleans(write_package, value, kind, kept):
    line = trial_of(write_package, f"run.measure('x', {value})").measurements["x"]
    assert (line["type"], line["value"], line["outcome"], line["limits"]) == (kind, kept, "NONE", None)


def test_measure_takes_limits_and_unit_from_the_manifest(write_package):
    limits = "limits: {rail: {unit: V, minimum: 3.2, maximum: 3.4}}"
    line = trial_of(write_package, "run.measure('rail', 3.3)", limits).measurements["rail"]
    assert (line["unit"], line["limits"]) == ("V", {"minimum": 3.2, "maximum": 3.4})
    assert line["outcome"] == "PASS"


def test_measure_prefers_the_limits_it_is_given(write_package):
    limits = "limits: {rail: {unit: V, minimum: 3.2}}"
    line = trial_of(write_package, "run.measure('rail', 3300, 'mV', maximum=3000)", limits).measurements["rail"]
    assert (line["unit"], line["limits"], line["outcome"]) == ("mV", {"maximum": 3000}, "FAIL")


def test_measure_keeps_the_unit_of_the_manifest_where_only_limits_are_given(write_package):
    limits = "limits: {rail: {unit: V, minimum: 3.2}}"
    line = trial_of(write_package, "run.measure('rail', 3.3, maximum=3.4)", limits).measurements["rail"]
    assert (line["unit"], line["limits"]) == ("V", {"maximum": 3.4})


@pytest.mark.parametrize(
    ("value", "told"), [(5.25678912, "5.25679"), (5.0000001, "5.0000001"), (1e300, "1e+300"), (6, "6")]
)
def test_a_value_is_told_with_the_digits_that_put_it_beyond_its_limit(write_package, value, told):
    record = trial_of(write_package, f"run.measure('x', {value}, 'V', maximum=5)")
    assert record.verdict["message"] == f"Step 'a' failed: x: {told} V is above the maximum 5 V"


def test_measure_tells_whether_the_value_is_good(write_package):
    body = "return [run.measure('x', 1, minimum=0), run.measure('y', 1, minimum=2), run.measure('z', 1)]"
    assert trial_of(write_package, body).steps[0]["result"] == [True, False, True]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[run.measure('x', n) for n in (1, 2)]", "ValueError: measurement 'x' is already recorded in this attempt"),
        ("run.measure('x', None)", "TypeError: a measurement is a number, a text or a boolean, not NoneType"),
        ("run.measure('x', 1, unit)", "ValueError: unknown unit 'Volt'"),
        ("run.measure('rail', 1, 'm' + 'V')", "ValueError: measurement 'rail' is in mV, but its limits in"),
        ("run.measure('x', 1, **{'minimum': 2, 'maximum': 1})", "ValueError: minimum 2 is above maximum 1"),
        ("run.record_curve('c', {'t': 's'}, [(1, 2)])", "ValueError: row 1 of curve 'c' has 2 values for 1 columns"),
        ("run.log('x', level='LOUD')", "ValueError: unknown level 'LOUD'"),
        ("getattr(run.parameters, 'cycle')", "AttributeError: the manifest declares no parameter 'cycle'"),
        ("getattr(run.instruments, 'psu')", "AttributeError: the manifest declares no instrument 'psu'"),
    ],
)
def test_wrong_use_is_an_error_that_says_why(write_package, body, message):
    manifest = "limits: {rail: {unit: V, minimum: 1}}\nparameters: {n: {type: integer, default: 1}}"
    step = trial_of(write_package, f"unit = 'Volt'; {body}", manifest).steps[0]
    assert step["outcome"] == "ERROR"
    assert step["message"].startswith(message)


def test_name_may_be_recorded_again_in_the_next_attempt_and_step(write_package):
    steps = """
    @step(attempts=2, repeat=2)
    def a(self, run): run.measure("x", run.attempt, minimum=2)
    """
    record = trial.run(write_package(steps))
    assert [line["value"] for line in record.of_kind("measurement")] == [1, 2, 1, 2]


def test_curve_keeps_columns_with_units_and_rows(write_package):
    body = "run.record_curve('iv', {'current': 'A', 'voltage': 'V'}, [(0, 5), (0.5, float('nan'))])"
    line = trial_of(write_package, body).measurements["iv"]
    assert line["type"] == "curve"
    assert line["value"] == {
        "columns": [{"name": "current", "unit": "A"}, {"name": "voltage", "unit": "V"}],
        "rows": [[0.0, 5.0], [0.5, None]],
    }


def test_log_lines_carry_step_attempt_and_level(write_package):
    record = trial_of(write_package, "run.log('hello'); run.warn(3)")
    lines = [(line["step"], line["attempt"], line["level"], line["message"]) for line in record.of_kind("log")]
    assert lines == [(0, 1, "INFO", "hello"), (0, 1, "WARNING", "3")]


def test_progress_is_thinned_and_its_last_line_comes_before_the_end(write_package):
    steps = """
    @step
    def a(self, run):
        for n in range(1, 101): run.progress(n, 100, f"{n} done")
    @step
    def b(self, run): pass
    """
    record = trial.run(write_package(steps))
    lines = record.of_kind("progress")
    assert [(line["done"], line["progress"]) for line in lines] == [(1, 0.005), (100, 0.5)]
    assert record.lines.index(lines[-1]) < record.lines.index(record.steps[0])


def test_progress_of_nothing_is_none(write_package):
    assert trial_of(write_package, "run.progress(3, 0)").of_kind("progress")[0]["progress"] == 0.0


def test_run_knows_its_subject_parameters_and_instruments(write_package):
    manifest = "instruments: {supply: powers it}\nparameters: {volts: {type: number, default: 5}}"
    record = trial_of(
        write_package,
        "return [run.subject, run.parameters.volts, run.instruments.supply]",
        manifest,
        subject="SN-1",
        parameters={"volts": 3.3},
        instruments={"supply": "a supply"},
    )
    assert record.steps[0]["result"] == ["SN-1", 3.3, "a supply"]
