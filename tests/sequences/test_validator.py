"""Every problem of a package, with its file, line and code, and without importing it."""

from __future__ import annotations

import gc
import re
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from sequences.hints import HINTS
from sequences.validator import validate

ROOT = Path(__file__).parents[2]
FIRST_LINE = 7  # of the steps that `write_package` writes

GOOD = "@step\ndef a(self, run): pass\n"


def found(package: Path) -> list[str]:
    """ "file:line: CODE message" with the file's name alone."""
    return [str(problem).removeprefix(f"{package}/") for problem in validate(package)[1]]


def test_good_package_has_no_problems(write_package):
    manifest, problems = validate(write_package(GOOD, "title: Sample\ntimeout_s: 5"))
    assert problems == []
    assert (manifest.name, manifest.title, manifest.timeout_s) == ("sample", "Sample", 5)


def test_every_problem_is_reported_at_once(write_package):
    steps = """
    @step(timeout_s=-1)
    def a(self, run): run.instruments.psu.set("voltage", 1)
    @step
    def a(self, run): run.measure("x", 1, minimum=5, maximum=1)
    """
    package = write_package(steps, "parameters: {volts: {type: number, unit: Volt}}\ncolour: red")
    assert [line.split(" ")[:2] for line in found(package)] == [
        ["manifest.yaml:3:", "E121"],
        ["manifest.yaml:4:", "E104"],
        ["sequence.py:8:", "E208"],
        ["sequence.py:11:", "E205"],
        ["sequence.py:11:", "E214"],
    ]


MANIFESTS = [
    ("x: [", "E102", "is not valid YAML: "),
    ("parameters: &p {}\nlimits: *p", "E102", "cannot be used: aliases (*name) are not allowed"),
    ("when: 2024-13-45", "E102", "is not valid YAML: "),
    ("title: a\ntitle: b", "E103", "key 'title' stands here twice"),
    ("title: !!python/none x", "E102", "cannot be used: tags (!name) are not allowed"),
    ("title: !x y", "E102", "cannot be used: tags (!name) are not allowed"),
    ('title: "a\\0b"', "E102", "cannot be used: it holds a character that cannot be kept: U+0000"),
    ("title: " + "[" * 30 + "]" * 30, "E102", "cannot be used: it is nested too deeply"),
    ("colour: red", "E104", "unknown key 'colour' (known: name, version,"),
    ("titel: a", "E104", "unknown key 'titel' (did you mean 'title'?)"),
    ("$ref: other.yaml", "E106", "key '$ref': nothing is read from elsewhere"),
    ("limits: {$include: limits.yaml}", "E106", "key '$include': nothing is read from elsewhere"),
    ("parameters: {on: {type: boolean}}", "E106", "key 'on' is read as a boolean, a key must be a text"),
    ("limits: {5: {minimum: 1}}", "E106", "key '5' is read as a number, a key must be a text"),
    ("<<: {title: a}", "E106", "key '<<' is read as a merge of mappings, a key must be a text"),
    ("parameters: {class: {type: number}}", "E121", "'class' must be usable as run.….class: letters, digits and _"),
    ("parameters: {n: {type: number, default: x}}", "E121", "default: Parameter 'n' must be a number, it is 'x'."),
    ("limits: {x: {unit: MA, minimum: 1}}", "E123", "limits of 'x': unknown unit 'MA' (did you mean 'mA'?)"),
    ("limits: {x: {equals: .nan}}", "E123", "limits of 'x': equals must be a number, a text or a boolean, it is nan"),
    ("limits: {x: {pattern: (a+)+}}", "E123", "limits of 'x': pattern '(a+)+' could take for ever"),
    (f"timeout_s: 0x{'f' * 5000}", "E131", "must be a positive number of seconds, it is a number of thousands"),
    ("title: 3", "E113", "must be a text, it is 3"),
    ("parameters: 3", "E121", "must be a mapping, it is 3"),
    ("parameters: {a-b: {type: number}}", "E121", "'a-b' must be usable as run.….a-b: letters, digits and _"),
    ("instruments: {psu: {x: 1}}", "E122", "instrument 'psu' must say in words what it is for, it says {'x': 1}"),
    ("limits: {x: 3}", "E123", "limits of 'x' must be a mapping, for example"),
    ("limits: {x: {minimum: 2, maximum: 1}}", "E123", "limits of 'x': minimum 2 is above maximum 1"),
    ("limits: {x: {unit: Volt, minimum: 2}}", "E123", "limits of 'x': unknown unit 'Volt'"),
    ("timeout_s: 0", "E131", "must be a positive number of seconds, it is 0"),
    ("stop_grace_s: soon", "E131", "must be a positive number of seconds, it is 'soon'"),
    ("retry: {attempts: 0}", "E132", "attempts must be a whole number of at least 1, it is 0"),
    ("retry: {delay_s: -1}", "E132", "delay_s must be a number of seconds, it is -1"),
    ("retry: {tries: 2}", "E132", "unknown key 'tries' (known: attempts, delay_s)"),
    ("stop_on_fail: 1", "E133", "must be true or false, it is 1"),
    ("resumable: yes please", "E133", "must be true or false, it is 'yes please'"),
    ("term_grace_s: 0", "E131", "must be a positive number of seconds, it is 0"),
    ("deadline_grace_s: -1", "E131", "must be a positive number of seconds, it is -1"),
    ("restartable: true", "E134", "must be how many automatic restarts are allowed, a whole number from 0 to 100, it"),
    ("restartable: -1", "E134", "must be how many automatic restarts are allowed, a whole number from 0 to 100, it"),
    (
        "restartable: 101",
        "E134",
        "must be how many automatic restarts are allowed, a whole number from 0 to 100, it is",
    ),
    (f"stop_grace_s: 1{'0' * 400}", "E131", "must be a positive number of seconds, it is 1000"),
    ("resources: 5", "E135", "must be a mapping, it is 5"),
    (
        "resources: {memory: 5}",
        "E135",
        "unknown key 'memory' (known: memory_mb, cpu_s, wall_s, files, output_mb, spool_mb, attachments_mb)",
    ),
    ("resources: {wall_s: 0}", "E135", "wall_s must be a positive number, it is 0"),
    ("resources: {memory_mb: true}", "E135", "memory_mb must be a positive number, it is True"),
    ("resources: {files: 15}", "E135", "files must be a whole number of at least 16, it is 15"),
    ("resources: {files: 20.5}", "E135", "files must be a whole number of at least 16, it is 20.5"),
]


@pytest.mark.parametrize(("manifest", "code", "message"), MANIFESTS)
def test_manifest_problem_is_named(write_package, manifest, code, message):
    (problem,) = found(write_package(GOOD, manifest))
    place, found_code, text = problem.split(" ", 2)
    assert (place.split(":")[0], found_code) == ("manifest.yaml", code)
    assert int(place.split(":")[1]) >= 1
    assert text.startswith(message)


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "E102", 1),
        (b"\xff\xfe\xff", "E102", 1),
        (b"[" * 100_000, "E102", 1),
        (b"- " * 100_000, "E102", 1),
        (b"- [}", "E102", 1),
        (b"# " + b"x" * 300_000, "E101", 1),
        (b"name: sample", "E105", 1),
        (b"name: Sample\nversion: 1", "E111", 1),
        (b"name: other\nversion: 1", "E111", 1),
        (b"name: sample\nversion: []", "E112", 2),
    ],
)
def test_manifest_that_is_no_manifest_is_refused(write_package, content, code, line):
    package = write_package(GOOD)
    (package / "manifest.yaml").write_bytes(content)
    manifest, problems = validate(package)
    assert manifest is None
    assert [(problem.code, problem.line) for problem in problems] == [(code, line)]


def test_manifest_says_how_a_run_is_ended_limited_and_taken_up_again(write_package):
    graces = "stop_grace_s: 2\nterm_grace_s: 0.5\ndeadline_grace_s: 3\n"
    manifest, problems = validate(
        write_package(GOOD, graces + "resumable: false\nrestartable: 2\nresources: {memory_mb: 0.5, files: 16}")
    )
    assert problems == []
    assert (manifest.stop_grace_s, manifest.term_grace_s, manifest.deadline_grace_s) == (2, 0.5, 3)
    assert (manifest.resumable, manifest.restartable) == (False, 2)
    assert manifest.resources == {"memory_mb": 0.5, "files": 16}


def test_manifest_leaves_to_the_station_what_it_does_not_say(write_package):
    manifest, _ = validate(write_package(GOOD))
    assert (manifest.stop_grace_s, manifest.term_grace_s, manifest.deadline_grace_s) == (None, None, None)
    assert (manifest.resumable, manifest.restartable, manifest.resources) == (None, 0, {})


def test_line_of_a_resource_is_named(write_package):
    problems = found(write_package(GOOD, "resources:\n  cpu_s: 5\n  wall: 5"))
    assert [problem.partition(" ")[0] for problem in problems] == ["manifest.yaml:5:"]


def test_missing_files_are_problems(tmp_path):
    manifest, problems = validate(tmp_path)
    assert manifest is None
    assert [problem.code for problem in problems] == ["E101", "E201"]


DECLARED = """
instruments: {supply: powers it}
parameters:
  cycles: {type: integer, default: 3, live: true}
  volts: {type: number, default: 5}
limits: {rail: {unit: V, minimum: 1}}
"""
STEP = "@step\ndef a(self, run):\n    "
SEQUENCES = [
    ("@step\ndef a(self, run) pass", "E202", 1, "syntax error: "),
    ("def helper(self): pass", "E204", -1, "class Sample has no method with @step"),
    (GOOD + GOOD, "E205", 3, "step 'a' is already defined in line 8"),
    ("@step\ndef a(self): pass", "E206", 1, "step 'a' must take (self, run), it takes (self)"),
    (GOOD + "@setup\ndef b(self, run, more): pass", "E206", 3, "setup 'b' must take (self, run), it takes"),
    ("@step\nasync def a(self, run): pass", "E207", 1, "step 'a' must be a plain function, it is async"),
    ("@step\ndef a(self, run): yield", "E207", 1, "step 'a' must be a plain function, it has a yield"),
    ("@step(5)\ndef a(self, run): pass", "E208", 0, "step 'a': options are given by name, as in timeout_s=5"),
    ("@step(timeout=5)\ndef a(self, run): pass", "E208", 0, "step 'a': unknown option 'timeout' (known: timeout_s,"),
    ("@step(timeout_s=0)\ndef a(self, run): pass", "E208", 0, "step 'a': timeout_s must be a positive number"),
    ("@step(attempts=0)\ndef a(self, run): pass", "E208", 0, "step 'a': attempts must be a whole number"),
    ("@step(attempts=1.5)\ndef a(self, run): pass", "E208", 0, "step 'a': attempts must be a whole number"),
    ("@step(retry_delay_s='1')\ndef a(self, run): pass", "E208", 0, "step 'a': retry_delay_s must be a number"),
    ("@step(critical=1)\ndef a(self, run): pass", "E208", 0, "step 'a': critical must be True or False"),
    ("@step(resumable=1)\ndef a(self, run): pass", "E208", 0, "step 'a': resumable must be True or False, it is 1"),
    (GOOD + "@setup(resumable=True)\ndef b(self, run): pass", "E208", 2, "step 'b': resumable is an option of @step"),
    ("@step(repeat='volts')\ndef a(self, run): pass", "E208", 0, "step 'a': repeat names 'volts', which is no integer"),
    (
        "@step(repeat='cycles')\ndef a(self, run): pass",
        "E208",
        0,
        "step 'a': repeat names 'cycles', which is live",
    ),
    (
        "@step(stop_on_fail=True)\ndef a(self, run): pass",
        "E208",
        0,
        "step 'a': unknown option 'stop_on_fail' (known: timeout_s,",
    ),
    ("@step(run_if='volts')\ndef a(self, run): pass", "E208", 0, "step 'a': run_if names 'volts', which is no boolean"),
    ("@step(run_if=lambda: 1)\ndef a(self, run): pass", "E208", 0, "step 'a': run_if takes a function of the run"),
    ("@step(gate=lambda run: 1)\ndef a(self, run): pass", "E208", 0, "step 'a': gate cannot be a function"),
    ("@step(depends_on=5)\ndef a(self, run): pass", "E208", 0, "step 'a': depends_on must be the name of a step"),
    (GOOD + "@teardown(gate=True)\ndef b(self, run): pass", "E208", 2, "step 'b': gate is an option of @step and"),
    (
        "@group(timeout_s=5)\nclass G:\n  " + GOOD.replace("\n", "\n  "),
        "E208",
        0,
        "group 'G': timeout_s is no option of",
    ),
    (GOOD + "@group\nclass G:\n  pass", "E204", 3, "group 'G' has no steps"),
    (GOOD + "@group\nclass a:\n  @step\n  def b(self, run): pass", "E205", 3, "group 'a' is already defined in line 8"),
    (GOOD + "class G:\n  @step\n  def b(self, run): pass", "E216", 2, "class G has steps, but no @group: they would"),
    ("@step(depends_on='b')\ndef a(self, run): pass", "E217", 0, "step 'a' depends on 'b', which is no step or group"),
    (
        "@step(depends_on=['b'])\ndef a(self, run): pass\n@step\ndef b(self, run): pass",
        "E217",
        0,
        "step 'a' depends on 'b', which does not end before it",
    ),
    (
        GOOD + "@setup\ndef b(self, run): pass\n@step(depends_on=('a', 'b'))\ndef c(self, run): pass",
        "E217",
        4,
        "step 'c' depends on 'b', which is of the setup: only main steps can be named",
    ),
    ("@step(depends_on='a')\ndef a(self, run): pass", "E218", 0, "step 'a' depends on itself: a → a"),
    (STEP + "run.instruments.psu.open()", "E211", 2, "instrument 'psu' is not declared in manifest.yaml"),
    (STEP + "print(run.parameters.volt)", "E212", 2, "parameter 'volt' is not declared in manifest.yaml"),
    (STEP + "run.measure('x', 1, 'Volt')", "E213", 2, "measurement 'x': unknown unit 'Volt'"),
    (STEP + "run.record_curve('c', {'t': 'sec'}, [])", "E213", 2, "unknown unit 'sec'"),
    (STEP + "run.measure('x', 1, minimum=2, maximum=1)", "E214", 2, "measurement 'x': minimum 2 is above maximum 1"),
    (STEP + "run.measure('x', 1, min=2)", "E214", 2, "measurement 'x': unknown limit 'min'"),
    (STEP + "run.measure('x', '', pattern='(')", "E214", 2, "measurement 'x': pattern '(' is no regular expression"),
    (STEP + "run.measure('x', '', pattern='(a+)+')", "E214", 2, "measurement 'x': pattern '(a+)+' could take for"),
    (STEP + "run.measure('x', 1, nominal=3)", "E214", 2, "measurement 'x': nominal needs within_percent beside it"),
    (STEP + "run.measure(run, 1, minimum='1')", "E214", 2, "a measurement: minimum must be a finite number"),
    (STEP + "run.measure('rail', 1, unit='mV')", "E215", 2, "measurement 'rail' is in mV, but its limits in"),
    (STEP + "run.ask_choice('?', ['x'])", "E231", 2, "ask_choice: a choice is one of 2 to 20 texts"),
    (STEP + "run.ask_number('?', 'mm', 5, 1)", "E231", 2, "ask_number: minimum 5 is above maximum 1"),
    (STEP + "run.ask_text('?', timeout_s=0)", "E231", 2, "ask_text: timeout_s is a positive number of seconds, not 0"),
    (STEP + "run.confirm('?', image='no.png')", "E231", 2, "confirm: picture 'no.png' is no file of the package"),
    (GOOD + "@teardown\ndef off(self, run): run.confirm('?')", "E232", 3, "confirm: a teardown asks nobody"),
    (STEP + "run.measure('rails', 1)", "W301", 2, "measurement 'rails' has no limits in manifest.yaml"),
]


def test_circle_of_dependencies_is_shown(write_package):
    steps = """
    @step(depends_on="c")
    def a(self, run): pass
    @step(depends_on="a")
    def b(self, run): pass
    @step(depends_on=["b"])
    def c(self, run): pass
    """
    (problem,) = found(write_package(steps))
    assert problem == f"sequence.py:{FIRST_LINE + 1}: E218 step 'a' depends on itself: a → c → b → a"


@pytest.mark.parametrize(("steps", "code", "line", "message"), SEQUENCES)
def test_sequence_problem_is_named(write_package, steps, code, line, message):
    problems = [problem.split(" ", 2) for problem in found(write_package(steps, DECLARED))]
    place, found_code, text = problems[0]
    assert (place, found_code) == (f"sequence.py:{FIRST_LINE + line}:", code)
    assert text.startswith(message)
    assert {problem[1] for problem in problems} == {code}


@pytest.mark.parametrize("content", ["", "from sequences.authoring import sequence\n@sequence\nclass A: pass\n" * 2])
def test_module_needs_one_sequence(write_package, content):
    package = write_package(GOOD)
    (package / "sequence.py").write_text(content)
    assert [problem.split(" ")[1] for problem in found(package)] == ["E203"]


@pytest.mark.parametrize(
    "content",
    [
        "import sequences.authoring as g\n@g.sequence\nclass A:\n    @g.step(attempts=2)\n    def a(self, r): pass\n",
        "from sequences.authoring import sequence as s, step as t\n@s\nclass A:\n    @t\n    def a(self, run): pass\n",
    ],
)
def test_decorators_may_have_other_names(write_package, content):
    package = write_package(GOOD)
    (package / "sequence.py").write_text(content)
    assert found(package) == []


def test_what_only_the_running_program_knows_is_not_judged(write_package):
    measured = (
        "f'x{1}', 1, unit=str(), minimum=int()",
        "'x', 1, nominal=3, within_percent=int()",
        "'x', 1, nominal=3, **{}",
    )
    calls = "; ".join(f"run.measure({given})" for given in measured)
    steps = f"@step(timeout_s=float('5'))\ndef a(self, run): {calls}"
    assert found(write_package(steps, DECLARED)) == []


def test_two_people_may_look_at_once():
    """The collector stops one of them within the parser, so that the other comes along."""
    package, others = ROOT / "sequences/packages/board_test", []

    def look_meanwhile(phase, _):
        if phase == "start" and threading.current_thread() is threading.main_thread() and len(others) < 10:
            others.append(pool.submit(validate, package))
            wait(others, timeout=0.05)

    threshold = gc.get_threshold()
    with ThreadPoolExecutor() as pool:
        gc.callbacks.append(look_meanwhile)
        gc.set_threshold(200)
        try:
            assert validate(package)[1] == []
        finally:
            gc.set_threshold(*threshold)
            gc.callbacks.remove(look_meanwhile)
    assert {len(other.result()[1]) for other in others} == {0}


def test_package_is_not_imported(write_package, tmp_path):
    witness = tmp_path / "witness"
    validate(write_package(f"Path({str(witness)!r}).touch()\n{GOOD}"))
    assert not witness.exists()


def test_every_code_is_documented_and_tested():
    sources = [*ROOT.glob("sequences/*_check.py"), ROOT / "sequences/manifest.py", ROOT / "sequences/catalogue.py"]
    known = {code for source in sources for code in re.findall(r'"([EW]\d{3})"', source.read_text())}
    rows = re.findall(r"^\| ([EW]\d{3}) \| [^|]+ \| ([^|]+) \|$", (ROOT / "docs/sequences.md").read_text(), re.M)
    assert dict(rows) == {code: HINTS[code].text.replace("|", "\\|") for code in known}
    tested = "".join(file.read_text() for file in Path(__file__).parent.rglob("test_*.py"))
    assert [code for code in sorted(known) if code not in tested] == []


@pytest.mark.parametrize("value", ["2024-13-45", "9" * 5000])
def test_impossible_date_or_number_is_found_in_its_line(write_package, value: str):
    package = write_package(GOOD, f"title: x\ndescription: {value}\n")
    (problem,) = validate(package)[1]
    assert (problem.line, problem.code) == (4, "E102")
