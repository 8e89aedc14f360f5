"""Cases about a map: what it changes, what was wrong with it, and a yes from a day or a no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parking.actions import zones
from parking.actions.cleaning import Line, Trap
from parking.actions.difference import Change, What
from parking.law import case as law
from parking.law import map as map_law
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.zones import Category, Status, ZoneKind
from parking.records.case import Case
from parking.web.office import desk
from parking.web.office.door import StaffRequest, page
from parking.web.office.drawing import picture
from parking.web.widgets import DayInput

_LONGEST_REASONS = 4000

_CATEGORIES: Final[Mapping[Category, Any]] = {
    Category.HOME_AREA: _("Boligområde"),
    Category.PERMIT_ZONE: _("Licenszone"),
    Category.TIME_LIMITED_ZONE: _("Zone med tidsgrænse"),
    Category.FLEX_ZONE: _("Flexzone"),
    Category.PAID_ZONE: _("Betalingszone"),
    Category.OUTSIDE: _("Uden for alle ordninger"),
    Category.ELSEWHERE: _("En anden kommune"),
    Category.SUMMER_AREA: _("Område med sommerlicens"),
}
_STATUSES: Final[Mapping[Status, Any]] = {
    Status.NOW: "",
    Status.TO_COME: _("kommende"),
    Status.PAST: _("tidligere"),
}
_KINDS: Final[Mapping[ZoneKind, Any]] = {
    ZoneKind.PAID: _("betaling"),
    ZoneKind.TIME_LIMITED: _("tidsgrænse"),
}
_WHATS: Final[Mapping[What, Any]] = {
    What.NEW: _("Nyt"),
    What.GONE: _("Væk"),
    What.MOVED: _("Flyttet grænse"),
    What.RENAMED: _("Nyt navn"),
    What.OTHER_KIND: _("Anden slags"),
    What.OTHER_PERMITS: _("Andre licenser gælder"),
}
_TRAPS: Final[Mapping[Trap, Any]] = {
    Trap.EMPTY_WITH_TWIN: _("Tom figur. Vi bruger den anden med samme kode."),
    Trap.EMPTY: _("Tom figur. Vi har lagt den til side."),
    Trap.BROKEN: _("Figuren var tegnet forkert. Vi har rettet den."),
    Trap.SAME_TWICE: _("Samme figur to gange. Vi bruger den nyeste."),
    Trap.PARTS: _("Flere figurer med samme kode. Vi bruger dem som dele af ét område."),
    Trap.OVERLAP: _("To boligområder overlapper. En bolig her skal et menneske se på."),
    Trap.GAP: _("Hul i kortet. En bolig her skal et menneske se på."),
    Trap.GAPS: _("Små huller i kortet. En bolig her skal et menneske se på."),
    Trap.UNKNOWN_CODE: _("Koden hører ikke til noget boligområde. Den giver ingen ret."),
    Trap.ANOTHERS_CODE: _("Koden er et andet områdes end navnet. Spørg kortets ejer."),
    Trap.NO_CODE: _("Der mangler en kode. Vi har lagt figuren til side."),
    Trap.NO_KIND: _("Der står ikke, om området har betaling. Vi har lagt figuren til side."),
    Trap.ABUSED_COLUMN: _("Feltet bruges til noget andet. Vi læser det ikke."),
    Trap.LINE_BREAK: _("Linjeskift i navnet. Vi har sat et mellemrum."),
    Trap.UNKNOWN_CATEGORY: _("Ukendt kategori. Vi har lagt figuren til side."),
}


class Answer(Enum):
    """What one can answer to a map; the values are steps of its case."""

    ACCEPT = law.Step.DECIDE.value
    REJECT = law.Step.REFUSE.value


class MapForm(forms.Form):
    """A yes from a day, or a no with reasons."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput)
    step = forms.ChoiceField(
        label=_("Hvad gør du?"),
        widget=forms.RadioSelect,
        choices=[
            (Answer.ACCEPT.value, _("Godkend kortet")),
            (Answer.REJECT.value, _("Afvis kortet")),
        ],
        error_messages={"required": _("Vælg, hvad du gør.")},
    )
    start = forms.DateField(
        label=_("Kortet skal gælde fra"),
        help_text=_("I dag eller senere. Bruges kun, når du godkender."),
        required=False,
        widget=DayInput,
        error_messages={"invalid": _("Skriv en dato, der findes.")},
    )
    reasons = forms.CharField(
        label=_("Begrundelse"),
        help_text=_("Skal udfyldes, når du afviser. Den bliver på sagen; der går ikke noget brev."),
        max_length=_LONGEST_REASONS,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(self, case: Case, *given: Any, today: date, first: date, **named: Any) -> None:
        """Propose *first* as the day."""
        super().__init__(*given, **named)
        self._today = today
        self.fields["version"].initial = case.version
        self.fields["start"].initial = first

    def clean(self) -> dict[str, Any]:
        """Ask for the day of a yes, and for the reasons of a no."""
        said = super().clean() or {}
        if said.get("step") == Answer.ACCEPT.value and "start" not in self.errors:
            if said.get("start") is None:
                self.add_error("start", gettext("Skriv den dag, kortet skal gælde fra."))
            elif said["start"] < self._today:
                self.add_error("start", gettext("Dagen er gået. Vælg i dag eller senere."))
        if said.get("step") == Answer.REJECT.value and not said.get("reasons", "").strip():
            self.add_error("reasons", gettext("Skriv din begrundelse."))
        return said


def show(request: StaffRequest, found: Case) -> HttpResponse:
    """Show what the map changes, and what was wrong with it."""
    return _case(request, found)


def _case(request: StaffRequest, found: Case, form: MapForm | None = None) -> HttpResponse:
    version, today = found.proposal, danish_day(request.now)
    proposal = zones.proposal_of(version, on=today)
    changes = [change for change, _permits in proposal.changes]
    waits = law.Step.DECIDE in law.COURSE.steps(found.stands, Actor.CASE_WORKER)
    may_answer = desk.has_it(request, found) and waits
    if form is None and may_answer:
        form = MapForm(found, today=today, first=zones.first_start(now=request.now))
    base = version.base
    return page(
        request,
        "office/map.html",
        {
            **desk.around(request, found),
            "version": version,
            "is_rejected": version.stands is map_law.State.REJECTED,
            "changes": [_row(change, permits) for change, permits in proposal.changes],
            "permits": proposal.permits,
            "report": list(_report(proposal.report)),
            "picture": picture(zones.shapes_of(base), zones.shapes_of(version), changes)
            if base
            else None,
            "form": form,
        },
        status=422 if form is not None and form.is_bound else 200,
    )


def _row(change: Change, permits: int) -> dict[str, Any]:
    return {
        "category": _CATEGORIES[change.category],
        "status": _STATUSES[change.status],
        "code": change.code,
        "name": change.name,
        "what": ", ".join(str(_WHATS[each]) for each in change.what),
        "was": "; ".join(_was(what, was) for what, was in change.was.items()),
        "added": change.added_m2,
        "removed": change.removed_m2,
        "permits": permits,
    }


def _was(what: What, was: str) -> str:
    if what is What.OTHER_KIND:
        return ", ".join(str(_KINDS[ZoneKind(each)]) for each in was.split(", ") if each)
    return was


def _report(lines: tuple[Line, ...]) -> Iterator[dict[str, Any]]:
    for line in lines:
        yield {
            "said": _TRAPS[line.trap],
            "ids": ", ".join(line.source_ids),
            "codes": ", ".join(line.codes),
            "m2": line.m2,
            "at": line.at,
            "detail": gettext("Antal: %(count)s") % {"count": line.detail}
            if line.trap is Trap.GAPS
            else line.detail,
            "is_english": line.trap is Trap.BROKEN,
        }


def work(request: StaffRequest, found: Case) -> HttpResponse:
    """Accept the map from a day, or reject it."""
    today = danish_day(request.now)
    version = desk.as_shown(request, found)
    form = MapForm(found, request.POST, today=today, first=zones.first_start(now=request.now))
    if not form.is_valid():
        return _case(request, found, form)
    worker, reasons = request.staff.staff, form.cleaned_data["reasons"].strip()
    if form.cleaned_data["step"] == Answer.ACCEPT.value:
        start = form.cleaned_data["start"]
        zones.accept(worker, found, start=start, reasons=reasons, version=version, now=request.now)
    else:
        zones.reject(worker, found, reasons=reasons, version=version, now=request.now)
    return redirect("office-case", case_id=found.id)
