"""The register of addresses: what every adapter for it must do, and what it can do to us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import respx

from parking.adapters.addresses import PUBLIC_TOKEN, Adressevaelger
from parking.law.facts import Home
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.places import Point
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
