"""The keys of a manifest that are about datasets, and about work that need not be done twice."""

from __future__ import annotations

import pytest

from sequences.items.options import DeclaredItems
from sequences.validator import validate

GOOD = "@step\ndef a(self, run): pass\n"
MANIFESTS = [
    ("needs: dataset", "E138", "must be [dataset] or [dataset, target_dataset], it is 'dataset'"),
    ("needs: [target_dataset]", "E138", "must be [dataset] or [dataset, target_dataset], it is ['target_dataset']"),
    ("needs: []", "E138", "must be [dataset] or [dataset, target_dataset], it is []"),
    ("items: 10", "E139", "must be a mapping, it is 10"),
    ("items: {chunks: 10}", "E139", "unknown key 'chunks' (known: chunk_size, timeout_s, max_pixels)"),
    ("items: {chunk_size: 0}", "E139", "chunk_size must be auto, or a whole number from 1 to 500, it is 0"),
    ("items: {chunk_size: 501}", "E139", "chunk_size must be auto, or a whole number from 1 to 500, it is 501"),
    ("items: {chunk_size: true}", "E139", "chunk_size must be auto, or a whole number from 1 to 500, it is True"),
    ("items: {timeout_s: 0.05}", "E139", "timeout_s must be a number of seconds from 0.1 to 3600, it is 0.05"),
    ("items: {timeout_s: 3601}", "E139", "timeout_s must be a number of seconds from 0.1 to 3600, it is 3601"),
    ("items: {max_pixels: 1.5}", "E139", "max_pixels must be a whole number from 1 to 1,000,000,000, it is 1.5"),
    ("max_failed_items: -1", "E143", "must be a whole number from 0 to 1,000,000, it is -1"),
    ("max_failed_items: true", "E143", "must be a whole number from 0 to 1,000,000, it is True"),
    ("unique: 1", "E133", "must be true or false, it is 1"),
    ("cacheable: maybe", "E133", "must be true or false, it is 'maybe'"),
    ("concurrent: 0", "E144", "must be a whole number from 1 to 1,000, it is 0"),
    ("instruments: {dmm: measures}\nneeds: [dataset]", "E145", "'needs' is for sequences without instruments"),
    ("instruments: {dmm: measures}\nunique: true", "E145", "'unique' is for sequences without instruments"),
    ("instruments: {dmm: measures}\ncacheable: true", "E145", "'cacheable' is for sequences without instruments"),
]


@pytest.mark.parametrize(("manifest", "code", "message"), MANIFESTS)
def test_manifest_problem_is_named(write_package, manifest, code, message):
    package = write_package(GOOD, manifest)
    (problem,) = (str(problem).removeprefix(f"{package}/") for problem in validate(package)[1])
    place, found_code, text = problem.split(" ", 2)
    assert (place.split(":")[0], found_code) == ("manifest.yaml", code)
    assert text.startswith(message)


def test_manifest_says_how_its_batches_go_over_items(write_package):
    declared = """
        needs: [dataset, target_dataset]
        items: {chunk_size: auto, timeout_s: 0.5}
        max_failed_items: 3
        unique: true
        cacheable: true
        concurrent: 2
    """
    manifest, problems = validate(write_package(GOOD, declared))
    assert problems == []
    assert manifest.needs == ("dataset", "target_dataset")
    assert manifest.items == DeclaredItems(chunk_size=0, timeout_s=0.5, max_pixels=100_000_000)
    assert (manifest.max_failed_items, manifest.concurrent) == (3, 2)
    assert (manifest.unique, manifest.cacheable) == (True, True)


def test_manifest_that_says_nothing_of_items_has_ten_in_a_chunk(write_package):
    manifest, _ = validate(write_package(GOOD))
    assert manifest.items == DeclaredItems(chunk_size=10, timeout_s=60.0, max_pixels=100_000_000)
    assert (manifest.needs, manifest.max_failed_items, manifest.concurrent) == ((), 0, None)
    assert (manifest.unique, manifest.cacheable) == (False, False)
