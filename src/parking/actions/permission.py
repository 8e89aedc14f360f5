"""Whose is it? What belongs to somebody else does not exist for you."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from parking.law import order as law
from parking.records.application import Application
from parking.records.order import Order
from parking.records.party import Party
from parking.records.permit import Permit


class NotYours(LookupError):
    """There is no such thing, or it is somebody else's: the two look the same from outside."""


def application_of(party: Party, application_id: UUID) -> Application:
    """Return an application of *party*.

    :raises NotYours: if they have no such application.
    """
    application = Application.objects.filter(party=party, id=application_id).first()
    if application is None:
        raise NotYours("application")
    return application


def order_of(party: Party | None, order_id: UUID, *, begun: Collection[UUID] = ()) -> Order:
    """Return an order of *party*, or one *begun* without a login; with its payment if it has one.

    :raises NotYours: if they have no such order.
    """
    order = Order.objects.select_related("payment").filter(id=order_id).first()
    if order is None or not _is_theirs(order, party, begun) or _is_ours(order):
        raise NotYours("order")
    return order


def _is_theirs(order: Order, party: Party | None, begun: Collection[UUID]) -> bool:
    if order.party_id is None:
        return order.id in begun
    return party is not None and order.party_id == party.id


def _is_ours(order: Order) -> bool:
    """Tell whether *order* is ours to draw: nobody else pays or ends it. Once paid it is theirs."""
    unpaid = {law.State.OPEN, law.State.CANCELLED, law.State.EXPIRED}
    return order.instalment is not None and order.stands in unpaid


def permit_of(party: Party, permit_id: UUID) -> Permit:
    """Return a permit of *party*, valid now or once.

    :raises NotYours: if they have no such permit.
    """
    permit = Permit.objects.filter(party=party, id=permit_id).first()
    if permit is None:
        raise NotYours("permit")
    return permit
