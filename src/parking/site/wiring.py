"""Who answers which port: the one place that knows.

Each port has one address in the environment, and its scheme picks the adapter. Nothing here knows
whether it is the sandbox or the real system that answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from parking.adapters import (
    addresses,
    businesscentral,
    camt054,
    clamd,
    cpr,
    digitalpost,
    dmr,
    mffordring,
    nemlogin,
    nexi,
    pilen,
    smtp,
    soap,
    stafflogin,
    wfs,
    wmts,
    zone_layout,
)
from parking.ports import Outside
from parking.records.recording import forbid_while_recording
from parking.site import environment

_COPENHAGENS_ZONES = Path(__file__).resolve().parents[3] / "data" / "zones" / "copenhagen.toml"


class NoAdapter(LookupError):
    """The environment names an adapter that does not exist for that port."""


@lru_cache(maxsize=1)
def outside() -> Outside:
    """Return everybody we may ask, as the environment says; made once in each process.

    :raises NotSet: if the environment lacks an address or a secret.
    :raises NoAdapter: if it names an adapter that does not exist.
    """
    return Outside(
        identity=_answered("IDENTITY", {"nemlogin": _nemlogin}),
        staff=_answered("STAFF", {"stafflogin": _stafflogin}),
        persons=_answered("PERSONS", {"sf1520": _sf1520}),
        vehicles=_answered("VEHICLES", {"dmr": _dmr}),
        addresses=_answered("ADDRESSES", {"adressevaelger": _adressevaelger}),
        zones=_answered("ZONES", {"wfs": _wfs}),
        accounts=_answered("ACCOUNTS", {"businesscentral": _businesscentral}),
        payments=_answered("PAYMENTS", {"nexi": _nexi}),
        charges=_answered("CHARGES", {"pilen": _pilen}),
        collection=_answered("COLLECTION", {"mffordring": _mffordring}),
        bank=_answered("BANK", {"camt054": _camt054}),
        post=_answered("POST", {"digitalpost": _digitalpost}),
        mail=_answered("MAIL", {"smtp": _smtp}),
        basemap=_basemap(),
        scanner=_clamd(environment.text("SCANNER", "")),
    )


def _answered(port: str, adapters: dict[str, Callable[[str], Any]]) -> Any:
    address = environment.address(port)
    if address.adapter not in adapters:
        raise NoAdapter(f"{port}={address.adapter}+…: known are {', '.join(adapters)}")
    return adapters[address.adapter](address.url)


def _file(name: str) -> Path:
    return Path(environment.text(name))


def _ca_file() -> str | None:
    """Return the file of the authorities we trust; without one, those of the machine."""
    return environment.text("OUTSIDE_CA_FILE", "") or None


def _nemlogin(url: str) -> nemlogin.NemLogin:
    portal = settings.PORTAL_ADDRESS
    return nemlogin.NemLogin(
        address=url,
        service=nemlogin.Service(
            entity_id=f"{portal}/saml/metadata",
            consumer=f"{portal}/saml/acs",
            logout=f"{portal}/saml/logout",
            key_file=_file("SAML_KEY_FILE"),
        ),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _stafflogin(url: str) -> stafflogin.StaffLogin:
    office = f"{settings.PORTAL_ADDRESS}/office/saml"
    return stafflogin.StaffLogin(
        address=url,
        service=nemlogin.Service(
            entity_id=f"{office}/metadata",
            consumer=f"{office}/acs",
            logout=f"{office}/logout",
            key_file=_file("STAFF_KEY_FILE"),
        ),
        company_number=environment.text("SENDER_NUMBER", "64942212"),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _clamd(address: str) -> clamd.Clamd | None:
    return clamd.Clamd(address=address, before_call=forbid_while_recording) if address else None


def _sf1520(url: str) -> cpr.PersonLookup:
    agreement, user_system, user = environment.text("PERSONS_AGREEMENT").split()
    return cpr.PersonLookup(
        address=url,
        context=cpr.Context(agreement=agreement, user_system=user_system, user=user),
        ca_file=_ca_file(),
        client_certificate_file=_file("CLIENT_CERTIFICATE_FILE"),
        before_call=forbid_while_recording,
    )


def _dmr(url: str) -> dmr.VehicleRegister:
    return dmr.VehicleRegister(
        address=url,
        seal=soap.Seal(
            key_file=_file("DMR_KEY_FILE"),
            trust_file=_file("DMR_TRUST_FILE"),
            algorithm=soap.Algorithm[environment.text("DMR_ALGORITHM", "RSA_SHA1")],
        ),
        clock=timezone.now,
        ca_file=_ca_file(),
        client_certificate_file=_file("CLIENT_CERTIFICATE_FILE"),
        before_call=forbid_while_recording,
    )


def _adressevaelger(url: str) -> addresses.Adressevaelger:
    return addresses.Adressevaelger(
        address=url,
        token=environment.text("ADDRESSES_TOKEN", "adressevaelger123"),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _wfs(url: str) -> wfs.CityMap:
    layout = Path(environment.text("ZONES_LAYOUT", str(_COPENHAGENS_ZONES)))
    return wfs.CityMap(
        address=url,
        layout=zone_layout.Layout.read(layout),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _basemap() -> wmts.Wmts | None:
    """Return who has the ground for our maps; nobody, if the environment names none."""
    if not environment.text("BASEMAP", ""):
        return None
    found: wmts.Wmts = _answered("BASEMAP", {"wmts": _wmts})
    return found


def _wmts(url: str) -> wmts.Wmts:
    return wmts.Wmts(
        address=url,
        layer=environment.text("BASEMAP_LAYER", "topo_skaermkort_daempet"),
        token="".join(environment.secrets("BASEMAP_TOKEN_FILE")),
        kind=environment.text("BASEMAP_FORMAT", "image/jpeg"),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _businesscentral(url: str) -> businesscentral.BusinessCentral:
    return businesscentral.BusinessCentral(
        address=url,
        login_address=environment.text("ACCOUNTS_LOGIN"),
        client_id=environment.text("ACCOUNTS_CLIENT", "parking-portal"),
        secret_file=_file("ACCOUNTS_SECRET_FILE"),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _nexi(url: str) -> nexi.Nexi:
    return nexi.Nexi(
        address=url,
        secret_file=_file("PAYMENTS_SECRET_FILE"),
        notice_word_file=_file("PAYMENTS_WEBHOOK_SECRET_FILE"),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _pilen(url: str) -> pilen.Pilen:
    return pilen.Pilen(
        address=url,
        client_id=environment.text("CHARGES_CLIENT", "parking-portal"),
        secret_file=_file("CHARGES_SECRET_FILE"),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _mffordring(url: str) -> mffordring.Collection:
    return mffordring.Collection(
        address=url,
        agreement=environment.text("COLLECTION_AGREEMENT"),
        ca_file=_ca_file(),
        client_certificate_file=_file("CLIENT_CERTIFICATE_FILE"),
        before_call=forbid_while_recording,
    )


def _camt054(url: str) -> camt054.Notifications:
    return camt054.Notifications(
        address=url,
        secret_file=_file("BANK_SECRET_FILE"),
        ca_file=_ca_file(),
        before_call=forbid_while_recording,
    )


def _digitalpost(url: str) -> digitalpost.DigitalPost:
    return digitalpost.DigitalPost(
        address=url,
        receipts_address=environment.text("POST_RECEIPTS", ""),
        sender_number=environment.text("SENDER_NUMBER", "64942212"),
        sender_name=environment.text("SENDER_NAME", "Københavns Kommune, Parkering"),
        clock=timezone.now,
        ca_file=_ca_file(),
        client_certificate_file=_file("CLIENT_CERTIFICATE_FILE"),
        before_call=forbid_while_recording,
    )


def _smtp(url: str) -> smtp.Smtp:
    return smtp.Smtp(
        address=url,
        sender=environment.text("MAIL_SENDER", settings.CONTACT_EMAIL),
        before_call=forbid_while_recording,
    )
