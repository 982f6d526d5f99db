"""The demo bench of the repository's station file, played on free ports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installations import with_free_ports
from tests.stations.bench.running_bench import RunningBench

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def demo_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBench]:
    folder = tmp_path_factory.mktemp("demo")
    text = (ROOT / "station.yaml").read_text().replace("${GWANJE_DATA_DIR:-/tmp/gwanje}", str(folder))
    (folder / "station.yaml").write_text(with_free_ports(text))
    bench = RunningBench(folder)
    assert bench.is_ready
    yield bench
    bench.stop()


@pytest.fixture
def bench(demo_bench: RunningBench) -> RunningBench:
    demo_bench.calm_down()
    return demo_bench
