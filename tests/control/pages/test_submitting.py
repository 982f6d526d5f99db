"""Starting a batch from a page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from control.access.rights import Role
from control.models import Batch, ControlEvent
from stations.models import Slot
from tests.control.api.callers import with_key
from tests.control.pages.people import browser_of
from tests.rows import OUT, demo_station

PATH = "/control/batches/new/"
LOOP = {"sequence": "step_loop", "priority": "0", "parameter-cycles": "3", "parameter-delay": "0.5"}
BOARD = {
    "sequence": "board_test",
    "priority": "10",
    "slot": "demo/slot-2",
    "subject": "SN-1",
    "parameter-input_voltage": "5.5",
    "parameter-current_limit": "2",
    "parameter-boot_time": "0.6",
    "parameter-sweep_points": "11",
    "parameter-sweep_current": "1",
    "parameter-settle_time": "0.1",
    "parameter-burn_in_time": "2",
}

SEQUENCE = """
from sequences.authoring import Run, sequence, step


@sequence
class Look:
    @step
    def look(self, run: Run) -> None:
        run.log("seen")
"""


@pytest.fixture
def station(db, monkeypatch):
    return demo_station(monkeypatch)


def post(fields):
    return browser_of("operator").post(PATH, fields)


def page(answer):
    return answer.content.decode()


def test_submitted_batch_leads_to_its_page(station):
    answer = post(LOOP)
    assert answer.headers["Location"] == reverse("control:batch", args=[Batch.objects.get().pk])


def test_submitted_batch_has_everything_that_was_given(station):
    post(BOARD)
    batch = Batch.objects.get()
    assert (batch.slot_id, batch.subject, batch.priority, batch.name) == ("demo/slot-2", "SN-1", 10, "Board test SN-1")
    assert (batch.parameters["input_voltage"], batch.parameters["sweep_points"]) == (5.5, 11)


def test_submitted_batch_says_who_started_it_and_where(station):
    post(LOOP)
    batch, event = Batch.objects.get(), ControlEvent.objects.get()
    assert (batch.trigger, batch.created_by.username, event.face) == ("MANUAL", "operator", "PAGE")


def test_no_slot_given_means_the_first_free_one(station):
    post({**BOARD, "slot": ""})
    assert Batch.objects.get().slot_id == "demo/slot-1"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parameter-input_voltage": "99"}, "parameter-input_voltage"),
        ({"parameter-input_voltage": "nan"}, "parameter-input_voltage"),
        ({"parameter-sweep_points": "2.5"}, "parameter-sweep_points"),
        ({"parameter-sweep_points": ""}, "parameter-sweep_points"),
        ({"subject": "S" * 101}, "subject"),
        ({"name": "N" * 201}, "name"),
        ({"priority": "7"}, "priority"),
        ({"slot": "demo/slot-9"}, "slot"),
        ({"slot": "demo/lane-1"}, "slot"),
    ],
)
@pytest.mark.any_database
def test_wrong_value_is_told_beside_its_field(station, change, field):
    answer = post(BOARD | change)
    wrong = [name for name in answer.context["form"].errors if name != "__all__"]
    assert (answer.status_code, wrong, Batch.objects.count()) == (400, [field], 0)


@pytest.mark.any_database
def test_everything_that_is_wrong_is_told_at_once(station):
    wrong = {"parameter-input_voltage": "x", "parameter-boot_time": "", "subject": "S" * 101, "name": "a\u2028b"}
    assert set(post(BOARD | wrong).context["form"].errors) == set(wrong)


@pytest.mark.parametrize("typed", ["99", "abc", "1e400", ""])
@pytest.mark.any_database
def test_nothing_is_lost_when_a_value_is_refused(station, typed):
    text = page(post({**BOARD, "parameter-input_voltage": typed, "name": "Kept & shown"}))
    name = 'name="parameter-input_voltage"'
    field = next(line for line in text.split("<") if name in line)
    shown = [f'value="{typed}"' in field or not typed, 'value="Kept &amp; shown"' in text]
    assert [*shown, 'value="demo/slot-2" checked' in text] == [True, True, True]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ({"parameter-input_voltage": "99"}, {"parameters": {"input_voltage": 99}}),
        ({"parameter-input_voltage": "abc"}, {"parameters": {"input_voltage": "abc"}}),
        ({"parameter-input_voltage": "1e400"}, {"parameters": {"input_voltage": "1e400"}}),
        ({"parameter-sweep_points": "2.5"}, {"parameters": {"sweep_points": "2.5"}}),
        ({"subject": "S" * 101}, {"subject": "S" * 101}),
        ({"name": "N" * 201}, {"name": "N" * 201}),
        ({"name": "a\0b"}, {"name": "a\0b"}),
        ({"subject": "SN\u202e1"}, {"subject": "SN\u202e1"}),
    ],
)
@pytest.mark.any_database
def test_page_and_api_refuse_in_the_same_sentence(station, typed, sent):
    errors = post(BOARD | typed).context["form"].errors
    answer = with_key(Role.OPERATOR).send("/api/control/batches/", {"sequence": "board_test", **sent})
    ((on_page,),), ((in_api,),) = errors.values(), answer.json()["errors"].values()
    assert (answer.status_code, on_page) == (400, in_api)


def test_latched_slot_is_refused_with_the_reason(station):
    Slot.objects.filter(pk="demo/slot-2").update(
        latch={"id": "", "by": "anna", "scope": "demo", "reason": "x", "at": 0}
    )
    answer = post(BOARD)
    assert (answer.status_code, "anna pressed the emergency stop" in page(answer)) == (400, True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bord_test", "There is no sequence &#x27;bord_test&#x27;. Did you mean &#x27;board_test&#x27;?"),
        (
            "nonsense",
            "There is no sequence &#x27;nonsense&#x27;. Known: board_test, dataset_drift, image_attributes, "
            "image_batch, image_clustering, operator_check, signal_check, step_loop.",
        ),
    ],
)
@pytest.mark.any_database
def test_unknown_sequence_is_told_above_the_choice(station, name, said):
    text = page(browser_of("operator").get(PATH, {"sequence": name}))
    assert ("Which sequence?" in text, said in text) == (True, True)


def test_choice_without_a_name_refuses_nothing(station):
    assert browser_of("operator").get(PATH).context["refusal"] == ""


@pytest.mark.any_database
def test_broken_package_is_shown_with_its_problems_and_cannot_be_chosen(station, settings, tmp_path):
    folder = tmp_path / "broken_one"
    folder.mkdir()
    (folder / "manifest.yaml").write_text("name: broken_one\nversion: '1'\n")
    settings.SEQUENCE_DIRS = [tmp_path]
    text = page(browser_of("operator").get(PATH))
    assert ("Cannot run until this is corrected" in text, "?sequence=broken_one" in text) == (True, False)


@pytest.mark.any_database
def test_what_can_run_stands_first_and_problems_are_folded_unless_they_are_asked_for(station, settings, tmp_path):
    for name, sequence in (("broken_one", ""), ("last_one", SEQUENCE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.yaml").write_text(f"name: {name}\nversion: '1'\n")
        (tmp_path / name / "sequence.py").write_text(sequence)
    settings.SEQUENCE_DIRS = [tmp_path]
    choice = browser_of("operator").get(PATH)
    assert [each["package"].name for each in choice.context["choices"]] == ["last_one", "broken_one"]
    asked = browser_of("operator").get(PATH, {"sequence": "broken_one"})
    assert [("<details>" in page(one), "<details open>" in page(one)) for one in (choice, asked)] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.any_database
def test_parameter_of_every_type_gets_its_field(station, settings, tmp_path):
    folder = tmp_path / "all_types"
    folder.mkdir()
    (folder / "sequence.py").write_text(SEQUENCE)
    (folder / "manifest.yaml").write_text(
        "name: all_types\nversion: '1'\nparameters:\n  mode: {type: string, enum: [fast, slow], default: slow}\n"
        "  note: {type: string, default: ''}\n  hot: {type: boolean, default: true}\n"
        "  step: {type: integer, enum: [1, 2, 4], default: 2}\n"
    )
    settings.SEQUENCE_DIRS = [tmp_path]
    given = {"parameter-mode": "fast", "parameter-note": " a ", "parameter-step": "4"}
    post({"sequence": "all_types", "priority": "0", **given})
    assert Batch.objects.get().parameters == {"mode": "fast", "note": " a ", "hot": False, "step": 4}


@pytest.mark.any_database
def test_form_says_what_it_powers(station):
    text = page(browser_of("operator").get(PATH, {"sequence": "board_test"}))
    assert "Powers board-2, load-2, meter-2, supply-2" in text


def form_like(batch):
    return browser_of("operator").get(PATH, {"like": batch}).context["form"]


def given(form):
    """What a form sends when nobody changes anything, without the name."""
    shown = {name: form[name].value() for name in form.fields if name != "name"}
    return {name: str(value) for name, value in shown.items()}


def test_run_again_begins_with_what_the_old_batch_was_given(station):
    post({**BOARD, "priority": "0"})
    form = form_like(Batch.objects.get().pk)
    assert given(form) == {**{name: BOARD[name] for name in BOARD if name != "sequence"}, "priority": "0"}


def test_run_again_leaves_the_slot_open_while_it_takes_no_work(station):
    post(BOARD)
    Slot.objects.filter(pk="demo/slot-2").update(taken_out=OUT)
    assert form_like(Batch.objects.get().pk)["slot"].value() == ""


def test_run_again_asks_only_for_what_the_sequence_still_takes(station):
    post(LOOP)
    Batch.objects.update(parameters={"cycles": 7, "gone": 1})
    form = form_like(Batch.objects.get().pk)
    assert (form["parameter-cycles"].value(), [name for name in form.fields if "gone" in name]) == (7, [])


@pytest.mark.parametrize("like", ["nonsense", "\0", "01a1fea5-46c3-75a7-80f1-ecf6101c7f5e"])
def test_nothing_to_run_again_leads_to_the_choice(station, like):
    answer = browser_of("operator").get(PATH, {"like": like})
    assert (answer.status_code, "Which sequence?" in page(answer)) == (200, True)


def test_a_sequence_that_is_gone_leads_to_the_choice(station):
    post(LOOP)
    Batch.objects.update(sequence="gone")
    assert "Which sequence?" in page(browser_of("operator").get(PATH, {"like": Batch.objects.get().pk}))
