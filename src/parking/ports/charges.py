"""The charge system: who got a parking charge, what stands on its account, what we report of it.

The charge system keeps the account of every charge. We keep a copy of what we need and hold it in
step by :meth:`ChargeBook.changes`; what we do about a charge (money, fees, letters, decisions,
plans) is reported to it. Every report carries a *reference* of ours: reporting the same thing again
with the same reference is harmless and answers the charge as it stands.

A charge has a *version* that only ever grows: of two answers the one with the higher version is
the newer, however they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, Protocol

from parking.law.money import Money
from parking.law.plates import Plate
from parking.ports import NotFound, Unavailable
from parking.ports.places import Point


class PhotoDiffers(Unavailable):
    """What was sent as a picture is not the one that the warden took: it must not be shown."""


MOST_IN_A_PAGE: Final = 1000  #: charges in one page of the listing, or changes in one of the feed


class ChargeState(StrEnum):
    """How far a charge has come. Whether it is on hold or on a plan is told beside it."""

    ISSUED = "issued"  #: placed on the car; nothing has been sent yet
    REMINDED = "reminded"  #: the reminder without a fee has been sent
    FIRST_FEE = "first_fee"  #: reminded with a fee
    SECOND_FEE = "second_fee"  #: reminded with a second fee
    AT_COLLECTION = "at_collection"
    PAID = "paid"  #: nothing is owed; the balance may be below zero, then we owe
    ANNULLED = "annulled"  #: the whole charge; the balance may be below zero, then we owe
    WRITTEN_OFF = "written_off"
    TIME_BARRED = "time_barred"


class RefundWay(StrEnum):
    """Which way money of a charge went back."""

    CARD = "card"  #: we have paid it, to the card it came from
    PAID_OUT = "paid_out"  #: the charge system is to pay it
    MOVED = "moved"  #: to another charge
    TAKEN_BACK = "taken_back"  #: by the bank


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedOffence:
    """One offence that the charge is for."""

    code: str  #: as on the slip, ``22a`` for instance
    text: str  #: in Danish, as on the slip
    legal_basis: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePlace:
    """Where the car stood."""

    street: str
    house_number: str
    postcode: str
    town: str
    zone: str  #: the code of its permit zone; empty outside all
    point: Point | None  #: on our map; ``None`` if it is not told


@dataclass(frozen=True, slots=True, kw_only=True)
class WardenObservation:
    """What the warden saw."""

    began: datetime
    ended: datetime
    note: str = field(repr=False)
    disabled_badge: bool  #: whether a disabled person's badge lay in the car
    disc_set_to: str = ""  #: what the parking disc said, ``13:15``; empty if there was none
    valves: str = ""  #: the tyre valves as on a clock, ``3/6``; empty if not noted


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One entry of a charge's account: what is owed is positive, what was paid is negative.

    *kind* is one of ``charge``, ``fee``, ``payment``, ``refund``, ``annulment``, ``collected``
    (paid to the debt collection) and ``write_off``. *reference* is that of whoever reported it.
    """

    number: int  #: from 1 on, in the order of booking
    kind: str
    amount: Money
    booked: date
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeHolder:
    """Who was registered for the car on the day, or became known as its user then.

    A person has a person number and a company a company number; whoever lives abroad has neither,
    but a name and an address if they have been found.
    """

    relation: Literal["owner", "user"]
    kind: Literal["person", "company", "abroad"]
    number: str = field(repr=False)  #: digits only; empty for ``abroad``
    since: date
    until: date | None  #: the first day on which it no longer holds; ``None``: it still does
    name: str = field(default="", repr=False)  #: for ``abroad`` only
    address: tuple[str, ...] = field(default=(), repr=False)  #: lines, for ``abroad`` only
    country: str = "DK"  #: ISO 3166-1, two letters


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeHold:
    """Nothing falls due and no fee is taken meanwhile."""

    reason: str  #: ``complaint``, ``plan`` or ``case_worker``
    since: datetime
    until: date | None  #: the first day after it; ``None``: until it is lifted


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeStop:
    """A case worker has stopped the collection, there or here."""

    reference: str  #: that of whoever reported it
    since: datetime
    until: date | None  #: the first day after it; ``None``: until it is lifted
    reason: str = field(repr=False)
    lifted: datetime | None  #: before its day


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintMessage:
    """One message of a complaint."""

    reference: str
    sender: Literal["complainant", "municipality"]
    text: str = field(repr=False)
    sent: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintAttachment:
    """A file that belongs to a complaint."""

    id: str
    reference: str
    name: str = field(repr=False)
    content_type: str
    size: int  #: bytes
    sha256: str  #: in hexadecimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintDecision:
    """What was decided about a complaint. *amount* is what is annulled; 0 when upheld."""

    outcome: Literal["upheld", "annulled", "partly"]
    reason: str  #: one of :data:`ANNULMENT_REASONS`; empty when upheld
    reasons: str = field(repr=False)  #: what the complainant reads
    amount: Money
    decided: datetime
    decided_by: str  #: a role or a short name, never a person number
    due: date | None  #: the new last day to pay; ``None`` if nothing is left to pay


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeComplaint:
    """A complaint about a charge."""

    id: str
    version: int  #: must be told when the complaint is changed
    reference: str
    round: int  #: 1, or 2 when a decision is complained of again
    channel: str  #: ``portal``, ``letter``, ``email``, ``phone``
    received: datetime
    ground: str  #: what the complainant says is wrong, a word of ours
    text: str = field(repr=False)
    state: Literal["open", "hearing", "decided", "withdrawn"]
    hold_until: date | None
    decision: ComplaintDecision | None
    messages: tuple[ComplaintMessage, ...]
    attachments: tuple[ComplaintAttachment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLetter:
    """A letter about a charge that has been sent."""

    reference: str
    kind: str  #: one of :data:`LETTER_KINDS`
    channel: str  #: ``digital_post``, ``print`` or ``email``
    sent: datetime
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionState:
    """That a charge has been handed to the debt collection."""

    reference: str
    amount: Money
    transferred: datetime
    withdrawn: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSlip:
    """What one types at the bank: ``+71<id+creditor<``."""

    type: str  #: ``71``
    id: str  #: 15 digits, the last a check digit
    creditor: str  #: 8 digits


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeAnswer:
    """A charge as the charge system knows it: a whole picture, never a part of one."""

    id: str
    version: int
    number: str  #: nine digits, as on the slip
    plate: Plate
    country: str  #: of the plate, ISO 3166-1, two letters
    make: str  #: of the car, as the warden wrote it
    issued: datetime
    state: ChargeState
    due: date  #: the last day on which it can be paid before the next step
    time_barred: date  #: the first day on which it can no longer be claimed
    offences: tuple[ChargedOffence, ...]
    place: ChargePlace
    observation: WardenObservation
    account: tuple[AccountLine, ...]
    balance: Money
    slip: PaymentSlip
    images: int
    holders: tuple[ChargeHolder, ...] = field(repr=False)
    hold: ChargeHold | None
    complaints: tuple[ChargeComplaint, ...]
    letters: tuple[SentLetter, ...]
    plan: str  #: the id of the plan it is on; empty if on none
    collection: CollectionState | None
    towed: datetime | None
    stolen: datetime | None  #: since when the car was reported stolen when it stood there
    #: Of the slip's own, printed on it and in its QR code: at least 40 bits that nobody can guess.
    #: Empty in a masked answer.
    code: str = field(default="", repr=False)
    stops: tuple[ChargeStop, ...] = ()  #: all there are or were, whatever *hold* says
    masked: bool = False  #: looked up without a login: holders, complaints and stops are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeImage:
    """A picture that the warden took."""

    number: int  #: from 1 on
    content_type: str
    size: int  #: bytes
    sha256: str  #: of its bytes, in hexadecimal
    taken: datetime
    description: str  #: in Danish, for those who do not see it


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingPayment:
    """Parking that somebody paid for around the time, for this plate or one almost like it."""

    plate: Plate
    zone: str
    began: datetime
    ended: datetime
    source: str  #: ``app``, ``meter``, ``phone``
    reference: str


@dataclass(frozen=True, slots=True)
class UnreadableCharge:
    """A charge of a page that cannot be understood, while others beside it can."""

    id: str
    why: str  #: what is wrong with it


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePage:
    """One page of the listing of every charge.

    *feed* is the cursor from which the feed tells what has changed since the listing was begun: the
    same on each page of one listing.
    """

    charges: tuple[ChargeAnswer, ...]
    unreadable: tuple[UnreadableCharge, ...] = ()
    next: str | None  #: the cursor of the next page; ``None`` after the last
    feed: str
    total: int  #: how many there were when the listing was begun


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeChange:
    """One entry of the feed.

    Numbers follow each other without a gap, from one page to the next too: whoever keeps the last
    one finds out that something is missing, and reads again from there.
    """

    sequence: int
    changed: datetime
    charge: ChargeAnswer | UnreadableCharge


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """One page of the feed: what has changed after a cursor, in order."""

    changes: tuple[ChargeChange, ...]
    next: str  #: where to go on, even when nothing is there yet
    more: bool  #: whether more is there already


class FeedGone(NotFound):
    """The cursor is too old, or from another life of the feed: list every charge anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInstalment:
    """One part of a plan."""

    number: int  #: from 1 on
    due: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePlan:
    """A debtor pays what is owed on some charges in parts."""

    id: str
    version: int  #: must be told when the plan is changed
    reference: str
    state: Literal["active", "completed", "defaulted", "ended"]
    agreed: datetime
    charges: tuple[str, ...]  #: ids
    instalments: tuple[PlanInstalment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a decision rests on: a permit, a payment, a report to the police."""

    kind: str  #: ``permit``, ``payment``, ``police_report``, ``register``, ``document``
    reference: str
    text: str = field(repr=False)


ANNULMENT_REASONS: Final = (
    "plate_slip",  # one wrong character in the plate that was paid for
    "paid_elsewhere",  # parking was paid for
    "valid_permit",
    "disabled_badge",
    "breakdown",
    "owner_changed",
    "stolen",
    "sign_defect",
    "warden_error",
    "goodwill",
    "double_charge",  # two within 24 hours for the same offence
    "fourth_charge",  # more than three for the same offence
    "deceased",
)

LETTER_KINDS: Final = (
    "reminder",
    "reminder_first_fee",
    "reminder_second_fee",
    "collection_notice",
    "decision",
    "hearing",
    "receipt",
    "plan",
    "refund",
    "message",
)


class ChargeBook(Protocol):
    """Reading: what the charge system knows."""

    def charge(self, charge_id: str) -> ChargeAnswer:
        """Return a charge.

        :raises NotFound: if there is none.
        :raises Unavailable: if it did not answer, or with what means nothing.
        :raises Rejected: if it would not answer us.
        """
        ...

    def look_up(self, *, number: str, plate: Plate) -> ChargeAnswer:
        """Return the charge with this number, if it was given to this plate; masked.

        Marks on foreign letters make no difference: U finds Ü.

        :raises NotFound: if there is none, or it is another plate's: it is not told which.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def look_up_by_code(self, *, number: str, code: str) -> ChargeAnswer:
        """Return the charge with this number, if this code stands on its slip; masked.

        :raises NotFound: if there is none, or it has another code: it is not told which.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def page(self, cursor: str | None = None, *, most: int = MOST_IN_A_PAGE) -> ChargePage:
        """Return the first page of all charges, or the one at *cursor*.

        :raises FeedGone: if the cursor is too old: begin again.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def changes(self, since: str, *, most: int = MOST_IN_A_PAGE) -> ChangePage:
        """Return what has changed after the cursor *since*, in order.

        The same change may come again, in this page or a later one: the version tells.

        :raises FeedGone: if the cursor is too old: list every charge anew.
        :raises Unavailable: if it did not answer, or with a gap in the numbers: ask again.
        :raises Rejected: if it would not answer us.
        """
        ...

    def images(self, charge_id: str) -> tuple[ChargeImage, ...]:
        """Return what pictures there are.

        :raises NotFound: if there is no such charge.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def image(self, charge_id: str, number: int) -> tuple[str, bytes]:
        """Return the content type and the bytes of a picture, 10 MB at most.

        :raises NotFound: if there is no such picture.
        :raises PhotoDiffers: if it is not the one that was described.
        :raises Unavailable: if it did not answer, with more than that, or with no picture.
        :raises Rejected: if it would not answer us.
        """
        ...

    def parking_payments(self, charge_id: str) -> tuple[ParkingPayment, ...]:
        """Return the parking paid for within a day of the charge, for plates one sign away too.

        :raises NotFound: if there is no such charge.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def attachment(
        self, charge_id: str, complaint_id: str, attachment_id: str
    ) -> tuple[str, bytes]:
        """Return the content type and the bytes of a complaint's file.

        :raises NotFound: if there is no such file.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...


class ChargeAccount(Protocol):
    """Reporting what concerns the account. Each about a charge answers it as it then stands.

    Each may raise `NotFound` if there is no such charge, `Unavailable` if it is not certain that it
    was heard (report again with the same reference), and `Rejected` if the charge system will not
    have it like that; what else is said of each.
    """

    def report_payment(
        self, charge_id: str, *, reference: str, amount: Money, paid: datetime, method: str
    ) -> ChargeAnswer:
        """Tell that *amount* has been paid; *method* is ``card``, ``mobilepay`` or ``bank``.

        Money that has come in is always taken, on a closed charge too.
        """
        ...

    def report_refund(
        self, charge_id: str, *, reference: str, amount: Money, refunded: datetime, payment: str,
        way: RefundWay = RefundWay.CARD, payer: str = "",
    ) -> ChargeAnswer:  # fmt: skip
        """Tell that *amount* went back of the payment reported as *payment*.

        Only what was taken back may be more than what is overpaid. What is to be paid out goes to
        the account *payer*, or where that is not known to the NemKonto of whoever had to pay.
        """
        ...

    def pay_out(
        self, *, reference: str, amount: Money, bank_reference: str, payer: str, decided: datetime
    ) -> None:
        """Have money of no charge paid back: what the bank told as *bank_reference*.

        It goes to the account *payer*; if that is empty, to the one the bank knows it came from.
        """
        ...

    def report_fee(
        self, charge_id: str, *, reference: str, amount: Money, booked: datetime
    ) -> ChargeAnswer:
        """Tell that a reminder fee was added. Rejected while the charge is on hold or closed."""
        ...

    def report_letter(
        self, charge_id: str, letter: SentLetter, *, due: date | None = None
    ) -> ChargeAnswer:
        """Tell that a letter was sent; a reminder brings the charge to its next state.

        *due* is the last day to pay as the letter says it. A reminder is rejected while the charge
        is on hold or closed.
        """
        ...

    def annul(
        self,
        charge_id: str,
        *,
        reference: str,
        amount: Money | None,
        reason: str,
        reasons: str,
        evidence: tuple[Evidence, ...],
        decided: datetime,
        decided_by: str,
    ) -> ChargeAnswer:
        """Annul a part of what the charge and its fees come to; all of it if *amount* is None."""
        ...

    def report_transfer(
        self, charge_id: str, *, reference: str, amount: Money, transferred: datetime
    ) -> ChargeAnswer:
        """Tell that the balance was handed to debt collection. Rejected while it is on hold."""
        ...

    def report_withdrawal(
        self, charge_id: str, *, reference: str, reason: str, withdrawn: datetime
    ) -> ChargeAnswer:
        """Tell that the debt collection has given it back.

        *reason* is as in an annulment, or ``paid``, ``complaint`` or ``mistake``.
        """
        ...

    def report_stop(
        self, charge_id: str, *, reference: str, since: datetime, until: date | None, reason: str
    ) -> ChargeAnswer:
        """Tell that a case worker has stopped the collection, for case workers to know why.

        It holds the charge until the day *until*, or until it is lifted. Rejected while the charge
        is closed or at debt collection.
        """
        ...

    def report_lift(
        self, charge_id: str, *, reference: str, stop: str, lifted: datetime
    ) -> ChargeAnswer:
        """Tell that the stop reported as *stop* is over; one that is over stays as it is."""
        ...


class ChargeComplaints(Protocol):
    """Complaints. Each answers the charge as it stands afterwards, and raises as the account's."""

    def complain(
        self,
        charge_id: str,
        *,
        reference: str,
        received: datetime,
        channel: str,
        ground: str,
        text: str,
        hold_until: date | None,
    ) -> ChargeAnswer:
        """Open a complaint; the charge is on hold until *hold_until*, or until it is decided."""
        ...

    def add_message(
        self, charge_id: str, complaint_id: str, message: ComplaintMessage
    ) -> ChargeAnswer:
        """Add a message to a complaint."""
        ...

    def add_attachment(
        self,
        charge_id: str,
        complaint_id: str,
        *,
        reference: str,
        name: str,
        content_type: str,
        content: bytes,
    ) -> ChargeAnswer:
        """Add a file (JPEG, PNG or PDF, 10 MB at most) to a complaint."""
        ...

    def decide(
        self,
        charge_id: str,
        complaint_id: str,
        *,
        version: int,
        decision: ComplaintDecision,
        evidence: tuple[Evidence, ...] = (),
    ) -> ChargeAnswer:
        """Decide a complaint; what is annulled is taken off the account by it, the hold ends.

        *evidence* is what an annulment rests on. Rejected if somebody has changed the complaint
        since *version*: read it again.
        """
        ...

    def withdraw_complaint(
        self, charge_id: str, complaint_id: str, *, version: int
    ) -> ChargeAnswer:
        """Tell that the complainant has taken it back; the hold ends. Rejected as a decision is."""
        ...

    def hold_complaint(
        self, charge_id: str, complaint_id: str, *, version: int, until: date | None
    ) -> ChargeAnswer:
        """Say until when the charge waits. Rejected as a decision is."""
        ...


class ChargePlans(Protocol):
    """Plans. Each raises as the account's."""

    def plan(self, plan_id: str) -> ChargePlan:
        """Return a plan.

        :raises NotFound: if there is none.
        """
        ...

    def report_plan(
        self,
        *,
        reference: str,
        charges: tuple[str, ...],
        instalments: tuple[PlanInstalment, ...],
        agreed: datetime,
    ) -> ChargePlan:
        """Tell that a plan was agreed; the instalments add up to what is owed on the charges."""
        ...

    def change_plan(
        self, plan_id: str, *, version: int, state: Literal["completed", "defaulted", "ended"]
    ) -> ChargePlan:
        """Tell that a plan is over. Rejected if it was changed since *version*."""
        ...


class Charges(ChargeBook, ChargeAccount, ChargeComplaints, ChargePlans, Protocol):
    """The charge system, all of it."""
