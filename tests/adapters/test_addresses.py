"""The register of addresses: what every adapter for it must do, and what it can do to us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest
import respx

from parking.adapters.addresses import PUBLIC_TOKEN, Adressevaelger
from parking.law.facts import Home
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.places import House, Point, Suggestion
from sandbox import city
from sandbox_process import Sandbox


def home_of(address: city.Address) -> Home:
    return Home(
        municipality=address.municipality,
        road_code=address.road_code,
        house_number=address.house_number,
        floor=address.floor,
        door=address.door,
        postcode=address.postcode,
        text=f"{address.line}, {address.postcode} {address.district}",
    )


ANNAS = home_of(city.address("VB"))


def register(
    sandbox: Sandbox, *, token: str = PUBLIC_TOKEN, patience: float = 5.0
) -> Adressevaelger:
    address = sandbox.addresses["ADDRESSES"].removeprefix("adressevaelger+")
    return Adressevaelger(address=address, token=token, read_timeout=patience, deadline=patience)


@pytest.fixture
def addresses(sandbox: Sandbox) -> Iterator[Adressevaelger]:
    adapter = register(sandbox)
    yield adapter
    adapter.close()


def test_every_home_in_town_has_its_place(addresses: Adressevaelger) -> None:
    for address in city.ADDRESSES:
        assert addresses.point(home_of(address)) == Point(address.x, address.y)


def test_a_number_with_a_letter_is_another_house(addresses: Adressevaelger) -> None:
    beside = replace(ANNAS, house_number="219E", text="Istedgade 219E, 1650 København V")
    assert addresses.point(beside) != addresses.point(ANNAS)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(ANNAS, road_code="3999"),
        replace(ANNAS, municipality="0147"),
        replace(ANNAS, house_number="9", text="Istedgade 9, 1650 København V"),
        replace(ANNAS, text="Ingensteds 217, 1650 København V"),
        replace(ANNAS, text=""),
    ],
)
def test_what_does_not_match_exactly_is_not_found(
    addresses: Adressevaelger, elsewhere: Home
) -> None:
    with pytest.raises(NotFound):
        addresses.point(elsewhere)


def test_floor_and_door_are_not_told(addresses: Adressevaelger, calm_sandbox: Sandbox) -> None:
    addresses.point(ANNAS)
    search = calm_sandbox.journal("addresses")[0]["path"]
    assert "Istedgade" in search
    assert "tv" not in search


def test_with_another_token_we_are_rejected(sandbox: Sandbox) -> None:
    addresses = register(sandbox, token="another")
    with pytest.raises(Rejected):
        addresses.point(ANNAS)
    addresses.close()


def test_a_late_answer_is_unavailable(calm_sandbox: Sandbox) -> None:
    impatient = register(calm_sandbox, patience=0.3)
    calm_sandbox.fault("addresses", "slow:1")
    with pytest.raises(Unavailable, match="Timeout"):
        impatient.point(ANNAS)
    impatient.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("status:500", Unavailable),
        ("status:503", Unavailable),
        ("status:429", Unavailable),
        ("status:400", Rejected),
        ("drop", Unavailable),
        ("garbage", Unavailable),
        ("truncated", Unavailable),
        ("wrong-content-type", Unavailable),
    ],
)
def test_what_goes_wrong_there_is_one_of_our_errors(
    addresses: Adressevaelger, calm_sandbox: Sandbox, fault: str, error: type[Exception]
) -> None:
    calm_sandbox.fault("addresses", fault)
    with pytest.raises(error):
        addresses.point(ANNAS)


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"status": "fejl"},
        {"status": "ok"},
        {"status": "ok", "fund": [None]},
        {"status": "ok", "fund": [{"type": "husnummer"}]},
        {"status": "ok", "fund": [{"type": "vejnavn"}] * 50},
    ],
)
def test_an_answer_that_makes_no_sense_is_unavailable(
    addresses: Adressevaelger, said: object
) -> None:
    with respx.mock() as answers:
        answers.get().mock(return_value=httpx.Response(200, json=said))
        with pytest.raises(Unavailable):
            addresses.point(ANNAS)


@pytest.mark.parametrize("broken", [{"crs": "EPSG:4326"}, {"coordinates": [1]}])
def test_a_place_that_makes_no_sense_is_unavailable(
    addresses: Adressevaelger, broken: dict[str, object]
) -> None:
    given = {"crs": "EPSG:25832", "coordinates": [723569.6, 6175307.7], **broken}
    geometry = {**given, "crs": {"properties": {"name": given["crs"]}}}
    house = {
        "husnummertekst": "217",
        "navngivenvejkommunedel": {"kommune": "0101", "vejkode": "3007"},
        "adgangspunkt": {"geometri": geometry},
    }
    hit = {"type": "husnummer", "id": "x", "husnummer": "217"}
    with respx.mock() as answers:
        answers.get(path="/husnumre/soeg").respond(json={"status": "ok", "fund": [hit]})
        answers.get(path="/husnumre/x").respond(json={"status": "ok", "husnummer": house})
        with pytest.raises(Unavailable):
            addresses.point(ANNAS)


# What a person searches for


ANNAS_HOUSE = city.address("VB").house_number_id


def test_what_a_person_types_is_answered_with_houses(addresses: Adressevaelger) -> None:
    found = addresses.search("  istedgade   217 ")
    assert Suggestion("Istedgade 217, 1650 København V", ANNAS_HOUSE) in found
    assert len(found) <= 10


def test_a_road_without_a_number_is_no_house_yet(addresses: Adressevaelger) -> None:
    assert addresses.search("istedg") == (Suggestion("Istedgade"),)


def test_what_lies_elsewhere_is_found_only_if_all_of_the_country_is_searched(
    addresses: Adressevaelger,
) -> None:
    theirs = next(each for each in city.ADDRESSES if each.municipality == "0147")
    text = f"{theirs.road_name} {theirs.house_number}"
    assert addresses.search(text, municipality="0101") == ()
    house = addresses.house(addresses.search(text)[0].house)
    assert (house.municipality, house.road) == ("0147", theirs.road_name)


@pytest.mark.parametrize("text", ["istedgade (217)", "Istedgade\t217!", "<istedgade> 217"])
def test_signs_that_no_address_has_are_not_asked_about(
    addresses: Adressevaelger, text: str
) -> None:
    found = addresses.search(text)
    assert Suggestion("Istedgade 217, 1650 København V", ANNAS_HOUSE) in found


@pytest.mark.parametrize("text", ["", "  ", "ab", " a ", "???", "<>"])
def test_too_little_to_go_by_is_not_asked_about(
    addresses: Adressevaelger, calm_sandbox: Sandbox, text: str
) -> None:
    assert addresses.search(text) == ()
    assert calm_sandbox.journal("addresses") == []


def test_every_house_in_town_is_told_as_it_is(addresses: Adressevaelger) -> None:
    for address in city.ADDRESSES:
        house = addresses.house(address.house_number_id)
        assert house == House(
            identity=address.house_number_id,
            text=house.text,
            municipality=address.municipality,
            road_code=address.road_code,
            road=address.road_name,
            point=Point(address.x, address.y),
        )
        assert house.text.startswith(f"{address.road_name} {address.house_number}, ")


@pytest.mark.parametrize("identity", ["", "../adresser", "soeg?tekst=abc", "0" * 36, "x" * 36])
def test_what_names_no_house_is_not_found(addresses: Adressevaelger, identity: str) -> None:
    with pytest.raises(NotFound):
        addresses.house(identity)


ASKED = {
    "search": lambda addresses: addresses.search("Istedgade 217"),
    "house": lambda addresses: addresses.house(ANNAS_HOUSE),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("status:500", Unavailable),
        ("status:429", Unavailable),
        ("status:400", Rejected),
        ("drop", Unavailable),
        ("garbage", Unavailable),
        ("wrong-content-type", Unavailable),
    ],
)
def test_what_goes_wrong_while_a_person_searches_is_one_of_our_errors(
    addresses: Adressevaelger,
    calm_sandbox: Sandbox,
    ask: Callable[[Adressevaelger], object],
    fault: str,
    error: type[Exception],
) -> None:
    calm_sandbox.fault("addresses", fault)
    with pytest.raises(error):
        ask(addresses)


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize(
    "said",
    [
        [],
        {"status": "fejl"},
        {"status": "ok", "fund": [{"type": "husnummer"}]},
        {"status": "ok", "husnummer": {"navngivenvejkommunedel": {}}},
        {"status": "ok", "husnummer": None},
    ],
)
def test_an_answer_to_a_person_that_makes_no_sense_is_unavailable(
    addresses: Adressevaelger, ask: Callable[[Adressevaelger], object], said: object
) -> None:
    with respx.mock() as answers:
        answers.get().mock(return_value=httpx.Response(200, json=said))
        with pytest.raises(Unavailable):
            ask(addresses)
