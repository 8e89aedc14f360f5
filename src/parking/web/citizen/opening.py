"""Which charge somebody may see: one of their page, or one whose slip they have shown."""

from __future__ import annotations

from uuid import UUID

from parking.actions import charge as charges
from parking.actions.permission import NotYours
from parking.records.charge import Charge
from parking.web.access import Request


def opened(request: Request, charge_id: UUID) -> Charge:
    """Return a charge of my page, or one whose slip was shown in this browser.

    :raises NotYours: if there is no such charge for them.
    """
    if charge_id in request.visit.charges:
        found = Charge.objects.filter(id=charge_id).with_what_was_done().first()
        if found is not None:
            return found
    if request.party is None:
        raise NotYours("charge")
    return charges.charge_of(request.party, charge_id)
