"""The application of what stands on the bench. The only Django in `stations`, besides its models."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StationsConfig(AppConfig):
    name = "stations"
    label = "stations"
    verbose_name = _("Stations")
