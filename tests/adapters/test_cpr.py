"""The population register: what every adapter for it must do, and what SF1520 can do to us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import httpx
import pytest
import respx

from parking.adapters import cpr
from parking.adapters.cpr import Context, PersonLookup
from parking.law.facts import Residence
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.registers import Person
from sandbox import city
from sandbox.world import AGREEMENT
from sandbox_process import Sandbox

NOBODY = "6101009999"
CONTEXT = Context(agreement=AGREEMENT[0], user_system=AGREEMENT[1], user=AGREEMENT[2])


def number(slug: str) -> str:
    inhabitant = city.inhabitant(slug)
    assert inhabitant is not None
    return inhabitant.person_number.replace("-", "")


def lookup(
    sandbox: Sandbox,
    *,
    context: Context = CONTEXT,
    certificate: str = "",
    patience: float = 5.0,
) -> PersonLookup:
    return PersonLookup(
        address=sandbox.addresses["PERSONS"].removeprefix("sf1520+"),
        context=context,
        ca_file=sandbox.addresses["OUTSIDE_CA_FILE"],
        client_certificate_file=certificate or sandbox.addresses["CLIENT_CERTIFICATE_FILE"],
        read_timeout=patience,
        deadline=patience,
    )


@pytest.fixture
def persons(sandbox: Sandbox) -> Iterator[PersonLookup]:
    adapter = lookup(sandbox)
    yield adapter
    adapter.close()


def ask(persons: PersonLookup, slug: str) -> Person:
    return persons.person(person_number=number(slug), reference="test-1")


def test_a_resident_has_a_home(persons: PersonLookup) -> None:
    anna = ask(persons, "anna")
    assert anna.residence is Residence.RESIDENT
    assert anna.born == date(1985, 5, 12)
    assert anna.full_name == "Anna Vesterholm"
    assert anna.digital_post
    assert anna.current_number is None
    assert anna.home is not None
    assert (anna.home.municipality, anna.home.road_code) == ("0101", "3007")
    assert (anna.home.house_number, anna.home.floor, anna.home.door) == ("217", "3", "tv")
    assert anna.home.text == "Istedgade 217, 3. tv, 1650 København V"
    assert not anna.home.protected


def test_everybody_in_town_can_be_looked_up(persons: PersonLookup) -> None:
    for inhabitant in city.INHABITANTS:
        person = ask(persons, inhabitant.slug)
        assert (person.born, person.full_name) == (inhabitant.born, inhabitant.name)
        home = city.home(inhabitant)
        if home is None:
            assert person.home is None
        else:
            assert person.home is not None
            assert person.home.house_number == home.house_number


def test_a_protected_address_is_marked(persons: PersonLookup) -> None:
    home = ask(persons, "soeren").home
    assert home is not None
    assert home.protected


def test_whoever_has_emigrated_has_no_home(persons: PersonLookup) -> None:
    rikke = ask(persons, "rikke")
    assert (rikke.residence, rikke.home) == (Residence.EMIGRATED, None)


def test_an_unknown_number_is_not_found(persons: PersonLookup) -> None:
    with pytest.raises(NotFound):
        persons.person(person_number=NOBODY, reference="test-1")


def test_the_reference_is_told(persons: PersonLookup, calm_sandbox: Sandbox) -> None:
    ask(persons, "anna")
    [call] = calm_sandbox.journal("cpr")
    assert "<i:CallersServiceCallIdentifier>test-1<" in call["request"]


def test_a_late_answer_is_unavailable(calm_sandbox: Sandbox) -> None:
    impatient = lookup(calm_sandbox, patience=0.3)
    calm_sandbox.fault("cpr", "slow:1")
    with pytest.raises(Unavailable, match="Timeout"):
        ask(impatient, "anna")
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
        ("expired-certificate", Unavailable),
        ("foreign-certificate", Unavailable),
        ("wrong-namespace", Unavailable),
        ("backend", Unavailable),
        ("unknown-code", Unavailable),
        ("not-authorised", Rejected),
    ],
)
def test_what_goes_wrong_there_is_one_of_our_errors(
    persons: PersonLookup, calm_sandbox: Sandbox, fault: str, error: type[Exception]
) -> None:
    calm_sandbox.fault("cpr", fault)
    with pytest.raises(error) as raised:
        ask(persons, "anna")
    assert number("anna") not in str(raised.value)


def test_a_call_that_is_dropped_once_is_made_again(
    persons: PersonLookup, calm_sandbox: Sandbox
) -> None:
    calm_sandbox.fault("cpr", "drop", count=1)
    assert ask(persons, "anna").full_name == "Anna Vesterholm"


def test_without_an_agreement_we_are_rejected(sandbox: Sandbox) -> None:
    persons = lookup(sandbox, context=replace(CONTEXT, user=CONTEXT.agreement))
    with pytest.raises(Rejected):
        ask(persons, "anna")
    persons.close()


def test_with_a_certificate_of_another_authority_nothing_is_answered(sandbox: Sandbox) -> None:
    foreign = sandbox.folder / "certificates" / "server-foreign.pem"
    persons = lookup(sandbox, certificate=str(foreign))
    with pytest.raises(Unavailable):
        ask(persons, "anna")
    persons.close()


# What no inhabitant has, in answers written for it.

ANSWER = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<p:PersonLookupResponse xmlns:p="{service}"><p:persondata><p:personnummer>{number}</p:personnummer>
<p:navn><p:personadresseringsnavn>Test Testesen</p:personadresseringsnavn></p:navn>
<p:foedselsdato><p:dato>1970-01-01</p:dato></p:foedselsdato>
<p:status><p:status>{status}</p:status></p:status>{more}</p:persondata>
<p:adresse><p:aktuelAdresse><p:kommunekode>101</p:kommunekode><p:vejkode>{road}</p:vejkode>
<p:husnummer>012A</p:husnummer><p:etage>02</p:etage><p:sidedoer>tv</p:sidedoer>
<p:postnummer>1620</p:postnummer><p:postdistrikt>København V</p:postdistrikt>
<p:standardadresse>Vesterbrogade 12A, 2. tv</p:standardadresse></p:aktuelAdresse></p:adresse>
</p:PersonLookupResponse></s:Body></s:Envelope>"""


def answer(
    *, number: str = "6101701234", status: str = "1", more: str = "", road: str = "4504"
) -> httpx.Response:
    text = ANSWER.format(service=cpr.SERVICE, number=number, status=status, more=more, road=road)
    return httpx.Response(200, content=text.encode(), headers={"Content-Type": "text/xml"})


@pytest.fixture
def written(sandbox: Sandbox) -> Iterator[tuple[PersonLookup, respx.Route]]:
    adapter = lookup(sandbox)
    with respx.mock() as answers:
        yield adapter, answers.post()
    adapter.close()


Written = tuple[PersonLookup, respx.Route]


def test_zeros_before_numbers_are_taken_away(written: Written) -> None:
    persons, there = written
    there.mock(return_value=answer())
    home = persons.person(person_number="6101701234", reference="test-1").home
    assert home is not None
    assert (home.house_number, home.floor, home.road_code) == ("12A", "2", "4504")


@pytest.mark.parametrize(
    ("status", "residence"),
    [
        ("01", Residence.RESIDENT),
        ("5", Residence.NOT_RESIDENT),
        ("20", Residence.NOT_RESIDENT),
        ("70", Residence.DISAPPEARED),
        ("90", Residence.DEAD),
    ],
)
def test_the_status_says_whether_one_lives_here(
    written: Written, status: str, residence: Residence
) -> None:
    persons, there = written
    there.mock(return_value=answer(status=status))
    assert persons.person(person_number="6101701234", reference="t").residence is residence


def test_an_administrative_road_is_no_home(written: Written) -> None:
    persons, there = written
    there.mock(return_value=answer(status="3", road="9901"))
    person = persons.person(person_number="6101701234", reference="t")
    assert (person.residence, person.home) == (Residence.NO_FIXED_ADDRESS, None)


def test_a_changed_number_is_followed_once(written: Written) -> None:
    persons, there = written
    new = "<p:gaeldendePersonnummer>6202801234</p:gaeldendePersonnummer>"
    there.side_effect = [answer(status="60", more=new), answer(number="6202801234")]
    person = persons.person(person_number="6101701234", reference="t")
    assert (person.current_number, person.residence) == ("6202801234", Residence.RESIDENT)


@pytest.mark.parametrize(
    "wrong",
    [
        answer(number="6101701235"),
        answer(status="42"),
        answer(status=""),
        answer(status="60"),
        answer(road="x"),
        answer(more="<p:adressebeskyttelse><p:beskyttet>nej</p:beskyttet></p:adressebeskyttelse>"),
    ],
)
def test_an_answer_that_makes_no_sense_is_unavailable(
    written: Written, wrong: httpx.Response
) -> None:
    persons, there = written
    there.mock(return_value=wrong)
    with pytest.raises(Unavailable):
        persons.person(person_number="6101701234", reference="t")


@pytest.mark.parametrize("protection", ["<p:beskyttet>true</p:beskyttet>", ""])
def test_an_address_is_protected_unless_the_register_says_no(
    written: Written, protection: str
) -> None:
    persons, there = written
    element = f"<p:adressebeskyttelse>{protection}</p:adressebeskyttelse>"
    there.mock(return_value=answer(more=element))
    home = persons.person(person_number="6101701234", reference="t").home
    assert home is not None
    assert home.protected
