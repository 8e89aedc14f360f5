"""Inputs that Django does not have."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.files.uploadedfile import UploadedFile
    from django.utils.datastructures import MultiValueDict


class DayInput(forms.MultiWidget):
    """A day typed as three numbers, which people with a birthday can do without a calendar.

    Use it as the widget of a plain :class:`forms.DateField`: what was typed comes back as
    ``year-month-day``, so that an impossible day is refused by the field and shown again as typed.
    """

    labels = (gettext_lazy("Dag"), gettext_lazy("Måned"), gettext_lazy("År"))

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        """Make the three inputs, whose names end in ``_day``, ``_month`` and ``_year``."""
        number = {"inputmode": "numeric", "autocomplete": "off"}
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {
            part: forms.TextInput(number) for part in ("day", "month", "year")
        }
        super().__init__(widgets, attrs)

    def decompress(self, value: date | str | None) -> list[str]:
        """Split a day, or what was typed for one, into day, month and year."""
        if isinstance(value, date):
            value = value.isoformat()
        year, month, day = (*(value or "").split("-", 2), "", "", "")[:3]
        return [day.lstrip("0"), month.lstrip("0"), year]

    def value_from_datadict(  # type: ignore[override]  # one value, as forms.DateField expects
        self, data: Mapping[str, Any], files: MultiValueDict[str, UploadedFile[Any]], name: str
    ) -> str | None:
        """Return what was typed as ``year-month-day``, or ``None`` if nothing was."""
        day, month, year = (
            (part or "").strip() for part in super().value_from_datadict(data, files, name)
        )
        return f"{year}-{month:0>2}-{day:0>2}" if day or month or year else None
