"""Two ticked batches lead to their comparison."""

from __future__ import annotations

import pytest
from django.urls import reverse

from control.models import Batch
from tests.control.admin.story import changelist, tell, visitor


@pytest.fixture
def batches(station) -> list[Batch]:
    return [tell("first"), tell("second"), tell("third")]


def act(rows: list[Batch], **more):
    given = {"action": "compare", "_selected_action": [str(row.pk) for row in rows]}
    return visitor("viewer").post(changelist(Batch), given, **more)


def test_two_batches_are_compared_the_later_with_the_earlier(batches):
    first, second, _third = batches
    expected = reverse("control:comparison", args=[second.pk, first.pk])
    assert act([first, second]).headers["Location"] == expected


@pytest.mark.parametrize("count", [1, 3])
def test_one_or_three_are_told_to_be_two(batches, count):
    page = act(batches[:count], follow=True).content.decode()
    assert "Select two batches to compare them, neither more nor less." in page
