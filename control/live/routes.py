"""Which socket address leads where."""

from __future__ import annotations

from channels.routing import URLRouter

websocket = URLRouter([])
