"""answer: the one way in which a person's answer reaches a run that waits for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.journal.append import Entry, tell_batch, tell_board
from control.journal.kinds import Kind
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.doorbell import ring_supervisor
from control.lifecycle.finding import find_batch, find_locked
from control.lifecycle.question_alerts import tell_questions_over
from control.lifecycle.refusals import UNKEPT, BadValue, NotFound, WrongState, can_be_kept, check_text
from control.models import Batch, ControlEvent, Prompt
from control.states import TERMINAL, State
from sequences.limits import word_of
from sequences.parameters import BOOLEANS, parse_value
from sequences.questions import answer_problems
from sequences.wording import quoted

ALREADY = gettext_noop("%(by)s has already answered at %(time)s: %(answer)s.")
OVER = gettext_noop("The prompt is over, the run waits for no answer to it any more.")
ENDED = gettext_noop("The prompt is over: the batch has ended (%(state)s).")


def answer_prompt(batch_id: UUID, key: str, value: Any, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Answer what a run asks. Of two who answer at once one is first, the other is told who.

    Effects, in order: the prompt, the batch, a control event, which is the wish that the supervisor delivers, the
    story, the alerts, the board. Raises NotFound for a batch or prompt that is not there, WrongState when it is
    answered or over, BadValue for what is no answer to it.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        batch = find_locked(batch_id)
        prompt = find_prompt(batch_id, key)
        _check_waits(prompt, batch)
        check_answer(prompt, value)
        unit = prompt.question.get("unit") or ""
        event = record_control_event(
            ControlEvent.Kind.PROMPT_ANSWER,
            by=by,
            reason=reason,
            batch=batch,
            before={"state": batch.state, "answer": None},
            details={"prompt": key, "question": prompt.question["message"], "value": value, "unit": unit},
        )
        first = Prompt.objects.filter(pk=prompt.pk, state=Prompt.State.WAITING).update(
            state=Prompt.State.ANSWERED,
            answered_at=event.requested_at,
            answer=value,
            answered_by=by.name,
            control=event,
        )
        if not first:
            prompt.refresh_from_db()
            _check_waits(prompt, batch)
        Batch.objects.filter(pk=batch.pk, open_prompt=key).update(open_prompt="")
        batch.refresh_from_db()
        said = f"{word_of(value)} {unit}".rstrip()  # stored, so in English
        message = f"Answer of {by.name} to '{prompt.question['message']}': {said}"
        tell_batch(batch.pk, Entry(Kind.CONTROL, message, step=prompt.step, at=event.requested_at, data=told(event)))
        tell_questions_over(batch, [prompt], Kind.PROMPT_ANSWERED, at=event.requested_at)
        tell_board(batch, Kind.PROMPT_ANSWERED)
        ring_supervisor(batch.pk)
    return batch


def find_prompt(batch_id: UUID, key: str) -> Prompt:
    """A prompt of a batch by its key. Raises NotFound."""
    prompt = Prompt.objects.filter(batch=batch_id, key=key).first() if can_be_kept(key) else None
    if prompt is None:
        find_batch(batch_id)
        raise NotFound(_("The batch has asked nothing under the name '%(name)s'.") % {"name": quoted(key)})
    return prompt


def check_answer(prompt: Prompt, value: Any) -> None:
    """Raises BadValue, which names what is expected."""
    problems = answer_problems({**prompt.question, "type": prompt.type}, value)
    if problems:
        raise BadValue("\n".join(problem.said(_) for problem in problems), field="value")
    if isinstance(value, str) and not can_be_kept(value):
        raise BadValue(_(UNKEPT), field="value")


def answer_of_text(prompt: Prompt, text: str) -> Any:
    """What somebody wrote into a field, as the type that the prompt asks for, or the text itself where it does not fit.

    A comma of a number counts as its point.
    """
    if prompt.type == Prompt.Type.NUMBER:
        return parse_value(text.strip().replace(",", "."), "number")
    if prompt.type == Prompt.Type.CONFIRM:
        return BOOLEANS.get(text, text)
    return text


def _check_waits(prompt: Prompt, batch: Batch) -> None:
    """Raises WrongState."""
    if prompt.state == Prompt.State.ANSWERED:
        answered = timezone.localtime(prompt.answered_at).strftime("%H:%M:%S") if prompt.answered_at else ""
        said = {"by": prompt.answered_by, "time": answered, "answer": quoted(answer_text(prompt))}
        raise WrongState(_(ALREADY) % said)
    if batch.state in TERMINAL:
        raise WrongState(_(ENDED) % {"state": State(batch.state).label})
    if prompt.state == Prompt.State.OVER:
        raise WrongState(_(OVER))


def answer_text(prompt: Prompt) -> str:
    """An answer as people read it: with its unit, a yes or a no."""
    if isinstance(prompt.answer, bool):
        return _("yes") if prompt.answer else _("no")
    unit = prompt.question.get("unit") or ""
    return f"{prompt.answer} {unit}".rstrip()
