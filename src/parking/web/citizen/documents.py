"""Handing in documents, and asking for a permit for one vehicle more.

A file is saved the moment it arrives, so that nothing is lost when the next one is refused.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from parking.actions import documents, files, permission, wording
from parking.records.application import Application
from parking.records.document import Document
from parking.web import uploads
from parking.web.access import PartyRequest, party
from parking.web.citizen.permits import steps

_FINDING = 2


class UploadForm(forms.Form):
    """What the files show; the files themselves are looked at one by one."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=gettext_lazy("Hvad viser dokumentet?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Vælg, hvad dokumentet viser.")},
    )
    file = forms.Field(
        label=gettext_lazy("Filer"),
        error_messages={"required": gettext_lazy("Vælg mindst én fil.")},
        widget=uploads.Files(),
    )

    def __init__(self, kinds: list[str], *given: Any, **named: Any) -> None:
        """Offer *kinds* of document first, and any other."""
        super().__init__(*given, **named)
        choices = [(kind, wording.document_kind(kind)) for kind in kinds]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        self.fields["kind"].initial = kinds[0]
        self.fields["file"].help_text = uploads.what_may_come()


class WhyForm(forms.Form):
    """Why somebody needs a permit for one vehicle more."""

    use_required_attribute = False

    why = forms.CharField(
        label=gettext_lazy("Hvorfor har du brug for licens til et køretøj mere?"),
        help_text=gettext_lazy("En sagsbehandler læser det. Skriv ikke om andres helbred."),
        max_length=2000,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": gettext_lazy("Skriv, hvorfor du har brug for det.")},
    )


@party()
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Show the documents of an application, and take more."""
    asked = permission.application_of(request.party, application_id)
    if not documents.may_hand_in(asked):
        return redirect("application", application_id=asked.id)
    kinds = [*documents.helpful(asked), Document.Kind.OTHER]
    form = UploadForm([str(kind) for kind in kinds], request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        _save(request, asked, form)
        if not form.errors:
            return redirect("application-documents", application_id=asked.id)
    return render(
        request,
        "citizen/documents.html",
        {
            "application": asked,
            "form": form,
            "documents": documents.of(asked),
            "drafts": any(d.state == Document.State.DRAFT for d in documents.of(asked)),
            "steps": steps(asked),
            "step": _FINDING,
        },
        status=422 if form.errors else 200,
    )


def _save(request: PartyRequest, asked: Application, form: UploadForm) -> None:
    """Save each file that can be taken, and say of each other what is wrong with it."""
    for file in request.FILES.getlist("file"):
        name = file.name or ""
        try:
            documents.save_draft(
                request.outside.scanner,
                asked,
                kind=Document.Kind(form.cleaned_data["kind"]),
                name=name,
                content=file.read(files.MOST_BYTES + 1),
                now=request.now,
            )
        except files.Refused as refused:
            form.add_error("file", uploads.refusal(refused))


@party(form_of="application-documents")
@require_POST
def remove(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Remove a document that has not been handed in."""
    asked = permission.application_of(request.party, application_id)
    with suppress(ValueError):
        documents.remove(asked, UUID(request.POST.get("document", "")))
    return redirect("application-documents", application_id=asked.id)


@party(form_of="application-documents")
@require_POST
def hand_in(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Hand in what has been saved."""
    asked = permission.application_of(request.party, application_id)
    documents.hand_in(request.outside, request.party, asked, now=request.now)
    return redirect("application", application_id=asked.id)


@party()
@require_http_methods(["GET", "HEAD", "POST"])
def second_vehicle(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Ask for a permit for one vehicle more than usual."""
    asked = permission.application_of(request.party, application_id)
    if not documents.second_vehicle_may_be_asked_for(asked):
        return redirect("application", application_id=asked.id)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        documents.ask_for_second_vehicle(
            request.outside,
            request.party,
            asked,
            why=form.cleaned_data["why"],
            now=request.now,
        )
        return redirect("application", application_id=asked.id)
    context = {"application": asked, "form": form, "steps": steps(asked), "step": _FINDING}
    return render(request, "citizen/second-vehicle.html", context)
