"""Migrations that change rows, on rows of the old shape."""

from __future__ import annotations

from copy import deepcopy
from importlib import import_module

from django.apps import apps

from parking.law.charge_terms import ChargeTerms
from parking.law.record import from_json
from parking.records.collection import ChargeTermsVersion


def moved(number: str, function: str) -> None:
    """Do what a migration does to the rows, twice."""
    for _twice in range(2):
        getattr(import_module(f"parking.records.migrations.{number}"), function)(apps, None)


def test_numbers_for_charges_that_are_stored_in_an_older_shape_are_read_as_those_of_today(stocked):
    row = ChargeTermsVersion.objects.get()
    before = deepcopy(row.numbers)
    del row.numbers["case_days"], row.numbers["longest_stop_days"]
    for added in ("days_for_bank", "usual_days_to_first", "drawn_again"):
        del row.numbers["plan_limits"][added]
    row.numbers["plan_limits"]["days_to_agree"] = 14
    row.save()
    moved("0022_declined", "give_the_bank_its_days")
    moved("0023_fees_and_report", "store_what_was_code")
    moved("0025_stops", "say_how_long_a_stop_may_last")
    after = ChargeTermsVersion.objects.get()
    assert after.numbers == before
    assert after.as_law() == from_json(ChargeTerms, before)
