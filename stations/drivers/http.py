"""Any instrument or service that is spoken to over HTTP, with JSON in what is sent and said."""

from __future__ import annotations

import logging
import ssl
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from stations.contracts import InstrumentSettings
from stations.drivers.command import Value
from stations.drivers.driver import Driver
from stations.drivers.http_text import NO_BODY, Request, fill_request
from stations.drivers.instrument_error import InstrumentError

LARGEST_ANSWER = 4 * 1024 * 1024


def import_httpx() -> Any:
    import httpx  # noqa: PLC0415  (100 ms that a process without HTTP instruments need not spend)

    logging.getLogger("httpx").setLevel(logging.WARNING)  # else every exchange is a line in the story of a run
    return httpx


@cache
def certificates() -> ssl.SSLContext:
    """What a service over TLS is verified by. Read once in a process: it takes up to 0.1 s."""
    context: ssl.SSLContext = import_httpx().create_ssl_context()
    return context


class HttpInstrument(Driver):
    """An instrument at `http://host[:port][/base]`. Its texts are requests: `PUT /output {"on": {value}}` and
    `GET /state /output/voltage`, where a JSON pointer says where the answer stands; without one it is the whole text.

    Options: `timeout_s` (2, for a whole exchange), `identify` (a request), `identity` (text that its answer contains),
    `headers` (a mapping) and `verify` (false: take any certificate). Every exchange has a connection of its own, so
    that an answer which comes late, or twice, never reaches the next one.
    """

    @classmethod
    def prepare(cls) -> None:
        import_httpx().Client(verify=certificates()).close()  # 0.2 s of imports and certificates

    def __init__(self, settings: InstrumentSettings) -> None:
        super().__init__(settings)
        options, parts = settings["options"], urlsplit(self.resource)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"its resource is no address like http://192.0.2.10:8080/api, it is {self.resource!r}")
        self.base = self.resource.rstrip("/")
        self.identify_text = str(options.get("identify", ""))
        if self.expected_identity and not self.identify_text:
            raise ValueError("`identity` needs `identify`, the request that asks for it")
        headers = options.get("headers", {})
        if not isinstance(headers, dict):
            raise ValueError("`headers` must be a mapping of names to values")
        self.headers = {str(name): str(value) for name, value in headers.items()}
        self.verify = bool(options.get("verify", True))
        for text in [*self.texts(), *filter(None, [self.identify_text])]:
            Request.parse(text)
        self._client: Any = None

    def open(self) -> None:
        self.probe()

    def probe(self) -> str:
        self.connect()
        if not self.identify_text:
            self.reach()
        return self.identify()

    def connect(self) -> None:
        self.close()
        httpx = import_httpx()
        self._client = httpx.Client(
            headers={"Connection": "close", **self.headers},
            verify=certificates() if self.verify and self.base.startswith("https") else False,
            follow_redirects=False,  # a command must reach the address that was written down, or fail
            trust_env=False,  # nor a proxy of the environment
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def send(self, text: str) -> None:
        self._exchange(text)

    def query(self, text: str) -> str:
        request, content = self._exchange(text)
        try:
            return request.answer(content)
        except ValueError as problem:
            raise self.error(f"answered {text!r} with {problem}", "compare it with the service's manual") from None

    def identify(self) -> str:
        """What the service says it is; empty when `options.identify` does not say how to ask."""
        return self.expect(self.query(self.identify_text)) if self.identify_text else ""

    def fill(self, template: str, value: Value, spelled: str) -> str:
        return fill_request(template, value, spelled)

    def _exchange(self, text: str) -> tuple[Request, str]:
        if self._client is None:
            raise self.error("is not open", "open it before it is used")
        try:
            request = Request.parse(text)
        except ValueError as problem:
            raise self.error("was not asked", str(problem)) from None
        httpx = import_httpx()
        body = {} if request.body is NO_BODY else {"json": request.body}
        try:
            status, content = self._said(request, body)
        except (httpx.TimeoutException, TimeoutError):
            remedy = f"check that it is switched on, or raise `{self.timed_by}`"
            raise self.error(f"did not answer {text!r} within {self.timeout_s:.3g} s", remedy) from None
        except httpx.ConnectError as error:
            remedy = "check that it is switched on and its `resource` in station.yaml"
            raise self.error(f"cannot be reached ({error})", remedy) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = str(error) or type(error).__name__
            raise self.error(f"was lost during {text!r} ({reason})", "check its power and its cable") from error
        if not 200 <= status < 300:
            raise self._refusal(text, status, content)
        return request, content

    def _said(self, request: Request, body: dict[str, Any]) -> tuple[int, str]:
        """Status and content, within the time for all of it: httpx itself would wait that long for every piece."""
        deadline = time.monotonic() + self.timeout_s
        content = bytearray()
        with self._client.stream(
            request.method, self.base + request.target, timeout=self.timeout_s, **body
        ) as response:
            for piece in response.iter_bytes():
                content += piece
                if time.monotonic() > deadline:
                    raise TimeoutError
                if len(content) > LARGEST_ANSWER:
                    raise OSError(f"its answer is larger than {LARGEST_ANSWER // 1024 // 1024} MiB")
        return response.status_code, content.decode(response.encoding or "utf-8", errors="replace")

    def _refusal(self, text: str, status: int, content: str) -> InstrumentError:
        said = f": {' '.join(content.split())[:120]}" if content.strip() else ""
        remedy = {
            401: "give its key in `options.headers`",
            403: "give its key in `options.headers`",
            404: "check the path, and the base in `resource`",
        }.get(status, "write the address that it leads to" if status < 400 else "compare it with the service's manual")
        return self.error(f"refused {text!r} ({status}{said})", remedy)
