"""Comparing two runs on pages: who may, what is shown, how one gets there, and the files."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from control.models import Batch
from control.pages import comparison_file
from tests.control.history.compared_runs import ran, run, took
from tests.control.pages.people import WHO, browser_of
from tests.rows import demo_station

NASTY = "<script>alert(1)</script>"
LIMITS = {"minimum": 3.2, "maximum": 3.4}


@pytest.fixture(autouse=True)
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


@pytest.fixture
def both() -> tuple[Batch, Batch]:
    a = run(("boot", 1), ("load", 1), name="Evening", settings={"burn_in_time": 10.0})
    b = run(("boot", 1), ("load", 1), name="Morning")
    for batch, volts, outcome in ((a, 3.5, "FAIL"), (b, 3.3, "PASS")):
        took(ran(batch, 0), "model", "DEMO", "", outcome="NONE")
        took(ran(batch, 1, outcome, duration_ms=1200 if outcome == "FAIL" else 900), "rail", volts, limits=LIMITS)
    return a, b


def address(a: Any, b: Any, kind: str = "") -> str:
    names = ("control:comparison_file", [a.pk, b.pk, kind]) if kind else ("control:comparison", [a.pk, b.pk])
    return reverse(names[0], args=names[1])


def page(a: Batch, b: Batch, **query: Any) -> Any:
    return browser_of("viewer").get(address(a, b), query)


def texts(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("kind", ["", "csv", "json", "choose"])
@pytest.mark.any_database
def test_comparison_is_for_whoever_may_see(who: str, kind: str, both: tuple[Batch, Batch]):
    path = reverse("control:choose_comparison", args=[both[0].pk]) if kind == "choose" else address(*both, kind)
    assert browser_of(who).get(path).status_code == {"anonymous": 302, "stranger": 403}.get(who, 200)


def test_page_sets_values_side_by_side(both: tuple[Batch, Batch]):
    text = texts(page(*both))
    for shown in ("<strong>3.5 V</strong>", "<strong>3.3 V</strong>", "+0.2 V (+6.06 %)", "3.2 … 3.4 V", "+300 ms"):
        assert (shown, shown in text) == (shown, True)
    assert "<td>2 → 10 s (changed while it ran)</td><td>2 s</td>" in text


def test_what_was_skipped_took_no_time(both: tuple[Batch, Batch]):
    for batch in both:
        batch.steps.filter(index=1).update(outcome="SKIPPED", duration_ms=0)
    row = page(*both).context["rows"][1]
    assert (row["name"], row["a"]["took"], row["b"]["took"], row["difference"]) == ("load", "", "", "")


@pytest.mark.any_database
def test_what_differs_is_marked_by_a_sign_and_not_by_colour_alone(both: tuple[Batch, Batch]):
    answer = page(*both)
    rows = {row["name"]: row["differs"] for step in answer.context["rows"] for row in (step, *step["measurements"])}
    assert rows == {"boot": False, "model": False, "load": True, "rail": True}
    assert texts(answer).count(">≠</span>") == texts(answer).count("data-differs")


def test_only_differences_can_be_looked_at(both: tuple[Batch, Batch]):
    answer = page(*both, only="differences")
    assert [row["name"] for row in answer.context["rows"]] == ["load"]
    assert {table["title"]: len(table["rows"]) for table in answer.context["tables"]} == {
        "Parameters": 1,
        "Limits": 0,
        "What they ran with": 0,
        "Station configuration": 0,
    }
    assert "The same in both." in texts(answer)


def test_two_sequences_are_compared_under_a_clear_heading(both: tuple[Batch, Batch]):
    other = run(("boot", 1), sequence="step_loop")
    text = texts(page(both[0], other))
    assert "These are runs of two different sequences, board_test and step_loop." in text
    assert "two different sequences" not in texts(page(*both))


def test_a_step_that_neither_has_is_told_above_all_steps(both: tuple[Batch, Batch]):
    answer = page(*both, step="loud")
    assert (answer.status_code, len(answer.context["rows"])) == (400, 2)
    assert "There is no step &#x27;loud&#x27;. Did you mean &#x27;load&#x27;?" in texts(answer)


def test_unknown_and_same_runs_are_told(both: tuple[Batch, Batch]):
    a = both[0]
    missing = browser_of("viewer").get(reverse("control:comparison", args=[a.pk, uuid4()]))
    assert (missing.status_code, "No such batch" in texts(missing)) == (404, True)
    same = browser_of("viewer").get(address(a, a), follow=True)
    assert "A run cannot be compared with itself." in texts(same)


@pytest.mark.any_database
def test_texts_of_people_stay_texts(both: tuple[Batch, Batch]):
    odd = run(("boot", 1), name=NASTY, subject=NASTY)
    took(ran(odd, 0, message=NASTY), NASTY, NASTY, "")
    assert NASTY not in page(odd, both[0]).content.decode()
    assert NASTY not in browser_of("viewer").get(reverse("control:choose_comparison", args=[odd.pk])).content.decode()


def test_many_repetitions_lead_to_a_view_of_their_own():
    a, b = run(("look", 120)), run(("look", 120))
    answer = page(a, b)
    assert [row["number"] for row in answer.context["rows"]] == [*range(1, 11)]
    assert "All 120 repetitions of this step" in texts(answer)
    alone = browser_of("viewer").get(answer.context["rows"][-1]["alone"])
    assert (len(alone.context["rows"]), "All 120 repetitions" in texts(alone)) == (50, False)
    rest = browser_of("viewer").get(alone.context["links"]["next"])
    assert [row["number"] for row in rest.context["rows"]] == [*range(51, 101)]


def test_thousands_of_measurements_build_no_giant_page():
    a, b = run(("scan", 1)), run(("scan", 1))
    for batch in (a, b):
        step = ran(batch, 0)
        for number in range(1000):
            took(step, f"m{number}", number)
    answer = page(a, b)
    assert (texts(answer).count("c-measured"), len(answer.content) < 100_000) == (40, True)
    whole = browser_of("viewer").get(answer.context["rows"][0]["whole"])
    assert (texts(whole).count("c-measured"), "Measurements 1 to 200 of 1000." in texts(whole)) == (200, True)


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_the_same_queries_however_long_the_runs_were(count: int):
    a, b = (run(*((f"s{number}", 1) for number in range(count))) for _ in range(2))
    for batch in (a, b):
        for index in range(count):
            took(ran(batch, index), "rail", 3.3)
    viewer = browser_of("viewer")
    viewer.get(address(a, b))
    with CaptureQueriesContext(connection) as queries:
        viewer.get(address(a, b))
    assert sum("control_" in query["sql"] for query in queries) <= 6


def choose(batch: Batch, text: str = "") -> Any:
    path = reverse("control:choose_comparison", args=[batch.pk])
    return browser_of("viewer").get(path, {"with": text} if text else {})


def test_choice_offers_the_runs_near_to_it(both: tuple[Batch, Batch]):
    a, b = both
    answer = choose(b)
    assert [(row["why"], row["batch"].pk) for row in answer.context["nearest"]] == [
        ("The run before, on the same slot", a.pk)
    ]
    assert answer.context["newest"] == []


def test_choice_finds_runs_by_name_and_goes_straight_to_an_id(both: tuple[Batch, Batch]):
    a, b = both
    assert [row["batch"].pk for row in choose(a, "Morn").context["found"]] == [b.pk]
    assert choose(a, str(b.pk)).headers["Location"] == address(a, b)
    assert "No other run has the id “nothing”" in texts(choose(a, "nothing"))


def test_the_only_run_says_what_to_do():
    assert "This is the only run of its sequence so far." in texts(choose(run()))


def test_batch_page_leads_to_comparisons(both: tuple[Batch, Batch]):
    a, b = both
    text = texts(browser_of("viewer").get(reverse("control:batch", args=[b.pk])))
    assert f'<a href="{address(b, a)}">Compare with the run before</a>' in text
    assert reverse("control:choose_comparison", args=[b.pk]) in text


def lines(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_file_holds_what_the_page_shows(both: tuple[Batch, Batch]):
    answer = browser_of("viewer").get(address(*both, "csv"))
    (rail,) = [line for line in lines(answer) if line["name"] == "rail"]
    assert (rail["step"], rail["a"], rail["b"], rail["unit_a"], rail["differs"]) == ("load", "3.5", "3.3", "V", "true")
    assert (json.loads(rail["limits_a"]), rail["outcome_a"], rail["outcome_b"]) == (LIMITS, "PASS", "PASS")
    parts = {line["part"] for line in lines(answer)}
    assert parts == {"batch", "parameter", "limit", "used", "step", "measurement"}
    assert "attachment" in answer.headers["Content-Disposition"]


def test_file_of_differences_holds_those_alone(both: tuple[Batch, Batch]):
    answer = browser_of("viewer").get(address(*both, "csv"), {"only": "differences"})
    assert [line["name"] for line in lines(answer) if line["part"] != "batch"] == ["burn_in_time", "", "rail"]


def test_json_file_holds_every_repetition_and_measurement():
    a, b = run(("look", 30)), run(("look", 30))
    step = ran(a, 29)
    for number in range(50):
        took(step, f"m{number}", number)
    told = json.loads(browser_of("viewer").get(address(a, b, "json")).content)["steps"]
    assert [each["repetition"] for each in told["results"]] == [*range(30)]
    assert (len(told["results"][29]["measurements"]), told["next"]) == (50, None)


def test_a_long_file_says_where_it_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(comparison_file, "REPETITIONS", 200)
    a, b = run(("look", 250)), run(("look", 250))
    first = lines(browser_of("viewer").get(address(a, b, "csv")))
    assert (first[-1]["part"], first[-1]["name"].endswith("comparison.csv?first=200")) == ("continued", True)
    rest = [line for line in lines(browser_of("viewer").get(first[-1]["name"])) if line["part"] == "step"]
    assert [int(line["repetition"]) for line in rest] == [*range(200, 250)]


@pytest.mark.any_database
def test_a_spreadsheet_finds_no_formula_in_a_file():
    a, b = run(("boot", 1), subject="=1+1"), run(("boot", 1))
    took(ran(a, 0), "rail", -0.5)
    took(ran(b, 0), "rail", 0.5)
    found = {line["name"]: line["a"] for line in lines(browser_of("viewer").get(address(a, b, "csv")))}
    assert (found["subject"], found["rail"]) == ("'=1+1", "-0.5")


@pytest.mark.any_database
def test_there_is_no_file_of_another_kind(both: tuple[Batch, Batch]):
    assert browser_of("viewer").get(address(*both, "xlsx")).status_code == 404
