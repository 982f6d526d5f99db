"""What steps attach: kept whole under the name of its content, within limits, or refused with a sentence."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sequences import attachments, trial
from sequences.attachments import AttachmentFolder
from sequences.interrupts import DiskFull, LimitExceeded

STEPS = """
@step(attempts=2)
def keep(self, run): {keep}
@step
def later(self, run): pass
@teardown
def off(self, run): {off}
"""


def trial_of(write_package, keep: str, off: str = "pass"):
    return trial.run(write_package(STEPS.format(keep=keep, off=off)))


def message_of(write_package, keep: str) -> str:
    return trial_of(write_package, keep).attempts[0]["message"]


@pytest.mark.parametrize(
    ("call", "name", "media_type", "content"),
    [
        ("run.attach('answer.csv', 'f,level\\n1,유\\n')", "answer.csv", "text/csv", "f,level\n1,유\n".encode()),
        ("run.attach('notes', 'warm')", "notes", "text/plain", b"warm"),
        ("run.attach('capture.dat', b'\\x00\\xff')", "capture.dat", "application/octet-stream", b"\x00\xff"),
        ("run.attach('a.bin', b'', media_type='application/x-scope')", "a.bin", "application/x-scope", b""),
        ("Path('scope.json').write_text('[1]'); run.attach('s.json', Path('scope.json'))", "s.json",
         "application/json", b"[1]"),
    ],
)  # fmt: skip
def test_file_is_kept_with_its_step(write_package, tmp_path, monkeypatch, call, name, media_type, content):
    monkeypatch.chdir(tmp_path)
    record = trial_of(write_package, call)
    (line,) = record.of_kind("attachment")
    told = {"step": 0, "attempt": 1, "name": name, "message": name, "media_type": media_type, "size": len(content)}
    assert told.items() <= line.items()
    assert (line["sha256"], line["width"], line["height"]) == (hashlib.sha256(content).hexdigest(), None, None)
    assert (record.attachments, record.verdict["outcome"]) == ({name: content}, "PASS")


def test_what_happens_to_the_original_later_changes_nothing(write_package, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keep = "\n    Path('a').write_text('1'); run.attach('a', Path('a')); Path('a').write_text('2')"
    assert trial_of(write_package, keep).attachments == {"a": b"1"}


def test_files_of_a_trial_go_with_its_record(write_package):
    record = trial_of(write_package, "run.attach('a', '1')")
    folder = record.folder
    assert folder.is_dir()
    del record
    assert not folder.exists()


def test_name_counts_once_in_each_attempt(write_package):
    record = trial_of(write_package, "run.attach('a', str(run.attempt)); run.retry('no')")
    assert [(line["attempt"], line["name"]) for line in record.of_kind("attachment")] == [(1, "a"), (2, "a")]
    assert record.attachments == {"a": b"2"}
    twice = message_of(write_package, "[run.attach('a', 'x') for _ in range(2)]")
    assert twice == "ValueError: attachment 'a' is already kept in this attempt: give each its own name"


@pytest.mark.parametrize(
    "name",
    ["''", "'x' * 101", "None", "'a/b'", r"'a\\b'", "'..'", "'.hidden'", "' a'", "'a\\n'", "'a\\u202etxt'", "b'a'"],
)
def test_name_that_is_none_of_a_file_is_refused(write_package, name):
    record = trial_of(write_package, f"run.attach({name}, 'x')")
    assert record.attempts[0]["message"].startswith("ValueError: an attachment ")
    assert record.of_kind("attachment") == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("run.attach('a', 5)", "TypeError: an attachment is bytes, a text or the Path of a file, not int"),
        ("run.attach('a', 'x', media_type='csv')", "ValueError: a media type looks like 'text/csv', not like csv"),
        ("run.attach('a', b'x' * (20 * 1024**2 + 1))", "ValueError: attachment 'a' is larger than 20 MiB: attach less"),
        ("run.attach('a', Path('/nowhere'))", "ValueError: there is no file /nowhere (in "),
        ("os.mkfifo('pipe'); run.attach('a', Path('pipe'))", "ValueError: there is no file pipe (in "),
    ],
)
def test_content_that_cannot_be_kept_is_refused(write_package, tmp_path, monkeypatch, call, message):
    monkeypatch.chdir(tmp_path)
    assert message_of(write_package, call).startswith(message)


def test_same_content_lies_there_once_and_counts_once(tmp_path: Path):
    folder = AttachmentFolder(tmp_path / "files", limit_mb=0.001)
    names = {folder.keep(b"x" * 1000) for _ in range(3)}
    assert [path.name for path in (tmp_path / "files").iterdir()] == [*names]
    with pytest.raises(LimitExceeded, match=r"^attachments: 0\.1 MiB used, 0\.001 MiB allowed$"):
        folder.keep(b"y" * 1000)


def test_disk_that_takes_nothing_leaves_nothing_half_written(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DiskFull, match=r"^Not a directory: the disk takes no more of what this run attaches$"):
        AttachmentFolder(tmp_path / "file" / "run").keep(b"x")


def test_too_much_ends_the_run_with_its_teardown_whatever_the_step_catches(write_package, monkeypatch):
    monkeypatch.setattr("sequences.executor.RUN_LIMIT_MB", 0.001)
    keep = """
    try: run.attach('a', b'x' * 2000)
    except Exception: pass"""
    record = trial_of(write_package, keep)
    assert [str(outcome) for outcome in record.outcomes.values()] == ["ERROR", "SKIPPED", "PASS"]
    (error,) = record.of_kind("error")
    assert (error["category"], error["exception"]) == ("infrastructure", "LimitExceeded")
    assert record.verdict["message"] == "attachments: 0.1 MiB used, 0.001 MiB allowed"
    assert (record.verdict["ending"], record.attachments, len(record.attempts)) == ("failed", {}, 3)


def test_too_much_in_the_teardown_does_not_end_it(write_package, monkeypatch):
    monkeypatch.setattr("sequences.executor.RUN_LIMIT_MB", 0.001)
    record = trial_of(write_package, "pass", off="run.attach('a', b'x' * 2000); run.log('switched off')")
    assert record.outcomes["off"] == "PASS"
    said = [(line["level"], line["message"]) for line in record.of_kind("log")]
    assert said == [("WARNING", "'a' is not kept: attachments: 0.1 MiB used, 0.001 MiB allowed"),
                    ("INFO", "switched off")]  # fmt: skip
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "ERROR")


def test_limits_are_those_of_the_guide():
    text = (Path(__file__).parents[2] / "docs" / "sequences.md").read_text()
    assert f"{attachments.FILE_LIMIT_MB} MiB; all files" in text
    assert f"(#attachments); {attachments.RUN_LIMIT_MB:g} |" in text
    assert f"1 to {attachments.NAME_LIMIT} characters, without folders" in text
