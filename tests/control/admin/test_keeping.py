"""Kept batches in the admin: a mark on the row, two actions, and who may use them."""

from __future__ import annotations

import pytest

from control.models import Batch, ControlEvent
from tests.control.admin.story import change, changelist, tell, visitor


@pytest.fixture
def batches(station) -> list[Batch]:
    return [tell("first"), tell("second"), tell("third")]


def act(client, action: str, rows: list[Batch]) -> str:
    given = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(changelist(Batch), given, follow=True).content.decode()


def kept() -> set[str]:
    return set(Batch.objects.filter(keep=True).values_list("name", flat=True))


def test_selected_batches_are_kept_and_released_on_record(batches):
    operator = visitor("operator")
    assert "2 batches are kept now." in act(operator, "keep", batches[:2])
    assert kept() == {"first", "second"}
    assert "1 batch is kept no longer." in act(operator, "release", [batches[0], batches[2]])
    assert kept() == {"second"}
    events = ControlEvent.objects.filter(face="ADMIN").values_list("kind", "by", "batch__name").order_by("pk")
    assert sorted(events) == [
        ("BATCH_KEEP", "operator", "first"),
        ("BATCH_KEEP", "operator", "second"),
        ("BATCH_RELEASE", "operator", "first"),
    ]


def test_a_kept_batch_is_marked_on_its_row_and_page(batches):
    viewer = visitor("viewer")
    Batch.objects.filter(pk=batches[0].pk).update(keep=True)
    pages = [viewer.get(url).content.decode() for url in (changelist(Batch), change(batches[0]), change(batches[1]))]
    assert [page.count(">Kept</span>") for page in pages] == [1, 1, 0]


def test_a_viewer_is_offered_no_action(batches):
    viewer = visitor("viewer")
    assert "Keep selected batches" not in viewer.get(changelist(Batch)).content.decode()
    act(viewer, "keep", batches)
    assert (kept(), ControlEvent.objects.filter(kind="BATCH_KEEP").count()) == (set(), 0)
