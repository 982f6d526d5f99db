"""What the pages' scripts make of the answer to a button of a batch."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from control.pages.words import shell_words
from tests.control.pages.in_chromium import evaluate
from tests.control.pages.people import browser_of
from tests.rows import demo_station, running

PRESS = """async ({ word, status, body }) => {
  window.fetch = async () => new Response(JSON.stringify(body), { status });
  const { ask } = await import("/steering.js");
  const button = document.createElement("button");
  button.dataset.control = word;
  await ask(button, "/");
  const shown = [...document.querySelectorAll(".g-toast, [role=alertdialog]")];
  return shown.map((one) => [one.role ?? "toast", one.dataset.tone, one.querySelector("p").textContent]);
}"""


@pytest.fixture
def batch(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    demo_station(monkeypatch)
    return running().batch


def pressed(config: pytest.Config, batch: Any, word: str) -> tuple[list[list[str]], dict[str, Any]]:
    """What a page shows after the server's own answer to a button, and that answer."""
    address = reverse("control:control", kwargs={"batch_id": batch.pk, "word": word})
    answer = browser_of("operator").post(address, headers={"accept": "application/json"})
    given = {"word": word, "status": answer.status_code, "body": answer.json()}
    data = {"urls": {"overview": "/control/"}, "csrf": "x"}
    return evaluate(config, PRESS, given, words=shell_words(), shell=data), answer.json()


def test_an_emergency_stop_without_a_proof_is_a_warning_that_stays(pytestconfig: pytest.Config, batch: Any) -> None:
    shown, answer = pressed(pytestconfig, batch, "emergency-stop")  # no guard runs here
    assert (answer["confirmed"], "NOT CONFIRMED" in answer["message"]) == (False, True)
    assert shown == [["alertdialog", "bad", answer["message"]]]


def test_a_wish_that_was_taken_is_told_in_the_corner(pytestconfig: pytest.Config, batch: Any) -> None:
    shown, answer = pressed(pytestconfig, batch, "pause")
    assert shown == [["toast", "good", answer["message"]]]


def test_a_refusal_is_told_in_the_corner(pytestconfig: pytest.Config, batch: Any) -> None:
    shown, answer = pressed(pytestconfig, batch, "resume")
    assert shown == [["toast", "bad", answer["detail"]]]
