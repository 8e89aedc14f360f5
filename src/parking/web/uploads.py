"""Files that people send: how much may come at once, and what is said of one that cannot be taken.

A request that says it brings more is not read at all.
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _

from parking.actions import files

_MEGABYTE: Final = 1_000_000
#: Five files of ten megabytes, and what stands around them.
MOST_BYTES: Final = files.MOST_FILES * files.MOST_BYTES + _MEGABYTE


class NotTooMuch(FileUploadHandler):
    """Refuses a request that is too large before any of it is kept."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 -- Django calls it so
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Look at how much there is to come."""
        if content_length > MOST_BYTES:
            raise RequestDataTooBig("more than five files of ten megabytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Let the next handler keep it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Let the next handler say what was kept."""


class Files(forms.ClearableFileInput):
    """A field for several files at once."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"accept": ".jpg,.jpeg,.png,.heic,.heif,.pdf"})


def what_may_come() -> str:
    """Return which files may be sent, and how many."""
    return _(
        "Billeder (jpg, png, heic) eller pdf, højst %(size)s MB hver og højst %(number)s "
        "filer. Et foto fra telefonen er fint, når teksten kan læses."
    ) % {"size": files.MOST_BYTES // _MEGABYTE, "number": files.MOST_FILES}


def refusal(refused: files.Refused) -> str:
    """Return what is wrong with a file, and what can be done about it."""
    fault = files.Fault
    says = {
        fault.EMPTY: _("%(name)s er tom. Vælg en anden fil."),
        fault.TOO_LARGE: _("%(name)s er større end 10 MB. Tag et nyt, mindre foto."),
        fault.KIND: _(
            "%(name)s er hverken et billede eller en pdf, eller den er noget andet, end navnet "
            "siger. Tag et foto af dokumentet, eller gem det som pdf."
        ),
        fault.TOO_MANY_PIXELS: _("%(name)s har for mange billedpunkter. Tag et mindre foto."),
        fault.DAMAGED: _("%(name)s er gået i stykker undervejs. Prøv igen, eller tag et nyt foto."),
        fault.GROWS: _(
            "%(name)s fylder mere end 10 MB, når vi gemmer den. Gem den mindre, eller del den i "
            "flere filer."
        ),
        fault.LOCKED: _("%(name)s er låst med adgangskode. Gem den uden, og prøv igen."),
        fault.INFECTED: _("%(name)s har måske virus og er ikke gemt. Brug en anden kopi."),
        fault.TOO_MANY: _(
            "%(name)s er ikke gemt: Der er for mange filer. Fjern en, eller saml siderne i én pdf."
        ),
        fault.TOO_MUCH: _(
            "%(name)s er ikke gemt: Der er sendt meget fra dit netværk den seneste time. Log på og "
            "klag igen, eller vent en time."
        ),
        fault.TWICE: _("%(name)s har du allerede gemt."),
    }[refused.fault]
    return says % {"name": refused.name}
