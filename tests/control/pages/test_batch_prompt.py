"""The card of a question: how long it still waits, and what is typed into its field."""

from __future__ import annotations

from typing import Any

import pytest

from control.pages.batch_words import batch_words
from control.pages.words import shell_words
from tests.control.pages.in_chromium import evaluate

LEFT = """async ({ patience, controls, seconds }) => {
  const names = ["title", "message", "answer", "ask", "step", "patience", "left"];
  const parts = names.map((name) => `<p data-prompt="${name}"></p>`).join("");
  document.body.innerHTML += `<section id="card">${parts}</section>`;
  const { drawPrompt, tickPrompt } = await import("/batch_prompt.js");
  const card = document.getElementById("card");
  const prompt = { prompt: "p1", step: 0, type: "confirm", message: "Seated?", image: null, state: "WAITING",
    asked_at: "2026-01-01T00:00:00Z", timeout_s: patience };
  const state = { prompt, controls, batch: { ended_at: null } };
  drawPrompt(card, state);
  return seconds.map((second) => {
    tickPrompt(card, state, Date.parse(prompt.asked_at) + 1000 * second);
    return card.querySelector('[data-prompt="left"]').textContent;
  });
}"""

TYPED = """async () => {
  const names = ["title", "message", "answer", "ask", "step", "patience", "left"];
  const parts = names.map((name) => `<p data-prompt="${name}"></p>`).join("");
  document.body.innerHTML += `<section id="card">${parts}</section>`;
  const { drawPrompt } = await import("/batch_prompt.js");
  const card = document.getElementById("card");
  const batch = { ended_at: null };
  const prompt = { step: 0, message: "How long?", image: null, state: "WAITING", unit: "mm", minimum: 10, maximum: 200,
    asked_at: "2026-01-01T00:00:00Z", timeout_s: null };
  drawPrompt(card, { batch, prompt: { ...prompt, prompt: "p1", type: "confirm" } });
  drawPrompt(card, { batch, prompt: { ...prompt, prompt: "p2", type: "number", default: 80 } });
  document.execCommand("insertText", false, "1"); // as a keyboard does
  return [document.activeElement.id, document.activeElement.value];
}"""


def on_card(config: pytest.Config, script: str, argument: Any = None) -> Any:
    blocks = {"shell": {"urls": {}, "csrf": "x", "time_zone": "UTC"}, "words": shell_words()}
    pages = {"page-words": batch_words(), "page-data": {"prompts": {"answer": "/answer/", "picture": ""}}}
    return evaluate(config, script, argument, **blocks, **pages)


def obeyed(kind: str, second: int | None) -> dict[str, Any]:
    return {"kind": kind, "obeyed_at": None if second is None else f"2026-01-01T00:00:{second:02}Z"}


PAUSE, RESUME = obeyed("BATCH_PAUSE", 10), obeyed("BATCH_RESUME", 40)


@pytest.mark.parametrize(
    ("patience", "controls", "shown"),
    [
        (90, [], ["0:45 left", "0:35 left", "0:00 left"]),
        (None, [], ["", "", ""]),
        (90, [PAUSE], ["1:20 left", "1:20 left", "1:20 left"]),
        (90, [PAUSE, RESUME], ["1:15 left", "1:05 left", "0:10 left"]),
        (90, [obeyed("BATCH_PAUSE", None)], ["0:45 left", "0:35 left", "0:00 left"]),
    ],
)
def test_time_left_is_counted_down_without_pauses(
    pytestconfig: pytest.Config, patience: int | None, controls: list[Any], shown: list[str]
):
    argument = {"patience": patience, "controls": controls, "seconds": [45, 55, 110]}
    assert on_card(pytestconfig, LEFT, argument) == shown


def test_what_is_typed_takes_the_place_of_the_default(pytestconfig: pytest.Config):
    assert on_card(pytestconfig, TYPED) == ["prompt-value", "1"]
