"""The files of a batch, as people open them from its page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from control.models import Attachment
from tests.control.pages.people import WHO, browser_of
from tests.rows import attached, demo_station, running

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch) -> Attachment:
    demo_station(monkeypatch)
    return attached(running().batch.steps.create(index=0, name="scan", group="main"))


def address(file: Attachment) -> str:
    return reverse("control:attachment", args=[file.batch_id, file.pk])


@pytest.mark.parametrize("who", WHO)
def test_a_file_is_for_whoever_may_see(file: Attachment, who: str):
    status = browser_of(who).get(address(file)).status_code
    assert status == {"anonymous": 302, "stranger": 403}.get(who, 200)


def test_a_file_is_saved_and_kept_by_nobody_on_the_way(file: Attachment):
    answer = browser_of("viewer").get(address(file))
    assert answer["Content-Disposition"] == 'attachment; filename="notes.txt"'
    assert (answer["Content-Encoding"], "no-store" in answer["Cache-Control"]) == ("identity", True)


def test_a_file_that_is_elsewhere_leads_back_to_its_batch(file: Attachment):
    Attachment.objects.update(sha256="0" * 64)
    answer = browser_of("viewer").get(address(file))
    text = answer.content.decode()
    assert answer.status_code == 404
    assert "is on the host of station demo, bench-pc. Ask the web process there." in text
    assert f'href="{reverse("control:batch", args=[file.batch_id])}"' in text
