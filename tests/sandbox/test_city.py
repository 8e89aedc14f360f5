"""The page of inhabitants agrees with itself."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from html import unescape

import httpx
import pytest

from sandbox import city
from sandbox_process import Sandbox


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
        [each.person_number for each in city.INHABITANTS],
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
        assert city.vehicle(permit.plate)
    for plate in (*city.COMPANY_CARS.values(), *city.BORROWED_CARS.values()):
        assert city.vehicle(plate)
    for plate in city.FOREIGN_PLATES.values():
        assert city.vehicle(plate) is None


def test_the_front_page_shows_everybody_and_the_terminal_a_few(calm_sandbox: Sandbox) -> None:
    page = httpx.get(calm_sandbox.base).text
    assert all(each.name in page and each.person_number in page for each in city.INHABITANTS)
    cards = httpx.get(f"{calm_sandbox.base}/cards.txt").text
    assert 8 <= len(cards.splitlines()) <= 10
    assert "anna" in cards


def test_every_page_that_the_front_page_leads_to_is_there(calm_sandbox: Sandbox) -> None:
    page = httpx.get(calm_sandbox.base).text
    links = {unescape(link) for link in re.findall(r'href="(/[^"]*)"', page)}
    assert len(links) > len(city.INHABITANTS)
    for link in links:
        assert httpx.get(calm_sandbox.base + link).status_code == 200, link
