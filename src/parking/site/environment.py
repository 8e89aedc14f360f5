"""What the environment tells the portal. Secrets are paths to files, never values."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


class NotSet(KeyError):
    """The environment lacks something the portal cannot run without."""

    def __str__(self) -> str:
        return f"the environment variable {self.args[0]} is not set; see docs/operating/settings.md"


def text(name: str, default: str | None = None) -> str:
    """Return the variable *name*.

    :raises NotSet: if it is not set and there is no *default*.
    """
    value = os.environ.get(name, default)
    if value is None:
        raise NotSet(name)
    return value


def secret(name: str) -> str:
    """Return what the file named by the variable *name* holds.

    :raises NotSet: if the variable is not set.
    """
    return Path(text(name)).read_text().strip()


def secrets(name: str) -> list[str]:
    """Return the words in the file named by the variable *name*; none if it is not set."""
    return secret(name).split() if name in os.environ else []


@dataclass(frozen=True, slots=True)
class Address:
    """Where a port of ours is answered: the adapter, and the address it is given."""

    adapter: str
    url: str


def address(name: str) -> Address:
    """Return the variable *name*, ``adapter+https://host/path``, taken apart.

    :raises NotSet: if it is not set.
    """
    adapter, plus, url = text(name).partition("+")
    return Address(adapter, url) if plus else Address(urlsplit(adapter).scheme, adapter)


def database() -> dict[str, object]:
    """Return Django's description of the database named by ``DATABASE_URL``.

    :raises NotSet: if it is not set.
    """
    url = urlsplit(text("DATABASE_URL"))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": url.port or "",
        # A connection for each request would cost more than the request.
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 5}},
        "CONN_MAX_AGE": 0,
    }
