"""`manage.py try_sequence`: what a person and a script get of it, without any database."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.control.management.trying.desk import DEADLOCK, SUPPLY, Desk
from tests.installations import wait_until
from tests.terminals import CTRL_C

pytestmark = pytest.mark.any_database

FAST = ["-p", "boot_time=0.4", "-p", "settle_time=0", "-p", "burn_in_time=0.1", "-p", "sweep_points=3"]
MEASURES = "@step\ndef measure(self, run):\n    run.measure('current', {}, 'mA', maximum=20)\n"


def test_board_test_passes_on_simulated_instruments(desk: Desk):
    done = desk.attempt("board_test", "--simulate", "--subject", "SN-7", *FAST)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Board test  board_test 1.0  on simulated instruments (demo/slot-1)"
    table = lines[lines.index("") + 1 : lines.index("", lines.index("") + 1)]
    assert [line.split()[:2] for line in table if not line.startswith(" ")][:2] == [["power_on", "✓"], ["boot", "✓"]]
    assert next(line.split()[1:3] for line in table if line.startswith("  voltage_when_off")) == ["✓", "PASS"]
    assert lines[-1].startswith("PASS  10 steps, ")
    assert "\x1b" not in done.stdout


def test_json_holds_steps_measurements_and_the_safe_state(desk: Desk):
    done = desk.attempt(
        desk.hardware("run.measure('mode', run.instruments.supply.read('mode'))"), "--simulate", "--json"
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["outcome"], told["exit_code"], told["simulated"]) == (0, "PASS", 0, True)
    assert [(step["name"], step["outcome"]) for step in told["steps"]] == [
        ("switch_on", "PASS"),
        ("work", "PASS"),
        ("switch_off", "PASS"),
    ]
    assert [(each["name"], each["value"]) for each in told["steps"][1]["measurements"]] == [("mode", "CV")]
    assert [line["message"] for line in told["logs"]] == ["working"]
    assert told["safe_state"]["confirmed"] is True


@pytest.mark.parametrize(
    ("steps", "code", "last"),
    [
        (MEASURES.format(12), 0, "PASS  1 step, 1 measurement,"),
        (MEASURES.format(25), 1, "Step 'measure' failed: current: 25 mA is above the maximum 20 mA"),
        ("@step\ndef a(self, run): 1 / 0", 3, "Step 'a' ended with an error: ZeroDivisionError: division by zero"),
        ("@step(timeout_s=0.2)\ndef a(self, run): run.sleep(9)", 3, "it took longer than its 0.2 s"),
        ("@step\ndef a(self, run): os._exit(9)", 6, "The runner died by itself: exit code 9."),
        (f"@step(timeout_s=0.2)\ndef a(self, run): {DEADLOCK}", 3, "did not move on at its deadline and was killed."),
    ],
)
def test_exit_code_tells_what_came_of_it(desk: Desk, steps: str, code: int, last: str):
    done = desk.attempt(desk.package(steps, "deadline_grace_s: 0.3"))
    assert done.returncode == code, done.stdout + done.stderr
    assert last in "\n".join(done.stdout.splitlines()[-3:])


def test_step_that_was_cut_short_is_no_less_a_step(desk: Desk):
    package = desk.package("@step\ndef a(self, run):\n    run.measure('x', 1)\n    os._exit(9)")
    done = desk.attempt(package)
    *_, step, measurement, _, sums, _, _ = done.stdout.splitlines()
    assert (step.split()[:3], measurement.split()) == (["a", "!", "ERROR"], ["x", "1"])
    assert sums.startswith("ERROR  1 step, 1 measurement,")
    (told,) = json.loads(desk.attempt(package, "--json").stdout)["steps"]
    assert (told["name"], told["outcome"], told["message"]) == ("a", "ERROR", "The runner died by itself: exit code 9.")
    assert [each["name"] for each in told["measurements"]] == ["x"]


def test_table_repeats_measurements_with_limits(desk: Desk):
    done = desk.attempt(desk.package(MEASURES.format(12.5)))
    assert [line.split() for line in done.stdout.splitlines()[-4:-2]][1] == [
        *("current", "✓", "PASS", "12.5", "mA", "≤", "20", "mA"),
    ]


def test_table_of_a_long_loop_keeps_what_did_not_pass(desk: Desk):
    measure = "run.measure('n', run.index, maximum=run.index - (run.index == 7))"
    steps = f"@step(repeat=500)\ndef count(self, run):\n    {measure}"
    done = desk.attempt(desk.package(steps))
    table = done.stdout.split("\n\n")[1].splitlines()
    assert (done.returncode, table[0]) == (1, "… 439 more")
    assert table[2].split()[:4] == ["n", "✗", "FAIL", "7"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["samplle"], "There is no sequence 'samplle'. Did you mean 'sample'?"),
        (["sample", "-p", "curent=1"], "There is no parameter 'curent'. Did you mean 'current'?"),
        (["sample", "-p", "current=90"], "Parameter 'current' must be a number from 0 to 3 A, it is 90."),
        (["sample", "-p", "current"], "'current' is no parameter: write name=value."),
        (["./nowhere"], "There is no manifest.yaml in nowhere. Name the folder of a sequence package."),
        (["packages/broken"], "E202 syntax error"),
        (["sample"], "Instruments of demo/slot-1 are simulated. Say --simulate."),
        (["sample", "--simulate", "--slot", "slot-9"], "There is no slot 'slot-9'. Known: demo/slot-1, demo/slot-2."),
        (["strange", "--simulate"], "No simulated slot has an instrument for each of laser."),
        (["strange", "--slot", "slot-2"], "demo/slot-2 has no laser. Add it to a slot in the station file."),
    ],
)
def test_refusal_says_what_to_do(desk: Desk, arguments: list[str], sentence: str):
    desk.package(
        "@step\ndef a(self, run): pass",
        f"{SUPPLY}\nparameters: {{current: {{type: number, default: 1, unit: A, minimum: 0, maximum: 3}}}}",
    )
    desk.package("@step\ndef a(self, run) pass", name="broken")
    desk.package("@step\ndef a(self, run): pass", "instruments: {laser: cuts}", name="strange")
    done = desk.attempt(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_refusal_of_an_option_that_is_none(desk: Desk):
    assert desk.attempt("board_test", "--simulated").returncode == 2


def test_package_that_lies_anywhere_is_named_by_its_folder(desk: Desk):
    desk.package("@step\ndef a(self, run): print('printed', run.subject)")
    (desk.packages / "sample").rename(desk.folder / "sample")
    done = desk.attempt("./sample", "--subject", "SN-1")
    assert (done.returncode, "    printed SN-1" in done.stdout.splitlines()) == (0, True)
    named = desk.attempt("sample")
    assert (named.returncode, "To try the one that is here: ./sample" in named.stderr) == (2, True)


def test_terminal_shows_colours_and_the_running_step(desk: Desk):
    with desk.terminal(desk.hardware("run.sleep(0.5)"), "--simulate") as terminal:
        assert terminal.end() == 0
        assert "\x1b[32m" in terminal.shown
        assert "safe state confirmed: board-1, load-1, supply-1" in terminal.text


def test_narrow_terminal_shows_everything_within_its_width(desk: Desk):
    name = desk.package(MEASURES.format(25).replace("current", "current_of_the_whole_board"))
    with desk.terminal(name, columns=40) as terminal:
        assert terminal.end() == 1
        last = terminal.text.split("\n\n")[-2:]
    assert max(len(line) for part in last for line in part.splitlines()) <= 40
    assert "25 mA" in last[0]


def test_ctrl_c_stops_with_teardown(desk: Desk):
    with desk.terminal(desk.hardware("run.sleep(60)"), "--simulate") as terminal:
        terminal.wait_for("working")
        terminal.press(CTRL_C)
        assert terminal.end() == 4
        assert "Stopping with teardown" in terminal.text
        assert "✓ switch_off" in terminal.text
        assert "STOPPED" in terminal.text
    wait_until(lambda: not desk.installation.processes(), 10)


def test_second_ctrl_c_kills_what_does_not_yield_and_makes_safe(desk: Desk):
    with desk.terminal(desk.hardware(DEADLOCK, manifest=f"{SUPPLY}\nstop_grace_s: 60"), "--simulate") as terminal:
        terminal.wait_for("working")
        terminal.press(CTRL_C)
        terminal.wait_for("Stopping")
        terminal.press(CTRL_C)
        assert terminal.end() == 5
        assert "safe state confirmed" in terminal.text
        assert "Killed by a second Ctrl-C." in terminal.text


def test_sigterm_stops_as_ctrl_c_does(desk: Desk):
    process = desk.start(desk.hardware("run.sleep(60)"), "--simulate", "--json")
    folder = desk.installation
    wait_until(lambda: len(folder.processes()) >= 5, 30, "bench, guard and two runners")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 4
    assert json.loads(folder.output(process))["state"] == "STOPPED"


def test_kill_leaves_nobody_behind(desk: Desk, tmp_path):
    desk.installation.environment["TMPDIR"] = str(tmp_path)
    process = desk.start(desk.hardware("run.sleep(60)"), "--simulate")
    wait_until(lambda: "working" in desk.installation.output(process) or list(tmp_path.glob("gwanje-bench-*")))
    wait_until(lambda: len(desk.installation.processes()) >= 5, 30, "bench, guard and two runners")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not desk.installation.processes(), 15, "the end of bench and guard")
    assert list(tmp_path.glob("gwanje-bench-*")) == []


ASKS = """
@step
def label(self, run): run.measure("label", run.ask_choice("Which label?", ["intact", "worn"]))

@step
def length(self, run): run.measure("length", run.ask_number("How long?", "mm", 10, 200))

@step
def clean(self, run): run.measure("clean", run.confirm("Is it clean?"))
"""


def test_prompts_are_answered_at_the_terminal(desk: Desk):
    with desk.terminal(desk.package(ASKS)) as terminal:
        terminal.wait_for("Answer with 1 intact, 2 worn and Enter:")
        terminal.press("3\n")
        terminal.wait_for("That is not 1 intact, 2 worn. Once more:")
        terminal.press("2\n")
        terminal.wait_for("Answer with a number from 10 to 200 mm and Enter:")
        terminal.press("80.1\n")
        terminal.wait_for("Answer with yes or no and Enter:")
        terminal.press("n\n")
        assert terminal.process.wait(timeout=30) == 0, terminal.text


def test_prompts_are_answered_by_options(desk: Desk):
    done = desk.attempt(desk.package(ASKS), "--json", "--answer", "worn", "--answer", "80.1", "--answer", "no")
    measured = [step["measurements"][0]["value"] for step in json.loads(done.stdout)["steps"]]
    assert (done.returncode, measured) == (0, ["worn", 80.1, False])


def test_json_names_what_was_attached(desk: Desk):
    done = desk.attempt(desk.package('@step\ndef a(self, run): run.attach("a.csv", "1,2")'), "--json")
    (told,) = json.loads(done.stdout)["attachments"]
    assert (told["step"], told["name"], told["media_type"], told["size"]) == (0, "a.csv", "text/csv", 3)


def test_choices_that_are_numbers_are_answered_by_themselves(desk: Desk):
    asks = '@step\ndef count(self, run): run.measure("count", run.ask_choice("How many?", ["0", "1", "2"]))'
    done = desk.attempt(desk.package(asks), "--json", "--answer", "1")
    assert json.loads(done.stdout)["steps"][0]["measurements"][0]["value"] == "1"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([], "'Which label?' was not answered, nobody can be asked here: give its answer with --answer."),
        (["--answer", "torn"], "'Which label?' was not answered, 'torn' is not 1 intact, 2 worn."),
    ],
)
def test_prompt_that_nobody_can_answer_ends_the_trial(desk: Desk, answer: list[str], why: str):
    done = desk.attempt(desk.package(ASKS), *answer)
    assert done.returncode == 4
    assert why in " ".join(done.stdout.split())
