"""The application of everything that runs, records and shows batches."""

from __future__ import annotations

import gc
import os

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.translation import gettext_lazy as _


class ControlConfig(AppConfig):
    default = True
    name = "control"
    label = "control"
    verbose_name = _("Control")

    def ready(self) -> None:
        # Importing them registers them, which Django wants done here and not before.
        from control import checks  # noqa: F401, PLC0415

        if "Q_CLUSTER_NAME" in os.environ:
            from control.worker import warm_up  # noqa: F401, PLC0415  (before the cluster forks its workers)

        gc.freeze()
        gc.enable()


class AdminConfig(SimpleAdminConfig):
    """Django's admin with our own site. Discovered by the addresses: clusters and housekeeping need no page."""

    default_site = "control.admin.site.GwanjeAdminSite"
