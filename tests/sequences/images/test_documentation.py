"""docs/analyses.md names every figure, every key of a result and every parameter that decides about one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequences.catalogue import read_package
from sequences.images.attributes import ATTRIBUTES
from sequences.images.drift import FEWEST
from sequences.images.features import LENGTH
from sequences.images.results import DriftRow, ImageResult, Quantiles, Summary

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "analyses.md").read_text()
TOLD_IN_WORDS = {"name", "title", "unit", "psi_limit", "psi_marginal", "ks_limit", "target_median", "mean"}
KEYS = {key for shape in (ImageResult, Summary, Quantiles, DriftRow) for key in shape.__annotations__} - TOLD_IN_WORDS


@pytest.mark.parametrize("name", sorted(KEYS | {attribute.name for attribute in ATTRIBUTES}))
def test_it_is_documented(name):
    assert f"`{name}`" in TEXT


def test_numbers_on_the_page_are_those_of_the_code():
    assert f"becomes {LENGTH} numbers" in TEXT
    assert f"fewer than {FEWEST} images" in TEXT


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("image_attributes", "longest_side"),
        ("image_attributes", "outlier_score"),
        ("image_attributes", "near_bits"),
        ("dataset_drift", "psi_limit"),
        ("dataset_drift", "psi_moderate"),
        ("dataset_drift", "ks_limit"),
    ],
)
def test_default_on_the_page_is_that_of_the_manifest(package, name):
    default = read_package(ROOT / "sequences" / "packages" / package).manifest.parameters[name]["default"]
    assert any(f"`{name}`{between}({default})" in TEXT for between in (" ", " pixels "))
