"""Two runs side by side: complete, bounded, and in few queries however long they were."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from control.history.comparable import nearest_runs, newest_runs, runs_named
from control.history.compared_steps import View, compare_steps, matched_steps
from control.history.comparison import compare_batches, find_both
from control.lifecycle.refusals import BadValue, NotFound, UnknownName
from control.models import Batch, Measurement, Step
from tests.control.history.compared_runs import ran, run, took
from tests.rows import demo_station


@pytest.fixture(autouse=True)
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def compared(a: Batch, b: Batch) -> dict[str, Any]:
    return compare_batches(a, b, timezone.now())


def row_of(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (row,) = [row for row in rows if row["name"] == name]
    return row


def planned(*steps: tuple[str, int]) -> list[dict[str, Any]]:
    return run(*steps).plan


def measurements(step: dict[str, Any]) -> list[tuple[str, Any, Any, bool]]:
    def value(side: dict[str, Any] | None) -> Any:
        return side and side["value"]

    return [(row["name"], value(row["a"]), value(row["b"]), row["differs"]) for row in step["measurements"]]


def test_parameters_are_compared_with_what_was_changed_meanwhile() -> None:
    a, b = run(settings={"burn_in_time": 10.0}), run()
    row = row_of(compared(a, b)["parameters"], "burn_in_time")
    assert row == {
        "name": "burn_in_time",
        "unit": "s",
        "a": {"value": 2.0, "changed": True, "now": 10.0},
        "b": {"value": 2.0, "changed": False, "now": 2.0},
        "differs": True,
    }


def test_everything_that_was_used_is_compared() -> None:
    driver = {"name": "supply-1", "driver": "scpi", "version": "1.0", "resource": "TCPIP"}
    a = run(version="1.0", drivers={"supply": driver}, resources={"memory_mb": 512}, limits={"x": {"maximum": 1}})
    b = run(version="1.1", drivers={"supply": {**driver, "version": "1.1"}}, station_configuration={"id": "other"})
    facts = compared(a, b)
    used = {row["name"] for row in facts["used"] if row["differs"]}
    assert used == {"version", "memory_mb"}
    assert [row["differs"] for row in facts["drivers"]] == [True]
    assert row_of(facts["limits"], "x")["b"] is None
    assert row_of(facts["station_configuration"]["changes"], "id")["b"] == "other"
    assert (facts["same_sequence"], facts["same_package"]) == (True, True)


def test_steps_that_count_are_counted_by_outcome() -> None:
    a, b = run(("look", 3)), run(("look", 1))
    for index, outcome in enumerate(("PASS", "PASS", "FAIL")):
        ran(a, index, outcome)
    ran(b, 0, "ERROR", retrying=True)
    ran(b, 0, attempt=2)
    facts = compared(a, b)
    assert (facts["a"]["ended_steps"], facts["b"]["ended_steps"]) == ({"PASS": 2, "FAIL": 1}, {"PASS": 1})


def test_no_run_is_compared_with_itself_or_with_none() -> None:
    a = run()
    with pytest.raises(BadValue):
        find_both(a.pk, a.pk)
    with pytest.raises(NotFound):
        find_both(a.pk, uuid4())


def test_steps_are_matched_by_name_in_the_order_of_the_first() -> None:
    steps = matched_steps(planned(("on", 1), ("boot", 1), ("off", 1)), planned(("check", 1), ("boot", 2), ("burn", 1)))
    assert [(step.name, list(step.a), list(step.b)) for step in steps] == [
        ("check", [], [0]),
        ("on", [0], []),
        ("boot", [1], [1, 2]),
        ("burn", [], [3]),
        ("off", [2], []),
    ]


def test_attempt_that_counts_is_compared() -> None:
    a, b = run(("boot", 1)), run(("boot", 1))
    took(ran(a, 0, "FAIL", retrying=True), "rail", 1.0)
    took(ran(a, 0, attempt=2), "rail", 3.5)
    took(ran(b, 0), "rail", 3.0)
    (step,) = compare_steps(a, b, View())["results"]
    assert (step["a"]["attempt"], step["b"]["attempt"], step["differs"]) == (2, 1, True)
    assert measurements(step) == [("rail", 3.5, 3.0, True)]


def test_durations_alone_make_no_difference() -> None:
    a, b = run(("boot", 1)), run(("boot", 1))
    for batch, took_ms in ((a, 100.0), (b, 300.0)):
        took(ran(batch, 0, duration_ms=took_ms), "rail", 3.3)
    (step,) = compare_steps(a, b, View())["results"]
    assert (step["differs"], step["a"]["duration_ms"], step["b"]["duration_ms"]) == (False, 100.0, 300.0)
    assert compare_steps(a, b, View(only_differences=True))["results"] == []


def test_only_differences_leaves_out_equal_measurements() -> None:
    a, b = run(("boot", 1), ("load", 1)), run(("boot", 1), ("load", 1))
    for batch, volts in ((a, 3.3), (b, 3.4)):
        took(ran(batch, 0), "same", 1)
        step = ran(batch, 1)
        took(step, "same", 1)
        took(step, "rail", volts)
    page = compare_steps(a, b, View(only_differences=True))
    assert [(step["name"], measurements(step)) for step in page["results"]] == [("load", [("rail", 3.3, 3.4, True)])]
    assert (page["looked_at"], page["total"], page["next"]) == (2, 2, None)


def test_a_step_that_is_not_reached_stands_beside_the_other() -> None:
    a, b = run(("boot", 1), began=False), run(("boot", 1))
    ran(b, 0)
    (step,) = compare_steps(a, b, View())["results"]
    assert (step["a"], step["b"]["outcome"], step["differs"]) == (None, "PASS", True)
    assert compare_steps(run(), run(), View())["results"] == []


def repeated(count: int) -> tuple[Batch, Batch]:
    """Two runs of a step with a measurement in each repetition; the seventh of every ten differs."""
    runs = run(("look", count), ("off", 1)), run(("look", count), ("off", 1))
    for batch, odd in zip(runs, (0, 1), strict=True):
        rows = [
            Step(batch=batch, index=i, name="look", group="main", state="ENDED", outcome="PASS") for i in range(count)
        ]
        steps = Step.objects.bulk_create(rows)
        now = timezone.now()
        values = [i + (odd if i % 10 == 6 else 0) for i in range(count)]
        Measurement.objects.bulk_create(
            Measurement(step=step, name="n", type="number", value=value, at=now)
            for step, value in zip(steps, values, strict=True)
        )
    return runs


def test_many_repetitions_are_cut_until_their_step_is_chosen() -> None:
    a, b = repeated(120)
    page = compare_steps(a, b, View())
    names = [(step["name"], step["repetition"]) for step in page["results"]]
    assert names == [*(("look", number) for number in range(10)), ("off", 0)]
    assert page["results"][0]["repetitions"] == {"a": 120, "b": 120}
    alone = compare_steps(a, b, View(step="look"))
    assert (len(alone["results"]), alone["total"], alone["next"]) == (50, 120, 50)
    rest = compare_steps(a, b, View(step="look", first=100))
    assert ([step["repetition"] for step in rest["results"]], rest["next"]) == ([*range(100, 120)], None)


def test_differences_are_found_in_every_repetition() -> None:
    a, b = repeated(230)
    page = compare_steps(a, b, View(only_differences=True))
    assert [step["repetition"] for step in page["results"]] == [*range(6, 200, 10)]
    assert (page["looked_at"], page["total"], page["next"]) == (200, 231, 200)
    rest = compare_steps(a, b, View(only_differences=True, first=200))
    assert ([step["repetition"] for step in rest["results"]], rest["next"]) == ([206, 216, 226], None)


@pytest.mark.parametrize("count", [1, 60])
def test_a_page_takes_the_same_queries_however_long_the_runs_were(count: int) -> None:
    a, b = repeated(count)
    with CaptureQueriesContext(connection) as queries:
        compare_steps(a, b, View(step="look"))
        compared(*find_both(a.pk, b.pk))
    assert len(queries) == 3 + 2


def many_measured(count: int) -> tuple[Batch, Batch]:
    runs = run(("scan", 1), ("off", 1)), run(("scan", 1), ("off", 1))
    for batch, order in zip(runs, (range(count), range(count - 1, -1, -1)), strict=True):
        step, now = ran(batch, 0), timezone.now()
        Measurement.objects.bulk_create(
            Measurement(step=step, name=f"m{number}", type="number", value=number, at=now) for number in order
        )
        ran(batch, 1)
    return runs


def test_first_measurements_of_a_step_are_paired_wherever_they_stand_in_the_other_run() -> None:
    a, b = many_measured(3000)
    step, off = compare_steps(a, b, View())["results"]
    assert [row["differs"] for row in step["measurements"]] == [False] * 80
    assert (step["complete"], step["total_measurements"]) == (False, {"a": 3000, "b": 3000})
    assert (off["complete"], off["total_measurements"]) == (True, {"a": 0, "b": 0})


def test_all_measurements_of_one_repetition_come_in_pages() -> None:
    a, b = many_measured(450)
    found: list[str] = []
    first: int | None = 0
    while first is not None:
        page = compare_steps(a, b, View(step="scan", repetition=0, first=first))
        (step,) = page["results"]
        assert len(step["measurements"]) <= 200
        found += [row["name"] for row in step["measurements"]]
        first = page["next"]
    assert found == [f"m{number}" for number in range(450)]
    assert (page["total"], step["complete"]) == (450, True)


def test_a_page_ends_before_it_has_too_many_measurements() -> None:
    runs = run(*((f"s{number}", 1) for number in range(20))), run(*((f"s{number}", 1) for number in range(20)))
    for batch in runs:
        for index in range(20):
            step = ran(batch, index)
            for number in range(30):
                took(step, f"m{number}", number)
    page = compare_steps(*runs, View())
    assert (len(page["results"]), page["next"], page["total"]) == (13, 13, 20)


def test_a_step_that_neither_has_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'boot'"):
        compare_steps(run(("boot", 1)), run(), View(step="bood"))
    assert compare_steps(run(("boot", 1)), run(("boot", 1)), View(step="boot", repetition=5))["results"] == []


def test_nearest_runs_are_the_origin_and_the_ones_before() -> None:
    other = run(subject="SN-1")
    slot = run()
    mine = run(subject="SN-1", origin=other, origin_kind="RERUN")
    run(subject="SN-1")
    assert [(near.near.value, near.batch.pk) for near in nearest_runs(mine)] == [
        ("origin", other.pk),
        ("same place", slot.pk),
    ]
    assert nearest_runs(other) == []


def test_runs_are_found_by_id_and_by_how_they_begin() -> None:
    mine, other, third = run(name="Morning"), run(name="Morning too"), run(subject="Mor")
    assert [batch.pk for batch in runs_named("Mor", besides=mine)] == [third.pk, other.pk]
    assert [batch.pk for batch in runs_named(str(other.pk), besides=mine)] == [other.pk]
    assert (runs_named(str(mine.pk), besides=mine), runs_named("a\0", besides=mine)) == ([], [])
    assert [batch.pk for batch in newest_runs(mine)] == [third.pk, other.pk]
