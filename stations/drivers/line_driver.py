"""What drivers of line-based instruments share: one exchange at a time, and a clean start after one that went wrong."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from stations.contracts import InstrumentSettings
from stations.drivers.driver import Driver
from stations.drivers.instrument_error import InstrumentError


class Link(Protocol):
    """A connection that carries lines. Raises TimeoutError when time is up and another OSError when it is broken."""

    def send(self, line: str, timeout_s: float) -> None: ...

    def receive(self, timeout_s: float) -> str: ...

    def close(self) -> None: ...


class LineDriver(Driver):
    """Sends commands and questions as lines, and takes the next line for the answer.

    An exchange that is interrupted or runs out of time leaves an answer under way. The next exchange therefore
    begins with `restore`, so that the late answer is never taken for its own.
    """

    def __init__(self, settings: InstrumentSettings) -> None:
        super().__init__(settings)
        self.identity_query = str(settings["options"].get("identify", "*IDN?"))
        self._link: Link | None = None
        self._wanted = False  # between open and close
        self._clean = False  # nothing is under way

    @abstractmethod
    def open_link(self) -> Link:
        """A new connection. Raises OSError."""

    @abstractmethod
    def restore(self) -> None:
        """Come back to a connection on which nothing is under way."""

    def connect(self) -> None:
        self.renew_link()
        self._clean = True

    def renew_link(self) -> None:
        """Replace the connection. Whether it is clean is for the caller to say."""
        self._wanted = True  # first of all: an interruption here must not leave the driver closed
        self._drop_link()
        try:
            self._link = self.open_link()
        except OSError as error:
            problem = error.strerror or str(error) or "it does not answer"
            raise self.error(
                f"cannot be reached ({problem})", "check that it is switched on and its `resource` in station.yaml"
            ) from error

    def close(self) -> None:
        self._wanted = False
        self._drop_link()

    def _drop_link(self) -> None:
        self._clean = False
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def send(self, text: str) -> None:
        link = self._ready_link()
        self._clean = False
        try:
            link.send(text, self.timeout_s)
        except OSError as error:
            raise self._broken(text, error) from error
        # A question sent as a command leaves an answer that nobody reads.
        self._clean = "?" not in text

    def query(self, text: str) -> str:
        link = self._ready_link()
        self._clean = False
        try:
            link.send(text, self.timeout_s)
            reply = link.receive(self.timeout_s)
        except OSError as error:
            raise self._broken(text, error) from error
        self._clean = True
        return reply

    def identify(self) -> str:
        """What the instrument says it is. Raises WrongInstrument when `options.identity` expects another one."""
        return self.expect(self.query(self.identity_query))

    def _ready_link(self) -> Link:
        if not self._wanted:
            raise self.error("is not open", "open it before it is used")
        if self._link is None or not self._clean:
            self.restore()
        assert self._link is not None
        return self._link

    def _broken(self, text: str, error: OSError) -> InstrumentError:
        if isinstance(error, TimeoutError):
            remedy = f"check that it is switched on and knows the command, or raise `{self.timed_by}`"
            return self.error(f"did not answer {text!r} within {self.timeout_s:.3g} s", remedy)
        self._drop_link()
        reason = error.strerror or str(error) or type(error).__name__
        return self.error(f"was lost during {text!r} ({reason})", "check its power and its cable")
