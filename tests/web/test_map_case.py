"""A new map in the office: it waits in the queue, shows what it changes, and is answered."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from parking.actions import zones
from parking.law import case as law
from parking.law import map as map_law
from parking.law.days import danish_day
from parking.law.staff import Role
from parking.records.audit import LookUp
from parking.records.case import Case, CaseStep
from parking.records.zone import ZoneVersion
from town import ask, now


@pytest.fixture
def case(stocked, sandbox):
    sandbox.control("POST", "map", map="tomorrow")
    zones.fetch_zones(stocked, now=now())
    return Case.objects.get()


def page_of(client, case: Case) -> str:
    answer = client.get(reverse("office-case", args=[case.id]))
    assert answer.status_code == 200, answer
    return answer.content.decode()


def taken(client, case: Case) -> Case:
    client.post(reverse("office-case-take", args=[case.id]), {"version": case.version})
    case.refresh_from_db()
    return case


def answer(client, case: Case, step: law.Step, start=None, **said):
    fields = {"version": case.version, "step": step.value, **said}
    if start is not None:
        day = {"start_day": start.day, "start_month": start.month, "start_year": start.year}
        fields |= day
    return client.post(reverse("office-case-work", args=[case.id]), fields)


def test_it_waits_in_the_queue_among_the_others(enter, stocked, case):
    ask(stocked, "viggo")
    client = enter()
    page = client.get(reverse("office-queue")).content.decode()
    assert all(each.number in page for each in Case.objects.all())
    only = client.get(reverse("office-queue"), {"kind": "map"}).content.decode()
    assert re.findall(r"S-\d{6}", only) == [case.number]


def test_somebody_with_a_case_of_their_own_still_sees_it(enter, stocked, case):
    application = ask(stocked, "viggo")
    client = enter()
    worker = client.get(reverse("office-queue")).wsgi_request.staff.staff
    worker.number_fingerprint = application.party.number_fingerprints[0]
    worker.save()
    page = client.get(reverse("office-queue")).content.decode()
    assert re.findall(r"S-\d{6}", page) == [case.number]


def test_it_is_opened_without_a_purpose_and_nobody_is_told(enter, case):
    client = enter()
    opening = client.get(reverse("office-case-open", args=[case.id]))
    assert opening.headers["Location"] == reverse("office-case", args=[case.id])
    page_of(client, case)
    assert not LookUp.objects.exists()


def test_it_is_found_by_its_number(enter, case):
    client = enter()
    found = client.post(reverse("office-search"), {"text": case.number, "purpose": "Kortet"})
    assert reverse("office-case", args=[case.id]) in found.content.decode()
    assert not LookUp.objects.exists()


def test_it_shows_what_changes_in_a_table_and_in_a_drawing(enter, case):
    page = page_of(enter(), case)
    for said in (
        "NH, Nordhavn",
        "Flyttet grænse",
        "Nyt navn",
        "Anden slags",
        "Væk",
        "YN, YØ",
        "tidsgrænse",
    ):
        assert said in page
    assert "Hul i kortet" in page
    drawn = dict(re.findall(r'<path class="(map-\w+)" d="([^"]+)"/>\n', page))
    kinds = {"map-areas", "map-added", "map-removed", "map-passed", "map-old"}
    assert drawn.keys() == kinds
    for path in drawn.values():
        assert re.fullmatch(r"(M\d+ \d+(L\d+ \d+)+Z)+", path)
    assert "style=" not in page
    assert len(page) < 80_000


def test_it_is_read_in_english_too(enter, case):
    client = enter()
    client.post(reverse("office-language"), {"language": "en"})
    page = page_of(client, case)
    for said in ("What the map changes", "Border moved", "A gap in the map", "Accept the map"):
        assert (said in page) is (said != "Accept the map")
    assert "Accept the map" in page_of(client, taken(client, case))
    assert not re.search(r"Hvad|Kortet|Boligområde", page)


def test_who_may_only_read_is_offered_nothing(enter, case):
    page = page_of(enter("rosa", Role.READER), case)
    assert "NH, Nordhavn" in page
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]


def test_it_is_accepted_from_the_day_that_is_proposed(enter, case):
    client = enter()
    taken(client, case)
    first = zones.first_start(now=now())
    page = page_of(client, case)
    assert f'name="start_day" value="{first.day}"' in page
    assert answer(client, case, law.Step.DECIDE, first).status_code == 302
    version = ZoneVersion.objects.latest("id")
    assert (version.stands, version.in_force.lower) == (map_law.State.IN_FORCE, first)
    shown = page_of(client, case)
    assert "Kortet er godkendt og gælder fra" in shown
    assert "Gem dit svar" not in shown


def test_it_is_rejected_with_reasons(enter, case):
    client = enter()
    taken(client, case)
    refused = answer(client, case, law.Step.REFUSE)
    assert refused.status_code == 422
    assert "Skriv din begrundelse." in refused.content.decode()
    assert answer(client, case, law.Step.REFUSE, reasons="HK skal blive.").status_code == 302
    assert ZoneVersion.objects.latest("id").stands is map_law.State.REJECTED
    assert CaseStep.objects.get(step="refuse").text == "HK skal blive."
    assert "Kortet er afvist" in page_of(client, case)


def test_a_day_that_is_over_or_missing_is_asked_for_again(enter, case):
    client = enter()
    taken(client, case)
    yesterday = danish_day(now()) - timedelta(days=1)
    for start, said in ((yesterday, "Dagen er gået."), (None, "Skriv den dag")):
        refused = answer(client, case, law.Step.DECIDE, start)
        assert refused.status_code == 422
        assert said in refused.content.decode()
    assert ZoneVersion.objects.latest("id").stands is map_law.State.PROPOSED


def test_a_newer_map_meanwhile_is_told(enter, case, stocked, sandbox):
    client = enter()
    taken(client, case)
    sandbox.control("POST", "map", map="traps")
    zones.fetch_zones(stocked, now=now())
    late = answer(client, case, law.Step.DECIDE, danish_day(now()))
    assert late.status_code == 409
    assert ZoneVersion.objects.filter(state="in force").count() == 1


def test_who_has_not_taken_it_cannot_answer_it(enter, case):
    taken(enter("ditte"), case)
    other = enter("dorte")
    assert "Gem dit svar" not in page_of(other, case)
    assert answer(other, case, law.Step.DECIDE, danish_day(now())).status_code == 409


def test_it_can_be_put_back(enter, case):
    client = enter()
    taken(client, case)
    client.post(reverse("office-case-put-back", args=[case.id]), {"version": case.version})
    case.refresh_from_db()
    assert (case.stands, case.taken_by) == (law.State.OPEN, None)


@pytest.mark.parametrize("what", ["reveal", "ask-registers"])
def test_what_is_done_about_people_is_not_done_about_a_map(enter, case, what):
    client = enter("leif", Role.LEAD)
    taken(client, case)
    assert client.post(reverse(f"office-case-{what}", args=[case.id])).status_code == 404


def test_whoever_runs_the_portal_can_fetch_the_map_at_once(enter, stocked, sandbox):
    sandbox.control("POST", "map", map="tomorrow")
    client = enter("otto", Role.OPERATOR)
    assert "Hent kortet nu" in client.get(reverse("office-operations")).content.decode()
    assert client.post(reverse("office-fetch-map")).status_code == 302
    assert Case.objects.get().about is law.Kind.MAP


def test_a_map_that_does_not_answer_is_told_and_changes_nothing(enter, stocked, sandbox):
    sandbox.fault("wfs", "status:503")
    client = enter("otto", Role.OPERATOR)
    assert client.post(reverse("office-fetch-map")).status_code == 503
    assert ZoneVersion.objects.count() == 1
