"""The yearly report to Vejdirektoratet: counted by hand, and called for until it is made."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from django.core.management import call_command

from parking.actions import (
    casework,
    charge_report,
    complain,
    complaint_work,
    evidence,
    staff,
    wording,
)
from parking.actions.permission import NotYours
from parking.jobs import tasks
from parking.law import case as case_law
from parking.law import complaint as law
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import DENMARK
from parking.law.offence import Question
from parking.law.staff import Role
from parking.records.audit import Incident
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.charge_report import ChargeReport, ReportDeadline
from parking.records.complaint import Complaint
from town import charge, now, party

pytestmark = pytest.mark.django_db(transaction=True)


def issued(year: int, *slugs: str) -> None:
    """Let just these be issued in *year*, by the Danish calendar, from its first hour to its last.

    In UTC the first is issued in the year before.
    """
    Charge.objects.update(issued=datetime(year - 1, 12, 31, 23, 59, tzinfo=DENMARK))
    for slug in slugs:
        Charge.objects.filter(id=charge(slug).id).update(
            issued=datetime(year, 6, 1, 12, tzinfo=DENMARK)
        )
    first, last = slugs[0], slugs[-1]
    Charge.objects.filter(id=charge(first).id).update(
        issued=datetime(year, 1, 1, 0, 1, tzinfo=DENMARK)
    )
    Charge.objects.filter(id=charge(last).id).update(
        issued=datetime(year, 12, 31, 23, 59, tzinfo=DENMARK)
    )


def sent(slug: str, who: str) -> Complaint:
    draft = complain.begin(party(who), charge(slug), language="da", now=now())
    said = {"question": Question.OTHER.value, "text": "Det passer ikke."}
    return complain.submit(complain.keep(draft, said, now=now()), now=now())


def answer(worker, case: Case, step: law.Step) -> None:
    decision = complaint_work.Decision(
        step=step,
        reason=None if step is law.Step.UPHOLD else AnnulmentReason.GOODWILL,
        reasons="Vi har set på billederne.",
    )
    case = casework.case_for(worker, case.id)
    complaint_work.decide(worker, case, decision, version=case.version, now=now())


def upheld(complaint: Complaint, worker) -> Case:
    case = Case.objects.get(complaint=complaint, state=case_law.State.OPEN.value)
    casework.take(worker, case, version=case.version, now=now())
    answer(worker, case, law.Step.UPHOLD)
    return casework.case_for(worker, case.id)


def reported(year: int) -> list[str]:
    out = io.StringIO()
    call_command("report_charges", str(year), stdout=out)
    return out.getvalue().split()


def test_a_year_of_eleven_charges_is_counted_as_by_hand(charged, work):
    worker = staff.add(name_id="ditte", roles=(Role.DECIDER,), unit="Parkering", now=now())
    # An answer let it stand, was reopened, and annulled it after all: here ours says so first, and
    # then the charge system's, which keeps its first answer.
    reopened = sent("anna-open", "anna")
    work()
    again = complaint_work.reopen(worker, upheld(reopened, worker), why="Fejl", now=now())
    answer(worker, again, law.Step.ANNUL)
    work()
    # A machine annulled it while somebody waited for the answer.
    sent("mette-permit", "mette")
    evidence.check(charged, charge("mette-permit"), occasion="charge came", now=now())
    # Somebody took their complaint back, and then it was annulled for another reason.
    taken_back = sent("tine-permit-slip", "tine")
    complain.withdraw(taken_back, now=now())
    evidence.check(charged, charge("tine-permit-slip"), occasion="charge came", now=now())
    issued(
        2024,
        "anna-open",  # complained of; annulled after it
        "mette-permit",  # complained of; annulled after it
        "iben-annulled",  # complained of; annulled after it
        "tine-permit-slip",  # complained of; annulled, and not after it
        "helle-upheld",  # complained of
        "jonas-partly",  # complained of: a part is not the charge
        "mikkel-withdrawn",  # complained of
        "gert-refunded",  # annulled, and nobody complained
        "asta-collection",  # at collection
        "bent-collected",  # at collection
        "anna-now",
    )
    assert reported(2024) == [
        "year,issued,complained_of,annulled_after_complaint,sent_to_collection",
        "2024,11,7,3,2",
    ]


def at(*day: int) -> datetime:
    return datetime(*day, 20, 40, tzinfo=DENMARK)


def open_incidents() -> list[str]:
    return sorted(
        Incident.objects.filter(key__startswith="charges of ", settled=None).values_list(
            "key", flat=True
        )
    )


def test_it_is_called_for_until_it_is_made(stocked):
    charge_report.check(now=at(2027, 1, 30))
    assert open_incidents() == [], "not sixty days ahead yet"
    for _twice in range(2):
        charge_report.check(now=at(2027, 1, 31))
    assert open_incidents() == ["charges of 2026 not reported"]
    (told,) = Incident.objects.filter(key="charges of 2026 not reported")
    assert told.detail == "report_charges 2026, by 2027-04-01"
    assert wording.incident(told.what) == "Årets afgifter skal meldes til Vejdirektoratet"
    Incident.objects.update(settled=at(2027, 2, 1), word="senere")
    charge_report.check(now=at(2027, 4, 1))
    assert open_incidents() == [], "it is not too late on the last day"
    charge_report.check(now=at(2027, 4, 2))
    assert open_incidents() == ["charges of 2026 reported too late"]
    charge_report.report(2026, now=at(2027, 4, 3))
    assert open_incidents() == []
    charge_report.check(now=at(2027, 4, 3))
    assert open_incidents() == []
    assert ChargeReport.objects.get().year == 2026
    charge_report.check(now=at(2028, 2, 1))
    assert open_incidents() == ["charges of 2027 not reported"], "each year anew"


def test_a_year_that_is_not_over_is_counted_and_not_reported(stocked):
    charge_report.report(2026, now=at(2026, 12, 31))
    assert not ChargeReport.objects.exists()
    charge_report.check(now=at(2027, 3, 1))
    assert open_incidents() == ["charges of 2026 not reported"]


def test_a_year_from_before_there_was_a_deadline_is_not_called_for(stocked):
    charge_report.check(now=at(2026, 4, 2))
    assert open_incidents() == []


def test_last_year_is_counted_by_itself_once_its_day_has_come(charged):
    issued(2026, "anna-open", "asta-collection", "anna-now")
    assert not charge_report.count_last_year(now=at(2027, 1, 30))
    assert charge_report.standing(now=at(2027, 1, 30)).report is None
    assert charge_report.count_last_year(now=at(2027, 1, 31))
    kept = ChargeReport.objects.get()
    assert (kept.year, kept.issued, kept.sent_to_collection, kept.taken) == (2026, 3, 1, None)
    assert not charge_report.count_last_year(now=at(2027, 2, 1)), "once"
    charge_report.check(now=at(2027, 2, 1))
    assert open_incidents() == ["charges of 2026 not reported"], "counted is not reported"
    assert charge_report.take_out(2026, now=at(2027, 2, 2)).split()[1] == "2026,3,0,0,1"
    assert open_incidents() == []
    charge_report.check(now=at(2027, 4, 2))
    assert open_incidents() == []


def test_what_was_not_counted_cannot_be_taken_out(stocked):
    with pytest.raises(NotYours):
        charge_report.take_out(2026, now=at(2027, 2, 2))


def test_the_deadline_is_the_one_of_the_year_that_is_reported(stocked):
    row = ReportDeadline.objects.get()
    assert (row.of(2026).isoformat(), row.days_ahead) == ("2027-04-01", 60)
    assert "877" in row.source


def test_the_evening_looks_at_it(stocked, monkeypatch):
    looked = []
    for each in ("count_last_year", "check"):
        monkeypatch.setattr(charge_report, each, lambda *, now, what=each: looked.append(what))
    tasks.check_the_day(0)
    assert looked == ["count_last_year", "check"]
