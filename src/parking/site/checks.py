"""What `manage.py check --deploy` refuses: a portal that would talk to a pretend world.

Nothing is asked outside; only what the environment names is looked at.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from parking.site import environment, wiring

PORTS: Final = (
    "IDENTITY", "STAFF", "PERSONS", "VEHICLES", "ADDRESSES", "ZONES", "ACCOUNTS", "PAYMENTS",
    "CHARGES", "COLLECTION", "BANK", "POST", "MAIL",
)  # fmt: skip


@register(Tags.security, deploy=True)
def fit_for_production(**_: Any) -> list[CheckMessage]:
    """Return what keeps this environment from being production."""
    return [Error(problem, id="parking.E001") for problem in _problems()]


def _problems() -> Iterator[str]:
    if not settings.PORTAL_ADDRESS.startswith("https://"):
        yield "PORTAL_ADDRESS is not reached over TLS"
    for port in PORTS:
        try:
            host = urlsplit(environment.address(port).url).hostname or ""
        except environment.NotSet as missing:
            yield str(missing)
            continue
        if _is_loopback(host):
            yield f"{port} is answered on this machine: {host}"
    receipts = urlsplit(environment.text("POST_RECEIPTS", "")).hostname or ""
    if _is_loopback(receipts):
        yield f"POST_RECEIPTS is answered on this machine: {receipts}"
    try:
        wiring.outside()
    except (LookupError, OSError, ValueError) as wrong:
        yield f"the systems outside cannot be asked: {wrong}"
    authorities = environment.text("OUTSIDE_CA_FILE", "")
    if authorities and _is_of_the_sandbox(Path(authorities)):
        yield "OUTSIDE_CA_FILE trusts the sandbox"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_of_the_sandbox(file: Path) -> bool:
    try:
        trusted = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return False
    return any("sandkasse" in each.subject.rfc4514_string().lower() for each in trusted)
