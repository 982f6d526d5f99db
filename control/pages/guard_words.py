"""What the guards answered, in sentences for whoever pressed."""

from __future__ import annotations

from typing import TypedDict

from django.utils.translation import gettext as _

from control.lifecycle.guards_said import say
from stations.contracts import GuardStatus


class SlotAnswer(TypedDict):
    """One slot after an emergency stop: `confirmed` means that its outputs are known to be off."""

    slot: str
    confirmed: bool
    sentence: str


def stop_sentences(answers: dict[str, GuardStatus | str]) -> list[SlotAnswer]:
    """One line per slot, the unconfirmed ones first."""
    found = [_after_stop(slot, answer) for slot, answer in sorted(answers.items())]
    return sorted(found, key=lambda line: line["confirmed"])


def _after_stop(slot: str, answer: GuardStatus | str) -> SlotAnswer:
    if isinstance(answer, str):
        return SlotAnswer(
            slot=slot, confirmed=False, sentence=_("NOT CONFIRMED: %(problem)s") % {"problem": say(answer)}
        )
    proofs = (answer["proof"] or {"instruments": {}})["instruments"]
    if answer["safe"] is True:
        names = ", ".join(proofs)
        sentence = _("Confirmed off: %(instruments)s") % {"instruments": names} if names else _("Stopped")
        return SlotAnswer(slot=slot, confirmed=True, sentence=sentence)
    problems = [f"{name}: {proof['error']}" for name, proof in proofs.items() if not proof["confirmed"]]
    problem = "; ".join(problems) or _("there is no proof of the safe state yet")
    return SlotAnswer(slot=slot, confirmed=False, sentence=_("NOT CONFIRMED: %(problem)s") % {"problem": problem})


def reset_sentences(answers: dict[str, GuardStatus | str]) -> list[SlotAnswer]:
    """One line per slot whose guard is on this host."""
    return [_after_reset(slot, answer) for slot, answer in sorted(answers.items())]


def _after_reset(slot: str, answer: GuardStatus | str) -> SlotAnswer:
    if isinstance(answer, str):
        return SlotAnswer(slot=slot, confirmed=False, sentence=say(answer))
    if answer["latch"] is not None:
        sentence = _("Another emergency stop still holds.")
        return SlotAnswer(slot=slot, confirmed=False, sentence=sentence)
    return SlotAnswer(slot=slot, confirmed=True, sentence=_("Released"))
