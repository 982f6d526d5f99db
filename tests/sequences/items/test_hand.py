"""The process that works on items: whatever becomes of it, the runner hears of it and leaves nothing behind."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sequences.items.hand import LARGEST_TOLD, Hand
from tests.installations import HOUSE, alive, wait_until
from tests.sequences.items.orders import children, item_order, told_by

MakeHand = Callable[..., Hand]


@pytest.fixture
def make_hand() -> Iterator[MakeHand]:
    """`make_hand(work)`: a hand that calls `work(order, tell)` for each item."""
    made: list[Hand] = []
    before = children()

    def make(work: Callable[..., Any]) -> Hand:
        made.append(Hand(lambda _: lambda order, tell: work(order, tell) or {"index": order["index"]}))
        return made[-1]

    yield make
    for hand in made:
        hand.end()
    assert children() == before  # no zombie is left


@pytest.fixture
def order(tmp_path: Path) -> Any:
    (tmp_path / "item.txt").write_text("x")
    return item_order(tmp_path / "item.txt", 3)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def crash(how: Callable[[], Any]) -> None:
    faulthandler.disable()  # which pytest has switched on: it would tell all about it
    how()


def test_one_process_works_on_one_item_after_the_other(make_hand: MakeHand, order: Any):
    hand = make_hand(lambda order, tell: tell({"pid": os.getpid()}))
    pids = set()
    for _ in range(3):
        hand.give(order)
        pid, ended = told_by(hand)
        pids.add(pid["pid"])
        assert ended == {"ended": {"index": 3}}
    assert (len(pids), os.getpid() in pids, hand.lives) == (1, False, True)


@pytest.mark.parametrize(
    ("work", "died"),
    [
        (lambda order, tell: crash(lambda: ctypes.string_at(0)), "signal SIGSEGV"),
        (lambda order, tell: crash(os.abort), "signal SIGABRT"),
        (lambda order, tell: os.kill(os.getpid(), signal.SIGKILL), "signal SIGKILL"),
        (lambda order, tell: os.kill(os.getpid(), signal.SIGTERM), "signal SIGTERM"),
        (lambda order, tell: os.kill(os.getpid(), signal.SIGRTMIN + 3), f"signal {signal.SIGRTMIN + 3}"),
        (lambda order, tell: os._exit(0), "exit code 0"),
        (lambda order, tell: os._exit(7), "exit code 7"),
        (lambda order, tell: sys.exit(7), "exit code 1"),  # not caught, which `ItemWork` does
    ],
)
def test_death_is_told_with_its_cause(make_hand: MakeHand, order: Any, work: Callable[..., Any], died: str):
    hand = make_hand(work)
    hand.give(order)
    (told,) = told_by(hand)
    assert told["died"] == died
    assert (hand.lives, hand.fileno()) == (False, -1)


def test_crash_tells_where_it_was_and_the_next_death_does_not_repeat_it(make_hand: MakeHand, order: Any):
    """Crashes in a C library: without a traceback nobody would know where."""
    hand = make_hand(lambda order, tell: ctypes.string_at(0) if order["path"] != "bad" else os._exit(7))
    hand.give(order)
    (crashed,) = told_by(hand)
    assert crashed["traceback"].startswith("Fatal Python error: Segmentation fault")
    assert f'File "{__file__}"' in crashed["traceback"]
    hand.give({**order, "path": "bad"})
    assert list(told_by(hand)) == [{"died": "exit code 7", "traceback": ""}]


def test_next_item_gets_a_new_process(make_hand: MakeHand, order: Any):
    hand = make_hand(lambda order, tell: os._exit(7) if order["path"] == "bad" else None)
    before = open_files()
    for _ in range(30):
        hand.give({**order, "path": "bad"})
        assert list(told_by(hand)) == [{"died": "exit code 7", "traceback": ""}]
    hand.give(order)
    assert list(told_by(hand)) == [{"ended": {"index": 3}}]
    hand.end()
    assert open_files() == before


def test_one_that_hangs_is_ended(make_hand: MakeHand, order: Any):
    def hang(order: Any, tell: Callable[[dict[str, Any]], None]) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        tell({"pid": os.getpid()})
        time.sleep(600)

    hand = make_hand(hang)
    hand.give(order)
    pid = next(told_by(hand))["pid"]
    hand.end()
    assert (alive(pid), hand.lives) == (False, False)


def wait_for_end(pids: list[int]) -> None:
    wait_until(lambda: not any(map(alive, pids)), 10)
    for pid in pids:
        with suppress(ChildProcessError):  # orphans come to us where an earlier test began an installation
            os.waitpid(pid, 0)


SLEEPER = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True); sys.stdin.read()"


def start_family() -> list[int]:
    """A program that has started another one, as an item may do it: their numbers."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    program = subprocess.Popen([sys.executable, "-c", SLEEPER], **pipes, text=True)
    assert program.stdout is not None
    return [program.pid, int(program.stdout.readline())]


@pytest.mark.parametrize("dies", [False, True])
def test_programs_that_an_item_has_started_end_with_its_process(make_hand: MakeHand, order: Any, dies: bool):
    """ffmpeg, a converter: they would go on reading and writing while the item is tried again."""

    def start(order: Any, tell: Callable[[dict[str, Any]], None]) -> None:
        tell({"pids": start_family()})
        if dies:
            os._exit(7)
        time.sleep(600)

    hand = make_hand(start)
    hand.give(order)
    told = told_by(hand)
    pids = next(told)["pids"]
    if dies:
        assert next(told)["died"] == "exit code 7"
    else:
        assert [alive(pid) for pid in pids] == [True, True]
        hand.end()
    wait_for_end(pids)


def test_one_that_dies_with_nothing_to_do_cannot_be_given_anything(make_hand: MakeHand, order: Any):
    hand = make_hand(lambda order, tell: tell({"pid": os.getpid()}))
    hand.give(order)
    pid = next(told_by(hand))["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid), 10)
    with pytest.raises(BrokenPipeError):
        hand.give(order)
    hand.end()
    hand.give(order)
    assert list(told_by(hand))[1] == {"ended": {"index": 3}}


def test_package_that_waits_for_any_child_does_no_harm(make_hand: MakeHand, order: Any):
    hand = make_hand(lambda order, tell: os._exit(7))
    hand.give(order)
    os.waitpid(hand._pid, 0)
    assert list(told_by(hand)) == [{"died": "it did not answer any more", "traceback": ""}]
    hand.give(order)
    os.waitpid(hand._pid, 0)
    hand.end()
    assert hand.lives is False


def test_message_that_is_too_long_is_left_out(make_hand: MakeHand, order: Any):
    hand = make_hand(lambda order, tell: tell({"log": "x" * LARGEST_TOLD, "level": "INFO", "origin": "sequence"}))
    hand.give(order)
    assert [message.get("log") for message in told_by(hand)] == ["a line that was too long is left out", None]


def test_text_that_is_no_unicode_is_told_all_the_same(make_hand: MakeHand, order: Any):
    hand = make_hand(lambda order, tell: tell({"log": "a\udce4b"}))
    hand.give({**order, "path": "ä.txt"})
    assert next(told_by(hand)) == {"log": "a?b"}


def test_many_messages_wait_for_the_runner(make_hand: MakeHand, order: Any):
    hand = make_hand(lambda order, tell: [tell({"log": f"{number:0>2000}"}) for number in range(500)] and None)
    hand.give(order)
    assert len(list(told_by(hand))) == 501


def test_signals_of_the_runner_have_no_effect_on_the_process(make_hand: MakeHand, order: Any):
    def handlers(order: Any, tell: Callable[[dict[str, Any]], None]) -> None:
        numbers = (signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM, signal.SIGINT)
        tell({"same": [signal.getsignal(number) == signal.SIG_DFL for number in numbers]})
        tell({"timer": signal.getitimer(signal.ITIMER_REAL)[0]})

    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        hand = make_hand(handlers)
        hand.give(order)
        same, timer, _ = told_by(hand)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (same, timer) == ({"same": [True] * 4}, {"timer": 0.0})


RUNNER = """
import atexit, os, subprocess, sys, time
from sequences.items.hand import Hand
atexit.register(print, "at exit")
def work(order, tell):
    started = subprocess.Popen(["sleep", "600"]).pid if order["hang"] else 0
    tell({"pids": [os.getpid(), started]})
    time.sleep(600 if order["hang"] else 0)
print("before")
hand = Hand(lambda _: work)
hand.give({"hang": len(sys.argv) > 1})
import select
told = []
while len(told) < (1 if len(sys.argv) > 1 else 2):
    select.select([hand], [], [])
    told += hand.messages()
print(*told[0]["pids"], flush=True)
if len(sys.argv) > 1:
    time.sleep(600)
hand.end()
"""


def started(*arguments: str) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE)}
    command = [sys.executable, "-c", RUNNER, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_it_dies_with_its_runner_and_so_does_what_it_has_started():
    with started("hang") as runner:
        assert runner.stdout is not None and runner.stdout.readline() == "before\n"
        pids = [int(pid) for pid in runner.stdout.readline().split()]
        assert [alive(pid) for pid in pids] == [True, True]
        runner.kill()
        wait_for_end(pids)


def test_nothing_is_written_or_ended_twice():
    with started() as runner:
        told = runner.communicate(timeout=30)[0].splitlines()
    assert (runner.returncode, told[0], told[2:]) == (0, "before", ["at exit"])
