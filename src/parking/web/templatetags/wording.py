"""Amounts, days and plates in templates, as `actions.wording` writes them."""

from __future__ import annotations

from django import template

from parking.actions import complaint_wording, wording
from parking.law import complaint
from parking.law.charge import ChargeNumber
from parking.law.charge import spaced as spaced_number
from parking.law.facts import Supplier
from parking.law.plates import Plate, spaced

register = template.Library()

register.filter("amount", wording.amount)
register.filter("day", wording.day)
register.filter("moment", wording.moment)
register.filter("period", wording.period)
register.filter("product", wording.product)
register.filter("state", wording.state)
register.filter("step", wording.step)
register.filter("incident", wording.incident)
register.filter("outgoing", wording.outgoing)
register.filter("document_kind", wording.document_kind)
register.filter("document_state", wording.document_state)


@register.filter
def complaint_state(stands: complaint.State) -> str:
    """Return where a complaint stands, in a word."""
    return complaint_wording.state(stands).text


@register.filter
def charge_number(text: str) -> str:
    """Return a charge's number as it is read aloud."""
    return spaced_number(ChargeNumber(text))


@register.filter
def supplier(value: str) -> str:
    """Return what the register is called that looks are recorded under as *value*."""
    return wording.supplier(Supplier(value))


@register.filter
def plate(text: str) -> str:
    """Return a plate as it stands on a Danish car."""
    return spaced(Plate(text))
