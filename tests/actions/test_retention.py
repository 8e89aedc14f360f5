"""What need not be kept is gone, and nothing goes before its time (I46)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.db.models import F

from canaries import Planted, tables
from parking.actions import retention
from parking.law import retention as law
from parking.law.days import DENMARK
from parking.law.retention import SCHEDULE, Keep, Matter
from parking.records.application import Application, Decision
from parking.records.audit import LookUp
from parking.records.case import Case, CaseStep, Supplied
from parking.records.charge import ChargePayment
from parking.records.document import Document
from parking.records.forgetting import forgetting
from parking.records.letter import Letter
from parking.records.order import Order, OrderLine, Payment
from parking.records.party import LoginSession, Party
from parking.records.permit import Permit
from parking.records.reminder import Reminder
from town import now

pytestmark = pytest.mark.django_db(transaction=True)

WRITTEN_ONCE = (Decision, LookUp, CaseStep, Supplied)
ACCOUNTS = {
    *("order", "order_line", "payment", "refund", "letter", "permit", "application", "party"),
    "charge_payment",
}
CHARGES = {
    *("charge", "charge_annulment", "charge_check", "charge_claim", "chosen_charge"),
    *("plan", "instalment"),
}


def ago(**of):
    return now() - timedelta(**of)


def test_every_table_has_its_rule():
    names = {model._meta.db_table for model in apps.get_app_config("records").get_models()}
    assert law.TABLES.keys() == names
    ((_, first), *_later) = SCHEDULE.versions
    assert {matter for matter in law.TABLES.values() if matter} | {Matter.DRAFTS} == first.keys()


def test_nothing_new_is_forgotten():
    planted = Planted("nyt", at=ago(minutes=5))
    before = tables(planted.party)
    retention.forget(now=now())
    assert tables(planted.party) == before


def test_all_of_it_is_forgotten_in_the_end():
    planted = Planted("gammelt", at=ago(days=7 * 365))
    gone = retention.forget(now=now())
    assert tables(planted.party) == {}
    assert not Party.objects.exists()
    assert not gone.keys() - law.TABLES.keys() - {"django_session"}


def test_after_three_years_only_the_accounts_and_the_charges_are_left():
    planted = Planted("bogført", at=ago(days=3 * 365))
    Letter.objects.create(
        party=planted.party, case=Case.objects.get(), subject="x", pdf=b"x", written=planted.at
    )
    retention.forget(now=now())
    assert tables(planted.party).keys() == ACCOUNTS | CHARGES
    application = Application.objects.get()
    assert (application.finding, application.vehicle) == (None, None)
    (letter,) = planted.party.letters.all()
    assert letter.order is not None


def test_documents_and_looks_go_before_the_permit():
    planted = Planted("halvandet", at=ago(days=400))
    before = tables(planted.party)
    retention.forget(now=now())
    assert before.keys() - tables(planted.party).keys() == {
        *("document", "look_up", "login_session", "complaint_file", "complaint_piece"),
    }


def test_a_document_is_kept_while_its_case_is_open():
    Planted("åben", at=ago(days=400))
    Case.objects.update(state="taken", closed=None)
    retention.forget(now=now())
    assert Document.objects.exists()


def test_a_permit_that_is_valid_keeps_what_led_to_it():
    Planted("gyldig", at=ago(days=3 * 365))
    Permit.objects.update(period=(date(2020, 1, 1), now().date() + timedelta(days=1)))
    retention.forget(now=now())
    assert Case.objects.exists()


def test_an_order_that_was_never_paid_goes_with_what_was_reserved():
    Planted("ubetalt", at=ago(days=100))
    OrderLine.objects.get().order.refunds.all().delete()
    ChargePayment.objects.all().delete()
    Order.objects.update(state="expired")
    Permit.objects.update(state="released")
    Payment.objects.update(taken_ore=0, refunded_ore=0)
    Letter.objects.all().delete()
    Reminder.objects.all().delete()
    retention.forget(now=now())
    assert not Order.objects.exists()
    assert not Permit.objects.exists()


def test_money_that_is_still_owed_is_never_forgotten():
    planted = Planted("skyldig", at=ago(days=7 * 365))
    planted.party.orders.update(state="refund due")
    retention.forget(now=now())
    assert Order.objects.exists()


def test_a_login_goes_the_day_after():
    Planted("inde", at=ago(hours=25))
    retention.forget(now=now())
    assert not LoginSession.objects.exists()


@pytest.mark.parametrize("model", WRITTEN_ONCE)
def test_what_was_written_once_cannot_be_changed_even_when_forgetting(model):
    Planted("fast", at=ago(days=3000))
    with pytest.raises(DatabaseError, match="written once"), forgetting():
        model.objects.update(id=F("id"))


@pytest.mark.parametrize("model", WRITTEN_ONCE)
def test_what_is_young_cannot_be_removed_even_when_forgetting(model):
    Planted("ung", at=ago(days=20))
    with pytest.raises(DatabaseError, match="written once"), forgetting():
        model.objects.all().delete()


@pytest.mark.parametrize("model", WRITTEN_ONCE)
def test_what_is_old_is_removed_only_by_who_says_so(model):
    Planted("gammel", at=ago(days=3000))
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        model.objects.all().delete()
    with forgetting():
        model.objects.all().delete()
    assert not model.objects.exists()


def test_leave_to_forget_ends_with_its_transaction():
    Planted("gammel", at=ago(days=3000))
    with forgetting():
        pass
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        LookUp.objects.all().delete()


def test_accounts_are_kept_to_the_end_of_the_fifth_year():
    keep = Keep(60, "", "", whole_years=True)
    assert keep.until(date(2026, 3, 1)) == date(2031, 12, 31)
    assert date(2026, 12, 31) >= keep.ended_before(date(2031, 12, 31))
    assert date(2026, 12, 31) < keep.ended_before(date(2032, 1, 1))


@pytest.mark.parametrize("months", [1, 3, 12, 24])
def test_nothing_goes_before_the_day_that_was_told(months):
    keep = Keep(months, "", "")
    for since in (date(2026, 1, 31), date(2024, 2, 29), date(2026, 8, 31), date(2026, 5, 15)):
        until = keep.until(since)
        assert since >= keep.ended_before(until)
        assert since < keep.ended_before(until + timedelta(days=4))


def test_the_day_is_the_danish_one():
    late = datetime(2026, 6, 1, 0, 30, tzinfo=DENMARK)
    assert retention._before(Matter.DRAFTS, late) == datetime(2026, 5, 1, tzinfo=DENMARK)
