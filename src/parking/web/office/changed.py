"""Cases about a permit whose conditions have changed: hear, end it, or let it stand."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from parking.actions import casework, recheck, wording
from parking.actions import staff as actions
from parking.actions.letter_way import way_to
from parking.law import case as law
from parking.law.course import Actor
from parking.law.permits import resident
from parking.law.staff import Right
from parking.records.case import Case
from parking.web.office import desk, telling
from parking.web.office.door import StaffRequest, page, staff
from parking.web.office.forms import StepForm, in_their_language

#: The steps that are taken with a text.
WITH_TEXT: Final = (law.Step.ASK, law.Step.END, law.Step.LET_STAND)
_SAID: Final = {
    law.Step.ASK: _("Hør borgeren: send et brev med en frist"),
    law.Step.END: _("Opsig licensen i dag"),
    law.Step.LET_STAND: _("Lad licensen gælde som før"),
}
_LONGEST_TEXT = 4000


class ChangedForm(StepForm):
    """What is to be done about a permit, and why."""

    text = forms.CharField(
        label=_("Begrundelse, eller det du vil høre om"),
        help_text=_("Borgeren får teksten i brevet. Skriv, hvad du har set på, og hvad du finder."),
        max_length=_LONGEST_TEXT,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": _("Skriv din begrundelse.")},
    )

    def __init__(self, case: Case, *given: Any, heard: bool, **named: Any) -> None:
        """Offer the steps that the case allows; *heard* says whether the permit may be ended."""
        super().__init__(*given, **named)
        self._heard = heard
        allowed = law.COURSE.steps(case.stands, Actor.CASE_WORKER)
        choices = [(step.value, _SAID[step]) for step in WITH_TEXT if step in allowed]
        self.fields["step"].choices = choices  # type: ignore[attr-defined]
        self.fields["version"].initial = case.version
        in_their_language(self.fields["text"], case.concerned.language)

    def clean_step(self) -> law.Step:
        """Return the step; nobody's permit is ended before they were heard."""
        step = law.Step(self.cleaned_data["step"])
        if step is law.Step.END and not self._heard:
            raise forms.ValidationError(
                gettext("Hør borgeren først, og vent på svaret, eller til fristen er gået.")
            )
        return step


def show(request: StaffRequest, found: Case) -> HttpResponse:
    """Show what the registers say today, and which sentence no longer holds."""
    return _case(request, found)


def _case(request: StaffRequest, found: Case, form: ChangedForm | None = None) -> HttpResponse:
    today, permit = recheck.today_of(found), found.held
    heard = recheck.may_be_ended(found, now=request.now)
    has_it = desk.has_it(request, found)
    allowed = law.COURSE.steps(found.stands, Actor.CASE_WORKER)
    if form is None and has_it and any(step in allowed for step in WITH_TEXT):
        form = ChangedForm(found, heard=heard)
    facts = telling.rows(
        permit.application,
        today.facts,
        address_shown=False,
        decided=found.opened,
        needs=resident.still(permit.days.start).needs,
    )
    return page(
        request,
        "office/changed.html",
        {
            **desk.around(request, found),
            "permit": permit,
            "facts": list(facts),
            "told": wording.tell(today.finding, today.facts),
            "letters": found.letters.defer("pdf").order_by("written"),
            "heard": heard,
            "waits": found.stands in law.UNFINISHED,
            "can_look": has_it and found.stands in law.UNFINISHED,
            "form": form,
        },
        status=422 if form is not None and form.is_bound else 200,
    )


@staff(Right.DECIDE)
@require_POST
def look_again(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Ask the registers again; if all is well again, the case is over."""
    found = casework.case_for(request.staff.staff, case_id)
    actions.look(request.staff, found, now=request.now)
    recheck.look_again(request.outside, request.staff.staff, found, now=request.now)
    return redirect("office-case", case_id=case_id)


def work(request: StaffRequest, found: Case) -> HttpResponse:
    """Show the letter that a step would send; take the step once the letter has been seen."""
    actions.look(request.staff, found, now=request.now)
    version = desk.as_shown(request, found)
    heard = recheck.may_be_ended(found, now=request.now)
    form = ChangedForm(found, request.POST, heard=heard)
    if not form.is_valid():
        return _case(request, found, form)
    step, text = form.cleaned_data["step"], form.cleaned_data["text"]
    tells = step is not law.Step.LET_STAND or recheck.was_asked(found)
    if tells and "confirm" not in request.POST:
        return _preview(request, found, step, text)
    worker, now = request.staff.staff, request.now
    if step is law.Step.ASK:
        recheck.hear(worker, found, text=text, version=version, now=now)
    elif step is law.Step.END:
        recheck.end(worker, found, reasons=text, version=version, now=now)
    else:
        recheck.let_stand(worker, found, reasons=text, version=version, now=now)
    return redirect("office-case", case_id=found.id)


def _preview(request: StaffRequest, found: Case, step: law.Step, text: str) -> HttpResponse:
    posted = [
        (name, value)
        for name, value in request.POST.items()
        if name not in {"csrfmiddlewaretoken", "confirm"}
    ]
    return page(
        request,
        "office/preview.html",
        {
            "case": found,
            "way": way_to(request.outside, found.concerned).value,
            "step": _SAID[step],
            "letter": recheck.letter(found, step, text=text, now=request.now),
            "posted": posted,
        },
    )
