"""How the shell around every page looks: names, colours, navigation. Data for django-unfold, read by the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

NAME = "관제 Gwanje"
# The blue of a running batch. In the skin's own notation, from light to dark.
PRIMARY = {
    "50": "oklch(97% .014 254.604)",
    "100": "oklch(93.2% .032 255.585)",
    "200": "oklch(88.2% .059 254.128)",
    "300": "oklch(80.9% .105 251.813)",
    "400": "oklch(70.7% .165 254.624)",
    "500": "oklch(62.3% .214 259.815)",
    "600": "oklch(54.6% .245 262.881)",
    "700": "oklch(48.8% .243 264.376)",
    "800": "oklch(42.4% .199 265.638)",
    "900": "oklch(37.9% .146 265.522)",
    "950": "oklch(28.2% .091 267.935)",
}


def skin_settings() -> dict[str, Any]:
    """The settings of django-unfold."""
    return {
        "SITE_TITLE": NAME,
        "SITE_HEADER": NAME,
        "SITE_SUBHEADER": "control.pages.branding.station_name",
        "SITE_URL": None,
        "SITE_SYMBOL": "monitoring",
        "ENVIRONMENT": "control.pages.branding.database_kind",
        "SHOW_LANGUAGES": True,
        "LANGUAGES": {"action": lambda request: reverse("control:language")},
        "STYLES": [lambda request: static("control/shell.css")],
        "SCRIPTS": [],
        "COLORS": {"primary": PRIMARY},
        "SIDEBAR": {
            "show_search": False,  # it would look through names of lists; each list finds its own rows
            "navigation": _navigation(),
        },
    }


def _navigation() -> list[dict[str, Any]]:
    """The sidebar: who may see sees the pages of rows, who may administer also users and keys."""
    live = {**_page(_("Live control"), "monitoring", "control:overview"), "active": _on_live_pages}
    return [
        {
            "title": _("Operation"),
            "items": [
                live,
                {**_page(_("Queue"), "low_priority", "control:queue"), "active": _on("queue")},
                {**_page(_("Sequences"), "lists", "control:sequences"), "active": _on("sequences")},
                {**_page(_("Datasets"), "photo_library", "control:datasets"), "active": _on("datasets")},
                _rows(_("Batches"), "inventory_2", "control_batch"),
                _rows(_("Steps"), "checklist", "control_step"),
                _rows(_("Measurements"), "straighten", "control_measurement"),
                _rows(_("Attachments"), "attach_file", "control_attachment"),
                _rows(_("Schedules"), "schedule", "control_schedule"),
            ],
        },
        {
            "title": _("History"),
            "separator": True,
            "items": [
                _rows(_("Events"), "receipt_long", "control_event"),
                _rows(_("Control events"), "touch_app", "control_controlevent"),
                _rows(_("Errors"), "error", "control_errorlog"),
                _rows(_("Streams"), "water", "control_stream"),
            ],
        },
        {
            "title": _("Bench"),
            "separator": True,
            "items": [
                _rows(_("Stations"), "dns", "stations_station"),
                _rows(_("Slots"), "grid_view", "stations_slot"),
                _rows(_("Instruments"), "speed", "stations_instrument"),
                {**_page(_("Statistics"), "bar_chart", "control:statistics"), "active": _on("statistics")},
                {**_page(_("Workers"), "engineering", "control:workers"), "active": _on("workers")},
                {**_page(_("System"), "monitor_heart", "control:system"), "active": _on("system")},
            ],
        },
        {
            "title": _("Access"),
            "separator": True,
            "items": [
                _rows(_("Users"), "person", "auth_user", to="may_administer"),
                _rows(_("Groups"), "group", "auth_group", to="may_administer"),
                _rows(_("API keys"), "key", "control_apikey", to="may_administer"),
                {"title": _("API documentation"), "icon": "api", "link": "/api/docs/"},
            ],
        },
    ]


def _page(title: Any, icon: str, address: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(address)}


def _rows(title: Any, icon: str, rows: str, *, to: str = "may_see") -> dict[str, Any]:
    """A list of rows in the admin, shown to those whom `to` lets in."""
    return {**_page(title, icon, f"admin:{rows}_changelist"), "permission": f"control.admin.registry.{to}"}


# pages below /control/ with an entry for themselves
OF_THEIR_OWN = ("queue", "sequences", "datasets", "statistics", "workers", "system")


def _on_live_pages(request: HttpRequest) -> bool:
    """Only there: the skin looks for the address anywhere in a path, and /admin/control/ holds it too."""
    return request.path.startswith("/control/") and not any(_on(name)(request) for name in OF_THEIR_OWN)


def _on(name: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.path.startswith(f"/control/{name}/")
