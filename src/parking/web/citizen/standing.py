"""May I park here? For everybody: a place, a moment, and what holds there, in words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from parking.actions import standing, wording
from parking.law.days import danish_day
from parking.ports.places import Point
from parking.web.access import Request, anyone
from parking.web.citizen import map as zone_map
from parking.web.citizen.place import Found, find
from parking.web.forms import PlateForm, SpotForm

#: What names a place in the address of the page. A plate never does: it is posted.
_NAMES = {"q", "house", "x", "y"}


@anyone
@sensitive_post_parameters("plate")
@require_http_methods(["GET", "HEAD", "POST"])
def here(request: Request) -> HttpResponse:
    """Say what holds at a place: found by its address, tapped, or where somebody stands."""
    said = request.POST if request.method == "POST" else request.GET
    form = SpotForm(said, now=request.now) if _NAMES & said.keys() else SpotForm(now=request.now)
    plate = PlateForm(request.POST) if request.method == "POST" else PlateForm()
    found, told, point = Found(), None, None
    if form.is_bound and form.is_valid():
        found = Found() if form.point else find(request, form)
        where = form.point or found.house
        if where is not None:
            point = where if isinstance(where, Point) else where.point
            told = standing.at(
                request.outside,
                where,
                form.moment,
                plate=plate.cleaned_data["plate"] if plate.is_bound and plate.is_valid() else None,
                party=request.party,
                asker=request.META["REMOTE_ADDR"],
                now=request.now,
            )
    return render(
        request,
        "citizen/standing.html",
        {
            "form": form,
            "plate_form": plate,
            "found": found,
            "told": told,
            "rows": wording.standing(told.standing, told.zone_names) if told else [],
            "permits": _permits(told) if told else [],
            "point": point,
            "map": zone_map.box(danish_day(request.now), point=point),
            "keep": _kept(form),
            "moment": form.moment if told else None,
        },
    )


def _kept(form: SpotForm) -> str:
    """Return the day and the time that were said, for the links to what may have been meant."""
    said = {name: form.data.get(name, "") for name in ("day", "time")}
    return urlencode({name: value for name, value in said.items() if value})


def _permits(told: standing.Told) -> list[dict[str, Any]]:
    """Return what is to be told of each permit: whose it is, the answer, and what it rests on."""
    checked = ((True, each) for each in told.of_party)
    asked = ((False, each) for each in (told.of_plate,) if each)
    return [
        {
            "plate": each.permit.plate if mine and each.permit else "",
            "answer": each.finding.answer.name,
            "finding": wording.tell_standing(each.finding, each.question, told.zone_names),
        }
        for mine, each in (*checked, *asked)
    ]
