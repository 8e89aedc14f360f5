"""What people can fill in; a form cleans what was typed into the law's own types."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parking.actions import wording
from parking.law.charge import ChargeNumber, NotAChargeNumber, charge_number
from parking.law.days import Period
from parking.law.plates import NotAPlate, Plate, plate
from parking.web.widgets import DayInput


class _Form(forms.Form):
    use_required_attribute = False


def _email(help_text: Any) -> forms.EmailField:
    return forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=help_text,
        error_messages={"invalid": _("Skriv en e-mailadresse som navn@eksempel.dk.")},
        widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
    )


class PlateForm(_Form):
    """Which vehicle."""

    plate = forms.CharField(
        label=_("Nummerplade"),
        help_text=_("For eksempel AB 12 345. Mellemrum og små bogstaver er i orden."),
        error_messages={"required": _("Skriv køretøjets nummerplade.")},
        widget=forms.TextInput(
            {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean_plate(self) -> Plate:
        """Return the plate that was meant."""
        try:
            return plate(self.cleaned_data["plate"])
        except NotAPlate:
            raise forms.ValidationError(
                gettext(
                    "En nummerplade har 2 til 10 bogstaver og tal, for eksempel AB 12 345. "
                    "Se efter, om der står andre tegn."
                )
            ) from None


class StartForm(_Form):
    """From which day."""

    start = forms.DateField(
        label=_("Hvornår skal licensen begynde?"),
        widget=DayInput,
        error_messages={
            "required": _("Skriv den dag, licensen skal begynde."),
            "invalid": _("Skriv en dag, der findes, med dag, måned og år i tal."),
        },
    )

    def __init__(self, *given: Any, days: Period, **named: Any) -> None:
        """*days* are those on which it may start."""
        super().__init__(*given, **named)
        self._days = days

    def clean_start(self) -> date:
        """Return the day, if it is one on which the permit may start."""
        start: date = self.cleaned_data["start"]
        if start not in self._days:
            raise forms.ValidationError(
                gettext("Licensen kan begynde %(days)s.") % {"days": wording.period(self._days)}
            )
        return start


class SlipForm(PlateForm):
    """What stands on the slip of a charge; its code only when number and plate do not suffice."""

    field_order = ("number", "plate", "code")

    number = forms.CharField(
        label=_("Afgiftsnummer"),
        help_text=_("De ni tal på sedlen, for eksempel 123 456 789."),
        max_length=40,
        error_messages={"required": _("Skriv afgiftens nummer. Det står på sedlen.")},
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    code = forms.CharField(
        label=_("Koden på sedlen"),
        help_text=_("Den står under QR-koden. Bindestreger og små bogstaver er i orden."),
        max_length=40,
        error_messages={"required": _("Skriv den kode, der står under QR-koden på sedlen.")},
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *given: Any, code_needed: bool, **named: Any) -> None:
        """*code_needed* asks for the slip's code too."""
        super().__init__(*given, **named)
        if not code_needed:
            del self.fields["code"]

    def clean_number(self) -> ChargeNumber:
        """Return the number that was meant."""
        try:
            return charge_number(self.cleaned_data["number"])
        except NotAChargeNumber:
            raise forms.ValidationError(
                gettext("Et afgiftsnummer har ni tal. Se efter på sedlen, om alle er med.")
            ) from None

    def clean_code(self) -> str:
        """Return the code as it is kept: capital letters and digits."""
        return "".join(each for each in self.cleaned_data["code"].upper() if each.isalnum())


class EmailForm(_Form):
    """Where to write when an application goes on."""

    email = _email(_("Vi skriver kun, at der er nyt på Min side. Lad feltet stå tomt for ingen."))


class SummaryForm(_Form):
    """The last look before paying. *agreed* is what was shown: it is compared, never believed."""

    agreed = forms.CharField(max_length=64, widget=forms.HiddenInput)
    email = _email(
        _(
            "Vi skriver, når kvitteringen er klar. "
            "Kvitteringen selv får du her og i din Digital Post."
        )
    )
    terms = forms.BooleanField(
        label=_("Jeg har læst og accepterer handelsbetingelserne"),
        error_messages={"required": _("Du skal acceptere betingelserne for at gå til betaling.")},
    )
