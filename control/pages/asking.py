"""What the form of each control asks of a batch: its fields, handed to the one function of the lifecycle."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from control.lifecycle.answer import answer_of_text, answer_prompt, find_prompt
from control.lifecycle.finding import find_batch
from control.lifecycle.follow import Mode, rerun_batch, restart_batch, resume_batch
from control.lifecycle.keeping import keep_batch
from control.lifecycle.refusals import BadValue
from control.lifecycle.steer import change_settings, pause_batch, skip_step, stop_batch
from control.models import Batch
from control.pages.settings_form import settings_asked
from control.states import Control, State

KEEP, RELEASE = "keep", "release"
ANSWER = "answer"
Ask = Callable[..., Batch]


def ask(word: str, batch_id: UUID, fields: QueryDict, **who: Any) -> Batch:
    """Ask for it, and return the batch, or the new one that follows it. `who`: by and reason. Raises Refused."""
    return ASKS[word](batch_id, fields, **who)


def _plain(verb: Callable[..., Batch]) -> Ask:
    """A control that asks for nothing but itself."""
    return lambda batch_id, fields, **who: verb(batch_id, **who)


def _resume(batch_id: UUID, fields: QueryDict, **who: Any) -> Batch:
    """The button of a paused batch starts nothing that was stopped in that moment; the dialog of an ended one does."""
    return resume_batch(batch_id, seen=None if fields.get("ended") else State.PAUSED, **who)


def _skip(batch_id: UUID, fields: QueryDict, **who: Any) -> Batch:
    return skip_step(batch_id, step=_step(fields), **who)


def _settings(batch_id: UUID, fields: QueryDict, **who: Any) -> Batch:
    return change_settings(batch_id, settings_asked(find_batch(batch_id), fields), **who)


def _rerun(batch_id: UUID, fields: QueryDict, **who: Any) -> Batch:
    name = fields.get("mode") or Mode.SAME
    if name not in set(Mode):
        raise BadValue(_("There is no way '%(name)s' to run again.") % {"name": name[:100]}, field="mode")
    mode = Mode(name)
    # A form without scripts sends its list of steps whatever else is chosen.
    step = _step(fields) if mode in (Mode.FROM_STEP, Mode.CHUNKS) else None
    return rerun_batch(batch_id, mode, step=step, chunks=_chunks(fields) if mode is Mode.CHUNKS else None, **who)


def _chunks(fields: QueryDict) -> list[int]:
    """Numbers of chunks. Raises BadValue."""
    given = fields.getlist("chunk")
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in given):
        raise BadValue(_("Chunks are named by their numbers."), field="chunks")
    return [int(text) for text in given]


def _answer(batch_id: UUID, fields: QueryDict, **who: Any) -> Batch:
    prompt = find_prompt(batch_id, fields.get("prompt", ""))
    return answer_prompt(batch_id, prompt.key, answer_of_text(prompt, fields.get("value", "")), **who)


def _step(fields: QueryDict) -> int | str | None:
    """A step by its place, from 0, or by its name; None for the one that runs."""
    text = fields.get("step", "").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else text or None


ASKS: dict[str, Ask] = {
    Control.PAUSE: _plain(pause_batch),
    Control.RESUME: _resume,
    Control.STOP: _plain(stop_batch),
    Control.SKIP: _skip,
    Control.SETTINGS: _settings,
    Control.RESTART: _plain(restart_batch),
    Control.RERUN: _rerun,
    ANSWER: _answer,
    KEEP: _plain(partial(keep_batch, keep=True)),
    RELEASE: _plain(partial(keep_batch, keep=False)),
}
