"""Which socket address leads where."""

from __future__ import annotations

from channels.routing import URLRouter
from django.urls import path, re_path

from control.live.consumer import refuse_address, serve_page, serve_script

websocket = URLRouter([path("ws/", serve_page), path("ws/api/", serve_script), re_path("", refuse_address)])
