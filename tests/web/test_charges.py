"""Charges without a browser: who sees which, what is said, and what is never told."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from django.test import Client
from django.urls import reverse

from collecting import Town
from parking.actions import charge as charges
from parking.actions import charge_feed, checkout, evidence, plan, slip, wording
from parking.law.charge import spaced
from parking.law.days import danish_day
from parking.records.charge import Charge, ChargeHolder
from parking.records.collection import Plan
from parking.records.order import Order
from sandbox.charges import code_of
from town import charge, fill_basket, now, party, pay, slip_of

#: However many charges there are; one alone is shown with all that was done about it.
MOST_QUERIES, MOST_OF_ONE, MOST_OF_MINE = 10, 16, 22


def text(answer):
    return answer.content.decode()


def shown_to_a_guest(slug):
    client = Client()
    client.post(reverse("charges"), typed(slug))
    return client.get(at("charge", slug))


def typed(slug, **said):
    number, plate = slip_of(slug)
    return {"number": number, "plate": plate, **said}


def at(name, slug, **more):
    return reverse(name, kwargs={"charge_id": charge(slug).id, **more})


@pytest.fixture
def visitor(charged):
    """Somebody without a login who has shown the slip of the Swedish car."""
    client = Client()
    answer = client.post(reverse("charges"), typed("lars-swedish"))
    assert answer["Location"] == at("charge", "lars-swedish")
    return client


def test_number_and_plate_lead_to_the_charge(visitor, django_assert_max_num_queries):
    with django_assert_max_num_queries(MOST_OF_ONE):
        page = text(visitor.get(at("charge", "lars-swedish")))
    assert "SWE123" in page
    assert "Betal 510 kr." in page
    assert "vejloven § 90" in page


def test_that_a_photo_cannot_be_had_is_said_when_it_cannot_and_that_there_is_none(visitor):
    page = text(visitor.get(at("charge", "lars-swedish")))
    assert "<p data-photos-away hidden>Kan du ikke se et billede" in page
    found = charge("lars-swedish")
    found.told["images"] = 0
    found.save()
    page = text(visitor.get(at("charge", "lars-swedish")))
    assert "Vagten har ikke taget billeder." in page
    assert "Kan du ikke se" not in page


def test_nobody_is_asked_to_pay_before_a_machine_has_looked(visitor, charged):
    looks = "Vi ser lige nu efter, om afgiften er forkert"
    page = text(visitor.get(at("charge", "lars-swedish")))
    assert looks in page
    assert "Skal betales" not in page
    assert "button-primary" not in page
    evidence.check(charged, charge("lars-swedish"), occasion="opened", now=now())
    page = text(visitor.get(at("charge", "lars-swedish")))
    assert looks not in page
    assert "button-primary" in page


def test_the_slip_of_one_charge_opens_no_other(visitor):
    answer = visitor.get(at("charge", "anna-open"))
    asked_for = urlencode({"next": at("charge", "anna-open")})
    assert (answer.status_code, answer["Location"]) == (303, f"{reverse('charges')}?{asked_for}")
    assert visitor.post(at("charge-pay", "anna-open")).status_code == 303
    assert not Order.objects.exists()


def test_who_comes_from_a_letter_is_told_to_show_the_slip_and_led_on(charged):
    for meant, then in (
        (at("charge-photos", "anna-open"), at("charge-photos", "anna-open")),
        (at("complaint", "anna-open", complaint_id=uuid4()), at("complaint-code", "anna-open")),
        (at("charge", "lars-swedish"), at("charge", "anna-open")),
    ):
        client = Client()
        page = text(client.get(client.get(meant)["Location"]))
        assert "Vis, at du har afgiften" in page
        assert urlencode({"next": meant}) in page, "the way by logging in leads on as well"
        answer = client.post(reverse("charges"), {**typed("anna-open"), "next": meant})
        assert (answer.status_code, answer["Location"]) == (303, then)
    away = client.post(reverse("charges"), {**typed("anna-open"), "next": "https://example.org/"})
    assert away["Location"] == at("charge", "anna-open")


def test_a_cookie_that_we_did_not_write_opens_nothing(charged):
    client = Client()
    client.cookies["__Host-visit"] = f'{{"charges":["{charge("anna-open").id}"],"orders":[]}}:x:y'
    assert client.get(at("charge", "anna-open")).status_code == 303


def test_nothing_about_any_person_is_told_without_a_login(charged):
    client = Client()
    client.post(reverse("charges"), typed("soeren-protected"))
    page = text(client.get(at("charge", "soeren-protected")))
    soeren = party("soeren")
    assert soeren.name.split()[0] not in page
    assert soeren.person_number not in page


def test_who_is_logged_in_and_guesses_is_asked_for_the_code_and_gets_in_by_it(charged, log_in):
    number, plate = slip_of("lars-swedish")
    client = log_in("bo")
    for guess in range(5):
        client.post(reverse("charges"), {"number": f"10000000{guess}", "plate": plate})
    asked = client.post(reverse("charges"), {"number": number, "plate": plate})
    page = text(asked)
    assert asked.status_code == 422
    assert "Derfor beder vi også om koden under QR-koden." in page
    assert "eller om at du logger på" not in page
    shown = {"number": number, "plate": plate, "code": code_of(number)}
    assert client.post(reverse("charges"), shown)["Location"] == at("charge", "lars-swedish")


def test_the_qr_code_leads_straight_there(charged):
    number, _plate = slip_of("lars-swedish")
    client = Client()
    answer = client.get(reverse("charge-scan", args=[number, code_of(number)]))
    assert answer["Location"] == at("charge", "lars-swedish")
    assert client.get(answer["Location"]).status_code == 200
    wrong = Client().get(reverse("charge-scan", args=[number, "AAAAAAAAAA"]))
    assert wrong.status_code == 404


def test_the_qr_code_of_a_charge_that_is_not_here_yet_leads_straight_there(charged, sandbox):
    said = {"plate": "WUAB123", "offence": "40a", "place": "VB", "country": "DE"}
    given = httpx.post(f"{sandbox.base}/pilen/issue", data=said).json()["chargeNumber"]
    client = Client()
    scanned = client.get(reverse("charge-scan", args=[given, code_of(given)]))
    assert scanned.status_code == 303
    assert "WUAB123" in text(client.get(scanned["Location"])).replace(" ", "")


def test_a_code_that_does_not_fit_a_charge_that_is_not_here_yet_leads_to_the_form(charged, sandbox):
    said = {"plate": "WUAB123", "offence": "40a", "place": "VB", "country": "DE"}
    given = httpx.post(f"{sandbox.base}/pilen/issue", data=said).json()["chargeNumber"]
    client = Client()
    scanned = client.get(reverse("charge-scan", args=[given, "AAAAAAAAAA"]))
    assert scanned.status_code == 404
    page = text(scanned)
    assert "kan mangle i op til et minut" in page
    assert f'value="{given}"' in page
    assert f'action="{reverse("charges")}"' in page
    answer = client.post(reverse("charges"), {"number": given, "plate": "WÜ AB 123"})
    assert client.get(answer["Location"]).status_code == 200


def test_a_wrong_code_does_not_tell_whether_there_is_such_a_charge(charged):
    number, _plate = slip_of("lars-swedish")
    pages = [
        text(Client().get(reverse("charge-scan", args=[each, "AAAAAAAAAA"]))).replace(each, "")
        for each in (number, "100000001")
    ]
    there, nowhere = (re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", each) for each in pages)
    assert there == nowhere
    assert Client().get(reverse("charge-scan", args=["1", "AAAAAAAAAA"])).status_code == 404


@pytest.mark.parametrize("is_here", [True, False])
@pytest.mark.parametrize("typed_plate", ["WÜ AB 123", "wu ab-123", "WU\u0308AB123", "WUE AB 123"])
@pytest.mark.parametrize("written", ["WÜAB123", "WUAB123"])
def test_a_foreign_plate_is_found_however_it_is_typed(
    charged, sandbox, written, typed_plate, is_here
):
    said = {"plate": written, "offence": "40a", "place": "VB", "country": "DE"}
    given = httpx.post(f"{sandbox.base}/pilen/issue", data=said).json()["chargeNumber"]
    if is_here:
        charge_feed.follow(charged, now=now())
    answer = Client().post(reverse("charges"), {"number": given, "plate": typed_plate})
    assert answer.status_code == 303
    assert Charge.objects.get(number=given).plate == written


def test_guesses_at_a_foreign_plate_count_however_it_is_typed(charged):
    client = Client()
    for last, plate in enumerate(("WÜ AB 123", "WU AB 123", "WUE AB 123") * 2):
        answer = client.post(reverse("charges"), {"number": f"10000000{last}", "plate": plate})
    assert "Skriv også koden" in text(answer)


def test_the_vehicle_register_is_asked_about_no_foreign_letters(charged, sandbox):
    page = text(Client().get(reverse("prices"), {"plate": "WÜ AB 123"}))
    assert "En nummerplade har 2 til 10" in page
    assert not sandbox.journal("dmr")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"number": "12345", "plate": "SWE123"}, "ni tal"),
        ({"number": "123 456 789", "plate": "?"}, "En nummerplade har 2 til 10"),
        ({"number": "", "plate": "SWE123"}, "Skriv afgiftens nummer"),
        ({"number": "100000001", "plate": "SWE123"}, "Vi kan ikke finde afgiften"),
    ],
)
def test_what_cannot_be_found_is_said_and_nothing_typed_is_lost(charged, said, told):
    answer = Client().post(reverse("charges"), said)
    assert answer.status_code == 422
    assert told in text(answer)
    assert f'value="{said["plate"]}"' in text(answer)


def test_after_guessing_the_code_is_asked_for(charged):
    client = Client()
    for last in range(5):
        client.post(reverse("charges"), typed("lars-swedish", plate=f"AB1234{last}"))
    answer = client.post(reverse("charges"), typed("lars-swedish"))
    assert "Skriv også koden" in text(answer)
    assert "Koden på sedlen" in text(answer)
    assert "Skriv den kode" not in text(answer), "nobody has been asked for it before"
    assert f'value="{slip_of("lars-swedish")[0]}"' in text(answer)
    answer = client.post(reverse("charges"), typed("lars-swedish", code=""))
    assert "Skriv den kode" in text(answer)
    code = code_of(slip_of("lars-swedish")[0]).lower()
    spaced = f"{code[:5]}-{code[5:]}"
    answer = client.post(reverse("charges"), typed("lars-swedish", code=spaced))
    assert answer["Location"] == at("charge", "lars-swedish")


def test_while_the_charge_system_is_away_nothing_typed_is_lost(stocked, sandbox):
    sandbox.fault("pilen", "status:503")
    number, plate = slip_of("lars-swedish")
    answer = Client().post(reverse("charges"), {"number": number, "plate": plate})
    assert answer.status_code == 503
    assert "Vi kan ikke slå afgiften op lige nu" in text(answer)
    assert f'value="{number}"' in text(answer)
    assert f'value="{plate}"' in text(answer)


def test_while_the_charge_system_is_slow_nobody_waits_long_and_what_is_known_is_there(
    stocked, sandbox, monkeypatch
):
    monkeypatch.setattr(slip, "_PATIENCE", 0.3)
    sandbox.fault("pilen", "slow:3")
    number, _plate = slip_of("lars-swedish")
    scanned = reverse("charge-scan", args=[number, code_of(number)])
    client, began = Client(), time.monotonic()
    for answer in (client.post(reverse("charges"), typed("lars-swedish")), client.get(scanned)):
        assert answer.status_code == 503
        assert "Systemet med afgifter er langsomt eller svarer ikke. Intet er" in text(answer)
        assert f'value="{number}"' in text(answer)
    assert time.monotonic() - began < 3
    sandbox.fault("pilen", "none")
    charge_feed.follow(stocked, now=now())
    sandbox.fault("pilen", "slow:3")
    began = time.monotonic()
    assert client.post(reverse("charges"), typed("lars-swedish")).status_code == 303
    assert client.get(scanned).status_code in {302, 303}
    assert client.get(at("charge", "lars-swedish")).status_code == 200
    assert time.monotonic() - began < 3


def test_while_nobody_can_pay_the_charge_is_there_and_says_so(visitor, sandbox):
    sandbox.fault("nexi", "status:503")
    answer = visitor.post(at("charge-pay", "lars-swedish"), {"owed": "51000"})
    assert answer.status_code == 302
    assert "Du kan ikke betale med kort lige nu" in text(visitor.get(answer["Location"]))


def test_who_is_logged_in_is_not_asked_for_the_code_when_others_have_guessed(charged, log_in):
    stranger = Client()
    for last in range(5):
        stranger.post(reverse("charges"), typed("lars-swedish", plate=f"AB1234{last}"))
    assert "Skriv også koden" in text(stranger.post(reverse("charges"), typed("lars-swedish")))
    answer = log_in("hanne").post(reverse("charges"), typed("lars-swedish"))
    assert answer["Location"] == at("charge", "lars-swedish")


def test_the_qr_code_leads_there_though_somebody_at_the_same_address_has_guessed(charged):
    client = Client()
    for last in range(31):
        said = {"number": f"1000000{last:02}", "plate": f"AB{last:05}"}
        answer = client.post(reverse("charges"), said)
    assert "Skriv også koden" in text(answer)
    number, _plate = slip_of("lars-swedish")
    answer = client.get(reverse("charge-scan", args=[number, code_of(number)]))
    assert answer["Location"] == at("charge", "lars-swedish")


def test_a_photo_is_streamed_and_kept_by_nobody(visitor):
    answer = visitor.get(at("charge-photo", "lars-swedish", number=1))
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content[:2] == b"\xff\xd8"
    assert visitor.get(at("charge-photo", "lars-swedish", number=99)).status_code == 404
    assert Client().get(at("charge-photo", "lars-swedish", number=1)).status_code == 303


def test_the_photos_are_described(visitor):
    page = text(visitor.get(at("charge-photos", "lars-swedish")))
    assert page.count('<figcaption><span lang="da">') == 3
    assert 'alt=""' not in page.split("<main")[1]


def test_while_the_photos_cannot_be_fetched_the_page_says_so(visitor, sandbox):
    sandbox.fault("pilen", "status:503")
    answer = visitor.get(at("charge-photos", "lars-swedish"))
    assert answer.status_code == 503
    assert "svarer ikke" in text(answer)
    assert visitor.get(at("charge", "lars-swedish")).status_code == 200, "all else is told"


def test_f62_a_photo_that_differs_is_not_shown_and_the_page_says_so(visitor, sandbox):
    sandbox.fault("pilen", "photo-differs", path="2")
    page = text(visitor.get(at("charge-photos", "lars-swedish")))
    assert "Billede 2 vises ikke. Det er ikke det billede, som vagten tog." in page
    assert at("charge-photo", "lars-swedish", number=2) not in page
    assert at("charge-photo", "lars-swedish", number=1) in page
    assert visitor.get(at("charge-photo", "lars-swedish", number=2)).status_code == 503


def test_the_visitor_pays_and_gets_a_receipt(visitor):
    answer = visitor.post(at("charge-pay", "lars-swedish"), {"owed": "51000"})
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, order.payment.page_url)
    pay(order.payment.page_url)
    back = visitor.get(reverse("order-return", kwargs={"order_id": order.id}))
    assert back["Location"] == reverse("order", kwargs={"order_id": order.id})
    assert "BETALT" in text(visitor.get(back["Location"]))
    receipt = visitor.get(reverse("receipt", kwargs={"order_id": order.id}))
    assert receipt["Content-Type"] == "application/pdf"
    assert "Der er ikke noget at betale" in text(visitor.get(at("charge", "lars-swedish")))
    stranger = Client().get(reverse("order", kwargs={"order_id": order.id}))
    assert stranger.status_code == 302, "an order is opened by whoever began it"


def test_another_amount_than_was_shown_is_not_taken(visitor):
    answer = visitor.post(at("charge-pay", "lars-swedish"), {"owed": "1"})
    assert answer["Location"].endswith("?changed=yes")
    assert not Order.objects.exists()


def test_my_charges_are_those_of_my_vehicles(charged, log_in, django_assert_max_num_queries):
    client = log_in("bo")
    with django_assert_max_num_queries(MOST_QUERIES):
        page = text(client.get(reverse("my-charges")))
    assert page.count("ZB 10 002") == 2
    assert "ZA 10 001" not in page
    assert client.get(at("charge", "anna-open")).status_code == 404


@pytest.mark.parametrize("slug", ["laura-plan-1", "laura-plan-2"])
def test_a_plan_that_was_agreed_in_the_charge_system_is_read_by_whose_it_is(
    charged, log_in, sandbox, slug
):
    page = text(log_in("laura").get(at("charge", slug)))
    (told,) = re.findall(r"<h3>Din betalingsordning</h3>\s*(<ul>.*?</ul>)", page, re.DOTALL)
    assert [each.count("(betalt)") for each in re.findall("<li>.*?</li>", told)] == [1, 0, 0]
    assert "1. rate: 510 kr. senest" in told
    assert "Din betalingsordning" not in text(shown_to_a_guest(slug))
    sandbox.fault("pilen", "status:503", path="/pilen/v1/plans")
    page = text(log_in("laura").get(at("charge", slug)))
    assert "Vi kan ikke vise raterne lige nu." in page


def test_a_basket_without_permits_has_no_steps_of_one(charged, log_in):
    client = log_in("anna")
    page = text(client.get(reverse("basket")))
    assert reverse("my-charges") in page.partition("Kurven er tom.")[2]
    client.post(at("charge-pay", "anna-open"))
    for name in ("basket", "summary"):
        assert "step-guide" not in text(client.get(reverse(name)))


def test_charges_and_permits_share_the_basket(charged, log_in, django_assert_max_num_queries):
    client = log_in("anna")
    for slug in ("anna-open", "anna-now"):
        assert client.post(at("charge-pay", slug))["Location"] == reverse("basket")
    with django_assert_max_num_queries(MOST_QUERIES):
        page = text(client.get(reverse("basket")))
    assert "1.020 kr." in page
    answer = client.get(reverse("summary"))
    assert "Betal 1.020 kr." in text(answer)
    agreed = checkout.agreement([], checkout.charges_in_basket(party("anna")))
    answer = client.post(reverse("summary"), {"agreed": agreed, "terms": "on", "email": ""})
    assert answer.status_code == 303
    pay(Order.objects.get().payment.page_url)
    client.get(reverse("order-return", kwargs={"order_id": Order.objects.get().id}))
    assert not charges.payable(charge("anna-open"))


def test_a_borrowed_cars_charge_is_added_and_taken_off(charged, log_in):
    client = log_in("hanne")
    client.post(reverse("charges"), typed("peter-borrowed"))
    assert "Føj afgiften til min side" in text(client.get(at("charge", "peter-borrowed")))
    client.post(at("charge-add", "peter-borrowed"))
    page = text(client.get(reverse("my-charges")))
    assert spaced(slip_of("peter-borrowed")[0]) in page
    client.post(at("charge-take-off", "peter-borrowed"))
    assert charge("peter-borrowed") not in charges.mine(party("hanne"))


def test_a_plan_says_that_it_waits_for_a_complaint_and_that_it_was_broken(
    charged, sandbox, log_in, django_assert_max_num_queries
):
    client, town = log_in("anna"), Town(charged, sandbox)
    shown = plan.propose(party("anna"), 3, now=now())
    kept = plan.agree(
        charged, party("anna"), 3, agreed=shown.agreement, language="da", now=now()
    )  # fmt: skip
    page = reverse("plan", kwargs={"plan_id": kept.id})
    assert "Betal 1. rate: 340 kr." in text(client.get(page))
    town.complain("anna-open", "k-21")
    charge_feed.follow(charged, now=now())
    assert "Ordningen venter, til vi har svaret" in text(client.get(page))
    assert "Ordningen venter, mens vi ser på din klage" in text(client.get(reverse("my")))
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    plan.follow(now=now() + timedelta(days=60))
    assert "Betal resten: 1.020 kr." in text(client.get(page))
    with django_assert_max_num_queries(MOST_OF_MINE):
        mine = text(client.get(reverse("my")))
    assert "Ordningen er ophørt" in mine
    charges_page = text(client.get(reverse("my-charges")))
    assert page in charges_page
    assert "Betal i rater" not in charges_page
    client.post(reverse("plan-pay", kwargs={"plan_id": kept.id}))
    assert "1.020 kr." in text(client.get(reverse("basket")))


def test_the_first_day_of_a_plan_is_chosen_and_shown_before_it_is_agreed(charged, log_in):
    client, today = log_in("anna"), danish_day(now())
    new, chosen = reverse("plan-new"), today + timedelta(days=20)
    day = {"first_day": chosen.day, "first_month": chosen.month, "first_year": chosen.year}
    usual = text(client.get(new))
    assert wording.day(today + timedelta(days=14)) in usual
    page = client.get(new, {"instalments": 3} | day)
    assert text(page).count("340 kr.") == 3
    assert "<strong>1.020 kr.</strong>" in text(page)
    shown = page.context["proposal"]
    assert shown.first == chosen
    late = {**day, "first_year": chosen.year + 1}
    refused = text(client.get(new, {"instalments": 3} | late))
    assert "Den første rate kan betales" in refused
    assert "Aftal ordningen" not in refused
    what = {"instalments": 3, "agreed": shown.agreement}
    other = client.post(reverse("plan-agree"), what | {"first": (today + timedelta(days=21))})
    assert "changed=yes" in other["Location"]
    assert "Gælden har ændret sig" in text(client.get(other["Location"]))
    assert not Plan.objects.exists()
    client.post(reverse("plan-agree"), what | {"first": chosen.isoformat()})
    assert Plan.objects.get().as_law().instalments[0].due == chosen


def test_paying_in_parts_is_offered_only_for_what_was_mine(charged, log_in):
    nanna, link = party("nanna"), f'href="{reverse("plan-new")}"'
    ChargeHolder.objects.filter(number_fingerprint=nanna.number_fingerprints[0]).delete()
    for slug in ("anna-open", "anna-now"):
        charges.claim(nanna, charge(slug), now=now())
    page = text(log_in("nanna").get(reverse("my-charges")))
    assert spaced(slip_of("anna-now")[0]) in page
    assert link not in page
    assert link in text(log_in("anna").get(reverse("my-charges")))


def test_what_is_at_debt_collection_is_shown_and_not_paid_here(charged):
    client = Client()
    client.post(reverse("charges"), typed("asta-collection"))
    page = text(client.get(at("charge", "asta-collection")))
    assert "Hos Gældsstyrelsen" in page
    assert "gaeldst.dk" in page
    assert "Betal 1.010 kr." not in page


def test_in_english_too(visitor):
    page = text(visitor.get("/en" + at("charge", "lars-swedish")))
    assert "Pay DKK 510" in page
    assert "Why you got the charge" in page
    assert '<dd lang="da">Ingen synlig p-billet' in page, "a warden writes Danish"


def test_a_basket_of_charges_offers_no_further_vehicle(charged, log_in):
    client = log_in("anna")
    client.post(at("charge-pay", "anna-open"))
    assert "Tilføj endnu et køretøj" not in text(client.get(reverse("basket")))
    fill_basket(charged, "anna")
    assert "Tilføj endnu et køretøj" in text(client.get(reverse("basket")))
