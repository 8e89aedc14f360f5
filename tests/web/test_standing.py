"""May I park here, which permit would an address give, and which zones are there: the pages."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import translation
from lxml import html
from shapely.geometry import shape as shape_of

from parking.law.zones import Place
from parking.records.permit import Permit
from parking.records.zone import ZoneShape
from parking.web.citizen import zones
from sandbox import city
from town import now, order, pay

HERE, RIGHT, LIST = reverse("standing"), reverse("address-right"), reverse("zones")
PLACES = {address.key: address for address in city.ADDRESSES}


def main(answer):
    """What the page is about, as text."""
    assert answer.status_code == 200, answer.status_code
    (found,) = html.fromstring(answer.content).xpath("//main")
    return " ".join(found.text_content().split())


def at(key, **more):
    place = PLACES[key]
    return main(Client().get(HERE, {"x": place.x, "y": place.y, **more}))


def house(key):
    return PLACES[key].house_number_id


def typed(key):
    return f"{PLACES[key].road_name} {PLACES[key].house_number}"


# The answer


def test_the_empty_page_asks_nobody_and_works_without_a_map(db, calm_sandbox, outside):
    text = main(Client().get(HERE))
    assert "Find et sted" in text
    assert calm_sandbox.journal("addresses") == []


def test_in_a_paid_zone_the_price_now_and_next_and_the_permits_are_told(stocked):
    text = at("VB", day=next_day(0), time="12:00")
    assert "Licens til zone VB Vesterbro" in text
    assert re.search(r"Betaling, (grøn|blå) zone\s*(45|26) kr\. i timen\.", text)
    assert re.search(r"Fra [^:]* kl\. 18\.00: 18 kr\. i timen\.", text)


def test_on_a_weekend_the_first_hour_is_free(stocked):
    assert "Den første time er gratis" in at("VB", day=next_day(6), time="12:00")


def test_in_a_time_limited_zone_the_limit_is_told_and_when_it_begins(stocked):
    text = at("VL", day=next_day(2), time="12:00")
    assert re.search(r"Højst 3 timer uden licens, indtil [^:]* kl\. 22\.00\. Husk P-skive", text)
    text = at("VL", day=next_day(2), time="07:00")
    assert "Ingen grænse." in text
    assert re.search(r"Fra [^:]* kl\. 08\.00: Højst 3 timer\.", text)


def next_day(weekday):
    """The next day of the week that is no holiday and lies within reach."""
    today = now().date()
    return (today + timedelta(days=(weekday - today.weekday()) % 7 or 7)).isoformat()


@pytest.mark.parametrize(
    ("find", "told"),
    [
        ("elsewhere", "en anden kommunes regler"),
        ("outside", "ingen tidsgrænse for hele området"),
        ("nowhere", "kort siger ikke, hvad der gælder her"),
    ],
)
def test_a_place_without_our_rules_is_told_as_such(stocked, find, told):
    x, y = spot(find)
    assert told in main(Client().get(HERE, {"x": x, "y": y}))


def spot(find):
    if find == "nowhere":
        return 700_000, 6_100_000
    shape = ZoneShape.objects.filter(category=find).first()
    inside = shape_of(shape.geometry).representative_point()
    return inside.x, inside.y


def test_a_private_common_road_is_known_of_a_house_not_of_a_point(stocked):
    text = main(Client().get(HERE, {"house": house("private")}))
    assert "Vejen er en privat fællesvej" in text
    assert "i timen" not in text
    assert "i timen" in at("private")


# Finding the place


def test_an_address_that_leaves_no_doubt_is_answered_at_once(stocked):
    text = main(Client().get(HERE, {"q": typed("VB")}))
    assert f"{typed('VB')}, 1650 København V" in text
    assert "Gælder her" in text


def test_an_address_that_may_be_several_is_asked_about_and_keeps_the_time(stocked):
    answer = Client().get(HERE, {"q": "Istedgade 21", "day": next_day(1), "time": "10:00"})
    assert "Hvilken adresse mener du?" in main(answer)
    links = html.fromstring(answer.content).xpath("//ul[@class='choices']//a/@href")
    assert any(f"house={house('VB')}&day={next_day(1)}&time=10%3A00" in link for link in links)


def test_a_road_lacks_a_number(stocked):
    text = main(Client().get(HERE, {"q": "Istedgade"}))
    assert "skriv også et husnummer" in text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"q": "Ingensteds 999"}, "Vi fandt ikke adressen"),
        ({"q": ""}, "Skriv en adresse."),
        ({"q": "ab"}, "mindst 3 tegn"),
        ({"q": "x" * 200}, "for lang"),
        ({"x": "1e999", "y": "1"}, "ikke læse punktet"),
        ({"x": "here", "y": "1"}, "ikke læse punktet"),
        ({"x": "1"}, "Skriv en adresse."),
        ({"q": "Istedgade 217", "day": "2001-01-01"}, "fra i dag til om et år"),
        ({"q": "Istedgade 217", "time": "25:00"}, "Skriv et klokkeslæt"),
    ],
)
def test_what_cannot_be_answered_is_said(stocked, asked, told):
    answer = Client().get(HERE, asked)
    assert told in main(answer)
    assert answer.context["told"] is None


def test_a_house_somebody_made_up_is_not_found(stocked):
    assert Client().get(HERE, {"house": "0" * 36}).status_code == 404


def test_a_register_that_is_silent_is_told_as_such(stocked, sandbox):
    sandbox.fault("addresses", "status:503")
    assert Client().get(HERE, {"q": "Istedgade 217"}).status_code == 503


def test_the_register_is_not_asked_without_end(stocked):
    client = Client()
    statuses = [client.get(RIGHT, {"house": house("VB")}).status_code for _ in range(61)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


# Permits


@pytest.fixture
def annas(stocked, work):
    """Anna has a permit for Vesterbro."""
    paid = order(stocked, "anna")
    pay(paid.payment.page_url)
    work()
    return Permit.objects.get()


def test_ones_own_permit_is_told_where_it_is_valid(annas, log_in):
    client = log_in("anna")
    there = client.get(HERE, {"house": house("VB")})
    assert "Din licens til ZA 10 001 Licensen gælder her" in main(there).replace("Gennemført ", "")
    assert there["Cache-Control"] == "no-store"
    away = main(client.get(HERE, {"house": house("CH")}))
    assert "Licensen gælder ikke her" in away
    assert "Din licens er til zone VB Vesterbro" in away, "and why"


def test_a_plate_is_told_yes_or_no_and_nothing_more(annas):
    def ask(plate, key):
        return Client().post(HERE, {"house": house(key), "plate": plate})

    assert "En licens gælder her" in main(ask("za10001", "VB"))
    no = main(ask("ZA 10 001", "CH"))
    assert "Vi kender ingen licens" in no
    assert no.replace("ZA 10 001", "") == main(ask("ZB 10 002", "CH")).replace("ZB 10 002", "")


def test_a_plate_is_never_in_an_address(annas):
    """Asked for by GET it is not answered about; the form posts it."""
    answer = Client().get(HERE, {"house": house("VB"), "plate": "ZA10001"})
    assert "En licens gælder her" not in main(answer)
    (form,) = html.fromstring(answer.content).xpath("//form[.//input[@name='plate']]")
    assert form.method == "POST"


def test_a_plate_that_is_none_is_told_and_the_place_answered(annas):
    text = main(Client().post(HERE, {"house": house("VB"), "plate": "!"}))
    assert "En nummerplade har 2 til 10" in text
    assert "Gælder her" in text


def test_the_plate_needs_its_token(stocked):
    answer = Client(enforce_csrf_checks=True).post(HERE, {"house": house("VB"), "plate": "X1"})
    assert answer.status_code == 403


def test_the_page_of_a_permit_lists_and_draws_where_it_is_valid(annas, log_in):
    answer = log_in("anna").get(reverse("permit", kwargs={"permit_id": annas.id}))
    text = main(answer)
    assert "Offentlige veje i Vesterbro (VB)" in text
    for garage in zones.validity("VB", now().date()).garages:
        assert garage.name in text
    assert re.search(r"Den Hvide Kødby \(HK\), ikke mandag–fredag kl\. 08\.00–17\.00", text)
    (box,) = html.fromstring(answer.content).xpath("//*[@data-map-box]")
    assert box.get("data-only") == "VB HK"


# The right of an address


@pytest.mark.parametrize("place", Place)
def test_each_of_the_five_answers_is_told(stocked, place):
    said = {
        Place.HOME_AREA: "giver ret til en beboerlicens i Vesterbro (VB)",
        Place.NO_AREA: "ingen licenszone",
        Place.SEVERAL: "To områder overlapper",
        Place.ELSEWHERE: "en anden kommune",
        Place.UNKNOWN: "kort siger ikke, hvilket område",
    }
    answers = [
        main(Client().get(RIGHT, {"house": each.house_number_id})) for each in city.ADDRESSES
    ]
    assert any(said[place] in text for text in answers)
    assert all(sum(each in text for each in said.values()) <= 1 for text in answers)


def test_the_kind_of_permit_and_the_span_of_its_price_are_told(stocked):
    text = main(Client().get(RIGHT, {"q": typed("VB")}))
    assert re.search(r"Fra [\d.]+ kr\. til [\d.]+ kr\.", text)
    free = main(Client().get(RIGHT, {"house": house("VL")}))
    assert re.search(r"Pris for et år\s?0 kr\.", free)


def test_asking_about_an_address_leaves_nothing_of_anybody(stocked):
    before = everything()
    Client().get(RIGHT, {"q": typed("VB")})
    assert everything() == before


def everything():
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_app_config("records").get_models()
        if model.__name__ != "Bucket"
    }


# The list


def test_every_zone_of_today_is_in_the_list(stocked):
    text = main(Client().get(LIST))
    for code, name in (
        ZoneShape.objects.exclude(category="home area")
        .exclude(category__in=["paid zone", "outside", "elsewhere"])
        .values_list("code", "name")
    ):
        assert name in text, code
    assert re.search(r"3 timer, mandag–fredag kl\. 08\.00–22\.00", text)
    assert text.index("YØ") > text.index("YN"), "as the Danish alphabet has it"


def test_the_list_says_the_hours_in_english_too(stocked):
    with translation.override("en"):
        address = reverse("zones")
    assert "3 hours, Monday–Friday 08:00–22:00" in main(Client().get(address))


# What it costs to look


def test_few_questions_to_the_database(stocked, django_assert_max_num_queries):
    Client().get(HERE)  # builds what each process keeps
    with django_assert_max_num_queries(1):
        Client().get(HERE)
    with django_assert_max_num_queries(7):
        at("VB")
    with django_assert_max_num_queries(2):
        Client().get(LIST)


def test_the_page_is_light_and_the_map_comes_after_it(stocked):
    answer = Client().get(HERE, {"x": PLACES["VB"].x, "y": PLACES["VB"].y})
    assert len(gzip.compress(answer.content)) < 6_000
    document = html.fromstring(answer.content)
    scripts = document.xpath("//script/@src")
    assert all("vendor" not in script for script in scripts)
    (box,) = document.xpath("//*[@data-map-box]")
    assert "vendor/openlayers" in box.get("data-library")
    assert box.get("hidden") is not None, "without its script it is not there"


@pytest.mark.parametrize("path", [HERE, RIGHT, LIST, f"/en{HERE}"])
def test_search_engines_may_show_these_pages(stocked, path):
    answer = Client().get(path)
    assert "X-Robots-Tag" not in answer
    robots = Client().get("/robots.txt").content.decode()
    assert path not in robots


def test_only_this_page_may_ask_where_somebody_is(stocked):
    assert "geolocation=(self)" in Client().get(HERE)["Permissions-Policy"]
    for path in ("/", RIGHT, LIST, "/nowhere/"):
        assert "geolocation=()" in Client().get(path)["Permissions-Policy"]


def test_the_map_comes_from_us_alone(stocked):
    policy = Client().get(HERE)["Content-Security-Policy"]
    assert "img-src 'self' data:" in policy
    assert "connect-src 'self'" in policy
