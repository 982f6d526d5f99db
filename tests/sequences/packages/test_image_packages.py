"""The packages over images, run for real on photographs: what they find, and what they say where there is nothing."""

from __future__ import annotations

import json
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from sequences import trial
from sequences.catalogue import read_package
from tests.photographs import tiles, write_tiles
from tests.sequences.packages.conftest import ROOT

PACKAGES = ROOT / "sequences" / "packages"
NAMES = ("image_batch", "image_attributes", "image_clustering", "dataset_drift")
OVER_ONE = NAMES[:3]
STEPS = {"image_batch": "report", "image_attributes": "summarise", "image_clustering": "find_groups"}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> Path:
    """140 tiles, ten of each of 14 photographs."""
    folder = tmp_path_factory.mktemp("photographs")
    write_tiles(folder, 140, side=64)
    return folder


def run(name, items, parameters=None, **options):
    record = trial.run(PACKAGES / name, parameters, items=items, **options)
    return record, record.verdict["result"]


@pytest.mark.parametrize("name", NAMES)
def test_package_is_without_problems_or_warnings(name):
    package = read_package(PACKAGES / name)
    assert (package.problems, package.warnings) == ([], [])


def test_attributes_tell_how_a_dataset_is_spread(photographs):
    record, result = run("image_attributes", photographs)
    assert record.passed, record.story
    assert (result["kind"], result["summary"]["images"], result["summary"]["failed"]) == ("attributes", 140, 0)
    assert (result["formats"], result["sizes"]) == (
        [{"name": "JPEG", "count": 140}],
        [{"name": "64 × 64", "count": 140}],
    )
    assert [row["count"] for row in result["folders"]] == [10] * 14
    assert {sum(histogram["counts"]) for histogram in result["histograms"]} == {140}
    assert record.measurements["images"]["value"] == 140


def test_copies_are_found_however_they_were_saved(photographs, tmp_path):
    shutil.copytree(photographs / "chelsea", tmp_path / "cat")
    first = sorted((tmp_path / "cat").iterdir())[0]
    shutil.copy(first, tmp_path / "same.jpg")
    with Image.open(first) as picture:
        picture.save(tmp_path / "same.png")
        picture.save(tmp_path / "worse.jpg", quality=30)
    _, result = run("image_attributes", tmp_path)
    assert result["duplicates"] == [[0, 1, 3]]  # what lies in the folder itself comes first
    assert {0, 1, 2, 3} <= set(result["near_duplicates"][0])


def test_clusters_gather_what_looks_alike(photographs, tmp_path):
    for name in ("brick", "hubble_deep_field", "grass"):
        shutil.copytree(photographs / name, tmp_path / name)
    record, result = run("image_clustering", tmp_path)
    assert record.passed, record.story
    assert [cluster["size"] for cluster in result["clusters"]] == [10, 10, 10]
    folders = [{index // 10 for index in cluster["representatives"]} for cluster in result["clusters"]]
    assert sorted(map(sorted, folders)) == [[0], [1], [2]]
    assert (len(result["map"]), result["choices"][1]["k"]) == (30, 3)
    sheets = [(cluster["number"], cluster["sheet"]) for cluster in result["clusters"]]
    assert sheets == [(0, "cluster-00.png"), (1, "cluster-01.png"), (2, "cluster-02.png")]
    assert Image.open(BytesIO(record.attachments["cluster-00.png"])).format == "PNG"


def test_clusters_are_the_same_every_time(photographs):
    results = [run("image_clustering", photographs)[1] for _ in range(2)]
    assert results[0] == results[1]


def test_brightened_half_is_drift_and_its_plots_are_kept(photographs, tmp_path):
    for number, (name, tile) in enumerate(tiles(140, 64)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        tile.point(lambda level, half=number % 2: min(255, round(level * (1.6 if half else 1)))).save(file, quality=90)
    record, result = run("dataset_drift", photographs, target_items=tmp_path)
    assert record.outcomes == {"measure": "PASS", "compare": "FAIL"}
    assert result["summary"]["drifted"][0] in ("brightness", "red", "green", "blue")
    assert {row["attribute"]: row["verdict"] for row in result["drift"]}["width"] == "stable"
    assert any(line.startswith("Brightness has drifted: brighter, ") for line in record.logs)
    assert record.measurements["psi_brightness"]["value"] > 0.2
    assert len(record.attachments) == len(result["drift"]) == len(result["histograms"])


def test_same_photographs_are_stable(photographs):
    record, result = run("dataset_drift", photographs, target_items=photographs)
    assert record.passed, record.story
    assert {(row["verdict"], row["psi"], row["ks"]) for row in result["drift"]} == {("stable", 0, 0)}


def test_batch_keeps_images_in_their_new_form(photographs, tmp_path):
    Image.new("RGBA", (400, 100), "blue").save(tmp_path / "wide.png")
    asked = {"keep_images": True, "keep_thumbnails": True, "longest_side": 200, "file_format": "png"}
    record, result = run("image_batch", tmp_path, asked)
    item = record.of_kind("item")[0]
    kept = {file["name"]: Image.open(BytesIO((record.folder / file["sha256"]).read_bytes())) for file in item["files"]}
    assert {name: (image.format, image.mode, image.size) for name, image in kept.items()} == {
        "image.png": ("PNG", "RGB", (200, 50)),
        "thumbnail.jpg": ("JPEG", "RGB", (160, 40)),
    }
    assert result["modes"] == [{"name": "RGBA", "count": 1}]


@pytest.fixture
def mixed(photographs, tmp_path) -> Path:
    """Ten good images, an empty file, a text, half an image, and a small file that would become 200 million pixels."""
    shutil.copytree(photographs / "coffee", tmp_path / "coffee")
    whole = (photographs / "coffee" / "0000.jpg").read_bytes()
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    Image.new("1", (20_000, 10_000)).save(tmp_path / "bomb.png")
    return tmp_path


@pytest.mark.parametrize("name", OVER_ONE)
def test_bad_files_are_counted_by_their_reasons_and_the_rest_is_looked_at(name, mixed):
    record, result = run(name, mixed)
    assert record.outcomes[STEPS[name]] == "PASS"
    assert (result["summary"]["images"], result["summary"]["failed"]) == (10, 4)
    assert [reason["count"] for reason in result["failures"]] == [1, 1, 1, 1]
    assert [line["final"] for line in record.of_kind("item") if not line["ok"]] == [True] * 4  # none was tried again


def test_images_below_the_smallest_side_are_bad(photographs, tmp_path):
    shutil.copytree(photographs / "coffee", tmp_path / "coffee")
    _, result = run("image_batch", tmp_path, {"smallest_side": 65})
    assert result["failures"] == [{"name": "too small: 64 × 64 pixels, each side must have 65", "count": 10}]


@pytest.mark.parametrize("name", OVER_ONE)
def test_empty_dataset_is_said_to_be_empty(name, tmp_path):
    record, result = run(name, tmp_path)
    assert record.outcomes[STEPS[name]] == "FAIL"
    assert "The dataset has no items" in record.verdict["message"]
    assert result["summary"] == {"images": 0, "failed": 0, "total_bytes": 0}


@pytest.mark.parametrize("name", OVER_ONE)
def test_dataset_of_bad_files_says_why(name, tmp_path):
    (tmp_path / "text.jpg").write_text("not a picture")
    record, result = run(name, tmp_path)
    assert record.outcomes[STEPS[name]] == "FAIL"
    assert (result["summary"]["failed"], result["failures"][0]["count"]) == (1, 1)


@pytest.mark.parametrize("count", [1, 12], ids=["one", "all the same"])
@pytest.mark.parametrize("name", OVER_ONE)
def test_one_picture_and_copies_of_it_are_no_problem(name, count, tmp_path, photographs):
    for number in range(count):
        shutil.copy(photographs / "coffee" / "0000.jpg", tmp_path / f"{number:02}.jpg")
    record, result = run(name, tmp_path)
    assert record.passed, record.story
    assert result["summary"]["images"] == count
    assert result.get("outliers", []) == []


def test_drift_needs_some_images_of_each(photographs, tmp_path):
    shutil.copytree(photographs / "coffee", tmp_path / "coffee")
    (tmp_path / "coffee" / "0000.jpg").unlink()
    record, _ = run("dataset_drift", photographs, target_items=tmp_path)
    assert "The target_dataset has 9 images that could be read: 10 are the fewest" in record.verdict["message"]


def test_impossible_numbers_of_clusters_are_refused(photographs):
    record, _ = run("image_clustering", photographs, {"k_min": 9, "k_max": 3})
    assert "k_min, 9, is above k_max, 3" in record.verdict["message"]


def test_results_can_be_kept(photographs):
    sizes = [len(json.dumps(run(name, photographs)[1]).encode()) for name in OVER_ONE]
    assert max(sizes) <= 64 * 1024
