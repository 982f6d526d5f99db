"""Which address leads to which face."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from control.admin.registry import register_pages

admin.autodiscover()
register_pages(admin.site)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="control:overview")),
    path("control/", include("control.pages.urls")),
    # The overview is the front page of the admin too: its sidebar leads to all rows.
    path("admin/", RedirectView.as_view(pattern_name="control:overview")),
    path("admin/", admin.site.urls),
    path("api/", include("control.api.urls")),
]
handler400 = "control.pages.errors.bad_request"
handler403 = "control.pages.errors.forbidden"
handler404 = "control.pages.errors.not_found"
handler500 = "control.pages.errors.server_error"
