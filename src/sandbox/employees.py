"""Who works for the municipality, and which roles its own login says they have."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid5

from sandbox.city import IDENTITIES

_NAMES = "https://data.gov.dk/model/core/eid/professional/uuid/"


@dataclass(frozen=True)
class Employee:
    """Somebody who works for the municipality."""

    slug: str
    name: str
    roles: tuple[str, ...]
    story_da: str
    story_en: str
    person_number: str = ""

    @property
    def number_at_login(self) -> str:
        """The person number that the assertion carries, if any."""
        return self.person_number

    @property
    def name_id(self) -> str:
        """The persistent name that services know them by."""
        return f"{_NAMES}{uuid5(IDENTITIES, f'staff {self.slug}')}"


EMPLOYEES = (
    Employee("otto", "Otto Oppermann", ("operator",),
             "Administrator: siger, hvem der arbejder her.", "Operator: says who works here."),
    Employee("ditte", "Ditte Dahlgaard", ("decider",),
             "Sagsbehandler.", "Case worker."),
    Employee("dorte", "Dorte Dueholm", ("decider",),
             "Sagsbehandler nummer to.", "The other case worker."),
    Employee("leif", "Leif Lederup", ("lead",),
             "Leder: må også lægge andres sager tilbage.",
             "Lead: may also put back the cases of others."),
    Employee("rosa", "Rosa Rosenlund", ("reader",),
             "Læser: må se, men ikke afgøre.", "Reader: may look, not decide."),
    Employee("viggo-k", "Viggo Grænsen", ("decider",),
             "Sagsbehandler, som selv har en sag (han er også borgeren viggo).",
             "Case worker with a case of his own (he is the inhabitant viggo too).",
             "760872-1025"),
    Employee("nina", "Nina Nyansat", (),
             "Ansat uden rolle i parkering: slipper ikke ind.",
             "Employed without a role in parking: is not let in."),
)  # fmt: skip
