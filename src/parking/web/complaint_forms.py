"""What is filled in about a complaint: only what this kind of offence needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parking.actions import complain, complaint_wording
from parking.law.charge import NotAChargeNumber, charge_number
from parking.law.complaint import Document, Field, Guide
from parking.law.plates import NotAPlate, plate_of_any_country
from parking.records.complaint import Complaint
from parking.web import uploads
from parking.web.widgets import DayInput

_DAYS: Final = frozenset({Field.SOLD_ON, Field.STOLEN_ON, Field.DIED_ON})
_PLATES: Final = frozenset({Field.PLATE_TYPED, Field.PERMIT_PLATE})
_LONGEST_ANSWER: Final = 100
_HEAVIEST_KG: Final = 60_000
_TOO_LONG: Final = _("Teksten er på %(show_value)d tegn. Skriv højst %(limit_value)d.")
_NO_DAY: Final = _("Skriv en dag, der findes, med dag, måned og år i tal.")


class _Form(forms.Form):
    use_required_attribute = False


def text_field(label: Any, help_text: Any, required: Any) -> forms.CharField:
    """Return the field for what somebody says in their own words."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=complain.LONGEST_TEXT,
        widget=forms.Textarea({"rows": 7}),
        error_messages={
            "required": required,
            "max_length": _TOO_LONG,
        },
    )


class WhyForm(_Form):
    """In which way the charge is wrong."""

    question = forms.ChoiceField(
        label=_("Hvorfor er afgiften forkert?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Vælg, hvorfor afgiften er forkert.")},
    )

    def __init__(self, guides: Iterable[Guide], *given: Any, **named: Any) -> None:
        """Offer what *guides* ask about."""
        super().__init__(*given, **named)
        choices = [
            (each.question.value, complaint_wording.question(each.question)) for each in guides
        ]
        self.fields["question"].choices = choices  # type: ignore[attr-defined]


class DetailsForm(_Form):
    """What is asked about one way in which a charge may be wrong, and the story itself."""

    text = text_field(
        _("Fortæl, hvad der skete"),
        _("Skriv med dine egne ord. Skriv ikke om andres helbred, og skriv ikke CPR-numre."),
        _("Skriv, hvad der skete."),
    )

    def __init__(self, guide: Guide, complaint: Complaint, *given: Any, **named: Any) -> None:
        """Ask what *guide* asks; who has not logged in is asked who they are."""
        said: Mapping[str, Any] = complaint.answers
        initial = {
            "text": complaint.text,
            "name": complaint.name,
            "address": complaint.address,
            "email": complaint.email,
            **{f"asked_{name}": value for name, value in said.items()},
        }
        named["initial"] = initial
        super().__init__(*given, **named)
        self._guide = guide
        for asked in guide.fields:
            self.fields[_name(asked)] = _field(asked)
        if complaint.party_id is None:
            self.fields["name"] = forms.CharField(
                label=_("Dit navn"),
                max_length=200,
                error_messages={"required": _("Skriv dit navn.")},
                widget=forms.TextInput({"autocomplete": "name"}),
            )
            self.fields["address"] = forms.CharField(
                label=_("Din adresse"),
                help_text=_(
                    "Vi sender svaret dertil. Skriv også landet, hvis det ikke er Danmark."
                ),
                max_length=300,
                error_messages={"required": _("Skriv din adresse.")},
                widget=forms.Textarea({"rows": 3, "autocomplete": "street-address"}),
            )
            self.fields["email"] = forms.EmailField(
                label=_("E-mail"),
                required=False,
                help_text=_("Vi skriver kun, at der er nyt. Lad feltet stå tomt for ingen."),
                error_messages={"invalid": _("Skriv en e-mailadresse som navn@eksempel.dk.")},
                widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
            )
        self.order_fields([*(_name(each) for each in guide.fields), "text"])

    @property
    def asked(self) -> list[forms.BoundField]:
        """Every field in order, to be shown."""
        return [self[name] for name in self.fields]

    def said(self) -> dict[str, Any]:
        """Return what was said, as far as it can be read; the rest is to be said again."""
        cleaned = getattr(self, "cleaned_data", {})
        answers = {
            each.value: _kept(cleaned[_name(each)])
            for each in self._guide.fields
            if cleaned.get(_name(each)) not in {None, ""}
        }
        columns = {
            name: cleaned[name] for name in ("text", "name", "address", "email") if name in cleaned
        }
        return {"answers": answers, **columns}

    def clean(self) -> dict[str, Any]:
        """Read plates and charge numbers as they are meant."""
        said = super().clean() or {}
        for asked in self._guide.fields:
            name = _name(asked)
            typed = said.get(name)
            if not typed:
                continue
            try:
                if asked in _PLATES:
                    said[name] = plate_of_any_country(typed)
                elif asked is Field.OTHER_NUMBER:
                    said[name] = charge_number(typed)
            except NotAPlate:
                self.add_error(name, gettext("En nummerplade har 2 til 10 bogstaver og tal."))
            except NotAChargeNumber:
                self.add_error(name, gettext("Et afgiftsnummer har ni tal."))
        return said


def _name(asked: Field) -> str:
    return f"asked_{asked.value}"


def _field(asked: Field) -> forms.Field:
    label = complaint_wording.asked(asked)
    if asked in _DAYS:
        return forms.DateField(
            label=label, required=False, widget=DayInput, error_messages={"invalid": _NO_DAY}
        )
    if asked is Field.GROSS_WEIGHT:
        return forms.IntegerField(
            label=label,
            required=False,
            min_value=1,
            max_value=_HEAVIEST_KG,
            error_messages={"invalid": _("Skriv vægten i hele kg.")},
        )
    return forms.CharField(
        label=label,
        required=False,
        max_length=_LONGEST_ANSWER,
        error_messages={"max_length": _TOO_LONG},
    )


def _kept(said: Any) -> str:
    return said.isoformat() if isinstance(said, date) else str(said)


class FileForm(_Form):
    """What files show; the files themselves are looked at one by one."""

    kind = forms.ChoiceField(
        label=_("Hvad viser filen?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Vælg, hvad filen viser.")},
    )
    file = forms.Field(
        label=_("Filer"),
        error_messages={"required": _("Vælg mindst én fil.")},
        widget=uploads.Files(),
    )

    def __init__(self, guide: Guide, *given: Any, **named: Any) -> None:
        """Offer what helps with *guide* first, and any other."""
        super().__init__(*given, **named)
        kinds = dict.fromkeys((*guide.documents, Document.PICTURE, Document.OTHER))
        choices = [(each.value, complaint_wording.document(each.value)) for each in kinds]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        self.fields["file"].help_text = uploads.what_may_come()


class MessageForm(_Form):
    """Something more that is said."""

    text = text_field(_("Skriv til os"), _("Vi læser det sammen med klagen."), _("Skriv noget."))


class AgainForm(_Form):
    """Why the answer is wrong."""

    text = text_field(
        _("Hvorfor er svaret forkert?"),
        _("Skriv, hvad vi har overset. Du kan klage igen én gang."),
        _("Skriv, hvorfor svaret er forkert."),
    )


class CodeForm(_Form):
    """The code of a complaint that was begun without a login."""

    code = forms.CharField(
        label=_("Klagens kode"),
        help_text=_("Du fik den, da du begyndte at klage. Små bogstaver er i orden."),
        max_length=40,
        error_messages={"required": _("Skriv klagens kode.")},
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        """Return the code as it is made: capital letters and digits."""
        return "".join(each for each in self.cleaned_data["code"].upper() if each.isalnum())
