"""The files behind attachments: below the data directory of the host on which the batch ran, a folder per batch."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from control.lifecycle.refusals import NotFound
from control.models import Attachment, Batch, Item
from stations.models import Station


def find_attachment(batch_id: UUID, attachment_id: UUID) -> Attachment:
    """Raises NotFound."""
    found = Attachment.objects.filter(pk=attachment_id, batch=batch_id).select_related("batch").first()
    if found is None:
        raise NotFound(_("Batch %(batch)s has no attachment %(id)s.") % {"batch": batch_id, "id": attachment_id})
    return found


def file_of(attachment: Attachment) -> Path:
    """Where its content lies. Raises NotFound, which says on which host, when it is not here."""
    return _kept_file(attachment.batch, attachment.batch.station, attachment.name, attachment.sha256)


def file_of_item(batch: Batch, item: Item, kept: Mapping[str, Any]) -> Path:
    """Where a file that was made from an item lies: on the host of the lane that worked on it. Raises likewise."""
    station = Station.objects.filter(slots=item.slot).first() or batch.station
    return _kept_file(batch, station, kept["name"], kept["sha256"])


def _kept_file(batch: Batch, station: Station, name: str, sha256: str) -> Path:
    path = settings.STATION_PATHS.attachments_of(str(batch.pk)) / sha256
    if path.is_file():
        return path
    words = {"name": name, "station": station.pk, "host": station.host, "path": path}
    if station.host == socket.gethostname():
        raise NotFound(_("The file of '%(name)s' is gone: it was %(path)s. A backup may have it.") % words)
    raise NotFound(
        _("The file of '%(name)s' is on the host of station %(station)s, %(host)s. Ask the web process there.") % words
    )


def remove_files(batch_id: UUID) -> None:
    """Delete the files of a batch whose rows are gone, also those that nothing referred to."""
    shutil.rmtree(settings.STATION_PATHS.attachments_of(str(batch_id)), ignore_errors=True)


def remove_unknown(older_than_s: float) -> None:
    """Delete old folders of batches that are gone: a run on another host, or one that was killed, has left them."""
    folders = {found: path for path in settings.STATION_PATHS.attachments.glob("*") if (found := _batch_of(path))}
    known = set(Batch.objects.filter(pk__in=folders).values_list("pk", flat=True))
    for batch_id, path in folders.items():
        if batch_id not in known and time.time() - path.stat().st_mtime > older_than_s:
            shutil.rmtree(path, ignore_errors=True)


def _batch_of(folder: Path) -> UUID | None:
    try:
        return UUID(folder.name)
    except ValueError:
        return None
