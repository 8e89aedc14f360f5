"""Permits that are valid are looked at again, and nobody loses one unheard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from parking.actions import casework, checkout, permit, recheck
from parking.actions import staff as staff_actions
from parking.law import case as law
from parking.law import permit as permit_law
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import Period, danish_day
from parking.law.reasoning import Answer
from parking.law.staff import Role
from parking.law.zones import HomeArea, Place, ZoneCode, ZoneKind
from parking.records.audit import LookUp
from parking.records.case import Case, CaseStep
from parking.records.letter import Letter
from parking.records.order import Refund
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.site import wiring
from town import ask, now, order, party, pay

#: What may happen to Anna and her car, in the city's words, and the sentence that no longer holds.
HAPPENED = {
    "stolen": ({"vehicle": "ZA10001", "stolen": True}, "vehicle_is_not_reported_stolen"),
    "deregistered": ({"vehicle": "ZA10001", "status": "deregistered"}, "vehicle_is_in_traffic"),
    "sold": ({"vehicle": "ZA10001", "holder": "bo"}, "applicant_owns_or_uses_the_vehicle"),
    "moved to another zone": (
        {"person": "anna", "home": "YØ"},
        "home_lies_in_the_zone_of_the_permit",
    ),
    "moved away": ({"person": "anna", "home": "frederiksberg"}, "home_is_in_the_municipality"),
    "emigrated": ({"person": "anna", "status": 80, "home": None}, "applicant_lives_in_denmark"),
    "dead": ({"person": "anna", "status": 90, "home": None}, "applicant_lives_in_denmark"),
}


def granted(outside, slug="anna"):
    bought = order(outside, slug)
    pay(bought.payment.page_url)
    checkout.settle(outside, bought.payment.payment_id, now=now())
    return Permit.objects.active().get(party=party(slug))


def ends_in(days, held):
    """Let the permit have been bought so long ago that its last day is in *days* days."""
    end = danish_day(now()) + timedelta(days=days + 1)
    held.period = as_range(Period(end - timedelta(days=365), end))
    held.save()


def later(days=31, **of):
    return now() + timedelta(days=days, **of)


@pytest.fixture
def held(stocked):
    return granted(stocked)


@pytest.fixture
def happens(sandbox):
    """Let something happen in the city."""

    def happens(what):
        sandbox.control("POST", "city", **HAPPENED[what][0])

    return happens


def look(outside, at=None):
    """Do what a night does; return how many permits had their turn."""
    at = at or later()
    recheck.put_away(now=at)
    return sum(recheck.look_in_turn(outside, each, now=at) for each in recheck.due(now=at))


@pytest.fixture
def worker(db):
    return staff_actions.add(name_id="ditte", roles=(Role.DECIDER,), unit="Parkering", now=now())


def taken(worker) -> Case:
    case = Case.objects.get(kind=law.Kind.CHANGED.value)
    casework.take(worker, case, version=case.version, now=later())
    case.refresh_from_db()
    return case


def heard(worker) -> Case:
    case = taken(worker)
    recheck.hear(worker, case, text="Er bilen stjålet?", version=case.version, now=later())
    case.refresh_from_db()
    return case


def test_a_permit_has_its_turn_a_month_after_it_was_decided_on(stocked, held):
    assert look(stocked, later(29)) == 0
    assert look(stocked, later(31)) == 1
    assert look(stocked, later(32)) == 0, "and then a month later"
    assert look(stocked, later(62)) == 1
    assert not Case.objects.exists()
    held.refresh_from_db()
    assert held.stands is permit_law.State.ACTIVE


def test_the_citizen_can_read_that_the_registers_were_asked_and_why(stocked, held):
    look(stocked)
    looks = LookUp.objects.filter(party=party("anna"), purpose=recheck.PURPOSE)
    assert {each.register for each in looks} == {
        "population register",
        "address register",
        "vehicle register",
    }
    assert {each.asked_by for each in looks} == {recheck.ASKED_BY}
    assert {each.reference for each in looks} == {str(held.application_id)}


@pytest.mark.parametrize("what", HAPPENED)
def test_f42_what_no_longer_holds_opens_a_case_and_ends_nothing(stocked, held, happens, what):
    happens(what)
    look(stocked)
    case = Case.objects.get()
    assert (case.about, case.held, case.party) == (law.Kind.CHANGED, held, party("anna"))
    finding = recheck.today_of(case).finding
    assert HAPPENED[what][1] in {reason.rule for reason in finding.reasons()}
    held.refresh_from_db()
    assert held.stands is permit_law.State.ACTIVE
    assert not Letter.objects.filter(case=case).exists()
    look(stocked, later(62))
    look(stocked, later(93))
    assert Case.objects.get() == case, "twice is once"


def test_the_database_has_one_case_about_a_permit(stocked, held, happens):
    happens("stolen")
    look(stocked)
    case = Case.objects.get()
    case.pk, case.number, case._state.adding = None, "S-2", True
    with pytest.raises(IntegrityError, match="case_one_of_a_permit"):
        case.save()


@pytest.mark.parametrize("register", ["cpr", "dmr", "addresses"])
def test_f42_a_register_that_is_silent_decides_nothing_and_is_asked_the_next_night(
    stocked, held, happens, sandbox, register
):
    happens({"cpr": "emigrated", "dmr": "stolen"}.get(register, "moved to another zone"))
    sandbox.fault(register, "drop")
    look(stocked)
    assert not Case.objects.exists()
    assert look(stocked, later(hours=1)) == 0
    sandbox.fault(register, "none")
    wiring.outside.cache_clear()
    assert look(wiring.outside(), later(32)) == 1
    assert Case.objects.count() == 1


def test_one_that_fails_keeps_no_other_waiting(stocked, held, monkeypatch):
    other = granted(stocked, "bo")
    asked = recheck.gather.ask_registers

    def broken(outside, who, *given, **named):
        if who == party("anna"):
            raise ZeroDivisionError
        return asked(outside, who, *given, **named)

    monkeypatch.setattr(recheck.gather, "ask_registers", broken)
    for each in recheck.due(now=later()):
        with recheck.keeping_nobody_waiting("permit", each.number):
            recheck.look_in_turn(stocked, each, now=later())
    assert not recheck.due(now=later()), "the broken one waits for the next night too"
    other.refresh_from_db()
    assert other.next_look > later(60)
    assert [each.number for each in recheck.due(now=later(32))] == [held.number]


def test_only_so_many_have_their_turn_at_once_the_longest_waiting_first(stocked, held):
    granted(stocked, "bo")
    Permit.objects.filter(id=held.id).update(next_look=later(40))
    (first,) = recheck.due(now=later(50), most=1)
    assert first.party == party("bo")


def test_one_that_is_over_has_no_turn(stocked, held):
    ends_in(-1, held)
    assert look(stocked) == 0
    held.refresh_from_db()
    assert held.next_look is None
    assert not LookUp.objects.filter(purpose=recheck.PURPOSE).exists()


def test_a_permit_is_judged_by_the_terms_it_was_given_by_and_by_its_documents(stocked, held):
    """How many one may have, the basket and other permits of the vehicle are no matter any more."""
    granted_again = permit.as_published(held)
    stocked.accounts.publish(granted_again, changed=now())
    assert recheck.look(stocked, held, now=later()).answer is Answer.YES


def test_what_is_well_again_ends_the_case(stocked, held, happens, sandbox, worker):
    happens("stolen")
    look(stocked)
    case = taken(worker)
    sandbox.control("POST", "city", vehicle="ZA10001", stolen=False)
    recheck.look_again(stocked, worker, case, now=later())
    case.refresh_from_db()
    assert case.stands is law.State.WITHDRAWN
    by_us = LookUp.objects.filter(purpose=recheck.PURPOSE, staff=worker)
    assert {each.asked_by for each in by_us} == {"staff Parkering"}


def test_nobody_loses_a_permit_unheard(stocked, held, happens, worker):
    happens("stolen")
    look(stocked)
    case = taken(worker)
    with pytest.raises(recheck.NotHeard):
        recheck.end(worker, case, reasons="x", version=case.version, now=later())
    recheck.hear(worker, case, text="Er den stjålet?", version=case.version, now=later())
    case.refresh_from_db()
    assert case.stands is law.State.ASKED
    with pytest.raises(recheck.NotHeard):
        recheck.end(worker, case, reasons="x", version=case.version, now=later())
    last_day = later((case.due - danish_day(now())).days)
    with pytest.raises(recheck.NotHeard):
        recheck.end(worker, case, reasons="x", version=case.version, now=last_day)
    held.refresh_from_db()
    assert held.stands is permit_law.State.ACTIVE
    assert Letter.objects.filter(case=case).count() == 1


def test_who_does_not_answer_in_time_has_been_heard(stocked, held, happens, worker):
    happens("stolen")
    look(stocked)
    case = heard(worker)
    after = later((case.due - danish_day(now())).days + 1)
    recheck.end(worker, case, reasons="Bilen er stjålet.", version=case.version, now=after)
    held.refresh_from_db()
    assert (held.stands, held.ended_on) == (permit_law.State.ENDED, danish_day(after))


def test_a_permit_is_ended_with_reasons_a_letter_and_a_refund(stocked, held, happens, worker):
    happens("sold")
    look(stocked)
    case = heard(worker)
    recheck.answer(party("anna"), held, text="Ja, den er solgt.", now=later())
    case.refresh_from_db()
    assert case.stands is law.State.TAKEN
    back = permit.refund_if_ended(held, on=danish_day(later()))
    assert back
    recheck.end(worker, case, reasons="Du ejer den ikke.", version=case.version, now=later())
    held.refresh_from_db()
    case.refresh_from_db()
    assert (case.stands, held.ended_because) == (law.State.DECIDED, "conditions changed")
    assert Refund.objects.get().amount == back
    assert Outgoing.objects.filter(kind=Outgoing.Kind.SEND_LETTER).count() == 2
    steps = list(CaseStep.objects.filter(case=case).values_list("step", "text"))
    assert steps[-2:] == [("answer", "Ja, den er solgt."), ("end", "Du ejer den ikke.")]
    assert look(stocked, later(62)) == 0


def test_what_was_let_stand_is_not_asked_about_again_for_the_same_reason(
    stocked, held, happens, worker
):
    happens("stolen")
    look(stocked)
    case = taken(worker)
    recheck.let_stand(worker, case, reasons="Den er fundet.", version=case.version, now=later())
    assert not Letter.objects.filter(case=case).exists(), "nobody has been worried"
    look(stocked, later(62))
    assert Case.objects.count() == 1
    happens("emigrated")
    look(stocked, later(93))
    assert Case.objects.count() == 2


def test_who_was_heard_is_told_that_it_stands(stocked, held, happens, worker):
    happens("stolen")
    look(stocked)
    case = heard(worker)
    recheck.let_stand(worker, case, reasons="Den er fundet.", version=case.version, now=later())
    assert Letter.objects.filter(case=case).count() == 2


def test_a_permit_that_ends_takes_its_case_with_it(stocked, held, happens):
    happens("stolen")
    look(stocked)
    permit.end(held, because="the party asked", now=later())
    case = Case.objects.get()
    assert case.stands is law.State.WITHDRAWN
    assert case.steps.get().actor == Actor.SYSTEM.value


def test_a_case_goes_when_the_days_of_the_permit_are_over(stocked, held, happens):
    happens("stolen")
    look(stocked)
    ends_in(40, held)
    assert recheck.put_away(now=later(40)) == 0
    assert recheck.put_away(now=later(42)) == 1
    assert recheck.put_away(now=later(42)) == 0


def test_only_who_is_asked_can_answer(stocked, held, happens, worker):
    happens("stolen")
    look(stocked)
    with pytest.raises(StepNotAllowed):
        recheck.answer(party("anna"), held, text="Nej", now=later())
    heard(worker)
    with pytest.raises(StepNotAllowed):
        recheck.answer(party("bo"), held, text="Ja", now=later())


def test_a_case_worker_asks_only_about_a_case_of_their_own(stocked, held, happens, worker):
    happens("stolen")
    look(stocked)
    with pytest.raises(StepNotAllowed):
        recheck.look_again(stocked, worker, Case.objects.get(), now=later())


@pytest.mark.parametrize("home", ["gap", "overlap"])
def test_what_only_a_person_can_say_opens_a_case_too(stocked, held, sandbox, home):
    sandbox.control("POST", "city", person="anna", home=home)
    look(stocked)
    assert recheck.today_of(Case.objects.get()).finding.answer is Answer.OPEN


def test_what_a_case_worker_said_of_a_home_holds_until_somebody_moves(stocked, sandbox, worker):
    application = ask(stocked, "viggo")
    case = Case.objects.get(application=application)
    casework.take(worker, case, version=case.version, now=now())
    case.refresh_from_db()
    area = HomeArea(place=Place.HOME_AREA, zone=ZoneCode("VB"), kind=ZoneKind.PAID)
    casework.decide(
        worker, case, step=law.Step.DECIDE, values={"home_area": area}, reasons="Set på kortet.",
        version=case.version, now=now(),
    )  # fmt: skip
    granted(stocked, "viggo")
    look(stocked)
    assert Case.objects.count() == 1
    sandbox.control("POST", "city", person="viggo", home="gap")
    look(stocked, later(62))
    assert Case.objects.filter(kind=law.Kind.CHANGED.value).count() == 1
