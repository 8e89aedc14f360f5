"""F57: our permits and those of the accounts are compared, and nobody's are written over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parking.actions import permit as permits
from parking.actions import reconcile
from parking.actions.reconcile import DIFFERS, MISSING_HERE, MISSING_THERE
from parking.law.days import danish_day
from parking.ports import Unavailable
from parking.records.audit import Incident
from parking.records.comparison import PermitComparison
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from town import now, party

#: What the sandbox's accounts have from the first day, and no portal sold.
FROM_BEFORE = {"ERP-100001", "ERP-100002", "ERP-100005"}


def later(**of):
    return now() + timedelta(**of)


@pytest.fixture
def sold(drill):
    """Two permits that both sides know, when all is calm."""
    for slug in ("anna", "bo"):
        drill.delivered(slug)
    drill.push_all()
    held = list(Permit.objects.order_by("number"))
    assert {permit.number for permit in held} <= drill.truth.permits().keys()
    return held


def compare(drill, at=None):
    """Compare, a while after what was done has left the house."""
    return reconcile.compare(drill.outside, now=at or later(minutes=5))


def told(what):
    return Incident.objects.filter(what=what, settled=None)


def test_what_is_the_same_on_both_sides_is_no_difference(drill, sold):
    compared = compare(drill)
    strange = {each.number for each in compared.differences}
    assert strange >= FROM_BEFORE
    assert not strange & {permit.number for permit in sold}
    assert {each.what for each in compared.differences} == {MISSING_HERE}
    row = PermitComparison.objects.get()
    assert (row.ours, row.differing) == (2, len(strange))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"zoneCode": "YØ"}, "zone"),
        ({"plate": "AB12345"}, "plate"),
        ({"endingDate": "2099-12-31"}, "period"),
        ({"endingDate": "2020-12-31", "startingDate": "2020-01-01"}, "period"),
        ({"status": "Ended"}, "active"),
        ({"customerNumber": "P0"}, "holder"),
    ],
)
def test_f57_each_difference_is_told_to_a_person_and_nothing_is_written_over(
    drill, sold, change, field
):
    held, _ = sold
    drill.truth.change_permit(held.number, **change)
    there = drill.truth.permits()
    compare(drill)
    (incident,) = told(DIFFERS)
    assert incident.detail == f"{held.number}: {field}"
    assert not any(text in str(vars(incident)) for text in (held.plate, *change.values()))
    drill.push_all(later(minutes=10))
    assert drill.truth.permits() == there
    held.refresh_from_db()
    assert held.days == sold[0].days
    compare(drill)
    assert told(DIFFERS).get() == incident, "it is told once"


def test_f57_what_they_never_had_is_published_once_more(drill, sold):
    held, _ = sold
    before = drill.truth.permits()[held.number]
    drill.truth.change_permit(held.number)
    assert compare(drill).published == 1
    assert told(MISSING_THERE).get().detail.startswith(held.number)
    compare(drill, later(minutes=6))
    again = Outgoing.objects.filter(key__contains=" again ")
    assert again.count() == 1, "once a day"
    drill.push_all(later(minutes=10))
    after = drill.truth.permits()[held.number]
    kept = ("plate", "zoneCode", "status", "startingDate", "endingDate", "customerNumber")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    compare(drill, later(minutes=20))
    assert not told(MISSING_THERE).exists()


def test_f57_a_difference_that_is_gone_is_settled_by_itself_and_told_anew(drill, sold):
    held, _ = sold
    for turn in range(2):
        drill.truth.change_permit(held.number, zoneCode="YØ")
        compare(drill, later(hours=2 * turn))
        assert told(DIFFERS).count() == 1
        drill.truth.change_permit(held.number, zoneCode=held.zone)
        compare(drill, later(hours=2 * turn + 1))
        assert not told(DIFFERS).exists()
    gone = Incident.objects.filter(what=DIFFERS)
    assert [(each.settled_by, each.word) for each in gone] == [(None, "the difference is gone")] * 2


def test_one_that_a_person_has_settled_is_not_told_again_while_it_lasts(drill, sold):
    drill.truth.change_permit(sold[0].number, zoneCode="YØ")
    compare(drill)
    told(DIFFERS).update(settled=now(), word="agreed with finance")
    compare(drill)
    assert not told(DIFFERS).exists()


@pytest.mark.parametrize("fault", ["drop", "status:503", "garbage", "truncated"])
def test_f57_accounts_that_are_away_or_cannot_be_ours_change_nothing(
    drill, sold, fault, monkeypatch
):
    drill.truth.change_permit(sold[0].number)
    drill.fault("businesscentral", fault)
    with pytest.raises(Unavailable):
        compare(drill)
    drill.heal()
    assert not Incident.objects.exists()
    assert not PermitComparison.objects.exists()
    monkeypatch.setattr(reconcile, "MOST", 2)
    assert compare(drill).published == 0
    assert Incident.objects.get().what == reconcile.TOO_MANY
    assert not Outgoing.objects.filter(key__contains=" again ").exists()


def test_what_is_on_its_way_is_no_difference_yet(drill, sold):
    drill.delivered("clara")
    held = Permit.objects.get(party=party("clara"))
    permits.end(sold[0], because="the party asked", now=now())
    assert {held.number, sold[0].number}.isdisjoint(
        each.number for each in compare(drill).differences
    )


def test_one_that_was_ended_is_active_there_until_midnight(drill, sold):
    permits.end(sold[0], because="the party asked", now=now())
    drill.push_all()
    for at in (later(minutes=5), later(days=1)):
        assert sold[0].number not in {each.number for each in compare(drill, at).differences}
    drill.truth.change_permit(
        sold[0].number, status="Active", endingDate=str(danish_day(later(days=9)))
    )
    compare(drill, later(days=1))
    assert told(DIFFERS).get().detail == f"{sold[0].number}: active"


def test_a_comparison_that_is_missed_is_told(drill, sold):
    reconcile.check(now=now())
    compare(drill)
    reconcile.check(now=later(days=2))
    assert not Incident.objects.filter(what="the permits are not compared").exists()
    reconcile.check(now=later(days=3))
    assert told("the permits are not compared").count() == 1
