"""How the shell around every page looks: names, colours, navigation. Data for django-unfold, read by the settings."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def skin_settings() -> dict[str, Any]:
    """The settings of django-unfold."""
    return {
        "SITE_TITLE": _("Gwanje"),
        "SITE_HEADER": _("Gwanje"),
        "SITE_URL": None,
        "SITE_SYMBOL": "monitoring",
        "STYLES": [lambda request: static("control/shell.css")],
        "SCRIPTS": [],
        "SIDEBAR": {
            "show_search": True,
            "navigation": [
                {
                    "title": _("Operation"),
                    "items": [
                        {"title": _("Live control"), "icon": "monitoring", "link": reverse_lazy("control:overview")}
                    ],
                },
            ],
        },
    }
