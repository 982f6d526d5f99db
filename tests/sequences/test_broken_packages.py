"""Packages that are deliberately broken: each gives all its problems, with their lines, and none does any harm."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from sequences.catalogue import find_packages, read_package
from sequences.hints import HINTS
from sequences.package_files import COUNT_LIMIT, SIZE_LIMIT
from sequences.validator import validate
from tests.sequences.broken_packages import BROKEN, EXPECTED, copy_broken

GOOD = "@step\ndef a(self, run): pass\n"


def found(package: Path) -> list[str]:
    """ "file:line: CODE" of every problem, with the file's path below the package."""
    return [
        f"{os.path.relpath(problem.file, package)}:{problem.line}: {problem.code}" for problem in validate(package)[1]
    ]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return copy_broken(tmp_path / "broken")


def test_there_are_fifteen():
    assert sorted(path.name for path in BROKEN.iterdir()) == sorted(EXPECTED)
    assert len(EXPECTED) == 15


@pytest.mark.parametrize("name", EXPECTED)
def test_broken_package_gives_all_its_problems(broken, name):
    assert found(broken / name) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_problem_says_what_to_do(broken, name):
    problems = validate(broken / name)[1]
    assert [problem.hint for problem in problems] == [HINTS[problem.code].text for problem in problems]


def test_the_rest_of_the_catalogue_works(broken, write_package, tmp_path):
    write_package(GOOD, name="good/fine")
    manifest = tmp_path / "good/fine/manifest.yaml"
    manifest.write_text(manifest.read_text().replace("good/fine", "fine"))
    packages = find_packages([broken, tmp_path / "good"])
    assert {name: bool(package.problems) for name, package in packages.items()} == {
        **dict.fromkeys(sorted(EXPECTED), True),
        "fine": False,
    }
    assert len(packages["fine"].sha256) == 64


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_files_without_permission_are_named(write_package):
    package = write_package(GOOD, "")
    (package / "decode.py").write_text("")
    (package / "table.csv").write_text("")
    for name in ("decode.py", "manifest.yaml", "sequence.py", "table.csv"):
        (package / name).chmod(0)
    assert found(package) == [
        "decode.py:1: E141",
        "manifest.yaml:1: E101",
        "sequence.py:1: E201",
        "table.csv:1: E141",
    ]


def test_a_right_that_is_granted_is_seen(write_package):
    package = write_package(GOOD)
    (package / "sequence.py").rename(package / "kept.py")
    (package / "sequence.py").mkdir()
    for path in package.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert [problem.code for problem in read_package(package).problems] == ["E201"]
    (package / "sequence.py").rmdir()
    (package / "kept.py").rename(package / "sequence.py")
    assert read_package(package).problems == []


def make_folder(path: Path) -> None:
    path.mkdir()


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


def make_dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


ODD = {
    "is a folder and no file": make_folder,
    "is a pipe and no file": os.mkfifo,
    "is a socket and no file": make_socket,
    "is a device and no file": make_device,
    "is a link that leads nowhere": make_dangling,
    "cannot be read: Too many levels of symbolic links": make_loop,
}


@pytest.mark.parametrize("message", ODD)
@pytest.mark.parametrize(("name", "code"), [("manifest.yaml", "E101"), ("sequence.py", "E201")])
def test_what_stands_in_the_place_of_a_file_is_named_and_never_waited_for(write_package, message, name, code):
    package = write_package(GOOD)
    (package / name).unlink()
    ODD[message](package / name)
    problems = [problem for problem in read_package(package).problems if problem.file.name == name]
    assert [(problem.code, problem.message) for problem in problems] == [(code, message)]
    assert find_packages([package.parent])["sample"].problems != []


def test_what_lies_beside_and_is_no_file_is_a_warning(write_package, tmp_path):
    package = write_package(GOOD)
    (tmp_path / "elsewhere").mkdir()
    (package / "data").symlink_to(tmp_path / "elsewhere")
    (package / "self").symlink_to(package)
    (package / "old").symlink_to("nowhere")
    (package / ".#sequence.py").symlink_to("somebody@host")  # an editor's lock
    os.mkfifo(package / "pipe")
    found = read_package(package)
    assert (found.problems, [(warning.code, warning.file.name) for warning in found.warnings]) == (
        [],
        [("W302", "data"), ("W302", "old"), ("W302", "pipe"), ("W302", "self")],
    )


def test_package_with_too_many_files_is_refused(write_package):
    package = write_package(GOOD)
    (package / "points").mkdir()
    for number in range(COUNT_LIMIT):
        (package / "points" / f"{number}.csv").touch()
    (problem,) = read_package(package).problems
    assert (problem.file, problem.code, problem.message) == (package, "E142", "the package has more than 2,000 files")


def test_package_that_is_too_large_is_refused(write_package):
    package = write_package(GOOD)
    with (package / "image.bin").open("wb") as file:
        file.truncate(SIZE_LIMIT)
    (problem,) = read_package(package).problems
    assert (problem.code, problem.message) == ("E142", "the package has 64 MiB, at most 64 MiB are allowed")


@pytest.mark.parametrize(("name", "code"), [("sequence.py", "E201"), ("tables.py", "E141")])
def test_module_that_is_too_large_is_refused(write_package, name, code):
    package = write_package(GOOD)
    (package / name).write_text("# " + "x" * 1024 * 1024)
    (problem,) = read_package(package).problems
    assert (problem.code, problem.message) == (code, "is larger than 1024 KiB")


def test_what_tools_leave_is_no_part_of_a_package(write_package):
    package = write_package(GOOD)
    before = read_package(package)
    for name in (".git", ".pytest_cache", "__pycache__", ".venv"):
        (package / name).mkdir()
        (package / name / "left.py").write_text("(")
    assert (read_package(package).sha256, read_package(package).problems) == (before.sha256, [])


def test_names_and_contents_that_are_no_text(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    (folder / "manifest.yaml").write_bytes(b"name: cafe\nversion: '1'\ntitle: caf\xe9\n")
    (folder / "sequence.py").write_bytes(b"# caf\xe9\n")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.csv")).touch()
    (package,) = find_packages([tmp_path]).values()
    assert package.name == "caf\\udce9"
    assert [(problem.file.name, problem.line, problem.code) for problem in package.problems] == [
        ("manifest.yaml", 3, "E102"),
        ("sequence.py", 1, "E202"),
    ]
    assert all(str(problem).isprintable() and str(problem).encode() for problem in package.problems)


def test_good_package_may_have_a_file_whose_name_is_no_text(write_package):
    package = write_package(GOOD)
    Path(os.fsdecode(os.fsencode(package) + b"/\xff.csv")).touch()
    assert (read_package(package).problems, len(read_package(package).sha256)) == ([], 64)


def test_folder_without_manifest_is_no_package(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "sequence.py").write_text("")
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    assert find_packages([tmp_path, tmp_path / "file", tmp_path / "loop", tmp_path / "missing"]) == {}
