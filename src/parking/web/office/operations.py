"""Operations: what a person must look at, what has not left the house, and trying it again."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import charge_report, send, zones
from parking.actions import operations as actions
from parking.law.staff import Right
from parking.web.office.door import StaffRequest, page, staff


class WordForm(forms.Form):
    """What was done about an incident."""

    use_required_attribute = False

    word = forms.CharField(
        label=_("Hvad blev der gjort?"),
        help_text=_("Skriv ingen personlige oplysninger."),
        max_length=200,
        error_messages={"required": _("Skriv, hvad der blev gjort.")},
    )


@staff(Right.OPERATE)
@require_safe
def operations(request: StaffRequest) -> HttpResponse:
    """Show how everything stands."""
    return page(request, "office/operations.html", {"now": actions.state(now=request.now)})


@staff(Right.OPERATE)
@require_http_methods(["GET", "HEAD", "POST"])
def incident(request: StaffRequest, incident_id: int) -> HttpResponse:
    """Show one incident, and settle it with a word."""
    found = actions.incident(incident_id)
    form = WordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        word = form.cleaned_data["word"]
        actions.settle(request.staff.staff, found.id, word=word, now=request.now)
        return redirect("office-operations")
    return page(request, "office/incident.html", {"incident": found, "form": form})


@staff(Right.OPERATE)
@require_POST
def try_again(request: StaffRequest, outgoing_id: int) -> HttpResponse:
    """Have something tried again that was refused for good."""
    send.try_again(request.staff.staff, outgoing_id, now=request.now)
    return redirect("office-operations")


@staff(Right.OPERATE)
@require_POST
def report(request: StaffRequest, year: int) -> HttpResponse:
    """Hand out the report of a year's charges, as CSV; it is noted that somebody has it."""
    told = charge_report.take_out(year, now=request.now)
    response = HttpResponse(told, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="parkeringsafgifter-{year}.csv"'
    return response


@staff(Right.OPERATE)
@require_POST
def fetch_map(request: StaffRequest) -> HttpResponse:
    """Fetch the city's map now; what is new waits in the queue for a case worker."""
    zones.fetch_zones(request.outside, now=request.now)
    return redirect("office-operations")
