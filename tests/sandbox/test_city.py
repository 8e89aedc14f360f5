"""The page of inhabitants agrees with itself."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest

from sandbox import cards, charges, city
from sandbox.employees import EMPLOYEES
from sandbox_process import Sandbox

ZONES = Path(__file__).parents[2] / "data" / "sandbox" / "zones.geojson"


@pytest.mark.parametrize("person", city.INHABITANTS, ids=lambda person: person.slug)
def test_a_person_number_is_synthetic_and_tells_birth_date_and_gender(
    person: city.Inhabitant,
) -> None:
    digits = person.person_number.replace("-", "")
    assert len(digits) == 10
    day, month, year, seventh = int(digits[:2]), int(digits[2:4]), int(digits[4:6]), int(digits[6])
    assert day > 60
    century = 1900 if seventh < 4 else 2000
    assert date(century + year, month, day - 60) == person.born
    assert (int(digits[-1]) % 2 == 0) == (person.gender == "K")


def test_nobody_and_nothing_is_there_twice() -> None:
    for names in (
        [each.slug for each in city.INHABITANTS],
        [
            number
            for each in city.INHABITANTS
            for number in (each.person_number, each.former_number)
            if number
        ],
        [each.key for each in city.ADDRESSES],
        [(each.municipality, each.road_code, each.house_number) for each in city.ADDRESSES],
        [each.plate for each in city.VEHICLES],
        [each.number for each in city.PERMITS],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_everybody_and_everything_that_is_named_exists() -> None:
    for person in city.INHABITANTS:
        city.home(person)
        assert city.plates(person), person.slug
    for vehicle in city.VEHICLES:
        assert vehicle.plate.startswith("Z"), "a series that is not issued"
        for held in vehicle.registrations:
            assert city.inhabitant(held.holder) or city.company(held.holder)
    for permit in city.PERMITS:
        assert city.inhabitant(permit.holder)
        assert bool(city.vehicle(permit.plate)) != permit.mistyped
    for person in city.INHABITANTS:
        own = {
            each.plate
            for each in city.VEHICLES
            if person.slug in {held.holder for held in each.registrations}
        }
        assert not own & set(person.drives), "plates that only seem to be theirs"


def test_an_outcome_agrees_with_what_is_said_of_the_first_plate() -> None:
    for person in city.INHABITANTS:
        refused = bool(city.because_not(person, city.plates(person)[0]))
        assert (person.outcome == "refused") == refused, person.slug
        assert (person.outcome == "open") == bool(person.awaits), person.slug


def test_whoever_turns_18_does_so_today_whatever_the_day() -> None:
    alma, erik = city.inhabitant("alma"), city.inhabitant("erik")
    assert alma
    assert erik
    years = [city.FIRST_DAY.year - each.born.year for each in (alma, erik)]
    assert years == [18, 17]
    birthdays = {(each.born.month, each.born.day) for each in (alma, erik)}
    assert birthdays <= {(city.FIRST_DAY.month, city.FIRST_DAY.day), (2, 28)}


def test_there_is_a_home_in_every_area_and_somebody_in_each_kind_of_zone() -> None:
    layer = json.loads(ZONES.read_text("utf-8"))["features"]
    areas = {
        each["properties"]["navn"]: each["properties"]["type"]
        for each in layer
        if each["properties"]["kategori"] == "Adressebeboerzone"
    }
    homes = {person.home for person in city.INHABITANTS}
    assert set(areas) <= {each.key for each in city.ADDRESSES}
    assert {areas[home] for home in homes if home in areas} == {1, 2}
    assert homes >= {"HK", "overlap", "gap", "ørestad", "nordhavn", "frederiksberg", "private"}


def test_the_front_page_shows_everybody_and_the_terminal_a_few(calm_sandbox: Sandbox) -> None:
    page = httpx.get(calm_sandbox.base).text
    assert all(each.name in page and each.person_number in page for each in city.INHABITANTS)
    text = httpx.get(f"{calm_sandbox.base}/cards.txt").text
    assert 11 <= len(text.splitlines()) <= 13
    assert all(number in page for number, _ in charges.numbered())
    assert "anna" in text
    assert f"{calm_sandbox.portal}/office/ as ditte" in text
    assert all(each.name in page for each in EMPLOYEES)


def test_those_with_a_role_are_listed_for_the_demo(calm_sandbox: Sandbox) -> None:
    lines = [line.split() for line in httpx.get(f"{calm_sandbox.base}/staff.txt").text.splitlines()]
    assert len(lines) == len([each for each in EMPLOYEES if each.roles])
    assert {role for _, role in lines} == {"operator", "decider", "lead", "reader"}


def test_the_page_of_login_cards_is_as_the_town_is() -> None:
    assert cards.PAGE.read_text("utf-8") == cards.as_page(), "run python -m sandbox.cards"


def test_every_page_that_the_front_page_leads_to_is_there(calm_sandbox: Sandbox) -> None:
    page = httpx.get(calm_sandbox.base).text
    links = {unescape(link) for link in re.findall(r'href="(/[^"]*)"', page)}
    assert len(links) > len(city.INHABITANTS)
    for link in links:
        assert httpx.get(calm_sandbox.base + link).status_code == 200, link
