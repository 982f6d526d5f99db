"""What the script that uploads files says to people."""

from __future__ import annotations

from django.utils.translation import gettext as _


def upload_words() -> dict[str, str]:
    return {
        "chosen": _("%(files)s files, %(size)s"),
        "hidden": _("%(count)s hidden files are left out."),
        "none": _("There is no file in it that could be sent."),
        "sending": _("Sending: %(sent)s of %(files)s files, %(size)s of %(whole)s"),
        "retrying": _("The connection broke. Trying again in %(seconds)s s."),
        "failed": _("Stopped after %(sent)s of %(files)s files: %(reason)s"),
        "go_on": _("Go on"),
        "upload": _("Upload"),
        "completing": _("Everything has arrived. It is being checked."),
        "refused": _("Not taken: %(count)s"),
        "refused_more": _("and %(count)s more"),
        "refused_go_on": _(
            "The other files have arrived. Complete the dataset without these, or send them under another name."
        ),
        "to_dataset": _("To the dataset"),
    }
