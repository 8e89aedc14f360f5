"""The bank: ISO 20022 camt.054 notifications of what was paid by payment slip.

Banks hand them over as files; how is each bank's own (ASSUMED here: `GET /bank/notifications` with
the number of the last one read, and a key). Each notification holds one batch; a batch may hold
several payments. At `/bank/` a slip is paid: in time, too much, twice, or with a wrong id.

Its own faults: `wrong-sum` tells a batch whose payments do not add up to it, `repeated` tells the
notification before again.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.charges import CREDITOR
from sandbox.front import templates
from sandbox.world import World

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
ACCOUNT: Final = "DK5000400440116243"
PAYER: Final = "DK8530009990001234"  #: everybody's account
LARGEST: Final = 100_000_000

C = ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE})

Paid = dict[str, Any]


class Ledger:
    """What was paid, notification by notification."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def all(self) -> dict[str, list[Paid]]:
        """Every notification by its number."""
        return self._store.all("bank.notifications")

    def pay(self, payments: list[tuple[str, int]], days_late: int = 0, text: str = "") -> int:
        """Book a batch of payments, each a payment id and øre; return the notification's number.

        The payers wrote *text* beside it.

        An amount below zero is a payment that was taken back.
        """
        with self._store.locked():
            number = len(self.all()) + 1
            on = self._world.clock.now() + timedelta(days=days_late)
            batch = [
                {
                    "reference": f"PBS{on:%y%m%d}{number:06}{line:03}",
                    "id": slip,
                    "ore": ore,
                    "on": on.date().isoformat(),
                    "text": text,
                }
                for line, (slip, ore) in enumerate(payments, start=1)
            ]
            self._store.put("bank.notifications", str(number), batch)
            return number

    def after(self, number: int) -> tuple[int, list[Paid]] | None:
        """The notification after that number, if there is one."""
        batch = self._store.get("bank.notifications", str(number + 1))
        return None if batch is None else (number + 1, batch)


def routes(world: World) -> list[Route]:
    """What the bank hands over."""
    ledger = Ledger(world)

    async def notifications(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {world.ca.secret('bank')}".encode()):
            return Response(status_code=401)
        after = request.query_params.get("after", "0")
        if set(request.query_params) - {"after"} or not (after.isascii() and after.isdecimal()):
            return Response(status_code=400)
        number = int(after[:9])
        if number and world.faults.take("bank", "repeated"):
            number -= 1
        found = await run_in_threadpool(ledger.after, number)
        if found is None:
            return Response(status_code=204)
        wrong = 1 if world.faults.take("bank", "wrong-sum") else 0
        document = _document(*found, world.clock.now(), wrong=wrong)
        return Response(document, media_type="application/xml")

    return [Route("/bank/notifications", notifications, methods=["GET"])]


def pages(world: World) -> list[Route]:
    """A page on which a slip is paid."""
    ledger = Ledger(world)
    return [
        Route("/bank/", partial(_overview, ledger), methods=["GET"]),
        Route("/bank/pay", partial(_pay, ledger), methods=["POST"]),
    ]


async def _overview(ledger: Ledger, request: Request) -> Response:
    shown = await run_in_threadpool(ledger.all)
    told = {"notifications": shown, "creditor": CREDITOR, "id": request.query_params.get("id", "")}
    return templates.TemplateResponse(request, "bank.html", told)


async def _pay(ledger: Ledger, request: Request) -> Response:
    """Pay a slip `how` one does: `today`, `late`, `too-much`, `twice`, `wrong-id`, `back`."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    slip, how = form.get("id", "").strip(), form.get("how", "today")
    try:
        kroner, _, rest = form.get("kroner", "").partition(",")
        ore = int(kroner) * 100 + int(rest.ljust(2, "0")[:2])
    except ValueError:
        return JSONResponse({"error": "kroner"}, 400)
    if not slip.isascii() or not slip.isdecimal() or not 0 < ore < LARGEST:
        return JSONResponse({"error": "id"}, 400)
    wrong = f"{slip[:-2]}{(int(slip[-2:]) + 1) % 100:02}"
    batches = {
        "today": [(slip, ore)],
        "late": [(slip, ore)],
        "too-much": [(slip, ore + 10_000)],
        "twice": [(slip, ore), (slip, ore)],
        "wrong-id": [(wrong, ore)],
        "back": [(slip, -ore)],
    }
    if how not in batches:
        return JSONResponse({"error": "how"}, 400)
    late, text = 20 if how == "late" else 0, form.get("text", "").strip()[:140]
    number = await run_in_threadpool(ledger.pay, batches[how], late, text)
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/bank/", 303)
    return JSONResponse({"number": number})


def _document(number: int, batch: list[Paid], now: datetime, *, wrong: int) -> bytes:
    """A notification as XML; its one entry is off by *wrong* øre."""
    made = now.isoformat(timespec="seconds")
    total = sum(paid["ore"] for paid in batch) + wrong
    document = C.Document(
        C.BkToCstmrDbtCdtNtfctn(
            C.GrpHdr(C.MsgId(f"N{number:09}"), C.CreDtTm(made)),
            C.Ntfctn(
                C.Id(f"N{number:09}"),
                C.ElctrncSeqNb(str(number)),
                C.CreDtTm(made),
                C.Acct(C.Id(C.IBAN(ACCOUNT)), C.Ccy("DKK")),
                C.Ntry(
                    _amount(total),
                    C.CdtDbtInd("CRDT" if total >= 0 else "DBIT"),
                    *([C.RvslInd("true")] if total < 0 else []),
                    C.Sts(C.Cd("BOOK")),
                    C.BookgDt(C.Dt(batch[0]["on"])),
                    C.ValDt(C.Dt(batch[0]["on"])),
                    C.AcctSvcrRef(f"B{number:09}"),
                    C.BkTxCd(C.Prtry(C.Cd("FIK"))),
                    C.NtryDtls(
                        C.Btch(C.NbOfTxs(str(len(batch)))),
                        *(_payment(paid) for paid in batch),
                    ),
                ),
            ),
        )
    )
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def _payment(paid: Paid) -> etree._Element:
    payment: etree._Element = C.TxDtls(
        C.Refs(C.AcctSvcrRef(paid["reference"])),
        _amount(paid["ore"]),
        C.CdtDbtInd("CRDT" if paid["ore"] >= 0 else "DBIT"),
        *([C.RltdPties(C.DbtrAcct(C.Id(C.IBAN(PAYER))))] if paid["ore"] > 0 else []),
        C.RmtInf(
            *([C.Ustrd(paid["text"])] if paid.get("text") else []),
            C.Strd(
                C.CdtrRefInf(
                    C.Tp(C.CdOrPrtry(C.Prtry("71")), C.Issr(CREDITOR)),
                    C.Ref(paid["id"]),
                )
            ),
        ),
    )
    return payment


def _amount(ore: int) -> etree._Element:
    amount: etree._Element = C.Amt(f"{abs(ore) // 100}.{abs(ore) % 100:02}", Ccy="DKK")
    return amount
