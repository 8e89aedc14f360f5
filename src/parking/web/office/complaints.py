"""Cases about a complaint: the charge, what a machine saw, what was said, and the answer."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import (
    annulment,
    casework,
    complain,
    complaint_letters,
    complaint_wording,
    complaint_work,
    evidence,
    files,
    slip,
    wording,
)
from parking.actions import staff as actions
from parking.actions.letter_way import way_to
from parking.actions.permission import NotYours
from parking.law import case as case_law
from parking.law import complaint as law
from parking.law.charge import ChargeNumber, NotAChargeNumber, charge_number
from parking.law.charge_terms import AnnulmentReason
from parking.law.complaint import Document
from parking.law.days import danish_day
from parking.law.money import NOTHING, Money
from parking.law.plates import plate_of_any_country
from parking.law.staff import Right
from parking.records.case import Case
from parking.records.complaint import Complaint, ComplaintFile
from parking.web import uploads
from parking.web.forms import PlateForm
from parking.web.office import charge_desk, desk
from parking.web.office.door import StaffRequest, page, staff
from parking.web.office.forms import in_their_language
from parking.web.widgets import DayInput

_LONGEST_REASONS: Final = 4000
_MOST_KRONER: Final = 100_000
_ANSWERS: Final[dict[str, Any]] = {
    law.Step.ASK.value: gettext_lazy("Bed klageren om mere"),
    law.Step.HEAR.value: gettext_lazy("Hør klageren om det, du har fundet"),
    law.Step.WRITE.value: gettext_lazy("Skriv til klageren uden at bede om svar"),
    law.Step.UPHOLD.value: gettext_lazy("Fasthold afgiften"),
    law.Step.ANNUL_PARTLY.value: gettext_lazy("Annuller en del"),
    law.Step.ANNUL.value: gettext_lazy("Annuller afgiften"),
    law.Step.ADD.value: gettext_lazy("Skriv noget ned, som klageren har sagt"),
    law.Step.REPLY.value: gettext_lazy("Skriv klagerens svar ned"),
    law.Step.WITHDRAW.value: gettext_lazy("Klageren trækker klagen tilbage"),
}


class AnswerForm(forms.Form):
    """What is to be done about a complaint, with reasons."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput)
    step = forms.ChoiceField(
        label=gettext_lazy("Hvad gør du?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Vælg, hvad du gør.")},
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Hvorfor bliver der annulleret?"),
        help_text=gettext_lazy("Skal vælges, når du annullerer."),
        required=False,
    )
    kroner = forms.IntegerField(
        label=gettext_lazy("Hvor meget bliver annulleret, i hele kroner?"),
        help_text=gettext_lazy("Skal udfyldes, når du annullerer en del."),
        required=False,
        min_value=1,
        max_value=_MOST_KRONER,
    )
    text = forms.CharField(
        label=gettext_lazy("Begrundelse, spørgsmål eller det, klageren har sagt"),
        help_text=gettext_lazy(
            "Klageren får teksten i brevet, når du afgør, spørger, hører eller skriver."
        ),
        max_length=_LONGEST_REASONS,
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": gettext_lazy("Skriv din begrundelse, eller hvad der er sagt.")},
    )

    def __init__(
        self,
        found: Case,
        steps: tuple[law.Step, ...],
        *given: Any,
        proposed: AnnulmentReason | None = None,
        **named: Any,
    ) -> None:
        """Offer *steps* in the complaint of the case; to annul for the *proposed* reason first."""
        super().__init__(*given, **named)
        if proposed is not None and law.Step.ANNUL in steps:
            self.initial["step"] = law.Step.ANNUL.value
            self.initial["reason"] = proposed.value
        self._case = found
        self.fields["version"].initial = found.version
        in_their_language(self.fields["text"], found.grievance.language)
        self.fields["step"].choices = [  # type: ignore[attr-defined]
            (each.value, _ANSWERS[each.value]) for each in steps
        ]
        reasons = [(each.value, complaint_wording.reason(each)) for each in AnnulmentReason]
        self.fields["reason"].choices = [("", _("Vælg")), *reasons]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for a reason if anything is annulled, and for an amount if it is a part."""
        said = super().clean() or {}
        step = said.get("step")
        if step in {law.Step.ANNUL.value, law.Step.ANNUL_PARTLY.value} and not said.get("reason"):
            self.add_error("reason", _("Vælg, hvorfor der bliver annulleret."))
        if step == law.Step.ANNUL_PARTLY.value and "kroner" not in self.errors:
            whole = annulment.left_to_annul(self._case.grievance.charge)
            if not said.get("kroner"):
                self.add_error("kroner", _("Skriv, hvor meget der bliver annulleret."))
            elif self.amount(said["kroner"]) >= whole:
                told = {"amount": wording.amount(whole)}
                self.add_error("kroner", _("En del er mindre end det hele: %(amount)s") % told)
        return said

    @staticmethod
    def amount(kroner: int) -> Money:
        """Return what was typed."""
        return Money(kroner * 100)

    @property
    def chosen(self) -> law.Step:
        """The step that was chosen."""
        return law.Step(self.cleaned_data["step"])

    def decision(self) -> complaint_work.Decision:
        """Return the answer that was filled in."""
        annuls = self.chosen is not law.Step.UPHOLD
        part = self.chosen is law.Step.ANNUL_PARTLY
        return complaint_work.Decision(
            step=self.chosen,
            reason=AnnulmentReason(self.cleaned_data["reason"]) if annuls else None,
            reasons=self.cleaned_data["text"],
            amount=self.amount(self.cleaned_data["kroner"]) if part else NOTHING,
        )


def show(request: StaffRequest, found: Case) -> HttpResponse:
    """Show the charge and the complaint on one page."""
    return _case(request, found)


def _case(request: StaffRequest, found: Case, form: AnswerForm | None = None) -> HttpResponse:
    complaint = found.grievance
    charge = complaint.charge
    steps = complaint_work.may_do(request.staff.staff, found)
    kept = evidence.newest(charge, complaint.party)
    proposed = evidence.will_be_annulled(charge, kept)
    works = desk.has_it(request, found) and bool(steps) and found.stands in case_law.UNFINISHED
    return page(
        request,
        "office/complaint.html",
        {
            **desk.around(request, found),
            "complaint": complaint,
            "stands": complaint_wording.state_in_office(complaint.stands),
            "received": complaint_wording.complained(complaint),
            "question": complaint_wording.question(complaint.about),
            "answers": [
                (complaint_wording.asked(field), complaint_wording.said(field, said))
                for field, said in complain.in_words(complaint)
            ],
            "files": [
                {"file": each, "kind": complaint_wording.document(each.kind)}
                for each in complaint.files.exclude(handed_in=None).defer("content")
            ],
            "messages": list(complaint.messages.select_related("staff")),
            "decisions": [
                {"decision": each, "text": complaint_wording.outcome(each.outcome)}
                for each in complaint.decisions.all()
            ],
            **charge_desk.shown(request, charge, kept, found),
            "letters": found.letters.defer("pdf").order_by("written"),
            "form": form or (AnswerForm(found, steps, proposed=proposed) if works else None),
            "may_reopen": Right.DECIDE in request.staff.rights
            and found.stands not in case_law.UNFINISHED
            and complaint_work.may_reopen(found),
        },
        status=422 if form is not None else 200,
    )


def work(request: StaffRequest, found: Case) -> HttpResponse:
    """Show the letter that a step would send; take the step once the letter has been seen."""
    actions.look(request.staff, found, now=request.now)
    worker, version = request.staff.staff, desk.as_shown(request, found)
    form = AnswerForm(found, complaint_work.may_do(worker, found), request.POST)
    if not form.is_valid():
        return _case(request, found, form)
    text = form.cleaned_data["text"]
    if form.chosen in complaint_work.REGISTERED:
        complaint_work.register(
            worker, found, step=form.chosen, text=text, version=version, now=request.now
        )
    elif "confirm" not in request.POST:
        return _preview(request, found, form)
    elif form.chosen is law.Step.WRITE:
        complaint_work.write(worker, found, text=text, version=version, now=request.now)
    elif form.chosen in complaint_work.QUESTIONS:
        complaint_work.ask(
            worker, found, step=form.chosen, text=text, version=version, now=request.now
        )
    else:
        complaint_work.decide(worker, found, form.decision(), version=version, now=request.now)
    return redirect("office-case", case_id=found.id)


def _preview(request: StaffRequest, found: Case, form: AnswerForm) -> HttpResponse:
    complaint = found.grievance
    if form.chosen in complaint_work.QUESTIONS:
        letter = complaint_work.question(
            complaint, form.chosen, form.cleaned_data["text"], now=request.now
        )
    elif form.chosen is law.Step.WRITE:
        letter = complaint_letters.message(complaint, text=form.cleaned_data["text"])
    else:
        letter = complaint_work.letter_of(complaint, form.decision(), now=request.now)
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
            "way": way_to(request.outside, complaint.party).value,
            "step": _ANSWERS[form.chosen.value],
            "letter": letter,
            "told": None,
            "posted": posted,
        },
    )


@staff(Right.DECIDE)
@require_POST
def reopen(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Look at an answered complaint again."""
    found = casework.case_for(request.staff.staff, case_id)
    purpose = actions.purpose_of(request.staff, found)
    actions.look(request.staff, found, now=request.now)
    opened = complaint_work.reopen(request.staff.staff, found, why=purpose, now=request.now)
    actions.open_case(request.staff, opened, purpose)
    return redirect("office-case", case_id=opened.id)


@staff(Right.READ)
@require_safe
def file(request: StaffRequest, case_id: UUID, file_id: UUID) -> HttpResponse:
    """Send a file of the complaint: a picture to be seen here, a PDF only to be saved."""
    found = casework.case_for(request.staff.staff, case_id)
    kept = found.grievance.files.exclude(handed_in=None).filter(id=file_id).first()
    if kept is None:
        raise NotYours("file")
    if kept.scan == ComplaintFile.Scan.QUARANTINED:
        return page(request, "office/stopped.html", {"why": "quarantined"}, status=403)
    actions.look(request.staff, found, now=request.now, saw="document opened")
    response = HttpResponse(bytes(kept.content), content_type=kept.media_type)
    how = "attachment" if kept.media_type == "application/pdf" else "inline"
    response["Content-Disposition"] = f'{how}; filename="{kept.file_name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# What came by letter, mail or phone


class RegisterForm(PlateForm):
    """A complaint that came by letter, mail or phone."""

    meant = staticmethod(plate_of_any_country)
    field_order = (
        *("number", "plate", "channel", "received", "question", "text"),
        *("name", "address", "email", "language", "file"),
    )

    number = forms.CharField(
        label=gettext_lazy("Afgiftsnummer"),
        max_length=40,
        error_messages={"required": gettext_lazy("Skriv afgiftens nummer.")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Hvordan kom klagen?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Vælg, hvordan klagen kom.")},
    )
    received = forms.DateField(
        label=gettext_lazy("Hvilken dag kom den?"),
        widget=DayInput,
        error_messages={
            "required": gettext_lazy("Skriv, hvilken dag klagen kom."),
            "invalid": gettext_lazy("Skriv en dag, der findes."),
        },
    )
    question = forms.ChoiceField(
        label=gettext_lazy("Hvad handler den om?"),
        error_messages={"required": gettext_lazy("Vælg, hvad klagen handler om.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Hvad står der, eller hvad blev der sagt?"),
        max_length=complain.LONGEST_TEXT,
        widget=forms.Textarea({"rows": 7}),
        error_messages={"required": gettext_lazy("Skriv, hvad klagen siger.")},
    )
    name = forms.CharField(
        label=gettext_lazy("Klagerens navn"),
        max_length=200,
        error_messages={"required": gettext_lazy("Skriv klagerens navn.")},
    )
    address = forms.CharField(
        label=gettext_lazy("Klagerens adresse"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Skriv klagerens adresse. Svaret sendes dertil.")},
    )
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("På hvilket sprog skal klageren have svar?"),
        choices=[("da", gettext_lazy("Dansk")), ("en", gettext_lazy("Engelsk"))],
        widget=forms.RadioSelect,
        initial="da",
        error_messages={"required": gettext_lazy("Vælg sproget.")},
    )
    file = forms.Field(label=gettext_lazy("Filer"), required=False, widget=uploads.Files())

    def __init__(self, *given: Any, now: Any, **named: Any) -> None:
        """It came *now* at the latest."""
        super().__init__(*given, **named)
        self._now = now
        channels = [each for each in Complaint.Channel if each is not Complaint.Channel.PORTAL]
        self.fields["channel"].choices = [  # type: ignore[attr-defined]
            (each.value, capfirst(complaint_wording.channel(each))) for each in channels
        ]
        questions = [(each.value, complaint_wording.question(each)) for each in law.GUIDES]
        self.fields["question"].choices = [("", _("Vælg")), *questions]  # type: ignore[attr-defined]
        self.fields["file"].help_text = uploads.what_may_come()

    def clean_number(self) -> ChargeNumber:
        """Return the number that was meant."""
        try:
            return charge_number(self.cleaned_data["number"])
        except NotAChargeNumber:
            raise forms.ValidationError(_("Et afgiftsnummer har ni tal.")) from None

    def clean_received(self) -> Any:
        """Return the day, which is not ahead."""
        day = self.cleaned_data["received"]
        if day > danish_day(self._now):
            raise forms.ValidationError(_("Dagen ligger frem i tiden."))
        return day


@staff(Right.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: StaffRequest) -> HttpResponse:
    """Write down a complaint that came by letter, mail or phone; it holds the charge at once."""
    form = RegisterForm(
        request.POST or None, request.FILES or None, now=request.now, initial=_opened(request)
    )
    if request.method == "POST" and form.is_valid():
        opened = _registered(request, form)
        if opened is not None:
            channel = complaint_wording.channel(form.cleaned_data["channel"])
            purpose = _("Indtastede klagen, der kom via %(channel)s") % {"channel": channel}
            actions.open_case(request.staff, opened, purpose)
            return redirect("office-case", case_id=opened.id)
    return page(request, "office/register.html", {"form": form}, status=422 if form.errors else 200)


def _opened(request: StaffRequest) -> dict[str, str]:
    """Return number and plate of the charge whose page led here, if it was opened."""
    try:
        charge = casework.charge_for(request.staff.staff, UUID(request.GET.get("charge", "")))
    except (ValueError, NotYours):
        return {}
    is_open = actions.purpose_of(request.staff, charge)
    return {"number": charge.number, "plate": charge.plate} if is_open else {}


def _registered(request: StaffRequest, form: RegisterForm) -> Case | None:
    said = form.cleaned_data
    given = [
        (each.name or "", each.read(files.MOST_BYTES + 1)) for each in request.FILES.getlist("file")
    ]
    try:
        asked = slip.Slip(number=said["number"], plate=said["plate"])
        charge = slip.look_up(request.outside, asked, now=request.now)
    except slip.NoSuchCharge:
        form.add_error("number", _("Der er ingen afgift med det nummer til den nummerplade."))
        return None
    if casework.is_own_charge(request.staff.staff, charge):
        raise casework.OwnCase(charge.number)
    if said["received"] < (issued := danish_day(charge.issued)):
        told = {"day": wording.day(issued)}
        form.add_error("received", _("Afgiften blev først givet %(day)s.") % told)
        return None
    if not complain.may_begin(charge):
        form.add_error(None, _("Der er allerede klaget over afgiften, eller den er slut."))
        return None
    try:
        complaint = complain.register(
            request.outside.scanner,
            charge,
            channel=Complaint.Channel(said["channel"]),
            received=said["received"],
            language=said["language"],
            said={name: said[name] for name in ("question", "text", "name", "address", "email")},
            given=given,
            kind=Document.OTHER,
            now=request.now,
        )
    except files.Refused as refused:
        form.add_error("file", uploads.refusal(refused))
        return None
    return Case.objects.get(complaint=complaint)
