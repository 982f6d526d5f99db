"""The reducer of the batch page, told of people who drive its instruments: events and rows lead to the same state."""

from __future__ import annotations

import pytest

from control.lifecycle.slots.instruments import Asked
from control.lifecycle.slots.manual import command, give_back, take_over
from tests import spool_lines as lines
from tests.control.pages.test_batch_reducer import agree, run  # noqa: F401  fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
VOLTAGE = Asked("supply", "voltage", 5.0)


def test_what_is_driven_by_hand_is_the_same(run, agree):  # noqa: F811
    run.tell([lines.started("boot"), lines.step_started(0, "boot"), lines.line("batch.paused", control="", message="")])
    over = run.ask(lambda batch, **who: take_over("demo/slot-1", **who))
    begun = lines.line("manual.begun", control=over, word="take-over", by="anna", idle_limit_s=None, message="")
    run.tell([begun, lines.line("reading", instruments={"supply-1": {"values": {"voltage": 3.3}}})])

    def set_voltage(batch, **who):
        return command("demo/slot-1", VOLTAGE, **who)

    good, bad = run.ask(set_voltage), run.ask(set_voltage)
    told = {"instrument": "supply-1", "command": "voltage", "unit": "V", "text": "", "took_ms": 1.5}
    run.tell([
        lines.line("manual.answered", control=good, value=5.0, error="", **told),
        lines.line("manual.answered", control=bad, value=None, error="it is mute", **told),
    ])  # fmt: skip
    back = run.ask(lambda batch, **who: give_back("demo/slot-1", **who))
    late = run.ask(set_voltage, delivered=False)
    run.tell(
        [lines.line("manual.ended", control=back, by="anna", why="given back", message=""), lines.ended("crashed")]
    )
    controls = {one["id"]: one["after"] for one in run.stories[-1]["controls"]}
    assert (controls[over], controls[back], controls[good]["value"]) == ({"by": "anna"}, {"ended": "given back"}, 5.0)
    assert (controls[bad]["error"], controls[late]["state"]) == ("it is mute", "CRASHED")
    agree(run.stories)
