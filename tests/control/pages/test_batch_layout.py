"""How the rows of a batch's page share their room: names stay whole on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from control.pages.batch_words import batch_words
from control.pages.words import shell_words
from tests.control.pages.in_chromium import STATIC, evaluate

ROWS = """async ({ css, width, step }) => {
  const place = document.createElement("div");
  const { drawSteps } = await import("/batch_steps.js");
  const repeats = [{ first: 4, count: 9 }];
  drawSteps(place, { steps: [step], repeats, controls: [], doing: null, batch: { origin: null } });
  const frame = document.createElement("iframe");
  frame.width = width;
  document.body.append(frame);
  const page = frame.contentDocument;
  page.body.innerHTML = `<style>${css}</style><div id="batch-page"><div class="b-column" id="column"></div></div>`;
  page.getElementById("column").append(place);
  const sizeOf = (one) => parseFloat(page.defaultView.getComputedStyle(one).fontSize);
  const lines = (one) => Math.floor(one.offsetHeight / sizeOf(one) / 1.1);
  const shown = (name) => [...page.querySelectorAll(name)].map(lines);
  return [shown(".b-step-name"), shown(".b-measurement-name"), page.documentElement.scrollWidth];
}"""
TEXT = "a colour with a name that is much longer than the others, so that it has to be broken somewhere"


def measured(name: str, kind: str, value: Any) -> dict[str, Any]:
    judged = {"limits": None, "outcome": "PASS", "marginal": False}
    return {"name": name, "type": kind, "value": value, "unit": "", **judged}


@pytest.mark.parametrize("width", [390, 1000])
def test_names_are_not_broken_by_what_stands_beside_them(pytestconfig: pytest.Config, width: int):
    measurements = [measured("colour", "text", TEXT), measured("level", "number", 12.5)]
    ended = {"state": "ENDED", "outcome": "PASS", "retrying": False, "error_message": "", "duration_ms": 1004.0}
    counts = {"input_count": 100_000, "output_count": 100_000, "measured": 2, "attached": 0}
    step = {"index": 5, "attempt": 1, "name": "scan", "group": "main", "marginal": False, **ended, **counts}
    css = "".join((STATIC / name).read_text() for name in ("shell.css", "batch.css"))
    argument = {"css": css, "width": width, "step": {**step, "measurements": measurements, "attachments": []}}
    blocks = {"shell": {"urls": {}, "csrf": "x", "time_zone": "UTC"}, "words": shell_words(), "page-data": {}}
    shown = evaluate(pytestconfig, ROWS, argument, **blocks, **{"page-words": batch_words()})
    assert shown == [[1], [1, 1], width]
