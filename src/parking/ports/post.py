"""Letters and e-mail: Digital Post for what counts, e-mail only as a courtesy."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

BEGINNING: Final = ""  #: the cursor of whoever has read no receipt yet


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who has a box in Digital Post: a person, or a company by its company number."""

    number: str = field(repr=False)
    kind: Literal["person", "company"] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to one person or company, as a PDF."""

    letter_id: str  #: a UUID; the same letter sent twice has the same
    recipient: Recipient
    subject: str
    file_name: str
    pdf: bytes = field(repr=False)
    language: str
    link_text: str = ""
    link: str = ""  #: an address of ours the reader is invited to


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a letter that was taken."""

    letter_id: str
    delivered: bool  #: whether it lies in the receiver's box; otherwise it was rejected
    reason: str = ""  #: why it was rejected, in the post system's words
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage:
    """What receipts there are since a cursor."""

    receipts: tuple[Receipt, ...]
    next: str  #: where to go on
    more: bool  #: whether more is there already


class Post(Protocol):
    """Digital Post."""

    def reaches(self, recipient: Recipient) -> bool:
        """Tell whether letters reach this person or company digitally.

        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def send(self, letter: Letter) -> str:
        """Hand over *letter* and return the transaction id; harmless to repeat.

        :raises Unavailable: if it is not certain that it was taken: send it again as it is.
        :raises Rejected: if it will not have it like that.
        """
        ...

    def receipts(self, since: str) -> ReceiptPage | None:
        """Return the receipts that came after the cursor *since*, :data:`BEGINNING` for all.

        ``None`` if nobody tells us receipts here: then all we know is that a letter was taken.

        :raises Unavailable: if it did not answer, or with what means nothing.
        :raises Rejected: if it would not answer us.
        """
        ...


class Mail(Protocol):
    """E-mail."""

    def send(self, *, message_id: str, to: str, subject: str, text: str) -> None:
        """Send a plain text; no personal data may be in it.

        :raises Unavailable: if it is not certain that it was taken.
        :raises Rejected: if the receiver is refused.
        """
        ...
