"""The facts of a case in words: what is known, who said so, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parking.actions import wording
from parking.law.facts import (
    Document,
    Facts,
    Home,
    Keeper,
    Missing,
    Registration,
    Relation,
    Residence,
    Supplier,
    Tie,
    Vehicle,
)
from parking.law.plates import spaced
from parking.law.zones import HomeArea, Place
from parking.records.application import Application
from parking.records.audit import LookUp
from parking.records.case import Supplied

#: In the order in which a case worker reads them, with who says so when nobody has settled it.
_SAID_BY: Final[Mapping[str, Supplier]] = {
    "residence": Supplier.POPULATION_REGISTER,
    "born": Supplier.POPULATION_REGISTER,
    "home": Supplier.POPULATION_REGISTER,
    "home_area": Supplier.MAP,
    "registration": Supplier.VEHICLE_REGISTER,
    "vehicle": Supplier.VEHICLE_REGISTER,
    "gross_weight_kg": Supplier.VEHICLE_REGISTER,
    "tie": Supplier.VEHICLE_REGISTER,
    "own_permits": Supplier.ACCOUNTS,
    "plate_permits": Supplier.ACCOUNTS,
    "sole_user_declaration": Supplier.APPLICANT,
    "lease": Supplier.APPLICANT,
    "extra_permits": Supplier.CASE_WORKER,
}
#: Whose answer a fact follows from, when it was asked about another.
_ASKED_AS: Final = {Supplier.MAP: Supplier.ADDRESS_REGISTER}
#: The case is read by a case worker, who is not the applicant.
_NOT_YOU: Final = gettext_lazy("borgeren")
_RESIDENCES: Final[Mapping[Residence, Any]] = {
    Residence.RESIDENT: gettext_lazy("bosat i Danmark"),
    Residence.NO_FIXED_ADDRESS: gettext_lazy("bosat uden fast adresse"),
    Residence.EMIGRATED: gettext_lazy("udrejst"),
    Residence.DISAPPEARED: gettext_lazy("uden kendt opholdssted"),
    Residence.DEAD: gettext_lazy("død"),
    Residence.NOT_RESIDENT: gettext_lazy("ikke bosat i Danmark"),
}
_REGISTRATIONS: Final[Mapping[Registration, Any]] = {
    Registration.REGISTERED: gettext_lazy("indregistreret"),
    Registration.DEREGISTERED: gettext_lazy("afmeldt"),
    Registration.NOT_FOUND: gettext_lazy("findes ikke"),
}
_RELATIONS: Final[Mapping[Relation, Any]] = {
    Relation.OWNER: gettext_lazy("ejer"),
    Relation.USER: gettext_lazy("bruger"),
    Relation.NEITHER: gettext_lazy("hverken ejer eller bruger"),
}
_KEEPERS: Final[Mapping[Keeper, Any]] = {
    Keeper.PERSON: gettext_lazy("privat"),
    Keeper.COMPANY: gettext_lazy("en virksomhed"),
    Keeper.LEASING_COMPANY: gettext_lazy("et leasing- eller udlejningsselskab"),
}
_PLACES: Final[Mapping[Place, Any]] = {
    Place.HOME_AREA: gettext_lazy("område %(zone)s"),
    Place.NO_AREA: gettext_lazy("uden for alle områder"),
    Place.UNKNOWN: gettext_lazy("et hul i kortet"),
    Place.SEVERAL: gettext_lazy("flere områder"),
    Place.ELSEWHERE: gettext_lazy("en anden kommune"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: what it is called, what is known, who said so and when."""

    label: str
    value: str
    source: str
    at: datetime | None


def rows(
    application: Application,
    facts: Facts,
    *,
    address_shown: bool,
    decided: datetime,
    needs: Collection[str] = (),
) -> Iterator[Row]:
    """Yield the facts that the rule looked at: those in *needs*, or all that one has words for."""
    asked = {
        look_up.register: look_up.at
        for look_up in LookUp.objects.filter(
            party_id=application.party_id, reference=str(application.id)
        ).order_by("at")
    }
    supplied = {
        each.fact: each
        for each in Supplied.objects.filter(case__application=application)
        .select_related("staff")
        .order_by("at")
    }
    for name, supplier in _SAID_BY.items():
        if needs and name not in needs:
            continue
        known = getattr(facts, name)
        if isinstance(known, Home) and known.protected and not address_shown:
            value = _("Beskyttet adresse. Vis den kun, hvis du skal bruge den.")
        else:
            value = _value(known)
        settled = supplied.get(name)
        if settled is not None and not isinstance(known, Missing):
            source, at = _by(settled), settled.at
        else:
            register = _ASKED_AS.get(supplier, supplier)
            source, at = _supplier(supplier), asked.get(register.value, decided)
        yield Row(wording.fact_name(name), value, source, at)


def _supplier(who: Supplier) -> str:
    return str(_NOT_YOU) if who is Supplier.APPLICANT else wording.supplier(who)


def _by(settled: Supplied) -> str:
    unit = settled.staff.unit if settled.staff else ""
    return f"{wording.supplier(Supplier.CASE_WORKER)} ({unit}): {settled.reason}"


def _value(known: Any) -> str:  # noqa: C901, PLR0911 -- one kind of fact each
    match known:
        case Missing():
            return _("mangler: %(who)s") % {"who": _supplier(known.supplier)}
        case Residence():
            return str(_RESIDENCES[known])
        case Home():
            return _home(known)
        case HomeArea():
            codes = ", ".join([known.zone] if known.zone else known.candidates)
            return f"{str(_PLACES[known.place]) % {'zone': codes}}{_also(known)}"
        case Registration():
            return str(_REGISTRATIONS[known])
        case Vehicle():
            return f"{spaced(known.plate)}, {known.make} {known.model} {known.colour}".strip(", ")
        case Tie():
            return f"{_RELATIONS[known.relation]}; {_KEEPERS[known.keeper]}"
        case Document():
            return _("godkendt") if known.approved else _("ikke godkendt")
        case tuple():
            return "; ".join(
                f"{spaced(each.plate)}, {wording.period(each.period)}" for each in known
            ) or _("ingen")
        case int():
            return str(known)
        case _:
            return wording.day(known)


def _also(area: HomeArea) -> str:
    return f" ({', '.join(area.candidates)})" if area.candidates else ""


def _home(home: Home) -> str:
    dwelling = " ".join(part for part in (home.house_number, home.floor, home.door) if part)
    return _("vejkode %(road)s nr. %(dwelling)s, %(postcode)s (kommune %(municipality)s)") % {
        "road": home.road_code or "–",
        "dwelling": dwelling or "–",
        "postcode": home.postcode or "–",
        "municipality": home.municipality,
    }
