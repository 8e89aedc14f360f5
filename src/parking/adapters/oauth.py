"""OAuth 2 client credentials: a token that is asked for once and kept until it is about to end."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final

from parking.adapters.transport import Transport
from parking.ports import Unavailable

SECONDS_EARLY: Final = 60  #: a token is not used for the last of its time


class ClientCredentials:
    """Our name and secret at one token endpoint, *login*. Safe to share between threads."""

    def __init__(
        self, login: Transport, *, client_id: str, secret_file: Path | str, scope: str
    ) -> None:
        self._login = login
        self._client_id = client_id
        self._secret_file = Path(secret_file)
        self._scope = scope
        self._lock = threading.Lock()
        self._token = ""
        self._token_ends = 0.0

    def token(self) -> str:
        """Return a token.

        :raises Unavailable: if there was no answer, or one that is no token.
        :raises Rejected: if we are not known there.
        """
        with self._lock:
            if time.monotonic() >= self._token_ends:
                asked = time.monotonic()
                answer = self._login.json(
                    self._login.request(
                        "POST",
                        operation="token",
                        repeatable=True,
                        data={
                            "grant_type": "client_credentials",
                            "client_id": self._client_id,
                            "client_secret": self._secret_file.read_text("utf-8").strip(),
                            "scope": self._scope,
                        },
                    )
                )
                try:
                    self._token, lasts = str(answer["access_token"]), float(answer["expires_in"])
                except (KeyError, TypeError, ValueError):
                    system = self._login.system
                    raise Unavailable(f"{system}: token: answered something else") from None
                self._token_ends = asked + max(lasts - SECONDS_EARLY, 0)
            return self._token

    def forget(self) -> None:
        """Ask anew the next time: the token was not accepted."""
        with self._lock:
            self._token_ends = 0.0
