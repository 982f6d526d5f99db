"""What a guard answers, and that asking twice does no harm."""

from __future__ import annotations

import os
from pathlib import Path

from stations.safety import client
from tests.stations.safety.station_under_test import SLOT, StationUnderTest, kill, wait_until


def test_run_starts_once_however_often_it_is_asked_for(station: StationUnderTest):
    job = station.job(station.package("run.sleep(0.3)"))
    station.run(job)
    assert client.run(station.paths, SLOT, job)["answer"] == "running"
    station.ended(job["run"])
    assert client.run(station.paths, SLOT, job)["answer"] == "over"
    assert len(station.kinds(job["run"], "batch.started")) == 1


def test_run_in_a_busy_slot_has_to_wait(station: StationUnderTest):
    first = station.begin("sleep")
    answer = client.run(station.paths, SLOT, station.job(station.package("nothing")))
    assert (answer["answer"], answer["why"]) == ("wait", f"the slot is busy with run {first}")


def test_spool_that_nobody_knows_is_closed_as_lost(station: StationUnderTest):
    job = station.job(station.package("nothing"))
    station.paths.spool(job["run"]).write_text('{"k":"batch.started","at":1}\n')
    assert client.run(station.paths, SLOT, job)["answer"] == "over"
    assert station.ended(job["run"])["why"] == "lost"


def test_message_without_sense_is_answered(station: StationUnderTest):
    for message in ({}, {"op": "dance"}, {"op": "run"}, {"op": "run", "job": 7}, {"op": "emergency"}):
        answer = client.call(station.paths, SLOT, message)
        assert (answer["answer"], answer["safe"]) == ("unknown", True)


def test_job_that_lacks_something_is_not_begun(station: StationUnderTest):
    job = station.job(station.package("nothing"))
    station.ready_to_run()
    answer = client.run(station.paths, SLOT, {key: value for key, value in job.items() if key != "resources"})
    assert (answer["answer"], answer["run"], station.paths.spool(job["run"]).exists()) == ("unknown", None, False)
    assert station.ended(station.run(job))["why"] == "finished"


def test_lane_without_instruments_runs_at_once(make_station):
    station = make_station({"demo/lane-1": {}}).start()
    package = station.package("nothing", teardown="pass")
    (package / "sequence.py").write_text(SLOTLESS)
    (package / "manifest.yaml").write_text(f"name: {package.name}\nversion: 1.0.0\n")
    run = station.run(station.job(package), "demo/lane-1")
    assert station.ended(run)["safe"] is True
    assert station.kinds(run, "safe_state") == []


def test_nobody_answers_for_a_slot_without_a_guard(make_station):
    station = make_station({SLOT: {}})
    assert client.status(station.paths, SLOT) is None
    assert client.slots_known(station.paths) == []


def test_environment_of_a_runner_is_scrubbed_and_its_folder_removed(station: StationUnderTest):
    run = station.run(station.job(station.package("run.log(os.getcwd()); run.log(' '.join(os.environ))")))
    station.ended(run)
    folder, names = [line["message"] for line in station.kinds(run, "log")]
    assert set(names.split()) <= {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", *EXTRA}
    wait_until(lambda: not Path(folder).exists())


def test_folder_of_a_killed_runner_is_removed_with_all_that_is_in_it(station: StationUnderTest):
    run = station.begin("run.log(os.getcwd()); open('left', 'w').write('x' * 99); run.sleep(8)")
    folder = Path(station.kinds(run, "log")[0]["message"])
    assert [file.name for file in folder.iterdir()] == ["left"]
    kill(station.status()["runner"])
    station.ended(run)
    wait_until(lambda: not folder.exists())


def test_runner_inherits_nothing_but_its_streams_its_guard_and_the_lock_of_its_slot(station: StationUnderTest):
    station.ready_parked()
    guard = station.guard().pid
    parked = int(Path(f"/proc/{guard}/task/{guard}/children").read_text())
    files = [str(file.readlink()).partition(":")[0] for file in Path(f"/proc/{parked}/fd").iterdir()]
    lock = str(station.paths.slot(SLOT).lock)
    assert sorted(files) == sorted(["/dev/null", "pipe", "pipe", "socket", lock])
    assert (os.getsid(parked), os.getpgid(parked)) == (parked, parked)


def test_output_of_c_libraries_is_kept_even_when_the_runner_is_killed(station: StationUnderTest):
    run = station.begin("libc.puts(b'from C'); libc.fflush(None); os.system('echo loud >&2'); run.sleep(8)")
    client.wish(station.paths, SLOT, run, {"word": "stop", "control": "", "reason": ""})
    station.ended(run)
    logs = {(line["origin"], line["message"]) for line in station.kinds(run, "log")}
    assert logs == {("stdout", "from C"), ("stderr", "loud")}


EXTRA = {"PYTHONSAFEPATH", "TMPDIR", "LC_CTYPE"}

SLOTLESS = """
from sequences.authoring import Run, sequence, step

@sequence
class Slotless:
    @step
    def work(self, run: Run) -> None:
        run.log("done")
"""
