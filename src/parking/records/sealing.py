"""Person numbers at rest: sealed so that a copy of the database tells nothing, and still findable.

Sealing is AES-256-GCM; the place a value belongs to (table, field, row) is authenticated with it,
so a value moved to another row does not open. Finding is by a keyed fingerprint (HMAC-SHA256).

The secrets come from a file that the database and its backups never hold: one a line, at least 32
characters each. The last line seals; every line opens, so a new secret is added at the end. The
fingerprint is made with the first, which therefore stays.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotOpen(ValueError):
    """A sealed value is damaged, stands in the wrong place, or its key is gone."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys in force: every sealing key by its id, the one used now, and the fingerprint key."""

    sealing: dict[str, bytes] = field(repr=False)
    current: str
    fingerprint: bytes = field(repr=False)
    customer: bytes = field(repr=False)

    def seal(self, text: str, *, place: str) -> bytes:
        """Return *text* sealed for *place*, with the id of the key in front."""
        nonce = os.urandom(12)
        sealed = AESGCM(self.sealing[self.current]).encrypt(nonce, text.encode(), place.encode())
        return self.current.encode() + b":" + nonce + sealed

    def open(self, sealed: bytes, *, place: str) -> str:
        """Return what was sealed for *place*.

        :raises CannotOpen: if it was sealed for another place or with a key we do not have.
        """
        key_id, _, rest = bytes(sealed).partition(b":")
        try:
            key = self.sealing[key_id.decode()]
            return AESGCM(key).decrypt(rest[:12], rest[12:], place.encode()).decode()
        except (KeyError, InvalidTag, UnicodeDecodeError, ValueError):
            raise CannotOpen(place) from None

    def fingerprint_of(self, person_number: str) -> str:
        """Return the fingerprint by which a person number is found again."""
        return hmac.new(self.fingerprint, person_number.encode(), hashlib.sha256).hexdigest()

    def customer_of(self, person_number: str) -> str:
        """Return the customer number a person has in the accounts, which never see the number."""
        digest = hmac.new(self.customer, person_number.encode(), hashlib.sha256).hexdigest()
        return "P" + digest[:19].upper()

    @classmethod
    def of(cls, secrets: list[str], customer: bytes) -> Keys:
        """Return the keys made from *secrets*, and the key shared with the accounts.

        :raises ValueError: if there is no secret, or one is too short to be one.
        """
        if not secrets or min(map(len, secrets)) < _SHORTEST_SECRET:
            raise ValueError("the file of sealing keys needs a secret of 32 characters a line")
        sealing = {
            hashlib.sha256(secret.encode()).hexdigest()[:8]: _derived(secret, b"sealing")
            for secret in secrets
        }
        return cls(
            sealing=sealing,
            current=list(sealing)[-1],
            fingerprint=_derived(secrets[0], b"fingerprint"),
            customer=customer,
        )


_SHORTEST_SECRET = 32


def _derived(secret: str, use: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=use).derive(secret.encode())


@lru_cache(maxsize=1)
def keys() -> Keys:
    """Return the keys that the settings name the files of."""
    return Keys.of(
        Path(settings.SEALING_KEYS_FILE).read_text().split(),
        Path(settings.CUSTOMER_KEY_FILE).read_text().strip().encode(),
    )
