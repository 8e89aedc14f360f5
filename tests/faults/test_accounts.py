"""F48-F58 and the other receivers: what leaves the house, and the price list that comes in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import RequestFactory

from faults import scenes
from faults.drill import at_once
from faults.invariants import violations
from parking.actions import apply, carry, catalogue, checkout, login, send
from parking.law.days import danish_day
from parking.law.price import NoFare
from parking.law.reasoning import Answer
from parking.records.audit import Incident
from parking.records.order import Order
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.tariff import FareLine
from parking.web import errors
from town import ask, fill_basket, now, party

WIRE = ("status:500", "status:429", "drop", "garbage", "truncated", "wrong-content-type",
        "answer-lost")  # fmt: skip
TLS = ("expired-certificate", "foreign-certificate")
BOOK = Outgoing.Kind.BOOK_ORDER


def test_f48_an_order_is_booked_once_though_no_answer_comes_back(drill):
    scenes.every_answer_of_the_accounts_is_lost(drill)
    lost = [line for line in drill.sandbox.journal("businesscentral") if line["status"] is None]
    assert Outgoing.objects.get(kind=BOOK).state == Outgoing.State.DONE
    assert len(drill.truth.booked("salesInvoices", Order.objects.get().number)) == 1
    drill.quiesce()
    assert violations(drill.truth, now()) == {}
    assert lost or Outgoing.objects.get(kind=BOOK).attempts > 5


def test_f49_when_the_accounts_are_busy_everything_waits_its_turn(drill):
    drill.delivered("anna")
    drill.delivered("bo")
    drill.fault("businesscentral", "busy", count=4)
    for minute in range(6):
        drill.push_all(now() + timedelta(minutes=minute))
    drill.quiesce()
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()
    assert not Incident.objects.exists()
    assert violations(drill.truth, now()) == {}


def test_f50_one_that_is_refused_for_good_holds_nobody_up(drill):
    drill.delivered("anna")
    drill.delivered("bo")
    drill.fault("businesscentral", "status:400", count=1, path=scenes.BOOKS)
    first, second = Outgoing.objects.filter(kind=BOOK).order_by("id")
    drill.push(BOOK)
    first.refresh_from_db()
    second.refresh_from_db()
    assert [first.state, second.state] == [Outgoing.State.DEAD, Outgoing.State.DONE]
    assert Incident.objects.filter(key=f"outgoing {first.id}").exists()
    drill.quiesce()
    assert set(violations(drill.truth, now())) == {"I21"}  # and a person has been told of it


def test_f51_the_accounts_are_away_for_three_days(drill):
    """Who has begun to pay gets the permit; who asks meanwhile waits and goes on by itself."""
    order = drill.paid()
    drill.fault("businesscentral", "drop")
    drill.settle(order)
    assert Order.objects.get().stands.value == "delivered"
    application = ask(drill.outside, "bo")
    assert application.answer is Answer.OPEN
    for day in range(4):
        drill.push_all(now() + timedelta(days=day))
    assert Incident.objects.filter(what__contains="has not arrived").exists()
    drill.heal()
    apply.ask_again(drill.outside, application, now=now() + timedelta(days=3))
    drill.quiesce(hours=80)
    application.refresh_from_db()
    assert application.answer is Answer.YES
    assert violations(drill.truth, now()) == {}


NEXT_YEAR = danish_day(now()).year + 1


def next_years(tier, product="resident-permit"):
    starts = f"{NEXT_YEAR}-01-01"
    return lambda line: (
        (line["tier"], line["product"], line["startingDate"])
        == (
            tier,
            product,
            starts,
        )
    )


def test_f52_a_price_that_cannot_be_right_is_set_aside_and_the_old_one_kept(drill):
    wanted = next_years("a")
    before = FareLine.objects.get(tier="a", in_force__startswith=f"{NEXT_YEAR}-01-01")
    for told, price in enumerate((0, -1, 1310 * 10, 1), start=1):
        drill.truth.change_fares(
            lambda line, price=price: {**line, "unitPrice": price} if wanted(line) else line
        )
        fetched = catalogue.fetch_fares(drill.outside, now=now())
        assert fetched.new == 0
        assert len(fetched.set_aside) == 1
        assert Incident.objects.filter(what="fare set aside").count() == told
        assert FareLine.objects.get(id=before.id).price_ore == before.price_ore
    assert violations(drill.truth, now()) == {}


def test_f52_a_price_in_force_is_never_rewritten(drill):
    application = fill_basket(drill.outside, "anna")
    today = danish_day(now()).isoformat()
    drill.truth.change_fares(
        lambda line: {**line, "unitPrice": line["unitPrice"] + 10 * (line["startingDate"] <= today)}
    )
    fetched = catalogue.fetch_fares(drill.outside, now=now())
    assert fetched.new == 0
    assert fetched.set_aside
    assert drill.begin("anna").total_ore == application.price_ore


@pytest.mark.parametrize("what", ["a tier", "a product"])
def test_f52_what_is_missing_is_told_and_stays_in_force(drill, what):
    def is_missing(line):
        return line["product"] == "resident-permit" and (what == "a product" or line["tier"] == "a")

    before = set(FareLine.objects.values_list("id", "price_ore"))
    drill.truth.change_fares(lambda line: None if is_missing(line) else line)
    fetched = catalogue.fetch_fares(drill.outside, now=now())
    assert fetched.set_aside
    assert all("missing" in each for each in fetched.set_aside)
    assert Incident.objects.filter(what="fare missing").count() == len(fetched.set_aside)
    assert set(FareLine.objects.values_list("id", "price_ore")) == before
    assert fill_basket(drill.outside, "anna").price_ore
    assert catalogue.fetch_fares(drill.outside, now=now()).set_aside == fetched.set_aside
    assert Incident.objects.filter(what="fare missing").count() == len(fetched.set_aside)


def test_f52_a_tier_that_next_year_lacks_is_told_before_the_year_begins(drill):
    FareLine.objects.filter(tier="a", in_force__startswith=f"{NEXT_YEAR}-01-01").delete()
    wanted = next_years("a")
    drill.truth.change_fares(lambda line: None if wanted(line) else line)
    in_summer = catalogue.fetch_fares(drill.outside, now=now().replace(month=6, day=1))
    assert in_summer.set_aside == ()
    fetched = catalogue.fetch_fares(drill.outside, now=now().replace(month=12, day=1))
    assert fetched.set_aside == (f"resident-permit a from {NEXT_YEAR}-01-01: missing",)
    assert Incident.objects.filter(what="fare missing").count() == 1


def test_f52_without_a_fare_nothing_is_sold(drill):
    application = ask(drill.outside, "anna")
    FareLine.objects.all().delete()
    with pytest.raises(NoFare):
        apply.choose_start(party("anna"), application, danish_day(now()), now=now())
    with pytest.raises(NoFare):
        apply.offers(application, now=now())
    assert not checkout.basket(party("anna"))


def test_f52_the_page_says_that_a_price_is_missing(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    told = errors.answer(RequestFactory().get("/"), NoFare("0 fares"))
    assert told.status_code == 503
    assert "Vi mangler en pris" in told.content.decode()
    assert settings.CONTACT_PHONE in told.content.decode()


def test_f52_a_price_list_that_ends_one_year_and_begins_the_next_is_taken_over(drill):
    """The open last year gets an end once the accounts know the year that follows."""
    first, following = f"{NEXT_YEAR}-01-01", f"{NEXT_YEAR + 1}-01-01"
    drill.truth.change_fares(
        lambda line: (
            {**line, "endingDate": f"{NEXT_YEAR}-12-31"} if line["startingDate"] == first else line
        )
    )
    for line in list(drill.truth.store.all("erp.fares").values()):
        if line["startingDate"] == first and not line["blocked"]:
            price = round(line["unitPrice"] * 1.03)
            drill.truth.add_fare(
                {**line, "startingDate": following, "endingDate": "0001-01-01", "unitPrice": price}
            )
    moment = now().replace(year=NEXT_YEAR, month=6, day=1)
    fetched = catalogue.fetch_fares(drill.outside, now=moment)
    assert fetched.set_aside == ()
    in_force = FareLine.objects.filter(in_force__contains=danish_day(moment))
    assert {line.in_force.upper for line in in_force} == {date(NEXT_YEAR + 1, 1, 1)}
    assert FareLine.objects.filter(in_force__contains=date(NEXT_YEAR + 1, 6, 1)).count() == 5


def test_f54_two_workers_send_one_mail(drill):
    scenes.two_workers_take_the_same_row(drill)
    assert len(drill.truth.mails()) == 1
    assert violations(drill.truth, now(), at_rest=False) == {}


def test_f56_what_stands_later_in_a_lane_waits(drill):
    scenes.the_second_is_ready_first(drill)
    assert Outgoing.objects.get(key="the second").state == Outgoing.State.WAITING
    assert violations(drill.truth, now(), at_rest=False) == {}
    drill.quiesce()
    assert Outgoing.objects.get(key="the second").state == Outgoing.State.DONE


STRANGE = "Ægir 🚗 " + "Å" * 150 + "\u202e\u0007"


def test_f58_strange_names_reach_everybody_the_same(drill):
    order = drill.paid()
    Party.objects.update(name=STRANGE)
    drill.settle(order)
    drill.quiesce()
    (invoice,) = drill.truth.booked("salesInvoices", order.number)
    (line,) = drill.truth.lines("salesInvoiceLines", invoice)
    (item,) = drill.truth.payments(order.number)[0]["order"]["items"]
    assert line["description"] == item["name"]
    assert violations(drill.truth, now()) == {}


@pytest.mark.parametrize(
    ("system", "faults", "kind"),
    [
        ("businesscentral", WIRE, BOOK),
        ("businesscentral", WIRE, Outgoing.Kind.PUBLISH_PERMIT),
        ("digitalpost", (*WIRE, *TLS), Outgoing.Kind.SEND_RECEIPT),
        ("mail", ("later", "hang-up"), Outgoing.Kind.SEND_MAIL),
    ],
)
def test_whoever_does_not_take_it_gets_it_later_and_once(drill, system, faults, kind):
    drill.delivered()
    login.set_email(party("anna"), "anna@borger.example")
    for hour, fault in enumerate(faults):
        drill.fault(system, fault)
        states = drill.push(kind, now() + timedelta(hours=hour))
        assert states == [Outgoing.State.WAITING], fault
        drill.heal()
    drill.quiesce(hours=len(faults) + 1)
    assert violations(drill.truth, now()) == {}


def test_two_workers_never_book_the_same_order(drill):
    drill.delivered()
    row = Outgoing.objects.get(kind=BOOK)
    one = lambda: send.send(drill.outside, row.id, carriers=carry.CARRIERS, now=now())  # noqa: E731
    assert sorted(map(str, at_once(one, one, one))) == ["None", "None", "done"]
    assert Party.objects.count() == 1
