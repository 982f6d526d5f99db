"""What the script of a batch's page says to people, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext as _

from control.models import Batch, ControlEvent, ErrorLog
from control.pages.words import dialog_words, labels
from control.states import State, StepOutcome, StepState

Words = dict[str, object]


def batch_words() -> Words:
    shown = {**_labels(), **_header(), **_prompts(), **_steps(), **_measurements(), **_controls(), **_log()}
    return {**shown, **dialog_words(), "copied": _("Copied")}


def priority_word(name: str) -> str:
    return str(Batch.Priority[name].label)


def _labels() -> Words:
    return {
        "states": labels(State),
        "outcomes": labels(StepOutcome),
        "step_states": labels(StepState),
        "categories": labels(ErrorLog.Category),
        "kinds": labels(ControlEvent.Kind),
        "faces": labels(ControlEvent.Face),
        "groups": {"setup": _("Setup"), "main": _("Main"), "teardown": _("Teardown")},
        "marginal": _("Marginal"),
    }


def _header() -> Words:
    return {
        "any_lane": _("any lane"),
        "outcome_marginal": _("%(outcome)s, marginal"),
        "preparing": _("Preparing"),
        "next_on_slot": _("Next on %(slot)s"),
        "next_on_lane": _("Next on a free lane"),
        "waits_on_slot": _("Waits for %(slot)s"),
        "waits_on_lane": _("Waits for a lane"),
        "ahead_on_slot": _("Waits for %(slot)s. Ahead of it: %(count)s"),
        "ahead_on_lane": _("Waits for a lane. Ahead of it: %(count)s"),
        "steps_done": _("%(done)s of %(total)s steps"),
        "retried": _("Tried again %(count)s"),
        "time_left": _("about %(time)s left"),
        "cause": _("First failure: %(step)s"),
        "error_so_far": _("An error has happened. The run goes on to its teardown."),
        "verdicts": _verdicts(),
        "safe": _("Safe state confirmed: %(instruments)s"),
        "not_safe": _("SAFE STATE NOT CONFIRMED: %(problems)s"),
        "traceback": _("Traceback"),
        "newest_errors": _("The newest %(count)s of %(total)s errors."),
    }


def _prompts() -> Words:
    return {
        "waits_for_answer": _("Waits for an answer"),
        "prompt_answered": _("Answered by %(by)s at %(time)s"),
        "prompt_unanswered": _("Nobody has answered in time."),
        "prompt_asked": _("Waits for an answer: %(question)s"),
        "prompt_since": _("since %(time)s"),
        "prompt_within": _("since %(time)s, for at most %(patience)s; pauses do not count"),
        "prompt_left": _("%(left)s left"),
        "prompt_field": _("Answer"),
        "prompt_send": _("Send the answer"),
        "prompt_yes": _("Yes"),
        "prompt_no": _("No"),
        "prompt_from_to": _("%(from)s – %(to)s %(unit)s"),
        "prompt_from": _("at least %(from)s %(unit)s"),
        "prompt_to": _("at most %(to)s %(unit)s"),
        "prompt_picture": _("Picture: %(name)s"),
        "prompt_no_picture": _("Its picture cannot be shown: the sequence was changed after it asked."),
        "prompt_not_yours": _("An operator answers this."),
        "question_and_answer": _("%(question)s: %(answer)s"),
    }


def _verdicts() -> Words:
    """By state and outcome; what has none of its own is told by its state."""
    return {
        "COMPLETED.PASS": _("Passed: every step ran and every limit held."),
        "COMPLETED.FAIL": _("Failed: not everything passed."),
        "MARGINAL": _("Passed, but marginal: a value is inside its limits and outside its comfortable band."),
        "COMPLETED": _("The run went to its end."),
        "LIMIT": _("Ended by a limit: the run used more than it may, the subject could not be judged."),
        "FAILED.TIMEOUT": _("Ended by a timeout: the subject could not be judged."),
        "FAILED": _("Ended by an error: the subject could not be judged."),
        "STOPPED": _("Stopped on request."),
        "ABORTED": _("Aborted: the run was ended by force."),
        "CRASHED": _("Crashed: the run died, the subject could not be judged."),
        "NEVER_BEGAN": _("It never began: nothing was run."),
    }


def _steps() -> Words:
    return {
        "attempt": _("attempt %(number)s"),
        "earlier_attempts": _("Earlier attempts: %(count)s"),
        "cut_short": _("Cut short"),
        "skip": _("Skip"),
        "to_be_skipped": _("to be skipped"),
        "skipped_by_request": _("Skipped on request"),
        "carried": _("Carried over: it did not run here."),
        "where_it_ran": _("Where it ran"),
        "in_and_out": _("%(taken)s in, %(given)s out"),
        "repetition": _("%(number)s of %(count)s"),
        "result": _("Result"),
        "result_folded": _("Result, %(size)s"),
        "result_left_out": _("Result: too large for this page. The API has it."),
        "more_measurements": _("More measurements: %(count)s"),
        "more_attachments": _("More attachments: %(count)s"),
        "open_picture": _("Open picture %(name)s"),
        "picture_missing": _("The picture is not on this host"),
        "steps_to_come": _("The steps appear when the run begins."),
        "no_steps": _("It ended before its first step."),
        "hidden_steps": _("Older attempts that are not shown here: %(count)s."),
    }


def _measurements() -> Words:
    return {
        "yes": _("yes"),
        "no": _("no"),
        "value_elsewhere": _("not loaded yet"),
        "points": _("%(count)s points"),
        "one_of": _("one of %(values)s"),
        "matches": _("matches %(pattern)s"),
        "marginal_outside": _("marginal outside %(band)s"),
        "marginal_below": _("marginal below %(limit)s"),
        "marginal_above": _("marginal above %(limit)s"),
        "first_rows": _("First %(count)s of %(total)s rows"),
        "all_rows": _("Rows"),
        "curve_of": _("Curve %(name)s: %(x)s from %(from)s to %(to)s, %(y)s from %(low)s to %(high)s"),
    }


def _controls() -> Words:
    return {
        "control_by": _("%(what)s: %(by)s, %(face)s"),
        "control_of_scope": _("%(what)s of %(scope)s: %(by)s, %(face)s"),
        "times": {
            "requested": _("requested %(time)s"),
            "delivered": _("delivered %(time)s"),
            "obeyed": _("obeyed %(time)s"),
        },
        "not_yet": "–",
        "skipped_step": _("step %(number)s, %(step)s"),
        "asked_again": _("asked for the same once more"),
        "modes": {
            "same": _("everything"),
            "failed_steps": _("only the steps that did not pass"),
            "from_step": _("from step %(step)s on"),
            "failed_items": _("only the items that failed"),
            "chunks": _("only the items of chosen chunks"),
        },
        "to_follower": _("To the new batch"),
        "changed_while_running": _("%(change)s (changed while it ran)"),
        "skip_title": _("Skip %(step)s"),
    }


def _log() -> Words:
    return {
        "lines_received": _("Events received: %(count)s"),
        "new_lines": _("New lines: %(count)s"),
        "step_ended": _("%(step)s (attempt %(attempt)s): %(outcome)s"),
        "batch_started": _("The run has begun."),
        "batch_paused": _("Paused"),
        "batch_resumed": _("Resumed"),
        "batch_ended": _("The run is over."),
        "batch_ended_with": _("The run is over: %(message)s"),
        "saved": _("saved %(name)s"),
        "manual_begun": _("%(by)s drives the instruments by hand."),
        "manual_answered": _("%(what)s: %(answer)s"),
        "manual_sent": _("sent"),
        "manual_ended": _("Manual control has ended: %(why)s."),
        "manual_whys": {
            "asked": _("somebody has ended it"),
            "given back": _("the instruments were given back"),
            "idle": _("nobody gave a command for long"),
            "stopped": _("the run was stopped"),
        },
        "attached": _("kept file %(name)s (%(size)s)"),
        "rungs": {
            "interrupt": _("The runner is asked to end its run: %(why)s."),
            "terminate": _("The runner did not end in time and is asked once more: %(why)s."),
            "kill": _("The runner is killed: %(why)s."),
        },
        "ladder_whys": {
            "stop": _("a stop was asked for"),
            "limit": _("a limit is exceeded"),
            "stop_expired": _("the grace of a stop ran out"),
            "timeout": _("it did not move on at its deadline"),
            "emergency": _("emergency stop"),
            "crashed": _("its job did not reach it"),
        },
        "patience": _("It has %(seconds)s s."),
    }
