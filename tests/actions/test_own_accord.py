"""Charges annulled of our own accord: frozen, by four eyes, and each once, whatever happens."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from collecting import Town
from complaining import answer_for, send_for
from parking.actions import (
    annulment,
    casework,
    charge_feed,
    checkout,
    collect,
    complain,
    complaint_letters,
    complaint_wording,
    own_accord,
    plan,
    progress,
    retention,
    staff,
)
from parking.actions import charge as charges
from parking.actions.complaint_letters import Words
from parking.actions.permission import NotYours
from parking.actions.plan_progress import progress_of
from parking.jobs import tasks
from parking.law import case as case_law
from parking.law import complaint as complaint_law
from parking.law.charge import State as ChargeState
from parking.law.charge import Step as ChargeStep
from parking.law.charge_terms import AnnulmentReason
from parking.law.course import StepNotAllowed
from parking.law.days import danish_day
from parking.law.instalments import State as PlanState
from parking.law.money import NOTHING, Money
from parking.law.own_accord import LIMITS, Selection, State, Step
from parking.law.staff import Role
from parking.records.audit import Incident
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment
from parking.records.collection import CollectionAction, Plan
from parking.records.complaint import Complaint
from parking.records.letter import Letter
from parking.records.order import Refund
from parking.records.outbox import Outgoing
from parking.records.own_accord import OwnAccordAnnulment, OwnAccordCharge
from parking.records.recording import recording
from sandbox import charges as seeds
from town import ADDRESSES, charge, now, party, pay

pytestmark = pytest.mark.django_db(transaction=True)

SIGNED = ("sign-reminded", "otto-sign", "sign-unpaid", "sign-paid")
WHY = own_accord.Why(
    AnnulmentReason.SIGN,
    Words("Skiltet vendte ind mod hegnet.", "The sign was turned towards the fence."),
)


@pytest.fixture
def town(stocked, sandbox):
    """A portal that has read every charge of the sandbox."""
    return Town(stocked, sandbox)


def somebody(slug: str = "ditte"):
    return staff.add(name_id=slug, roles=(Role.DECIDER,), unit="Parkering", now=now())


def crooked_sign(**said) -> Selection:
    told = {
        "street": "LERGRAVSVEJ",
        "since": now() - timedelta(days=30),
        "until": now(),
        "codes": ("05a",),
    }
    return Selection(**{**told, **said})


def proposed(selection: Selection | None = None, who="ditte") -> OwnAccordAnnulment:
    selection = selection or crooked_sign()
    worker = somebody(who)
    seen = own_accord.preview(worker, selection, now=now())
    return own_accord.propose(worker, selection, WHY, shown=seen.mark, now=now())


def approved(selection: Selection | None = None) -> OwnAccordAnnulment:
    found = proposed(selection)
    own_accord.answer(somebody("dorte"), found.id, Step.APPROVE, text="", now=now())
    found.refresh_from_db()
    return found


def outcomes(found: OwnAccordAnnulment) -> dict[str, str]:
    slugs = {number: seed.slug for number, seed in seeds.numbered()}
    rows = found.charges.values_list("charge__number", "outcome")
    return {slugs[number]: outcome for number, outcome in rows}


def paid_by_card(town, slug: str, who: str) -> None:
    checkout.choose(party(who), charge(slug), now=now())
    order = checkout.begin(
        town.outside,
        party(who),
        agreed=checkout.agreement([], checkout.charges_in_basket(party(who))),
        language="da",
        addresses=ADDRESSES,
        now=now(),
    )
    pay(order.payment.page_url)
    checkout.settle(town.outside, order.payment.payment_id, now=now())


# Which, and how much


def test_a_preview_says_which_how_much_and_what_goes_back(town):
    seen = own_accord.preview(somebody(), crooked_sign(), now=now())
    assert [each.charge.number for each in seen.chosen] == [charge(s).number for s in SIGNED]
    assert (seen.owed, seen.back) == (Money(3 * 51_000), Money(51_000))
    assert dict(seen.by_state())[ChargeState.PAID] == 1


@pytest.mark.parametrize(
    ("said", "slugs"),
    [
        ({"codes": ()}, {*SIGNED, "sign-and-pavement"}),
        ({"first_house": 200, "last_house": 230}, {*SIGNED}),
        ({"first_house": 1, "last_house": 225}, set()),
        ({"street": "Lergravsvænget"}, set()),
        ({"until": now() - timedelta(days=9, hours=12)}, {"sign-reminded", "otto-sign"}),
    ],
)
def test_street_houses_time_and_codes_select(town, said, slugs):
    seen = own_accord.preview(somebody(), crooked_sign(**said), now=now())
    assert {each.charge.number for each in seen.chosen} == {charge(s).number for s in slugs}


def test_what_is_annulled_or_given_up_is_left_out(town):
    town.officer("sign-unpaid", "annul", reason="sign_defect")
    Charge.objects.filter(id=charge("sign-paid").id).update(state="written_off")
    seen = own_accord.preview(somebody(), crooked_sign(), now=now())
    assert {each.charge.number for each in seen.chosen} == {
        charge(slug).number for slug in ("sign-reminded", "otto-sign")
    }


def test_what_is_found_comes_by_the_index_of_street_and_time(town):
    asked = Charge.objects.on_street("Lergravsvej", now() - timedelta(days=30), now())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan_of = asked.values("id").explain()
    assert "charge_on_street" in plan_of
    assert "issued" in plan_of.partition("Index Cond")[2].partition("\n")[0]


def test_more_charges_cost_no_more_questions(town):
    few, many = crooked_sign(first_house=1, last_house=1), crooked_sign(codes=())
    counted = []
    for selection in (many, crooked_sign(until=now() - timedelta(days=20))):
        with CaptureQueriesContext(connection) as asked:
            own_accord.preview(somebody(), selection, now=now())
        counted.append(len(asked))
    assert counted[0] == counted[1]
    assert not own_accord.preview(somebody(), few, now=now()).count


def test_more_than_may_be_annulled_at_once_are_refused(town, monkeypatch):
    limits = LIMITS.versions[0][1]
    fewer = type(limits)(alone=limits.alone, most=3, longest_days=limits.longest_days)
    monkeypatch.setattr(own_accord, "_limits", lambda now: fewer)
    with pytest.raises(own_accord.TooMany):
        own_accord.preview(somebody(), crooked_sign(), now=now())


# Frozen, and by four eyes


def test_what_is_proposed_is_frozen(town):
    found = proposed()
    assert (found.count, found.owed, found.back) == (4, Money(153_000), Money(51_000))
    assert outcomes(found) == dict.fromkeys(SIGNED, "waiting")
    form = {"plate": "ZW40003", "offence": "05a", "place": "LP"}
    httpx.post(f"{town.sandbox.base}/pilen/issue", data=form).raise_for_status()
    own_accord.answer(somebody("dorte"), found.id, Step.APPROVE, text="", now=now())
    own_accord.carry_out(town.outside, now=now())
    assert set(outcomes(found)) == set(SIGNED)
    assert not ChargeAnnulment.objects.exclude(charge__own_accord__annulment=found).exists()


def test_what_is_not_what_was_shown_is_not_proposed(town):
    seen = own_accord.preview(somebody(), crooked_sign(), now=now())
    town.officer("sign-unpaid", "annul", reason="sign_defect")
    with pytest.raises(casework.ChangedMeanwhile):
        own_accord.propose(somebody(), crooked_sign(), WHY, shown=seen.mark, now=now())
    assert not OwnAccordAnnulment.objects.exists()


def test_nothing_is_annulled_before_a_colleague_approves(town):
    found, ditte, dorte = proposed(), somebody("ditte"), somebody("dorte")
    own_accord.carry_out(town.outside, now=now())
    assert not ChargeAnnulment.objects.exists()
    assert own_accord.may_do(ditte, found) == (Step.WITHDRAW,)
    assert own_accord.may_do(dorte, found) == (Step.APPROVE, Step.REJECT)
    for who, step in ((ditte, Step.APPROVE), (ditte, Step.REJECT), (dorte, Step.WITHDRAW)):
        with pytest.raises(StepNotAllowed):
            own_accord.answer(who, found.id, step, text="", now=now())
    own_accord.answer(dorte, found.id, Step.REJECT, text="Skiltet stod rigtigt.", now=now())
    with pytest.raises(StepNotAllowed):
        own_accord.answer(dorte, found.id, Step.APPROVE, text="", now=now())
    own_accord.carry_out(town.outside, now=now())
    assert not ChargeAnnulment.objects.exists()


def test_the_database_lets_nobody_approve_what_they_proposed(town):
    found = proposed()
    with pytest.raises(IntegrityError):
        OwnAccordAnnulment.objects.filter(id=found.id).update(
            state=State.APPROVED.value, answered_by=found.proposed_by
        )


def test_who_proposed_it_may_withdraw_it(town):
    found = proposed()
    own_accord.answer(somebody("ditte"), found.id, Step.WITHDRAW, text="", now=now())
    found.refresh_from_db()
    assert found.stands is State.WITHDRAWN


@pytest.mark.parametrize("how", ["held", "added", "complained", "pays"])
def test_nobody_proposes_or_approves_where_a_charge_of_their_own_is_among_them(town, how):
    found, worker, own = proposed(), somebody("dorte"), party("svend")
    slug = "sign-unpaid"
    if how == "added":
        own = party("hanne")
        charges.claim(own, charge(slug), now=now())
    elif how == "complained":
        own = party("hanne")
        send_for(slug, "hanne")
    elif how == "pays":
        shown = plan.propose(own, 3, now=now())
        plan.agree(town.outside, own, 3, agreed=shown.agreement, language="da", now=now())
        charge(slug).holders.all().delete()
    worker.number_fingerprint = own.number_fingerprints[0]
    worker.save()
    with pytest.raises(casework.OwnCase):
        own_accord.preview(worker, crooked_sign(), now=now())
    with pytest.raises(casework.OwnCase):
        own_accord.answer(worker, found.id, Step.APPROVE, text="", now=now())
    with pytest.raises(casework.OwnCase):
        own_accord.annul_one(worker, charge(slug), WHY, now=now())
    other = crooked_sign(until=now() - timedelta(days=9, hours=12))
    assert own_accord.preview(worker, other, now=now()).count


def test_what_there_is_not_is_nobodys(town):
    with pytest.raises(NotYours):
        own_accord.annulment_for(somebody(), charge("sign-paid").id)


# Carried out


def test_each_is_annulled_told_and_written_about_once(town, work, monkeypatch):
    found, said, annulled = approved(), [], complaint_letters.annulled

    def written(*given, words, **named):
        said.append(words)
        return annulled(*given, words=words, **named)

    monkeypatch.setattr(complaint_letters, "annulled", written)
    work()
    assert said == [WHY.words] * len(SIGNED)
    found.refresh_from_db()
    assert found.stands is State.DONE
    assert found.finished is not None
    assert outcomes(found) == dict.fromkeys(SIGNED, "annulled")
    assert own_accord.progress(found).amount == Money(4 * 51_000)
    for slug in SIGNED:
        told = town.told(slug)
        assert told.state.value == "annulled"
        assert [line.kind for line in told.account].count("annulment") == 1
        assert Letter.objects.filter(charge=charge(slug)).count() == 1, slug
    row = ChargeAnnulment.objects.filter(charge=charge("sign-unpaid")).get()
    assert (row.by, row.by_machine, row.reason) == ("Parkering", False, "sign")
    assert charges.stands(charge("sign-and-pavement")) is ChargeState.ISSUED
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()
    before = Letter.objects.count()
    own_accord.carry_out(town.outside, now=now())
    assert (Letter.objects.count(), ChargeAnnulment.objects.count()) == (before, 4)


@pytest.mark.parametrize(
    ("language", "english", "said"),
    [
        ("da", "The sign was turned.", "Skiltet var drejet."),
        ("en", "The sign was turned.", "The sign was turned."),
        ("en", "", "Skiltet var drejet."),
    ],
)
def test_the_letters_carry_the_reasons_in_words(town, language, english, said):
    words = Words("Skiltet var drejet.", english)
    letter = complaint_letters.annulled(
        charge("sign-unpaid"), AnnulmentReason.SIGN, language=language, words=words
    )
    why = complaint_wording.why_annulled(AnnulmentReason.SIGN, language=language)
    assert letter.sections[1].paragraphs == (why, said)


def test_what_was_paid_by_card_goes_back_once_and_what_came_by_bank_has_a_case(town, work):
    paid_by_card(town, "sign-unpaid", "svend")
    found = approved()
    assert found.back == Money(2 * 51_000)
    work()
    own_accord.carry_out(town.outside, now=now())
    work()
    refund = Refund.objects.get()
    assert (refund.amount_ore, refund.done is not None) == (51_000, True)
    (case,) = Case.objects.filter(
        kind=case_law.Kind.MONEY.value, unplaced_money__charge=charge("sign-paid")
    )
    assert case.money.amount == Money(51_000)


def test_an_open_complaint_is_closed_with_its_letter_and_nobody_gets_two(town, work):
    complaint = send_for("sign-unpaid", "svend")
    Letter.objects.all().delete()
    approved()
    work()
    complaint.refresh_from_db()
    assert complaint.stands is complaint_law.State.ANNULLED
    assert Case.objects.get(complaint=complaint).stands is case_law.State.WITHDRAWN
    letter = Letter.objects.get(charge=charge("sign-unpaid"))
    assert letter.complaint == complaint
    assert Complaint.objects.filter(charge=charge("sign-unpaid")).count() == 1


def test_who_complained_and_was_refused_hears_of_it_too_and_each_once(town, work):
    about, svend = charge("sign-unpaid"), party("svend")
    guest = {
        "question": "disc",
        "text": "Skiven lå i ruden.",
        "name": "Gerda Gæst",
        "address": "Gæstevej 1, 2300 København S",
    }
    complain.begin(party("bo"), about, language="da", now=now())  # is never sent
    begun = complain.begin(None, about, language="da", now=now())
    withdrawn = complain.submit(complain.keep(begun, guest, now=now()), now=now())
    complain.withdraw(withdrawn, now=now())
    refused = send_for("sign-unpaid", "hanne")
    answer_for(refused, complaint_law.Step.UPHOLD, reason=None)
    Letter.objects.all().delete()
    approved()
    work()
    told = Letter.objects.filter(charge=about)
    assert {each.party for each in told} == {party("hanne"), svend, None}
    assert told.get(party=party("hanne")).complaint == refused
    assert told.get(party=None).addressee.name == "Gerda Gæst"
    assert told.count() == 3


def test_who_pays_in_instalments_is_concerned(town):
    svend = party("svend")
    shown = plan.propose(svend, 3, now=now())
    plan.agree(town.outside, svend, 3, agreed=shown.agreement, language="da", now=now())
    charge("sign-unpaid").holders.all().delete()
    assert annulment.concerned(charge("sign-unpaid")) == [svend]


def test_nobody_writes_to_the_dead_who_had_logged_in(town, work):
    about, heir = charge("sign-unpaid"), party("hanne")
    charges.claim(party("svend"), about, now=now())
    charges.claim(heir, about, now=now())
    why = own_accord.Why(AnnulmentReason.DECEASED, Words("Død."))
    found = own_accord.annul_one(somebody(), about, why, now=now())
    work()
    assert outcomes(found) == {"sign-unpaid": "annulled"}
    assert [each.party for each in Letter.objects.filter(charge=about)] == [heir]


def test_what_is_with_the_debt_collection_is_taken_back(town):
    town.collect_until("sign-unpaid", ChargeStep.SECOND_FEE)
    town.pass_days(14)
    town.collect_until("sign-unpaid", ChargeStep.TRANSFER)
    own_accord.annul_one(somebody(), charge("sign-unpaid"), WHY, now=town.at)
    own_accord.carry_out(town.outside, now=town.at)
    town.send()
    kinds = CollectionAction.objects.order_by("id").values_list("kind", "reason")
    assert list(kinds) == [("submit", ""), ("recall", "annulled")]
    assert town.told("sign-unpaid").state.value == "annulled"


def test_a_plan_goes_on_without_it(town, work):
    svend = party("svend")
    shown = plan.propose(svend, 3, now=now())
    plan.agree(town.outside, svend, 3, agreed=shown.agreement, language="da", now=now())
    approved()
    work()
    plan.follow(now=now())
    agreed = Plan.objects.get(party=svend)
    assert progress_of(agreed).left == ()
    assert agreed.state == PlanState.COMPLETED.value
    assert charges.balance(charge("sign-unpaid")).owed == NOTHING


def test_what_changed_since_it_was_proposed_counts_as_it_is_now(town, work):
    found = approved()
    paid_by_card(town, "sign-unpaid", "svend")
    # Annulled at the charge system's own console, and we have not heard of it.
    path = f"{town.sandbox.base}/pilen/charge/{charge('sign-reminded').source_id}/annul"
    httpx.post(path, data={"reason": "sign_defect"}).raise_for_status()
    work()
    assert outcomes(found) == {**dict.fromkeys(SIGNED, "annulled"), "sign-reminded": "over"}
    assert Refund.objects.get().amount_ore == 51_000
    assert own_accord.progress(found).over == 1
    told = town.told("sign-reminded")
    assert [line.kind for line in told.account].count("annulment") == 1


def test_killed_in_the_middle_it_goes_on_where_it_stopped(town, work, monkeypatch):
    found, done = approved(), []
    whole = annulment.annul_whole

    def dies(given, **named):
        if len(done) == 2:
            raise KeyboardInterrupt  # as a process that is told to go
        done.append(given)
        return whole(given, **named)

    monkeypatch.setattr(annulment, "annul_whole", dies)
    with pytest.raises(KeyboardInterrupt):
        own_accord.carry_out(town.outside, now=now())
    found.refresh_from_db()
    assert (ChargeAnnulment.objects.count(), found.stands) == (2, State.APPROVED)
    monkeypatch.setattr(annulment, "annul_whole", whole)
    work()
    found.refresh_from_db()
    assert (ChargeAnnulment.objects.count(), found.stands) == (4, State.DONE)
    assert Letter.objects.exclude(charge=None).count() == 4


def test_one_that_fails_keeps_no_other_waiting_and_is_tried_again(town, monkeypatch):
    found, whole = approved(), annulment.annul_whole

    def fails(given, **named):
        if given == charge("otto-sign"):
            raise ZeroDivisionError
        return whole(given, **named)

    monkeypatch.setattr(annulment, "annul_whole", fails)
    assert not own_accord.carry_out(town.outside, now=now(), most=4)
    assert outcomes(found) == {**dict.fromkeys(SIGNED, "annulled"), "otto-sign": "waiting"}
    monkeypatch.setattr(annulment, "annul_whole", whole)
    own_accord.carry_out(town.outside, now=now() + timedelta(hours=2))
    found.refresh_from_db()
    assert found.stands is State.DONE


def test_what_fails_counts_is_told_once_and_stands_back_for_a_while(town, monkeypatch):
    found, asked = approved(), []

    def fails(given, **named):
        asked.append(given.number)
        raise ZeroDivisionError

    monkeypatch.setattr(annulment, "annul_whole", fails)
    assert own_accord.carry_out(town.outside, now=now(), most=2), "there are two more"
    assert len(asked) == 2
    assert not own_accord.carry_out(town.outside, now=now(), most=100)
    assert not own_accord.carry_out(town.outside, now=now(), most=100)
    assert sorted(asked) == sorted(charge(slug).number for slug in SIGNED)
    own_accord.carry_out(town.outside, now=now() + timedelta(hours=2))
    assert len(asked) == 8
    told = Incident.objects.filter(what="a charge could not be annulled of our own accord")
    assert told.count() == 4
    assert all(str(found.id) in each.detail for each in told)


def test_so_many_at_a_time_and_the_rest_soon(town, work, monkeypatch):
    found = approved()
    assert own_accord.carry_out(town.outside, now=now(), most=3)
    assert own_accord.progress(found).waiting == 1
    tasks.annul_of_own_accord(0)
    assert own_accord.progress(found).waiting == 0


def test_while_the_charge_system_is_down_all_wait_and_somebody_abroad_is_told_later(town, sandbox):
    sandbox.fault("pilen", "status:503")
    found = own_accord.annul_one(somebody(), charge("german-found"), WHY, now=now())
    street = approved()
    assert not own_accord.carry_out(town.outside, now=now())
    assert outcomes(found) == {"german-found": "waiting"}
    assert outcomes(street) == dict.fromkeys(SIGNED, "waiting"), "nobody else is asked about"
    assert not Incident.objects.exists()
    town.outside_is_back()
    own_accord.carry_out(town.outside, now=now())
    assert outcomes(street) == dict.fromkeys(SIGNED, "annulled"), "others go first"
    own_accord.carry_out(town.outside, now=now() + timedelta(minutes=10))
    assert outcomes(found) == {"german-found": "annulled"}
    assert Letter.objects.get(charge=charge("german-found")).addressee.name == "Max Beispiel"


def test_an_account_that_contradicts_itself_is_left_to_a_person(town):
    found = approved()
    twisted = charge("sign-unpaid")
    line = dict(twisted.told["account"][0])
    twisted.told["account"].append({**line, "amount": {"ore": 1}, "number": 99})
    twisted.version += 5
    with recording():
        twisted.save()
    seen = own_accord.preview(somebody(), crooked_sign(), now=now())
    assert [each.number for each in seen.unclear] == [twisted.number]
    own_accord.carry_out(town.outside, now=now())
    assert outcomes(found)["sign-unpaid"] == "disagrees"
    told = Incident.objects.get(what="a charge's account contradicts itself")
    assert str(found.id) in told.detail
    found.refresh_from_db()
    assert found.stands is State.DONE


# One charge


def test_one_ordinary_charge_is_annulled_by_one_case_worker(town, work):
    found = own_accord.annul_one(somebody(), charge("sign-unpaid"), WHY, now=now())
    assert found.stands is State.APPROVED
    own_accord.carry_out(town.outside, only=found, now=now())
    assert charges.stands(charge("sign-unpaid")) is ChargeState.ANNULLED
    with pytest.raises(StepNotAllowed):
        own_accord.annul_one(somebody(), charge("sign-unpaid"), WHY, now=now())
    work()
    assert ChargeAnnulment.objects.count() == 1
    assert OwnAccordCharge.objects.count() == 1


def test_one_charge_that_became_large_meanwhile_is_put_back_for_a_colleague(town, work):
    large = charge("rosa-lorry")
    told, version = large.told, large.version
    small = [{**line, "amount": {"ore": 51_000}} for line in told["account"]]
    Charge.objects.filter(id=large.id).update(told={**told, "account": small}, version=0)
    found = own_accord.annul_one(somebody(), charge("rosa-lorry"), WHY, now=now())
    assert (found.stands, found.owed) == (State.APPROVED, Money(51_000))
    own_accord.carry_out(town.outside, now=now())
    found.refresh_from_db()
    assert charge("rosa-lorry").version >= version
    assert not ChargeAnnulment.objects.exists()
    assert (found.stands, found.answered_by, found.answered) == (State.PROPOSED, None, None)
    assert found.owed == charges.balance(charge("rosa-lorry")).owed == found.charges.get().owed
    assert own_accord.may_do(somebody("ditte"), found) == (Step.WITHDRAW,)
    own_accord.answer(somebody("dorte"), found.id, Step.APPROVE, text="", now=now())
    own_accord.carry_out(town.outside, now=now())
    assert outcomes(found) == {"rosa-lorry": "annulled"}


def test_a_fee_that_nobody_has_heard_of_is_annulled_too(town):
    town.collect_until("sign-unpaid", ChargeStep.REMIND)
    day = progress.coming(charge("sign-unpaid"), now=town.at).day
    town.pass_days((day - danish_day(town.at)).days)
    assert collect.go_on(town.outside, charge("sign-unpaid"), now=town.at) is ChargeStep.FIRST_FEE
    owed = charges.balance(charge("sign-unpaid")).owed
    assert owed > Money(51_000)
    assert own_accord.preview_of(somebody(), charge("sign-unpaid")).owed == owed
    own_accord.annul_one(somebody(), charge("sign-unpaid"), WHY, now=town.at)
    own_accord.carry_out(town.outside, now=town.at)
    assert charges.balance(charge("sign-unpaid")).owed == NOTHING
    town.send()
    assert charges.balance(charge("sign-unpaid")).owed == NOTHING
    assert town.told("sign-unpaid").state.value == "annulled"


def test_one_large_charge_takes_two(town):
    found = own_accord.annul_one(somebody(), charge("rosa-lorry"), WHY, now=now())
    assert found.stands is State.PROPOSED
    own_accord.carry_out(town.outside, now=now())
    assert not ChargeAnnulment.objects.exists()


def test_with_the_last_of_its_charges_an_annulment_is_forgotten(town, work):
    found = own_accord.annul_one(somebody(), charge("sign-unpaid"), WHY, now=now())
    work()
    charge_feed.follow(town.outside, now=now())
    retention.forget(now=now() + timedelta(days=365))
    assert OwnAccordCharge.objects.filter(annulment=found).exists()
    retention.forget(now=now() + timedelta(days=6 * 365))
    assert not OwnAccordCharge.objects.exists()
    assert not OwnAccordAnnulment.objects.exists()
