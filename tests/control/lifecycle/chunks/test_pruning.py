"""Nothing of a pruned batch over items stays: neither rows nor the spools of its runs and helping lanes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from control.lifecycle.finish import End, finish
from control.lifecycle.retention import Old, prune
from control.models import Batch, Chunk, ChunkedStep, Dataset, Helper, Item
from control.states import State, StepOutcome
from stations.paths import StationPaths
from tests.control.lifecycle.chunks.work_over_items import all_done, help_of, step_over
from tests.rows import ANNA

pytestmark = pytest.mark.django_db


def test_pruned_batch_takes_its_items_along_and_leaves_its_dataset(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.STATION_PATHS = tmp_path, StationPaths(tmp_path)
    settings.STATION_PATHS.prepare()
    opened = step_over(25)
    helper = help_of(opened)
    all_done(opened)
    finish(opened.batch_id, End(State.COMPLETED, StepOutcome.PASS, timezone.now() - timedelta(days=100)))
    Batch.objects.update(runs=2)
    spools = [settings.STATION_PATHS.spool(str(name)) for name in (Batch.objects.get().run_name, helper.pk)]
    for spool in spools:
        spool.touch()
    *_, last = prune(Old(30), by=ANNA, rest=lambda seconds: None)
    assert last.batches == 1
    assert [model.objects.count() for model in (Batch, ChunkedStep, Helper, Chunk, Item, Dataset)] == [0] * 5 + [1]
    assert [spool.exists() for spool in spools] == [False, False]
