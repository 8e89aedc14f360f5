"""Cases about money by bank that is not where it belongs: place it on a charge, or pay it back."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parking.actions import charge as charges
from parking.actions import staff as actions
from parking.actions import unplaced_money_work as work_on
from parking.actions import wording
from parking.law import case as law
from parking.law import charge as law_of_charges
from parking.law.charge import ChargeNumber, NotAChargeNumber, charge_number
from parking.law.charge import spaced as spaced_number
from parking.law.money import Money
from parking.law.plates import Plate, spaced
from parking.records.case import Case
from parking.records.unplaced_money import UnplacedMoney
from parking.web.office import charge_desk, desk
from parking.web.office.door import StaffRequest, page
from parking.web.office.forms import StepForm

_Why = UnplacedMoney.Why
_SAID: Final = {
    _Why.FITS_NOTHING: {
        law.Step.PLACE: _("Sæt pengene på en afgift"),
        law.Step.PAY_BACK: _("Betal pengene tilbage"),
        law.Step.NOTHING_TO_DO: _("Luk sagen: banken har selv taget pengene tilbage"),
    },
    _Why.NOT_BOOKED: {
        law.Step.PLACE: _("Sæt pengene på en afgift"),
        law.Step.PAY_BACK: _("Betal pengene tilbage"),
        law.Step.NOTHING_TO_DO: _("Luk sagen: banken har selv taget pengene tilbage"),
    },
    _Why.TAKEN_BACK: {
        law.Step.PLACE: _("Tag betalingen af en afgift"),
        law.Step.NOTHING_TO_DO: _("Luk sagen: pengene stod ikke på en afgift"),
    },
    _Why.OVERPAID: {
        law.Step.PLACE: _("Flyt pengene til en anden afgift"),
        law.Step.PAY_BACK: _("Betal pengene tilbage"),
    },
}
_WHY: Final = {
    _Why.FITS_NOTHING: _(
        "Der er kommet penge i banken, som ikke passer til nogen afgift eller betalingsordning."
    ),
    _Why.NOT_BOOKED: _(
        "Der er kommet penge i banken, som vi ikke kunne bogføre. Kontoen på afgiften passer ikke."
    ),
    _Why.TAKEN_BACK: _(
        "Banken har taget penge tilbage. Vi kan ikke selv se, hvilken betaling det drejer sig om."
    ),
    _Why.OVERPAID: _(
        "Der er betalt for meget på afgiften. Pengene kan ikke gå tilbage til et kort."
    ),
}
_LONGEST_TEXT: Final = 4000


class MoneyForm(StepForm):
    """What is to be done with the money, and why."""

    number = forms.CharField(
        label=_("Afgiftens nummer"),
        help_text=_("Ni cifre. Kun når pengene skal på, af eller over på en afgift."),
        required=False,
        max_length=20,
    )
    text = forms.CharField(
        label=_("Begrundelse"),
        max_length=_LONGEST_TEXT,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": _("Skriv din begrundelse.")},
    )

    def __init__(self, case: Case, *given: Any, **named: Any) -> None:
        """Offer what can be done about the money of *case*."""
        super().__init__(*given, **named)
        why = _Why(case.money.why)
        choices = [(step.value, _SAID[why][step]) for step in work_on.STEPS[why]]
        self.fields["step"].choices = choices  # type: ignore[attr-defined]
        self.fields["version"].initial = case.version

    def clean(self) -> dict[str, Any]:
        """Read the number, which is needed when the money is placed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("step") == law.Step.PLACE.value:
            try:
                cleaned["number"] = charge_number(cleaned.get("number", ""))
            except NotAChargeNumber:
                self.add_error("number", gettext("Skriv afgiftens nummer. Det har ni cifre."))
        return cleaned


def in_short(money: UnplacedMoney) -> str:
    """Return which money it is: how much, and of which charge or with which payment line.

    What the payer wrote is not in it, for that may name somebody.
    """
    said = {"amount": wording.amount(money.amount), "day": wording.day(money.came)}
    if money.charge is not None:
        number = spaced_number(ChargeNumber(money.charge.number))
        said |= {"number": number, "plate": spaced(Plate(money.charge.plate))}
        return gettext("%(amount)s på afgift %(number)s (%(plate)s)") % said
    if money.entry is not None and money.entry.payment_id:
        said |= {"id": money.entry.payment_id}
        return gettext("%(amount)s med betalings-id %(id)s, %(day)s") % said
    return gettext("%(amount)s, %(day)s") % said


def _paid(money: UnplacedMoney) -> date:
    """Return the day on which the money was paid.

    What is too much on a charge was paid by the last payment before that was known.
    """
    if money.charge is None:
        return money.came
    account = law_of_charges.merged(charges.account(money.charge), charges.paid_here(money.charge))
    payments = (each.booked for each in account if each.kind is law_of_charges.Kind.PAYMENT)
    return max((day for day in payments if day <= money.came), default=money.came)


def show(request: StaffRequest, found: Case) -> HttpResponse:
    """Show what came, why it is here, and the charge that it is too much on, if there is one."""
    return _case(request, found)


def _case(request: StaffRequest, found: Case, form: MoneyForm | None = None) -> HttpResponse:
    money = found.money
    works = desk.has_it(request, found) and found.stands is law.State.TAKEN
    return page(
        request,
        "office/unplaced-money.html",
        {
            **desk.around(request, found),
            "money": money,
            "paid": _paid(money),
            "payer": money.entry.payer[-4:] if money.entry else "",
            "why": _WHY[_Why(money.why)],
            **(charge_desk.shown(request, money.charge, None, found) if money.charge else {}),
            "form": form or (MoneyForm(found) if works else None),
        },
        status=422 if form is not None else 200,
    )


def work(request: StaffRequest, found: Case) -> HttpResponse:
    """Place the money, order it to be paid back, or end the case with nothing done."""
    actions.look(request.staff, found, now=request.now)
    version = desk.as_shown(request, found)
    form = MoneyForm(found, request.POST)
    if not form.is_valid():
        return _case(request, found, form)
    worker, now, text = request.staff.staff, request.now, form.cleaned_data["text"]
    step = law.Step(form.cleaned_data["step"])
    if step is law.Step.PLACE:
        number = ChargeNumber(form.cleaned_data["number"])
        try:
            work_on.place(worker, found, number, text=text, version=version, now=now)
        except work_on.MoreThanIsOwed as too_much:
            form.add_error("number", _not_so_much(too_much.owed))
            return _case(request, found, form)
        except work_on.NoSuchPlace:
            form.add_error("number", _no_such_place(found))
            return _case(request, found, form)
    elif step is law.Step.PAY_BACK:
        work_on.pay_back(worker, found, text=text, version=version, now=now)
    else:
        work_on.close(worker, found, text=text, version=version, now=now)
    return redirect("office-case", case_id=found.id)


def _not_so_much(owed: Money) -> str:
    if not owed:
        return gettext("Der skyldes ikke noget på den afgift.")
    return gettext("Der skyldes kun %(owed)s på den afgift. Pengene er mere end det.") % {
        "owed": wording.amount(owed)
    }


def _no_such_place(found: Case) -> str:
    if found.money.why == _Why.TAKEN_BACK:
        return gettext("Beløbet er ikke betalt gennem banken på en afgift med det nummer.")
    return gettext("Der er ingen anden afgift med det nummer.")
