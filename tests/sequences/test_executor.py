"""A job from preflight to verdict."""

from __future__ import annotations

import pytest

from sequences import trial
from sequences.catalogue import read_package
from sequences.executor import execute
from sequences.host import SpoolFull

ONE_STEP = """
@step
def a(self, run): run.measure("x", 5)
@teardown
def off(self, run): run.log("is off")
"""


def job_for(package, /, **changes):
    found = read_package(package)
    job = {
        "run": "r",
        "package": str(package),
        "sha256": found.sha256,
        "parameters": {},
        "limits": found.manifest.limits,
        "subject": "",
        "stop_grace_s": 5.0,
        "term_grace_s": 1.0,
        "deadline_grace_s": 1.0,
        "resources": {},
        "spool_limit": 0,
        "instruments": {},
    }
    return {**job, **changes}


def run_job(job):
    desk = trial.Desk()
    desk.record.verdict = execute(job, desk)
    return desk.record


def instrument(driver="stations.drivers.scpi.ScpiInstrument", resource="TCPIP::127.0.0.1::1::SOCKET"):
    return {
        "name": "psu-1",
        "driver": driver,
        "resource": resource,
        "options": {"timeout_s": 0.2},
        "commands": {},
        "safe_state": [],
    }


def test_story_begins_with_the_plan(write_package):
    record = run_job(job_for(write_package(ONE_STEP)))
    first = record.lines[0]
    assert first["k"] == "batch.started"
    assert first["plan"] == [
        {"index": 0, "name": "a", "group": "main", "repeat": 1, "resumable": True},
        {"index": 1, "name": "off", "group": "teardown", "repeat": 1, "resumable": False},
    ]
    assert (first["total_steps"], first["drivers"]) == (2, {})


def test_limits_of_the_job_count(write_package):
    package = write_package(ONE_STEP, "limits: {x: {maximum: 10}}")
    assert run_job(job_for(package)).verdict["outcome"] == "PASS"
    assert run_job(job_for(package, limits={"x": {"maximum": 4}})).verdict["outcome"] == "FAIL"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "was changed after the batch was submitted. Submit it again to run it as it is now."),
        ({"parameters": {"volts": 3}}, "There is no parameter 'volts'. Known: none."),
        ({"limits": {"x": {"minimum": "a"}}}, "cannot be used: minimum must be a finite number, it is 'a'"),
        (
            {"package": "/nowhere/sample"},
            "looked for at /nowhere/sample. Install exactly that there, in a folder of GWANJE_SEQUENCE_DIRS or as a "
            "wheel, and run the batch again.",
        ),
    ],
)
def test_job_that_cannot_run_leaves_one_error(write_package, changes, message):
    record = run_job(job_for(write_package(ONE_STEP), **changes))
    (error,) = record.lines
    assert (error["k"], error["category"], error["step"]) == ("error", "sequence", None)
    assert error["message"].endswith(message)
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "ERROR")
    assert record.verdict["message"] == error["message"]


def test_package_that_raises_when_imported_leaves_one_error(write_package):
    record = run_job(job_for(write_package("1 / 0\n" + ONE_STEP)))
    assert [line["k"] for line in record.lines] == ["error"]
    assert record.verdict["message"].endswith("sequence.py cannot be imported: ZeroDivisionError: division by zero")
    assert "in Sample" in record.lines[0]["traceback"]


def test_package_whose_import_hangs_is_ended(write_package, monkeypatch):
    monkeypatch.setattr("sequences.executor.PREFLIGHT_TIMEOUT_S", 0.1)
    record = run_job(job_for(write_package("time.sleep(20)\n" + ONE_STEP)))
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "ERROR")
    assert record.verdict["message"] == "The run could not be prepared: it took longer than its 0.1 s."


def test_missing_role_fails_at_preflight(write_package):
    record = run_job(job_for(write_package(ONE_STEP, "instruments: {supply: powers it}")))
    assert [line["k"] for line in record.lines] == ["batch.started", "error", "step.ended", "step.ended"]
    assert (record.lines[1]["category"], record.outcomes) == ("hardware", {"a": "SKIPPED", "off": "SKIPPED"})
    assert record.verdict["message"].startswith("The slot has no instrument for supply")


@pytest.mark.parametrize("settings", [instrument(), instrument(driver="os.path")])
def test_instrument_that_cannot_be_opened_is_named_with_its_address(write_package, settings):
    package = write_package(ONE_STEP, "instruments: {supply: powers it}")
    record = run_job(job_for(package, instruments={"supply": settings}))
    assert [line["k"] for line in record.lines] == ["batch.started", "error", "step.ended", "step.ended"]
    assert record.lines[0]["drivers"]["supply"]["resource"] == "TCPIP::127.0.0.1::1::SOCKET"
    assert (record.lines[1]["category"], record.lines[1]["exception"]) == ("hardware", "InstrumentError")
    assert "psu-1 at TCPIP::127.0.0.1::1::SOCKET" in record.verdict["message"]
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "ERROR")


class FillsUp(trial.Desk):
    """Takes so many lines, then no more."""

    def __init__(self, lines):
        super().__init__()
        self.left = lines

    def emit(self, kind, **fields):
        if self.left == 0:
            raise SpoolFull("the spool is full")
        self.left -= 1
        super().emit(kind, **fields)


MANY_LINES = """
@setup
def on(self, run): run.log("is on")
@step
def talk(self, run):
    for n in range(20): run.log(n)
@step
def later(self, run): pass
@teardown
def off(self, run):
    run.log("switching off")
    Path(run.parameters.witness).write_text("off")
"""


@pytest.mark.parametrize("lines", [1, 2, 4, 5, 9, 26, 27, 28, 29, 30])
def test_full_spool_fails_the_run_but_never_its_teardown(write_package, tmp_path, lines):
    manifest = "parameters: {witness: {type: string, default: ''}}"
    desk, witness = FillsUp(lines), tmp_path / "witness"
    record = trial.run(write_package(MANY_LINES, manifest), {"witness": str(witness)}, desk=desk)
    assert witness.read_text() == "off"
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "ERROR")
    assert "the spool is full" in record.verdict["message"]
    told = [*record.lines, *record.verdict.get("unwritten", [])]  # the guard writes those when there is room again
    assert [line["name"] for line in told if line["k"] == "step.ended"] == ["on", "talk", "later", "off"]
    errors = {line["category"] for line in told if line["k"] == "error"}
    assert errors == {"infrastructure"}


def test_full_spool_is_an_infrastructure_error_of_the_step(write_package):
    manifest = "parameters: {witness: {type: string, default: /dev/null}}"

    class FullInTalk(trial.Desk):
        def emit(self, kind, **fields):
            if kind == "log" and fields["message"] == "7":
                raise SpoolFull("the spool is full")
            super().emit(kind, **fields)

    record = trial.run(write_package(MANY_LINES, manifest), desk=FullInTalk())
    assert record.outcomes == {"on": "PASS", "talk": "ERROR", "later": "SKIPPED", "off": "PASS"}
    assert record.of_kind("error")[0]["category"] == "infrastructure"
