"""What the faults' tests do again and again, and what the world outside knows to be true."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx
from django.db import connection

from parking.actions import carry, checkout, send
from parking.jobs import tasks
from parking.records.order import Order
from parking.records.outbox import Outgoing
from parking.site import wiring
from sandbox.store import Store
from town import agreement, fill_basket, now, party, pay

CHARGED = "payment.charge.created.v2"


class Truth:
    """The sandbox's own memory. Only the world outside writes here, never the portal."""

    def __init__(self, sandbox: Any) -> None:
        self._sandbox = sandbox
        self.store = Store(sandbox.folder / "sandbox.sqlite")

    def close(self) -> None:
        self.store.close()

    def payments(self, reference: str = "") -> list[dict[str, Any]]:
        """Every payment at the provider, or those for one order."""
        return [
            each
            for each in self.store.all("nexi.payments").values()
            if reference in ("", each["order"].get("reference"))
        ]

    def change_payment(self, payment_id: str, **what: Any) -> None:
        known = self.store.get("nexi.payments", payment_id)
        self.store.put("nexi.payments", payment_id, {**known, **what})

    def notices(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The notices that have been answered, or given up, and those that wait."""
        return (
            list(self.store.all("nexi.told").values()),
            list(self.store.all("nexi.waiting").values()),
        )

    def booked(self, page: str, reference: str = "") -> list[dict[str, Any]]:
        """What is in the accounts under our reference."""
        return [
            row
            for row in self.store.all(f"erp.{page}").values()
            if reference in ("", row.get("externalDocumentNumber"))
        ]

    def lines(self, page: str, document: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            each
            for each in self.store.all(f"erp.{page}").values()
            if each["documentId"] == document["id"]
        ]

    def change_fares(self, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        """Write the price list of the accounts over; a line that becomes nothing is removed."""
        httpx.get(f"{self._sandbox.base}/businesscentral/")  # whoever looks first opens the books
        for key, line in self.store.all("erp.fares").items():
            after = change(dict(line))
            if after is None:
                self.store.delete("erp.fares", key)
            elif after != line:
                self.store.put("erp.fares", key, after)

    def add_fare(self, line: dict[str, Any]) -> None:
        self.store.put("erp.fares", str(uuid4()), {**line, "id": str(uuid4())})

    def permits(self) -> dict[str, dict[str, Any]]:
        """The permits in the accounts, by our number."""
        return {row["number"]: row for row in self.store.all("erp.permits").values()}

    def change_permit(self, number: str, **what: Any) -> None:
        """Change a permit in the accounts, as somebody there might; without anything remove it."""
        for key, row in self.store.all("erp.permits").items():
            if row["number"] == number and what:
                self.store.put("erp.permits", key, {**row, **what})
            elif row["number"] == number:
                self.store.delete("erp.permits", key)

    def charges(self) -> list[dict[str, Any]]:
        """Every charge that stands in the charge system's books one by one."""
        return [kept["charge"] for kept in self.store.all("pilen.charges").values()]

    def letters(self) -> list[dict[str, Any]]:
        return list(self.store.all("post.letters").values())

    def mails(self) -> list[dict[str, Any]]:
        return list(self.store.all("mail").values())

    def asked(self, system: str, method: str, part: str) -> list[dict[str, Any]]:
        """The calls that a system was made, as its journal tells."""
        return [
            line
            for line in self._sandbox.journal(system)
            if line["method"] == method and part in line["path"]
        ]


class Drill:
    """A portal to buy at, a world that goes wrong, and the way back to calm."""

    def __init__(
        self,
        sandbox: Any,
        truth: Truth,
        addresses: checkout.Addresses,
        word: str,
    ) -> None:
        self.sandbox, self.truth = sandbox, truth
        self.addresses, self.word = addresses, word
        self.portal = ""

    @property
    def outside(self):
        return wiring.outside()

    def fault(self, system: str, fault: str, count: int | None = None, path: str = "") -> None:
        self.sandbox.fault(system, fault, count=count, path=path)

    def heal(self) -> None:
        """Nothing goes wrong any more, and no breaker is open."""
        self.sandbox.control("DELETE", "faults")
        wiring.outside.cache_clear()

    def begin(self, slug: str, agreed: str = "", outside: Any = None, at: Any = None):
        return checkout.begin(
            outside or self.outside,
            party(slug),
            agreed=agreed or agreement(slug),
            language="da",
            addresses=self.addresses,
            now=at or now(),
        )

    def order(self, slug: str, plate: str = "") -> Order:
        fill_basket(self.outside, slug, plate)
        return self.begin(slug)

    def paid(self, slug: str = "anna") -> Order:
        """Order and pay; the portal has not heard of it."""
        order = self.order(slug)
        pay(order.payment.page_url)
        return order

    def delivered(self, slug: str = "anna") -> Order:
        order = self.paid(slug)
        self.settle(order)
        order.refresh_from_db()
        return order

    def settle(self, order: Order, **at: Any) -> None:
        checkout.settle(self.outside, order.payment.payment_id, now=at.get("at") or now())

    def push(self, kind: str, at: Any = None) -> list[Any]:
        rows = Outgoing.objects.filter(kind=kind).order_by("id").values_list("id", flat=True)
        return [
            send.send(self.outside, row, carriers=carry.CARRIERS, now=at or now()) for row in rows
        ]

    def push_all(self, at: Any = None) -> None:
        """Send what is due until nothing that is due can be sent."""
        at = at or now()
        while any(
            send.send(self.outside, row, carriers=carry.CARRIERS, now=at)
            in {Outgoing.State.DONE, Outgoing.State.DEAD}
            for row in send.due(now=at)
        ):
            pass

    def work(self) -> None:
        """Do every job that waits, one after the other.

        Not with the queue's own worker, which would take the queue from the server that runs in
        this process and is told of notices meanwhile; `test_killed` has real workers.
        """
        while job := self._next_job():
            name, what = job
            tasks.app.tasks[name].func(**json.loads(what))

    def _next_job(self) -> tuple[str, str] | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs"
                " WHERE status = 'todo' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
                " RETURNING task_name, args"
            )
            return cursor.fetchone()

    def quiesce(self, hours: int = 2) -> None:
        """Heal, and let the clock's own jobs go round as often as they would in some hours."""
        self.heal()
        self.work()
        for hour in (0, hours / 2, hours):
            checkout.reconcile(self.outside, now=now() + timedelta(hours=hour))
            self.push_all(now() + timedelta(hours=hour))
        if self.portal:
            self.wait_for_notices(0)
            self.work()

    def notice(
        self, payment_id: str, *, event: str = CHARGED, event_id: str = "", word: str | None = None,
        **more: Any,
    ) -> int:  # fmt: skip
        """Send the portal a notice of our own making; return what it answers."""
        body = {
            "id": event_id or uuid4().hex,
            "event": event,
            "timestamp": now().isoformat(),
            "data": {"paymentId": payment_id, **more.pop("data", {})},
            **more,
        }
        return self.post(httpx.Request("POST", "http://x", json=body).content, word=word)

    def post(self, body: bytes, *, word: str | None = None, **headers: str) -> int:
        given = {"Authorization": self.word if word is None else word}
        return httpx.post(
            f"{self.portal}/webhooks/nexi",
            content=body,
            headers={"Content-Type": "application/json", **given, **headers},
            timeout=20,
        ).status_code

    def wait_for_notices(self, least: int = 1) -> list[dict[str, Any]]:
        """Wait until every notice has been told, and at least so many; return them."""
        return wait_until(lambda: _all_told(self.truth, least))


def _all_told(truth: Truth, least: int) -> list[dict[str, Any]] | None:
    told, waiting = truth.notices()
    return (told or [{}]) if len(told) >= least and not waiting else None


def wait_until(true: Callable[[], Any], seconds: float = 20) -> Any:
    """Look until it is true; fail when it is not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.03)
    raise AssertionError("it did not become true in time")


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Do several things at the same moment; return what each returned, or the error it raised."""
    start = Barrier(len(jobs))

    def do(job: Callable[[], Any]) -> Any:
        try:
            start.wait(10)
            return job()
        except Exception as error:  # noqa: BLE001 - what went wrong is what is asked for
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(do, jobs))
