"""Files that batches work on: what belongs together, and each file as it was read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class Dataset(models.Model):
    """Usable once it is READY: listed, counted and hashed by a process of its own. `sha256` stands for its content:
    two datasets with the same files under the same paths have the same. It is empty until that is known: of what was
    sent in one request when all of it is there, else when it has been read.
    """

    class Kind(models.TextChoices):
        UPLOAD = "UPLOAD", _("Uploaded files")
        FOLDER = "FOLDER", _("Folder")
        BUCKET = "BUCKET", _("Object storage")

    class State(models.TextChoices):
        RECEIVING = "RECEIVING", _("Receives files")
        READING = "READING", _("Is being read")
        READY = "READY", _("Ready")
        FAILED = "FAILED", _("Cannot be read")
        REMOVED = "REMOVED", _("Removed")  # its files are gone; batches that used it still name it

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    # Where its files lie: a folder on the station's host, or "bucket/prefix"; empty for what was uploaded.
    location = models.CharField(_("location"), max_length=1000, blank=True)
    # whose host reads it
    station = models.ForeignKey("stations.Station", models.PROTECT, verbose_name=_("station"), related_name="datasets")
    state = models.CharField(_("state"), max_length=9, choices=State.choices)
    message = models.TextField(_("message"), blank=True)  # why it cannot be read
    total_files = models.PositiveIntegerField(_("files"), default=0)
    read_files = models.PositiveIntegerField(_("files read"), default=0)
    bad_files = models.PositiveIntegerField(_("files with a problem"), default=0)
    total_bytes = models.BigIntegerField(_("size"), default=0)
    sha256 = models.CharField(_("checksum of the content"), max_length=64, blank=True)
    reader_losses = models.PositiveSmallIntegerField(_("times its reader died"), default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("user"), null=True)
    submitted_by = models.CharField(_("made by"), max_length=150)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        constraints = [
            models.CheckConstraint(condition=~Q(state="READY") | ~Q(sha256=""), name="dataset_ready_has_checksum")
        ]
        indexes = [models.Index(fields=["state", "station"], name="dataset_by_state")]

    def __str__(self) -> str:
        return self.name


class DatasetFile(models.Model):
    """One file of a dataset. A batch that works on the dataset has it as an item with the same `index`."""

    dataset = models.ForeignKey(
        Dataset, models.CASCADE, verbose_name=_("dataset"), related_name="files", db_index=False
    )
    index = models.PositiveIntegerField(_("number"))  # from 0, in the order of the paths
    path = models.CharField(_("path"), max_length=1000)  # within the dataset, with "/"
    size = models.BigIntegerField(_("size"))  # bytes
    modified_ns = models.BigIntegerField(_("modified"), default=0)  # nanoseconds since the epoch, where it has a time
    sha256 = models.CharField(_("checksum"), max_length=64, blank=True)  # empty until it is read
    media_type = models.CharField(_("media type"), max_length=100, blank=True)
    width = models.PositiveIntegerField(_("width"), null=True)  # pixels, of an image
    height = models.PositiveIntegerField(_("height"), null=True)
    thumbnail = models.BooleanField(_("has a thumbnail"), default=False)
    problem = models.CharField(_("problem"), max_length=300, blank=True)  # why it cannot be read, or is no such image

    class Meta:
        verbose_name = _("file of a dataset")
        verbose_name_plural = _("files of datasets")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "index"], name="dataset_file_once_per_index"),
            models.UniqueConstraint(fields=["dataset", "path"], name="dataset_file_once_per_path"),
        ]
        ordering = ["dataset", "index"]

    def __str__(self) -> str:
        return self.path
