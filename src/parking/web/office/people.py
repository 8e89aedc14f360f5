"""Who works here: added and shut out by an operator."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from parking.actions import staff as actions
from parking.actions import wording
from parking.law.staff import Right, Role
from parking.records.staff import Staff
from parking.web.office.door import StaffRequest, page, staff


class PersonForm(forms.Form):
    """Somebody who shall work here."""

    use_required_attribute = False

    name_id = forms.CharField(
        label=gettext_lazy("Navn hos kommunens login (NameID)"),
        max_length=200,
        error_messages={"required": gettext_lazy("Skriv det navn, kommunens login bruger.")},
    )
    unit = forms.CharField(
        label=gettext_lazy("Enhed"),
        help_text=gettext_lazy("Borgere ser enheden, når nogen har set på deres sag."),
        max_length=40,
        initial="Parkering",
        error_messages={"required": gettext_lazy("Skriv enheden.")},
    )
    role = forms.ChoiceField(label=gettext_lazy("Rolle"), widget=forms.RadioSelect)

    def __init__(self, *given: Any, **named: Any) -> None:
        """Offer every role there is."""
        super().__init__(*given, **named)
        self.fields["role"].choices = [(role.value, wording.role(role)) for role in Role]  # type: ignore[attr-defined]


@staff(Right.ADMIT)
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: StaffRequest) -> HttpResponse:
    """Show who works here, and add somebody."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        roles = {Role(said["role"])}
        actions.add(name_id=said["name_id"], roles=roles, unit=said["unit"], now=request.now)
        return redirect("office-people")
    return _people(request, form)


def _people(
    request: StaffRequest, form: PersonForm, problem: str = "", status: int = 200
) -> HttpResponse:
    known = [
        {
            "person": each,
            "name": each.name or each.name_id.rpartition("/")[2],
            "roles": ", ".join(wording.role(Role(role)) for role in each.roles),
        }
        for each in Staff.objects.order_by("disabled", "name")
    ]
    return page(
        request,
        "office/people.html",
        {"form": form, "people": known, "problem": problem},
        status=status,
    )


@staff(Right.ADMIT)
@require_POST
def disable(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Shut somebody out, at once."""
    try:
        actions.disable(staff_id, now=request.now)
    except actions.LastOperator:
        problem = _("Der skal altid være mindst én administrator.")
        return _people(request, PersonForm(), problem, status=409)
    return redirect("office-people")
