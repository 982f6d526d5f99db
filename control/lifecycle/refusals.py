"""Why something was not done: one typed error per answer, each with a sentence that says what to do."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sequences.wording import quoted


class Refused(Exception):
    """Nothing was changed. `status` is what an HTTP face answers."""

    status = 409


class NotFound(Refused):
    """The thing addressed does not exist."""

    status = 404


def no_batch(batch_id: UUID) -> NotFound:
    return NotFound(_("There is no batch %(id)s. It may have been pruned.") % {"id": batch_id})


UNKNOWN = {
    "sequence": gettext_noop("There is no sequence '%(name)s'."),
    "slot": gettext_noop("There is no slot '%(name)s'."),
    "station": gettext_noop("There is no station '%(name)s'."),
    "step": gettext_noop("There is no step '%(name)s'."),
    "instrument": gettext_noop("The slot has no instrument '%(name)s'."),
    "command": gettext_noop("The instrument has no command '%(name)s'."),
}


class UnknownName(Refused):
    """A name in the request stands for nothing. `what` is a key of UNKNOWN."""

    status = 400

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.what = what
        name, names = quoted(name), sorted(known)
        near = difflib.get_close_matches(name, names, 1)
        if near:
            hint = _("Did you mean '%(name)s'?") % {"name": near[0]}
        else:
            hint = _("Known: %(names)s.") % {"names": ", ".join(names)} if names else _("None is known.")
        super().__init__(f"{_(UNKNOWN[what]) % {'name': name}} {hint}")


class BadValue(Refused):
    """A value in the request cannot be used. `field` names it, where it is one of the request's own."""

    status = 400

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class UnknownDataset(BadValue):
    """No dataset has this id or name. There may be thousands, so that none is offered in its place."""


class NotAllowed(Refused):
    """Known, but this takes a right that whoever asks does not have."""

    status = 403


class WrongState(Refused):
    """The batch, slot, station or dataset is in a state that does not allow this. `field` as with BadValue."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


TOO_LONG = {
    "name": gettext_noop("The name has %(given)d characters, at most %(longest)d are kept. Shorten it."),
    "subject": gettext_noop("The subject has %(given)d characters, at most %(longest)d are kept. Shorten it."),
    "reason": gettext_noop("The reason has %(given)d characters, at most %(longest)d are kept. Shorten it."),
}


def check_text(what: str, text: str, longest: int) -> str:
    """Return the text. Raises BadValue when the database would cut or refuse it. `what` is a key of TOO_LONG."""
    if len(text) > longest:
        raise BadValue(_(TOO_LONG[what]) % {"given": len(text), "longest": longest}, field=what)
    if not can_be_kept(text):
        raise BadValue(_(UNKEPT), field=what)
    return text


UNSEEN = {
    "name": gettext_noop(
        "The name holds the invisible character %(code)s. Write it on one line, without such characters."
    ),
    "subject": gettext_noop(
        "The subject holds the invisible character %(code)s. Write it on one line, without such characters."
    ),
}
# Marks of Unicode that turn the order of letters around, also of what stands beside them in a list.
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_label(what: str, text: str, longest: int) -> str:
    """Return the text. Raises BadValue as `check_text` does, and for what would disturb a list that shows it.

    `what` is a key of UNSEEN.
    """
    check_text(what, text, longest)
    for letter in text:
        if letter in TURNING or unicodedata.category(letter) in ("Cc", "Zl", "Zp"):
            raise BadValue(_(UNSEEN[what]) % {"code": f"U+{ord(letter):04X}"}, field=what)
    return text


NEEDS_REASON = gettext_noop("A reset needs a reason: say why it is safe to go on.")


UNKEPT = gettext_noop("It holds a character that cannot be kept: U+0000, or half of a pair.")


def can_be_kept(text: str) -> bool:
    """Tell whether databases take every character of a text."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
