"""The vehicle register: what every adapter for it must do, and what DMR can do to us."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from parking.adapters import dmr
from parking.adapters.dmr import VehicleRegister
from parking.adapters.soap import Algorithm, Seal
from parking.law.facts import Drive, Keeper, Norm, Registration, Relation, VehicleKind
from parking.law.plates import plate
from parking.ports import Rejected, Unavailable
from parking.ports.registers import VehicleAnswer
from sandbox import city
from sandbox_process import Sandbox

KINDS = {
    "car": VehicleKind.CAR,
    "van": VehicleKind.VAN,
    "lorry": VehicleKind.LORRY,
    "large car": VehicleKind.BUS,
    "motorcycle": VehicleKind.MOTORCYCLE,
    "trailer": VehicleKind.TRAILER,
    "caravan": VehicleKind.CARAVAN,
    "tractor": VehicleKind.TRACTOR,
    "moped": VehicleKind.MOPED,
}


def number(slug: str) -> str:
    inhabitant = city.inhabitant(slug)
    assert inhabitant is not None
    return inhabitant.person_number.replace("-", "")


def self_signed() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ) + certificate.public_bytes(Encoding.PEM)


def register(
    sandbox: Sandbox,
    *,
    key: str = "",
    algorithm: Algorithm = Algorithm.RSA_SHA1,
    late: timedelta = timedelta(),
    patience: float = 5.0,
) -> VehicleRegister:
    return VehicleRegister(
        address=sandbox.addresses["VEHICLES"].removeprefix("dmr+"),
        seal=Seal(
            key_file=key or sandbox.addresses["DMR_KEY_FILE"],
            trust_file=sandbox.addresses["DMR_TRUST_FILE"],
            algorithm=algorithm,
        ),
        clock=lambda: datetime.now(UTC) - late,
        ca_file=sandbox.addresses["OUTSIDE_CA_FILE"],
        client_certificate_file=sandbox.addresses["CLIENT_CERTIFICATE_FILE"],
        read_timeout=patience,
        deadline=patience,
    )


@pytest.fixture
def vehicles(sandbox: Sandbox) -> Iterator[VehicleRegister]:
    adapter = register(sandbox)
    yield adapter
    adapter.close()


def ask(vehicles: VehicleRegister, written: str, slug: str = "anna") -> VehicleAnswer:
    return vehicles.vehicle(plate=plate(written), person_number=number(slug), reference="test-1")


def test_a_car_is_described(vehicles: VehicleRegister) -> None:
    car = ask(vehicles, "ZA10001").vehicle
    assert (car.registration, car.kind) == (Registration.REGISTERED, VehicleKind.CAR)
    assert (car.make, car.model, car.colour) == ("Skoda", "Fabia", "Grå")
    assert (car.drive, car.fuel, car.norm) == (Drive.PETROL, Drive.PETROL, Norm.WLTP)
    assert (car.km_per_litre_tenths, car.gross_weight_kg) == (204, 1750)
    assert car.first_registered == date(2021, 4, 1)
    assert not car.reported_stolen


def test_every_vehicle_in_town_can_be_looked_up(vehicles: VehicleRegister) -> None:
    for each in city.VEHICLES:
        if each.register_fails:
            continue
        found = ask(vehicles, each.plate).vehicle
        lived_in = each.use == "living in"
        assert found.kind is (VehicleKind.CAMPER if lived_in else KINDS[each.kind])
        assert found.gross_weight_kg == each.gross_weight_kg
        assert found.reported_stolen == each.stolen
        assert (found.registration is Registration.REGISTERED) == (each.status == "registered")
        assert found.km_per_litre_tenths == (each.km_per_l and round(each.km_per_l * 10))


def test_an_electric_car_has_no_fuel(vehicles: VehicleRegister) -> None:
    car = ask(vehicles, "ZC10003").vehicle
    assert (car.drive, car.fuel, car.km_per_litre_tenths) == (Drive.ELECTRIC, None, None)


@pytest.mark.parametrize(
    ("written", "slug", "relation", "keeper"),
    [
        ("ZA10001", "anna", Relation.OWNER, Keeper.PERSON),
        ("ZB10002", "bo", Relation.USER, Keeper.PERSON),
        ("ZH10008", "hanne", Relation.NEITHER, Keeper.PERSON),
        ("ZP10016", "olga", Relation.NEITHER, Keeper.COMPANY),
        ("ZR10017", "peter", Relation.USER, Keeper.LEASING_COMPANY),
        ("ZR10017", "olga", Relation.NEITHER, Keeper.LEASING_COMPANY),
    ],
)
def test_we_learn_what_one_person_is_to_the_vehicle(
    vehicles: VehicleRegister, written: str, slug: str, relation: Relation, keeper: Keeper
) -> None:
    tie = ask(vehicles, written, slug).tie
    assert (tie.relation, tie.keeper) == (relation, keeper)


def test_nobody_else_comes_out(vehicles: VehicleRegister, calm_sandbox: Sandbox) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = ask(vehicles, "ZH10008", "hanne")
    told = calm_sandbox.journal("dmr")[0]["response"]
    assert "Peter" in told
    assert "Peter" not in repr(answer) + repr(lines)
    assert number("peter") not in repr(answer) + repr(lines)


def test_a_plate_that_is_not_in_the_register_is_an_answer(vehicles: VehicleRegister) -> None:
    answer = ask(vehicles, "SWE123", "lars")
    assert answer.vehicle.registration is Registration.NOT_FOUND
    assert answer.tie.relation is Relation.NEITHER


def test_a_plate_with_a_letter_of_our_own_is_asked_about(vehicles: VehicleRegister) -> None:
    assert ask(vehicles, "ÆØ10001").vehicle.registration is Registration.NOT_FOUND


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_both_ways_of_signing_work(sandbox: Sandbox, algorithm: Algorithm) -> None:
    vehicles = register(sandbox, algorithm=algorithm)
    assert ask(vehicles, "ZA10001").tie.relation is Relation.OWNER
    vehicles.close()


def test_a_late_answer_is_unavailable(calm_sandbox: Sandbox) -> None:
    impatient = register(calm_sandbox, patience=0.3)
    calm_sandbox.fault("dmr", "slow:1")
    with pytest.raises(Unavailable, match="Timeout"):
        ask(impatient, "ZA10001")
    impatient.close()


@pytest.mark.parametrize(
    ("fault", "error", "why"),
    [
        ("status:500", Unavailable, "text/plain"),
        ("status:503", Unavailable, "503"),
        ("status:429", Unavailable, "429"),
        ("status:403", Rejected, "403"),
        ("drop", Unavailable, "Protocol"),
        ("garbage", Unavailable, "octet-stream"),
        ("truncated", Unavailable, "Protocol"),
        ("wrong-content-type", Unavailable, "text/html"),
        ("expired-certificate", Unavailable, "not trusted"),
        ("foreign-certificate", Unavailable, "not trusted"),
        ("temporary", Unavailable, "could not answer"),
        ("unknown-error", Unavailable, "could not answer"),
        ("unsigned", Unavailable, "0 s:Header/wsse:Security"),
        ("tampered", Unavailable, "signature is wrong"),
        ("signed-by-another", Unavailable, "signature is wrong"),
        ("old", Unavailable, "not of now"),
        ("wrapped", Unavailable, "does not cover"),
    ],
)
def test_what_goes_wrong_there_is_one_of_our_errors(
    vehicles: VehicleRegister, calm_sandbox: Sandbox, fault: str, error: type[Exception], why: str
) -> None:
    calm_sandbox.fault("dmr", fault)
    with pytest.raises(error, match=why):
        ask(vehicles, "ZA10001")


def test_what_goes_wrong_halfway_is_unavailable(
    vehicles: VehicleRegister, calm_sandbox: Sandbox
) -> None:
    calm_sandbox.fault("dmr", "temporary", count=1)
    with pytest.raises(Unavailable):
        ask(vehicles, "ZA10001")
    assert ask(vehicles, "ZA10001").vehicle.make == "Skoda"


def test_a_register_that_contradicts_itself_refuses_nobody(
    vehicles: VehicleRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = vehicles._ask

    def ask_half(operation: str, *rest: str) -> object:
        return None if operation == "USKoeretoejTekniskDataHent" else put(operation, *rest)

    monkeypatch.setattr(vehicles, "_ask", ask_half)
    with pytest.raises(Unavailable, match="cannot describe"):
        ask(vehicles, "ZA10001")


def test_one_plate_may_fail_for_itself(vehicles: VehicleRegister) -> None:
    with pytest.raises(Unavailable):
        ask(vehicles, "ZU10021", "ulla")


def test_a_key_of_another_authority_is_rejected(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_bytes(self_signed())
    vehicles = register(sandbox, key=str(tmp_path / "own.pem"))
    with pytest.raises(Rejected):
        ask(vehicles, "ZA10001")
    vehicles.close()


def test_an_old_request_is_rejected(sandbox: Sandbox) -> None:
    vehicles = register(sandbox, late=timedelta(hours=1))
    with pytest.raises(Rejected):
        ask(vehicles, "ZA10001")
    vehicles.close()


# What no vehicle in town has.


def contents(xml: str) -> dmr._Contents:
    return dmr._Contents(etree.fromstring(f'<Indhold xmlns="{dmr.DMR}">{xml}</Indhold>'))


def energy(
    number: int, *, primary: bool = False, plug_in: bool = False, km: str = "", norm: str = ""
) -> str:
    litre = f"<KoeretoejMotorKmPerLiter>{km}</KoeretoejMotorKmPerLiter>" if km else ""
    measured = (
        f"<KoeretoejMiljoeOplysningMaalenorm>{norm}</KoeretoejMiljoeOplysningMaalenorm>"
        if norm
        else ""
    )
    return f"""<DrivmiddelStruktur><DrivkraftTypeStruktur>
        <DrivkraftTypeNummer>{number}</DrivkraftTypeNummer></DrivkraftTypeStruktur>
        <KoeretoejBraendstofStruktur>{litre}{measured}</KoeretoejBraendstofStruktur>
        <KoeretoejMotorPlugInHybrid>{str(plug_in).lower()}</KoeretoejMotorPlugInHybrid>
        <KoeretoejMotorDrivmiddelPrimaer>{str(primary).lower()}</KoeretoejMotorDrivmiddelPrimaer>
        </DrivmiddelStruktur>"""


def test_a_plug_in_hybrid_is_measured_by_what_it_burns() -> None:
    both = energy(4, primary=True, plug_in=True) + energy(1, km="52.6", norm="WLTP")
    drive, entry = dmr._drive(contents(both))
    assert drive is Drive.PLUG_IN_HYBRID
    assert entry is not None
    assert (dmr._energy(entry), dmr._tenths(entry)) == (Drive.PETROL, 526)


def test_another_hybrid_is_what_it_mainly_burns() -> None:
    both = energy(4) + energy(1, primary=True, km="22.7")
    drive, entry = dmr._drive(contents(both))
    assert drive is Drive.PETROL
    assert entry is not None
    assert dmr._tenths(entry) == 227


@pytest.mark.parametrize(
    ("km", "tenths"), [("", None), ("0.0", None), ("15.24", 152), ("15.25", 153)]
)
def test_km_per_litre_are_counted_in_tenths(km: str, tenths: int | None) -> None:
    [entry] = contents(energy(1, km=km)).each("DrivmiddelStruktur")
    assert dmr._tenths(entry) == tenths


@pytest.mark.parametrize("km", ["NaN", "Infinity", "mange"])
def test_a_number_must_be_one(km: str) -> None:
    [entry] = contents(energy(1, km=km)).each("DrivmiddelStruktur")
    with pytest.raises((ValueError, ArithmeticError)):
        dmr._tenths(entry)


@pytest.mark.parametrize(
    ("kind", "use", "expected"),
    [
        (2, 1, VehicleKind.BUS),
        (3, 34, VehicleKind.CAMPER),
        (5, 34, VehicleKind.TRAILER),
        (4, 20, VehicleKind.LORRY),
        (99, 1, VehicleKind.OTHER),
    ],
)
def test_a_vehicle_one_lives_in_is_a_camper(kind: int, use: int, expected: VehicleKind) -> None:
    registered = contents(
        f"<KoeretoejArtStruktur><KoeretoejArtNummer>{kind}</KoeretoejArtNummer>"
        f"</KoeretoejArtStruktur><KoeretoejAnvendelseStruktur><KoeretoejAnvendelseNummer>{use}"
        "</KoeretoejAnvendelseNummer></KoeretoejAnvendelseStruktur>"
    )
    assert dmr._kind(registered) is expected
