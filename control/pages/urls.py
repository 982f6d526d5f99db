"""The addresses of the pages."""

from __future__ import annotations

app_name = "control"
urlpatterns: list = []
