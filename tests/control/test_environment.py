"""Readers of environment variables: what they take, what they answer by default, and how they refuse."""

from __future__ import annotations

import os
import stat
import zoneinfo
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from control import environment
from control.environment import WrongSetting

NAME = "GWANJE_TRIAL"


def test_text_of_an_empty_variable_is_the_default(monkeypatch):
    monkeypatch.setenv(NAME, "  ")
    assert environment.text(NAME, "default") == "default"


def test_whole_number_is_read(monkeypatch):
    monkeypatch.setenv(NAME, "-3")
    assert environment.whole_number(NAME, 2) == -3


def test_whole_number_that_is_not_set_is_the_default():
    assert (environment.whole_number(NAME, None), environment.whole_number(NAME, 2)) == (None, 2)


@pytest.mark.parametrize(("value", "expected"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("0", False)])
def test_yes_no_takes_the_usual_words(monkeypatch, value, expected):
    monkeypatch.setenv(NAME, value)
    assert environment.yes_no(NAME, not expected) is expected


@pytest.mark.parametrize(
    ("value", "seconds"), [("500ms", 0.5), ("20", 20.0), ("1.5 m", 90.0), ("12h", 43200.0), ("30d", 2592000.0)]
)
def test_duration_takes_units(monkeypatch, value, seconds):
    monkeypatch.setenv(NAME, value)
    assert environment.duration(NAME, 1.0) == seconds


def test_dotted_paths_are_classes_and_packages(monkeypatch):
    monkeypatch.setenv(NAME, "pymeasure.instruments.*, my_lab.lamps.Lamp my_lab.*")
    assert environment.dotted_paths(NAME) == ["pymeasure.instruments.*", "my_lab.lamps.Lamp", "my_lab.*"]


@pytest.mark.parametrize("value", ["Lamp", "*", "my lab", "my-lab.Lamp", "a..B", ".*"])
def test_what_is_no_dotted_path_is_refused(monkeypatch, value):
    monkeypatch.setenv(NAME, value)
    with pytest.raises(WrongSetting, match=r"GWANJE_TRIAL is .*, but it takes dotted paths like package.module.Class"):
        environment.dotted_paths(NAME)


def test_duration_default_is_in_seconds():
    assert environment.duration(NAME, 2.5) == 2.5


@pytest.mark.parametrize(
    ("read", "value", "sentence"),
    [
        (lambda: environment.whole_number(NAME, 1), "two", "GWANJE_TRIAL is 'two', but it takes a whole number."),
        (lambda: environment.yes_no(NAME, True), "maybe", "GWANJE_TRIAL is 'maybe', but it takes yes or no."),
        (lambda: environment.choice(NAME, "A", ("A", "B")), "c", "GWANJE_TRIAL is 'c', but it takes one of A, B."),
        (
            lambda: environment.duration(NAME, 1.0),
            "soon",
            "GWANJE_TRIAL is 'soon', but it takes a time such as 500ms, 20s, 5m, 12h or 30d.",
        ),
        (
            lambda: environment.time_zone(NAME),
            "Mars/Base",
            "GWANJE_TRIAL is 'Mars/Base', but it takes the name of a time zone such as Asia/Seoul.",
        ),
    ],
)
def test_wrong_value_is_refused_in_one_sentence(monkeypatch, read, value, sentence):
    monkeypatch.setenv(NAME, value)
    with pytest.raises(WrongSetting) as refused:
        read()
    assert str(refused.value) == sentence


def test_path_counts_from_the_given_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(NAME, "some/file")
    assert environment.path(NAME, "data", below=tmp_path) == tmp_path / "some" / "file"


def test_paths_are_separated_like_those_of_path(monkeypatch, tmp_path):
    monkeypatch.setenv(NAME, f"/srv/one{os.pathsep}{os.pathsep}two")
    assert environment.paths(NAME, below=tmp_path) == [Path("/srv/one"), tmp_path / "two"]


def test_secret_is_read_from_its_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("hidden\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert environment.secret(NAME) == "hidden"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_secret_names_the_variable_of_a_useless_file(monkeypatch, tmp_path, content):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    with pytest.raises(WrongSetting, match=f"^{NAME}_FILE is "):
        environment.secret(NAME)


def test_time_zone_of_the_host_exists():
    assert environment.host_time_zone() in zoneinfo.available_timezones()


def test_kept_secret_is_private_and_stays(tmp_path):
    first = environment.kept_secret(tmp_path / "new" / "secret-key")
    assert environment.kept_secret(tmp_path / "new" / "secret-key") == first
    assert stat.S_IMODE((tmp_path / "new" / "secret-key").stat().st_mode) == 0o600


def test_kept_secret_made_by_many_at_once_is_one(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(environment.kept_secret, [tmp_path / "secret-key"] * 200))
    assert (len(secrets), list(tmp_path.iterdir())) == (1, [tmp_path / "secret-key"])


def test_kept_secret_names_the_data_dir_that_cannot_be_written():
    with pytest.raises(WrongSetting, match=r"^GWANJE_DATA_DIR is '/proc/nowhere', but it takes a folder that"):
        environment.kept_secret(Path("/proc/nowhere/secret-key"))
