"""F60-F69: the feed of charges, their money and complaints about them, when things go wrong."""

from __future__ import annotations

import signal
from datetime import timedelta

import httpx
import pytest
from django.db import connection

from faults import scenes
from faults.drill import wait_until
from faults.invariants import violations
from faults.test_killed import WORKER, kill, process, until_asked
from parking.actions import charge as charges
from parking.actions import charge_feed, complain, own_accord, plan, progress
from parking.actions.plan_progress import progress_of
from parking.law.charge import Hold
from parking.law.money import NOTHING
from parking.law.offence import Question
from parking.law.own_accord import State as AccordState
from parking.ports import Unavailable
from parking.records.audit import Incident
from parking.records.charge import Charge, ChargeFeed, UnreadCharge
from parking.records.charge_check import ChargeAnnulment
from parking.records.complaint import Complaint
from parking.records.letter import Letter
from parking.records.order import Order
from sandbox.charges import SEEDS
from town import charge, now, party, pay

READER = ("-m", "django", "fetch_charges")
MANY = 4_000


# The feed


@pytest.mark.slow
def test_f60_a_reader_killed_half_way_is_gone_on_with(drill, settings):
    many = {"count": str(MANY)}
    httpx.post(f"{drill.sandbox.base}/pilen/many", data=many).raise_for_status()
    drill.fault("pilen", "slow:1", path="/pilen/v1/charges")
    with process(settings, *READER) as reader:
        wait_until(lambda: Charge.objects.count() >= 1_000, seconds=90)
        kill(reader)
    drill.heal()
    before = Charge.objects.count()
    assert 1_000 <= before < MANY
    assert ChargeFeed.objects.get().listed == before, "what is kept and how far it came go together"
    asked = len(drill.truth.asked("pilen", "GET", "/charges"))
    charge_feed.follow(drill.outside, now=now())
    assert Charge.objects.count() == len(SEEDS) + MANY
    pages = len(drill.truth.asked("pilen", "GET", "/charges")) - asked
    assert pages == -(-(len(SEEDS) + MANY - before) // 1_000), "no page is read again"


@pytest.mark.parametrize("begun", [False, True], ids=["listing", "feed"])
def test_f61_one_charge_that_cannot_be_read_holds_up_no_other(drill, begun):
    if begun:
        charge_feed.follow(drill.outside, now=now())
        scenes.annul_unheard(drill, charge("anna-open"), charge("anna-now"))
    drill.fault("pilen", "bad-row", count=1)
    charge_feed.follow(drill.outside, now=now())
    assert ChargeFeed.objects.get().read is not None
    spoilt = UnreadCharge.objects.get()
    assert "registrationNumber" in spoilt.why
    assert Incident.objects.filter(key=f"charge {spoilt.source_id} unread", settled=None).exists()
    if begun:
        assert spoilt.source_id == charge("anna-open").source_id
        assert charges.stands(charge("anna-now")) is charges.law.State.ANNULLED
    else:
        assert Charge.objects.count() == len(SEEDS) - 1
    charge_feed.follow(drill.outside, now=now() + timedelta(minutes=59))
    assert UnreadCharge.objects.exists(), "the charge system is not asked each minute"
    charge_feed.follow(drill.outside, now=now() + timedelta(hours=1, minutes=1))
    assert not UnreadCharge.objects.exists()
    assert Charge.objects.count() == len(SEEDS)
    if begun:
        assert charges.stands(charge("anna-open")) is charges.law.State.ANNULLED


def test_f61_what_could_not_be_read_at_first_is_looked_at_when_it_can_be(drill):
    charge_feed.follow(drill.outside, now=now())
    given = {"plate": "AB12345", "offence": "40a", "place": "VB"}
    httpx.post(f"{drill.sandbox.base}/pilen/issue", data=given).raise_for_status()
    drill.fault("pilen", "bad-row", count=1)
    charge_feed.follow(drill.outside, now=now())
    assert not waiting_checks()
    charge_feed.follow(drill.outside, now=now() + timedelta(hours=2))
    assert waiting_checks() == [str(Charge.objects.get(plate="AB12345").id)]


def waiting_checks() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args ->> 'charge_id' FROM procrastinate_jobs"
            " WHERE task_name = 'check_charge' AND status = 'todo'"
        )
        return [row[0] for row in cursor.fetchall()]


def test_f61_a_charge_with_the_number_of_another_holds_up_no_other(drill):
    charge_feed.follow(drill.outside, now=now())
    first, second = charge("anna-open"), charge("anna-now")
    Charge.objects.filter(id=first.id).update(source_id="c-2026-9999999", version=1)
    scenes.annul_unheard(drill, first, second)
    charge_feed.follow(drill.outside, now=now())
    assert UnreadCharge.objects.get().source_id == first.source_id
    assert charges.stands(charge("anna-now")) is charges.law.State.ANNULLED


def test_f61_what_stays_unreadable_is_asked_about_again_and_again(drill):
    charge_feed.follow(drill.outside, now=now())
    scenes.annul_unheard(drill, charge("anna-open"), charge("anna-now"))
    drill.fault("pilen", "bad-row", count=1)
    charge_feed.follow(drill.outside, now=now())
    drill.fault("pilen", "garbage", path=f"/pilen/v1/charges/{charge('anna-open').source_id}")
    later = now() + timedelta(hours=2)
    charge_feed.follow(drill.outside, now=later)
    assert UnreadCharge.objects.get().asked == later
    assert charges.stands(charge("anna-open")) is charges.law.State.ISSUED


def test_f61_a_page_of_which_nothing_can_be_read_is_no_page(drill):
    charge_feed.follow(drill.outside, now=now())
    scenes.annul_unheard(drill, charge("anna-open"), charge("anna-now"))
    feed = ChargeFeed.objects.get()
    drill.fault("pilen", "bad-rows", count=1)
    with pytest.raises(Unavailable):
        charge_feed.follow(drill.outside, now=now())
    assert ChargeFeed.objects.get().cursor == feed.cursor
    assert not UnreadCharge.objects.exists()
    charge_feed.follow(drill.outside, now=now())
    assert charges.stands(charge("anna-open")) is charges.law.State.ANNULLED


# Money


def kept_by_provider(drill, order) -> int:
    (payment,) = drill.truth.payments(order.number)
    return payment["charged"] - payment["refunded"]


def test_f63_annulled_while_somebody_pays_it_the_money_goes_back(drill):
    scenes.annulled_while_somebody_pays(drill)
    assert kept_by_provider(drill, Order.objects.get()) == 0
    balance = charges.balance(charge("anna-open"))
    assert (balance.owed, balance.overpaid, balance.returning) == (NOTHING, NOTHING, NOTHING)
    assert violations(drill.truth, now()) == {}


def test_f69_annulled_with_an_instalment_paid_of_it_what_was_paid_goes_back_and_the_plan_goes_on(
    drill,
):
    charge_feed.follow(drill.outside, now=now())
    anna = party("anna")
    shown = plan.propose(anna, 2, now=now())
    kept = plan.agree(
        drill.outside, anna, 2, agreed=shown.agreement, language="da", now=now()
    )  # fmt: skip
    plan.choose_next(anna, kept, now=now())
    order = scenes.pay_for(drill)
    pay(order.payment.page_url)
    drill.settle(order)
    drill.quiesce()
    (first, *_), (second, *_) = (each.shares for each in kept.as_law().instalments)
    scenes.annul(drill, Charge.objects.get(number=first.charge))
    drill.quiesce()
    charge_feed.follow(drill.outside, now=now())
    assert kept_by_provider(drill, order) == order.total_ore - first.amount.ore
    so_far = progress_of(kept)
    assert so_far.is_kept
    assert {share.charge for _, each in so_far.left for share in each.shares} == {second.charge}
    left = charges.balance(Charge.objects.get(number=second.charge)).owed
    assert so_far.remainder == left
    assert violations(drill.truth, now()) == {}


# Annulled of our own accord


def annulled_once_each(drill, approved):
    """Everything has come to rest, and each charge was annulled, told and written about once."""
    approved.refresh_from_db()
    assert approved.stands is AccordState.DONE
    assert own_accord.progress(approved).annulled == approved.count
    there = {each["chargeNumber"]: each["ledger"] for each in drill.truth.charges()}
    for row in approved.charges.select_related("charge"):
        kinds = [line["kind"] for line in there[row.charge.number]]
        assert kinds.count("annulment") == 1
        assert Letter.objects.filter(charge=row.charge).count() == 1
    charge_feed.follow(drill.outside, now=now())
    assert violations(drill.truth, now()) == {}


def test_f54_two_workers_who_annul_a_street_annul_each_charge_once(drill):
    approved = scenes.two_workers_annul_a_street(drill)
    drill.quiesce()
    annulled_once_each(drill, approved)


@pytest.mark.slow
def test_f74_a_worker_killed_in_the_middle_of_a_street_goes_on_where_it_stopped(drill, settings):
    approved = scenes.a_crooked_sign(drill)
    first, second, *_ = (row.charge for row in approved.charges.order_by("id"))
    asked = f"/pilen/v1/charges/{second.source_id}"
    drill.fault("pilen", "slow:30", count=1, path=asked)
    with process(settings, *WORKER) as worker:
        until_asked(drill, asked)
        kill(worker)
    assert ChargeAnnulment.objects.get().charge == first
    drill.heal()
    while own_accord.carry_out(drill.outside, now=now()):
        pass
    drill.quiesce()
    annulled_once_each(drill, approved)


# Complaints

#: Somebody sends their complaint, is told that we have it, and the machine dies that moment.
SENDER = """
import django, os, signal, sys
django.setup()
from django.utils import timezone
from parking.actions import complain
from parking.records.complaint import Complaint
complain.submit(Complaint.objects.get(id=sys.argv[1]), now=timezone.now())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_f67_killed_the_moment_a_complaint_is_taken_it_holds_and_is_told_once(drill, settings):
    charge_feed.follow(drill.outside, now=now())
    given = charge("anna-open")
    draft = complain.begin(party("anna"), given, language="da", now=now())
    draft = complain.keep(
        draft, {"question": Question.DISC.value, "text": "Skiven lå i ruden."}, now=now()
    )
    with process(settings, "-c", SENDER, str(draft.id)) as sender:
        assert sender.wait(90) == -signal.SIGKILL
    sent = Complaint.objects.get()
    assert sent.is_open
    assert Hold.COMPLAINT in progress.coming(charge("anna-open"), now=now()).waits_for
    drill.quiesce()
    (told,) = drill.outside.charges.charge(given.source_id).complaints
    assert (told.reference, told.text) == (sent.reference, "Skiven lå i ruden.")
    charge_feed.follow(drill.outside, now=now())
    assert violations(drill.truth, now()) == {}
