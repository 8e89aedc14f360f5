"""Operations: what a person must look at, and having tried again what was refused."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.urls import reverse

from parking.actions import carry, charge_report, send, wording
from parking.law.days import Period, danish_day
from parking.law.staff import Role
from parking.records.audit import Incident, LookUp
from parking.records.charge_report import ChargeReport, ReportDeadline
from parking.records.comparison import PermitComparison
from parking.records.outbox import Outgoing
from parking.records.ranges import as_range
from parking.records.recording import recording
from parking.records.staff import Staff
from town import now, party


@pytest.fixture
def dead(transactional_db):
    """Something that was refused for good."""
    with recording():
        send.put(Outgoing.Kind.REFUND, key="refund 1", lane="x", payload={}, now=now())
    refuse()
    return Outgoing.objects.get()


def refuse():
    row = Outgoing.objects.get()

    def refused(*_):
        raise carry.Rejected("the card is closed")

    send.send(None, row.id, carriers={row.kind: refused}, now=now())


def page(client) -> str:
    return unescape(client.get(reverse("office-operations")).content.decode())


def test_a_refused_refund_is_an_incident_and_is_shown(dead, enter):
    shown = page(enter("otto", Role.OPERATOR))
    assert "Afvist: Tilbagebetaling" in shown
    assert "the card is closed" in shown


def test_a_look_at_something_of_ours_is_no_answer_of_a_register(stocked, enter):
    answered = {"purpose": "Opkald", "asked_by": "system", "outcome": "answered", "at": now()}
    for register in ("population register", "case", "charge", "something later"):
        LookUp.objects.create(party=party("anna"), register=register, reference="1", **answered)
    shown = page(enter("otto", Role.OPERATOR))
    assert "CPR" in shown
    assert "something later" not in shown


def test_the_report_of_a_year_is_handed_out_with_its_deadline(stocked, enter):
    otto, year = enter("otto", Role.OPERATOR), danish_day(now()).year
    assert wording.day(ReportDeadline.objects.get().of(year)) in page(otto)
    assert "Hent tallene som CSV" not in page(otto), "the year is not over"
    report = reverse("office-report", args=[year - 1])
    assert otto.post(report).status_code == 404
    ReportDeadline.objects.update(in_force=as_range(Period(date(2020, 1, 1))))
    ReportDeadline.objects.update(days_to_count=0)
    assert charge_report.count_last_year(now=now())
    assert "Hent tallene som CSV" in page(otto)
    handed = otto.post(report)
    assert handed["Content-Type"] == "text/csv; charset=utf-8"
    assert handed.content.decode().splitlines()[1] == f"{year - 1},0,0,0,0"
    assert ChargeReport.objects.get().taken
    assert enter("lea", Role.READER).post(report).status_code == 403


def test_what_was_refused_is_tried_again_by_somebody(dead, enter):
    client = enter("otto", Role.OPERATOR)
    client.post(reverse("office-try-again", args=[dead.id]))
    dead.refresh_from_db()
    otto = Staff.objects.get()
    assert (dead.state, dead.attempts, dead.revived_by) == (Outgoing.State.WAITING, 1, otto)
    settled = Incident.objects.get()
    assert (settled.settled_by, settled.word) == (otto, "tried again")
    refuse()
    again = Incident.objects.get()
    assert (again.settled, again.settled_by) == (None, None), "it is told once more"


def test_what_has_arrived_is_not_sent_again(dead, enter):
    Outgoing.objects.update(state=Outgoing.State.DONE)
    enter("otto", Role.OPERATOR).post(reverse("office-try-again", args=[dead.id]))
    dead.refresh_from_db()
    assert dead.state == Outgoing.State.DONE


def test_an_incident_is_settled_with_a_word(dead, enter):
    client = enter("leif", Role.LEAD)
    address = reverse("office-incident", args=[Incident.objects.get().id])
    assert "Skriv, hvad der blev gjort." in client.post(address, {"word": " "}).content.decode()
    client.post(address, {"word": "Betalt ved overførsel"})
    client.post(address, {"word": "En anden sagde noget andet"})
    settled = Incident.objects.get()
    assert (settled.word, settled.settled_by.name) == ("Betalt ved overførsel", "leif")
    assert "Der er ikke noget." in page(client)
    assert "Betalt ved overførsel" in client.get(address).content.decode()


def test_who_only_reads_or_decides_has_no_operations(dead, enter):
    for role in (Role.READER, Role.DECIDER):
        client = enter("somebody", role)
        for name in ("office-incident", "office-try-again"):
            answer = client.post(reverse(name, args=[dead.id]), {"word": "x"})
            assert answer.status_code == 403
    assert Incident.objects.get().settled is None


@pytest.mark.parametrize("kind", Outgoing.Kind.values)
def test_everything_that_leaves_the_house_has_a_name(kind):
    assert wording.outgoing(kind) != kind


def test_the_comparison_with_the_accounts_is_shown(transactional_db, enter):
    client = enter("otto", Role.OPERATOR)
    assert "De er ikke sammenlignet endnu." in page(client)
    PermitComparison.objects.create(
        day=now().date(), finished=now(), ours=12, theirs=13, differing=1
    )
    assert re.search(r"Forskelle</dt><dd>1<", page(client))
    gone = Incident.objects.create(
        key="x", what="a permit differs in the accounts", raised=now(), settled=now(), word="gone"
    )
    shown = client.get(reverse("office-incident", args=[gone.id])).content.decode()
    assert "Afsluttet af sig selv" in shown
