"""A letter that was taken has not arrived: what its receipt says, late, twice, or never."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from parking.actions import receipts, remind
from parking.law.days import Period, danish_day
from parking.ports import Unavailable
from parking.records.audit import Incident
from parking.records.case import Case
from parking.records.letter import Letter, ReceiptFeed
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.records.recording import recording
from parking.records.reminder import Reminder
from town import now, party

PAPER = "a letter must go on paper"


def later(**of):
    return now() + timedelta(**of)


@pytest.fixture
def reminded(drill):
    """Anna is reminded of a permit that ends in a week; it waits in the outbox."""
    drill.delivered("anna")
    drill.push_all()
    end = danish_day(now()) + timedelta(days=8)
    Permit.objects.update(period=as_range(Period(end - timedelta(days=365), end)))
    remind.remind(now=now())
    return Reminder.objects.get()


@pytest.fixture
def written(drill):
    """A letter about a case waits in the outbox."""
    application = drill.order("bo").lines.get().application
    case = Case.objects.create(
        number="S-1", kind="home", party=party("bo"), application=application,
        opened=now(), due=danish_day(now()),
    )  # fmt: skip
    letter = Letter.objects.create(
        party=party("bo"), case=case, subject="Svar", pdf=b"%PDF-1.7\n%%EOF", written=now()
    )
    with recording():
        receipts.send.put(
            Outgoing.Kind.SEND_LETTER, key="a letter", lane="a letter",
            payload={"letter": str(letter.id)}, now=now(),
        )  # fmt: skip
    return letter


def follow(drill, at=None):
    return receipts.follow(drill.outside, now=at or now())


def fresh(row):
    row.refresh_from_db()
    return row


def test_what_arrived_is_written_on_the_reminder_and_on_the_letter(drill, reminded, written):
    drill.push_all()
    assert fresh(reminded).sent
    assert not reminded.delivered
    assert follow(drill) == 3  # and the receipt for what Anna has paid
    assert fresh(reminded).delivered
    assert fresh(written).delivered
    assert follow(drill) == 0
    tally = remind.tally(since=danish_day(now()))
    assert (tally.sent, tally.delivered, tally.failed) == (1, 1, 0)
    assert not Incident.objects.exists()


def test_a_reminder_that_came_back_is_counted_and_told_in_the_evening(drill, reminded):
    drill.fault("digitalpost", "bounce:mailbox closed")
    drill.push_all()
    follow(drill)
    tally = remind.tally(since=danish_day(now()))
    assert (tally.due, tally.sent, tally.failed, tally.waiting) == (1, 0, 1, 0)
    assert fresh(reminded).failed == "came back: mailbox closed"
    for _ in range(2):
        remind.check(now=now())
    assert Incident.objects.filter(what="1 reminders came back").count() == 1
    remind.check(now=later(days=1))
    remind.check(now=later(days=2))
    assert Incident.objects.filter(what__contains="came back").count() == 1


def test_one_that_comes_back_after_the_evening_is_told_the_next(drill, reminded):
    drill.fault("digitalpost", "bounce:mailbox closed")
    drill.push_all()
    remind.check(now=now())
    follow(drill)
    remind.check(now=later(days=1))
    assert Incident.objects.filter(what="1 reminders came back").count() == 1


def test_a_letter_about_a_case_that_came_back_goes_on_paper(drill, written):
    drill.fault("digitalpost", "bounce:mailbox closed")
    drill.push_all()
    assert follow(drill) == 1
    assert (fresh(written).rejected, written.delivered) == ("mailbox closed", None)
    assert Incident.objects.get(what=PAPER).key == f"letter {written.id}"


def test_a_receipt_of_money_that_came_back_worries_nobody(drill):
    drill.delivered("anna")
    drill.fault("digitalpost", "bounce")
    drill.push_all()
    assert follow(drill) == 1
    assert Letter.objects.get().rejected == "unknown"
    assert not Incident.objects.exists()


def test_that_it_came_back_is_kept_though_we_die_before_we_know_that_it_was_sent(drill, reminded):
    drill.fault("digitalpost", "bounce:mailbox closed", count=1)
    drill.fault("digitalpost", "answer-lost", count=1, path="/service/KombiPostAfsend_1")
    drill.push(Outgoing.Kind.SEND_REMINDER)
    assert fresh(reminded).sent is None
    follow(drill)
    drill.push(Outgoing.Kind.SEND_REMINDER, later(hours=1))
    assert fresh(reminded).sent
    assert reminded.failed == "came back: mailbox closed"


@pytest.mark.parametrize("fault", ["status:503", "drop", "garbage", "truncated"])
def test_receipts_that_cannot_be_had_are_read_on_later(drill, reminded, fault):
    drill.push_all()
    drill.fault("digitalpost", fault, path="/receipts")
    with pytest.raises(Unavailable):
        follow(drill)
    assert not fresh(reminded).delivered
    drill.heal()
    follow(drill)
    assert fresh(reminded).delivered


def test_a_page_that_comes_twice_changes_nothing(drill, reminded, written):
    drill.fault("digitalpost", "bounce:mailbox closed")
    drill.push_all()
    follow(drill)
    returned, told = fresh(reminded).returned, Incident.objects.count()
    ReceiptFeed.objects.update(cursor="")
    follow(drill, later(hours=1))
    assert fresh(reminded).returned == returned
    assert Incident.objects.count() == told


def test_receipts_of_letters_that_are_not_ours_are_passed_over(drill, written):
    drill.push_all()
    Letter.objects.filter(id=written.id).update(id=uuid4())
    written.delete()
    assert follow(drill) == 0
    assert ReceiptFeed.objects.get().cursor == "1"


def test_a_letter_of_which_nobody_knows_whether_it_arrived_is_told(drill, written):
    follow(drill)
    drill.fault("digitalpost", f"late:{30 * 86400}")
    drill.push_all()
    follow(drill, later(days=4))
    assert not Incident.objects.exists()
    for days in (6, 7):
        follow(drill, later(days=days))
    assert Incident.objects.get().what == "a letter has no receipt"


def test_who_tells_no_receipts_leaves_everything_as_it_is(drill, written):
    drill.push_all()
    drill.outside.post._listener = None
    assert follow(drill, later(days=30)) == 0
    assert not Incident.objects.exists()
    drill.heal()
