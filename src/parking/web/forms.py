"""What people can fill in; a form cleans what was typed into the law's own types."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parking.actions import wording
from parking.law.charge import ChargeNumber, NotAChargeNumber, charge_number
from parking.law.days import DENMARK, Period
from parking.law.plates import NotAPlate, Plate, plate, plate_of_any_country
from parking.ports.places import Point
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

    #: Which plate is meant by what was typed: one that the vehicle register takes.
    meant = staticmethod(plate)

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
            return self.meant(self.cleaned_data["plate"])
        except NotAPlate:
            raise forms.ValidationError(
                gettext(
                    "En nummerplade har 2 til 10 bogstaver og tal, for eksempel AB 12 345. "
                    "Se efter, om der står andre tegn."
                )
            ) from None


class AnswerForm(_Form):
    """What somebody says who is heard about their permit."""

    text = forms.CharField(
        label=_("Dit svar"),
        help_text=_("Skriv, hvad der er rigtigt. Skriv ikke om andre menneskers private forhold."),
        max_length=4000,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": _("Skriv dit svar.")},
    )


class AddressForm(_Form):
    """Which address: typed, or picked from what may have been meant."""

    q = forms.CharField(
        label=_("Adresse"),
        help_text=_("Vej og husnummer, for eksempel Istedgade 217."),
        required=False,
        max_length=120,
        error_messages={"max_length": _("Adressen er for lang. Skriv kun vej og husnummer.")},
        widget=forms.TextInput({"autocomplete": "street-address", "spellcheck": "false"}),
    )
    house = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Return what was typed, if it is enough to go by."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self._names_nothing(cleaned):
            self.add_error("q", gettext("Skriv en adresse."))
        elif cleaned.get("q") and len(cleaned["q"]) < _SHORTEST_ADDRESS:
            self.add_error("q", gettext("Skriv mindst 3 tegn af adressen."))
        return cleaned

    def _names_nothing(self, cleaned: dict[str, Any]) -> bool:
        return not self.errors and not cleaned.get("q") and not cleaned.get("house")


_SHORTEST_ADDRESS = 3


def _coordinate() -> forms.FloatField:
    unread = _("Vi kan ikke læse punktet. Tryk på kortet igen, eller skriv en adresse.")
    return forms.FloatField(
        required=False, error_messages={"invalid": unread}, widget=forms.HiddenInput
    )


class SpotForm(AddressForm):
    """Which place, and when: what is not said is as it is now."""

    x = _coordinate()
    y = _coordinate()
    day = forms.DateField(
        label=_("Dag"),
        required=False,
        error_messages={"invalid": _("Skriv en dag, der findes, som år-måned-dag.")},
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        label=_("Klokken"),
        required=False,
        error_messages={"invalid": _("Skriv et klokkeslæt, for eksempel 17:30.")},
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )

    def __init__(self, *given: Any, now: datetime, **named: Any) -> None:
        """*now* is the moment that is meant when none is said."""
        super().__init__(*given, **named)
        self._now = now.astimezone(DENMARK)

    def clean_day(self) -> date | None:
        """Return the day, if we know what holds on it."""
        day: date | None = self.cleaned_data["day"]
        today = self._now.date()
        if day is not None and not today <= day <= today + _AHEAD:
            raise forms.ValidationError(gettext("Vælg en dag fra i dag til om et år."))
        return day

    def _names_nothing(self, cleaned: dict[str, Any]) -> bool:
        return self.point is None and super()._names_nothing(cleaned)

    @property
    def point(self) -> Point | None:
        """The place that was tapped, if one was."""
        x, y = self.cleaned_data.get("x"), self.cleaned_data.get("y")
        if x is None or y is None:
            return None
        return Point(x, y)

    @property
    def moment(self) -> datetime:
        """The moment that is asked about."""
        day = self.cleaned_data.get("day") or self._now.date()
        time = self.cleaned_data.get("time") or self._now.time()
        return datetime.combine(day, time, DENMARK)


#: So far ahead somebody may ask what holds.
_AHEAD = timedelta(days=366)


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


class FirstDayForm(_Form):
    """From which day to pay in instalments."""

    first = forms.DateField(
        label=_("Hvornår vil du betale den første rate?"),
        widget=DayInput,
        error_messages={
            "required": _("Skriv den dag, du vil betale den første rate."),
            "invalid": _("Skriv en dag, der findes, med dag, måned og år i tal."),
        },
    )

    def __init__(self, *given: Any, days: Period, **named: Any) -> None:
        """*days* are those of which one may choose."""
        super().__init__(*given, **named)
        self._days = days

    def clean_first(self) -> date:
        """Return the day, if the municipality accepts it."""
        first: date = self.cleaned_data["first"]
        if first not in self._days:
            raise forms.ValidationError(
                gettext("Den første rate kan betales %(days)s.")
                % {"days": wording.period(self._days)}
            )
        return first


class SlipForm(PlateForm):
    """What stands on the slip of a charge; its code only when number and plate do not suffice."""

    meant = staticmethod(plate_of_any_country)
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
