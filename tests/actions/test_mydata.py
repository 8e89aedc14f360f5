"""One's own data: all of it can be taken along, and what the law lets go can be erased."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection

from canaries import Planted, models_about_parties, tables
from parking.actions import mydata
from parking.law.application import State
from parking.law.retention import Matter
from parking.records.application import Application, Decision
from parking.records.audit import LookUp
from parking.records.document import Document
from parking.records.party import LoginSession, Party
from town import now, party

pytestmark = pytest.mark.django_db(transaction=True)

REFERS_TO_PARTY = """
WITH RECURSIVE about(name) AS (
    SELECT 'party'::regclass::oid
    UNION
    SELECT conrelid FROM pg_constraint JOIN about ON confrelid = about.name WHERE contype = 'f'
)
SELECT name::regclass::text FROM about
"""


def test_everything_about_somebody_is_in_the_copy_of_their_data():
    planted = Planted("kanarie", at=now())
    copy = mydata.copy_of(planted.party, now=now())
    told = copy.as_json() + "".join(content.decode() for content in copy.files.values())
    expected = {
        place: text
        for place, text in planted.texts.items()
        if place not in mydata.LEFT_OUT and place[0] != "staff"
    }
    assert {place: text for place, text in expected.items() if text not in told} == {}
    assert len(expected) > 40
    assert json.loads(copy.as_json())["tables"]["party"][0]["person_number"] == "6101700000"


def test_the_database_knows_no_table_that_the_copy_forgets():
    planted = Planted("kanarie", at=now())
    with connection.cursor() as cursor:
        cursor.execute(REFERS_TO_PARTY)
        known = {name.strip('"') for (name,) in cursor.fetchall()}
    copied = {table.name for table in mydata.copy_of(planted.party, now=now()).tables}
    assert copied == known | {"charge", "charge_holder", "charge_step", "charge_pause"}
    assert known == {model._meta.db_table for model in models_about_parties()}


def test_nothing_about_others_is_in_the_copy():
    planted, other = Planted("min", at=now()), Planted("fremmed", at=now() - timedelta(days=500))
    copy = mydata.copy_of(planted.party, now=now())
    told = copy.as_json() + "".join(content.decode() for content in copy.files.values())
    assert "fremmed" not in told
    staff = {text for (table, _), text in planted.texts.items() if table == "staff"}
    unit = planted.texts["staff", "unit"]
    assert {text for text in staff if text in told} == {unit}
    assert other.party != planted.party


def test_what_opens_something_is_not_in_the_copy():
    planted = Planted("hemmelig", at=now())
    told = mydata.copy_of(planted.party, now=now()).as_json()
    assert planted.texts["login_session", "session_key"] not in told
    assert planted.party.number_fingerprints[0] not in told


def test_other_peoples_permits_for_the_same_vehicle_are_not_told():
    held = {"plate": "AB12345", "zone": "VB", "own": False, "period": {"start": "2026-01-01"}}
    assert mydata._without_others({"plate_permits": [held]}) == {"plate_permits": [{"own": False}]}
    mine = {"plate": "AB12345", "own": True}
    assert mydata._without_others([mine]) == [mine]


def begun(slug, *, at, state=State.DRAFT, plate="ZA10001"):
    application = Application.objects.create(
        party=party(slug), product="resident-permit", plate=plate, state=state.value,
        created=at, changed=at,
    )  # fmt: skip
    Decision.objects.create(
        application=application, decided=at, occasion="asked", answer="yes", finding={}, facts={},
        versions={},
    )  # fmt: skip
    return application


def logged_in(slug, key):
    return LoginSession.objects.create(
        session_key=key, party=party(slug), session_index=key, assurance="Substantial",
        begun=now(), last_used=now(),
    )  # fmt: skip


def test_what_nothing_keeps_is_erased_at_once():
    anna = party("anna")
    Party.objects.filter(id=anna.id).update(email="anna@example.dk")
    old = begun("anna", at=now() - timedelta(days=30))
    fresh = begun("anna", at=now() - timedelta(days=3), plate="ZA10099")
    Document.objects.create(
        party=anna, application=fresh, kind="lease", scan="clean", media_type="image/png",
        content=b"x", size=1, sha256="x", original_name="x", uploaded=now(),
    )  # fmt: skip
    for key in ("here", "elsewhere"):
        logged_in("anna", key)
    erased = mydata.erase(anna, session_key="here", now=now())
    assert erased == mydata.Erased(email=True, drafts=1, withdrawn=1, applications=1, logins=1)
    assert Party.objects.get(id=anna.id).email == ""
    assert [each.session_key for each in LoginSession.objects.all()] == ["here"]
    assert not Application.objects.filter(id=old.id).exists()
    fresh.refresh_from_db()
    assert fresh.stands is State.WITHDRAWN
    assert fresh.decisions.exists(), "somebody may still complain of the answer"
    assert not Document.objects.exists()


def test_nobody_elses_is_erased():
    theirs = begun("bo", at=now() - timedelta(days=60))
    logged_in("bo", "theirs")
    mydata.erase(party("anna"), session_key="here", now=now())
    assert Application.objects.get().id == theirs.id
    assert LoginSession.objects.exists()


def test_what_is_kept_is_told_with_its_day():
    planted = Planted("gemt", at=now())
    before = tables(planted.party)
    kept = {each.matter: each for each in mydata.kept(planted.party, now=now())}
    assert {Matter.ACCOUNTS, Matter.PERMITS, Matter.DOCUMENTS, Matter.LOOK_UPS} <= kept.keys()
    assert (kept[Matter.ACCOUNTS].until.month, kept[Matter.ACCOUNTS].until.day) == (12, 31)
    assert kept[Matter.PARTIES].until == kept[Matter.ACCOUNTS].until, "as long as the rest"
    mydata.erase(planted.party, session_key="here", now=now())
    assert tables(planted.party) == {
        name: rows
        for name, rows in before.items()
        if name not in {"login_session", "complaint_piece"}
    }


def test_who_has_looked_is_told_newest_first_and_without_a_name():
    for days in (3, 1, 2):
        LookUp.objects.create(
            party=party("anna"), register="case", purpose="Klage", asked_by="staff Parkering",
            reference="S-000001", outcome="answered", at=now() - timedelta(days=days),
        )  # fmt: skip
    seen = list(mydata.look_ups(party("anna")))
    assert seen == sorted(seen, key=lambda each: each.at, reverse=True)
    assert not list(mydata.look_ups(party("bo")))
