"""What records hold in English is told in the reader's language, with the values that stand in it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation

from control.journal.kinds import ALERTS
from control.lifecycle.actor import USER_REQUEST
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop, record_reset
from control.lifecycle.safety.press import emergency_stop_batch
from control.lifecycle.steer import stop_batch
from control.models import Batch, Event
from control.pages.told import told_sentences
from sequences.conditions import VERBS, Condition
from sequences.images.cluster_report import AT_THE_END, TOO_FEW
from sequences.items.item import CHANGED, BadItem, Item
from sequences.items.retrying import AFTER_LOSSES
from sequences.items.step import _failures
from sequences.limits import Limits, violation
from tests.control.datasets.pictures import picture
from tests.control.pages.in_chromium import evaluate
from tests.rows import ANNA, demo_station, queued
from tests.sequences.items.orders import item_order

TELL = "async (messages) => { const { told } = await import('/told.js'); return messages.map(told); }"
LATIN_WORDS = re.compile(r"[a-z]+ [a-z]+")


def told(config: pytest.Config, messages: list[str], language: str = "ko") -> list[str]:
    with translation.override(language):
        return list(evaluate(config, TELL, messages, words={"sentences": told_sentences()}))


@pytest.mark.parametrize(
    ("stored", "korean"),
    [
        ("Every step passed.", "모든 단계가 합격했습니다."),
        ("emergency stop of demo/slot-1 by anna: smoke", "anna 님이 demo/slot-1 비상 정지: smoke"),
        ("Stopped in step 'burn_in': wrong board.", "'burn_in' 단계에서 중지됨: wrong board"),
        ("Stopped in step 'burn_in': USER_REQUEST.", "'burn_in' 단계에서 중지됨: 사유 없음"),
        (
            "Timeout in step 'boot': it took longer than its 5 s.",
            "'boot' 단계에서 시간 초과: 제한 시간 5초를 넘었습니다",
        ),
        (
            "Step 'load' failed: r: 3 ohm is above the maximum 1 ohm; v: 2 V is below the minimum 3 V",
            "'load' 단계 불합격: r: 측정값 3 ohm, 상한 1 ohm 초과; v: 측정값 2 V, 하한 3 V 미만",
        ),
        (
            "Step 'load' failed: r: 3.1 V is below 3.135 V (3.3 V less 5 %)",
            "'load' 단계 불합격: r: 측정값 3.1 V, 하한 3.135 V 미만 (3.3 V에서 5 %를 뺀 값)",
        ),
        (
            "Step 'load' failed: fw: x1 does not match the pattern 'v[0-9]'",
            "'load' 단계 불합격: fw: 측정값 x1, 패턴 'v[0-9]' 불일치",
        ),
        ("skipped by request: USER_REQUEST", "요청으로 건너뜀: 사유 없음"),
        ("skip has no effect: the step has ended", "건너뛰기 효과 없음: 단계가 이미 끝났습니다"),
        ("memory: 612 MiB used, 512 MiB allowed", "메모리: 612 MiB 사용, 한도 512 MiB"),
        (
            "Step 'load' failed: r: 3 ohm is above the maximum 1 ohm (2 skipped by request)",
            "'load' 단계 불합격: r: 측정값 3 ohm, 상한 1 ohm 초과 (요청으로 건너뜀: 2)",
        ),
        ("Nobody wrote this (yet).", "Nobody wrote this (yet)."),
        ("", ""),
    ],
)
def test_sentence_is_told_with_its_values(pytestconfig: pytest.Config, stored: str, korean: str):
    assert told(pytestconfig, [stored]) == [korean]


def test_english_differs_only_where_no_reason_was_given(pytestconfig: pytest.Config):
    stored = ["Stopped by anna before it began: USER_REQUEST", "Step 'a' failed: b: 1 V is below the minimum 2 V"]
    assert told(pytestconfig, stored, "en") == ["Stopped by anna before it began: no reason given", stored[1]]


def test_every_reason_why_a_step_was_skipped_or_failed_is_among_the_sentences(pytestconfig: pytest.Config):
    run: Any = SimpleNamespace(parameters=SimpleNamespace(with_radio=False))
    skipped = [Condition(depends_on=("a",)).unmet_dependency({"a": outcome}) for outcome in VERBS]
    skipped += [Condition(run_if=branch).not_needed(run) for branch in ("with_radio", lambda run: False)]
    judged: list[tuple[Any, Limits]] = [
        (False, Limits(equals=True)),
        ("worn", Limits(one_of=("intact", "clean"))),
        (math.nan, Limits(maximum=1)),
        ("x", Limits(maximum=1)),
        (1, Limits(pattern="v.")),
    ]
    failed = [f"board: {value} {violation(value, limits)}" for value, limits in judged]
    stored = [*skipped, "the gate before 'b' is closed: step 'a' failed", *failed]
    marked = {"sentences": [(sentence, f"told: {sentence}") for sentence, _ in told_sentences()]}
    assert [text for text in evaluate(pytestconfig, TELL, stored, words=marked) if not text.startswith("told: ")] == []


@pytest.mark.django_db
def test_every_reason_of_an_end_is_told(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch):
    demo_station(monkeypatch)
    stop_batch(queued().pk, by=ANNA, reason="tea")
    queued()
    record_emergency_stop(new_latch("demo", by=ANNA), delivered=True)
    record_reset("demo", by=ANNA, reason="aired")
    emergency_stop_batch(queued(slot=None, sequence="step_loop").pk, by=ANNA, reason=USER_REQUEST)
    alerts = Event.objects.filter(stream__name=ALERTS, kind="control")
    stored = [*Batch.objects.values_list("message", flat=True), *alerts.values_list("message", flat=True)]
    assert len(stored) >= 5
    assert [text for text in told(pytestconfig, stored) if LATIN_WORDS.search(text)] == []


def test_why_items_fail_is_among_the_sentences(pytestconfig: pytest.Config, tmp_path: Path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("text", encoding="utf-8")
    (tmp_path / "cut.png").write_bytes(picture(20, 20, "PNG")[:60])
    (tmp_path / "large.png").write_bytes(picture(40, 40, "PNG"))
    stored = [why_refused(tmp_path / name) for name in ("empty.jpg", "text.jpg", "cut.png", "large.png")]
    over: Any = {"failed": 3, "total": 103}
    stored += [_failures(over, 0), _failures(over, 2), CHANGED, AFTER_LOSSES.format(losses=11), TOO_FEW, AT_THE_END]
    marked = {"sentences": [(sentence, f"told: {sentence}") for sentence, _ in told_sentences()]}
    assert [text for text in evaluate(pytestconfig, TELL, stored, words=marked) if not text.startswith("told: ")] == []


def why_refused(file: Path) -> str:
    with pytest.raises(BadItem) as refused:
        Item(item_order(file), file, max_pixels=1000).open_image()
    return str(refused.value)
