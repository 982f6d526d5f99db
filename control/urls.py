"""Which address leads to which face."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

admin.autodiscover()

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="control:overview")),
    path("control/", include("control.pages.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("control.api.urls")),
]
