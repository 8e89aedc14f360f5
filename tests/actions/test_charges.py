"""Charges: kept in step with the charge system, found by their slips, and paid."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from django.db.models import Max

from at_once import at_the_same_time, somebody_waits_for_a_lock
from parking.actions import carry, charge_feed, checkout, limit, plan, send, slip
from parking.actions import charge as charges
from parking.actions.permission import NotYours
from parking.law.charge import Kind, charge_number
from parking.law.money import NOTHING, Money
from parking.law.plates import Plate
from parking.ports import Unavailable
from parking.records.charge import Charge, ChargeClaim, ChargeFeed, ChargeHolder, ChargePayment
from parking.records.order import Order, Refund
from parking.records.outbox import Outgoing
from parking.records.recording import one_at_a_time, recording
from sandbox.charges import SEEDS, code_of
from town import ADDRESSES, agreement, charge, fill_basket, now, party, pay, slip_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def officer(sandbox):
    """What the case officers of the charge system do at their own console."""

    def act(path: str, **form: str) -> dict:
        answer = httpx.post(f"{sandbox.base}/pilen/{path}", data=form)
        answer.raise_for_status()
        return answer.json()

    return act


def book(charge: Charge, outside) -> list[tuple[str, int, str]]:
    """What stands on the charge's account in the charge system."""
    account = outside.charges.charge(charge.source_id).account
    return [(line.kind, line.amount.ore, line.reference) for line in account]


# In step


def test_every_charge_is_taken_over_with_whoever_held_the_vehicle(charged):
    assert Charge.objects.count() == len(SEEDS)
    anna = party("anna")
    assert {each.plate for each in charges.mine(anna)} == {"ZA10001"}
    assert charges.mine(anna).count() == 2
    assert ChargeFeed.objects.get().read is not None


@pytest.mark.parametrize(
    ("slug", "theirs", "not_theirs"),
    [
        ("ida-bought", "holger", "ida"),
        ("karen-sold", "nuka", "karen"),
        ("peter-leased", "peter", "henrik"),
    ],
)
def test_a_charge_is_of_whoever_held_the_vehicle_that_day_and_not_before_or_after(
    charged, slug, theirs, not_theirs
):
    given = charge(slug)
    assert given in charges.mine(party(theirs))
    assert given in plan.owed_by(party(theirs), now=now())
    assert given not in charges.mine(party(not_theirs))
    assert given not in plan.owed_by(party(not_theirs), now=now())
    with pytest.raises(NotYours):
        charges.charge_of(party(not_theirs), given.id)
    # They have the slip: it was left on the car, or a letter came to them all the same.
    charges.claim(party(not_theirs), given, now=now())
    assert given in charges.mine(party(not_theirs))
    assert given not in plan.owed_by(party(not_theirs), now=now()), "a plan acknowledges the debt"


@pytest.mark.parametrize(("hour", "theirs"), [(22, True), (23, False)])
def test_the_day_a_charge_was_given_is_the_danish_one(charged, hour, theirs):
    given = charge("anna-open")
    sold = date(2026, 12, 2)
    held = ChargeHolder.objects.filter(charge=given)
    Charge.objects.filter(id=given.id).update(issued=datetime(2026, 12, 1, hour, 30, tzinfo=UTC))
    held.update(until=sold)
    assert (given in charges.mine(party("anna"))) is theirs


def test_nobodys_number_is_kept_in_clear(charged):
    told = str(list(Charge.objects.values_list("told", flat=True)))
    numbers = {each.number for each in ChargeHolder.objects.all()}
    assert numbers
    assert [number for number in numbers if number in told] == []
    assert charges.answer_of(charge("anna-now")).code == ""


def test_reading_again_changes_nothing(charged):
    before = list(Charge.objects.order_by("id").values_list())
    assert charge_feed.follow(charged, now=now()) == 0
    assert list(Charge.objects.order_by("id").values_list()) == before


def test_a_change_comes_by_the_feed(charged, officer):
    officer(f"charge/{charge('anna-open').source_id}/annul", reason="warden_error")
    assert charge_feed.follow(charged, now=now()) == 1
    assert charges.stands(charge("anna-open")) is charges.law.State.ANNULLED
    assert charges.payable(charge("anna-open")) == NOTHING


def test_a_page_that_comes_twice_is_the_same(charged, officer, sandbox):
    officer(f"charge/{charge('anna-open').source_id}/annul", reason="warden_error")
    sandbox.fault("pilen", "duplicate-page", count=1)
    charge_feed.follow(charged, now=now())
    charge_feed.follow(charged, now=now())
    assert charges.stands(charge("anna-open")) is charges.law.State.ANNULLED
    assert Charge.objects.count() == len(SEEDS)


def test_an_older_answer_never_takes_the_place_of_a_newer_one(charged, officer):
    older = charged.charges.charge(charge("anna-open").source_id)
    officer(f"charge/{older.id}/annul", reason="warden_error")
    charge_feed.follow(charged, now=now())
    with charges.recording():
        assert charges.take_over([older], now=now()) == 0
    assert charges.stands(charge("anna-open")) is charges.law.State.ANNULLED


def test_who_fetched_an_older_version_waits_and_does_not_write_over_the_newer(charged, officer):
    """One has the newer version and has not committed it, while the other looks and writes."""
    older = charged.charges.charge(charge("anna-open").source_id)
    officer(f"charge/{older.id}/annul", reason="warden_error")
    newer = charged.charges.charge(older.id)
    middle = replace(older, version=older.version + 1)
    newer = replace(newer, version=older.version + 2)
    written = threading.Event()

    def feed():
        with recording():
            taken = charges.take_over([newer], now=now())
            written.set()
            assert somebody_waits_for_a_lock()
        return taken

    def request():
        written.wait(10)
        with recording():
            return charges.take_over([middle], now=now())

    assert at_the_same_time(feed, request) == [1, 0]
    kept = charge("anna-open")
    assert (kept.version, kept.state) == (newer.version, "annulled")


def test_two_who_are_the_first_to_see_a_charge_see_the_same(charged, officer):
    given = officer("issue", plate="ZA10001", offence="40a", place="VB")
    answer = charged.charges.charge(
        charged.charges.look_up(number=given["chargeNumber"], plate=Plate("ZA10001")).id
    )
    newer = replace(answer, version=answer.version + 1)
    written = threading.Event()

    def first():
        with recording():
            taken = charges.take_over([answer], now=now())
            written.set()
            assert somebody_waits_for_a_lock()
        return taken

    def second():
        written.wait(10)
        with recording():
            return charges.take_over([newer], now=now())

    def third():
        written.wait(10)
        with recording():
            return charges.take_over([answer], now=now())

    assert at_the_same_time(first, second, third) == [1, 1, 0]
    (kept,) = Charge.objects.filter(source_id=answer.id)
    assert kept.version == newer.version
    assert kept.holders.count() == len(answer.holders)
    assert answer.holders


def test_two_who_take_over_the_same_charges_do_not_wait_for_each_other(charged):
    """In another order each, and one that has begun with one of them, as collecting does."""
    told = [charged.charges.charge(charge(slug).source_id) for slug in ("anna-open", "anna-now")]
    told = [replace(each, version=each.version + 1) for each in told]
    newer = [replace(each, version=each.version + 1) for each in reversed(told)]
    begun = threading.Event()

    def collects():
        last = max((charge("anna-open"), charge("anna-now")), key=lambda each: str(each.id))
        with recording():
            one_at_a_time("charge", last.id)
            begun.set()
            assert somebody_waits_for_a_lock()
            return charges.take_over([t for t in told if t.id == last.source_id], now=now())

    def feed():
        begun.wait(10)
        with recording():
            return charges.take_over(newer, now=now())

    assert at_the_same_time(collects, feed) == [1, 2]


def test_a_gap_in_the_feed_is_read_again(charged, officer, sandbox):
    slugs = ("anna-open", "anna-now", "bo-tomorrow")
    for slug in slugs:
        officer(f"charge/{charge(slug).source_id}/annul", reason="warden_error")
    sandbox.fault("pilen", "feed-gap", count=1)
    with pytest.raises(Unavailable):
        charge_feed.follow(charged, now=now())
    charge_feed.follow(charged, now=now())
    stand = {charges.stands(charge(slug)) for slug in slugs}
    assert stand == {charges.law.State.ANNULLED}


def test_changes_that_are_missing_between_two_pages_are_found_by_listing_anew(charged, officer):
    officer(f"charge/{charge('anna-open').source_id}/annul", reason="warden_error")
    charge_feed.follow(charged, now=now())
    ChargeFeed.objects.update(sequence=0)
    Charge.objects.filter(id=charge("bo-tomorrow").id).delete()
    officer(f"charge/{charge('anna-now').source_id}/annul", reason="warden_error")
    charge_feed.follow(charged, now=now())
    assert charge("bo-tomorrow")
    assert charges.stands(charge("anna-now")) is charges.law.State.ANNULLED


def test_when_the_feed_has_forgotten_us_every_charge_is_listed_anew(charged, sandbox):
    Charge.objects.filter(id=charge("anna-open").id).delete()
    sandbox.fault("pilen", "feed-gone", count=1)
    charge_feed.follow(charged, now=now())
    assert Charge.objects.count() == len(SEEDS)


def test_a_listing_that_was_stopped_goes_on_where_it_was(stocked, officer, sandbox):
    officer("many", count="2500")
    heard = []

    def stop_after_two(listed: int, total: int) -> None:
        heard.append((listed, total))
        if len(heard) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        charge_feed.follow(stocked, now=now(), progress=stop_after_two)
    assert Charge.objects.count() == 2000
    asked = len(sandbox.journal("pilen"))
    charge_feed.follow(stocked, now=now())
    assert Charge.objects.count() == len(SEEDS) + 2500
    assert heard == [(1000, len(SEEDS) + 2500), (2000, len(SEEDS) + 2500)]
    assert len(sandbox.journal("pilen")) - asked <= 3, "the first pages are not read again"


# By the slip


def seen(outside, slug: str, *, plate: str = "", code: str = "", asker: str = "::1") -> Charge:
    number, own = slip_of(slug)
    asked = slip.Slip(
        number=charge_number(number), plate=None if code else Plate(plate or own), code=code
    )
    return slip.find(outside, asked, asker=asker, now=now())


def test_number_and_plate_find_the_charge(charged):
    assert seen(charged, "lars-swedish").plate == "SWE123"


def test_a_wrong_plate_and_a_wrong_number_look_alike(charged):
    with pytest.raises(slip.NoSuchCharge) as wrong_plate:
        seen(charged, "lars-swedish", plate="AB12345")
    asked = slip.Slip(number=charge_number("000000001"), plate=Plate("SWE123"))
    with pytest.raises(slip.NoSuchCharge) as wrong_number:
        slip.find(charged, asked, asker="::1", now=now())
    assert str(wrong_plate.value) == str(wrong_number.value)


def test_guessing_asks_for_more_and_locks_nobody_out(charged):
    for guess in range(5):
        with pytest.raises(slip.NoSuchCharge):
            seen(charged, "lars-swedish", plate=f"AB1234{guess}", asker=f"10.0.0.{guess}")
    with pytest.raises(slip.CodeNeeded):
        seen(charged, "lars-swedish")
    code = code_of(slip_of("lars-swedish")[0])
    assert seen(charged, "lars-swedish", code=code).plate == "SWE123"
    with pytest.raises(slip.NoSuchCharge):
        seen(charged, "lars-swedish", code=code[:-1] + "A")
    assert seen(charged, "german-unknown").plate == "HHXY99", "others are not touched"


def exhaust(outside, asker: str, **whose) -> None:
    """Ask from one address for what there is not, until no more is answered."""
    for guess in range(30):
        number = charge_number(f"{100_000_000 + guess}")
        asked = slip.Slip(number=number, plate=Plate(f"AB{guess:05}"))
        with pytest.raises(slip.NoSuchCharge):
            slip.find(outside, asked, asker=asker, now=now(), **whose)


def test_who_is_right_is_not_counted_among_those_who_guess(charged):
    for turn in range(35):
        assert seen(charged, "lars-swedish", asker="10.0.0.9")
        if turn in {3, 17}:
            with pytest.raises(slip.NoSuchCharge):
                seen(charged, "german-unknown", plate=f"AB1234{turn}", asker="10.0.0.9")


def test_who_shares_an_address_with_somebody_who_guesses_still_has_the_code(charged):
    exhaust(charged, "10.0.0.1")
    with pytest.raises(slip.CodeNeeded):
        seen(charged, "lars-swedish", asker="10.0.0.1")
    for slug in ("lars-swedish", "german-unknown") * 20:
        assert seen(charged, slug, code=code_of(slip_of(slug)[0]), asker="10.0.0.1")
    assert seen(charged, "lars-swedish", asker="10.0.0.2"), "another address is not touched"


def test_the_code_takes_nothing_from_those_who_ask_by_the_plate(charged):
    code = code_of(slip_of("lars-swedish")[0])
    for _ in range(40):
        seen(charged, "lars-swedish", code=code, asker="10.0.0.1")
        with pytest.raises(slip.NoSuchCharge):
            seen(charged, "lars-swedish", code=code[:-1] + "A", asker="10.0.0.1")
    assert seen(charged, "lars-swedish", asker="10.0.0.1")


def test_no_code_makes_us_ask_the_charge_system_more_often_than_a_plate_does(charged, sandbox):
    asked = slip.Slip(number=charge_number("100000099"), plate=Plate("AB12345"), code="A" * 10)
    before = len(sandbox.journal("pilen"))
    for _guess in range(40):
        with pytest.raises(slip.NoSuchCharge):
            slip.find(charged, asked, asker="10.0.0.1", now=now())
    assert len(sandbox.journal("pilen")) - before <= 30


def test_a_code_opens_a_new_charge_whatever_others_at_that_address_have_guessed(charged, officer):
    exhaust(charged, "10.0.0.1")
    given = officer("issue", plate="AB12345", offence="40a", place="VB")
    number = charge_number(given["chargeNumber"])
    asked = slip.Slip(number=number, plate=None, code=code_of(number))
    assert slip.find(charged, asked, asker="10.0.0.1", now=now()).number == number


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", ""),
    ],
)
def test_a_home_has_one_name_however_many_addresses_it_has(address, name):
    assert limit.asking(address) == name


def test_another_address_of_the_same_home_is_the_same_asker(charged):
    exhaust(charged, "2001:db8:1:2::1")
    with pytest.raises(slip.CodeNeeded):
        seen(charged, "lars-swedish", asker="2001:db8:1:2:ffff::2")
    assert seen(charged, "lars-swedish", asker="2001:db8:1:3::1")


def test_who_is_logged_in_is_not_touched_by_others_and_does_not_guess_either(charged):
    bo, number, plate = party("bo"), *slip_of("lars-swedish")
    exhaust(charged, "10.0.0.1")
    for guess in range(5):
        with pytest.raises(slip.NoSuchCharge):
            seen(charged, "lars-swedish", plate=f"AB1234{guess}", asker="10.0.0.3")
    asked = slip.Slip(number=charge_number(number), plate=Plate(plate))
    assert slip.find(charged, asked, asker="10.0.0.1", party=bo, now=now())
    exhaust(charged, "10.0.0.2", party=party("anna"))
    with pytest.raises(slip.CodeNeeded):
        slip.find(charged, asked, asker="10.0.0.4", party=party("anna"), now=now())
    assert slip.find(charged, asked, asker="10.0.0.4", party=bo, now=now())


def test_who_is_logged_in_and_guesses_at_a_plate_is_asked_for_the_code(charged):
    """From one number to the next, two hours long: with the plate of a car one has seen."""
    anna, (number, plate) = party("anna"), slip_of("lars-swedish")
    outcomes = []
    for guess in range(401):
        asked = slip.Slip(
            number=charge_number(f"{int(number) - 400 + guess:09}"), plate=Plate(plate)
        )
        then = now() + guess * timedelta(hours=2) / 401
        try:
            slip.find(charged, asked, asker="::1", party=anna, now=then)
            outcomes.append("found")
        except (slip.NoSuchCharge, slip.CodeNeeded) as answer:
            outcomes.append(type(answer).__name__)
    assert outcomes[4:6] == ["NoSuchCharge", "CodeNeeded"]
    assert outcomes.count("found") == 0
    assert outcomes.count("NoSuchCharge") < 5 + 2 * 5 + 1
    asked = slip.Slip(number=charge_number(number), plate=Plate(plate))
    with_code = replace(asked, code=code_of(number))
    assert slip.find(charged, with_code, asker="::1", party=anna, now=then), "the slip has a code"
    assert slip.find(charged, asked, asker="::1", party=party("bo"), now=then)
    assert slip.find(charged, asked, asker="::1", now=then), "nobody else is touched"


def test_ten_thousand_guesses_from_a_thousand_addresses_find_nothing(charged, officer):
    """By somebody who has every plate and every number, and must find out which belong together."""
    officer("many", count="1000")
    ChargeFeed.objects.all().delete()
    charge_feed.follow(charged, now=now())
    known = Charge.objects.order_by("number")
    numbers = list(known.values_list("number", flat=True))
    plates = list(known.values_list("plate", flat=True))
    assert len(numbers) > 1000
    chance, outcomes = random.Random(18), Counter()  # noqa: S311 - the same in each run
    began = now()
    for guess in range(10_000):
        home = guess % 1000
        address = f"10.{home // 250}.{home % 250}.7" if home % 2 else f"2001:db8:{home:x}::1"
        asked = slip.Slip(
            number=charge_number(chance.choice(numbers)), plate=Plate(chance.choice(plates))
        )
        try:
            slip.find(charged, asked, asker=address, now=began + guess * timedelta(seconds=0.1))
            outcomes["found"] += 1
        except (slip.NoSuchCharge, slip.CodeNeeded) as answer:
            outcomes[type(answer).__name__] += 1
    assert outcomes["found"] == 0
    assert outcomes["NoSuchCharge"] < 150, "more than so many were not even answered"
    number, plate = slip_of("lars-swedish")
    asked = slip.Slip(number=charge_number(number), plate=Plate(plate))
    later = now() + timedelta(minutes=17)
    for code, whose in ((code_of(number), None), ("", party("bo"))):
        slip.find(charged, replace(asked, code=code), asker="::1", party=whose, now=later)


@pytest.mark.parametrize(
    ("number", "plate", "asker", "most"),
    [
        ("{}", "ZZ10001", "10.{}.0.1", 5),
        ("100000001", "ZZ1{}", "10.{}.0.1", 5),
        ("{}", "ZZ1{}", "10.0.0.{}", 60),
        ("{}", "ZZ1{}", "2001:db8:0:{:x}::1", 60),
        ("{}", "ZZ1{}", "10.{}.0.1", 100),
    ],
    ids=["one plate", "one number", "one network", "one home's network", "all together"],
)
def test_so_many_misses_are_answered_at_once(charged, number, plate, asker, most):
    def answered(guess: int) -> bool:
        """Tell whether a guess had an answer, and was not only told to show the code."""
        asked = slip.Slip(
            number=charge_number(number.format(100_000_000 + guess)),
            plate=Plate(plate.format(f"{guess:04}")),
        )
        try:
            slip.find(charged, asked, asker=asker.format(guess), now=now())
        except slip.CodeNeeded:
            return False
        except slip.NoSuchCharge:
            return True

    assert [answered(guess) for guess in range(110)].count(True) == most


def test_what_is_found_takes_nothing_from_the_plate(charged):
    for _ in range(20):
        assert seen(charged, "lars-swedish")


def test_guessing_fades(charged):
    for guess in range(5):
        with pytest.raises(slip.NoSuchCharge):
            seen(charged, "lars-swedish", plate=f"AB1234{guess}", asker=f"10.0.0.{guess}")
    number, plate = slip_of("lars-swedish")
    asked = slip.Slip(number=charge_number(number), plate=Plate(plate))
    later = now() + timedelta(minutes=16)
    assert slip.find(charged, asked, asker="::1", now=later).number == number


def test_a_charge_that_was_given_just_now_is_found(charged, officer):
    given = officer("issue", plate="AB12345", offence="40a", place="VB")
    asked = slip.Slip(number=charge_number(given["chargeNumber"]), plate=Plate("AB12345"))
    found = slip.find(charged, asked, asker="::1", now=now())
    assert found.plate == "AB12345"
    assert found.code_hash


def scanned(outside, number: str, code: str = "", *, asker: str = "::1") -> Charge:
    asked = slip.Slip(number=charge_number(number), plate=None, code=code or code_of(number))
    return slip.find(outside, asked, asker=asker, now=now())


def test_a_charge_that_was_given_just_now_is_found_by_the_code_on_its_slip(charged, officer):
    number = officer("issue", plate="AB12345", offence="40a", place="VB")["chargeNumber"]
    for wrong in ("A" * 10, "A" * 9, "OOOOOOOOOO", "æ"):
        with pytest.raises(slip.NoSuchCharge):
            scanned(charged, number, wrong)
    assert not Charge.objects.filter(number=number).exists()
    assert scanned(charged, number).plate == "AB12345"


def test_who_guesses_at_codes_is_asked_about_no_more_and_locks_nobody_out(
    charged, officer, sandbox
):
    number = officer("issue", plate="AB12345", offence="40a", place="VB")["chargeNumber"]
    for _ in range(30):
        with pytest.raises(slip.NoSuchCharge):
            scanned(charged, number, "A" * 10, asker="10.0.0.1")
    before = len(sandbox.journal("pilen"))
    with pytest.raises(slip.NoSuchCharge):
        scanned(charged, number, asker="10.0.0.1")
    assert len(sandbox.journal("pilen")) == before, "they cost the charge system no more"
    given = slip.Slip(number=charge_number(number), plate=Plate("AB12345"))
    assert slip.find(charged, given, asker="10.0.0.1", now=now()), "the plate is not touched"
    Charge.objects.filter(number=number).delete()
    assert scanned(charged, number, asker="10.0.0.2"), "nor is anybody else"
    assert scanned(charged, number, asker="10.0.0.1"), "what is here is found by its code"


def test_guessing_at_codes_tells_nobody_which_numbers_there_are(charged):
    for number in (slip_of("lars-swedish")[0], "100000001"):
        for _ in range(40):
            with pytest.raises(slip.NoSuchCharge):
                scanned(charged, number, "A" * 10, asker="10.0.0.1")
        assert seen(charged, "german-unknown", asker="10.0.0.1"), "the plate does as before"


def test_a_borrowed_car_opens_one_charge_and_no_other(charged):
    hanne = party("hanne")
    borrowed = charge("peter-borrowed")
    assert borrowed not in charges.mine(hanne)
    before = set(charges.mine(hanne))
    charges.claim(hanne, borrowed, now=now())
    charges.claim(hanne, borrowed, now=now())
    assert set(charges.mine(hanne)) == before | {borrowed}
    assert ChargeClaim.objects.count() == 1
    charges.give_up(hanne, borrowed)
    assert set(charges.mine(hanne)) == before


# Paid


def begin(outside, slug: str, *given: Charge) -> Order:
    payer = party(slug)
    for each in given:
        checkout.choose(payer, each, now=now())
    chosen = checkout.charges_in_basket(payer)
    return checkout.begin(
        outside,
        payer,
        agreed=checkout.agreement(checkout.basket(payer), chosen),
        language="da",
        addresses=ADDRESSES,
        now=now(),
    )


def paid(outside, order: Order) -> Order:
    pay(order.payment.page_url)
    settled = checkout.settle(outside, order.payment.payment_id, now=now())
    assert settled is not None
    return settled


def test_what_is_paid_counts_at_once_and_reaches_the_account_once(charged, work):
    given = charge("anna-open")
    order = paid(charged, begin(charged, "anna", given))
    balance = charges.balance(given)
    assert (balance.owed, balance.underway) == (NOTHING, Money(51_000))
    checkout.settle(charged, order.payment.payment_id, now=now())
    work()
    work()
    payment = ChargePayment.objects.get()
    assert book(given, charged).count(("payment", -51_000, payment.reference)) == 1
    balance = charges.balance(charge("anna-open"))
    assert (balance.owed, balance.underway, balance.overpaid) == (NOTHING, NOTHING, NOTHING)
    assert charges.stands(charge("anna-open")) is charges.law.State.PAID
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()


def test_an_answer_that_is_lost_books_the_money_once(charged, sandbox, work):
    given = charge("anna-open")
    paid(charged, begin(charged, "anna", given))
    sandbox.fault("pilen", "answer-lost", count=1, path="/payments")
    work()
    row = Outgoing.objects.get(kind=Outgoing.Kind.REPORT_PAYMENT)
    send.send(charged, row.id, carriers=carry.CARRIERS, now=now() + timedelta(hours=1))
    assert Outgoing.objects.get(id=row.id).state == Outgoing.State.DONE
    payments = [line for line in book(given, charged) if line[0] == "payment"]
    assert len(payments) == 1


def test_charges_and_a_permit_are_paid_together(charged, work):
    fill_basket(charged, "anna")
    both = (charge("anna-open"), charge("anna-now"))
    order = begin(charged, "anna", *both)
    assert order.total_ore == 131_000 + 2 * 51_000
    paid(charged, order)
    assert {charges.payable(each) for each in both} == {NOTHING}
    assert order.lines.filter(permit__state="active").count() == 1
    work()
    assert {Charge.objects.get(id=each.id).balance for each in both} == {NOTHING}


def test_who_has_the_slip_pays_without_a_login(charged, work):
    given = charge("lars-swedish")
    order = checkout.begin_without_login(
        charged,
        given,
        agreed=Money(51_000),
        begun=(),
        language="en",
        addresses=ADDRESSES,
        now=now(),
    )
    again = checkout.begin_without_login(
        charged,
        given,
        agreed=Money(51_000),
        begun=[order.id],
        language="en",
        addresses=ADDRESSES,
        now=now(),
    )
    assert again.id == order.id, "a double click is one order"
    assert order.party is None
    paid(charged, order)
    work()
    assert charges.stands(charge("lars-swedish")) is charges.law.State.PAID
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()


def test_another_amount_than_was_agreed_to_is_not_taken(charged):
    with pytest.raises(checkout.Changed):
        checkout.begin_without_login(
            charged,
            charge("lars-swedish"),
            agreed=Money(100),
            begun=(),
            language="en",
            addresses=ADDRESSES,
            now=now(),
        )
    assert not Order.objects.exists()


@pytest.mark.parametrize("slug", ["clara-paid", "asta-collection", "kamma-time-barred"])
def test_what_is_not_owed_here_is_not_put_in_a_basket(charged, slug):
    with pytest.raises(checkout.NothingOwed):
        checkout.choose(party("clara"), charge(slug), now=now())


def test_two_who_pay_the_same_charge_are_one_payment_and_one_refund(charged, work):
    given = charge("inger-shared")
    orders = [begin(charged, who, given) for who in ("inger", "niels")]
    for order in orders:
        paid(charged, order)
    assert sorted(ChargePayment.objects.values_list("refunded_ore", flat=True)) == [0, 51_000]
    work()
    work()
    assert Refund.objects.get().done is not None
    balance = charges.balance(charge("inger-shared"))
    assert (balance.owed, balance.overpaid) == (NOTHING, NOTHING)
    kinds = [kind for kind, _, _ in book(given, charged)]
    assert kinds == ["charge", "payment", "payment", "refund"]


def test_of_two_who_pay_at_once_the_second_is_booked_before_it_is_credited(charged, work):
    given = charge("inger-shared")
    orders = [
        checkout.begin_without_login(
            charged,
            given,
            agreed=charges.payable(given),
            begun=(),
            language="da",
            addresses=ADDRESSES,
            now=now(),
        )
        for _browser in range(2)
    ]
    for order in orders:
        paid(charged, order)
    lane = Outgoing.objects.filter(lane=f"order {orders[1].number}").order_by("id")
    assert [each.kind for each in lane] == ["book order", "refund", "credit order"]
    work()
    work()
    assert {each.state for each in lane.all()} == {Outgoing.State.DONE}


def test_a_credit_waits_while_its_order_cannot_be_booked(charged):
    given = charge("inger-shared")
    for order in [begin(charged, who, given) for who in ("inger", "niels")]:
        paid(charged, order)
    refund = Refund.objects.get()
    lane = Outgoing.objects.filter(lane=f"order {refund.order.number}")
    Refund.objects.update(done=now())
    lane.filter(kind=Outgoing.Kind.BOOK_ORDER).update(state=Outgoing.State.DEAD)
    lane.filter(kind=Outgoing.Kind.REFUND).update(state=Outgoing.State.DONE)
    credit = lane.get(kind=Outgoing.Kind.CREDIT_ORDER)
    state = send.send(charged, credit.id, carriers=carry.CARRIERS, now=now())
    assert state is Outgoing.State.WAITING


def test_what_is_annulled_after_payment_is_paid_back_by_itself(charged, officer, work):
    given = charge("anna-open")
    paid(charged, begin(charged, "anna", given))
    work()
    officer(f"charge/{given.source_id}/annul", reason="sign_defect")
    charge_feed.follow(charged, now=now())
    refund = Refund.objects.get()
    assert (refund.amount_ore, refund.reason) == (51_000, "nothing owed on charge")
    charge_feed.follow(charged, now=now())
    work()
    work()
    assert Refund.objects.aggregate(at=Max("done"))["at"] is not None
    balance = charges.balance(charge("anna-open"))
    assert (balance.owed, balance.overpaid, balance.returning) == (NOTHING, NOTHING, NOTHING)
    assert [kind for kind, _, _ in book(given, charged)].count("refund") == 1


def test_two_charges_of_one_order_are_paid_back_at_once(charged, officer, work):
    both = (charge("anna-open"), charge("anna-now"))
    order = paid(charged, begin(charged, "anna", *both))
    work()
    told = []
    for each in both:
        officer(f"charge/{each.source_id}/annul", reason="warden_error")
        told.append(charged.charges.charge(each.source_id))
    written = threading.Event()

    def first():
        with recording():
            charges.take_over(told[:1], now=now())
            written.set()
            assert not somebody_waits_for_a_lock(seconds=1), "neither waits for the other"

    def second():
        written.wait(10)
        with recording():
            charges.take_over(told[1:], now=now())

    at_the_same_time(first, second)
    owed = Refund.objects.filter(order=order)
    assert {each.number for each in owed} == {f"{order.number}-1R1", f"{order.number}-2R1"}
    assert sum(each.amount_ore for each in owed) == 2 * 51_000
    work()
    work()
    assert not Refund.objects.filter(done=None).exists()
    assert {charges.balance(charge(slug)).overpaid for slug in ("anna-open", "anna-now")} == {
        NOTHING
    }


def test_an_order_that_was_not_paid_gives_the_charge_back_to_the_basket(charged):
    given = charge("anna-open")
    order = begin(charged, "anna", given)
    assert list(checkout.charges_in_basket(party("anna"))) == []
    checkout.cancel(charged, order, now=now())
    assert list(checkout.charges_in_basket(party("anna"))) == [given]
    assert charges.payable(given) == Money(51_000)


def test_the_account_has_everything_that_was_taken_here(charged, work):
    given = charge("anna-open")
    paid(charged, begin(charged, "anna", given))
    entries = charges.account(charge("anna-open")) + charges.paid_here(charge("anna-open"))
    assert [entry.kind for entry in entries] == [Kind.CHARGE, Kind.PAYMENT]
    assert agreement("anna") == checkout.agreement([], [])
