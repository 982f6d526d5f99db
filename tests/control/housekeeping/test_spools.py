"""Old spools of batches and of helping lanes go, whichever of their runs they tell of."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from control.housekeeping.spools import KEEP_S, remove_old_spools
from control.models import Batch, Helper
from control.states import State
from stations.paths import StationPaths
from tests.control.lifecycle.chunks.work_over_items import help_of, step_over
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Helper:
    demo_station(monkeypatch, lanes=3)
    settings.STATION_PATHS = StationPaths(tmp_path)
    settings.STATION_PATHS.prepare()
    return help_of(step_over(25))


def spool(name: object, age_s: float = KEEP_S + 60) -> Path:
    path = settings.STATION_PATHS.spool(str(name))
    path.write_text("line\n")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_spools_of_an_ended_batch_and_its_helping_lanes_go(helper: Helper) -> None:
    batch = helper.chunked_step.batch
    Batch.objects.filter(pk=batch.pk).update(runs=2)
    own = [spool(batch.pk), spool(Batch.objects.get().run_name), spool(helper.pk)]
    assert remove_old_spools() == 0
    Batch.objects.update(state=State.COMPLETED, ended_at=helper.began_at)
    assert (remove_old_spools(), [path.exists() for path in own]) == (3, [False, False, False])


def test_young_spools_and_those_of_nobody_known_stay(helper: Helper) -> None:
    Batch.objects.update(state=State.COMPLETED, ended_at=helper.began_at)
    kept = [spool(helper.pk, age_s=KEEP_S - 60), spool(uuid4()), spool("notes")]
    assert (remove_old_spools(), [path.exists() for path in kept]) == (0, [True, True, True])
