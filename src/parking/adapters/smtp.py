"""E-mail by SMTP: a plain text that says that there is something to read, and nothing more.

``smtp://`` is for a relay on our own network, ``smtp+starttls://`` and ``smtps://`` for one beyond
it; a name and a password are used where they are given.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog

from parking.adapters.transport import trust
from parking.ports import Rejected, Unavailable

SYSTEM: Final = "mail"
PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

_PERMANENT: Final = 500

log = structlog.get_logger("parking.outside")


class Smtp:
    """A mail server that takes what we send from *sender*."""

    def __init__(
        self,
        *,
        address: str,
        sender: str,
        user: str = "",
        password_file: Path | str | None = None,
        ca_file: Path | str | None = None,
        timeout: float = 5.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"not the address of a mail server: {address}")
        self._scheme = parts.scheme
        self._host, self._port = parts.hostname, parts.port or PORTS[parts.scheme]
        self._sender = sender
        self._user = user
        self._password_file = None if password_file is None else Path(password_file)
        self._trust = trust(ca_file)
        self._timeout = timeout
        self._before_call = before_call

    def close(self) -> None:
        """Do nothing: each e-mail has a connection of its own."""

    def send(self, *, message_id: str, to: str, subject: str, text: str) -> None:
        """Send a plain text; no personal data may be in it.

        :raises Unavailable: if it is not certain that it was taken.
        :raises Rejected: if the receiver is refused, or cannot be one.
        """
        message = self._message(message_id=message_id, to=to, subject=subject, text=text)
        if self._before_call is not None:
            self._before_call()
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refusal:
            codes = [code for code, _ in refusal.recipients.values()]
            raise self._failure(max(codes, default=_PERMANENT)) from None
        except smtplib.SMTPResponseException as refusal:
            raise self._failure(refusal.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise self._failure(_PERMANENT) from None
        except (smtplib.SMTPException, OSError) as failure:
            log.info("asked outside", system=SYSTEM, operation="send", outcome="unavailable")
            raise Unavailable(f"{SYSTEM}: {type(failure).__name__}") from None
        log.info("asked outside", system=SYSTEM, operation="send", outcome="answered")

    def _connected(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=self._trust
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
            if self._scheme == "smtp+starttls":
                server.starttls(context=self._trust)
        if self._user and self._password_file is not None:
            server.login(self._user, self._password_file.read_text("utf-8").strip())
        return server

    def _message(self, *, message_id: str, to: str, subject: str, text: str) -> EmailMessage:
        if "@" not in parseaddr(to)[1] or parseaddr(to)[1] != to:
            raise Rejected(f"{SYSTEM}: the receiver is no e-mail address")
        message = EmailMessage()
        try:
            message["Message-ID"] = f"<{message_id}@{parseaddr(self._sender)[1].partition('@')[2]}>"
            message["Date"] = formatdate(localtime=False)
            message["From"], message["To"], message["Subject"] = self._sender, to, subject
        except (ValueError, MessageError):
            raise Rejected(f"{SYSTEM}: what was to be sent cannot be written") from None
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message

    def _failure(self, code: int) -> Rejected | Unavailable:
        outcome = "rejected" if code >= _PERMANENT else "unavailable"
        log.info("asked outside", system=SYSTEM, operation="send", outcome=outcome, status=code)
        error = Rejected if code >= _PERMANENT else Unavailable
        return error(f"{SYSTEM}: status {code}")
