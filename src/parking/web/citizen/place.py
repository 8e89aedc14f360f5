"""What several pages do with an address that somebody types: find it, or ask which one is meant."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext

from parking.actions import places
from parking.ports.places import House, Suggestion
from parking.web.access import Request


@dataclass(frozen=True, slots=True)
class Found:
    """The house that was meant, or those that may have been."""

    house: House | None = None
    suggestions: tuple[Suggestion, ...] = ()


def find(request: Request, form: forms.Form) -> Found:
    """Return what the form's ``house`` (picked) or ``q`` (typed) names; says so if it is nothing.

    :raises TooOften: if they ask too often.
    :raises NotFound: if a house was made up.
    :raises Unavailable: if the register of addresses did not answer.
    """
    asker = request.META["REMOTE_ADDR"]
    picked, typed = form.cleaned_data["house"], form.cleaned_data["q"]
    if not picked and not typed:
        return Found()
    if not picked:
        suggestions = places.search(request.outside, typed, asker=asker, now=request.now)
        meant = places.the_one_meant(typed, suggestions)
        if not suggestions:
            form.add_error(
                "q", gettext("Vi fandt ikke adressen. Skriv vejen og husnummeret, eller prøv igen.")
            )
        if meant is None:
            return Found(suggestions=suggestions)
        picked = meant.house
    return Found(house=places.house(request.outside, picked, asker=asker, now=request.now))
