"""What the guards answered, in the language of whoever pressed or reset. Guards themselves know English alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from stations.contracts import GuardStatus
from stations.safety.emergency import STILL_LATCHED

# By slot: the status of its guard, or a sentence that stands for one (stations.safety.emergency).
Answers = Mapping[str, GuardStatus | str]

SENTENCES = (
    gettext_noop("no guard runs; the slot is latched, whether its outputs are off is not known"),
    gettext_noop(
        "the guard did not answer and was killed; the slot is latched, whether its outputs are off is not known"
    ),
    gettext_noop("accepted, but no proof of the safe state in time"),
    gettext_noop("no guard answers; the latch is gone"),
    gettext_noop("no guard answers; another latch holds"),
    gettext_noop("no guard answers; nothing was done"),
)


class SlotAnswer(TypedDict):
    """One slot. `confirmed`: its outputs are known to be off; after a reset, that nothing holds it any more."""

    slot: str
    confirmed: bool
    sentence: str


def all_safe(answers: Answers) -> bool:
    """Tell whether the outputs of every slot are known to be off. Where nobody answered, nothing is known."""
    return bool(answers) and all(map(_is_safe, answers.values()))


def after_stop(answers: Answers) -> list[SlotAnswer]:
    """One line per slot, those that need somebody first."""
    return _in_order(
        SlotAnswer(slot=slot, confirmed=_is_safe(answer), sentence=_stopped(answer)) for slot, answer in answers.items()
    )


def stop_verdict(scope: str, answers: Answers, *, recorded: bool) -> str:
    """What an emergency stop has come to."""
    if all_safe(answers):
        sentence = _("Emergency stop of %(scope)s: the safe state is confirmed.")
    elif answers:
        sentence = _("Emergency stop of %(scope)s: NOT CONFIRMED. Check the bench before anybody touches it.")
    elif recorded:
        sentence = _(
            "Emergency stop of %(scope)s: NOT CONFIRMED. No guard of it runs on this host; its own host hears of it "
            "through the database."
        )
    else:
        sentence = _(
            "Emergency stop of %(scope)s: NOTHING WAS REACHED. No guard of it runs on this host, and the database "
            "does not answer."
        )
    return sentence % {"scope": scope}


def record_note(answers: Answers, *, recorded: bool) -> str:
    """A word about a stop that guards know of and the history does not yet."""
    if recorded or not answers:
        return ""
    return _("It is not written down yet, as the database does not answer. That follows by itself.")


def after_reset(answers: Answers) -> list[SlotAnswer]:
    """One line per slot, those that are still latched first."""
    return _in_order(
        SlotAnswer(slot=slot, confirmed=not (is_latched(answer) or is_unsafe(answer)), sentence=_released(answer))
        for slot, answer in answers.items()
    )


def reset_verdict(scope: str, answers: Answers) -> str:
    """What a reset has come to."""
    words = {"scope": scope}
    if not answers:
        return _("The emergency stop of %(scope)s is lifted. Its own host takes the latches away.") % words
    if latched := [slot for slot, answer in sorted(answers.items()) if is_latched(answer)]:
        words |= {"slots": ", ".join(latched)}
        return _("The emergency stop of %(scope)s is lifted, but another one still holds %(slots)s.") % words
    if unsafe := [slot for slot, answer in sorted(answers.items()) if is_unsafe(answer)]:
        words |= {"slots": ", ".join(unsafe)}
        if unsafe == [scope]:
            return _still_unsafe_verdict(answers[scope]) % words
        return _("%(scope)s is reset, but not %(slots)s: the safe state was NOT CONFIRMED. It takes no work.") % words
    if any(not isinstance(answer, str) and answer.get("answer") == "done" for answer in answers.values()):
        return _("%(scope)s is reset and cleared: its safe state is confirmed.") % words
    return _("The emergency stop of %(scope)s is lifted. Nothing was started.") % words


def _still_unsafe_verdict(answer: GuardStatus | str) -> str:
    """Of the one slot that was meant."""
    if not isinstance(answer, str) and answer.get("answer") == "reset":  # whoever asked may not clear it
        return _("The emergency stop of %(scope)s is lifted, but it stays UNSAFE until an engineer clears it.")
    return _("%(scope)s is not cleared: its safe state is still NOT CONFIRMED. It takes no work.")


def _in_order(lines: Iterable[SlotAnswer]) -> list[SlotAnswer]:
    return sorted(lines, key=lambda line: (line["confirmed"], line["slot"]))


def _is_safe(answer: GuardStatus | str) -> bool:
    return not isinstance(answer, str) and answer["safe"] is True


def _stopped(answer: GuardStatus | str) -> str:
    if isinstance(answer, str):
        return _("NOT CONFIRMED: %(problem)s") % {"problem": _(answer)}
    proofs = (answer["proof"] or {"instruments": {}})["instruments"]
    if answer["safe"]:
        names = ", ".join(proofs)
        return _("safe state confirmed (%(instruments)s)") % {"instruments": names} if names else _("stopped")
    problems = [f"{name}: {proof['error']}" for name, proof in proofs.items() if not proof["confirmed"]]
    problem = "; ".join(problems) or _("no proof yet")
    return _("SAFE STATE NOT CONFIRMED: %(problem)s") % {"problem": problem}


def after_making_safe(answers: Answers) -> list[SlotAnswer]:
    """One line per slot, those that need somebody first."""
    return _in_order(
        SlotAnswer(slot=slot, confirmed=_is_done(answer), sentence=_made_safe(answer))
        for slot, answer in answers.items()
    )


def made_safe_verdict(scope: str, answers: Answers) -> str:
    """What making safe on demand has come to."""
    if all(map(_is_done, answers.values())):
        return _("%(scope)s is made safe: confirmed.") % {"scope": scope}
    return _("%(scope)s: NOT CONFIRMED. Check the bench before anybody touches it.") % {"scope": scope}


def is_unsafe(answer: GuardStatus | str) -> bool:
    """Tell whether a person still has to clear the slot."""
    return not isinstance(answer, str) and answer["unsafe"] is not None


def _is_done(answer: GuardStatus | str) -> bool:
    return not isinstance(answer, str) and answer.get("answer") == "done" and answer["safe"] is True


def _made_safe(answer: GuardStatus | str) -> str:
    if not isinstance(answer, str) and answer.get("answer") == "busy":
        return _("a run has just begun; stop it first, or press the emergency stop")
    return _stopped(answer)


def is_latched(answer: GuardStatus | str) -> bool:
    """Tell whether an emergency stop still holds the slot."""
    return answer == STILL_LATCHED if isinstance(answer, str) else answer["latch"] is not None


def _released(answer: GuardStatus | str) -> str:
    if isinstance(answer, str):
        return _(answer)
    if answer["latch"] is not None:
        by = answer["latch"]["by"]
        return _("still latched by %(by)s") % {"by": by} if by else _("still latched")
    if answer["unsafe"] is not None:
        return _still_unsafe(answer)
    return _("ready") if answer["safe"] else _("no longer latched, but not known to be safe yet")


def _still_unsafe(answer: GuardStatus) -> str:
    if answer.get("answer") == "busy":
        return _("a run is ending there; try again")
    if answer.get("answer") == "reset":  # nobody asked to clear it
        return _("its safe state was not confirmed; an engineer has to clear that")
    proofs = (answer["proof"] or {"instruments": {}})["instruments"]
    problem = "; ".join(f"{name}: {proof['error']}" for name, proof in proofs.items() if not proof["confirmed"])
    return _("not cleared, as the safe state is still NOT CONFIRMED: %(problem)s") % {"problem": problem}
