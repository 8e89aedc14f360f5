"""The resident permit (*beboerlicens*).

The conditions stand in the order of the regulation as we state it in
``docs/regulation/resident-permit.md``, whose paragraphs they cite. When the council changes the
regulation, add a version to :data:`RULE` with the day it comes into force. Never change a version
that has been in force: decisions made under it must stay explainable.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from parking.law import price, quota
from parking.law.days import Dated, Period, age_on, months_after
from parking.law.facts import (
    Document,
    Facts,
    Holding,
    Home,
    Keeper,
    Missing,
    PrivateCommonRoadEffect,
    Registration,
    Relation,
    Residence,
    Terms,
    Tie,
    Vehicle,
    VehicleKind,
)
from parking.law.reasoning import Finding, Together, all_of, any_of, condition
from parking.law.zones import HomeArea, Place, ZoneCode, ZoneKind

#: What is sold: in the payment area it costs money, in a time-limited zone nothing.
PAID: Final = "resident-permit"
TIME_LIMITED: Final = "resident-permit-time-limited"
PRODUCTS: Final = frozenset({PAID, TIME_LIMITED})
#: The permits that count against the same quota.
FAMILY: Final = "resident"

_HOW_MANY: Final = "how many"

# § 1: who may apply


@condition("§ 1, stk. 1")
def applicant_is_of_age(born: date, period: Period, terms: Terms) -> bool:
    """The applicant has reached the age required on the day the permit starts."""
    return age_on(period.start, born=born) >= terms.youngest_age


@condition("§ 1, stk. 2")
def applicant_lives_in_denmark(residence: Residence) -> bool:
    """The applicant is registered as living in Denmark."""
    return residence in {Residence.RESIDENT, Residence.NO_FIXED_ADDRESS}


# § 2: the home


@condition("§ 2, stk. 1")
def home_is_in_the_municipality(home: Home, municipality: str) -> bool:
    """The applicant's registered home lies in the municipality."""
    return home.municipality == municipality


@condition("§ 2, stk. 2")
def home_gives_right_to_a_permit_zone(home_area: HomeArea) -> bool:
    """The registered home lies in a home area, whose residents have a right to a permit zone."""
    return home_area.place is Place.HOME_AREA


@condition("§ 2, stk. 3")
def home_road_is_open_to_permits(home: Home, terms: Terms) -> bool:
    """The home does not lie on a private common road whose residents are kept from permits."""
    return not (
        home.on_private_common_road
        and terms.private_common_road_effect is PrivateCommonRoadEffect.REFUSE
    )


# § 3: the vehicle


@condition("§ 3, stk. 1")
def vehicle_is_in_the_danish_register(registration: Registration) -> bool:
    """The vehicle is known to the Danish vehicle register; a foreign one is not."""
    return registration is not Registration.NOT_FOUND


@condition("§ 3, stk. 2")
def vehicle_is_in_traffic(registration: Registration) -> bool:
    """The vehicle is not deregistered."""
    return registration is not Registration.DEREGISTERED


@condition("§ 3, stk. 3")
def vehicle_is_not_reported_stolen(vehicle: Vehicle) -> bool:
    """The vehicle is not reported stolen."""
    return not vehicle.reported_stolen


@condition("§ 3, stk. 4")
def vehicle_is_of_a_permitted_kind(vehicle: Vehicle) -> bool:
    """The vehicle is a car, a van, a camper or a motorcycle."""
    return vehicle.kind in {
        VehicleKind.CAR,
        VehicleKind.VAN,
        VehicleKind.CAMPER,
        VehicleKind.MOTORCYCLE,
    }


@condition("§ 3, stk. 5")
def vehicle_is_not_too_heavy(gross_weight_kg: int, terms: Terms) -> bool:
    """The vehicle's permitted gross weight is within the limit."""
    return gross_weight_kg <= terms.heaviest_vehicle_kg


# § 4: the right to the vehicle


@condition("§ 4, stk. 1")
def applicant_owns_or_uses_the_vehicle(tie: Tie) -> bool:
    """The applicant is registered as the owner or a user of the vehicle."""
    return tie.relation in {Relation.OWNER, Relation.USER}


@condition("§ 4, stk. 2")
def vehicle_belongs_to_a_company(tie: Tie) -> bool:
    """The vehicle is registered to a company."""
    return tie.keeper is Keeper.COMPANY


@condition("§ 4, stk. 2")
def company_declares_sole_use(sole_user_declaration: Document) -> bool:
    """Employer and employee have declared that the applicant alone uses the vehicle."""
    return sole_user_declaration.approved


@condition("§ 4, stk. 3")
def vehicle_is_leased(tie: Tie) -> bool:
    """The vehicle is registered as leased or rented out."""
    return tie.keeper is Keeper.LEASING_COMPANY


@condition("§ 4, stk. 3")
def lease_names_the_applicant(lease: Document) -> bool:
    """A contract with an authorised company shows that the applicant leases or rents it."""
    return lease.approved


# § 5: how many


@condition("§ 5, stk. 1")
def applicant_has_a_permit_left(
    own_permits: tuple[Holding, ...],
    in_basket: tuple[Holding, ...],
    extra_permits: int,
    period: Period,
    terms: Terms,
) -> bool:
    """The applicant holds fewer resident permits than they may, the basket included.

    One person may hold the usual number, and those more that have been granted on application.
    """
    held = (*own_permits, *in_basket)
    allowed = terms.permits_per_person + extra_permits
    return quota.left(PRODUCTS, held, allowed, during=period) > 0


@condition("§ 5, stk. 2")
def vehicle_has_no_other_permit(plate_permits: tuple[Holding, ...], period: Period) -> bool:
    """No other permit is valid for the vehicle in the same period."""
    return quota.free_from(plate_permits, during=period)


# § 8, stk. 4: while it is valid


@condition("§ 6, stk. 3")
def home_lies_in_the_zone_of_the_permit(home_area: HomeArea, held_zone: ZoneCode) -> bool:
    """The registered home still gives a right to the permit zone that the permit is for."""
    return home_area.place is Place.HOME_AREA and home_area.zone == held_zone


RULE: Dated[Together] = Dated.of(
    (
        date(2025, 1, 1),
        all_of(
            "resident permit",
            all_of("the applicant", applicant_is_of_age, applicant_lives_in_denmark),
            all_of(
                "the home",
                home_is_in_the_municipality,
                home_gives_right_to_a_permit_zone,
                home_road_is_open_to_permits,
            ),
            all_of(
                "the vehicle",
                vehicle_is_in_the_danish_register,
                vehicle_is_in_traffic,
                vehicle_is_not_reported_stolen,
                vehicle_is_of_a_permitted_kind,
                vehicle_is_not_too_heavy,
            ),
            any_of(
                "the right to the vehicle",
                applicant_owns_or_uses_the_vehicle,
                all_of("company car", vehicle_belongs_to_a_company, company_declares_sole_use),
                all_of("leased car", vehicle_is_leased, lease_names_the_applicant),
            ),
            all_of(_HOW_MANY, applicant_has_a_permit_left, vehicle_has_no_other_permit),
        ),
    ),
)


def ask(facts: Facts) -> Finding:
    """Ask the rule in force on the day the permit shall start.

    :raises NotInForce: if no rule was in force that day.
    """
    return RULE.on(facts.period.start).ask(facts)


def still(day: date) -> Together:
    """Return what must hold as long as a permit lasts whose first day is *day* (§ 8, stk. 4).

    All of the rule it was given by but how many one may have: that was settled when it was given.

    :raises NotInForce: if no rule was in force that day.
    """
    lasting = (rule for rule in RULE.on(day).rules if rule.name != _HOW_MANY)
    return all_of("permit that is valid", *lasting, home_lies_in_the_zone_of_the_permit)


def product_in(area: HomeArea) -> str:
    """Return what is sold to somebody whose home lies in *area*."""
    return TIME_LIMITED if area.kind is ZoneKind.TIME_LIMITED else PAID


def period_from(start: date, terms: Terms) -> Period:
    """Return how long a permit that starts on *start* is valid (§ 6, stk. 2)."""
    return Period(start, months_after(start, terms.months))


def start_days(today: date, terms: Terms) -> Period:
    """Return the days on which a permit bought *today* may start (§ 6, stk. 1)."""
    return Period(today, today + timedelta(days=terms.most_days_ahead + 1))


def renewal_days(period: Period, terms: Terms) -> Period:
    """Return the days on which a permit valid in *period* may be renewed (§ 6, stk. 4).

    They are counted from its last day, as the reminders are: whoever is reminded can renew.

    :raises ValueError: if the period never ends.
    """
    if period.last_day is None:
        raise ValueError("a permit that never ends is never renewed")
    opens = max(period.start, period.last_day - timedelta(days=terms.renewal_days))
    return Period(opens, period.end)


def tier(vehicle: Vehicle, area: HomeArea, terms: Terms) -> price.Tier:
    """Return the fare tier of *vehicle* for a home in *area* (§ 7)."""
    if area.kind is ZoneKind.TIME_LIMITED:
        return price.Tier(price.FREE, "time-limited zone")
    return price.tier(vehicle, terms.thresholds)


def is_not_valid_on_own_road(facts: Facts) -> bool:
    """Tell whether the applicant must be warned that the permit is void on their own road."""
    return (
        not isinstance(facts.home, Missing)
        and facts.home.on_private_common_road
        and facts.terms.private_common_road_effect is PrivateCommonRoadEffect.WARN
    )
