"""A party with a row in every table that leads to them, each text of it one of a kind."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.fields.related import ForeignKey

from parking.actions import mydata
from parking.law.days import Period, danish_day
from parking.records.party import Party
from parking.records.ranges import DateRangeField, as_range
from parking.records.staff import Staff

SAID = {
    "party": {"customer": ""},
    "application": {"state": "granted"},
    "case": {
        "state": "decided",
        "kind": "home",
        "zone_version": None,
        "complaint": None,
        "charge": None,
        "permit": None,
        "unplaced_money": None,
    },
    "charge": {
        "state": "paid",
        "has_annulments": False,
        "has_bank_refunds": False,
        "balance_ore": 0,
    },
    "charge_payment": {"refunded_ore": 0},
    "complaint": {"state": "annulled"},
    "document": {"state": "approved", "media_type": "image/png"},
    "letter": {"case": None, "complaint": None, "charge": None},
    "unplaced_money": {"why": "overpaid", "entry": None},
    "order": {"state": "delivered"},
    "order_line": {"charge": None},
    "permit": {"state": "active", "slot": 1, "ended_on": None},
    "payment": {"refunded_ore": 0},
    "staff": {"disabled": None},
}
_number = count(1)


def models_about_parties():
    """Every table whose rows lead to a party, and the party's own, each after what it names."""
    left = list(apps.get_app_config("records").get_models())
    order, about = [], {Party}
    while left:
        for model in left:
            towards = {key.related_model for key in keys(model)}
            if towards <= {*order, model}:
                break
        order.append(model)
        left.remove(model)
        if towards & about:
            about.add(model)
    return [model for model in order if model in about]


def keys(model):
    """The keys that a row must have, or may have without a circle."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.name != "renews"
    ]


class Planted:
    """A party and all that is about them, written at one moment in the past."""

    def __init__(self, name, *, at):
        self.name, self.at = name, at
        self.texts = {}
        self.rows = {}
        self.rows[Staff] = self._row(Staff)
        for model in models_about_parties():
            self.rows[model] = self._row(model)

    @property
    def party(self):
        return self.rows[Party]

    def _row(self, model):
        told = dict(SAID.get(model._meta.db_table, {}))
        for field in model._meta.concrete_fields:
            if field.name in told:
                continue
            if isinstance(field, ForeignKey):
                if field.name != "renews":
                    if field.related_model not in self.rows:  # about somebody only through this
                        self.rows[field.related_model] = self._row(field.related_model)
                    told[field.name] = self.rows[field.related_model]
            elif not isinstance(field, (models.AutoField, models.UUIDField)):
                told[field.name] = self._value(model, field)
        row = model(**told)
        if model is Party:
            row.with_number("6101700000")
        row.save(force_insert=True)
        return row

    def _value(self, model, field):  # noqa: PLR0911 -- one for each type of column
        place = (model._meta.db_table, field.name)
        text = f"{self.name}-{next(_number):05}"  # none is the beginning of another
        match field:
            case DateRangeField():
                day = danish_day(self.at)
                return as_range(Period(day, day + timedelta(days=1)))
            case models.DateTimeField():
                return self.at
            case models.DateField():
                return danish_day(self.at)
            case models.JSONField():
                self.texts[place] = text
                return {"canary": text}
            case models.BinaryField():
                self.texts[place] = text
                return text.encode()
            case ArrayField():
                self.texts[place] = text
                return [text]
            case models.BooleanField():
                return False
            case models.CharField() | models.TextField():
                if field.choices or (field.max_length or 99) < len(text):
                    return "x"[: field.max_length]
                self.texts[place] = text
                return text
        return next(_number) if field.unique else 1


def tables(party):
    """How many rows of each table are about *party*."""
    return {model._meta.db_table: len(rows) for model, rows in mydata.about(party).items() if rows}
