"""Debt collection by MFFordringIndberet: SOAP 1.1 over TLS with our OCES3 certificate.

The authority's own schema is handed out to creditors who join, and was not to be had. Everything
about the wire is in this module, so that the real one can take its place; the names inside the
structures are ASSUMED, those of operations, actions, receipts and codes are theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Literal

from lxml import etree

from parking.adapters import soap
from parking.adapters.transport import Transport
from parking.law.money import Money
from parking.ports import Rejected, Unavailable
from parking.ports.collection import ActionReceipt, ActionState, Claim, CollectionNotice

SYSTEM: Final = "collection"
NAMESPACE: Final = "urn:oio:skat:efi:ws:1.0.1"
TYPE: Final = "PARKAFG"  #: ASSUMED: the code of a parking charge
KIND: Final = "INDR"  #: to be collected; a claim only to be set off would be MODR
DIGITS_OF_A_PERSON: Final = 10

STATES: Final = {
    "MODTAGET": ActionState.RECEIVED,
    "HOERING": ActionState.HEARING,
    "SAGSBEHANDL": ActionState.IN_WORK,
    "UDFOERT": ActionState.DONE,
    "AFVIST": ActionState.REFUSED,
}
_NOTICES: Final[dict[str, Literal["collected", "returned", "written_off"]]] = {
    "INDBETALING": "collected",
    "RETUR": "returned",
    "AFSKRIVNING": "written_off",
}
_WRITTEN_DOWN: Final = {"paid": "INDB", "annulled": "REGU"}
_RECALLED: Final = {"complaint": "KLAG", "mistake": "FEJL", "annulled": "ANNU"}
_NAMES: Final = {"mf": NAMESPACE}


class Collection:
    """:class:`~parking.ports.collection.DebtCollection` by MFFordringIndberet.

    *agreement* is our number as a creditor there.
    """

    def __init__(
        self,
        *,
        address: str,
        agreement: str,
        ca_file: Path | str | None,
        client_certificate_file: Path | str,
        connect_timeout: float = 3.0,
        read_timeout: float = 10.0,
        deadline: float = 15.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._agreement = agreement
        self._transport = Transport(
            SYSTEM,
            address,
            ca_file=ca_file,
            client_certificate_file=client_certificate_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
            connections=5,
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def submit(self, claim: Claim, *, action: int) -> ActionReceipt:
        """Hand a claim over.

        :raises Unavailable: if it is not certain that it was heard: send it again.
        :raises Rejected: if they would not take it like that.
        """
        structure = _element("MFOpretFordringStruktur")
        for name, said in (
            ("FordringhaverRef", claim.reference),
            ("FordringsType", TYPE),
            ("FordringArtKode", KIND),
        ):
            _add(structure, name, said)
        _add(structure, "Beloeb", _kroner(claim.amount)).set("valuta", "DKK")
        for name, day in (
            ("ForfaldsDato", claim.due),
            ("SidsteRettidigeBetalingsDato", claim.last_timely),
            ("ForaeldelsesDato", claim.time_barred),
        ):
            _add(structure, name, day.isoformat())
        liable = _add(structure, "MFHaeftelseStruktur")
        person = len(claim.debtor) == DIGITS_OF_A_PERSON
        _add(liable, "SkyldnerCPR" if person else "SkyldnerCVR", claim.debtor)
        return self._act("OPRETFORDRING", action, structure)

    def write_down(
        self, reference: str, *, action: int, amount: Money, on: date, reason: str
    ) -> ActionReceipt:
        """Tell that *amount* less is owed since *on*; *reason* is ``paid`` or ``annulled``."""
        structure = _element("MFNedskrivFordringStruktur")
        _add(structure, "FordringhaverRef", reference)
        _add(structure, "NedskrivningBeloeb", _kroner(amount)).set("valuta", "DKK")
        _add(structure, "VirkningsDato", on.isoformat())
        _add(structure, "AarsagKode", _WRITTEN_DOWN[reason])
        return self._act("NEDSKRIV", action, structure)

    def recall(self, reference: str, *, action: int, on: date, reason: str) -> ActionReceipt:
        """Take a claim back; *reason* is ``annulled``, ``complaint`` or ``mistake``."""
        structure = _element("MFTilbagekaldFordringStruktur")
        _add(structure, "FordringhaverRef", reference)
        _add(structure, "VirkningsDato", on.isoformat())
        _add(structure, "AarsagKode", _RECALLED[reason])
        return self._act("TILBAGEKALD", action, structure)

    def receipts(self, actions: tuple[int, ...]) -> tuple[ActionReceipt, ...]:
        """Return how each of *actions* stands; those they do not know are left out.

        :raises Unavailable: if they did not answer, or about something else.
        :raises Rejected: if they would not answer us.
        """
        if not actions:
            return ()
        question = self._question("MFKvitteringHent_I")
        for action in actions:
            _add(question, "AktionID", str(action))
        found = _receipts(self._ask(question, "MFKvitteringHent"))
        if not {each.action for each in found} <= set(actions):
            raise Unavailable(f"{SYSTEM}: answered about other actions")
        return found

    def notices(self, after: int) -> tuple[CollectionNotice, ...]:
        """Return what they did, by number, after the one with the number *after*.

        :raises Unavailable: if they did not answer, or with what means nothing.
        :raises Rejected: if they would not answer us.
        """
        question = self._question("MFUnderretSamlingHent_I")
        _add(question, "EfterLoebenummer", str(after))
        answer = self._ask(question, "MFUnderretSamlingHent")
        found = tuple(_notice(each) for each in answer.iterfind("mf:Underret", _NAMES))
        numbers = [after, *(each.number for each in found)]
        if numbers != sorted(set(numbers)):
            raise Unavailable(f"{SYSTEM}: notices are not in order")
        return found

    def _act(self, kind: str, action: int, structure: etree._Element) -> ActionReceipt:
        question = self._question("MFFordringIndberet_I")
        one = _add(_add(question, "FordringAktionSamling"), "FordringAktion")
        _add(one, "AktionKode", kind)
        _add(one, "AktionID", str(action))
        one.append(structure)
        found = _receipts(self._ask(question, "MFFordringIndberet"))
        if [each.action for each in found] != [action]:
            raise Unavailable(f"{SYSTEM}: answered about another action")
        return found[0]

    def _question(self, name: str) -> etree._Element:
        question = _element(name)
        _add(question, "AftaleNummer", self._agreement)
        return question

    def _ask(self, question: etree._Element, operation: str) -> etree._Element:
        """Ask. What is sent twice has the same number, so asking may be repeated."""
        try:
            answer = soap.ask(
                self._transport,
                question,
                action=f"{NAMESPACE}:{operation}",
                operation=operation,
            )
        except soap.Fault as fault:
            if fault.code == "Client":
                raise Rejected(f"{SYSTEM}: {operation}: it is not as it must be") from None
            raise Unavailable(f"{SYSTEM}: {operation}: fault {fault.code}") from None
        if answer.tag != f"{{{NAMESPACE}}}{operation}_O":
            raise Unavailable(f"{SYSTEM}: {operation}: answered something else")
        return answer


def _receipts(answer: etree._Element) -> tuple[ActionReceipt, ...]:
    found = []
    for each in answer.iterfind("mf:Kvittering", _NAMES):
        state = STATES.get(soap.text(each, "mf:AktionStatusKode", _NAMES) or "")
        number = soap.text(each, "mf:AktionID", _NAMES) or ""
        if state is None or not (number.isascii() and number.isdecimal()):
            raise Unavailable(f"{SYSTEM}: a receipt cannot be read")
        code = soap.text(each, "mf:FejlKode", _NAMES) or ""
        found.append(ActionReceipt(action=int(number), state=state, code=code))
    return tuple(found)


def _notice(each: etree._Element) -> CollectionNotice:
    kind = _NOTICES.get(soap.text(each, "mf:UnderretKode", _NAMES) or "")
    amount = each.find("mf:Beloeb", _NAMES)
    reference = soap.text(each, "mf:FordringhaverRef", _NAMES)
    if kind is None or amount is None or amount.get("valuta") != "DKK" or reference is None:
        raise Unavailable(f"{SYSTEM}: a notice cannot be read")
    try:
        ore = Decimal(amount.text or "") * 100
        on = date.fromisoformat(soap.text(each, "mf:Dato", _NAMES) or "")
        number = int(soap.text(each, "mf:Loebenummer", _NAMES) or "")
        if ore != ore.to_integral_value():
            raise Unavailable(f"{SYSTEM}: a notice is not in whole øre")
    except (ValueError, InvalidOperation):
        raise Unavailable(f"{SYSTEM}: a notice cannot be read") from None
    return CollectionNotice(
        number=number, reference=reference, kind=kind, amount=Money(int(ore)), on=on
    )


def _element(name: str) -> etree._Element:
    return etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={"mf": NAMESPACE})


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = text
    return child


def _kroner(amount: Money) -> str:
    return f"{amount.ore // 100}.{amount.ore % 100:02}"
