"""The jobs: queued ones are only a motor, and everything they do is found again by the scheduled.

If the queue lost every job, the next minute would find the same work in the tables.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from parking.actions import (
    apply,
    bank,
    carry,
    casework,
    catalogue,
    charge_feed,
    charge_report,
    checkout,
    claims,
    collect,
    complain,
    documents,
    draw,
    evidence,
    files,
    limit,
    own_accord,
    person_number,
    plan,
    receipts,
    recheck,
    reconcile,
    remind,
    retention,
    send,
    unplaced_money_work,
    zones,
)
from parking.actions.turns import keeping_nobody_waiting
from parking.ports import PortError, outside
from parking.records.charge import Charge
from parking.records.complaint import ComplaintFile
from parking.records.document import Document
from parking.records.party import Party

log = structlog.get_logger(__name__)


@app.task(name="send_outgoing", queue="outbox")
def send_outgoing(*, outgoing: int) -> None:
    """Try to send one row of the outbox; what does not arrive is tried again by the clock."""
    send.send(outside(), outgoing, carriers=carry.CARRIERS, now=timezone.now())


@app.task(name="settle_payment", queue="payments")
def settle_payment(*, payment_id: str) -> None:
    """Ask what is true of a payment; if nobody can tell now, the clock asks again."""
    try:
        checkout.settle(outside(), payment_id, now=timezone.now())
    except PortError as error:
        log.warning("payment must be asked about again", why=str(error))


@app.periodic(cron="* * * * * */15", periodic_id="outbox")
@app.task(name="send_waiting", queue="outbox", queueing_lock="send_waiting")
def send_waiting(timestamp: int) -> None:
    """Send everything in the outbox whose time has come."""
    for outgoing in send.due(now=timezone.now()):
        with keeping_nobody_waiting("outgoing", outgoing):
            send.send(outside(), outgoing, carriers=carry.CARRIERS, now=timezone.now())


@app.periodic(cron="* * * * * */30", periodic_id="payments")
@app.task(name="reconcile_payments", queue="payments", queueing_lock="reconcile_payments")
def reconcile_payments(timestamp: int) -> None:
    """Ask about the payments that may have changed without our hearing of it."""
    checkout.reconcile(outside(), now=timezone.now())


@app.periodic(cron="* * * * * */20", periodic_id="charges")
@app.task(name="follow_charges", queue="charges", queueing_lock="follow_charges")
def follow_charges(timestamp: int = 0) -> None:
    """Read on in what the charge system tells; a notice only has it read sooner."""
    try:
        charge_feed.follow(outside(), now=timezone.now())
    except PortError as error:
        log.warning("the charges must be read on later", why=str(error))


@app.periodic(cron="* * * * * */30", periodic_id="applications")
@app.task(name="resume_applications", queue="applications", queueing_lock="resume_applications")
def resume_applications(timestamp: int) -> None:
    """Ask again about the applications that wait for a register."""
    for application in apply.waiting(now=timezone.now()):
        with keeping_nobody_waiting("application", application.id):
            apply.ask_again(outside(), application, now=timezone.now())


@app.periodic(cron="*/2 * * * *", periodic_id="person_numbers")
@app.task(name="follow_numbers", queue="applications", queueing_lock="follow_numbers")
def follow_numbers(timestamp: int) -> None:
    """Ask for the numbers of those who have logged in while the register did not answer."""
    for party in person_number.due(now=timezone.now()):
        with keeping_nobody_waiting("party", party.id):
            person_number.follow(outside(), party, now=timezone.now())


@app.periodic(cron="5 6-20 * * *", periodic_id="reminders")
@app.task(name="remind", queue="reminders", queueing_lock="remind")
def remind_of_ends(timestamp: int) -> None:
    """Remind people of permits that end; every hour of the day, so that a lost hour is nothing."""
    remind.remind(now=timezone.now())


@app.periodic(cron="40 20 * * *", periodic_id="evening")
@app.task(name="check_the_day", queue="reminders", queueing_lock="check_the_day")
def check_the_day(timestamp: int) -> None:
    """See in the evening that all of the day was done, and forget how often people have asked."""
    remind.check(now=timezone.now())
    reconcile.check(now=timezone.now())
    charge_report.count_last_year(now=timezone.now())
    charge_report.check(now=timezone.now())
    limit.forget(before=timezone.now() - timedelta(days=1))


@app.periodic(cron="*/10 1-3 * * *", periodic_id="recheck")
@app.task(name="look_at_permits", queue="applications", queueing_lock="look_at_permits")
def look_at_permits(timestamp: int) -> None:
    """Look again at the permits whose turn it is, so many at a time all through the night."""
    recheck.put_away(now=timezone.now())
    for permit in recheck.due(now=timezone.now()):
        with keeping_nobody_waiting("permit", permit.number):
            recheck.look_in_turn(outside(), permit, now=timezone.now())


@app.periodic(cron="20 4-6 * * *", periodic_id="reconciliation")
@app.task(name="compare_permits", queue="catalogue", queueing_lock="compare_permits")
def compare_permits(timestamp: int) -> None:
    """Compare our permits with those of the accounts; again an hour later, if they are away."""
    try:
        reconcile.compare(outside(), now=timezone.now())
    except PortError as error:
        log.warning("the permits are not compared", why=str(error))


@app.periodic(cron="*/5 * * * *", periodic_id="receipts")
@app.task(name="follow_receipts", queue="reminders", queueing_lock="follow_receipts")
def follow_receipts(timestamp: int) -> None:
    """Read on in what has become of letters and reminders."""
    try:
        receipts.follow(outside(), now=timezone.now())
    except PortError as error:
        log.warning("the receipts must be read on later", why=str(error))


@app.periodic(cron="10 5 * * *", periodic_id="cases")
@app.task(name="run_out", queue="applications", queueing_lock="run_out")
def run_out(timestamp: int) -> None:
    """Settle the cases and end the provisional permits whose documents did not come in time."""
    casework.run_out(now=timezone.now())


@app.periodic(cron="25 4-20 * * *", periodic_id="collection")
@app.task(name="collect_charges", queue="charges", queueing_lock="collect_charges")
def collect_charges(timestamp: int = 0) -> None:
    """Do what time brings to charges; every hour of the day, so that a lost night is nothing."""
    draw.follow(now=timezone.now())
    plan.follow(now=timezone.now())
    taken = collect.collect(outside(), now=timezone.now())
    log.info("collected", **taken)


@app.periodic(cron="*/15 * * * *", periodic_id="bank")
@app.task(name="read_bank", queue="charges", queueing_lock="read_bank")
def read_bank(timestamp: int = 0) -> None:
    """Book what the bank has told of payment slips."""
    try:
        bank.read(outside(), now=timezone.now())
    except PortError as error:
        log.warning("the bank must be read later", why=str(error))
    unplaced_money_work.pay_back_what_was_annulled(now=timezone.now())


@app.periodic(cron="*/10 * * * *", periodic_id="debt collection")
@app.task(name="follow_claims", queue="charges", queueing_lock="follow_claims")
def follow_claims(timestamp: int = 0) -> None:
    """Ask the debt collection agency what has become of our claims, and what it did itself."""
    for ask in (claims.ask, claims.read_notices):
        try:
            ask(outside(), now=timezone.now())
        except PortError as error:
            log.warning("the debt collection must be asked later", why=str(error))


@app.periodic(cron="30 3 * * *", periodic_id="retention")
@app.task(name="forget", queue="reminders", queueing_lock="forget")
def forget(timestamp: int) -> None:
    """Forget what need not be kept any longer."""
    retention.forget(now=timezone.now())


@app.task(name="check_charge", queue="charges")
def check_charge(charge_id: str, party_id: str, occasion: str) -> None:
    """Look at one charge by machine."""
    charge = Charge.objects.filter(id=charge_id).first()
    party = Party.objects.filter(id=party_id).first() if party_id else None
    if charge is not None:
        evidence.check(outside(), charge, party=party, occasion=occasion, now=timezone.now())


@app.periodic(cron="20 4 * * *", periodic_id="checks")
@app.task(name="check_again", queue="charges", queueing_lock="check_again")
def check_again(timestamp: int) -> None:
    """Ask again about the charges of which a register was silent."""
    for kept in evidence.to_ask_again(now=timezone.now()):
        with keeping_nobody_waiting("charge", kept.charge.number):
            evidence.check(
                outside(), kept.charge, party=kept.party, occasion="again", now=timezone.now()
            )


@app.periodic(cron="* * * * * */30", periodic_id="own_accord")
@app.task(name="annul_of_own_accord", queue="charges", queueing_lock="annul_of_own_accord")
def annul_of_own_accord(timestamp: int = 0) -> None:
    """Annul what was approved, so many at a time that nothing else waits long."""
    if own_accord.carry_out(outside(), now=timezone.now()):
        send.annul_soon()


@app.periodic(cron="25 5 * * *", periodic_id="complaints")
@app.task(name="run_out_complaints", queue="charges", queueing_lock="run_out_complaints")
def run_out_complaints(timestamp: int) -> None:
    """Go on with the complaints that nobody replied about in time; drafts never sent lapse."""
    complain.run_out(now=timezone.now())


@app.periodic(cron="*/5 * * * *", periodic_id="documents")
@app.task(name="scan_documents", queue="applications", queueing_lock="scan_documents")
def scan_documents(timestamp: int) -> None:
    """Scan the files that waited for the scanner."""
    scanner, now = outside().scanner, timezone.now()
    files.scan_quarantined(scanner, [Document], now=now, before_removal=documents.tell_of_infected)
    files.scan_quarantined(
        scanner, [ComplaintFile], now=now, before_removal=complain.tell_of_infected
    )


@app.periodic(cron="17 2 * * *", periodic_id="catalogue")
@app.task(name="fetch_catalogue", queue="catalogue", queueing_lock="fetch_catalogue")
def fetch_catalogue(timestamp: int) -> None:
    """Fetch the price list and the map; one that does not answer leaves the other alone."""
    for fetch in (catalogue.fetch_fares, zones.fetch_zones):
        try:
            fetched = fetch(outside(), now=timezone.now())
            log.info("fetched", what=fetch.__name__, new=fetched.new, aside=fetched.set_aside)
        except PortError as error:
            log.warning("not fetched", what=fetch.__name__, why=str(error))
