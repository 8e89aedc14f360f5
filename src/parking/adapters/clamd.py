"""ClamAV's daemon: a file is streamed to it (``INSTREAM``), and it says OK or what it found."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from parking.ports import Rejected, Unavailable
from parking.ports.scanner import Infected

_PIECE: Final = 64 * 1024
_LONGEST_ANSWER: Final = 1000


class Clamd:
    """:class:`~parking.ports.scanner.Scanner` by the protocol of clamd (8)."""

    def __init__(
        self, *, address: str, timeout: float = 20.0, before_call: Callable[[], None] | None = None
    ) -> None:
        """*address* is ``tcp://host:port``."""
        parts = urlsplit(address)
        if parts.hostname is None or parts.port is None:
            raise ValueError("clamd needs tcp://host:port")
        self._place = (parts.hostname, parts.port)
        self._timeout = timeout
        self._before_call = before_call

    def scan(self, content: bytes) -> None:
        if self._before_call is not None:
            self._before_call()
        try:
            said = self._ask(content)
        except OSError as failure:
            raise Unavailable(f"clamd: {type(failure).__name__}") from failure
        if said == "stream: OK":
            return
        if said.startswith("stream: ") and said.endswith(" FOUND"):
            raise Infected(said.removeprefix("stream: ").removesuffix(" FOUND"))
        if "size limit exceeded" in said:
            raise Rejected("clamd: size limit exceeded")
        raise Unavailable("clamd: an answer that means nothing")

    def _ask(self, content: bytes) -> str:
        with socket.create_connection(self._place, timeout=self._timeout) as connection:
            connection.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), _PIECE):
                piece = content[at : at + _PIECE]
                connection.sendall(struct.pack("!I", len(piece)) + piece)
            connection.sendall(struct.pack("!I", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
                more = connection.recv(_LONGEST_ANSWER)
                if not more:
                    break
                answer += more
        return answer.rstrip(b"\0").decode("utf-8", "replace")
