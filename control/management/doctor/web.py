"""Whether the pages answer, at the address where their process really listens."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator

from django.conf import settings

from control.management.doctor import processes
from control.management.doctor.finding import Finding, attention, good, wrong
from control.management.listening import Address
from control.management.web_process import HEALTH

ANSWERS_S = 3.0


def look_at_web() -> Iterator[Finding]:
    web = processes.web()
    if web is None:
        if processes.warden() is None:
            yield good("No pages are served here")
        else:
            yield attention(
                "No web process of this station runs here.", "If no other host serves pages: manage.py serve_web"
            )
        return
    log = settings.STATION_PATHS.logs / "web.log"
    remedy = f"`manage.py start` starts a new one when it ends: kill -KILL {web.pid}. See {log}"
    found = processes.listens_at(web)
    if found is None:
        yield wrong(f"The web process ({web.pid}) listens nowhere.", remedy)
        return
    address = Address(*found)
    begun = time.monotonic()
    try:
        status, said = _ask(address)
    except (OSError, http.client.HTTPException) as error:
        yield wrong(
            f"The web process ({web.pid}) at {address.url} does not answer: {error or type(error).__name__}.", remedy
        )
        return
    took_ms = 1000 * (time.monotonic() - begun)
    if status == http.client.OK:
        yield good(f"{address.url} answers in {took_ms:.0f} ms")
    else:
        yield attention(f"{address.url} answers {status}: {said}", "See database and login: manage.py createsuperuser")


def _ask(address: Address) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address.from_here, address.port, timeout=ANSWERS_S)
    try:
        connection.request("GET", HEALTH, headers={"Host": "localhost"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()).get("detail", "")
    except ValueError:
        return answer.status, "no readable answer"
    finally:
        connection.close()
