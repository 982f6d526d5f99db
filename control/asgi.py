"""The web process: pages, admin and API over HTTP, live events over sockets."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "control.settings")
# Requests come on many threads here, each of which would keep a connection to the database: they share a few.
os.environ.setdefault("GWANJE_DATABASE_POOL", "yes")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from control.live.routes import websocket  # noqa: E402  needs the applications to be loaded

application = ProtocolTypeRouter({"http": http, "websocket": websocket})
