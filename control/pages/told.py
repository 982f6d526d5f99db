"""Sentences that records hold in English, as pages tell them in the reader's language.

The engine, the guards and the functions of the lifecycle write them with values in their places;
`static/control/told.js` finds those values again. What no sentence here matches stays as it was written.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.datasets.problems import OF_DATASETS
from control.lifecycle.actor import USER_REQUEST

# The first that fits is told: what may end in another one's words stands before it.
STORED = (
    gettext_noop("%(message)s (%(count)s skipped by request)"),
    gettext_noop("Every step passed but %(count)s skipped by request."),
    gettext_noop("Every step passed."),
    gettext_noop("Step '%(step)s' failed: %(why)s"),
    gettext_noop("Step '%(step)s' timed out: %(why)s"),
    gettext_noop("Step '%(step)s' ended with an error: %(why)s"),
    gettext_noop("step '%(step)s' failed"),
    gettext_noop("step '%(step)s' timed out"),
    gettext_noop("step '%(step)s' ended with an error"),
    gettext_noop("it took longer than its %(seconds)s s"),
    gettext_noop("%(name)s: %(value)s is above the maximum %(limit)s"),
    gettext_noop("%(name)s: %(value)s is below the minimum %(limit)s"),
    gettext_noop("%(name)s: %(value)s is above %(limit)s (%(nominal)s plus %(percent)s)"),
    gettext_noop("%(name)s: %(value)s is below %(limit)s (%(nominal)s less %(percent)s)"),
    gettext_noop("%(name)s: %(value)s is not the expected %(expected)s"),
    gettext_noop("%(name)s: %(value)s is none of %(allowed)s"),
    gettext_noop("%(name)s: %(value)s is not a finite number"),
    gettext_noop("%(name)s: %(value)s is not a number"),
    gettext_noop("%(name)s: %(value)s is not a text"),
    gettext_noop("%(name)s: %(value)s does not match the pattern %(pattern)s"),
    gettext_noop("%(name)s: %(value)s is longer than the 4 KiB that a pattern is matched against"),
    gettext_noop("Stopped before the first step: %(why)s."),
    gettext_noop("Stopped before step '%(step)s': %(why)s."),
    gettext_noop("Stopped in step '%(step)s': %(why)s."),
    gettext_noop("Timeout before step '%(step)s': %(why)s."),
    gettext_noop("Timeout in step '%(step)s': %(why)s."),
    gettext_noop("it was running when the sequence's %(seconds)s s were over"),
    gettext_noop("Stopped by %(by)s before it began: %(why)s"),
    gettext_noop("Emergency stop of %(scope)s by %(by)s before it began: %(why)s"),
    gettext_noop("Emergency stop of %(scope)s by %(by)s: %(why)s"),
    gettext_noop("Emergency stop by %(by)s before it began: %(why)s"),
    gettext_noop("Nothing was started: %(why)s"),
    gettext_noop("Dataset '%(name)s' cannot be read: %(why)s"),
    gettext_noop("%(scope)s reset by %(by)s: %(why)s"),
    gettext_noop("Slot %(slot)s was taken out of service by %(by)s: %(why)s"),
    gettext_noop("Slot %(slot)s was put back into service by %(by)s: %(why)s"),
    gettext_noop("Slot %(slot)s is out of service, as the health check found: %(why)s"),
    gettext_noop("Slot %(slot)s is back in service: %(why)s."),
    gettext_noop("its instruments answer as expected"),
    gettext_noop(
        "Instrument %(name)s at %(address)s is not the expected one: it says %(said)s and not %(expected)s: %(remedy)s."
    ),
    gettext_noop("Instrument %(name)s at %(address)s cannot be reached (%(problem)s): %(remedy)s."),
    gettext_noop("Instrument %(name)s at %(address)s did not answer %(question)s within %(seconds)s s: %(remedy)s."),
    gettext_noop("Instrument %(name)s at %(address)s was lost during %(question)s (%(problem)s): %(remedy)s."),
    gettext_noop("Instrument %(name)s at %(address)s refused %(question)s (%(problem)s): %(remedy)s."),
    gettext_noop("Instrument %(name)s at %(address)s failed at %(question)s (%(problem)s): %(remedy)s."),
    gettext_noop("Instrument %(name)s at %(address)s cannot be opened (%(problem)s): %(remedy)s."),
    gettext_noop("Instrument %(name)s at %(address)s is not in its safe state: it answered %(said)s."),
    gettext_noop("Instrument %(name)s at %(address)s was told %(command)s = off, but still says on: %(remedy)s."),
    gettext_noop("Instrument %(name)s at %(address)s was told %(command)s = on, but still says off: %(remedy)s."),
    gettext_noop("look at it before anybody touches it"),
    gettext_noop("Instrument %(name)s gave no sign within %(seconds)s s."),
    gettext_noop("Instrument %(name)s could not be asked: whoever asked was lost over one of the slot's instruments."),
    gettext_noop("nothing listens there"),
    gettext_noop("there is no such port"),
    gettext_noop("check that it is switched on and its `resource` in station.yaml"),
    gettext_noop("check that it is switched on and knows the command, or raise `options.timeout_s`"),
    gettext_noop("check that it is switched on and knows the command, or raise `ladder.safe_budget_s`"),
    gettext_noop("check the cabling, or correct `options.identity` in station.yaml"),
    gettext_noop("check its cable and its `resource` in station.yaml"),
    gettext_noop("%(who)s has it open"),
    gettext_noop("the instrument has closed the connection"),
    gettext_noop("check its power and its cable"),
    gettext_noop("check its unit and address, or raise `options.timeout_s`"),
    gettext_noop("check its unit and address, or raise `ladder.safe_budget_s`"),
    gettext_noop("check that it is switched on, or raise `options.timeout_s`"),
    gettext_noop("check that it is switched on, or raise `ladder.safe_budget_s`"),
    gettext_noop("check that it is switched on, its `resource` and its `options` in station.yaml"),
    gettext_noop("check the path, and the base in `resource`"),
    gettext_noop("compare it with the service's manual"),
    gettext_noop("compare the command with the instrument's manual"),
    gettext_noop("see its register map"),
    gettext_noop("The calibration of %(name)s was due on %(date)s. Have it done, then correct the date."),
    gettext_noop("%(slot)s could not be cleared for %(by)s: its safe state is still not confirmed"),
    gettext_noop("%(slot)s cleared by %(by)s: %(why)s"),
    gettext_noop("%(slot)s: SAFE STATE NOT CONFIRMED: %(problems)s"),
    gettext_noop("%(slot)s: safe state confirmed: %(instruments)s"),
    gettext_noop("%(slot)s: confirmed OFF by now: %(instruments)s. An engineer has to clear it, with a reason."),
    gettext_noop("The guard of the slot died during the run."),
    gettext_noop("The runner died by itself: %(how)s."),
    gettext_noop("The runner did not move on at its deadline and was killed."),
    gettext_noop("The grace of a stop ran out and the runner was killed."),
    gettext_noop("Nobody knows this run any more: the host was restarted during it."),
    gettext_noop("The warden of this host died; the run was killed and the slot made safe."),
    gettext_noop("The guard had to leave, and nothing could make the slot safe."),
    gettext_noop("memory: %(used)s used, %(allowed)s allowed"),
    gettext_noop("CPU time: %(used)s used, %(allowed)s allowed"),
    gettext_noop("wall time: %(used)s used, %(allowed)s allowed"),
    gettext_noop("output: %(used)s used, %(allowed)s allowed"),
    gettext_noop("output: %(allowed)s allowed"),
    gettext_noop("open files: %(allowed)s allowed"),
    gettext_noop("attachments: %(used)s used, %(allowed)s allowed"),
    gettext_noop("%(problem)s: the disk takes no more of what this run attaches"),
    gettext_noop("the story of this run (spool_mb) exceeds %(used)s of %(allowed)s bytes allowed"),
    gettext_noop("the story of this run (spool_mb) exceeds the %(allowed)s bytes allowed"),
    gettext_noop("The story is incomplete: %(why)s"),
    gettext_noop("the run exceeded a limit"),
    gettext_noop("skipped by request: %(why)s"),
    gettext_noop("skipped by request"),
    gettext_noop("not needed: '%(name)s' is off"),
    gettext_noop("not needed in this run"),
    gettext_noop("depends on '%(step)s', which failed"),
    gettext_noop("depends on '%(step)s', which timed out"),
    gettext_noop("depends on '%(step)s', which ended with an error"),
    gettext_noop("depends on '%(step)s', which was skipped"),
    gettext_noop("depends on '%(step)s', which was cut short"),
    gettext_noop("the gate before '%(step)s' is closed: %(why)s"),
    gettext_noop("pause has no effect: %(why)s"),
    gettext_noop("resume has no effect: %(why)s"),
    gettext_noop("stop has no effect: %(why)s"),
    gettext_noop("skip has no effect: %(why)s"),
    gettext_noop("settings has no effect: %(why)s"),
    gettext_noop("answer has no effect: %(why)s"),
    gettext_noop("command has no effect: %(why)s"),
    gettext_noop("end has no effect: %(why)s"),
    gettext_noop("take-over has no effect: %(why)s"),
    gettext_noop("give-back has no effect: %(why)s"),
    gettext_noop("the instruments are driven by hand"),
    gettext_noop("nobody drives the instruments by hand"),
    gettext_noop("%(by)s drives the instruments by hand"),
    gettext_noop("it was given too long ago"),
    gettext_noop("the prompt is over"),
    gettext_noop("the prompt is answered already"),
    gettext_noop("nobody answered within %(seconds)s s: %(question)s"),
    gettext_noop("Waits for an answer: %(question)s"),
    gettext_noop("the teardown is running"),
    gettext_noop("the run is not paused"),
    gettext_noop("the run is paused"),
    gettext_noop("the plan has no step %(step)s"),
    gettext_noop("setup and teardown are not skipped"),
    gettext_noop("the step is being skipped"),
    gettext_noop("the step has ended"),
    gettext_noop("no setting is given"),
    gettext_noop("the batch crashed"),
    gettext_noop("%(name)s crashed and was not restarted: %(why)s"),
    gettext_noop(
        "The disk of %(host)s is %(percent)s full, with %(free)s left. Make room there, or prune old batches."
    ),
    gettext_noop("The disk of %(host)s has room again."),
    gettext_noop(
        "A transaction has been open in the database for %(minutes)s minutes: %(who)s. Whoever began it should end it."
    ),
    gettext_noop("process %(pid)s of the server, application '%(application)s', %(state)s"),
    gettext_noop(
        "The log of the database has grown to %(size)s, as some program keeps it open for reading. Close that program."
    ),
    gettext_noop("Nothing holds up the database any more."),
    gettext_noop(
        "The bells of %(cluster)s have rung for %(seconds)s s and nobody answers, so batches wait. See %(log)s."
    ),
    gettext_noop("The bells of %(cluster)s are answered again."),
    gettext_noop(
        "Contact with station %(station)s on %(host)s is lost, while %(count)s of its batches ran or waited. "
        "Look after it there: nobody else moves them."
    ),
    gettext_noop(
        "Runs missed, as its station did not work at these times: %(count)s. The next one is due at %(when)s."
    ),
    gettext_noop("Disabled: %(why)s"),
    gettext_noop("Refused: %(why)s"),
    gettext_noop("Failed: %(why)s"),
    gettext_noop("due at %(when)s"),
    gettext_noop("it was cut off when the housekeeping of its station ended"),
    gettext_noop("Stopped: it waited when %(archive)s was made, which was restored."),
    gettext_noop("The run was going on when the archive was made; nobody knows its end."),
    gettext_noop("%(count)s more warnings and errors"),
    gettext_noop("not begun"),
    gettext_noop("the batch had ended"),
    gettext_noop("the run was stopped"),
    gettext_noop("the station is being stopped"),
    gettext_noop("the run was not ready to begin"),
    gettext_noop("the sequence took too long"),
    gettext_noop("nothing was set up"),
    # Of items, and of analyses of images
    gettext_noop("%(failed)s of %(total)s items failed, %(allowed)s may"),
    gettext_noop("%(failed)s of %(total)s items failed"),
    gettext_noop("it is empty: 0 bytes"),
    gettext_noop("it is no image, or of no format that can be read"),
    gettext_noop("the image cannot be decoded: %(problem)s"),
    gettext_noop(
        "it has %(width)s × %(height)s pixels, which are %(million)s million: "
        "%(allowed)s million are allowed (max_pixels)"
    ),
    gettext_noop("too small: %(width)s × %(height)s pixels, each side must have %(least)s"),
    gettext_noop("it has changed since the dataset was read: have it read again"),
    gettext_noop("it could not be fetched: %(why)s"),
    gettext_noop("its process died of it: %(how)s"),
    gettext_noop("its lane was lost %(count)s times while this was in work"),
    gettext_noop("Fewer than three different images: they are one cluster."),
    gettext_noop("The most clusters that were tried fit best: with a larger k_max there may be a better number."),
    *OF_DATASETS,
)


_PLACE = re.compile(r"%\((\w+)\)s")


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(_pattern_of(stored), stored) for stored in STORED]


def _pattern_of(stored: str) -> re.Pattern[str]:
    """As `patternOf` of told.js."""
    parts = _PLACE.split(stored)
    last = len(parts) - 2
    written = [
        f"(?P<{part}>{'.+' if place == last else '.+?'})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    ]
    return re.compile("".join(written), re.IGNORECASE | re.DOTALL)


def told_text(message: str) -> str:
    """A stored sentence as people are told it by the server itself; unchanged when it is none of those."""
    for pattern, stored in _patterns():
        if found := pattern.fullmatch(message):
            return _(stored) % {name: told_text(value) for name, value in found.groupdict().items()}
    return message


def told_sentences() -> list[tuple[str, str]]:
    """Each stored sentence beside the one that people of the active language are told."""
    return [(USER_REQUEST, _("no reason given")), *((stored, _(stored)) for stored in STORED)]
