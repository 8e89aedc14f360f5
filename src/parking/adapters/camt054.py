"""The bank by ISO 20022 camt.054: notifications of what was booked on our account.

How a bank hands its files over is its own; here they are asked for over HTTPS, by the number of the
last one read (ASSUMED). A notification is read whole or not at all: the payments of an entry add up
to it, or nothing of it is believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from lxml import etree

from parking.adapters import soap
from parking.adapters.transport import Transport
from parking.law.money import Money, total
from parking.ports import Unavailable
from parking.ports.bank import BEGINNING, BankEntry, BankPage

SYSTEM: Final = "bank"

#: Versions that have all we read in the same place.
_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.054\.001\.(0[2-9]|1\d)")
_BOOKED: Final = "BOOK"
_ACCOUNT: Final = re.compile(r"[A-Z0-9]{5,34}")


class Notifications:
    """:class:`~parking.ports.bank.Bank` by camt.054 files."""

    def __init__(
        self,
        *,
        address: str,
        secret_file: Path | str,
        ca_file: Path | str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 10.0,
        deadline: float = 20.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._secret_file = Path(secret_file)
        self._transport = Transport(
            SYSTEM,
            address,
            ca_file=ca_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            headers=lambda: {
                "Authorization": f"Bearer {self._secret_file.read_text('utf-8').strip()}"
            },
            before_call=before_call,
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def entries(self, since: str) -> BankPage:
        """Return what was booked after the cursor *since*: one notification at a time.

        :raises Unavailable: if it did not answer, or with what does not add up.
        :raises Rejected: if it would not answer us.
        """
        after = 0 if since == BEGINNING else int(since)
        response = self._transport.request(
            "GET",
            "/notifications",
            operation="notifications",
            repeatable=True,
            params={"after": after},
        )
        if not response.content:
            return BankPage(entries=(), next=since, more=False)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in {"application/xml", "text/xml"}:
            raise Unavailable(f"{SYSTEM}: answered {kind or 'something'} for a notification")
        number, entries = read(response.content)
        if number != after + 1:
            raise Unavailable(f"{SYSTEM}: a notification is missing, or comes again")
        return BankPage(entries=entries, next=str(number), more=True)


def read(document: bytes) -> tuple[int, tuple[BankEntry, ...]]:
    """Return the number of a notification, and what it tells.

    :raises Unavailable: if it is none, or does not add up.
    """
    root = soap.parse(document, system=SYSTEM)
    name = etree.QName(root)
    if name.localname != "Document" or not _NAMESPACE.fullmatch(name.namespace or ""):
        raise Unavailable(f"{SYSTEM}: a notification is no camt.054")
    names = {"c": name.namespace or ""}
    found = root.findall("c:BkToCstmrDbtCdtNtfctn/c:Ntfctn", names)
    if len(found) != 1:
        raise Unavailable(f"{SYSTEM}: {len(found)} notifications in one")
    number = soap.text(found[0], "c:ElctrncSeqNb", names) or ""
    if not (number.isascii() and number.isdecimal()):
        raise Unavailable(f"{SYSTEM}: a notification has no number")
    entries: list[BankEntry] = []
    for entry in found[0].iterfind("c:Ntry", names):
        entries += _payments(entry, names)
    if len({each.reference for each in entries}) != len(entries):
        raise Unavailable(f"{SYSTEM}: two entries have one reference")
    return int(number), tuple(entries)


def _payments(entry: etree._Element, names: dict[str, str]) -> list[BankEntry]:
    """Return the payments of one entry: nothing of one that is not booked yet."""
    state = soap.text(entry, "c:Sts/c:Cd", names) or soap.text(entry, "c:Sts", names)
    if state != _BOOKED:
        return []
    try:
        booked = date.fromisoformat((soap.text(entry, "c:BookgDt/c:Dt", names) or "")[:10])
    except ValueError:
        raise Unavailable(f"{SYSTEM}: an entry has no day") from None
    sum_of_all = _amount(entry, names)
    payments = [
        _payment(each, booked, names) for each in entry.iterfind("c:NtryDtls/c:TxDtls", names)
    ]
    if total(each.amount for each in payments) != sum_of_all:
        raise Unavailable(f"{SYSTEM}: an entry does not add up")
    return payments


def _payment(of: etree._Element, booked: date, names: dict[str, str]) -> BankEntry:
    reference = soap.text(of, "c:Refs/c:AcctSvcrRef", names)
    if reference is None:
        raise Unavailable(f"{SYSTEM}: a payment has no reference")
    slip = "c:RmtInf/c:Strd/c:CdtrRefInf"
    return BankEntry(
        reference=reference,
        amount=_amount(of, names),
        booked=booked,
        slip_type=soap.text(of, f"{slip}/c:Tp/c:CdOrPrtry/c:Prtry", names) or "",
        slip_id=soap.text(of, f"{slip}/c:Ref", names) or "",
        text=soap.text(of, "c:RmtInf/c:Ustrd", names) or "",
        payer=_payer(of, names),
    )


def _payer(of: etree._Element, names: dict[str, str]) -> str:
    """Return the account that the money came from; nothing if it is not told, or is none."""
    account = "c:RltdPties/c:DbtrAcct/c:Id"
    told = soap.text(of, f"{account}/c:IBAN", names) or soap.text(
        of, f"{account}/c:Othr/c:Id", names
    )
    number = (told or "").replace(" ", "").upper()
    return number if _ACCOUNT.fullmatch(number) else ""


def _amount(of: etree._Element, names: dict[str, str]) -> Money:
    """Return an amount with its sign: what is debited is below zero."""
    amount = of.find("c:Amt", names)
    way = soap.text(of, "c:CdtDbtInd", names)
    if amount is None or amount.get("Ccy") != "DKK" or way not in {"CRDT", "DBIT"}:
        raise Unavailable(f"{SYSTEM}: an amount cannot be read")
    try:
        ore = Decimal(amount.text or "") * 100
        whole = ore.to_integral_value()
    except InvalidOperation:
        raise Unavailable(f"{SYSTEM}: an amount cannot be read") from None
    if ore != whole or ore < 0:
        raise Unavailable(f"{SYSTEM}: an amount is not in whole øre")
    return Money(int(whole)) if way == "CRDT" else Money(-int(whole))
