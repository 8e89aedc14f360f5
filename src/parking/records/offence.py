"""Offences as dated rows: what each meant, in the law's words and in plain ones, in which days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import ClassVar

from django.db import models

from parking.law import offence
from parking.law.money import Money
from parking.records.ranges import DateRangeField, as_period, never_two


class OffenceVersion(models.Model):
    """One offence in one period. Never edited once in force."""

    code = models.CharField(max_length=10)  #: as it stands on the slip
    in_force = DateRangeField()
    kind = models.CharField(max_length=12)
    danish = models.CharField(max_length=200)
    english = models.CharField(max_length=200)
    plain_danish = models.CharField(max_length=500)
    plain_english = models.CharField(max_length=500)
    cites = models.CharField(max_length=300)
    amount_ore = models.PositiveIntegerField()
    heavy = models.BooleanField(default=False)
    asks = models.JSONField(default=list)
    assumed = models.BooleanField()
    source = models.CharField(max_length=300)

    class Meta:
        """One table; a code means one thing at a time."""

        db_table = "offence"
        constraints: ClassVar = [never_two("offence_one_at_a_time", "code", during="in_force")]

    def as_law(self) -> offence.Offence:
        """Return the offence as the law takes it."""
        return offence.Offence(
            code=self.code,
            kind=offence.OffenceKind(self.kind),
            danish=self.danish,
            english=self.english,
            plain_danish=self.plain_danish,
            plain_english=self.plain_english,
            cites=self.cites,
            amount=Money(self.amount_ore),
            heavy=self.heavy,
            asks=tuple(offence.Question(each) for each in self.asks),
            assumed=self.assumed,
            source=self.source,
            in_force=as_period(self.in_force),
        )


def offences_on(codes: Collection[str], day: date) -> dict[str, offence.Offence]:
    """Return what those of *codes* that we know meant on *day*, by code."""
    rows = OffenceVersion.objects.filter(code__in=codes, in_force__contains=day)
    return {row.code: row.as_law() for row in rows}


def known_codes(codes: Collection[str]) -> set[str]:
    """Return those of *codes* that mean something, or once did."""
    return set(OffenceVersion.objects.filter(code__in=codes).values_list("code", flat=True))


def offence_on(code: str, day: date) -> offence.Offence | None:
    """Return what *code* meant on *day*; ``None`` if we do not know it."""
    return offences_on([code], day).get(code)
