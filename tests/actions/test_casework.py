"""Behind the counter: what a case worker supplies, the rule answers, and what follows from it."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from parking.actions import apply, caseload, casework, checkout, documents, staff
from parking.actions import permit as permits
from parking.law import application as application_law
from parking.law import case as law
from parking.law import permit as permit_law
from parking.law.course import StepNotAllowed
from parking.law.days import Period, danish_day
from parking.law.facts import Document as DocumentFact
from parking.law.money import Money
from parking.law.reasoning import Answer
from parking.law.staff import RIGHTS, Right, Role
from parking.law.zones import HomeArea, Place, ZoneCode, ZoneKind
from parking.records.application import Application
from parking.records.audit import LookUp
from parking.records.case import Case, CaseStep, Supplied
from parking.records.document import Document
from parking.records.letter import Letter
from parking.records.order import Refund
from parking.records.permit import Permit
from parking.records.ranges import as_range
from pictures import a_pdf
from town import ask, begin, now, party, pay

VESTERBRO = HomeArea(place=Place.HOME_AREA, zone=ZoneCode("VB"), kind=ZoneKind.PAID)


def somebody(slug: str = "ditte", *roles: Role):
    return staff.add(name_id=slug, roles=roles or (Role.DECIDER,), unit="Parkering", now=now())


def taken(application: Application, worker) -> Case:
    case = Case.objects.get(application=application, state=law.State.OPEN.value)
    casework.take(worker, case, version=case.version, now=now())
    return Case.objects.get(id=case.id)


def decide(worker, case, *, step=law.Step.DECIDE, reasons="Set på kortet.", **values):
    return casework.decide(
        worker, case, step=step, values=values, reasons=reasons, version=case.version, now=now()
    )


def handed_in(outside, slug: str, plate: str, kind: Document.Kind) -> Application:
    application = ask(outside, slug, plate)
    documents.save_draft(None, application, kind=kind, name="bevis.pdf", content=a_pdf(), now=now())
    return documents.hand_in(outside, party(slug), application, now=now())


def bought_provisionally(outside):
    application = handed_in(outside, "olga", "ZP10016", Document.Kind.SOLE_USER_DECLARATION)
    apply.choose_start(party("olga"), application, danish_day(now()), now=now())
    order = begin(outside, "olga")
    pay(order.payment.page_url)
    checkout.settle(outside, order.payment.payment_id, now=now())
    return Application.objects.get(id=application.id), Permit.objects.get()


def test_a_finding_that_awaits_a_case_worker_has_a_case(stocked):
    application = ask(stocked, "viggo")
    case = Case.objects.get()
    assert application.stands is application_law.State.WAITING
    assert (case.about, case.facts) == (law.Kind.HOME, ["home_area"])
    ask(stocked, "viggo")
    assert Case.objects.count() == 1


def test_the_fact_is_supplied_and_the_rule_says_yes(stocked):
    application = ask(stocked, "viggo")
    worker = somebody()
    seen = decide(worker, taken(application, worker), home_area=VESTERBRO)
    application.refresh_from_db()
    assert seen.finding.answer is Answer.YES
    assert (application.stands, application.zone) == (application_law.State.DRAFT, "VB")
    assert Supplied.objects.get().staff == worker
    assert Letter.objects.get().case is not None
    again = ask(stocked, "viggo")
    assert again.answer is Answer.YES, "the registers are asked again and the fact is remembered"


def test_what_is_not_shown_is_a_no_that_explains_itself(stocked):
    application = ask(stocked, "yrsa", "ZY10023")
    worker = somebody()
    seen = decide(worker, taken(application, worker), step=law.Step.REFUSE)
    application.refresh_from_db()
    assert seen.finding.answer is Answer.NO
    assert application.answer is Answer.NO
    assert application.decisions.count() == 2


def test_a_supplied_fact_gives_way_to_what_the_registers_know(stocked):
    application = ask(stocked, "viggo")
    worker = somebody()
    decide(worker, taken(application, worker), home_area=VESTERBRO)
    facts = casework.latest(application).facts
    known = HomeArea(place=Place.NO_AREA)
    again = caseload.with_cases(dataclasses.replace(facts, home_area=known), application)
    assert again.home_area == known


def test_two_case_workers_at_once_are_one(stocked):
    ask(stocked, "viggo")
    case = Case.objects.get()
    workers = [somebody("ditte"), somebody("dorte")]

    def take(worker):
        try:
            casework.take(worker, case, version=case.version, now=now())
        except casework.ChangedMeanwhile:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as at_once:
        assert sorted(at_once.map(take, workers)) == [False, True]


def test_who_decides_on_an_old_page_is_told_so(stocked):
    application = ask(stocked, "viggo")
    worker = somebody()
    case = taken(application, worker)
    decide(worker, case, home_area=VESTERBRO)
    with pytest.raises(casework.ChangedMeanwhile):
        decide(worker, case, step=law.Step.REFUSE)
    assert CaseStep.objects.filter(step=law.Step.REFUSE.value).count() == 0
    assert Letter.objects.count() == 1


def test_nobody_decides_what_somebody_else_has_taken(stocked):
    application = ask(stocked, "viggo")
    case = taken(application, somebody("ditte"))
    with pytest.raises(StepNotAllowed):
        decide(somebody("dorte"), case, home_area=VESTERBRO)
    with pytest.raises(StepNotAllowed):
        casework.put_back(
            somebody("dorte"), case, version=case.version, rights=RIGHTS[Role.DECIDER], now=now()
        )
    casework.put_back(
        somebody("leif", Role.LEAD), case, version=case.version, rights={Right.REASSIGN}, now=now()
    )
    assert Case.objects.get().stands is law.State.OPEN


def test_the_registers_are_asked_by_who_has_the_case_and_only_while_it_is_of_use(stocked):
    application = ask(stocked, "viggo")
    asked = LookUp.objects.count()
    case, worker = Case.objects.get(), somebody()
    with pytest.raises(StepNotAllowed):
        casework.ask_registers(stocked, worker, case, now=now())
    case = taken(application, worker)
    with pytest.raises(StepNotAllowed):
        casework.ask_registers(stocked, somebody("dorte"), case, now=now())
    assert LookUp.objects.count() == asked
    casework.ask_registers(stocked, worker, case, now=now())
    looks = LookUp.objects.order_by("id")[asked:]
    assert {(each.asked_by, each.staff) for each in looks} == {("staff Parkering", worker)}
    Application.objects.update(state=application_law.State.DRAFT.value)
    asked = LookUp.objects.count()
    with pytest.raises(StepNotAllowed):
        casework.ask_registers(stocked, worker, Case.objects.get(), now=now())
    assert LookUp.objects.count() == asked, "nobody is asked for an answer nobody will use"


def test_nobody_handles_their_own_case(stocked):
    ask(stocked, "viggo")
    worker = somebody("viggo-k")
    worker.number_fingerprint = party("viggo").number_fingerprints[0]
    with pytest.raises(casework.OwnCase):
        casework.case_for(worker, Case.objects.get().id)


def test_documents_are_assessed_while_the_permit_is_used(stocked):
    _, permit = bought_provisionally(stocked)
    assert permit.stands is permit_law.State.ACTIVE
    assert permit.provisional_until == danish_day(now()) + timedelta(days=14)
    worker = somebody()
    case = taken(permit.application, worker)
    decide(worker, case, sole_user_declaration=DocumentFact(approved=True))
    permit.refresh_from_db()
    assert permit.provisional_until is None
    assert Document.objects.get().state == Document.State.APPROVED


def test_rejected_documents_end_the_permit_and_pay_back(stocked):
    _, permit = bought_provisionally(stocked)
    worker = somebody()
    decide(worker, taken(permit.application, worker), step=law.Step.REFUSE, reasons="Ulæselig.")
    permit.refresh_from_db()
    assert permit.stands is permit_law.State.ENDED
    assert Document.objects.get().state == Document.State.REJECTED
    assert Money(Refund.objects.get().amount_ore) > Money(0)


def test_what_was_asked_for_and_never_came_ends_the_permit(stocked):
    _, permit = bought_provisionally(stocked)
    worker = somebody()
    case = taken(permit.application, worker)
    casework.ask(worker, case, text="Siden mangler.", version=case.version, now=now())
    assert casework.run_out(now=now() + timedelta(days=14)) == 0
    assert casework.run_out(now=now() + timedelta(days=16)) == 1
    permit.refresh_from_db()
    assert permit.stands is permit_law.State.ENDED
    assert casework.run_out(now=now() + timedelta(days=16)) == 0


def test_a_case_that_cannot_be_settled_keeps_no_other_from_its_turn(stocked, monkeypatch):
    _, permit = bought_provisionally(stocked)
    worker = somebody()
    case = taken(permit.application, worker)
    casework.ask(worker, case, text="Siden mangler.", version=case.version, now=now())
    monkeypatch.setattr(casework, "_settle", lambda *_, **__: 1 / 0)
    assert casework.run_out(now=now() + timedelta(days=16)) == 0
    Case.objects.filter(id=case.id).update(state=law.State.WITHDRAWN.value)
    assert casework.run_out(now=now() + timedelta(days=16)) == 1, "its permit ends all the same"


def test_our_own_delay_ends_nobodys_permit(stocked):
    _, permit = bought_provisionally(stocked)
    assert casework.run_out(now=now() + timedelta(days=60)) == 0
    permit.refresh_from_db()
    assert permit.stands is permit_law.State.ACTIVE


def test_an_answer_brings_the_case_back_to_who_asked(stocked):
    application, _ = bought_provisionally(stocked)
    worker = somebody()
    case = taken(application, worker)
    casework.ask(worker, case, text="Siden mangler.", version=case.version, now=now())
    documents.save_draft(
        None,
        application,
        kind=Document.Kind.SOLE_USER_DECLARATION,
        name="side2.pdf",
        content=a_pdf("side 2"),
        now=now(),
    )
    documents.hand_in(stocked, party("olga"), application, now=now())
    case.refresh_from_db()
    assert (case.stands, case.taken_by) == (law.State.TAKEN, worker)


def test_a_second_vehicle_is_granted_as_a_fact(stocked):
    application = ask(stocked, "mette", "ZM10013")
    assert documents.second_vehicle_may_be_asked_for(application)
    application = documents.ask_for_second_vehicle(
        stocked, party("mette"), application, why="Vi er to om bilerne.", now=now()
    )
    assert application.stands is application_law.State.WAITING
    worker = somebody()
    decide(worker, taken(application, worker), extra_permits=1)
    application.refresh_from_db()
    assert application.answer is Answer.YES
    chosen = apply.choose_start(party("mette"), application, danish_day(now()), now=now())
    assert chosen.stands is application_law.State.IN_BASKET
    assert apply.allowed_permits(chosen) == 2
    assert begin(stocked, "mette").lines.count() == 1


def with_two_permits(outside, *, until=None):
    """Mette holds one permit in the accounts, and buys another that a case worker granted."""
    application = ask(outside, "mette", "ZM10013")
    documents.ask_for_second_vehicle(outside, party("mette"), application, why="To.", now=now())
    worker, case = somebody(), Case.objects.get()
    casework.take(worker, case, version=case.version, now=now())
    casework.decide(
        worker, Case.objects.get(), step=law.Step.DECIDE, values={"extra_permits": 1},
        reasons="To.", version=case.version + 1, valid_until=until, now=now(),
    )  # fmt: skip
    application = apply.choose_start(party("mette"), application, danish_day(now()), now=now())
    order = begin(outside, "mette")
    if order.total_ore:
        pay(order.payment.page_url)
        checkout.settle(outside, order.payment.payment_id, now=now())
    return Permit.objects.active().get()


def test_a_second_vehicle_is_renewed_without_asking_again(stocked):
    held = with_two_permits(stocked)
    end = danish_day(now()) + timedelta(days=10)
    held.period = as_range(Period(end - timedelta(days=365), end))
    held.save()
    renewal = permits.renew(stocked, party("mette"), held, now=now())
    assert renewal.answer is Answer.YES
    facts = casework.latest(renewal).facts
    assert facts.extra_permits == 1, "the finding says by what"
    assert not Case.objects.filter(application=renewal).exists()


def test_a_second_vehicle_that_was_granted_until_a_day_is_not_renewed_after_it(stocked):
    held = with_two_permits(stocked, until=danish_day(now()))
    end = danish_day(now()) + timedelta(days=10)
    held.period = as_range(Period(end - timedelta(days=365), end))
    held.save()
    renewal = permits.renew(stocked, party("mette"), held, now=now())
    assert renewal.answer is Answer.NO


def test_a_second_vehicle_that_is_refused_stays_refused(stocked):
    application = ask(stocked, "mette", "ZM10013")
    documents.ask_for_second_vehicle(
        stocked, party("mette"), application, why="Vi er to.", now=now()
    )
    worker = somebody()
    decide(worker, taken(application, worker), step=law.Step.REFUSE)
    application.refresh_from_db()
    assert application.answer is Answer.NO
    assert not documents.second_vehicle_may_be_asked_for(application)


def test_an_application_taken_back_takes_its_case_along(stocked):
    application = ask(stocked, "viggo")
    apply.withdraw(party("viggo"), application, now=now())
    assert Case.objects.get().stands is law.State.WITHDRAWN


def test_what_was_done_in_a_case_is_written_once(stocked):
    application = ask(stocked, "viggo")
    worker = somebody()
    decide(worker, taken(application, worker), home_area=VESTERBRO)
    for table in (CaseStep, Supplied):
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            table.objects.all().delete()


def test_a_letter_goes_to_digital_post(stocked, work, calm_sandbox):
    application = ask(stocked, "viggo")
    worker = somebody()
    decide(worker, taken(application, worker), home_area=VESTERBRO)
    work()
    letter = Letter.objects.get()
    assert letter.sent is not None
    assert bytes(letter.pdf).startswith(b"%PDF")


def test_a_basket_falls_back_when_its_documents_are_rejected(stocked):
    application = handed_in(stocked, "olga", "ZP10016", Document.Kind.SOLE_USER_DECLARATION)
    apply.choose_start(party("olga"), application, danish_day(now()), now=now())
    worker = somebody()
    decide(worker, taken(application, worker), step=law.Step.REFUSE)
    application.refresh_from_db()
    assert application.stands is application_law.State.DRAFT
    assert application.answer is Answer.NO


def test_nobody_buys_provisionally_while_something_else_is_open(stocked):
    application = ask(stocked, "viggo")
    assert not apply.may_be_sold(application.found)
    chosen = apply.choose_start(party("viggo"), application, danish_day(now()), now=now())
    assert chosen.stands is application_law.State.WAITING


def test_the_last_operator_cannot_be_shut_out(db):
    only = somebody("otto", Role.OPERATOR)
    with pytest.raises(staff.LastOperator):
        staff.disable(only.id, now=now())
    somebody("olaf", Role.OPERATOR)
    staff.disable(only.id, now=now())
