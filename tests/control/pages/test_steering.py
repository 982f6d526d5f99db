"""What the pages' scripts make of the answer to a button of a batch."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from control.access.page_token import page_token
from control.pages.words import shell_words
from tests.control.pages.in_chromium import evaluate
from tests.control.pages.people import browser_of, person
from tests.rows import demo_station, queued, running

pytestmark = pytest.mark.any_database

# A server that gives one answer, and notes what it was asked; without a status it never answers.
SERVER = """
  const asked = [];
  window.fetch = (address, { body, signal }) => {
    asked.push([new URL(address, location).pathname, Object.fromEntries(body)]);
    if (status) return Promise.resolve(new Response(text, { status }));
    return new Promise((_, gone) => signal?.addEventListener("abort", () => gone(signal.reason)));
  };
  const shown = () => [...document.querySelectorAll(".g-toast, [role=alertdialog]")]
    .map((one) => [one.role ?? "toast", one.dataset.tone, one.querySelector("h2, p").textContent]);
"""
ASK = f"""async ({{ status, text }}) => {{ {SERVER}
  const {{ ask }} = await import("/steering.js");
  await ask(document.createElement("button"), "/");
  return [shown(), [...document.querySelectorAll("[role=alertdialog] a")].map((link) => link.getAttribute("href"))];
}}"""
STOP = f"""async ({{ status, text, batch, waits }}) => {{ {SERVER}
  document.body.insertAdjacentHTML("beforeend", `<form id="emergency-stop-form" action="/control/emergency-stop/">
    <input name="token" value="proof"><input name="scope" value="demo"></form>`);
  const {{ stopBatchAtOnce }} = await import("/emergency_stop.js");
  const pressed = stopBatchAtOnce(batch, "smoke");
  const atOnce = shown();
  if (status) await pressed;
  else await new Promise((resolve) => setTimeout(resolve, waits));
  return [atOnce, shown(), asked];
}}"""
DIALOG = f"""async ({{ status, text, html, id }}) => {{ {SERVER}
  document.body.insertAdjacentHTML("beforeend", html);
  const {{ armDialogs, openDialog }} = await import("/dialogs.js");
  armDialogs();
  const dialog = document.getElementById(id);
  const form = dialog.querySelector("form");
  openDialog(dialog, {{ button: document.body }});
  form.requestSubmit();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const wrong = dialog.querySelector(".g-field--wrong");
  return {{ asked, open: dialog.matches(":popover-open"), toasts: shown(),
    beside: wrong && [wrong.querySelector("label").textContent, wrong.querySelector(".errorlist").textContent],
    below: dialog.querySelector(".g-dialog-error").textContent, focus: document.activeElement.name }};
}}"""
SHELL = {
    "urls": {"overview": "/control/", "login": "/login/", "emergency-stop": "/control/batches/{batch}/emergency-stop/"},
    "csrf": "x",
}
BATCH = {"id": "b1", "slot": "demo/slot-1"}
UNDER_WAY = ["alertdialog", "bad", "Emergency stop is under way …"]


@pytest.fixture
def batch(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    demo_station(monkeypatch)
    return running().batch


def shown_after(config: pytest.Config, script: str, answer: Any = None, **more: Any) -> Any:
    """What a page shows for the server's own answer; without one the server hangs."""
    given = {"status": answer.status_code, "text": answer.content.decode()} if answer else {"status": 0, "text": ""}
    return evaluate(config, script, {**given, **more}, words=shell_words(), shell=SHELL)


def pressed(who: str, batch: Any, word: str) -> Any:
    address = reverse("control:control", kwargs={"batch_id": batch.pk, "word": word})
    return browser_of(who).post(address, headers={"accept": "application/json"})


def test_a_wish_that_was_taken_is_told_in_the_corner(pytestconfig: pytest.Config, batch: Any) -> None:
    answer = pressed("operator", batch, "pause")
    assert shown_after(pytestconfig, ASK, answer) == [[["toast", "good", answer.json()["message"]]], []]


def test_a_refusal_is_told_in_the_corner(pytestconfig: pytest.Config, batch: Any) -> None:
    answer = pressed("operator", batch, "resume")
    assert shown_after(pytestconfig, ASK, answer) == [[["toast", "bad", answer.json()["detail"]]], []]


def test_who_is_logged_out_is_led_to_the_login(pytestconfig: pytest.Config, batch: Any) -> None:
    found = shown_after(pytestconfig, ASK, pressed("anonymous", batch, "pause"))
    assert found == [[["alertdialog", "calm", "Logged out"]], ["/login/?next=%2F"]]


def test_an_emergency_stop_without_a_proof_is_a_warning_that_stays(pytestconfig: pytest.Config, batch: Any) -> None:
    fields = {"token": page_token(person("viewer")), "scope": batch.slot_id}
    answer = browser_of("anonymous").post(
        reverse("control:emergency_stop"), fields, headers={"accept": "application/json"}
    )
    body = answer.json()  # no guard runs here
    assert (body["confirmed"], "NOT CONFIRMED" in body["message"]) == (False, True)
    found = shown_after(pytestconfig, STOP, answer, batch=BATCH)
    proof = ["/control/emergency-stop/", {"token": "proof", "scope": "demo/slot-1", "reason": "smoke"}]
    assert found == [[UNDER_WAY], [["alertdialog", "bad", body["message"]]], [proof]]


def test_an_emergency_stop_of_what_waits_for_a_lane_asks_its_own_address(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    demo_station(monkeypatch)
    answer = pressed("viewer", queued("step_loop", None, name="Morning"), "emergency-stop")
    found = shown_after(pytestconfig, STOP, answer, batch={"id": "b1", "slot": None})
    said = ["alertdialog", "good", "Morning has been stopped before it began."]
    assert found == [[UNDER_WAY], [said], [["/control/batches/b1/emergency-stop/", {"reason": "smoke"}]]]


def test_an_emergency_stop_that_nobody_answers_is_not_confirmed(pytestconfig: pytest.Config) -> None:
    before, after, _ = shown_after(pytestconfig, STOP, batch=BATCH, waits=5500)
    assert before == [UNDER_WAY]
    assert after == [["alertdialog", "bad", "Emergency stop: NOT CONFIRMED, Gwanje does not answer"]]


def test_a_wish_that_nobody_answers_is_given_up(pytestconfig: pytest.Config) -> None:
    assert shown_after(pytestconfig, ASK) == [
        [["toast", "bad", "Gwanje does not answer. Check the connection and try again."]],
        [],
    ]


def dialogs_of(batch: Any) -> str:
    return browser_of("engineer").get(reverse("control:batch_dialogs", args=[batch.pk])).content.decode()


def test_a_wrong_setting_is_told_beside_its_field_in_a_dialog_that_stays(
    pytestconfig: pytest.Config, batch: Any
) -> None:
    address = reverse("control:control", kwargs={"batch_id": batch.pk, "word": "settings"})
    fields = {"parameter-burn_in_time": "-1"}
    answer = browser_of("engineer").post(address, fields, headers={"accept": "application/json"})
    found = shown_after(pytestconfig, DIALOG, answer, html=dialogs_of(batch), id="settings-dialog")
    begun = {"parameter-burn_in_time": "2.0", "initial-parameter-burn_in_time": "2.0", "reason": ""}
    sentence = "Parameter 'burn_in_time' must be a number from 0 to 86400 s, it is -1."
    assert found == {
        "asked": [[address, begun]],
        "open": True,
        "toasts": [],
        "beside": ["burn in time", sentence],
        "below": "",
        "focus": "parameter-burn_in_time",
    }


def test_a_refused_skip_is_told_in_its_dialog(pytestconfig: pytest.Config, batch: Any) -> None:
    answer = pressed("operator", batch, "skip")
    found = shown_after(pytestconfig, DIALOG, answer, html=dialogs_of(batch), id="skip-dialog")
    sentence = "The batch is still being prepared: its steps are not known yet. Try again in a moment."
    assert (found["open"], found["beside"], found["below"], found["focus"]) == (True, None, sentence, "reason")


def test_a_wish_that_was_taken_closes_its_dialog(pytestconfig: pytest.Config, batch: Any) -> None:
    answer = pressed("operator", batch, "keep")
    found = shown_after(pytestconfig, DIALOG, answer, html=dialogs_of(batch), id="skip-dialog")
    assert (found["open"], found["toasts"]) == (False, [["toast", "good", answer.json()["message"]]])
