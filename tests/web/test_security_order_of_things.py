"""Nobody buys by skipping a step, and nothing is believed because a browser says it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from parking.law import application as application_law
from parking.records.application import Application
from parking.records.order import Order
from parking.records.party import Party
from parking.records.permit import Permit
from town import ask, fill_basket, order, party

#: What a browser has no business to say.
MADE_UP = {
    "price_ore": "1", "price": "1", "zone": "AN", "state": "granted", "answer": "yes",
    "party": "00000000-0000-4000-8000-000000000000", "product": "free", "period": "x",
    "item_number": "X", "slot": "1", "total_ore": "0", "number_sealed": "x", "name": "Bo",
}  # fmt: skip


def agree(client, agreed, **more):
    return client.post(reverse("summary"), {"agreed": agreed, "terms": "on", **more})


def test_fields_that_are_none_of_ours_are_ignored(stocked, log_in):
    anna = log_in("anna")
    anna.post(reverse("apply"), {"plate": "ZA10001", **MADE_UP})
    application = Application.objects.get()
    assert application.zone == "VB"
    assert application.party == party("anna")
    assert application.price_ore is None
    assert application.stands is application_law.State.DRAFT
    assert Party.objects.get().name == "Anna Vesterholm"
    start = reverse("application-start", kwargs={"application_id": application.id})
    day = {"start_day": "", "start_month": "", "start_year": ""}
    anna.post(start, {**day, **MADE_UP})
    application.refresh_from_db()
    assert application.price_ore is None


@pytest.mark.parametrize("agreed", ["0", "1", "-131000", "131000.5", "NaN", "1e9", "9" * 400, ""])
def test_the_price_is_ours(stocked, log_in, agreed):
    fill_basket(stocked, "anna")
    answer = agree(log_in("anna"), agreed)
    assert answer.status_code in {200, 409}
    assert not Order.objects.exists()


def test_the_first_of_two_prices_is_not_believed_either(stocked, log_in):
    fill_basket(stocked, "anna")
    assert agree(log_in("anna"), ["131000", "0"]).status_code == 409
    assert not Order.objects.exists()


def test_nothing_is_sold_without_agreeing(stocked, log_in):
    application = fill_basket(stocked, "anna")
    log_in("anna").post(reverse("summary"), {"agreed": str(application.price_ore)})
    assert not Order.objects.exists()


def test_an_empty_basket_is_not_sold(stocked, log_in):
    assert agree(log_in("anna"), "0")["Location"] == reverse("basket")
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("slug", "plate"), [("hanne", "ZH10008"), ("viggo", "ZV10022"), ("ulla", "ZU10021")]
)
def test_who_has_no_yes_cannot_choose_a_start(stocked, log_in, slug, plate):
    application = ask(stocked, slug, plate)
    answer = log_in(slug).post(
        reverse("application-start", kwargs={"application_id": application.id}),
        {"start_day": "1", "start_month": "1", "start_year": "2030"},
    )
    assert answer.status_code == 302
    application.refresh_from_db()
    assert application.price_ore is None
    assert application.stands is not application_law.State.IN_BASKET


def test_coming_back_without_having_paid_delivers_nothing(stocked, log_in):
    bought = order(stocked, "anna")
    anna = log_in("anna")
    anna.get(reverse("order-return", kwargs={"order_id": bought.id}), {"paymentid": "x"})
    anna.post(reverse("order-pay", kwargs={"order_id": bought.id}))
    assert not Permit.objects.active().exists()
    receipt = anna.get(reverse("receipt", kwargs={"order_id": bought.id}))
    assert receipt.status_code == 404


def test_what_is_ordered_cannot_be_withdrawn_or_asked_about_again(stocked, log_in):
    bought = order(stocked, "anna")
    application = Application.objects.get()
    anna = log_in("anna")
    for name in ("application-withdraw", "application-ask-again", "basket-remove"):
        answer = anna.post(reverse(name, kwargs={"application_id": application.id}))
        assert answer.status_code == 409, name
    bought.refresh_from_db()
    application.refresh_from_db()
    assert application.stands is application_law.State.ORDERED
