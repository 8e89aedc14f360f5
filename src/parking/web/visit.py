"""What somebody without a login has opened: charges, by what stands on their slips.

It is kept in a signed cookie of the browser's own and nowhere else: the charges whose slip was
shown, the orders that were begun to pay them, and the complaints that were begun or opened by their
codes. It opens nothing else, and ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse

_COOKIE: Final = "__Host-visit"
_SALT: Final = "parking.visit"
_LASTS: Final = 3600  #: seconds since something was last opened
#: So many are kept, the newest: a cookie has its size.
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """The charges that were opened, the orders and complaints that were begun, the newest last."""

    charges: tuple[UUID, ...] = ()
    orders: tuple[UUID, ...] = ()
    complaints: tuple[UUID, ...] = ()

    def with_charge(self, charge: UUID) -> Visit:
        """Return the visit with *charge* opened."""
        return replace(self, charges=_newest(self.charges, charge))

    def with_order(self, order: UUID) -> Visit:
        """Return the visit with *order* begun."""
        return replace(self, orders=_newest(self.orders, order))

    def with_complaint(self, complaint: UUID) -> Visit:
        """Return the visit with *complaint* begun, or opened by its code."""
        return replace(self, complaints=_newest(self.complaints, complaint))


def _newest(known: tuple[UUID, ...], one: UUID) -> tuple[UUID, ...]:
    return (*(each for each in known if each != one), one)[-_MOST:]


def of(request: HttpRequest) -> Visit:
    """Return what the browser has opened; nothing if it says something that we did not write."""
    try:
        said = signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_SALT, max_age=_LASTS)
        return Visit(
            charges=tuple(UUID(each) for each in said["charges"]),
            orders=tuple(UUID(each) for each in said["orders"]),
            complaints=tuple(UUID(each) for each in said.get("complaints", ())),
        )
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return Visit()


def keep(response: HttpResponse, visit: Visit) -> HttpResponse:
    """Return *response*, with which the browser keeps *visit*."""
    said = {
        "charges": [str(each) for each in visit.charges],
        "orders": [str(each) for each in visit.orders],
        "complaints": [str(each) for each in visit.complaints],
    }
    response.set_cookie(
        _COOKIE,
        signing.dumps(said, salt=_SALT, compress=True),
        max_age=_LASTS,
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return response
