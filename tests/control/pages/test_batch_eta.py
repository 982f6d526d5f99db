"""The time left, as an open page reckons it between two news."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from control.metrics.eta import seconds_left
from control.models import Batch
from tests.control.pages.in_chromium import evaluate


def test_time_left_is_reckoned_as_on_the_server(pytestconfig):
    now = timezone.now().replace(microsecond=0)
    cases = [
        Batch(state=state, progress=progress, expected_s=expected, started_at=now - timedelta(seconds=past))
        for state in ("RUNNING", "PAUSED")
        for progress in (0.0, 0.01, 0.02, 0.5, 1.0)
        for expected in (None, 0.0, 30.0)
        for past in (0, 7, 90)
    ]
    script = """async ([batches, now]) => {
      const { secondsLeft } = await import("/batch_eta.js");
      return batches.map((batch) => secondsLeft(batch, now));
    }"""
    names = ("state", "progress", "expected_s")
    fixed = [{"started_at": one.started_at.isoformat(), "ended_at": None} for one in cases]
    told = [{name: getattr(one, name) for name in names} | more for one, more in zip(cases, fixed, strict=True)]
    found = evaluate(pytestconfig, script, [told, now.timestamp() * 1000])
    assert found == pytest.approx([seconds_left(one, now) for one in cases])
