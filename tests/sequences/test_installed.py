"""Packages that come as wheels: found where an installer puts them, without importing anything of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sequences.catalogue import find_packages
from sequences.installed import InstalledPackage, installed_packages

SEQUENCE = """
from sequences.authoring import sequence, step

@sequence
class Burn:
    @step
    def burn(self, run): pass
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sys.path."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def package_in(folder: Path, name: str = "burn_in", title: str = "Burn") -> Path:
    place = folder / name
    place.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise SystemExit('imported')\n")
    (place / "__init__.py").write_text("raise SystemExit('imported')\n")
    (place / "manifest.yaml").write_text(f'name: {name}\nversion: "2.1"\ntitle: {title}\n')
    (place / "sequence.py").write_text(SEQUENCE)
    return place


def metadata_in(site: Path, points: str, wheel: str = "acme-tests", version: str = "1.2", **files: str) -> Path:
    place = site / f"{wheel.replace('-', '_')}-{version}.dist-info"
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {wheel}\nVersion: {version}\n")
    (place / "entry_points.txt").write_text(f"[console_scripts]\nx = x:y\n[gwanje.sequences]\n{points}\n")
    for name, text in files.items():
        (place / name.replace("_json", ".json")).write_text(text)
    return place


def ours() -> list[InstalledPackage]:
    return [package for package in installed_packages() if package.wheel.startswith("acme")]


def test_a_real_wheel_is_found_in_a_process_that_began_before_it_was_installed(tmp_path: Path):
    wheel = tmp_path / "acme_tests-1.2-py3-none-any.whl"
    place = package_in(tmp_path / "source" / "acme_tests")
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in [place.parent / "__init__.py", *sorted(place.iterdir())]:
            archive.write(file, file.relative_to(tmp_path / "source"))
        info = "acme_tests-1.2.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: acme-tests\nVersion: 1.2\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", "[gwanje.sequences]\nburn_in = acme_tests.burn_in\n")
        archive.writestr(f"{info}/RECORD", "")
    site = tmp_path / "site"
    site.mkdir()
    os.utime(site, (1_700_000_000, 1_700_000_000))
    code = (
        "import subprocess, sys; sys.path.insert(0, sys.argv[1])\n"
        "from sequences.catalogue import find_packages\n"
        "from sequences.installed import installed_packages\n"
        "assert not find_packages([], installed_packages())\n"
        "subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', '--no-index', '--no-deps', '--no-compile',\n"
        "                '--disable-pip-version-check', '--target', *sys.argv[1:]], check=True)\n"
        "found = find_packages([], installed_packages())['burn_in']\n"
        "print(found.wheel, found.version, found.path, found.problems, 'acme_tests' in sys.modules, sep='|')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(site), str(wheel)], capture_output=True, text=True)
    assert done.stdout == f"acme-tests 1.2|2.1|{site / 'acme_tests' / 'burn_in'}|[]|False\n", done.stderr


def test_what_is_installed_and_removed_meanwhile_is_seen(site: Path):
    assert ours() == []
    package_in(site / "acme_tests")
    info = metadata_in(site, "burn_in = acme_tests.burn_in")
    assert [(found.name, found.wheel, found.problem) for found in ours()] == [("burn_in", "acme-tests 1.2", "")]
    for file in info.iterdir():
        file.unlink()
    info.rmdir()
    assert ours() == []


def test_editable_install_is_found_by_its_origin(site: Path, tmp_path: Path):
    place = package_in(tmp_path / "work here" / "src" / "acme_tests")
    url = (tmp_path / "work here").as_uri()
    metadata_in(
        site,
        "burn_in = acme_tests.burn_in",
        direct_url_json=json.dumps({"url": url, "dir_info": {"editable": True}}),
    )
    assert [(found.path, found.problem) for found in ours()] == [(place, "")]


def test_editable_install_is_found_by_its_pth_file(site: Path, tmp_path: Path):
    place = package_in(tmp_path / "work" / "acme_tests")
    (site / "__editable__.acme.pth").write_text(f"import sys\n{tmp_path / 'work'}\n")
    metadata_in(site, "burn_in = acme_tests.burn_in", RECORD="__editable__.acme.pth,,\n")
    assert [(found.path, found.problem) for found in ours()] == [(place, "")]


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ("lost = acme_tests.lost", "acme-tests 1.2 promises the package acme_tests.lost (entry point 'lost'), but no "),
        ("lost = ../../etc", "entry point 'lost' of acme-tests 1.2 must name a package, as in acme.sequences.burn_in"),
        ("lost = acme_tests.lost:Class", "entry point 'lost' of acme-tests 1.2 must name a package"),
    ],
)
def test_promise_that_is_not_kept_is_an_entry_with_a_problem(site: Path, points: str, said: str):
    metadata_in(site, points)
    (found,) = find_packages([], ours()).values()
    assert (found.name, found.version, found.sha256) == ("lost", "1.2", "")
    (problem,) = found.problems
    assert (problem.code, problem.message.startswith(said)) == ("E109", True)


@pytest.mark.parametrize("content", [b"[gwanje.sequences]\nno value here\n", b"\xff\xfe[gwanje.sequences]\n", b"["])
def test_metadata_that_cannot_be_read_crashes_nothing(site: Path, content: bytes):
    info = metadata_in(site, "x = y")
    (info / "entry_points.txt").write_bytes(content)
    package_in(site / "other_tests")
    metadata_in(site, "burn_in = other_tests.burn_in", wheel="acme-other")
    assert "burn_in" in find_packages([], ours())


def test_of_two_wheels_with_one_name_the_first_on_the_path_counts(site: Path, tmp_path: Path, monkeypatch):
    second = tmp_path / "second"
    package_in(site / "acme_tests", title="First")
    package_in(second / "acme_tests", title="Second")
    metadata_in(site, "burn_in = acme_tests.burn_in")
    metadata_in(second, "burn_in = acme_tests.burn_in", version="9.0")
    monkeypatch.setattr(sys, "path", [*sys.path, str(second)])
    assert [found.wheel for found in ours()] == ["acme-tests 1.2"]


def test_folder_wins_over_wheel_and_says_so(site: Path, tmp_path: Path):
    folder = package_in(tmp_path / "packages", title="Mine")
    wheel = package_in(site / "acme_tests")
    metadata_in(site, "burn_in = acme_tests.burn_in")
    (found,) = find_packages([tmp_path / "packages"], ours()).values()
    assert (found.title, found.wheel, found.hides) == ("Mine", "", (wheel,))
    (warning,) = found.warnings
    assert (warning.code, warning.message) == (
        "W309",
        f"the package of this name in {folder} is used, and not that in {wheel}",
    )


def test_folder_that_is_named_twice_hides_nothing(tmp_path: Path):
    package_in(tmp_path / "packages")
    (found,) = find_packages([tmp_path / "packages", tmp_path / "packages"]).values()
    assert (found.warnings, found.hides) == ([], ())


@pytest.mark.parametrize("name", ["burn_in", "lost", "..", ".", "", "a/b", "x" * 300, "a\0b", "*"])
def test_one_of_the_catalogue_is_the_same_as_in_all_of_it(tmp_path: Path, name: str):
    package_in(tmp_path / "packages")
    (tmp_path / "manifest.yaml").write_text("name: x\n")
    folders = [tmp_path / "packages"]
    assert find_packages(folders, only=name).get(name) == find_packages(folders).get(name)
