"""Annulling of our own accord in the office: one charge from its page, and many by two people."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from collecting import Town
from parking.actions import charge as charges
from parking.actions import own_accord
from parking.law.charge import State as ChargeState
from parking.law.charge import spaced
from parking.law.days import danish_day
from parking.law.own_accord import State
from parking.law.staff import Role
from parking.records.audit import LookUp
from parking.records.charge_check import ChargeAnnulment
from parking.records.own_accord import OwnAccordAnnulment
from parking.records.recording import recording
from parking.records.staff import Staff
from parking.web.office import own_accord as office
from town import charge, now, party

NEW, ALL = reverse("office-own-accord-new"), reverse("office-own-accords")
SIGNED = ("sign-reminded", "otto-sign", "sign-unpaid", "sign-paid")
#: Fewer would do for a charge; a preview asks about all of them at once.
PREVIEW, DETAIL = 26, 20


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def text_of(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer
    return " ".join(unescape(answer.content.decode()).split())


def filled(**said) -> dict[str, str]:
    """Return the form as it is filled in for the crooked sign."""
    first, last = danish_day(now()) - timedelta(days=30), danish_day(now())
    days = {
        f"{name}_{part}": str(getattr(day, part))
        for name, day in (("since", first), ("until", last))
        for part in ("day", "month", "year")
    }
    told = {
        "street": "Lergravsvej",
        "codes": "05A",
        "reason": "sign",
        "text": "Skiltet var drejet.",
    }
    return {**told, **days, **said}


def twisted(slug: str) -> None:
    """Have the account of a charge contradict itself, newer than the charge system tells."""
    wrong = charge(slug)
    line = dict(wrong.told["account"][0])
    wrong.told["account"].append({**line, "amount": {"ore": 1}, "number": 99})
    wrong.version += 5
    with recording():
        wrong.save()


def shown_in(page: str) -> str:
    (mark,) = re.findall(r'name="shown" value="([0-9a-f]{64})"', page)
    return mark


def propose(client, **said) -> OwnAccordAnnulment:
    page = text_of(client.post(NEW, filled(**said)))
    answer = client.post(NEW, filled(**said, propose="yes", shown=shown_in(page)))
    assert answer.status_code == 302, text_of(answer, answer.status_code)
    return OwnAccordAnnulment.objects.latest("proposed")


def at(name: str, found: OwnAccordAnnulment) -> str:
    return reverse(name, kwargs={"annulment_id": found.id})


def test_what_it_comes_to_is_shown_before_anything_is_proposed(
    enter, log_in, town, django_assert_max_num_queries
):
    client, svend = enter(), party("svend")
    with django_assert_max_num_queries(PREVIEW):
        page = text_of(client.post(NEW, filled()))
    for said in (
        "1.530 kr.",
        "510 kr.",
        "Lergravsvej 226",
        "Påmindelse sendt",
        "Betalt",
        "ZW 40 005",
    ):
        assert said in page, said
    assert 'value="Lergravsvej"' in page
    assert "Skiltet var drejet." in page
    assert not OwnAccordAnnulment.objects.exists()
    look = LookUp.objects.get(party=svend, register="charge")
    assert (look.reference, look.purpose) == (
        charge("sign-unpaid").number, "Annullering af flere afgifter",
    )  # fmt: skip
    assert "Annullering af flere afgifter" in text_of(log_in("svend").get(reverse("my-data")))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"street": " "}, "Skriv vejens navn."),
        ({"first_house": "3"}, "Skriv både det første og det sidste husnummer"),
        ({"since_year": "2021"}, "Vælg højst to år ad gangen."),
        ({"until_year": "2001"}, "Sluttiden skal ligge efter starttiden."),
        ({"since_time": "25.00"}, "Skriv klokkeslættet som 14.30."),
        ({"since_day": ""}, "Skriv en dato, der findes."),
        ({"reason": ""}, "Vælg, hvorfor der bliver annulleret."),
        ({"reason": "deceased"}, "Vælg, hvorfor der bliver annulleret."),
        ({"text": ""}, "Skriv din begrundelse."),
        (
            {"until_day": "31", "until_month": "12", "until_year": "9999"},
            "Skriv et år mellem 2000 og 2100.",
        ),
        (
            {"since_day": "1", "since_month": "1", "since_year": "0001"},
            "Skriv et år mellem 2000 og 2100.",
        ),
        ({"codes": "05a, ZZ9"}, "Der er ingen forseelse med koden zz9."),
        (
            {"codes": " ".join(f"x{number}" for number in range(21))},
            "Skriv højst 20 koder. x20 er en for meget.",
        ),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(enter, town, said, told):
    page = text_of(enter().post(NEW, filled(**said)), 422)
    assert told in page
    if "street" not in said:
        assert 'value="Lergravsvej"' in page
    if "text" not in said:
        assert "Skiltet var drejet." in page


def test_who_may_answer_a_proposal_reads_of_it_in_the_queue(enter, town):
    propose(enter("ditte"))
    waiting = "Et forslag om at annullere afgifter venter på, at en kollega godkender det."
    queue = reverse("office-queue")
    assert waiting in text_of(enter("dorte").get(queue))
    assert waiting not in text_of(enter("ditte").get(queue)), "who proposed it cannot answer"
    assert waiting not in text_of(enter("rosa", Role.READER).get(queue))


def test_where_nothing_was_given_it_says_so(enter, town):
    page = text_of(enter().post(NEW, filled(street="Ingenvej")))
    assert "Der er ingen afgifter at annullere på den vej i den tid." in page
    assert 'name="propose"' not in page


def test_where_no_account_adds_up_it_does_not_say_that_there_is_nothing(enter, town):
    for slug in SIGNED:
        twisted(slug)
    client = enter()
    page = text_of(client.post(NEW, filled()))
    assert "Deres konti passer ikke" in page
    assert spaced(charge("sign-paid").number).replace("\N{NO-BREAK SPACE}", " ") in page
    assert "Der er ingen afgifter at annullere" not in page
    assert 'name="propose"' not in page
    about = {"charge_id": charge("sign-unpaid").id}
    client.post(reverse("office-charge-open", kwargs=about), {"purpose": "Opkald"})
    page = text_of(client.get(reverse("office-charge-annul", kwargs=about)))
    assert "Afgiftens konto passer ikke." in page
    assert "Der er ikke noget at annullere" not in page


def test_what_it_comes_to_stands_before_the_form(enter, town):
    page = text_of(enter().post(NEW, filled()))
    places = [
        "Det bliver det til",
        "er frafaldet eller forældet",
        'name="propose"',
        'name="street"',
    ]
    found = [page.index(place) for place in places]
    assert found == sorted(found)


def test_a_proposal_that_waits_and_has_the_same_charges_is_told_of(enter, town):
    client = enter()
    found = propose(client)
    page = text_of(client.post(NEW, filled(codes="")))
    assert f'href="{at("office-own-accord", found)}"' in page
    assert "Et forslag, der venter, har allerede 4 af afgifterne" in page
    client.post(at("office-own-accord-answer", found), {"step": "withdraw"})
    assert "Et forslag, der venter" not in text_of(client.post(NEW, filled(codes="")))


def test_what_was_not_annulled_is_listed_first(enter, town, monkeypatch):
    monkeypatch.setattr(office, "_LISTED", 1)
    ditte, dorte = enter("ditte"), enter("dorte")
    found = propose(ditte)
    twisted("sign-paid")
    dorte.post(at("office-own-accord-answer", found), {"step": "approve"})
    own_accord.carry_out(town.outside, now=now())
    page = text_of(ditte.get(at("office-own-accord", found)))
    assert spaced(charge("sign-paid").number).replace("\N{NO-BREAK SPACE}", " ") in page
    assert 'data-title="Hvor den står">Sprunget over: kontoen passer ikke</td>' in page


def test_what_is_something_else_by_now_is_shown_again(enter, town):
    client = enter()
    mark = shown_in(text_of(client.post(NEW, filled())))
    page = text_of(client.post(NEW, filled(codes="", propose="yes", shown=mark)))
    assert "Det er ikke det samme, som du så før." in page
    assert shown_in(page) != mark
    assert not OwnAccordAnnulment.objects.exists()


def test_the_hours_of_a_day_are_told_apart(enter, town):
    found = propose(enter(), since_time="08:00", until_time="15.30")
    assert f"{found.until:%H%M%S}" != "000000"
    assert found.since < found.until


def test_one_proposes_another_approves_and_both_see_how_far_it_is(
    enter, town, work, django_assert_max_num_queries
):
    ditte, dorte = enter("ditte"), enter("dorte")
    found = propose(ditte)
    page = text_of(ditte.get(at("office-own-accord", found)))
    assert "Træk forslaget tilbage" in page
    assert 'name="text"' not in page
    forged = ditte.post(at("office-own-accord-answer", found), {"step": "approve"})
    assert forged.status_code == 409
    assert "Venter på en kollega" in text_of(dorte.get(ALL))
    with django_assert_max_num_queries(DETAIL):
        page = text_of(dorte.get(at("office-own-accord", found)))
    assert "Godkend, så afgifterne bliver annulleret" in page
    page = text_of(dorte.post(at("office-own-accord-answer", found), {"step": "reject"}), 422)
    assert "Skriv din begrundelse." in page
    assert dorte.post(at("office-own-accord-answer", found), {"step": "approve"}).status_code == 302
    page = text_of(ditte.get(at("office-own-accord", found)))
    assert "<dt>Venter</dt><dd>4</dd>" in page
    work()
    page = text_of(ditte.get(at("office-own-accord", found)))
    for said in (
        "<dt>Annulleret</dt><dd>4</dd>",
        "<dt>Annulleret i alt</dt><dd>2.040 kr.</dd>",
        "Færdig",
    ):
        assert said in page, said
    assert charges.stands(charge("otto-sign")) is ChargeState.ANNULLED


def test_a_no_has_its_reasons_and_who_proposed_it_may_take_it_back(enter, town):
    ditte, dorte = enter("ditte"), enter("dorte")
    found = propose(ditte)
    said = {"step": "reject", "text": "Skiltet stod rigtigt i april."}
    dorte.post(at("office-own-accord-answer", found), said)
    assert "Skiltet stod rigtigt i april." in text_of(ditte.get(at("office-own-accord", found)))
    other = propose(ditte)
    ditte.post(at("office-own-accord-answer", other), {"step": "withdraw"})
    assert "Trukket tilbage" in text_of(ditte.get(ALL))
    assert not ChargeAnnulment.objects.exists()


def test_nobody_sees_or_answers_where_a_charge_of_their_own_is_among_them(enter, town):
    found, own = propose(enter("ditte")), enter("svend-k")
    Staff.objects.filter(name="svend-k").update(
        number_fingerprint=party("svend").number_fingerprints[0]
    )
    assert own.get(at("office-own-accord", found)).status_code == 403
    answer = own.post(at("office-own-accord-answer", found), {"step": "approve"})
    assert answer.status_code == 403
    page = text_of(own.post(NEW, filled()), 422)
    assert "En af afgifterne er din egen." in page
    assert "ZW 40 005" not in page
    found.refresh_from_db()
    assert found.stands is State.PROPOSED


@pytest.mark.parametrize("name", ["office-own-accords", "office-own-accord-new"])
def test_who_only_reads_annuls_nothing(enter, town, name):
    rosa = enter("rosa", Role.READER)
    assert rosa.get(reverse(name)).status_code == 403
    assert "Annuller flere" not in text_of(rosa.get(reverse("office-queue")))
    about = {"charge_id": charge("sign-unpaid").id}
    assert rosa.get(reverse("office-charge-annul", kwargs=about)).status_code == 403
    rosa.post(reverse("office-charge-open", kwargs=about), {"purpose": "Opkald"})
    assert "Annuller den her afgift" not in text_of(
        rosa.get(reverse("office-charge", kwargs=about))
    )


# One charge


def opened(client, slug: str) -> str:
    about = {"charge_id": charge(slug).id}
    client.post(reverse("office-charge-open", kwargs=about), {"purpose": "Opkald"})
    return text_of(client.get(reverse("office-charge", kwargs=about)))


def test_a_charge_is_annulled_from_its_page_at_once(enter, town):
    client = enter()
    url = reverse("office-charge-annul", kwargs={"charge_id": charge("sign-unpaid").id})
    assert url not in text_of(client.get(reverse("office-queue")))
    assert client.get(url).status_code == 302, "not before it is said why"
    assert url in opened(client, "sign-unpaid")
    assert "Afgiften bliver annulleret med det samme." in text_of(client.get(url))
    page = text_of(client.post(url, {"reason": "", "text": "Skiltet var drejet."}), 422)
    assert "Skiltet var drejet." in page
    client.post(url, {"reason": "sign", "text": "Skiltet var drejet."})
    assert charges.stands(charge("sign-unpaid")) is ChargeState.ANNULLED
    assert url not in opened(client, "sign-unpaid")
    assert "Der er ikke noget at annullere" in text_of(client.get(url))
    again = client.post(url, {"reason": "sign", "text": "Skiltet var drejet."})
    assert again.status_code == 409
    assert "En enkelt afgift" in text_of(client.get(ALL))


def test_while_the_charge_system_is_silent_one_reads_that_it_waits(enter, town, sandbox):
    client = enter()
    opened(client, "sign-unpaid")
    url = reverse("office-charge-annul", kwargs={"charge_id": charge("sign-unpaid").id})
    sandbox.fault("pilen", "status:503")
    answer = client.post(url, {"reason": "sign", "text": "Skiltet var drejet."})
    found = OwnAccordAnnulment.objects.get()
    assert answer["Location"] == at("office-own-accord", found)
    assert "<dt>Venter</dt><dd>1</dd>" in text_of(client.get(answer["Location"]))
    assert "Et forslag, der venter, har allerede 1 af afgifterne" in text_of(client.get(url))


def test_a_large_charge_is_proposed_from_its_page(enter, town):
    client = enter()
    opened(client, "rosa-lorry")
    url = reverse("office-charge-annul", kwargs={"charge_id": charge("rosa-lorry").id})
    assert "En kollega skal godkende" in text_of(client.get(url))
    answer = client.post(url, {"reason": "sign", "text": "Skiltet var drejet."})
    found = OwnAccordAnnulment.objects.get()
    assert answer["Location"] == at("office-own-accord", found)
    assert own_accord.progress(found).waiting == 1
    assert "Træk forslaget tilbage" in text_of(client.get(answer["Location"]))


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_pages_speak_both_languages(enter, town, language):
    client = enter()
    client.post(reverse("office-language"), {"language": language})
    said = {"da": "Det bliver det til", "en": "What it comes to"}[language]
    assert said in text_of(client.post(NEW, filled()))
