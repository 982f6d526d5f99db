"""What the overview says of a station that is silent: contact was lost, or somebody stopped it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from control.history.slots import read_slots
from control.pages.words import overview_words, shell_words
from stations.models import Station
from tests.control.pages.in_chromium import evaluate
from tests.rows import demo_station

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

DRAW = """async (slots) => {
  document.body.insertAdjacentHTML("beforeend", "<div id='banners'></div>");
  const { slotCard, drawBanners } = await import("/overview_slots.js");
  const card = slotCard.make(slots[0]);
  slotCard.update(card, slots[0]);
  drawBanners(slots);
  const banners = [...document.querySelectorAll("#banners > *")];
  return [card.querySelector('[data-part="note"]').textContent,
    ...banners.map((one) => `${one.dataset.banner}: ${one.querySelector("strong").textContent}`)];
}"""


@pytest.fixture
def drawn(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a person reads of slots when their station was heard last so many seconds ago."""
    demo_station(monkeypatch)

    def draw(seconds_ago: int | None) -> list[str]:
        beat = None if seconds_ago is None else timezone.now() - timedelta(seconds=seconds_ago)
        Station.objects.update(heartbeat_at=beat)
        shell = {"rights": [], "urls": {"batch": "/control/batches/{batch}/"}, "time_zone": "UTC"}
        words = {"words": shell_words(), "page-words": overview_words()}
        return list(evaluate(pytestconfig, DRAW, read_slots(), shell=shell, **words))

    return draw


def test_slots_of_a_living_station_carry_no_note(drawn: Any) -> None:
    assert drawn(0) == [""]


def test_lost_contact_is_told_with_its_time(drawn: Any) -> None:
    note, banner = drawn(60)
    since = note.removeprefix("Lost contact since ")
    assert (note != since, banner) == (True, f"lost: Lost contact with station demo since {since}")


def test_station_that_was_stopped_is_not_called_lost(drawn: Any) -> None:
    assert drawn(None) == ["Station does not answer", "silent: Station does not answer: demo"]
