"""Whatever stands in the files of a package, the validator tells problems and raises nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sequences.manifest import KEYS
from sequences.parameters import KEYS as PARAMETER_KEYS
from sequences.validator import validate

SEQUENCE = (
    b"from sequences.authoring import sequence, step\n@sequence\nclass A:\n    @step\n    def a(self, run): pass\n"
)
MANIFEST = b'name: sample\nversion: "1"\nlimits: {rail: {unit: V, minimum: 1}}\n'
NUMBERS = st.one_of(st.integers(), st.floats(), st.just(10**400), st.just(-(10**308)))
TEXTS = st.one_of(st.text(max_size=20), st.sampled_from(["V", "number", "integer", "string", "(a+)+", "$ref", "on"]))
LIMITS = ("minimum", "maximum", "equals", "one_of", "nominal", "within_percent", "pattern", "marginal_minimum", "unit")
NAMES = st.one_of(TEXTS, st.sampled_from([*KEYS, *PARAMETER_KEYS, *LIMITS]), st.booleans(), st.none(), st.integers())
SCALARS = st.one_of(NUMBERS, TEXTS, st.booleans(), st.none(), st.dates(), st.binary(max_size=5))
DATA = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=5))
)
TOP = st.dictionaries(st.one_of(st.sampled_from(KEYS), NAMES), DATA, max_size=8)
DECLARED = st.dictionaries(st.sampled_from(PARAMETER_KEYS), SCALARS | st.lists(SCALARS, max_size=3), max_size=6)
LIMIT = st.dictionaries(st.sampled_from(LIMITS), SCALARS | st.lists(SCALARS, max_size=3), max_size=6)
# Pieces of YAML whose meaning is a surprise to most of us.
PIECES = [
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "!!int ",
    "!!bool x",
    "<<: ",
    "? ",
    "|\n",
    ">-\n",
    "'",
    '"',
    "\\0",
]
PIECES += [
    "0x" + "f" * 5000,
    "0b_",
    "1:20:99",
    "2024-13-45",
    "2001-01-01 99:99:99",
    ".nan",
    "-.inf",
    "~",
    "=",
    "%",
    "#",
]
PIECES += [
    "name",
    "limits",
    "parameters",
    "a",
    "\n",
    "\n  ",
    "\t",
    "---\n",
    "...\n",
    "\ufeff",
    "\x85",
    "1e999",
    "12e03",
]
CODE = [
    "@step",
    "(timeout_s=",
    "-" * 3000 + "1",
    "{[]: 1}",
    ")",
    "\n",
    "    ",
    "run.measure('a', 1, ",
    "pattern='(a+)+'",
    "'\\ud800'",
]
CODE += [
    "def a(self, run):",
    " pass",
    "from . import a",
    "from ..b import c",
    "import q",
    "unit=",
    "0x" + "f" * 5000,
    "\0",
    "(",
]
CODE += [
    "# coding: rot13\n",
    "minimum=1e999",
    "class A:",
    "@sequence",
    "lambda: 0",
    "**run",
    "f'{run!x}'",
    "\f",
    "async ",
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "sample"
    folder.mkdir()
    return folder


def check(package: Path, manifest: bytes = MANIFEST, sequence: bytes = SEQUENCE) -> None:
    (package / "manifest.yaml").write_bytes(manifest)
    (package / "sequence.py").write_bytes(sequence)
    found, problems = validate(package)
    assert found is not None or problems
    for problem in problems:
        assert problem.hint
        assert problem.line >= 1
        assert str(problem).encode().decode().isprintable()
    if found is not None:  # what the API and the records of a batch hold of it
        json.dumps([found.parameters, found.limits, found.instruments, found.title, found.version], allow_nan=False)


def test_good_one_is_good(package: Path):
    check(package)
    assert validate(package)[1] == []


@given(content=st.binary(max_size=300))
def test_random_bytes_raise_nothing(package: Path, content: bytes):
    check(package, manifest=content)
    check(package, sequence=content)
    check(package, sequence=SEQUENCE + content)


@given(data=TOP)
def test_random_data_raise_nothing(package: Path, data: dict[object, object]):
    text = yaml.dump({"name": "sample", "version": "1", **data}, allow_unicode=True)
    check(package, manifest=text.encode(errors="surrogatepass"))


@given(parameters=st.dictionaries(NAMES, DECLARED, max_size=3), limits=st.dictionaries(NAMES, LIMIT, max_size=3))
def test_random_declarations_raise_nothing(package: Path, parameters: object, limits: object):
    text = yaml.dump({"name": "sample", "version": "1", "parameters": parameters, "limits": limits})
    check(package, manifest=text.encode(errors="surrogatepass"))


@given(pieces=st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=25))
def test_random_pieces_of_yaml_raise_nothing(package: Path, pieces: list[str]):
    check(package, manifest="".join(pieces).encode(errors="surrogatepass"))
    check(package, manifest=MANIFEST + "".join(pieces).encode(errors="surrogatepass"))


@given(pieces=st.lists(st.one_of(st.sampled_from(CODE), st.text(max_size=3)), max_size=20))
def test_random_pieces_of_code_raise_nothing(package: Path, pieces: list[str]):
    text = "".join(pieces)
    check(package, sequence=text.encode(errors="surrogatepass"))
    check(
        package, sequence=SEQUENCE + b"    @step\n    def b(self, run):\n        " + text.encode(errors="surrogatepass")
    )


@pytest.mark.parametrize("call", ["{[]: 1}", "-" * 3000 + "1", "0x" + "f" * 5000, "'\\ud800'", "10**400", "1e999"])
@pytest.mark.parametrize(
    "place", ["run.measure('a', 1, minimum={})", "run.measure({}, 1)", "run.measure('a', 1, unit={})"]
)
def test_odd_values_raise_nothing(package: Path, place: str, call: str):
    check(
        package,
        sequence=SEQUENCE + f"    @step(timeout_s={call})\n    def b(self, run): {place.format(call)}\n".encode(),
    )
