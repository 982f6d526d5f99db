"""Local datagrams: a mailbox that answers its senders, and the bell that tells a supervisor to look."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

LARGEST = 1 << 18  # more than the kernel takes for one datagram (208 KiB by default)


def ring(sender: socket.socket, bell: Path) -> None:
    """Tell whoever listens that something is new. Nobody there, or deaf: no matter, they also look by themselves."""
    with suppress(OSError):
        sender.sendto(b"", socket.MSG_DONTWAIT, str(bell))


class Mailbox:
    """A datagram socket at a well-known path. Messages and answers are JSON objects."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the path cannot be bound."""
        path.unlink(missing_ok=True)
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)

    def fileno(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        self.socket.close()
        self.path.unlink(missing_ok=True)

    def messages(self) -> Iterator[tuple[dict[str, Any], str | bytes]]:
        """What has arrived, with the sender's address. What is not a JSON object is nobody's message."""
        while True:
            try:
                text, sender = self.socket.recvfrom(LARGEST)
            except BlockingIOError:
                return
            with suppress(ValueError):
                message = json.loads(text)
                if isinstance(message, dict):
                    yield message, sender

    def send(self, message: Any, address: str | bytes) -> None:
        """Never waits: a receiver that is gone or does not read gets nothing."""
        if address:
            with suppress(OSError):
                self.socket.sendto(json.dumps(message, ensure_ascii=False).encode(), address)
