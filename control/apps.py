"""The application of everything that runs, records and shows batches."""

from __future__ import annotations

from django.apps import AppConfig


class ControlConfig(AppConfig):
    name = "control"
    label = "control"
    verbose_name = "Control"

    def ready(self) -> None:
        # Importing them registers them, which Django wants done here and not before.
        from control import checks  # noqa: F401, PLC0415
        from control.worker import warm_up  # noqa: F401, PLC0415
