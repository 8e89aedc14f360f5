"""Reading what the charge system answers: strictly, into our words.

Whatever is missing, of another kind or does not add up makes the whole answer `Unavailable`. Only
of many charges at once one that cannot be read is told apart, so that it holds up no other. Fields
that we do not know are let alone: within a version of the interface they may be added.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal, TypeVar, get_args

from pyproj import Transformer

from parking.law.days import danish_day
from parking.law.money import Money, total
from parking.law.plates import NotAPlate, Plate, plate_of_any_country
from parking.ports import Unavailable
from parking.ports.charges import (
    AccountLine,
    ChangePage,
    ChargeAnswer,
    ChargeChange,
    ChargeComplaint,
    ChargedOffence,
    ChargeHold,
    ChargeHolder,
    ChargeImage,
    ChargePage,
    ChargePlace,
    ChargePlan,
    ChargeState,
    ChargeStop,
    CollectionState,
    ComplaintAttachment,
    ComplaintDecision,
    ComplaintMessage,
    ParkingPayment,
    PaymentSlip,
    PlanInstalment,
    SentLetter,
    UnreadableCharge,
    WardenObservation,
)
from parking.ports.places import Point

SYSTEM: Final = "charges"

T = TypeVar("T")

_STATES: Final = frozenset(ChargeState)

_Relation = Literal["owner", "user"]
_HolderKind = Literal["person", "company", "abroad"]
_Sender = Literal["complainant", "municipality"]
_Outcome = Literal["upheld", "annulled", "partly"]
_ComplaintState = Literal["open", "hearing", "decided", "withdrawn"]
_PlanState = Literal["active", "completed", "defaulted", "ended"]


class Part:
    """One object of an answer, and the readers of its fields.

    Every reader raises `Unavailable` when the field is not what it says.
    """

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise Unavailable(f"{SYSTEM}: {where} is no object")
        self._value: dict[str, Any] = value
        self._where = where

    @property
    def raw(self) -> dict[str, Any]:
        """The object as it came."""
        return self._value

    def _wrong(self, name: str, what: str) -> Unavailable:
        return Unavailable(f"{SYSTEM}: {self._where}: {name} is {what}")

    def _get(self, name: str) -> Any:
        if name not in self._value:
            raise self._wrong(name, "missing")
        return self._value[name]

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "no text")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self._get(name) is None else self.text(name)

    def word(self, name: str, known: Collection[str]) -> Any:
        """Return a word that is one of *known*."""
        value = self.text(name)
        if value not in known:
            raise self._wrong(name, "a word we do not know")
        return value

    def whole(self, name: str) -> int:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "no whole number")
        return value

    def truth(self, name: str) -> bool:
        value = self._get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "neither true nor false")
        return value

    def money(self, name: str) -> Money:
        amount = self.part(name)
        if amount.text("currency") != "DKK":
            raise self._wrong(name, "not in Danish kroner")
        return Money(amount.whole("amount"))

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise self._wrong(name, "no day") from None

    def day_or_none(self, name: str) -> date | None:
        return None if self._get(name) is None else self.day(name)

    def moment(self, name: str) -> datetime:
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._wrong(name, "no moment") from None
        if moment.tzinfo is None:
            raise self._wrong(name, "without a time zone")
        return moment

    def moment_or_none(self, name: str) -> datetime | None:
        return None if self._get(name) is None else self.moment(name)

    def degrees(self, name: str) -> float:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "no number")
        return float(value)

    def plate(self, name: str) -> Plate:
        text = self.text(name)
        try:
            found = plate_of_any_country(text)
        except NotAPlate:
            raise self._wrong(name, "no plate") from None
        if found != text:
            raise self._wrong(name, "not written as a plate")
        return found

    def part(self, name: str) -> Part:
        return Part(self._get(name), f"{self._where}/{name}")

    def part_or_none(self, name: str, read: Callable[[Part], T]) -> T | None:
        return None if self._get(name) is None else read(self.part(name))

    def list(self, name: str, read: Callable[[Part], T]) -> tuple[T, ...]:
        value = self._get(name)
        if not isinstance(value, list):
            raise self._wrong(name, "no list")
        return tuple(read(Part(each, f"{self._where}/{name}")) for each in value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._get(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._wrong(name, "no list of texts")
        return tuple(value)


def charge(of: Part) -> ChargeAnswer:
    """Return a charge.

    :raises Unavailable: if it is none, or its account does not add up to its balance.
    """
    account, balance = of.list("ledger", _account_line), of.money("balance")
    if total(line.amount for line in account) != balance:
        raise Unavailable(f"{SYSTEM}: an account does not add up to its balance")
    version = of.whole("version")
    if version < 1:
        raise Unavailable(f"{SYSTEM}: a charge has no version")
    return ChargeAnswer(
        id=of.text("id"),
        version=version,
        number=of.text("chargeNumber"),
        plate=of.plate("registrationNumber"),
        country=of.text("country"),
        make=of.text("make"),
        issued=of.moment("issuedAt"),
        state=ChargeState(of.word("state", _STATES)),
        due=of.day("dueDate"),
        time_barred=of.day("timeBarredFrom"),
        offences=of.list("offences", _offence),
        place=_place(of.part("location")),
        observation=_observation(of.part("observation")),
        account=account,
        balance=balance,
        slip=_slip(of.part("slip")),
        code=of.text_or_none("code") or "",
        images=of.whole("images"),
        holders=of.list("holders", _holder),
        hold=of.part_or_none("hold", _hold),
        stops=of.list("stops", _stop),
        complaints=of.list("complaints", complaint),
        letters=of.list("letters", _letter),
        plan=of.text_or_none("planId") or "",
        collection=of.part_or_none("collection", _collection),
        towed=of.moment_or_none("towedAt"),
        stolen=of.moment_or_none("stolenSince"),
        masked=of.truth("masked"),
    )


def charge_page(of: Part) -> ChargePage:
    """Return a page of the listing.

    :raises Unavailable: if none of its charges can be read.
    """
    found = of.list("charges", _charge_if_readable)
    return ChargePage(
        charges=tuple(each for each in found if isinstance(each, ChargeAnswer)),
        unreadable=_one_by_one(found),
        next=of.text_or_none("next"),
        feed=of.text("feed"),
        total=of.whole("total"),
    )


def change_page(of: Part) -> ChangePage:
    """Return a page of the feed.

    :raises Unavailable: if the numbers of its changes have a gap, or none of its charges can be
        read.
    """
    changes = of.list("changes", _change)
    _one_by_one(change.charge for change in changes)
    for before, after in pairwise(changes):
        if after.sequence != before.sequence + 1:
            raise Unavailable(f"{SYSTEM}: the feed has a gap")
    return ChangePage(changes=changes, next=of.text("next"), more=of.truth("more"))


def complaint(of: Part) -> ChargeComplaint:
    """Return a complaint."""
    return ChargeComplaint(
        id=of.text("id"),
        version=of.whole("version"),
        reference=of.text("reference"),
        round=of.whole("round"),
        channel=of.text("channel"),
        received=of.moment("receivedAt"),
        ground=of.text("ground"),
        text=of.text("text"),
        state=of.word("state", get_args(_ComplaintState)),
        hold_until=of.day_or_none("holdUntil"),
        decision=of.part_or_none("decision", _decision),
        messages=of.list("messages", _message),
        attachments=of.list("attachments", _attachment),
    )


def image(of: Part) -> ChargeImage:
    """Return what is said of a picture."""
    return ChargeImage(
        number=of.whole("number"),
        content_type=of.word("contentType", {"image/jpeg"}),
        size=of.whole("size"),
        sha256=of.text("sha256"),
        taken=of.moment("takenAt"),
        description=of.text("description"),
    )


def parking_payment(of: Part) -> ParkingPayment:
    """Return parking that was paid for."""
    return ParkingPayment(
        plate=of.plate("registrationNumber"),
        zone=of.text("zone"),
        began=of.moment("from"),
        ended=of.moment("to"),
        source=of.text("source"),
        reference=of.text("reference"),
    )


def plan(of: Part) -> ChargePlan:
    """Return a plan."""
    return ChargePlan(
        id=of.text("id"),
        version=of.whole("version"),
        reference=of.text("reference"),
        state=of.word("state", get_args(_PlanState)),
        agreed=of.moment("agreedAt"),
        charges=of.texts("chargeIds"),
        instalments=of.list("instalments", _instalment),
    )


def _change(of: Part) -> ChargeChange:
    return ChargeChange(
        sequence=of.whole("sequence"),
        changed=of.moment("changedAt"),
        charge=_charge_if_readable(of.part("charge")),
    )


def _charge_if_readable(of: Part) -> ChargeAnswer | UnreadableCharge:
    try:
        return charge(of)
    except Unavailable as unreadable:
        return UnreadableCharge(of.text("id"), str(unreadable))


def _one_by_one(found: Iterable[ChargeAnswer | UnreadableCharge]) -> tuple[UnreadableCharge, ...]:
    """Return what of *found* cannot be read.

    :raises Unavailable: if that is all of several charges: then it is not they that are wrong.
    """
    found = tuple(found)
    unreadable = tuple(each for each in found if isinstance(each, UnreadableCharge))
    if len(unreadable) == len(found) and len({each.id for each in found}) > 1:
        raise Unavailable(unreadable[0].why)
    return unreadable


def _offence(of: Part) -> ChargedOffence:
    return ChargedOffence(
        code=of.text("code"),
        text=of.text("text"),
        legal_basis=of.text("legalBasis"),
        amount=of.money("amount"),
    )


def _place(of: Part) -> ChargePlace:
    return ChargePlace(
        street=of.text("street"),
        house_number=of.text("houseNumber"),
        postcode=of.text("postcode"),
        town=of.text("town"),
        zone=of.text_or_none("zone") or "",
        point=of.part_or_none("point", _point),
    )


def _point(of: Part) -> Point:
    """Return the place on our map, which is in another system of coordinates."""
    return Point(*_to_our_map().transform(of.degrees("lon"), of.degrees("lat")))


@cache
def _to_our_map() -> Transformer:
    return Transformer.from_crs("EPSG:4326", "EPSG:25832", always_xy=True)


def _observation(of: Part) -> WardenObservation:
    return WardenObservation(
        began=of.moment("start"),
        ended=of.moment("end"),
        note=of.text("note"),
        disabled_badge=of.truth("disabledBadge"),
        disc_set_to=of.text_or_none("discSetTo") or "",
        valves=of.text_or_none("valves") or "",
    )


def _account_line(of: Part) -> AccountLine:
    return AccountLine(
        number=of.whole("number"),
        kind=of.text("kind"),
        amount=of.money("amount"),
        booked=danish_day(of.moment("bookedAt")),
        reference=of.text("reference"),
    )


def _slip(of: Part) -> PaymentSlip:
    return PaymentSlip(type=of.text("type"), id=of.text("id"), creditor=of.text("creditor"))


def _holder(of: Part) -> ChargeHolder:
    return ChargeHolder(
        relation=of.word("relation", get_args(_Relation)),
        kind=of.word("kind", get_args(_HolderKind)),
        number=of.text_or_none("number") or "",
        since=of.day("from"),
        until=of.day_or_none("to"),
        name=of.text_or_none("name") or "",
        address=of.texts("address"),
        country=of.text("country"),
    )


def _hold(of: Part) -> ChargeHold:
    return ChargeHold(
        reason=of.text("reason"), since=of.moment("from"), until=of.day_or_none("until")
    )


def _stop(of: Part) -> ChargeStop:
    return ChargeStop(
        reference=of.text("reference"),
        since=of.moment("from"),
        until=of.day_or_none("until"),
        reason=of.text("reason"),
        lifted=of.moment_or_none("liftedAt"),
    )


def _message(of: Part) -> ComplaintMessage:
    return ComplaintMessage(
        reference=of.text("reference"),
        sender=of.word("sender", get_args(_Sender)),
        text=of.text("text"),
        sent=of.moment("sentAt"),
    )


def _attachment(of: Part) -> ComplaintAttachment:
    return ComplaintAttachment(
        id=of.text("id"),
        reference=of.text("reference"),
        name=of.text("name"),
        content_type=of.text("contentType"),
        size=of.whole("size"),
        sha256=of.text("sha256"),
    )


def _decision(of: Part) -> ComplaintDecision:
    return ComplaintDecision(
        outcome=of.word("outcome", get_args(_Outcome)),
        reason=of.text_or_none("reasonCode") or "",
        reasons=of.text("reasons"),
        amount=of.money("amount"),
        decided=of.moment("decidedAt"),
        decided_by=of.text("decidedBy"),
        due=of.day_or_none("dueDate"),
    )


def _letter(of: Part) -> SentLetter:
    return SentLetter(
        reference=of.text("reference"),
        kind=of.text("kind"),
        channel=of.text("channel"),
        sent=of.moment("sentAt"),
        subject=of.text("subject"),
    )


def _collection(of: Part) -> CollectionState:
    return CollectionState(
        reference=of.text("reference"),
        amount=of.money("amount"),
        transferred=of.moment("transferredAt"),
        withdrawn=of.moment_or_none("withdrawnAt"),
    )


def _instalment(of: Part) -> PlanInstalment:
    return PlanInstalment(
        number=of.whole("number"), due=of.day("dueDate"), amount=of.money("amount")
    )
