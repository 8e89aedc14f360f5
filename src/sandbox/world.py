"""The world: everything the systems of the sandbox share, handed to each of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox import city
from sandbox.authority import Authority
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.store import Store

TENANT = "6f1d2c3b-4a59-4687-9701-c0ffee000101"

#: The agreement by which the city may ask the population register: ServiceAgreementUUID,
#: UserSystemUUID, UserUUID.
AGREEMENT = (
    "0b1d2c3b-0101-4687-9701-c0ffee000111",
    "0b1d2c3b-0101-4687-9701-c0ffee000222",
    "0b1d2c3b-0101-4687-9701-c0ffee000333",
)


class World:
    """One pretend city. `port` is the first of its five ports; the portal is at `portal`."""

    def __init__(self, folder: Path, port: int, portal: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.absolute()
        self.port = port
        self.portal = portal
        self.address = f"http://127.0.0.1:{port}"
        self.city = city
        self.store = Store(folder / "sandbox.sqlite")
        self.clock = Clock(self.store)
        self.faults = Faults()
        self.journal = Journal()
        self.ca = Authority(folder / "certificates")
        self._trouble_of_the_city()

    def reset(self) -> None:
        """As on the first day: memory, clock, faults, journal. Certificates and secrets stay."""
        self.store.forget_everything()
        self.faults.clear()
        self.journal.clear()
        self._trouble_of_the_city()

    def person(self, person_number: str) -> city.Inhabitant | None:
        """The person of that number, as life has changed them since the first day."""
        found = city.person(person_number)
        return found and replace(found, **(self.store.get("city.people", found.slug) or {}))

    def vehicle(self, plate: str) -> city.Vehicle | None:
        """The vehicle of that plate, as life has changed it since the first day."""
        found = city.vehicle(plate)
        changes = self.store.get("city.vehicles", plate)
        if found is None or not changes:
            return found
        holder = changes.pop("holder", None)
        if holder is not None:
            changes["registrations"] = (city.owner(holder),)
        return replace(found, **changes)

    def change_person(self, slug: str, **changes: Any) -> None:
        """Let somebody move (`home`, the key of an address or None), or change their `status`.

        :raises ValueError: if there is no such person, address or change
        """
        if city.inhabitant(slug) is None or not changes.keys() <= {"home", "status"}:
            raise ValueError("a person's home or status")
        if changes.get("home") is not None:
            try:
                city.address(changes["home"])
            except KeyError:
                raise ValueError("no such address") from None
        self._change("city.people", slug, changes)

    def change_vehicle(self, plate: str, **changes: Any) -> None:
        """Let a vehicle be `stolen`, get another `status`, or another `holder` who owns it.

        :raises ValueError: if there is no such vehicle, person or change
        """
        if city.vehicle(plate) is None or not changes.keys() <= {"stolen", "status", "holder"}:
            raise ValueError("a vehicle's stolen, status or holder")
        if "holder" in changes and city.inhabitant(changes["holder"]) is None:
            raise ValueError("no such person")
        self._change("city.vehicles", plate, changes)

    def _change(self, what: str, key: str, changes: dict[str, Any]) -> None:
        with self.store.locked():
            self.store.put(what, key, {**(self.store.get(what, key) or {}), **changes})

    def _trouble_of_the_city(self) -> None:
        for vehicle in city.VEHICLES:
            if vehicle.register_fails:
                self.faults.set("dmr", "temporary", path=vehicle.plate)

    def addresses(self) -> dict[str, str]:
        """The environment the portal needs to find this world: addresses and secret files."""
        port, tls = self.port, "https://127.0.0.1:"
        return {
            "IDENTITY": f"nemlogin+{self.address}/idp/metadata.xml",
            "STAFF": f"stafflogin+{self.address}/staff-idp/metadata.xml",
            "STAFF_KEY_FILE": str(self.ca.path("saml-portal.pem")),
            "PERSONS": f"sf1520+{tls}{port + 1}/service/CPR/PersonBaseDataExtended/4",
            "PERSONS_AGREEMENT": " ".join(AGREEMENT),
            "VEHICLES": f"dmr+{tls}{port + 2}/ws/USImportoerService",
            "ADDRESSES": f"adressevaelger+{self.address}",
            "ZONES": f"wfs+{self.address}/k101/ows",
            "BASEMAP": f"wmts+{self.address}/wmts",
            "BASEMAP_CREDIT": "Kort: sandkassen",
            "BASEMAP_FORMAT": "image/png",
            "BASEMAP_TOKEN_FILE": str(self.ca.path("basemap.txt")),
            "ACCOUNTS": f"businesscentral+{self.address}/v2.0/{TENANT}/production",
            "ACCOUNTS_LOGIN": f"{self.address}/{TENANT}/oauth2/v2.0/token",
            "PAYMENTS": f"nexi+{self.address}",
            "CHARGES": f"pilen+{self.address}/pilen",
            "COLLECTION": f"mffordring+{tls}{port + 2}/ws/MFFordringService",
            "COLLECTION_AGREEMENT": "KK-PARKERING-1",
            "BANK": f"camt054+{self.address}/bank",
            "POST": f"digitalpost+{tls}{port + 3}",
            "POST_RECEIPTS": f"{tls}{port + 3}",
            "MAIL": f"smtp://127.0.0.1:{port + 4}",
            "OUTSIDE_CA_FILE": str(self.ca.path("ca.pem")),
            "CLIENT_CERTIFICATE_FILE": str(self.ca.path("client.pem")),
            "SAML_KEY_FILE": str(self.ca.path("saml-portal.pem")),
            "DMR_KEY_FILE": str(self.ca.path("dmr-portal.pem")),
            "DMR_TRUST_FILE": str(self.ca.path("dmr-trust.pem")),
            "ACCOUNTS_SECRET_FILE": str(self.ca.path("accounts.txt")),
            "CUSTOMER_KEY_FILE": str(self.ca.path("customer-key.txt")),
            "PAYMENTS_SECRET_FILE": str(self.ca.path("payments.txt")),
            "PAYMENTS_WEBHOOK_SECRET_FILE": str(self.ca.path("payments-webhook.txt")),
            "BANK_SECRET_FILE": str(self.ca.path("bank.txt")),
            "CHARGES_SECRET_FILE": str(self.ca.path("charges.txt")),
            "CHARGES_WEBHOOK_SECRET_FILE": str(self.ca.path("charges-webhook.txt")),
        }
