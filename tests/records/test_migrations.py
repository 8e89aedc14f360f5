"""Migrations that change rows, on rows of the old shape."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps

from parking.records.collection import ChargeTermsVersion


def test_the_numbers_for_charges_that_are_stored_get_the_days_a_bank_has(stocked):
    row = ChargeTermsVersion.objects.get()
    before = dict(row.numbers["plan_limits"])
    row.numbers["plan_limits"].pop("days_for_bank")
    row.numbers["plan_limits"]["days_to_agree"] = 14
    row.save()
    for _twice in range(2):
        import_module("parking.records.migrations.0022_declined").give_the_bank_its_days(apps, None)
    assert ChargeTermsVersion.objects.get().numbers["plan_limits"] == before
    assert ChargeTermsVersion.objects.get().as_law().plan_limits.days_for_bank == 3
