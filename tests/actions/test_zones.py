"""The city's map as versions: the first at once, every other by somebody's yes, none by halves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from shapely.geometry import mapping, shape

from parking.actions import casework, checkout, staff, zones
from parking.actions.cleaning import Trap
from parking.actions.difference import What
from parking.adapters.wfs import CityMap
from parking.adapters.zone_layout import Layout
from parking.jobs import tasks
from parking.law import case as law
from parking.law import map as map_law
from parking.law.days import danish_day
from parking.law.reasoning import Answer
from parking.law.staff import Role
from parking.law.zones import Category, Place, Status, ZoneKind
from parking.ports import Unavailable
from parking.records.application import Decision
from parking.records.audit import Incident, LookUp
from parking.records.case import Case, CaseStep
from parking.records.letter import Letter
from parking.records.map import map_on
from parking.records.zone import ZoneShape, ZoneVersion, zone_name
from rewriting import rewritten
from sandbox import city
from town import ask, begin, fill_basket, now, order, party, pay


def today():
    return danish_day(now())


def publish(sandbox, edition: str) -> None:
    sandbox.control("POST", "map", map=edition)


def proposed(stocked, sandbox, edition: str = "tomorrow") -> Case:
    publish(sandbox, edition)
    number = zones.fetch_zones(stocked, now=now()).case
    return Case.objects.get(number=number)


def somebody():
    return staff.add(name_id="ditte", roles=(Role.DECIDER,), unit="Parkering", now=now())


def taken(case: Case, worker) -> Case:
    casework.take(worker, case, version=case.version, now=now())
    return Case.objects.get(id=case.id)


def accept(worker, case, start):
    zones.accept(worker, case, start=start, reasons="", version=case.version, now=now())


def home_at(key: str, day=None):
    home = city.address(key)
    return map_on(day or today()).home_area(home.x, home.y)


def test_the_first_map_is_in_force_at_once_with_its_report(stocked):
    version = ZoneVersion.objects.get()
    assert version.stands is map_law.State.IN_FORCE
    assert version.in_force.lower <= today()
    assert version.in_force.upper is None
    assert Trap.OVERLAP.value in {line["trap"] for line in version.report}
    assert not Case.objects.exists()


def test_the_same_map_again_is_nothing_new(stocked):
    assert zones.fetch_zones(stocked, now=now()) == zones.Fetched(0)
    assert ZoneVersion.objects.count() == 1


def test_the_same_ground_written_in_another_way_is_no_other_map(stocked):
    layer = stocked.zones.layer(now=now())
    luck = Random(1)  # noqa: S311 -- the same each time
    rows = [
        replace(row, geometry=mapping(rewritten(shape(row.geometry), luck)))
        if row.geometry and shape(row.geometry).is_valid
        else row
        for row in layer.features
    ]
    luck.shuffle(rows)

    class Again:
        def layer(self, *, now):
            return replace(layer, features=tuple(rows))

    assert zones.fetch_zones(replace(stocked, zones=Again()), now=now()) == zones.Fetched(0)
    assert ZoneVersion.objects.count() == 1


def test_another_town_is_read_by_a_file_and_nothing_else(stocked, sandbox):
    ZoneVersion.objects.all().delete()
    layout = Layout.read(Path(__file__).parents[2] / "data" / "sandbox" / "town.toml")
    town = CityMap(address=f"{sandbox.base}/aadal/wfs", layout=layout)
    zones.fetch_zones(replace(stocked, zones=town), now=now())
    town.close()
    there = map_on(today())
    answers = {x: there.home_area(587_000 + x, 6_139_000 + y) for x, y in ((400, 300), (1200, 300))}
    assert [(a.zone, a.kind) for a in answers.values()] == [
        ("A", ZoneKind.PAID),
        ("B", ZoneKind.TIME_LIMITED),
    ]
    assert there.home_area(587_000, 6_140_300).place is Place.NO_AREA
    assert there.home_area(588_900, 6_139_100).place is Place.ELSEWHERE
    assert there.home_area(587_400, 6_139_900).place is Place.UNKNOWN, "it is to come in 2028"


def test_another_map_is_proposed_and_answers_nobody(stocked, sandbox):
    case = proposed(stocked, sandbox)
    assert (case.about, case.party, case.application) == (law.Kind.MAP, None, None)
    assert case.proposal.stands is map_law.State.PROPOSED
    assert case.proposal.in_force is None
    assert home_at("nordhavn").place is Place.NO_AREA
    assert home_at("HK").zone == "HK"
    assert zone_name("GJ", today()).endswith("Grønjord")


def test_a_proposal_says_what_it_changes(stocked, sandbox):
    changes = zones.proposal_of(proposed(stocked, sandbox).proposal, on=today()).changes
    told = {(c.category, c.code): c for c, _ in changes if c.status is Status.NOW}
    home = Category.HOME_AREA
    assert told[home, "NH"].what == (What.NEW,)
    assert told[home, "HK"].what == (What.GONE,)
    assert told[home, "GJ"].what == (What.RENAMED,)
    assert told[home, "VL"].what == (What.OTHER_KIND,)
    assert told[Category.FLEX_ZONE, "RO"].zones == ("BB", "YN", "YØ")
    grows, shrinks = told[home, "VB"], told[home, "KE"]
    assert grows.what == shrinks.what == (What.MOVED,)
    # What is drawn to the tenth of a metre differs by a few square metres along a border.
    assert grows.added_m2 == pytest.approx(shrinks.removed_m2, abs=100)
    assert grows.added_m2 > 80_000
    assert max(grows.removed_m2, shrinks.added_m2) < 100
    assert (home, "IB") not in told


def test_a_proposal_counts_the_permits_it_touches(stocked, sandbox):
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    begin_only = order(stocked, "bo")
    assert begin_only is not None, "one that is not paid touches nobody yet"
    proposal = zones.proposal_of(proposed(stocked, sandbox).proposal, on=today())
    by_area = {(change.category, change.code): permits for change, permits in proposal.changes}
    assert by_area[Category.HOME_AREA, "VB"] == 1
    assert by_area[Category.HOME_AREA, "HK"] == 0
    assert proposal.permits == 1, "home area and permit zone of it are one permit"


def test_an_accepted_map_is_in_force_from_its_day(stocked, sandbox):
    worker = somebody()
    case = taken(proposed(stocked, sandbox), worker)
    tomorrow = zones.first_start(now=now())
    accept(worker, case, tomorrow)
    case.refresh_from_db()
    assert case.stands is law.State.DECIDED
    assert home_at("nordhavn").place is Place.NO_AREA
    assert home_at("nordhavn", tomorrow).zone == "NH"
    old, new = ZoneVersion.objects.order_by("id")
    assert (old.in_force.upper, new.in_force.lower) == (tomorrow, tomorrow)
    assert CaseStep.objects.get(step=law.Step.DECIDE.value).staff == worker
    assert not Letter.objects.exists()
    assert not LookUp.objects.exists()
    # The town still publishes what has been accepted.
    assert zones.fetch_zones(stocked, now=now()) == zones.Fetched(0)


def test_a_map_accepted_from_today_takes_todays_place(stocked, sandbox):
    worker = somebody()
    accept(worker, taken(proposed(stocked, sandbox), worker), today())
    assert home_at("nordhavn").zone == "NH"
    accept(worker, taken(proposed(stocked, sandbox, "today"), worker), today())
    assert home_at("nordhavn").place is Place.NO_AREA
    assert [each.stands for each in ZoneVersion.objects.order_by("id")][1:] == [
        map_law.State.REPLACED,
        map_law.State.IN_FORCE,
    ]
    before = today() - timedelta(days=1)
    assert ZoneVersion.objects.get(in_force__contains=before).base is None


def test_a_map_accepted_for_an_earlier_day_replaces_one_that_had_not_begun(stocked, sandbox):
    worker = somebody()
    accept(worker, taken(proposed(stocked, sandbox), worker), today() + timedelta(days=9))
    accept(worker, taken(proposed(stocked, sandbox, "traps"), worker), today() + timedelta(days=3))
    first, never, last = ZoneVersion.objects.order_by("id")
    assert first.in_force.upper == last.in_force.lower == today() + timedelta(days=3)
    assert last.in_force.upper is None
    assert (never.stands, never.in_force) == (map_law.State.REPLACED, None)
    assert last.base == never


def test_a_map_is_never_accepted_for_days_that_are_over(stocked, sandbox):
    worker = somebody()
    case = taken(proposed(stocked, sandbox), worker)
    with pytest.raises(zones.DayHasPassed):
        accept(worker, case, today() - timedelta(days=1))
    assert ZoneVersion.objects.filter(state=map_law.State.PROPOSED.value).exists()


def test_a_rejected_map_is_not_proposed_again_until_it_changes(stocked, sandbox):
    worker = somebody()
    case = taken(proposed(stocked, sandbox), worker)
    zones.reject(worker, case, reasons="HK skal blive.", version=case.version, now=now())
    assert ZoneVersion.objects.latest("id").stands is map_law.State.REJECTED
    assert zones.fetch_zones(stocked, now=now()) == zones.Fetched(0)
    assert proposed(stocked, sandbox, "traps").stands is law.State.OPEN
    assert ZoneVersion.objects.latest("id").base == ZoneVersion.objects.earliest("id")


def test_a_newer_map_takes_the_place_of_one_nobody_has_answered(stocked, sandbox):
    worker = somebody()
    old = taken(proposed(stocked, sandbox), worker)
    new = proposed(stocked, sandbox, "traps")
    with pytest.raises(casework.ChangedMeanwhile):
        accept(worker, old, today())
    old.refresh_from_db()
    assert (old.stands, new.stands) == (law.State.WITHDRAWN, law.State.OPEN)
    assert ZoneVersion.objects.filter(state=map_law.State.PROPOSED.value).get() == new.proposal


def test_a_proposal_goes_when_the_city_goes_back(stocked, sandbox):
    case = proposed(stocked, sandbox)
    publish(sandbox, "today")
    assert zones.fetch_zones(stocked, now=now()) == zones.Fetched(0)
    case.refresh_from_db()
    assert case.stands is law.State.WITHDRAWN
    assert not ZoneVersion.objects.filter(state=map_law.State.PROPOSED.value).exists()


@pytest.mark.parametrize("fault", ["exception", "short-page", "changed-meanwhile", "truncated"])
def test_a_map_that_does_not_come_whole_changes_nothing(stocked, sandbox, fault):
    case = proposed(stocked, sandbox)
    publish(sandbox, "traps")
    sandbox.fault("wfs", fault)
    with pytest.raises(Unavailable):
        zones.fetch_zones(stocked, now=now())
    case.refresh_from_db()
    assert case.stands is law.State.OPEN
    assert ZoneVersion.objects.count() == 2


def test_a_map_that_has_lost_its_areas_leaves_the_proposal_too(stocked, sandbox):
    case = proposed(stocked, sandbox)
    layer = stocked.zones.layer(now=now())
    areas = [f for f in layer.features if f.category is Category.HOME_AREA]
    few = tuple(f for f in layer.features if f not in areas) + tuple(areas[:13])

    class Poorer:
        def layer(self, *, now):
            return replace(layer, features=few)

    fetched = zones.fetch_zones(replace(stocked, zones=Poorer()), now=now())
    assert "home areas where there were 27" in fetched.set_aside[0]
    assert Incident.objects.filter(what="map set aside").exists()
    case.refresh_from_db()
    assert case.stands is law.State.OPEN


def test_the_database_keeps_one_proposal_and_what_a_case_hangs_on(stocked, sandbox):
    case = proposed(stocked, sandbox)
    with pytest.raises(IntegrityError, match="one_proposal"), transaction.atomic():
        ZoneVersion.objects.create(source_hash="x", fetched=now())
    with pytest.raises(IntegrityError, match="has_a_period"), transaction.atomic():
        ZoneVersion.objects.filter(id=case.proposal.id).update(state="in force")
    with pytest.raises(IntegrityError, match="one_subject"), transaction.atomic():
        Case.objects.filter(id=case.id).update(kind=law.Kind.HOME.value)
    with pytest.raises(IntegrityError, match="one_subject"), transaction.atomic():
        Case.objects.filter(id=case.id).update(party=party("anna"))


def test_what_is_to_come_or_was_once_answers_nobody(stocked, sandbox):
    past = ZoneShape.of_any_time.filter(status=Status.PAST, category=Category.HOME_AREA)
    assert past.exists()
    assert not ZoneShape.objects.exclude(status=Status.NOW).exists()
    # The old area of VL lay over that of GD: were it asked, a home there would be in both.
    assert home_at("GD").zone == "GD"


def test_a_decision_names_the_map_it_was_made_by(stocked, sandbox):
    ask(stocked, "anna")
    old = ZoneVersion.objects.get()
    worker = somebody()
    accept(worker, taken(proposed(stocked, sandbox), worker), today())
    ask(stocked, "anna")
    new = ZoneVersion.objects.latest("id")
    used = [decision.versions["map"] for decision in Decision.objects.order_by("id")]
    assert [each.split()[1] for each in used] == [old.source_hash, new.source_hash]


def test_an_application_in_the_basket_is_decided_by_the_map_of_the_day_it_starts(stocked, sandbox):
    fill_basket(stocked, "anna")
    worker = somebody()
    accept(worker, taken(proposed(stocked, sandbox), worker), today())
    begun = begin(stocked, "anna")
    assert begun.payment is not None
    newest = Decision.objects.latest("id")
    assert newest.versions["map"].endswith(ZoneVersion.objects.latest("id").source_hash)


def test_the_nightly_job_proposes_what_is_new(stocked, sandbox):
    publish(sandbox, "tomorrow")
    tasks.fetch_catalogue(0)
    assert Case.objects.get().about is law.Kind.MAP


def test_the_nightly_job_leaves_the_fares_alone_when_the_map_is_silent(stocked, sandbox):
    sandbox.fault("wfs", "status:503")
    tasks.fetch_catalogue(0)
    assert ZoneVersion.objects.count() == 1


def test_the_command_says_which_case_waits(stocked, sandbox, capsys):
    publish(sandbox, "traps")
    call_command("fetch_zones")
    told = capsys.readouterr().out
    assert f"waits for a case worker: {Case.objects.get().number}" in told
    assert "no kind" in told


def test_a_home_that_is_ours_where_the_map_says_another_municipality_is_for_a_person(stocked):
    nora = city.address("nordhavn")
    assert home_at("nordhavn").place is Place.NO_AREA
    layer = stocked.zones.layer(now=now())
    rows = tuple(
        replace(row, category=Category.ELSEWHERE) if row.category is Category.OUTSIDE else row
        for row in layer.features
    )

    class Neighbours:
        def layer(self, *, now):
            return replace(layer, features=rows)

    zones.fetch_zones(replace(stocked, zones=Neighbours()), now=now())
    worker = somebody()
    accept(worker, taken(Case.objects.get(), worker), today())
    assert map_on(today()).home_area(nora.x, nora.y).place is Place.ELSEWHERE
    application = ask(stocked, "nora", "ZW40003")
    assert application.answer is Answer.OPEN
    assert Case.objects.get(application=application).facts == ["home_area"]
