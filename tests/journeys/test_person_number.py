"""A person number is nowhere but where it must be: in no log, address, mail or table."""

from __future__ import annotations

import json

from django.db import connection

from journeys import steps
from parking.records.party import Party
from sandbox import city

#: Whom we may tell it, each for a reason of its own: who somebody is, and whom a letter is for.
MAY_KNOW = {"idp", "cpr", "dmr", "digitalpost"}


def assert_free_of(number, text, where):
    date, serial = number[:6], number[6:]
    for written in (number, f"{date}-{serial}", f"{date} {serial}", number.encode().hex()):
        assert written not in text, f"a person number is in {where}"


def dump():
    """Return every row of every table as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")  # noqa: S608
            yield table, "\n".join(row for (row,) in cursor.fetchall())


def test_a_whole_purchase_tells_it_to_nobody_else(visit, work, sandbox, caplog):
    person = city.inhabitant("anna")
    number = person.person_number.replace("-", "")
    anna = visit()
    asked = []
    anna.context.on("request", lambda request: asked.append(request.url + str(request.headers)))

    def read():
        assert_free_of(number, anna.page.content() + anna.page.title(), anna.page.url)

    steps.log_in(anna, "anna")
    read()
    sandbox.fault("cpr", "drop")
    steps.ask_about(anna, "ZA10001")
    anna.see("Vi mangler et svar")
    read()
    sandbox.control("DELETE", "faults")
    for step in ("Spørg igen nu", "Vælg startdato", "Læg i kurven", "Gå videre"):
        anna.press(step)
        read()
    anna.page.get_by_label("E-mail").fill(person.email)
    steps.agree(anna)
    steps.pay(anna)
    anna.see("GYLDIG")
    read()
    work()
    for path in ("/my/", "/nowhere/", "/healthz"):
        anna.open(path)
        read()

    assert Party.objects.get().person_number == number  # it is what we look for
    assert_free_of(number, "\n".join(asked), "an address")
    assert_free_of(number, caplog.text, "a log")
    for table, rows in dump():
        assert_free_of(number, rows, f"the table {table}")
    for system in {entry["system"] for entry in sandbox.control("GET", "journal")} - MAY_KNOW:
        assert_free_of(number, json.dumps(sandbox.journal(system)), f"what we told {system}")
    anna.page.goto(f"{sandbox.base}/inbox/anna")
    anna.see("Kvittering", person.email)
    assert_free_of(number, anna.page.content(), "a letter or a mail")
