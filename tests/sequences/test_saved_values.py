"""What `run.save` keeps, and what `run.saved` finds."""

from __future__ import annotations

import pytest

from sequences import trial


def trial_of(write_package, body, **arguments):
    return trial.run(write_package(f"@step\ndef a(self, run):\n    {body}"), **arguments)


def carried(**saved):
    return {"batch": "earlier", "steps": [], "saved": saved}


def test_saved_value_is_told_and_found(write_package):
    record = trial_of(write_package, "run.save('points', [1, 2.5]); return run.saved('points')")
    (line,) = record.of_kind("saved")
    assert (line["step"], line["attempt"], line["name"], line["value"]) == (0, 1, "points", [1, 2.5])
    assert record.steps[0]["result"] == [1, 2.5]


def test_own_value_counts_before_the_carried_one_and_that_before_the_default(write_package):
    body = (
        "before = run.saved('x'); run.save('x', 2); return [before, run.saved('x'), run.saved('y', 3), run.saved('z')]"
    )
    record = trial_of(write_package, body, carried=carried(x=1))
    assert record.steps[0]["result"] == [1, 2, 3, None]


def test_saved_value_is_not_changed_afterwards(write_package):
    body = "points = [1]; run.save('p', points); points.append(2); run.saved('p').append(3); return run.saved('p')"
    assert trial_of(write_package, body).steps[0]["result"] == [1]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("run.save('', 1)", "ValueError: a value is saved under a name of 1 to 100 characters, not ''"),
        ("run.save('x' * 101, 1)", "ValueError: a value is saved under a name of 1 to 100 characters, not 'xxx"),
        ("run.save('x', {1})", "TypeError: 'x' cannot be saved as JSON: Object of type set is not JSON serializable"),
        ("run.save('x', float('nan'))", "TypeError: 'x' cannot be saved as JSON: Out of range float values"),
        ("run.save('x', 'y' * 16_383)", "ValueError: 'x' is larger than 16 KiB: save what is needed to go on"),
        ("[run.save(str(n), 'y' * 16_000) for n in range(7)]", "ValueError: with '6' the saved values are larger than"),
    ],
)
def test_value_that_cannot_be_kept_is_an_error(write_package, body, message):
    record = trial_of(write_package, body)
    assert record.steps[0]["outcome"] == "ERROR"
    assert record.steps[0]["message"].startswith(message)


def test_carried_values_count_towards_the_limit_and_a_new_value_replaces_its_old_one(write_package):
    given = {str(n): "y" * 16_000 for n in range(6)}
    assert (
        trial_of(write_package, "run.save('0', 'z' * 16_000)", carried=carried(**given)).steps[0]["outcome"] == "PASS"
    )
    refused = trial_of(write_package, "run.save('x', 'z' * 16_000)", carried=carried(**given)).steps[0]
    assert (
        refused["message"]
        == "ValueError: with 'x' the saved values are larger than 100 KiB: save fewer, or smaller ones"
    )
