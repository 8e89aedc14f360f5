"""A permit whose conditions have changed: in the office, and to whoever holds it."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from parking.actions import checkout, recheck
from parking.law import case as law
from parking.law import permit as permit_law
from parking.law.staff import Role
from parking.records.case import Case
from parking.records.letter import Letter
from parking.records.permit import Permit
from town import now, order, party, pay


@pytest.fixture
def case(stocked, sandbox):
    """Anna's car has been stolen since she bought her permit."""
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    sandbox.control("POST", "city", vehicle="ZA10001", stolen=True)
    (held,) = recheck.due(now=now() + timedelta(days=31))
    recheck.look(stocked, held, now=now())
    return Case.objects.get()


def text_of(answer) -> str:
    return unescape(answer.content.decode())


def opened(client, case: Case) -> str:
    client.post(reverse("office-case-open", args=[case.id]), {"purpose": "Sagen"})
    answer = client.get(reverse("office-case", args=[case.id]))
    assert answer.status_code == 200
    return text_of(answer)


def taken(client, case: Case) -> Case:
    opened(client, case)
    client.post(reverse("office-case-take", args=[case.id]), {"version": case.version})
    case.refresh_from_db()
    return case


def do(client, case: Case, step: law.Step, **said):
    case.refresh_from_db()
    fields = {"version": case.version, "step": step.value, "text": "Bilen er meldt stjålet."}
    return client.post(reverse("office-case-work", args=[case.id]), fields | said)


def test_the_case_says_what_has_changed_and_who_was_asked(enter, case):
    shown = opened(enter(), case)
    assert "Noget er ændret, efter licensen blev givet" in shown
    assert "Motorregistret: Køretøjet er meldt stjålet." in shown
    assert "Borgeren er ikke hørt endnu." in shown
    assert "mangler: kommunens økonomisystem" not in shown
    assert party("anna").person_number not in shown
    assert "<textarea" not in shown, "it is nobody's yet"


def test_it_is_found_in_the_queue_and_by_its_plate(enter, case):
    client = enter()
    assert case.number in text_of(client.get(reverse("office-queue"), {"kind": "changed"}))
    said = {"text": "za 10 001", "purpose": "Bilen"}
    assert case.number in text_of(client.post(reverse("office-search"), said))


def test_it_is_heard_answered_and_ended(enter, log_in, case, work):
    client, anna = enter(), log_in("anna")
    held = case.held
    taken(client, case)
    refused = do(client, case, law.Step.END)
    assert refused.status_code == 422
    assert "Hør borgeren først" in text_of(refused)
    preview = text_of(do(client, case, law.Step.ASK))
    assert "Din licens: noget er ændret" in preview
    assert "Køretøjet må ikke være meldt stjålet." in preview
    assert not Letter.objects.filter(case=case).exists()
    page = reverse("permit", args=[held.id])
    assert "Vi vil gerne høre fra dig" not in text_of(anna.get(page))
    do(client, case, law.Step.ASK, confirm="yes")
    assert "Vi vil gerne høre fra dig" in text_of(anna.get(page))
    to = reverse("permit-answer", args=[held.id])
    assert "Skriv dit svar." in text_of(anna.post(to, {"text": " "}))
    assert anna.post(to, {"text": "Den står her."}).status_code == 302
    assert "Vi vil gerne høre fra dig" not in text_of(anna.get(page))
    assert anna.post(to, {"text": "Igen"}).status_code == 409
    shown = text_of(client.get(reverse("office-case", args=[case.id])))
    assert "Den står her." in shown
    assert "Borgeren er hørt." in shown
    assert "Din licens er opsagt" in text_of(do(client, case, law.Step.END))
    do(client, case, law.Step.END, confirm="yes")
    assert Permit.objects.get().stands is permit_law.State.ENDED
    assert "Licensen er opsagt" in text_of(anna.get(page))
    work()
    sent = Letter.objects.filter(case=case)
    assert [bool(letter.sent) for letter in sent] == [True, True]
    letter = reverse("office-letter", args=[case.id, sent[0].id])
    assert client.get(letter)["Content-Type"] == "application/pdf"


def test_it_is_let_stand_without_worrying_anybody(enter, case):
    client = enter()
    taken(client, case)
    assert do(client, case, law.Step.LET_STAND).status_code == 302
    case.refresh_from_db()
    assert case.stands is law.State.DECIDED
    assert not Letter.objects.filter(case=case).exists()
    assert "Lad licensen gælde" in text_of(client.get(reverse("office-case", args=[case.id])))


def test_the_registers_are_asked_again_and_the_case_falls_away(enter, case, sandbox):
    client = enter()
    taken(client, case)
    sandbox.control("POST", "city", vehicle="ZA10001", stolen=False)
    client.post(reverse("office-case-look-again", args=[case.id]))
    case.refresh_from_db()
    assert case.stands is law.State.WITHDRAWN
    assert "<textarea" not in text_of(client.get(reverse("office-case", args=[case.id])))


def test_who_may_only_read_changes_nothing(enter, case):
    client = enter("rosa", Role.READER)
    assert "<textarea" not in opened(client, case)
    assert client.post(reverse("office-case-look-again", args=[case.id])).status_code == 403


def test_the_citizen_reads_who_asked_and_why(log_in, case):
    shown = text_of(log_in("anna").get(reverse("my-data")))
    assert "For at se, om din licens stadig kan gælde." in shown
    assert "Portalen, af sig selv" in shown


def test_it_is_read_in_english_too(enter, case):
    client = enter()
    client.post(reverse("office-language"), {"language": "en"})
    shown = opened(client, taken(client, case))
    assert "Hear, end or let stand" in shown
    assert "Something has changed since the permit was given" in shown
