"""Every table, so that Django finds them."""

from __future__ import annotations

from parking.records.announcement import Announcement
from parking.records.application import Application, Decision
from parking.records.audit import Incident, LookUp
from parking.records.case import Case, CaseStep, Supplied
from parking.records.charge import (
    Charge,
    ChargeClaim,
    ChargeFeed,
    ChargeHolder,
    ChargePayment,
    ChosenCharge,
    UnreadCharge,
)
from parking.records.charge_check import ChargeAnnulment, ChargeCheck
from parking.records.charge_report import ChargeReport, ReportDeadline
from parking.records.collection import (
    BankEntry,
    BankFeed,
    ChargePause,
    ChargeStep,
    ChargeTermsVersion,
    CollectionAction,
    CollectionClaim,
    CollectionFeed,
    Instalment,
    Plan,
)
from parking.records.comparison import PermitComparison
from parking.records.complaint import (
    Complaint,
    ComplaintDecision,
    ComplaintFile,
    ComplaintMessage,
    ComplaintPiece,
)
from parking.records.document import Document
from parking.records.hours import (
    AfterHours,
    Garage,
    GarageRight,
    Holiday,
    HourlyFare,
    TimeLimit,
)
from parking.records.letter import Letter, ReceiptFeed
from parking.records.limit import Bucket
from parking.records.offence import OffenceVersion
from parking.records.order import Order, OrderLine, Payment, PaymentNotice, Refund
from parking.records.outbox import Outgoing
from parking.records.own_accord import OwnAccordAnnulment, OwnAccordCharge
from parking.records.party import LoginAttempt, LoginSession, Party, UsedAssertion
from parking.records.permit import Permit
from parking.records.reminder import Reminder, ReminderRun
from parking.records.staff import Staff, StaffSession
from parking.records.tariff import FareLine, TermsVersion
from parking.records.unplaced_money import BankRefund, UnplacedMoney
from parking.records.zone import PrivateCommonRoad, ZoneShape, ZoneVersion

__all__ = [
    "AfterHours",
    "Announcement",
    "Application",
    "BankEntry",
    "BankFeed",
    "BankRefund",
    "Bucket",
    "Case",
    "CaseStep",
    "Charge",
    "ChargeAnnulment",
    "ChargeCheck",
    "ChargeClaim",
    "ChargeFeed",
    "ChargeHolder",
    "ChargePause",
    "ChargePayment",
    "ChargeReport",
    "ChargeStep",
    "ChargeTermsVersion",
    "ChosenCharge",
    "CollectionAction",
    "CollectionClaim",
    "CollectionFeed",
    "Complaint",
    "ComplaintDecision",
    "ComplaintFile",
    "ComplaintMessage",
    "ComplaintPiece",
    "Decision",
    "Document",
    "FareLine",
    "Garage",
    "GarageRight",
    "Holiday",
    "HourlyFare",
    "Incident",
    "Instalment",
    "Letter",
    "LoginAttempt",
    "LoginSession",
    "LookUp",
    "OffenceVersion",
    "Order",
    "OrderLine",
    "Outgoing",
    "OwnAccordAnnulment",
    "OwnAccordCharge",
    "Party",
    "Payment",
    "PaymentNotice",
    "Permit",
    "PermitComparison",
    "Plan",
    "PrivateCommonRoad",
    "ReceiptFeed",
    "Refund",
    "Reminder",
    "ReminderRun",
    "ReportDeadline",
    "Staff",
    "StaffSession",
    "Supplied",
    "TermsVersion",
    "TimeLimit",
    "UnplacedMoney",
    "UnreadCharge",
    "UsedAssertion",
    "ZoneShape",
    "ZoneVersion",
]
