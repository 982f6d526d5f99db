"""The web process: pages, admin and API over HTTP, live events over sockets."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "control.settings")
# Requests come on many threads here, each of which would keep a connection to the database: they share a few.
os.environ.setdefault("GWANJE_DATABASE_POOL", "yes")

from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from control.body_limits import BodiesWithinLimits  # noqa: E402  needs the applications to be loaded
from control.live.routes import websocket  # noqa: E402


class OverHttps:
    """People come over HTTPS alone, and a proxy in front speaks it: addresses that are given out have to say so."""

    SCHEMES = {"http": "https", "websocket": "wss"}

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self.application({**scope, "scheme": self.SCHEMES[scope["type"]]}, receive, send)


application: Any = ProtocolTypeRouter({"http": BodiesWithinLimits(http), "websocket": websocket})
if settings.SESSION_COOKIE_SECURE:
    application = OverHttps(application)
