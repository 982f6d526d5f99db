"""Log lines of a real process: JSON, one per line, in the file or on standard error."""

from __future__ import annotations

import json

SPEAK = """
import logging
log = logging.getLogger("control.trial")
log.debug("quiet")
log.warning("slot %s is %s", 1, "서울", extra={"batch": "b1", "slot": "demo/slot-1"})
try: 1 / 0
except ZeroDivisionError: log.exception("broken\\nin two")
"""


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_log_line_tells_batch_and_slot(manage):
    said = lines(manage("shell", "--no-imports", "-c", SPEAK).stderr)[0]
    assert said.pop("time").endswith("+00:00")
    assert said == {
        "level": "WARNING",
        "logger": "control.trial",
        "message": "slot 1 is 서울",
        "batch": "b1",
        "slot": "demo/slot-1",
    }


def test_log_of_an_exception_is_one_line_with_its_traceback(manage):
    said = lines(manage("shell", "--no-imports", "-c", SPEAK).stderr)[1]
    assert (said["message"], said["traceback"].splitlines()[-1]) == (
        "broken\nin two",
        "ZeroDivisionError: division by zero",
    )


def test_log_level_lets_more_through(manage):
    done = manage("shell", "--no-imports", "-c", SPEAK, GWANJE_LOG_LEVEL="debug")
    assert next(line["message"] for line in lines(done.stderr) if line["logger"] == "control.trial") == "quiet"


def test_log_file_takes_everything_and_is_appended_to(manage, tmp_path):
    file = tmp_path / "log.jsonl"
    for _ in range(2):
        assert manage("shell", "--no-imports", "-c", SPEAK, GWANJE_LOG_FILE=str(file)).stderr == ""
    assert len(lines(file.read_text())) == 4
