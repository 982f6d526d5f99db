"""The form of a new batch as a manifest declares it: fields, what is said beside them, what comes of what is typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import reverse

from control.access.rights import Role
from control.models import Batch
from tests.control.api.callers import with_key
from tests.control.pages.in_chromium import evaluate
from tests.control.pages.people import browser_of
from tests.rows import demo_station

pytestmark = pytest.mark.any_database

PATH = "/control/batches/new/"
SEQUENCE = """
from sequences.authoring import Run, sequence, step


@sequence
class Look:
    @step
    def look(self, run: Run) -> None:
        run.log("seen")
"""
DECLARED = """
  volts: {type: number, default: 5.0, unit: V, minimum: 4.5, maximum: 6.0, description: At the supply, live: true}
  gain: {type: number, minimum: 0.1}
  count: {type: integer, default: 1000001, maximum: 9007199254740993}
  range: {type: number, enum: [1.0, 2.0], default: 2, unit: V}
  mode: {type: string, enum: [slow, fast]}
  sure: {type: boolean}
  loud: {type: boolean, default: true}
  note: {type: string, default: ""}
"""
TYPED = {
    "sequence": "fields",
    "priority": "0",
    "parameter-volts": "5.5",
    "parameter-gain": "0.1",
    "parameter-count": "7",
    "parameter-range": "1.0",
    "parameter-mode": "fast",
    "parameter-sure": "true",
    "parameter-note": "",
}


@pytest.fixture
def folder(db: None, monkeypatch: pytest.MonkeyPatch, settings: LazySettings, tmp_path: Path) -> Path:
    """The package `fields`, which may be changed."""
    demo_station(monkeypatch)
    settings.SEQUENCE_DIRS = [tmp_path]
    folder = tmp_path / "fields"
    folder.mkdir()
    (folder / "sequence.py").write_text(SEQUENCE)
    declare(folder, DECLARED)
    return folder


def declare(folder: Path, parameters: str, version: str = "1.0") -> None:
    (folder / "manifest.yaml").write_text(f"name: fields\nversion: '{version}'\nparameters:{parameters}")


def opened(**query: Any) -> Any:
    return browser_of("operator").get(PATH, {"sequence": "fields", **query})


def post(fields: dict[str, Any]) -> Any:
    return browser_of("operator").post(PATH, fields)


def field(answer: Any, name: str) -> str:
    """The HTML of a parameter's field, in one line."""
    text = " ".join(answer.content.decode().split())
    return next(part for part in text.split('<div class="g-field') if f'name="parameter-{name}"' in part)


def said(answer: Any, name: str) -> str:
    """What stands below a field."""
    found = re.search(r'class="g-help"[^>]*>(.*?)</p>', field(answer, name))
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


@pytest.mark.parametrize(
    ("name", "help_text"),
    [
        ("volts", "At the supply · 4.5 … 6 V · Default: 5 V · May be changed while it runs"),
        ("gain", "≥ 0.1"),
        ("count", "≤ 9007199254740993 · Default: 1000001"),
        ("range", "Default: 2 V"),
        ("mode", ""),
        ("loud", ""),
        ("note", "Default: –"),
    ],
)
def test_range_default_and_live_are_said_beside_the_field(folder: Path, name: str, help_text: str) -> None:
    assert said(opened(), name) == help_text


def test_what_must_be_given_is_marked_for_everybody(folder: Path) -> None:
    answer = opened()
    names = [each.removeprefix("parameter-") for each in answer.context["form"].fields if each.startswith("parameter")]
    marked = {name for name in names if "required</span>" in field(answer, name)}
    assert (
        marked == {name for name in names if 'aria-required="true"' in field(answer, name)} == {"gain", "mode", "sure"}
    )


def chosen(answer: Any, name: str) -> list[str]:
    return re.findall(r'<option value="([^"]*)" selected>', field(answer, name))


def test_choice_begins_with_the_default_or_with_nothing(folder: Path) -> None:
    answer = opened()
    assert [chosen(answer, name) for name in ("range", "mode", "sure")] == [["2.0"], [""], [""]]
    assert re.findall(r'<option value="([^"]*)"', field(answer, "range")) == ["1.0", "2.0"]


def test_boolean_with_a_default_is_a_switch(folder: Path) -> None:
    assert 'type="checkbox"' in field(opened(), "loud") and 'role="switch"' in field(opened(), "loud")
    post(TYPED)
    assert Batch.objects.get().parameters["loud"] is False


def test_values_arrive_with_their_types_and_units(folder: Path) -> None:
    assert post(TYPED).status_code == 302
    batch = Batch.objects.get()
    values = {"volts": 5.5, "gain": 0.1, "count": 7, "range": 1.0, "mode": "fast", "sure": True, "note": ""}
    assert batch.parameters == {**values, "loud": False}
    assert batch.units == {"volts": "V", "range": "V"}


@pytest.mark.parametrize("typed", ["9007199254740993", "-170141183460469231731687303715884105728"])
def test_whole_numbers_keep_all_their_digits(folder: Path, typed: str) -> None:
    post({**TYPED, "parameter-count": typed})
    batch = Batch.objects.get()
    assert str(batch.parameters["count"]) == typed
    again = browser_of("operator").get(PATH, {"like": str(batch.pk)})
    assert f'value="{typed}"' in field(again, "count")


@pytest.mark.parametrize(
    ("name", "typed", "sent"),
    [
        ("gain", "", None),
        ("mode", "", None),
        ("sure", "", None),
        ("count", "9007199254740994", 9007199254740994),
        ("range", "3", "3"),
        ("volts", "4.4999", 4.4999),
        ("volts", "5,5", "5,5"),
    ],
)
def test_page_and_api_refuse_in_the_same_sentence(folder: Path, name: str, typed: str, sent: Any) -> None:
    errors = post({**TYPED, f"parameter-{name}": typed}).context["form"].errors
    given = {"gain": 1, "mode": "fast", "sure": True, name: sent}
    body = {"sequence": "fields", "parameters": {key: value for key, value in given.items() if value is not None}}
    answer = with_key(Role.OPERATOR).send("/api/control/batches/", body)
    assert [*errors] == [f"parameter-{name}"]
    ((on_page,),), ((in_api,),) = errors.values(), answer.json()["errors"].values()
    assert on_page == in_api


def test_refused_values_stay_in_their_fields(folder: Path) -> None:
    wrong = {"parameter-volts": "99", "parameter-count": "many", "parameter-mode": "", "parameter-note": " a <b> "}
    answer = post({**TYPED, **wrong})
    assert 'value="99"' in field(answer, "volts") and 'value="many"' in field(answer, "count")
    assert 'value=" a &lt;b&gt; "' in field(answer, "note")
    assert [chosen(answer, name) for name in ("range", "mode", "sure")] == [["1.0"], [""], ["true"]]
    assert 'aria-invalid="true"' in field(answer, "volts")
    assert "must be a number from 4.5 to 6 V, it is 99." in field(answer, "volts")


def hash_of(answer: Any) -> str:
    return re.search(r'name="sha256" value="(\w+)"', answer.content.decode())[1]


def test_a_package_that_changed_meanwhile_is_shown_anew_with_what_was_typed(folder: Path) -> None:
    seen = hash_of(opened())
    declare(folder, DECLARED.replace("  gain:", "  force:").replace("maximum: 6.0", "maximum: 5.2"), "1.1")
    asked = "volts gain count range mode sure loud note"
    answer = post({**TYPED, "sha256": seen, "asked": asked, "subject": "SN-7", "parameter-note": "typed"})
    assert (answer.status_code, Batch.objects.count()) == (409, 0)
    assert answer.context["changed"] == [
        "The sequence was changed while this form was open. Nothing was started: look at the values once more.",
        "New parameters: force.",
        "Gone, with what was given for them: gain.",
    ]
    assert 'value="typed"' in field(answer, "note") and 'value="5.5"' in field(answer, "volts")
    assert " checked" not in field(answer, "loud")
    assert 'value="SN-7"' in answer.content.decode()
    again = post({**TYPED, "sha256": hash_of(answer), "parameter-volts": "5", "parameter-force": "1"})
    assert again.status_code == 302


def test_a_new_switch_begins_as_its_default_says(folder: Path) -> None:
    seen = hash_of(opened())
    declare(folder, f"{DECLARED}  new: {{type: boolean, default: true}}\n")
    answer = post({**TYPED, "sha256": seen, "asked": "volts gain count range mode sure loud note"})
    assert " checked" in field(answer, "new")


def test_an_unchanged_package_is_started_at_once(folder: Path) -> None:
    assert post({**TYPED, "sha256": hash_of(opened())}).status_code == 302


def test_a_package_that_broke_meanwhile_says_so(folder: Path) -> None:
    (folder / "sequence.py").write_text("class Broken(:\n")
    text = post(TYPED).content.decode()
    assert "Sequence &#x27;fields&#x27; cannot run as it is now" in text and "E202" in text


def test_values_of_a_run_of_another_version_come_with_a_warning(folder: Path) -> None:
    post(TYPED)
    declare(folder, DECLARED.replace("  gain:", "  force:").replace("[slow, fast]", "[slow, quick]"), "1.1")
    answer = browser_of("operator").get(PATH, {"like": str(Batch.objects.get().pk)})
    assert answer.context["changed"][0] == "The sequence was changed since that run (version 1.0, now 1.1)."
    # No option is marked: a browser shows the first one, which chooses nothing.
    assert (chosen(answer, "mode"), chosen(answer, "sure")) == ([], ["true"])
    assert re.findall(r'<option value="([^"]*)"', field(answer, "mode")) == ["", "slow", "quick"]


def test_form_speaks_the_language_of_its_reader(folder: Path) -> None:
    browser = browser_of("operator")
    browser.cookies["django_language"] = "ko"
    text = browser.post(PATH, {**TYPED, "parameter-volts": "99"}, headers={"accept-language": "ko"}).content.decode()
    assert "4.5" in text and "must be a number" not in text


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_admin_leads_operators_to_the_form(folder: Path, who: str) -> None:
    post(TYPED)
    batch, browser = Batch.objects.get(), browser_of(who)
    listed = browser.get(reverse("admin:control_batch_changelist")).content.decode()
    detail = browser.get(reverse("admin:control_batch_change", args=[batch.pk])).content.decode()
    found = [f'href="{PATH}"' in listed, f'href="{PATH}?like={batch.pk}"' in detail]
    assert found == [who == "operator"] * 2


SURELY_WRONG = """async ([text, field]) => (await import("/new_batch.js")).surelyWrong(text, field)"""


@pytest.mark.parametrize(
    ("text", "field", "wrong"),
    [
        ("6.1", {"minimum": "4.5", "maximum": "6"}, True),
        (" 6.0 ", {"minimum": "4.5", "maximum": "6"}, False),
        ("0.30000000000000004", {"maximum": "0.3"}, True),
        ("1e-3", {"minimum": "0.001"}, False),
        ("2.5", {"whole": "yes"}, True),
        ("9007199254740993", {"whole": "yes", "maximum": "9007199254740993"}, False),
        ("-1", {"whole": "yes", "minimum": "0"}, True),
        ("1_000", {"whole": "yes", "maximum": "10"}, False),  # the server reads it, so the server judges
        ("five", {"minimum": "1"}, False),
        ("", {"minimum": "1"}, False),
    ],
)
def test_script_warns_only_of_what_the_server_refuses(
    pytestconfig: pytest.Config, text: str, field: dict[str, str], wrong: bool
) -> None:
    assert evaluate(pytestconfig, SURELY_WRONG, [text, field]) is wrong
