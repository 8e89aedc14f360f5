"""What a case worker fills in: the facts a case is to settle, each as the law takes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parking.actions import casework, wording
from parking.actions import staff as staff_actions
from parking.law import case as law
from parking.law.course import Actor
from parking.law.facts import Document, Home, Residence
from parking.law.zones import HomeArea, Place, ZoneCode, ZoneKind
from parking.records.case import Case
from parking.records.zone import ZoneShape
from parking.web.widgets import DayInput

#: The steps that are taken with reasons and a letter.
WITH_REASONS: Final = (law.Step.DECIDE, law.Step.ASK, law.Step.REFUSE)

_NOWHERE = "-"
_MOST_EXTRA_PERMITS = 3
_HEAVIEST_KG = 60_000
_LONGEST_REASONS = 4000


def in_their_language(field: forms.Field, language: str) -> None:
    """Say at *field* that what is written there goes out in another language than Danish."""
    if language == "en":
        hint = gettext("Svaret bliver sendt på engelsk. Skriv teksten på engelsk.")
        field.help_text = f"{hint} {field.help_text}"


class PurposeForm(forms.Form):
    """Why a case is opened. The citizen can read it."""

    use_required_attribute = False

    purpose = forms.CharField(
        label=_("Hvorfor åbner du sagen?"),
        help_text=_("Borgeren kan se dit formål og din enhed under »Hvem har set på mine data«."),
        max_length=staff_actions.LONGEST_PURPOSE,
        error_messages={"required": _("Skriv, hvorfor du åbner sagen.")},
    )


class ChargePurposeForm(PurposeForm):
    """Why a charge is opened. The citizen can read it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Ask about the charge, and not about a case."""
        super().__init__(*given, **named)
        self.fields["purpose"].label = _("Hvorfor åbner du afgiften?")
        self.fields["purpose"].error_messages["required"] = _("Skriv, hvorfor du åbner afgiften.")


class SearchForm(forms.Form):
    """What is looked for, and why."""

    use_required_attribute = False

    text = forms.CharField(
        label=_("Sagsnummer, afgiftsnummer eller nummerplade"),
        max_length=20,
        error_messages={
            "required": _("Skriv et sagsnummer, et afgiftsnummer eller en nummerplade.")
        },
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    purpose = forms.CharField(
        label=_("Hvorfor søger du?"),
        help_text=_("Borgeren kan se, at du har søgt, og hvorfor."),
        max_length=staff_actions.LONGEST_PURPOSE,
        error_messages={"required": _("Skriv, hvorfor du søger.")},
    )


class StepForm(forms.Form):
    """What is done in a case, and which version of it was shown."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput)
    step = forms.ChoiceField(
        label=_("Hvad gør du?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Vælg, hvad du gør.")},
    )


class CaseForm(StepForm):
    """What is to be done in a case, with reasons; the facts are needed only to decide."""

    reasons = forms.CharField(
        label=_("Begrundelse, eller det du beder om"),
        help_text=_("Borgeren får teksten i brevet. Skriv, hvad du har set på, og hvad du finder."),
        max_length=_LONGEST_REASONS,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": _("Skriv din begrundelse.")},
    )
    valid_until = forms.DateField(
        label=_("Oplysningerne bruges højst til og med"),
        help_text=_("Lad felterne stå tomme, hvis der ikke er nogen grænse."),
        required=False,
        widget=DayInput,
        error_messages={"invalid": _("Skriv en dato, der findes.")},
    )

    def __init__(self, case: Case, *given: Any, today: date, **named: Any) -> None:
        """Offer the steps that the case allows, and a field for each fact it shall settle."""
        super().__init__(*given, **named)
        self._case = case
        allowed = law.COURSE.steps(case.stands, Actor.CASE_WORKER)
        choices = [(s.value, wording.step(s)) for s in WITH_REASONS if s in allowed]
        self.fields["step"].choices = choices  # type: ignore[attr-defined]
        self.fields["version"].initial = case.version
        in_their_language(self.fields["reasons"], case.concerned.language)
        for fact in case.facts:
            self.fields[f"fact_{fact}"] = _field(fact, today)

    @property
    def facts(self) -> list[forms.BoundField]:
        """The fields of the facts, to be shown together."""
        return [self[f"fact_{fact}"] for fact in self._case.facts]

    def clean(self) -> dict[str, Any]:
        """Ask for every fact if the case is to be decided."""
        said = super().clean() or {}
        if said.get("step") == law.Step.DECIDE.value:
            for fact in self._case.facts:
                name = f"fact_{fact}"
                if name not in self.errors and said.get(name) in {None, ""}:
                    self.add_error(
                        name,
                        gettext("Udfyld »%(fact)s« for at afgøre sagen.")
                        % {"fact": wording.fact_name(fact)},
                    )
        return said

    @property
    def chosen(self) -> law.Step:
        """The step that was chosen."""
        return law.Step(self.cleaned_data["step"])

    def values(self, today: date) -> dict[str, Any]:
        """Return the facts as the law takes them."""
        if self.chosen is not law.Step.DECIDE:
            return {}
        return {
            fact: _value(fact, self.cleaned_data[f"fact_{fact}"], today)
            for fact in self._case.facts
        }


def outlook_of(case: Case, form: CaseForm, today: date) -> casework.Outlook:
    """Return what the rule would say to what was filled in."""
    return casework.outlook(case, form.chosen, form.values(today))


def _field(fact: str, today: date) -> forms.Field:
    label = wording.fact_name(fact)
    if fact == "born":
        return forms.DateField(label=label, required=False, widget=DayInput)
    if fact == "gross_weight_kg":
        return forms.IntegerField(label=label, required=False, min_value=1, max_value=_HEAVIEST_KG)
    if fact == "extra_permits":
        return forms.IntegerField(
            label=label, required=False, min_value=0, max_value=_MOST_EXTRA_PERMITS, initial=1
        )
    return forms.ChoiceField(
        label=label, required=False, choices=[("", _("Vælg")), *_choices(fact, today)]
    )


def _choices(fact: str, today: date) -> list[tuple[str, Any]]:
    if fact == "residence":
        return [
            (Residence.RESIDENT.value, _("Bosat i Danmark")),
            (Residence.NOT_RESIDENT.value, _("Ikke bosat i Danmark")),
        ]
    if fact == "home":
        return [("ours", _("I kommunen")), ("elsewhere", _("I en anden kommune"))]
    if fact == "home_area":
        zones = [(code, f"{name} ({code})") for code, (name, _kind) in _areas(today).items()]
        return [*zones, (_NOWHERE, _("Uden for alle licensområder"))]
    return [("yes", _("Godkendt")), ("no", _("Ikke godkendt"))]


def _areas(today: date) -> Mapping[str, tuple[str, str]]:
    areas = ZoneShape.objects.filter(
        version__in_force__contains=today, category=ZoneShape.Category.HOME_AREA
    ).order_by("name")
    return {area.code: (area.name, area.kind) for area in areas.only("code", "name", "kind")}


def _value(fact: str, said: Any, today: date) -> Any:
    if fact == "residence":
        return Residence(said)
    if fact == "home":
        municipality = settings.MUNICIPALITY if said == "ours" else "0000"
        return Home(municipality=municipality, road_code="", house_number="")
    if fact == "home_area":
        if said == _NOWHERE:
            return HomeArea(place=Place.NO_AREA)
        kind = ZoneKind(_areas(today)[said][1])
        return HomeArea(place=Place.HOME_AREA, zone=ZoneCode(said), kind=kind)
    if fact in {"sole_user_declaration", "lease"}:
        return Document(approved=said == "yes")
    return said
