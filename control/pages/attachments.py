"""The files that steps have kept, for people: an answer that is a page where there is no file."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.downloads import download
from control.access.rights import Right
from control.lifecycle.attached_files import find_attachment
from control.lifecycle.refusals import NotFound
from control.pages.inside import draw, needs


@require_safe
@needs(Right.SEE)
def attachment(request: HttpRequest, batch_id: UUID, attachment_id: UUID) -> HttpResponseBase:
    try:
        return download(find_attachment(batch_id, attachment_id))
    except NotFound as missing:
        title = _("No such file")
        return draw(request, "control/attachment_missing.html", title, 404, sentence=str(missing), batch_id=batch_id)
