"""Stopping the collection of a charge from its page or from a case, and what the citizen reads."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse

from collecting import Town
from parking.actions import complain, stops, wording
from parking.law.days import danish_day
from parking.law.offence import Question
from parking.law.staff import Role
from parking.records.audit import LookUp
from parking.records.case import Case
from parking.records.collection import ChargePause
from parking.records.outbox import Outgoing
from parking.records.staff import Staff
from town import charge, party

WHY = "Politiet er ved at undersøge, om bilen var stjålet."


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def text_of(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).split())


def at(step: str, case: Case | None = None) -> str:
    """The address of a step about the charge, or its page if the step is none."""
    about = ("case", case.id) if case else ("charge", charge("anna-open").id)
    name = "-".join(["office", about[0], *([step] if step else [])])
    return reverse(name, kwargs={f"{about[0]}_id": about[1]})


def opened(client, case: Case | None = None) -> str:
    client.post(at("open", case), {"purpose": "Opkald fra borger"})
    return text_of(client.get(at("", case)))


def case_of(town) -> Case:
    said = {"question": Question.DISC.value, "text": "Skiven lå i ruden."}
    draft = complain.begin(party("anna"), charge("anna-open"), language="da", now=town.at)
    complain.submit(complain.keep(draft, said, now=town.at), now=town.at)
    return Case.objects.get(kind="complaint")


def typed(until: date, **changed) -> dict[str, str | int]:
    days = {"until_day": until.day, "until_month": until.month, "until_year": until.year}
    return {"known": 0, **days, "reason": WHY, **changed}


@pytest.mark.parametrize("on", ["charge", "case"])
def test_a_charge_is_stopped_and_let_go_from_its_page_and_from_a_case(enter, log_in, town, on):
    client, case = enter(), case_of(town) if on == "case" else None
    until = danish_day(town.at) + timedelta(days=30)
    assert at("stop", case) in opened(client, case)
    assert 'name="known" value="0"' in text_of(client.get(at("stop", case)))
    done = client.post(at("stop", case), typed(until))
    assert done["Location"] == at("", case)
    (made,) = stops.made_here(charge("anna-open"))
    assert (made.until, made.reason, made.by) == (until, WHY, Staff.objects.get(name_id="ditte"))
    page = text_of(client.get(at("", case)))
    assert at("stop", case) not in page
    for said in (WHY, "Stoppet af ditte", f"indtil {wording.day(until)}"):
        assert said in page
    text_of(client.post(at("stop", case), typed(until)), 409)
    mine = text_of(log_in("anna").get(reverse("charge", args=[charge("anna-open").id])))
    assert f"Indtil {wording.day(until)} sker der ikke noget" in mine
    assert WHY not in mine
    assert "ditte" not in mine
    if on == "charge":
        listed = text_of(log_in("anna").get(reverse("my-charges")))
        assert f"Indtil {wording.day(until)} sker der ikke noget" in listed
    assert at("lift", case) in page
    asked = text_of(client.get(at("lift", case)))
    assert f'name="stop" value="{made.id}"' in asked
    if on == "charge":
        due = stops.last_day_once_lifted(charge("anna-open"), made, now=town.at)
        assert f"Borgerens sidste dag til at betale bliver {wording.day(due)}" in asked
        assert "Stoppet er fra i dag." in asked
    else:
        assert "Der er stadig noget andet, der stopper opkrævningen." in asked
    assert stops.standing(charge("anna-open"), now=town.at) == made, "nothing is done yet"
    assert client.post(at("lift", case), {"stop": made.id})["Location"] == at("", case)
    text_of(client.get(at("lift", case)), 409)
    text_of(client.post(at("lift", case), {"stop": made.id}), 409)
    page = text_of(client.get(at("", case)))
    assert "Ophævet af ditte" in page
    assert at("stop", case) in page
    told = Outgoing.objects.filter(payload__stop=made.id).values_list("kind", flat=True)
    assert sorted(told) == ["report lift", "report stop"]
    assert LookUp.objects.filter(party=party("anna"), purpose="Opkald fra borger").exists()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"until_day": 31, "until_month": 2}, "Skriv en dato, der findes."),
        (
            {"until_day": "", "until_month": "", "until_year": ""},
            "Skriv den dag, opkrævningen skal",
        ),
        ({"until_year": 2020}, "Vælg en dag efter i dag"),
        ({"until_year": 2099}, "Vælg en dag efter i dag"),
        ({"reason": " "}, "Skriv, hvorfor du stopper opkrævningen."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(enter, town, changed, says):
    client = enter()
    opened(client)
    given = typed(danish_day(town.at) + timedelta(days=30), **changed)
    page = text_of(client.post(at("stop"), given), 422)
    assert says in page
    for name, value in given.items():
        if str(value).strip():
            assert str(value) in page, name
    assert stops.made_here(charge("anna-open")) == []


def test_a_form_that_was_shown_before_another_stop_stops_nothing(enter, town):
    client, until = enter(), danish_day(town.at) + timedelta(days=30)
    opened(client)
    client.post(at("stop"), typed(until))
    client.post(at("lift"), {"stop": stops.made_here(charge("anna-open"))[0].id})
    text_of(client.post(at("stop"), typed(until)), 409)
    assert client.post(at("stop"), typed(until, known=1)).status_code == 302
    text_of(client.get(at("stop")), 409)


def test_who_may_only_read_neither_stops_nor_lifts_and_nobody_their_own(enter, town):
    client, until = enter("rosa", Role.READER), danish_day(town.at) + timedelta(days=30)
    assert at("stop") not in opened(client)
    given = typed(until)
    for method, step in (("get", "stop"), ("post", "stop"), ("post", "lift")):
        text_of(getattr(client, method)(at(step), given), 403)
    client = enter("anna-k")
    assert client.get(at("stop"))["Location"] == at("open"), "nothing before it is said why"
    assert client.post(at("stop"), given)["Location"] == at("open")
    Staff.objects.filter(name_id="anna-k").update(
        number_fingerprint=party("anna").number_fingerprints[0]
    )
    for method, step in (("get", "stop"), ("post", "stop"), ("post", "lift")):
        text_of(getattr(client, method)(at(step), given), 403)
    assert stops.made_here(charge("anna-open")) == []


@pytest.mark.parametrize("stop", ["", "x", "0", "9" * 30])
def test_a_stop_that_is_none_is_not_lifted(enter, town, stop):
    client = enter()
    opened(client)
    text_of(client.post(at("lift"), {"stop": stop}), 409)


def test_a_stop_of_the_charge_system_is_read_and_not_lifted_here(enter, town):
    town.officer("anna-open", "stop", reasons="Se notat.")
    (pause,) = ChargePause.objects.filter(charge=charge("anna-open"))
    client = enter()
    client.post(reverse("office-language"), {"language": "en"})
    page = opened(client)
    assert "Stopped by the charge system" in page
    assert "Se notat." in page
    assert at("lift") not in page
    text_of(client.post(at("lift"), {"stop": pause.id}), 409)
