"""What the charge system has on its books: every charge, its account, and the feed of changes.

One change at a time. What is kept is the charge as the interface shows it, and beside it what only
the system itself needs: how far reminding has come, and which reports it has seen. The charges of
the first day are written by the same functions as those that come later: `sandbox.chargehistory`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid5
from zoneinfo import ZoneInfo

from sandbox import charges
from sandbox.charges import Seed
from sandbox.city import IDENTITIES
from sandbox.world import World

Charge = dict[str, Any]
Kept = dict[str, Any]  #: {"charge": as shown, "step": …, "seen": {reference: print}}
Body = dict[str, Any]

COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
FEED_KEEPS: Final = timedelta(days=30)
STEPS: Final = ("issued", "reminded", "first_fee", "second_fee")
REMINDERS: Final = {
    "reminder": "reminded",
    "reminder_first_fee": "first_fee",
    "reminder_second_fee": "second_fee",
}
ENDED: Final = ("annulled", "written_off", "time_barred")
MOST_ROUNDS: Final = 2


class Refused(Exception):
    """An answer with a problem: its status, its type, and what in the request it is about."""

    def __init__(self, status: int, problem: str, detail: str = "", field: str = "") -> None:
        super().__init__(detail or problem)
        self.status, self.problem, self.detail, self.field = status, problem, detail, field


def money(ore: int) -> Body:
    """Whole øre as the interface writes them."""
    return {"amount": ore, "currency": "DKK"}


def moment(when: datetime) -> str:
    """A moment as the interface writes it, with Copenhagen's offset."""
    return when.astimezone(COPENHAGEN).isoformat(timespec="seconds")


def today(when: datetime) -> date:
    """The day in Copenhagen."""
    return when.astimezone(COPENHAGEN).date()


def _spoilt(charge: Charge) -> Charge:
    """The charge as nobody can read it: its plate is none."""
    return {**charge, "registrationNumber": "?"}


def _bare(plate: str) -> str:
    """The plate without marks on letters that are not Danish."""
    plain = plate.translate(str.maketrans("ĐÐŁ", "DDL"))
    return "".join(
        each if each in "ÆØÅ" else unicodedata.normalize("NFD", each)[0] for each in plain
    )


def _masked(charge: Charge) -> Charge:
    """The charge without anything personal, and without its code."""
    left_out: Body = {"holders": [], "stops": [], "complaints": [], "code": None}
    return {**charge, **left_out, "masked": True}


class ChargeBook:
    """The books of one city; *begin* writes what stands in them on the first day."""

    def __init__(self, world: World, begin: Callable[[ChargeBook, datetime], None]) -> None:
        self._world, self._store, self._begin = world, world.store, begin
        self._heard: Callable[[], None] = lambda: None
        self._beginning = False

    def tell(self, hear: Callable[[], None]) -> None:
        """Let *hear* be called after every change."""
        self._heard = hear

    # Reading

    def get(self, charge_id: str) -> Charge:
        """A charge as it stands.

        :raises Refused: if there is none
        """
        shown: Charge = self._kept(charge_id)["charge"]
        return shown

    def look_up(self, number: str, plate: str) -> Charge:
        """The charge with that number, if it was given to that plate; without anything personal.

        :raises Refused: if there is none, or it is another plate's
        """
        charge = self._numbered(number)
        if charge is None or _bare(charge["registrationNumber"]) != _bare(plate):
            raise Refused(404, "not-found")
        return _masked(charge)

    def look_up_by_code(self, number: str, code: str) -> Charge:
        """The charge with that number, if that code stands on its slip; without anything personal.

        :raises Refused: if there is none, or it has another code
        """
        charge = self._numbered(number)
        if charge is None or not hmac.compare_digest(charge["code"], code):
            raise Refused(404, "not-found")
        return _masked(charge)

    def _numbered(self, number: str) -> Charge | None:
        with self._store.locked():
            self._open()
            found = self._store.get("pilen.numbers", number)
            charge_id = found or charges.bulk_id_of(number, self._bulk(), self._opened())
            return self.get(charge_id) if charge_id else None

    def all(self) -> list[Charge]:
        """Every charge that stands in the books one by one, the newest first."""
        with self._store.locked():
            self._open()
            kept = [each["charge"] for each in self._store.all("pilen.charges").values()]
        return sorted(kept, key=lambda charge: str(charge["issuedAt"]), reverse=True)

    def page(self, cursor: str | None, limit: int) -> Body:
        """A page of all charges: first those kept one by one, then the many.

        :raises Refused: if the cursor means nothing, or is of another life
        """
        with self._store.locked():
            self._open()
            if cursor is None:
                start, feed, bulk = 0, self._last(), self._bulk()
            else:
                start, feed, bulk = self._read_cursor(cursor, "page", 3)
            singles = list(self._store.all("pilen.charges").values())
            ours = [kept["charge"] for kept in singles if not kept.get("bulk")]
            changed = {kept["charge"]["id"]: kept["charge"] for kept in singles if kept.get("bulk")}
            total = len(ours) + bulk
            shown = ours[start : start + limit]
            first = max(start - len(ours), 0)
            room = min(limit - len(shown), bulk - first) if start + limit > len(ours) else 0
            for index in range(first, first + max(room, 0)):
                one = charges.bulk(index, self._opened())
                shown.append(changed.get(one["id"], one))
            end = start + len(shown)
            if shown and self._world.faults.take("pilen", "bad-row"):
                shown = [_spoilt(shown[0]), *shown[1:]]
            return {
                "charges": shown,
                "next": self._cursor("page", end, feed, bulk) if end < total else None,
                "feed": self._cursor("feed", feed),
                "total": total,
            }

    def changes(self, since: str, limit: int) -> Body:
        """What has changed after a cursor.

        :raises Refused: if the cursor means nothing, is too old, or of another life
        """
        with self._store.locked():
            self._open()
            (after,) = self._read_cursor(since, "feed", 1)
            last = self._last()
            if self._world.faults.take("pilen", "feed-gone") or after > last:
                raise Refused(410, "cursor-too-old")
            if self._world.faults.take("pilen", "duplicate-page"):
                after = max(after - limit, 0)
            found = [
                change
                for number in range(after + 1, min(after + limit, last) + 1)
                if (change := self._store.get("pilen.changes", str(number))) is not None
            ]
            oldest = self._world.clock.now() - FEED_KEEPS
            if found and datetime.fromisoformat(found[0]["changedAt"]) < oldest:
                raise Refused(410, "cursor-too-old")
            end = found[-1]["sequence"] if found else after
            if found and self._world.faults.take("pilen", "feed-gap"):
                found = [*found[: len(found) // 2], *found[len(found) // 2 + 1 :]]
            bad = 1 if found and self._world.faults.take("pilen", "bad-row") else 0
            bad = len(found) if found and self._world.faults.take("pilen", "bad-rows") else bad
            spoilt = [{**each, "charge": _spoilt(each["charge"])} for each in found[:bad]]
            found = [*spoilt, *found[bad:]]
            return {
                "changes": found,
                "next": self._cursor("feed", end),
                "more": end < last,
            }

    def parking_payments(self, charge_id: str) -> list[Body]:
        """Parking paid for around the time, for the plate and those one sign away."""
        charge = self.get(charge_id)
        issued = datetime.fromisoformat(charge["issuedAt"])
        found = []
        with self._store.locked():
            for paid in self._store.all("pilen.parking").values():
                near = abs(datetime.fromisoformat(paid["from"]) - issued) <= timedelta(days=1)
                if near and _one_sign_away(
                    paid["registrationNumber"], charge["registrationNumber"]
                ):
                    found.append(paid)
        return found

    # Reports about money

    def pay(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """Money has come in."""

        def do(kept: Kept) -> None:
            kept["payments"][body["reference"]] = body["amount"]["amount"]
            self._book(kept, "payment", -body["amount"]["amount"], body["paidAt"], body)

        return self._report(charge_id, "payment", body, do)

    def refund(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """Money has been paid back."""

        def do(kept: Kept) -> None:
            if body["paymentReference"] not in kept["payments"]:
                raise Refused(400, "invalid-request", "no such payment", "paymentReference")
            taken_back = body.get("way") == "taken_back"
            paid = kept["payments"][body["paymentReference"]]
            if body["amount"]["amount"] > (paid if taken_back else -_balance(kept)):
                raise Refused(422, "refund-exceeds-credit")
            self._book(kept, "refund", body["amount"]["amount"], body["refundedAt"], body)

        return self._report(charge_id, "refund", body, do)

    def pay_out(self, body: Body) -> tuple[int, Body]:
        """Money of no charge is to be paid back: 201, or 200 when it is known already.

        :raises Refused: if something else was asked for under the reference
        """
        with self._store.locked():
            known: Body | None = self._store.get("pilen.payouts", body["reference"])
            if known is not None:
                if known != body:
                    raise Refused(409, "reference-used")
                return 200, known
            self._store.put("pilen.payouts", body["reference"], body)
            return 201, body

    def fee(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """A reminder fee."""

        def do(kept: Kept) -> None:
            self._must_be_open(kept, datetime.fromisoformat(body["bookedAt"]))
            self._book(kept, "fee", body["amount"]["amount"], body["bookedAt"], body)

        return self._report(charge_id, "fee", body, do)

    def letter(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """A letter was sent."""

        def do(kept: Kept) -> None:
            step = REMINDERS.get(body["kind"])
            if step is not None:
                self._must_be_open(kept, datetime.fromisoformat(body["sentAt"]))
                if STEPS.index(step) > STEPS.index(kept["step"]):
                    kept["step"] = step
            kept["charge"]["letters"].append(
                {name: value for name, value in body.items() if name != "dueDate"}
            )
            if "dueDate" in body:
                kept["charge"]["dueDate"] = body["dueDate"]

        return self._report(charge_id, "letter", body, do)

    def annul(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """The charge is annulled, whole or in part."""

        def do(kept: Kept) -> None:
            given = body.get("amount")
            amount = given["amount"] if given else _standing(kept)
            self._annul(kept, amount, body["decidedAt"], body)

        return self._report(charge_id, "annulment", body, do)

    def transfer(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """The balance was handed to debt collection."""

        def do(kept: Kept) -> None:
            self._must_be_open(kept, datetime.fromisoformat(body["transferredAt"]))
            if body["amount"]["amount"] != _balance(kept):
                raise Refused(422, "transfer-is-not-balance")
            kept["charge"]["collection"] = {**body, "withdrawnAt": None}

        return self._report(charge_id, "transfer", body, do)

    def withdraw(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """Debt collection has given it back."""

        def do(kept: Kept) -> None:
            if not _at_collection(kept):
                raise Refused(409, "not-at-collection")
            kept["charge"]["collection"]["withdrawnAt"] = body["withdrawnAt"]

        return self._report(charge_id, "withdrawal", body, do)

    def stop(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """A case worker has stopped the collection."""

        def do(kept: Kept) -> None:
            self._must_be_collected(kept)
            day = today(datetime.fromisoformat(body["from"])).isoformat()
            if "until" in body and body["until"] <= day:
                raise Refused(400, "invalid-request", "must be later than that of from", "until")
            kept["charge"]["stops"].append({"until": None, **body, "liftedAt": None})

        return self._report(charge_id, "stop", body, do)

    def lift(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """A stop is over before its day; one that is over already stays as it is."""

        def do(kept: Kept) -> None:
            for stop in kept["charge"]["stops"]:
                if stop["reference"] == body["stopReference"]:
                    stop["liftedAt"] = stop["liftedAt"] or body["liftedAt"]
                    return
            raise Refused(400, "invalid-request", "no such stop", "stopReference")

        return self._report(charge_id, "lift", body, do)

    # Complaints

    def complain(self, charge_id: str, body: Body) -> tuple[int, Charge]:
        """A complaint has come in."""

        def do(kept: Kept) -> None:
            complaints = kept["charge"]["complaints"]
            if any(_is_open(each) for each in complaints):
                raise Refused(409, "complaint-open")
            if kept["charge"]["state"] in ENDED:
                raise Refused(409, "closed")
            if len(complaints) >= MOST_ROUNDS:
                raise Refused(409, "no-further-round")
            complaints.append(
                {
                    "id": _key("k", charge_id, body["reference"]),
                    "version": 1,
                    "round": len(complaints) + 1,
                    "state": "open",
                    "decision": None,
                    "messages": [],
                    "attachments": [],
                    "holdUntil": None,
                    **body,
                }
            )

        return self._report(charge_id, "complaint", body, do)

    def complaint(self, charge_id: str, complaint_id: str) -> Body:
        """One complaint.

        :raises Refused: if there is none
        """
        return _complaint(self._kept(charge_id), complaint_id)

    def change_complaint(
        self, charge_id: str, complaint_id: str, version: int | None, body: Body
    ) -> Charge:
        """Decide a complaint, take it back, hear about it, or wait longer.

        :raises Refused: if somebody has changed it meanwhile, or it is over
        """
        with self._store.locked():
            kept = self._kept(charge_id)
            complaint = _complaint(kept, complaint_id)
            if version not in {None, complaint["version"]}:
                raise Refused(412, "precondition-failed")
            if not _is_open(complaint):
                raise Refused(409, "complaint-closed")
            if "decision" in body:
                self._decide(kept, complaint, body["decision"])
            elif "state" in body:
                complaint["state"] = body["state"]
            else:
                complaint["holdUntil"] = body["holdUntil"]
            complaint["version"] += 1
            return self._keep(kept)

    def _decide(self, kept: Kept, complaint: Body, decision: Body) -> None:
        amount, standing = decision["amount"]["amount"], _standing(kept)
        fits = {
            "upheld": amount == 0,
            "annulled": amount == standing,
            "partly": 0 < amount < standing,
        }
        if not fits[decision["outcome"]]:
            raise Refused(422, "annulment-exceeds-account", field="decision/amount")
        if (decision["reasonCode"] is None) != (decision["outcome"] == "upheld"):
            raise Refused(400, "invalid-request", "reasonCode", "decision/reasonCode")
        if amount:
            self._annul(kept, amount, decision["decidedAt"], {"reference": complaint["id"]})
        if decision["dueDate"] is not None:
            kept["charge"]["dueDate"] = decision["dueDate"]
        complaint.update(decision=decision, state="decided", holdUntil=None)

    def message(self, charge_id: str, complaint_id: str, body: Body) -> tuple[int, Charge]:
        """A message of a complaint."""

        def do(kept: Kept) -> None:
            complaint = _complaint(kept, complaint_id)
            if complaint["state"] == "withdrawn":
                raise Refused(409, "complaint-closed")
            complaint["messages"].append(body)
            complaint["version"] += 1

        return self._report(charge_id, f"message {complaint_id}", body, do)

    def attach(
        self, charge_id: str, complaint_id: str, body: Body, content: bytes
    ) -> tuple[int, Charge]:
        """A file of a complaint; *body* is its reference, name and content type."""
        about = {
            "id": f"a-{hashlib.sha256(f'{complaint_id} {body}'.encode()).hexdigest()[:32]}",
            **body,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }

        def do(kept: Kept) -> None:
            complaint = _complaint(kept, complaint_id)
            if not _is_open(complaint):
                raise Refused(409, "complaint-closed")
            complaint["attachments"].append(about)
            complaint["version"] += 1
            written = {"type": body["contentType"], "bytes": base64.b64encode(content).decode()}
            self._store.put("pilen.files", about["id"], written)

        return self._report(charge_id, f"attachment {complaint_id}", about, do)

    def attachment(
        self, charge_id: str, complaint_id: str, attachment_id: str
    ) -> tuple[str, bytes]:
        """The content type and the bytes of a file.

        :raises Refused: if there is none
        """
        complaint = self.complaint(charge_id, complaint_id)
        if attachment_id not in {each["id"] for each in complaint["attachments"]}:
            raise Refused(404, "not-found")
        written = self._store.get("pilen.files", attachment_id)
        return str(written["type"]), base64.b64decode(written["bytes"])

    # Plans

    def plan(self, plan_id: str) -> Body:
        """A plan.

        :raises Refused: if there is none
        """
        with self._store.locked():
            self._open()
            found: Body | None = self._store.get("pilen.plans", plan_id)
        if found is None:
            raise Refused(404, "not-found")
        return found

    def agree(self, body: Body) -> tuple[int, Body]:
        """A plan was agreed: 201, or 200 when it is known already.

        :raises Refused: if it does not add up, or a charge cannot be on a plan
        """
        with self._store.locked():
            self._open()
            for plan in self._store.all("pilen.plans").values():
                if plan["reference"] == body["reference"]:
                    if plan["print"] != _print("plan", body):
                        raise Refused(409, "reference-used")
                    return 200, plan
            try:
                every = [self._kept(charge_id) for charge_id in body["chargeIds"]]
            except Refused:
                raise Refused(400, "invalid-request", "no such charge", "chargeIds") from None
            if any(_balance(kept) <= 0 or self._busy(kept) for kept in every):
                raise Refused(409, "plan-not-possible")
            parts = [each["amount"]["amount"] for each in body["instalments"]]
            if sum(parts) != sum(_balance(kept) for kept in every):
                raise Refused(422, "plan-does-not-add-up", field="instalments")
            numbers = [each["number"] for each in body["instalments"]]
            days = [each["dueDate"] for each in body["instalments"]]
            if numbers != list(range(1, len(parts) + 1)) or days != sorted(set(days)):
                raise Refused(422, "plan-does-not-add-up", field="instalments")
            plan = {
                "id": _key("p", body["reference"]),
                "version": 1,
                "state": "active",
                **body,
                "print": _print("plan", body),
            }
            self._store.put("pilen.plans", plan["id"], plan)
            for kept in every:
                kept["charge"]["planId"] = plan["id"]
                self._keep(kept)
            return 201, plan

    def change_plan(self, plan_id: str, version: int, body: Body) -> Body:
        """A plan is over.

        :raises Refused: if somebody has changed it meanwhile, or it is over already
        """
        with self._store.locked():
            plan = self.plan(plan_id)
            if version != plan["version"]:
                raise Refused(412, "precondition-failed")
            if plan["state"] != "active":
                raise Refused(409, "closed")
            plan.update(state=body["state"], version=plan["version"] + 1)
            self._store.put("pilen.plans", plan_id, plan)
            for charge_id in plan["chargeIds"]:
                kept = self._kept(charge_id)
                kept["charge"]["planId"] = None
                self._keep(kept)
            return plan

    # What happens without the portal

    def issue(self, seed: Seed, when: datetime) -> Charge:
        """A warden gives a charge."""
        with self._store.locked():
            self._open()
            number = int(self._store.get("pilen.life", "issued") or 0) + 1
            self._store.put("pilen.life", "issued", number)
            charge = charges.issued(seed, number, when)
            for paid in charges.parking_of(seed, charge):
                self._store.put("pilen.parking", paid["reference"], paid)
            return self._keep({"charge": charge, **_fresh(charge)})

    def reported_by_the_city(self, charge_id: str, kind: str, ore: int, reference: str) -> Charge:
        """The city's own people book something: `collected`, or `write_off`."""
        with self._store.locked():
            kept = self._kept(charge_id)
            if kind == "write_off":
                kept["ended"] = "written_off"
            self._book(kept, kind, -ore, moment(self._world.clock.now()), {"reference": reference})
            return self._keep(kept)

    def time_bar(self, charge_id: str) -> Charge:
        """It can no longer be claimed."""
        with self._store.locked():
            kept = self._kept(charge_id)
            kept["ended"] = "time_barred"
            return self._keep(kept)

    def many(self, count: int) -> None:
        """Let there be so many charges more, made when they are asked for."""
        with self._store.locked():
            self._open()
            self._store.put("pilen.life", "bulk", count)

    # Inside

    def _report(
        self, charge_id: str, kind: str, body: Body, do: Callable[[Kept], None]
    ) -> tuple[int, Charge]:
        """Do what is reported, unless the same was reported before.

        :raises Refused: if something else was reported under the reference
        """
        with self._store.locked():
            kept = self._kept(charge_id)
            seen = kept["seen"].get(body["reference"])
            if seen is not None:
                if seen != _print(kind, body):
                    raise Refused(409, "reference-used")
                return 200, kept["charge"]
            do(kept)
            kept["seen"][body["reference"]] = _print(kind, body)
            return 201, self._keep(kept)

    def _book(self, kept: Kept, kind: str, ore: int, when: str, body: Body) -> None:
        entries = kept["charge"]["ledger"]
        entries.append(
            {
                "number": len(entries) + 1,
                "kind": kind,
                "amount": money(ore),
                "bookedAt": when,
                "reference": body["reference"],
            }
        )

    def _annul(self, kept: Kept, amount: int, when: str, body: Body) -> None:
        standing = _standing(kept)
        if standing == 0:
            raise Refused(409, "closed")
        if _at_collection(kept):
            raise Refused(409, "at-collection")
        if amount > standing:
            raise Refused(422, "annulment-exceeds-account", field="amount")
        self._book(kept, "annulment", -amount, when, body)
        if amount == standing:
            kept["ended"] = "annulled"

    def _must_be_open(self, kept: Kept, when: datetime) -> None:
        """Refuse what may not happen to a charge that is closed, on hold or handed over."""
        self._must_be_collected(kept)
        hold, day = kept["charge"]["hold"], today(when)
        if hold and (hold["until"] is None or day.isoformat() < hold["until"]):
            raise Refused(409, "on-hold")
        if any(_stands(stop, day) for stop in kept["charge"]["stops"]):
            raise Refused(409, "on-hold")

    def _must_be_collected(self, kept: Kept) -> None:
        """Refuse what may not happen to a charge that is closed or handed over."""
        if kept["ended"] or _balance(kept) <= 0:
            raise Refused(409, "closed")
        if _at_collection(kept):
            raise Refused(409, "at-collection")

    def _busy(self, kept: Kept) -> bool:
        charge = kept["charge"]
        return bool(
            charge["planId"]
            or kept["ended"]
            or _at_collection(kept)
            or any(_is_open(each) for each in charge["complaints"])
        )

    def _kept(self, charge_id: str) -> Kept:
        with self._store.locked():
            self._open()
            kept: Kept | None = self._store.get("pilen.charges", charge_id)
            if kept is None:
                one = charges.bulk_by_id(charge_id, self._bulk(), self._opened())
                if one is None:
                    raise Refused(404, "not-found")
                kept = {"charge": one, "bulk": True, **_fresh(one)}
        return kept

    def _keep(self, kept: Kept) -> Charge:
        """Write a charge as it now stands, one version on, and tell of it."""
        charge: Charge = kept["charge"]
        charge["balance"] = money(_balance(kept))
        charge["hold"] = self._hold(charge)
        charge["state"] = _state(kept)
        charge["version"] += 1
        self._store.put("pilen.charges", charge["id"], kept)
        self._store.put("pilen.numbers", charge["chargeNumber"], charge["id"])
        if not self._beginning:
            sequence = self._last() + 1
            self._store.put("pilen.life", "last", sequence)
            change = {
                "sequence": sequence,
                "changedAt": moment(self._world.clock.now()),
                "charge": charge,
            }
            self._store.put("pilen.changes", str(sequence), change)
            self._heard()
        return charge

    def _hold(self, charge: Charge) -> Body | None:
        for complaint in charge["complaints"]:
            if _is_open(complaint):
                began, until = complaint["receivedAt"], complaint["holdUntil"]
                return {"reason": "complaint", "from": began, "until": until}
        if charge["planId"] is not None:
            plan = self._store.get("pilen.plans", charge["planId"])
            return {"reason": "plan", "from": plan["agreedAt"], "until": None}
        day = today(self._world.clock.now())
        stops = [stop for stop in charge["stops"] if _stands(stop, day)]
        if stops:
            last = max(stops, key=lambda stop: stop["until"] or "9")
            return {"reason": "case_worker", "from": last["from"], "until": last["until"]}
        return None

    def _open(self) -> None:
        """Write the charges of the first day, once."""
        if self._beginning or self._store.get("pilen.life", "id") is not None:
            return
        self._beginning = True
        try:
            now = self._world.clock.now()
            self._store.put("pilen.life", "id", secrets.token_hex(6))
            self._store.put("pilen.life", "opened", now.isoformat())
            self._begin(self, now)
        finally:
            self._beginning = False

    def _opened(self) -> datetime:
        return datetime.fromisoformat(self._store.get("pilen.life", "opened"))

    def _bulk(self) -> int:
        return int(self._store.get("pilen.life", "bulk") or 0)

    def _last(self) -> int:
        return int(self._store.get("pilen.life", "last") or 0)

    def _cursor(self, kind: str, *numbers: int) -> str:
        text = ":".join([kind, self._store.get("pilen.life", "id"), *map(str, numbers)])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _read_cursor(self, cursor: str, kind: str, count: int) -> Iterator[int]:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            text = base64.urlsafe_b64decode(padded.encode()).decode("ascii")
        except ValueError:
            text = ""
        given = re.fullmatch(rf"{kind}:([0-9a-f]{{12}})" + r":(\d{1,12})" * count, text)
        if given is None:
            raise Refused(400, "unknown-cursor")
        life, *numbers = given.groups()
        if life != self._store.get("pilen.life", "id"):
            raise Refused(410, "cursor-too-old")
        return iter([int(number) for number in numbers])


def _key(kind: str, *named: str) -> str:
    """The key of what was told of under a name: the same in every life, as names are."""
    return f"{kind}-{uuid5(IDENTITIES, ' '.join((kind, *named))).hex}"


def _fresh(charge: Charge) -> Kept:
    """What is kept beside a charge that nobody has reported anything of."""
    step = charge["state"] if charge["state"] in STEPS else "issued"
    ended = charge["state"] if charge["state"] in ENDED else ""
    payments = {
        entry["reference"]: -entry["amount"]["amount"]
        for entry in charge["ledger"]
        if entry["kind"] == "payment"
    }
    return {"step": step, "ended": ended, "seen": {}, "payments": payments}


def _print(kind: str, body: Body) -> str:
    return hashlib.sha256(f"{kind} {json.dumps(body, sort_keys=True)}".encode()).hexdigest()


def _balance(kept: Kept) -> int:
    return sum(entry["amount"]["amount"] for entry in kept["charge"]["ledger"])


def _standing(kept: Kept) -> int:
    """What there is to annul: the charge and its fees, less what has been annulled."""
    owed = {"charge", "fee", "annulment", "write_off"}
    return sum(
        entry["amount"]["amount"] for entry in kept["charge"]["ledger"] if entry["kind"] in owed
    )


def _state(kept: Kept) -> str:
    if kept["ended"]:
        return str(kept["ended"])
    if _balance(kept) <= 0:
        return "paid"
    return "at_collection" if _at_collection(kept) else str(kept["step"])


def _at_collection(kept: Kept) -> bool:
    collection = kept["charge"]["collection"]
    return collection is not None and collection["withdrawnAt"] is None


def _complaint(kept: Kept, complaint_id: str) -> Body:
    for complaint in kept["charge"]["complaints"]:
        if complaint["id"] == complaint_id:
            found: Body = complaint
            return found
    raise Refused(404, "not-found")


def _stands(stop: Body, day: date) -> bool:
    """Tell whether a stop holds the charge on a day."""
    until = stop["until"]
    return stop["liftedAt"] is None and (until is None or day.isoformat() < until)


def _is_open(complaint: Body) -> bool:
    return complaint["state"] in {"open", "hearing"}


def _one_sign_away(one: str, other: str) -> bool:
    """Tell whether two plates are the same but for one sign at most."""
    if len(one) != len(other):
        return False
    return sum(a != b for a, b in zip(one, other, strict=True)) <= 1
