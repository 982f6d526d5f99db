"""The scheme of a request, which the addresses in its answer repeat."""

from __future__ import annotations

import pytest

ASK = """
import asyncio
from control.asgi import application

async def scheme(kind):
    said = []
    async def answer(scope, receive, send):
        said.append(scope["scheme"])
    router = getattr(application, "application", application)
    router.application_mapping[kind] = answer
    await application({"type": kind, "scheme": {"http": "http", "websocket": "ws"}[kind]}, None, None)
    return said[0]

print(asyncio.run(scheme("http")), asyncio.run(scheme("websocket")))
"""


@pytest.mark.parametrize(
    ("origins", "schemes"),
    [
        ("", "http ws"),
        ("https://gwanje.example", "https wss"),
        ("https://gwanje.example,http://gwanje.example", "http ws"),
    ],
)
def test_scheme_is_that_of_the_trusted_origins(manage, origins, schemes):
    done = manage("shell", "--no-imports", "-c", ASK, GWANJE_TRUSTED_ORIGINS=origins)
    assert done.stdout.splitlines()[-1:] == [schemes], done.stderr
