"""A charge in the office: found without a case, opened with a purpose, and only read."""

from __future__ import annotations

from html import unescape

import pytest
from django.urls import reverse
from django.utils import translation
from structlog.testing import capture_logs

from collecting import Town
from parking.actions import charge as charges
from parking.actions import complain, plan, wording
from parking.law.charge import ChargeNumber, spaced
from parking.law.money import Money
from parking.law.offence import Question
from parking.law.staff import Role
from parking.records.audit import LookUp
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.collection import Plan
from parking.records.staff import Staff
from town import charge, party, slip_of

#: A charge's page asks the database no more often than a case's.
CHARGE_PAGE = 45


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def text_of(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).split())


def at(name: str, about: Charge, **more) -> str:
    return reverse(name, kwargs={"charge_id": about.id, **more})


def opened(client, about: Charge, purpose: str = "Opkald fra borger") -> str:
    answer = client.post(at("office-charge-open", about), {"purpose": purpose})
    assert answer["Location"] == at("office-charge", about)
    return text_of(client.get(at("office-charge", about)))


def agree(town) -> Plan:
    anna = party("anna")
    shown = plan.propose(anna, 3, now=town.at)
    return plan.agree(town.outside, anna, 3, agreed=shown.agreement, language="da", now=town.at)


@pytest.mark.parametrize("by", ["number", "plate"])
def test_a_charge_without_a_case_is_found_by_its_number_and_by_plate(enter, town, by):
    found, anna = charge("anna-open"), party("anna")
    number, plate = slip_of("anna-open")
    text = {"number": spaced(ChargeNumber(number)), "plate": plate.lower()}[by]
    page = text_of(enter().post(reverse("office-search"), {"text": text, "purpose": "Opkald"}))
    assert at("office-charge", found) in page
    assert "Der er ingen sag" not in page
    look = LookUp.objects.filter(party=anna, reference=number).get()
    assert (look.register, look.outcome, look.purpose) == ("charge", "searched", "Opkald")


def test_why_one_searched_need_not_be_typed_again_to_open_what_was_found(enter, town):
    client, found, other = enter(), charge("anna-open"), charge("lars-swedish")
    client.post(reverse("office-search"), {"text": found.number, "purpose": "Opkald kl. 9"})
    assert 'value="Opkald kl. 9"' in text_of(client.get(at("office-charge-open", found)))
    assert "Opkald kl. 9" not in text_of(client.get(at("office-charge-open", other)))
    assert client.get(at("office-charge", found)).status_code == 302, "it opens nothing"


def test_a_plan_that_was_agreed_in_the_charge_system_is_read_in_the_office(enter, town):
    page = opened(enter(), charge("laura-plan-2"))
    assert "Betalingsordning i afgiftssystemet" in page
    assert page.count("(betalt)") == 1


def test_an_account_that_contradicts_itself_is_shown_with_a_warning(enter, log_in, town):
    twisted, anna = charge("anna-open"), log_in("anna")
    line = dict(twisted.told["account"][0])
    twisted.told["account"].append({**line, "amount": {"ore": 700}, "number": 99})
    twisted.save()
    says = "Regnskabet for afgiften passer ikke sammen"
    page = opened(enter(), twisted)
    assert says in page
    assert "7 kr." in page
    page = text_of(anna.get(at("charge", twisted)))
    assert says in page
    assert "Læg i kurven" not in page
    assert text_of(anna.get(reverse("my-charges")))
    assert anna.get(at("charge-case", twisted)).status_code == 200


def test_nothing_is_shown_before_it_is_said_why(enter, town):
    client, found = enter(), charge("anna-open")
    for name, more in (("office-charge", {}), ("office-photo", {"number": 1})):
        assert client.get(at(name, found, **more))["Location"] == at("office-charge-open", found)
    page = text_of(client.post(at("office-charge-open", found), {"purpose": " "}))
    assert "Skriv, hvorfor du åbner afgiften." in page
    assert not LookUp.objects.filter(register="charge").exists()


def test_a_charge_is_read_and_every_look_at_it_is_told_to_the_citizen(
    enter, log_in, town, django_assert_max_num_queries
):
    client, found, anna = enter("rosa", Role.READER), charge("anna-open"), party("anna")
    page = opened(client, found)
    told = charges.answer_of(found)
    for said in (
        told.place.street,
        wording.moment(found.issued),
        "Regnskab",
        told.observation.note,
    ):
        assert said in page
    number = anna.person_number
    assert number not in page
    assert f"{number[:6]}-{number[6:]}" not in page
    with django_assert_max_num_queries(CHARGE_PAGE):
        client.get(at("office-charge", found))
    photo = client.get(at("office-photo", found, number=1))
    assert (photo["Content-Type"], photo["Cache-Control"]) == ("image/jpeg", "no-store")
    assert client.get(at("office-photo", found, number=99)).status_code == 404
    looks = LookUp.objects.filter(party=anna, register="charge", reference=found.number)
    assert {each.outcome for each in looks} == {"answered", "photo opened"}
    assert {each.purpose for each in looks} == {"Opkald fra borger"}
    seen = text_of(log_in("anna").get(reverse("my-data")))
    assert "Din parkeringsafgift" in seen
    assert "Opkald fra borger" in seen
    assert "En sagsbehandler i Parkering" in seen


def test_the_look_at_a_charge_of_nobody_we_know_is_in_the_log(enter, town):
    client, found = enter(), charge("lars-swedish")
    with capture_logs() as logs:
        opened(client, found)
    (said,) = [each for each in logs if each["event"] == "looked"]
    assert said["charge"] == found.number


def test_nobody_looks_at_a_charge_of_their_own(enter, town):
    client, found = enter("anna-k"), charge("anna-open")
    Staff.objects.update(number_fingerprint=party("anna").number_fingerprints[0])
    for name, more in (
        ("office-charge", {}), ("office-charge-open", {}), ("office-photo", {"number": 1}),
    ):  # fmt: skip
        assert client.get(at(name, found, **more)).status_code == 403
    asked = {"text": found.number, "purpose": "Mig selv"}
    assert "Der er ingen sag eller afgift" in text_of(client.post(reverse("office-search"), asked))


def test_nobody_looks_at_a_charge_that_they_have_added(enter, town):
    client, found, hanne = enter("hanne-k"), charge("anna-open"), party("hanne")
    charges.claim(hanne, found, now=town.at)
    Staff.objects.update(number_fingerprint=hanne.number_fingerprints[0])
    assert client.get(at("office-charge-open", found)).status_code == 403


def test_from_a_charge_one_comes_to_its_case_or_registers_a_complaint(enter, town):
    client, found = enter(), charge("anna-open")
    page = opened(client, found)
    register = f"{reverse('office-register')}?charge={found.id}"
    assert register in page
    form = text_of(client.get(register))
    assert f'value="{found.number}"' in form
    assert f'value="{found.plate}"' in form
    assert found.number not in text_of(enter("dorte").get(register)), "who has not opened it"
    assert text_of(client.get(f"{reverse('office-register')}?charge=x"))
    said = {"question": Question.DISC.value, "text": "Skiven lå i ruden."}
    draft = complain.begin(party("anna"), found, language="da", now=town.at)
    complain.submit(complain.keep(draft, said, now=town.at), now=town.at)
    page = opened(client, found)
    assert reverse("office-case", args=[Case.objects.get(kind="complaint").id]) in page
    assert "Modtaget" in page
    assert register not in page
    assert register not in opened(enter("rosa", Role.READER), charge("anna-open"))


@pytest.mark.parametrize("language", ["da", "en"])
def test_what_stops_a_charge_and_its_plan_are_told(enter, town, language):
    agreed, client = agree(town), enter()
    client.post(reverse("office-language"), {"language": language})
    rows = agreed.as_law().instalments
    page = opened(client, charge("anna-open"))
    words = {"da": ("Bliver betalt i rater", "Betalingsordning: fra"),
             "en": ("Being paid in instalments", "Instalment plan: from")}  # fmt: skip
    for said in words[language]:
        assert said in page
    with translation.override(language):
        for each in rows:
            assert f"{wording.amount(each.amount)}, {wording.day(each.due)}" in page
        left = f"<dd>{wording.amount(Money(102_000))}</dd>"
        assert f"<dd>{wording.amount(charges.balance(charge('anna-open')).owed)}</dd>" in page
    assert left in page
