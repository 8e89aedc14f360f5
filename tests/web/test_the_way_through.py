"""The pages of a purchase: what they say, what they refuse and how much they ask the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from parking.actions import checkout, login, wording
from parking.actions import permit as life
from parking.law.days import Period, danish_day
from parking.records.application import Application
from parking.records.order import Order
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.records.tariff import FareLine
from town import agreement, ask, begin, fill_basket, now, order, party, pay

MOST_QUERIES = 10


def say(client, name, method="get", data=None, **kwargs):
    return getattr(client, method)(reverse(name, kwargs=kwargs), data or {})


def text(answer):
    return answer.content.decode()


@pytest.fixture
def bought(stocked):
    """Return a permit that Anna has bought and paid for."""
    begun = order(stocked, "anna")
    pay(begun.payment.page_url)
    checkout.settle(stocked, begun.payment.payment_id, now=now())
    return Permit.objects.get()


def test_the_purchase_page_by_page(stocked, log_in, django_assert_max_num_queries):
    client = log_in("anna")
    answer = say(client, "apply", "post", {"plate": "za 10 001"})
    application = Application.objects.get()
    assert answer["Location"] == reverse("application", args=[application.id])

    with django_assert_max_num_queries(MOST_QUERIES):
        page = text(say(client, "application", application_id=application.id))
    assert "Ja, du kan få licens" in page
    assert "§ 1, stk. 1" in page

    with django_assert_max_num_queries(MOST_QUERIES):
        page = text(say(client, "application-start", application_id=application.id))
    assert "1.310 kr." in page
    assert "Ifølge Motorregistret" in page

    today = danish_day(now())
    day = {"start_day": today.day, "start_month": today.month, "start_year": today.year}
    answer = say(client, "application-start", "post", day, application_id=application.id)
    assert answer["Location"] == reverse("basket")

    with django_assert_max_num_queries(MOST_QUERIES):
        assert "1.310 kr." in text(say(client, "basket"))
    with django_assert_max_num_queries(MOST_QUERIES):
        assert "Betal 1.310 kr." in text(say(client, "summary"))

    agreed = {"agreed": agreement("anna"), "terms": "on", "email": "anna@borger.example"}
    answer = say(client, "summary", "post", agreed)
    begun = Order.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == begun.payment.page_url
    assert party("anna").email == "anna@borger.example"

    with django_assert_max_num_queries(MOST_QUERIES):
        page = text(say(client, "order", order_id=begun.id))
    assert "IKKE GYLDIG" in page
    assert "Fortryd købet" in page

    pay(begun.payment.page_url)
    answer = say(client, "order-return", order_id=begun.id)
    assert answer["Location"] == reverse("order", args=[begun.id])
    with django_assert_max_num_queries(MOST_QUERIES):
        page = text(say(client, "order", order_id=begun.id))
    assert page.index("GYLDIG") < page.index("PB-")
    permit = Permit.objects.get()
    assert permit.number in page
    assert "Visa" in page
    with django_assert_max_num_queries(MOST_QUERIES):
        page = text(say(client, "permit", permit_id=permit.id))
    assert "Offentlige veje i " in page
    assert say(client, "receipt", order_id=begun.id).content.startswith(b"%PDF")


@pytest.mark.parametrize("typed", ["", "?", "AB 12 345 678 90", "<script>alert(1)</script>"])
def test_a_wrong_plate_is_explained_and_kept(typed, log_in):
    answer = say(log_in("anna"), "apply", "post", {"plate": typed})
    assert answer.status_code == 200
    assert "error-summary" in text(answer)
    assert "<script>alert" not in text(answer)
    assert answer.context["form"]["plate"].value() == typed


def test_a_refusal_says_which_sentence_on_which_fact_and_what_would_change_it(stocked, log_in):
    refused = ask(stocked, "erik", "ZE10005")
    page = text(say(log_in("erik"), "application", application_id=refused.id))
    assert "Nej, du kan ikke få licens" in page
    assert "Du skal være fyldt 18 år" in page
    assert "CPR: Du er født" in page
    assert "Søg igen, når du er fyldt 18 år." in page
    assert reverse("application-start", args=[refused.id]) not in page


def test_nobody_gets_on_without_a_yes(stocked, log_in):
    refused = ask(stocked, "erik", "ZE10005")
    client = log_in("erik")
    answer = say(client, "application-start", "post", {}, application_id=refused.id)
    assert answer["Location"] == reverse("application", args=[refused.id])


def test_an_open_answer_names_the_register_and_is_kept(stocked, sandbox, log_in):
    sandbox.fault("dmr", "status:503")
    waits = ask(stocked, "anna")
    client = log_in("anna")
    page = text(say(client, "application", application_id=waits.id))
    assert "Vi mangler svar fra: Motorregistret." in page
    assert "Spørg igen nu" in page
    assert "Venter på svar" in text(say(client, "my"))


@pytest.mark.parametrize("start", ["31-2-2026", "x-y-z", "--", "1-1-2020"])
def test_a_wrong_day_is_explained_and_kept(start, stocked, log_in):
    application = ask(stocked, "anna")
    day, month, year = start.split("-")
    data = {"start_day": day, "start_month": month, "start_year": year}
    answer = say(log_in("anna"), "application-start", "post", data, application_id=application.id)
    assert answer.status_code == 200
    assert "error-summary" in text(answer)
    assert f'value="{day}"' in text(answer)


def test_a_price_made_up_by_the_browser_buys_nothing(stocked, log_in):
    fill_basket(stocked, "anna")
    answer = say(log_in("anna"), "summary", "post", {"agreed": "1", "terms": "on"})
    assert answer.status_code == 409
    assert "Kurven er ændret" in text(answer)
    assert not Order.objects.exists()


def test_a_price_that_rose_meanwhile_is_shown_before_anything_is_bought(stocked, log_in):
    fill_basket(stocked, "anna")
    agreed = agreement("anna")
    FareLine.objects.filter(price_ore=131_000).update(price_ore=140_000)
    answer = say(log_in("anna"), "summary", "post", {"agreed": agreed, "terms": "on"})
    assert answer.status_code == 409
    assert "Prisen er nu 1.400 kr. i stedet for 1.310 kr." in text(answer)
    assert not Order.objects.exists()


def test_what_a_form_does_not_ask_for_is_not_believed(stocked, log_in):
    made_up = {"plate": "ZA10001", "price_ore": 1, "zone": "CH", "party": "x", "state": "granted"}
    say(log_in("anna"), "apply", "post", made_up)
    application = Application.objects.get()
    assert (application.zone, application.price_ore, application.state) == ("VB", None, "draft")


def test_a_payment_page_that_does_not_answer_leaves_an_order_to_go_on_with(
    stocked, sandbox, log_in
):
    fill_basket(stocked, "anna")
    sandbox.fault("nexi", "status:503")
    client = log_in("anna")
    answer = say(client, "summary", "post", {"agreed": agreement("anna"), "terms": "on"})
    begun = Order.objects.get()
    assert answer["Location"] == reverse("order", args=[begun.id])
    assert "Din ordre er gemt" in text(say(client, "order", order_id=begun.id))


def test_a_provider_that_does_not_answer_is_asked_again_by_the_page(stocked, sandbox, log_in):
    begun = order(stocked, "anna")
    sandbox.fault("nexi", "status:503")
    client = log_in("anna")
    answer = client.get(reverse("order-return", args=[begun.id]), follow=True)
    assert "Vi spørger til din betaling" in text(answer)
    again = reverse("order-return", args=[begun.id])
    assert answer["Refresh"] == f"5; url={again}?looked=1"
    last = client.get(f"{reverse('order', args=[begun.id])}?looked=12")
    assert "Refresh" not in last


def test_an_order_can_be_cancelled_and_the_basket_comes_back(stocked, log_in):
    begun = order(stocked, "anna")
    client = log_in("anna")
    answer = client.post(reverse("order-cancel", args=[begun.id]), follow=True)
    assert "Købet er fortrudt" in text(answer)
    assert "ZA 10 001" in text(say(client, "basket"))


def test_what_is_somebody_elses_does_not_exist(bought, log_in):
    ids = {
        "application": bought.application_id,
        "order": Order.objects.get().id,
        "permit": bought.id,
    }
    client = log_in("bo")
    for name in ("application", "application-start", "order", "order-return", "receipt", "permit"):
        what = "application" if "application" in name else "permit" if name == "permit" else "order"
        assert say(client, name, **{f"{what}_id": ids[what]}).status_code == 404, name
    for name in ("application-ask-again", "application-withdraw", "basket-remove", "order-cancel"):
        what = "order" if "order" in name else "application"
        assert say(client, name, "post", **{f"{what}_id": ids[what]}).status_code == 404, name


def test_what_cannot_be_done_now_is_said_in_plain_words(bought, log_in):
    answer = say(
        log_in("anna"), "application-withdraw", "post", application_id=bought.application_id
    )
    assert answer.status_code == 409
    assert "Det kan ikke lade sig gøre nu" in text(answer)


def test_who_renews_in_two_windows_is_told_calmly(bought, log_in, monkeypatch):
    looks = iter([True, False])
    monkeypatch.setattr(life, "renewable", lambda *_, **__: next(looks))
    answer = say(log_in("anna"), "permit-renew", "post", permit_id=bought.id)
    assert answer.status_code == 409
    assert "Det kan ikke lade sig gøre nu" in text(answer)


def test_a_renewal_says_what_is_not_as_it_was(bought, log_in):
    soon = danish_day(now()) + timedelta(days=20)
    bought.period = as_range(Period(soon - timedelta(days=365), soon))
    bought.save()
    decision = bought.application.decisions.latest("id")
    decision.pk, decision._state.adding = None, True
    decision.decided, decision.facts["gross_weight_kg"] = bought.reserved, 1234
    decision.save(force_insert=True)
    client = log_in("anna")
    answer = say(client, "permit-renew", "post", permit_id=bought.id)
    renewal = Application.objects.get(renews=bought)
    assert answer["Location"] == reverse("application", args=[renewal.id])
    page = text(say(client, "application", application_id=renewal.id))
    assert "Noget er ændret siden sidst" in page
    assert f"anderledes: {wording.fact_name('gross_weight_kg')}." in page
    assert reverse("summary") in page


def test_my_page_asks_no_more_when_there_is_more(bought, log_in, django_assert_max_num_queries):
    Application.objects.bulk_create(
        Application(
            party=party("anna"),
            product=bought.product,
            plate=f"ZZ{number:05}",
            finding={"answer": answer},
            state=state,
            created=now(),
            changed=now() - timedelta(minutes=number),
        )
        for number, (state, answer) in enumerate(
            [("draft", "no"), ("draft", "yes"), ("waiting", "open"), ("in basket", "yes")] * 4
        )
    )
    client = log_in("anna")
    with django_assert_max_num_queries(MOST_QUERIES):
        page = text(say(client, "my"))
    assert "GYLDIG" in page
    assert page.count("Venter på svar") == 4


def test_a_permit_that_has_not_begun_is_not_valid_yet(stocked, log_in):
    fill_basket(stocked, "anna", start=danish_day(now()) + timedelta(days=3))
    begun = begin(stocked, "anna")
    pay(begun.payment.page_url)
    checkout.settle(stocked, begun.payment.payment_id, now=now())
    client = log_in("anna")
    assert "IKKE GYLDIG ENDNU" in text(say(client, "permit", permit_id=Permit.objects.get().id))
    assert "GYLDIG fra" in text(say(client, "order", order_id=begun.id))


def test_logging_out_ends_the_session_even_if_the_login_is_away(stocked, sandbox, log_in):
    sandbox.fault("idp", "status:503")
    client = log_in("anna")
    login.set_email(party("anna"), "")
    answer = say(client, "logout", "post")
    assert "Du er logget af" in text(answer)
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert say(client, "my").status_code == 302
