"""What scripts say to people: the texts of the shell and of the overview, in the language of the page."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from control.pages.told import told_sentences
from control.states import Control, InstrumentState, SlotState, State, StepOutcome


def shell_words() -> dict[str, object]:
    """For the scripts of every page."""
    return {
        "connection": {
            "connecting": _("Connecting"),
            "live": _("Live"),
            "offline": _("Connection lost"),
            "refused": _("Logged out"),
            "outdated": _("Reload needed"),
        },
        "connection_help": {
            "offline": _("What you see may be old. Trying to connect again."),
            "refused": _("You are not logged in any more, or may not see this. Log in to go on."),
            "outdated": _(
                "This page could not show something that came in, perhaps because Gwanje has been updated. "
                "Reload it to go on."
            ),
        },
        "log_in": _("Log in"),
        "reload": _("Reload"),
        "no_connection": _("Gwanje does not answer. Check the connection and try again."),
        "no_answer": _("Gwanje gave no readable answer. Try again."),
        "alerts": _("Alerts"),
        "alerts_new": _("Alerts, %(count)s new"),
        "alert_kinds": {
            "batch.ended": _("the batch has ended"),
            "control": _("somebody has intervened"),
            "prompt.asked": _("the run waits for an answer"),
            "error": _("an error"),
            "ladder": _("the guard is bringing it to an end"),
            "safe_state": _("a safe state is not confirmed"),
        },
        "bytes": _("%(count)s bytes"),
        "milliseconds": _("%(milliseconds)s ms"),
        "seconds": _("%(seconds)s s"),
        "minutes": _("%(minutes)s min"),
        "hours": _("%(hours)s h"),
        "open_batch": _("Open batch"),
        "close": _("Close"),
        "stopping": _("Emergency stop is under way …"),
        "stop_unconfirmed": _("Emergency stop: NOT CONFIRMED"),
        "stop_unreached": _("Emergency stop: NOT CONFIRMED, Gwanje does not answer"),
        "stop_unreached_help": _(
            "Switch the bench off by hand. On the station's own host this also works without pages: manage.py estop"
        ),
        "to_overview": _("To the overview"),
        "open_menu": _("Navigation"),
        "theme": _("Theme"),
        "sentences": told_sentences(),
    }


def labels(choices: type[TextChoices]) -> dict[str, str]:
    """The words for every value of a field, under the value."""
    return {choice.value: str(choice.label) for choice in choices}


def dialog_words() -> dict[str, object]:
    """For the dialogs that ask before something is done."""
    return {
        "stop_title": _("Stop %(name)s"),
        "reset_title": _("Reset %(scope)s"),
        "out_title": _("Take %(slot)s out of service"),
        "back_title": _("Put %(slot)s back into service"),
    }


def overview_words() -> dict[str, object]:
    """For the script of the overview."""
    return {
        **dialog_words(),
        "states": labels(State),
        "outcomes": labels(StepOutcome),
        "slot_states": labels(SlotState),
        "controls": labels(Control),
        "emergency_stop": _("Emergency stop"),
        "progress": _("Progress"),
        "done_and_left": _("%(percent)s · about %(time)s left"),
        "waits_for": _("Waits for %(place)s"),
        "waits_for_lane": _("Waits for a lane"),
        "any_lane": _("any lane"),
        "marginal": _("Marginal"),
        "no_step_yet": _("Not begun"),
        "reset": _("Reset"),
        "reset_station": _("Reset station %(station)s"),
        "no_reason": _("no reason given"),
        "latched_by": _("Emergency stop by %(by)s at %(time)s: %(reason)s"),
        "latched_without_name": _("Emergency stop at %(time)s: %(reason)s"),
        "waiting": _("%(count)s waiting"),
        "waits_for_answer": _("Waits for an answer"),
        "driven_by": _("%(by)s drives the instruments by hand"),
        "station_silent": _("Station does not answer"),
        "lost_contact": _("Lost contact since %(time)s"),
        "instruments": _("Instruments"),
        "instrument_states": labels(InstrumentState),
        "calibration_due": _("calibration due %(date)s"),
        "calibration_overdue": _("calibration was due %(date)s"),
        "out_by_person": _("Out of service since %(time)s (%(by)s): %(reason)s"),
        "out_by_health": _("Out of service since %(time)s, until its instruments are well again: %(reason)s"),
        "out_by_file": _("The station file does not name it any more."),
        "take_out_of_service": _("Take out of service"),
        "put_into_service": _("Put into service"),
        "unsafe_help": _("Its safe state is not confirmed. Check the instruments before anybody touches the bench."),
        "unsafe_since": _("NOT CONFIRMED since %(time)s: %(instruments)s"),
        "unsafe_confirmed": _("%(instruments)s confirmed OFF at %(time)s; waiting for an engineer to clear it"),
        "waits_for_instrument": _("%(instrument)s is used by %(name)s on %(slot)s"),
        "make_safe": _("Make safe"),
        "banner_latched": _("Emergency stop holds: %(slots)s"),
        "banner_latched_help": _("Nothing starts there until somebody resets it with a reason."),
        "banner_silent": _("Station does not answer: %(stations)s"),
        "banner_lost": _("Lost contact with station %(station)s since %(time)s"),
        "banner_lost_help": _(
            "Its slots and batches are shown as they were then. Look after its host and its network."
        ),
        "banner_silent_help": _("What is shown of it may be old. Start it on its host: manage.py serve_station"),
    }
