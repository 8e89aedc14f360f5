"""A case worker stops the collection of a charge: at once, in both systems, and up to a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from at_once import at_the_same_time
from collecting import Town
from parking.actions import (
    casework,
    charge_case,
    charge_feed,
    collect,
    complaint_course,
    holds,
    mydata,
    plan,
    progress,
    stops,
    wording,
)
from parking.actions import charge as charges
from parking.actions import staff as staff_actions
from parking.law.charge import Hold, Step
from parking.law.course import StepNotAllowed
from parking.law.days import danish_day
from parking.law.money import Money
from parking.law.staff import Role
from parking.records.audit import Incident
from parking.records.charge import Charge
from parking.records.collection import ChargePause
from parking.records.outbox import Outgoing
from parking.records.recording import recording
from parking.records.staff import Staff
from town import charge, party

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def worker(town, slug: str = "ditte") -> Staff:
    return staff_actions.add(name_id=slug, roles=[Role.DECIDER], unit="Parkering", now=town.at)


def stop(town, slug: str = "anna-open", *, days: int = 20, by: str = "ditte", known=None):
    given = charge(slug)
    return stops.stop(
        worker(town, by),
        given,
        until=danish_day(town.at) + timedelta(days=days),
        reason="Vi venter på politiet.",
        known=len(stops.made_here(given)) if known is None else known,
        now=town.at,
    )


def lift(town, slug: str = "anna-open", *, by: str = "ditte") -> None:
    standing = stops.standing(charge(slug), now=town.at)
    assert standing is not None
    stops.lift(worker(town, by), charge(slug), standing.id, now=town.at)


def follow(town) -> None:
    charge_feed.follow(town.outside, now=town.at)


def agree(town, slug: str = "anna-open") -> None:
    """Nothing is refused, nothing is left, and both systems know the same stops."""
    town.send()
    follow(town)
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()
    assert not Incident.objects.filter(key__startswith="outgoing").exists()
    told = {each.reference: each for each in town.told(slug).stops}
    ours = {row.reference: row for row in stops.made_here(charge(slug))}
    assert ours.keys() <= told.keys()
    for reference, row in ours.items():
        there = told[reference]
        over = there.until if there.lifted is None else min(danish_day(there.lifted), there.until)
        assert (danish_day(there.since), over, there.reason) == (row.since, row.until, row.reason)


def test_a_stop_holds_at_once_and_ends_by_itself_on_its_day(town):
    town.collect_until("anna-open", Step.REMIND)
    made = stop(town)
    town.pass_days(14)
    assert town.told("anna-open").hold is None, "nobody has been told yet"
    assert town.collect("anna-open") is None
    agree(town)
    given = charge("anna-open")
    assert progress.seen(given, now=town.at).waits_for == (Hold.CASE_WORKER,)
    hold = town.told("anna-open").hold
    assert hold is not None
    assert (hold.reason, hold.until) == ("case_worker", made.until)
    coming = progress.coming(given, now=town.at)
    assert coming is not None
    # The day of the stop counts, as the day after it does; those between do not.
    assert coming.day == made.until + timedelta(days=13)
    assert progress.seen(given, now=town.at).due == made.until + timedelta(days=10)
    town.pass_days((coming.day - danish_day(town.at)).days - 1)
    assert town.collect("anna-open") is None
    town.pass_days(1)
    assert town.collect("anna-open") is Step.FIRST_FEE
    assert charges.balance(charge("anna-open")).owed == Money(76_000)
    agree(town)


@pytest.mark.parametrize("step", [Step.REMIND, Step.FIRST_FEE, Step.TRANSFER])
def test_nothing_is_sent_charged_or_handed_over_during_a_stop(town, step):
    earlier = {Step.REMIND: Step.FALL_DUE, Step.FIRST_FEE: Step.REMIND}
    town.collect_until("anna-open", earlier.get(step, Step.SECOND_FEE))
    stop(town, days=100)
    owed = charges.balance(charge("anna-open")).owed
    for _week in range(14):
        town.pass_days(7)
        assert town.collect("anna-open") is None
    assert charges.balance(charge("anna-open")).owed == owed
    town.pass_days(30)
    assert town.collect("anna-open") is step


def test_a_fee_that_is_on_its_way_when_it_is_stopped_is_taken_back(town):
    town.collect_until("anna-open", Step.REMIND)
    town.pass_days(14)
    assert collect.go_on(town.outside, charge("anna-open"), now=town.at) is Step.FIRST_FEE
    stop(town)
    agree(town)
    collect.collect(town.outside, now=town.at)
    town.send()
    assert charges.balance(charge("anna-open")).owed == Money(51_000)
    assert town.told("anna-open").balance == Money(51_000)


def test_what_is_told_back_neither_doubles_a_stop_nor_ends_it(town, sandbox):
    made = stop(town)
    follow(town)  # an older picture, in which nobody has stopped anything
    town.complain("anna-now", "k-1")
    agree(town)
    sandbox.fault("pilen", "duplicate-page")
    town.officer("anna-open", "collected")  # any change of it
    follow(town)
    (pause,) = ChargePause.objects.filter(charge=charge("anna-open"))
    assert (pause.reference, pause.until, pause.by) == (made.reference, made.until, made.by)
    assert Charge.objects.get(number=charge("anna-open").number).told["stops"] == []


@pytest.mark.parametrize("fault", ["status:503", "write-lost"])
def test_while_the_charge_system_is_away_a_stop_holds_and_is_told_once(town, sandbox, fault):
    sandbox.fault("pilen", fault, **({"path": "stops"} if fault == "write-lost" else {}))
    stop(town)
    town.send()
    assert Outgoing.objects.get(kind="report stop").state == Outgoing.State.WAITING
    town.pass_days(1)
    lift(town)  # what is told again is what was told first, though it is over
    town.outside_is_back()
    agree(town)
    (there,) = town.told("anna-open").stops
    assert there.lifted is not None
    assert holds.pauses(charge("anna-open"))[0].period.end == danish_day(town.at)


def test_a_stop_that_is_lifted_the_same_day_never_was(town):
    before = progress.coming(charge("anna-open"), now=town.at)
    stop(town)
    lift(town)
    agree(town)
    assert progress.coming(charge("anna-open"), now=town.at) == before
    assert town.told("anna-open").hold is None
    stop(town)
    agree(town)
    assert len(town.told("anna-open").stops) == 2


@pytest.mark.parametrize("days_left", [1, 0, -3])
def test_what_is_lifted_at_once_leaves_a_deadline_to_come_and_renews_one_that_is_over(
    town, days_left
):
    old = progress.seen(charge("anna-open"), now=town.at).due
    assert old is not None
    town.pass_days((old - danish_day(town.at)).days - days_left)
    made = stop(town)
    told = stops.last_day_once_lifted(charge("anna-open"), made, now=town.at)
    lift(town)
    due = old if days_left > 0 else danish_day(town.at) + timedelta(days=10)
    assert progress.seen(charge("anna-open"), now=town.at).due == due == told
    coming = progress.coming(charge("anna-open"), now=town.at)
    assert coming is not None
    assert coming.day is not None
    assert coming.day > due
    agree(town)


def test_what_is_lifted_at_the_charge_systems_console_is_lifted_here(town):
    made = stop(town, days=60)
    agree(town)
    town.pass_days(5)
    town.officer("anna-open", "lift")
    made.refresh_from_db()
    assert (made.until, made.lifted_by) == (danish_day(town.at), None)
    assert made.lifted is not None
    assert stops.may_stop(charge("anna-open"), now=town.at)
    agree(town)
    with pytest.raises(casework.ChangedMeanwhile):
        stops.lift(made.by, charge("anna-open"), made.id, now=town.at)


def test_what_both_lift_is_over_once(town):
    made = stop(town)
    agree(town)
    town.pass_days(3)
    path = f"{town.sandbox.base}/pilen/charge/{charge('anna-open').source_id}/lift"
    town.sandbox.client.post(path).raise_for_status()
    town.pass_days(1)
    lift(town)
    agree(town)
    made.refresh_from_db()
    assert made.until == danish_day(town.at) - timedelta(days=1)


@pytest.mark.parametrize("days", [None, 20])
def test_a_stop_from_the_charge_systems_console_holds_here(town, days):
    until = danish_day(town.at) + timedelta(days=days or 0)
    said = {"reasons": "Se notat."} | ({"until": until.isoformat()} if days else {})
    town.officer("anna-open", "stop", **said)
    given = charge("anna-open")
    (pause,) = given.pauses.all()
    assert (pause.reason, pause.by, pause.until) == ("Se notat.", None, until if days else None)
    assert given.waits is (days is None), "the law counts what has a day"
    # What else stands in the way of it hides it from `hold`, and ends nothing.
    town.complain("anna-open", "k-1")
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    assert progress.seen(charge("anna-open"), now=town.at).waits_for == (Hold.CASE_WORKER,)
    town.pass_days(1)
    town.officer("anna-open", "lift")
    assert progress.seen(charge("anna-open"), now=town.at).waits_for == ()
    pause.refresh_from_db()
    assert pause.until == danish_day(town.at)


def test_what_has_no_end_waits_though_a_complaint_of_ours_hides_it(town):
    town.officer("anna-open", "stop", reasons="Se notat.")
    given = charge("anna-open")
    assert isinstance(given.told["hold"], dict)
    given.told["hold"] = None  # a complaint is what the charge system tells of first
    with recording():
        given.save()
        complaint_course.update_hold(given)
    assert charge("anna-open").waits


def test_a_stop_with_a_day_that_nobody_tells_of_any_more_was_lifted(town):
    """As one was written down before the charge system told the stops by their references."""
    today = danish_day(town.at)
    given = charge("anna-open")
    with recording():
        holds.begin(given, Hold.CASE_WORKER, reference=f"told stop {today}", on=today)
    ChargePause.objects.update(until=today + timedelta(days=30))
    town.pass_days(1)
    town.officer("anna-open", "stop", reasons="Se notat.")
    town.officer("anna-open", "lift")
    assert ChargePause.objects.get(reference=f"told stop {today}").until == danish_day(town.at)


def test_what_is_stopped_is_not_overdue(town):
    assert not progress.is_late(charge("anna-open"), now=town.at)
    stop(town, days=100)
    town.pass_days(40)
    assert not progress.is_late(charge("anna-open"), now=town.at)
    lift(town)
    town.pass_days(40)
    assert progress.is_late(charge("anna-open"), now=town.at)


def test_a_finding_that_is_settled_ends_no_stop(town):
    given = charge("anna-open")
    with recording():
        holds.begin(given, Hold.CASE_WORKER, reference="finding 1", on=danish_day(town.at))
    made = stop(town)
    seen = progress.seen(charge("anna-open"), now=town.at)
    assert (seen.stopped_until, seen.due) == (None, None), "nobody knows the day of the other"
    with recording():
        holds.end(given, reference="finding 1", on=danish_day(town.at))
    assert progress.seen(charge("anna-open"), now=town.at).stopped_until == made.until


def test_two_case_workers_at_once_stop_it_once_and_lift_it_once(town):
    def told(do) -> str:
        try:
            do()
        except casework.ChangedMeanwhile:
            return "changed"
        return "done"

    stopped = at_the_same_time(
        lambda: told(lambda: stop(town, known=0)),
        lambda: told(lambda: stop(town, by="lone", known=0)),
    )
    assert sorted(stopped) == ["changed", "done"]
    (made,) = stops.made_here(charge("anna-open"))
    ditte, lone = worker(town), worker(town, "lone")
    lifted = at_the_same_time(
        lambda: told(lambda: stops.lift(ditte, charge("anna-open"), made.id, now=town.at)),
        lambda: told(lambda: stops.lift(lone, charge("anna-open"), made.id, now=town.at)),
    )
    assert sorted(lifted) == ["changed", "done"]
    assert Outgoing.objects.filter(kind="report lift").count() == 1
    agree(town)


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_stop_ends_on_a_day_that_comes_and_within_a_year(town, days):
    with pytest.raises(stops.NoDayToEnd):
        stop(town, days=days)
    assert stops.made_here(charge("anna-open")) == []
    assert stop(town, days=365 if days > 0 else 1)


@pytest.mark.parametrize("slug", ["laura-plan-1", "clara-paid", "asta-collection"])
def test_nothing_but_what_is_collected_can_be_stopped(town, slug):
    with pytest.raises(StepNotAllowed):
        stop(town, slug)


def test_what_is_stopped_is_not_stopped_again_and_is_in_no_plan(town):
    stop(town)
    with pytest.raises(StepNotAllowed):
        stop(town)
    assert plan.owed_by(party("anna"), now=town.at) == (charge("anna-now"),)


def test_what_is_annulled_has_no_stop_to_lift(town):
    stop(town)
    assert stops.standing(charge("anna-open"), now=town.at)
    town.officer("anna-open", "annul", reason="sign_defect")
    assert stops.standing(charge("anna-open"), now=town.at) is None


def test_what_is_paid_before_the_charge_system_hears_of_a_stop_is_nobodys_mistake(town):
    stop(town)
    source_id = charge("anna-open").source_id
    town.outside.charges.report_payment(
        source_id, reference="bank-1", amount=Money(51_000), paid=town.at, method="bank"
    )
    lift(town)
    town.send()
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()
    assert not Incident.objects.exists()
    assert town.told("anna-open").stops == ()


def test_nobody_stops_or_lifts_a_charge_of_their_own(town):
    made = stop(town)
    Staff.objects.update(number_fingerprint=party("anna").number_fingerprints[0])
    with pytest.raises(casework.OwnCase):
        stop(town)
    with pytest.raises(casework.OwnCase):
        lift(town)
    assert list(stops.made_here(charge("anna-open"))) == [made]


@pytest.mark.parametrize(
    ("language", "says"), [("da", "Vi har stoppet opkrævningen"), ("en", "We have stopped")]
)
def test_the_citizen_reads_until_when_it_waits_and_not_who_or_why(town, language, says):
    made = stop(town)
    with translation.override(language):
        seen = progress.seen(charge("anna-open"), now=town.at)
        first, *after = charge_case.next_sentences(seen)
        assert says in first
        assert wording.day(made.until) in first
        assert made.reason not in first
        assert after, "and what comes then"
    copied = mydata.copy_of(party("anna"), now=town.at).as_json()
    assert made.reference in copied
    assert made.reason not in copied
