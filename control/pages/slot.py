"""The page of one slot: its instruments, what they say, and everything to drive them by hand. Works without scripts."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from control.access.faces import actor_of
from control.access.rights import Right, may
from control.history.durations import duration_text
from control.history.facts import Facts, iso
from control.history.manual import BEGIN, END, GIVE_BACK, TAKE_OVER, read_manual
from control.lifecycle.actor import USER_REQUEST
from control.lifecycle.refusals import BadValue, NotFound, Refused
from control.lifecycle.slots.instruments import Asked, commands_of
from control.lifecycle.slots.manual import (
    await_answer,
    await_end,
    await_session,
    begin_session,
    command,
    end_session,
    find_slot,
    give_back,
    take_over,
)
from control.models import Batch, ControlEvent
from control.pages.answers import accepted, refused
from control.pages.inside import draw, needs
from control.pages.manual_words import answer_text, asked_words, manual_words, range_text, reading_text, said_of
from control.pages.told import told_text
from control.states import TERMINAL, InstrumentState, SlotState
from sequences.parameters import BOOLEANS, parse_value
from stations.models import Slot

ANSWERED_WITHIN_S = 2.0
SET, READ, RAW = "set", "read", "raw"
# As the cards of the overview, see static/control/overview_instruments.js.
SIGNS = {
    InstrumentState.PRESENT: "●",
    InstrumentState.ABSENT: "✕",
    InstrumentState.PROBLEM: "▲",
    InstrumentState.UNKNOWN: "○",
}
STEERING = {END: end_session, TAKE_OVER: take_over, GIVE_BACK: give_back}


@require_safe
@needs(Right.SEE)
def slot_page(request: HttpRequest, station: str, slot: str) -> HttpResponse:
    """Its script asks for it anew whenever something has happened, and takes over the parts that live."""
    try:
        row = find_slot(f"{station}/{slot}")
    except NotFound as error:
        unknown = _("No such slot")
        return draw(request, "control/slot_unknown.html", unknown, status=404, sentence=str(error))
    facts = read_manual(row)
    driven = bool(facts["manual_by"])
    health = {instrument["name"]: _health(instrument) for instrument in facts["slot"]["health"]}
    return draw(
        request,
        "control/slot.html",
        _("Slot %(slot)s") % {"slot": row.pk},
        **facts,
        state_word=SlotState(facts["slot"]["state"]).label,
        address=reverse("control:manual", args=[station, slot]),
        idle_ends=parse_datetime(facts["idle_ends_at"]) if facts["idle_ends_at"] else None,
        driven=driven,
        unwell=_unwell(facts),
        cards=[_card(instrument, health, driven=driven) for instrument in facts["instruments"]],
        history=[_told(event) for event in facts["commands"]],
        page_data={"slot": row.pk, "batch": facts["slot"]["batch"], "now": iso(timezone.now())},
        page_words=manual_words(),
    )


def _unwell(facts: Facts) -> dict[str, Any] | None:
    """What a slot lacks that only the health of its instruments keeps out of service: it can be driven all the same.

    `sources`: those among them that have a safe state, which nobody can confirm while they do not answer.
    """
    slot = facts["slot"]
    if (slot["out_of_service"] or {}).get("why") != "HEALTH":
        return None
    missing = {each["name"] for each in slot["health"] if each["problem"]}
    sources = [each["name"] for each in facts["instruments"] if each["safe_state"] and each["name"] in missing]
    return {"names": slot["out_of_service"]["reason"], "sources": ", ".join(sources)}


def _health(found: Facts) -> dict[str, str]:
    """How an instrument was found between two runs, in words."""
    state = InstrumentState(found["state"])
    milliseconds = found["response_ms"] if state is InstrumentState.PRESENT else None
    return {
        "state": state,
        "sign": SIGNS[state],
        "word": str(state.label),
        "response": "" if milliseconds is None else duration_text(max(1, milliseconds) / 1000),
        "problem": told_text(found["problem"]),
        "identity": found["identity"],
    }


def _card(instrument: Facts, health: dict[str, dict[str, str]], *, driven: bool) -> dict[str, Any]:
    """An instrument with a row for each of its commands."""
    return {
        **instrument,
        "health": health.get(instrument["name"]),
        "problem": told_text(instrument["problem"]),
        "kind": instrument["driver"].rpartition(".")[2],
        "rows": [
            {
                **each,
                "range": range_text(each),
                "reading": reading_text(each["value"], each["unit"]) if driven else "",
                "asks_first": each["type"] == "boolean" and instrument["safe_state"],
            }
            for each in instrument["commands"]
        ],
    }


def _told(event: Facts) -> dict[str, Any]:
    return {
        "id": event["id"],
        "at": parse_datetime(event["requested_at"]),
        "by": event["by"],
        "batch": event["batch"],
        "what": asked_words(event),
        "answer": answer_text(event),
        "wrong": bool(event["after"].get("error") or event["after"].get("note")),
        "took_ms": event["after"].get("took_ms"),
        "reason": "" if event["reason"] == USER_REQUEST else event["reason"],
    }


@require_POST
@needs(Right.OPERATE)
def manual(request: HttpRequest, station: str, slot: str) -> HttpResponse:
    """Begin, end, take over, give back, or command an instrument; answered with what came of it, if that is soon."""
    action = request.POST.get("action", "")
    if action == RAW and not may(request.user, Right.ENGINEER):
        raise PermissionDenied
    then = reverse("control:slot", args=[station, slot])
    actor = actor_of(request.user, ControlEvent.Face.PAGE)
    who = {"by": actor, "reason": request.POST.get("reason", "").strip() or USER_REQUEST}
    name = f"{station}/{slot}"
    try:
        if action == BEGIN:
            batch = await_session(begin_session(name, **who), ANSWERED_WITHIN_S)
            sentence, begun = _begun(batch, name)
            return accepted(request, sentence, then, sure=begun, good=begun, batch=str(batch.pk))
        if action in STEERING:
            event = STEERING[action](name, **who)
        else:
            event = command(name, _asked(find_slot(name), action, request.POST), **who)
        event = await_answer(event, ANSWERED_WITHIN_S)
        if action == END and event.batch is not None:
            await_end(event.batch, ANSWERED_WITHIN_S)  # so that a page without scripts shows it
    except Refused as error:
        return refused(request, error, then)
    sentence, sure = said_of(event)
    return accepted(request, sentence, then, sure=sure, good=sure)


def _begun(batch: Batch, slot: str) -> tuple[str, bool]:
    """What became of a session that somebody has begun, and whether it can be used."""
    if batch.manual_by:
        return _("The manual session on %(slot)s has begun.") % {"slot": slot}, True
    if batch.state in TERMINAL:
        sentence = _("The manual session on %(slot)s has ended: %(why)s")
    else:
        sentence = _("The manual session on %(slot)s could not begin yet. It begins by itself, unless you end it.")
    return sentence % {"slot": slot, "why": told_text(batch.message)}, False


def _asked(slot: Slot, action: str, fields: QueryDict) -> Asked:
    """What a form asks of an instrument; what somebody wrote, as the type that the command declares."""
    instrument, name = fields.get("instrument", ""), fields.get("command", "")
    if action == RAW:
        return Asked(instrument, text=fields.get("text", ""))
    if action == READ:
        return Asked(instrument, name)
    if action != SET:
        raise BadValue(_("There is no action '%(name)s'.") % {"name": action[:100]}, field="action")
    declared = commands_of(slot, slot.instruments.get(instrument, instrument)).get(name)
    text = fields.get("value", "")
    if declared is None:
        return Asked(instrument, name, text)
    if declared.type == "number":
        return Asked(instrument, name, parse_value(text.strip().replace(",", "."), "number"))
    return Asked(instrument, name, BOOLEANS.get(text, text) if declared.type == "boolean" else text.strip())
