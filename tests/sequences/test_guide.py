"""docs/sequences.md: every example of the guide validates, runs, and comes out as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands
from PIL import Image

from sequences import trial
from sequences.catalogue import read_package
from tests.sequences.guide import PAGE, Block, Example, blocks, examples

HOUSE = PAGE.parents[1]
BLOCKS = list(blocks(PAGE.read_text()))
EXAMPLES = examples(BLOCKS)


def of_kind(kind: str) -> list[pytest.param]:
    return [pytest.param(block, id=f"line {block.line}") for block in BLOCKS if block.kind == kind]


@pytest.fixture(scope="module")
def own_bench():
    with trial.simulated_bench() as bench:
        yield bench


def run_beside_packages(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in a folder that holds every package of the guide, as an author has it."""
    for example in EXAMPLES.values():
        example.write(folder)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the folders are that examples go over: `pictures` holds three."""
    made = tmp_path_factory.mktemp("folders")
    (made / "pictures").mkdir()
    for number, grey in enumerate((0, 128, 255)):
        Image.new("L", (8, 8), grey).save(made / "pictures" / f"{number}.png")
    return made


def test_every_block_says_to_which_example_it_belongs():
    unmarked = [f"docs/{PAGE.name}:{block.line}" for block in BLOCKS if not block.is_marked]
    assert unmarked == [], "put <!-- example: NAME --> above each, as tests/sequences/guide.py describes"


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_example_validates_without_warnings(example: Example, tmp_path: Path):
    package = read_package(example.write(tmp_path))
    assert [*package.problems, *package.warnings] == []


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_example_runs(example: Example, tmp_path: Path, own_bench: trial.OwnBench, folders: Path):
    own_bench.reset()
    folder = example.write(tmp_path)
    options = dict(example.options)
    options |= {each: folders / options[each] for each in ("items", "target_items") if each in options}
    outcome = options.pop("outcome", "PASS")
    if read_package(folder).manifest.instruments:
        options["slot"] = own_bench.slot()
    record = trial.run(folder, **options)
    assert record.verdict["outcome"] == outcome, record.story


@pytest.mark.parametrize("block", of_kind("script"))
def test_script_runs(block: Block, tmp_path: Path):
    done = run_beside_packages(tmp_path, "-c", block.text)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", of_kind("test"))
def test_test_passes(block: Block, tmp_path: Path):
    (tmp_path / f"test_{block.name}.py").write_text(block.text)
    done = run_beside_packages(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{block.name}.py")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("block", of_kind("commands"))
def test_commands_are_there(block: Block):
    called = re.findall(r"manage\.py (\w+)", block.text)
    assert called and set(called) <= set(get_commands())


PAGE_OF_THREE = """\
<!-- example: one -->

```yaml
limits: {a: {minimum: 1}}
```

```python
run.measure("a", 1)
```

   <!-- example: one {"parameters": {"n": 2}} -->
   ```python
   @step
   def measure(self, run: Run) -> None:
       run.measure("a", run.instruments.meter.read("rail_3v3"))
   ```

<!-- no example: what a shell says -->
```
text
```
"""


def test_block_without_a_mark_of_its_own_is_found():
    found = list(blocks(PAGE_OF_THREE))
    assert [(block.line, block.name, block.is_marked) for block in found] == [
        (3, "one", True),
        (7, "", False),
        (12, "one", True),
        (19, "", True),
    ]


def test_methods_become_a_package_that_runs(tmp_path: Path, own_bench: trial.OwnBench):
    example = examples(list(blocks(PAGE_OF_THREE)))["one"]
    assert example.options == {"parameters": {"n": 2}}
    record = trial.run(example.write(tmp_path), slot=own_bench.slot())
    assert record.outcomes == {"measure": "FAIL"}, record.story  # without power
